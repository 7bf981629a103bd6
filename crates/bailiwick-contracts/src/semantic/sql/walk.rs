//! The walk: each part of a statement that can touch, call or change anything is looked at once,
//! and every form that is not known to be harmless ends it.
//!
//! The parser's own visitor goes everywhere, so nothing is missed; structs are taken apart field
//! by field, so that a clause that a later parser learns does not compile here unnoticed.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, ObjectName, Query, Select, Statement, TableFactor, ValueWithSpan, Visit as _, Visitor,
};
use sqlparser::tokenizer::Location;

use super::forms;
use super::names;
use super::{Dialect, NotSql, Wanted};

/// How deep a tree may be.
const DEPTH_MAX: usize = 160;

/// What a statement touches.
#[derive(Default)]
pub(super) struct Touched {
    pub(super) tables: BTreeSet<String>,
    pub(super) statements: BTreeSet<&'static str>,
}

/// Walk a statement.
pub(super) fn walk(
    wanted: &Wanted<'_>,
    dialect: Dialect,
    statement: &Statement,
) -> Result<Touched, NotSql> {
    let mut walk = Walk {
        wanted: *wanted,
        dialect,
        scopes: Vec::new(),
        depth: 0,
        touched: Touched::default(),
    };
    match statement.visit(&mut walk) {
        ControlFlow::Continue(()) => Ok(walk.touched),
        ControlFlow::Break(why) => Err(why),
    }
}

/// A name that a WITH gives to a query. It stands for that query only behind it: within it, the
/// name is a table's.
struct Named {
    name: String,
    behind: Location,
}

struct Walk<'a> {
    wanted: Wanted<'a>,
    dialect: Dialect,
    /// The names that each query around the place gives, innermost last.
    scopes: Vec<Vec<Named>>,
    depth: usize,
    touched: Touched,
}

impl Walk<'_> {
    /// The names that a query gives to others. None may be a table's, so that no database can take
    /// one for the other.
    fn scope(&self, query: &Query) -> Result<Vec<Named>, NotSql> {
        let Some(with) = &query.with else { return Ok(Vec::new()) };
        if with.recursive {
            return Err(NotSql::Recursive);
        }
        let tables = self.wanted.tables;
        let named = with.cte_tables.iter().map(|cte| {
            let given = &cte.alias.name.value;
            let is_tables =
                |it: &String| it.split('.').any(|part| part.eq_ignore_ascii_case(given));
            if tables.iter().any(is_tables) {
                return Err(NotSql::Shadow);
            }
            let name = names::folded(self.dialect, &cte.alias.name);
            Ok(Named { name, behind: cte.closing_paren_token.0.span.end })
        });
        named.collect()
    }

    fn relation(&mut self, name: &ObjectName) -> Result<(), NotSql> {
        if let Some(entry) = names::listed(self.dialect, self.wanted.tables, name)? {
            self.touched.tables.insert(entry.clone());
            return Ok(());
        }
        let [part] = name.0.as_slice() else { return Err(NotSql::Table) };
        let ident = part.as_ident().ok_or(NotSql::Form)?;
        let (folded, at) = (names::folded(self.dialect, ident), ident.span.start);
        let mut given = self.scopes.iter().flatten();
        if given.any(|it| it.name == folded && it.behind <= at && at.line > 0) {
            return Ok(());
        }
        Err(NotSql::Table)
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), NotSql> {
        let kind = forms::statement(&self.wanted, self.dialect, statement)?;
        if !self.wanted.allows(kind) {
            return Err(NotSql::Kind);
        }
        self.touched.statements.insert(kind);
        Ok(())
    }

    fn deeper(&mut self) -> Result<(), NotSql> {
        self.depth += 1;
        if self.depth > DEPTH_MAX { Err(NotSql::Length) } else { Ok(()) }
    }
}

fn flow(seen: Result<(), NotSql>) -> ControlFlow<NotSql> {
    match seen {
        Ok(()) => ControlFlow::Continue(()),
        Err(why) => ControlFlow::Break(why),
    }
}

impl Visitor for Walk<'_> {
    type Break = NotSql;

    fn pre_visit_statement(&mut self, statement: &Statement) -> ControlFlow<NotSql> {
        flow(self.statement(statement))
    }

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<NotSql> {
        let scope =
            self.deeper().and_then(|()| forms::query(query)).and_then(|()| self.scope(query));
        flow(scope.map(|it| self.scopes.push(it)))
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<NotSql> {
        self.scopes.pop();
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<NotSql> {
        flow(forms::select(select))
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<NotSql> {
        flow(self.relation(name))
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<NotSql> {
        flow(self.deeper().and_then(|()| forms::factor(factor)))
    }

    fn post_visit_table_factor(&mut self, _: &TableFactor) -> ControlFlow<NotSql> {
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<NotSql> {
        flow(self.deeper().and_then(|()| forms::expr(&self.wanted, self.dialect, expr)))
    }

    fn post_visit_expr(&mut self, _: &Expr) -> ControlFlow<NotSql> {
        self.depth = self.depth.saturating_sub(1);
        ControlFlow::Continue(())
    }

    fn pre_visit_value(&mut self, value: &ValueWithSpan) -> ControlFlow<NotSql> {
        flow(forms::value(&value.value))
    }
}
