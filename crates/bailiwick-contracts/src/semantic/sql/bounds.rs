//! How many rows: a constant limit on the whole statement, and a WHERE on what changes rows.

use sqlparser::ast::{Delete, Expr, Insert, LimitClause, Query, SetExpr, Statement, Update, Value};

use super::{Dialect, NotSql, Wanted};

/// Whether a whole statement is bounded. Those that write are, wherever they stand.
pub(super) fn check(
    wanted: &Wanted<'_>,
    dialect: Dialect,
    statement: &Statement,
) -> Result<(), NotSql> {
    match (wanted.rows_max, statement) {
        (Some(most), Statement::Query(query)) if kind(&query.body) == "select" => {
            query_is_limited(dialect, query, most)
        }
        (_, _) => Ok(()),
    }
}

/// The kind that a query is behind its WITH: what is written there is a statement of its own.
pub(super) const fn kind(body: &SetExpr) -> &'static str {
    match body {
        SetExpr::Insert(_) => "insert",
        SetExpr::Update(_) => "update",
        SetExpr::Delete(_) => "delete",
        SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } => "select",
        SetExpr::Values(_) | SetExpr::Merge(_) | SetExpr::Table(_) => "select",
    }
}

/// Whether rows that are written are some rows, and no more than may be.
pub(super) fn insert(wanted: &Wanted<'_>, dialect: Dialect, it: &Insert) -> Result<(), NotSql> {
    let (Some(most), Some(source)) = (wanted.rows_max, &it.source) else { return Ok(()) };
    let SetExpr::Values(values) = &*source.body else {
        return query_is_limited(dialect, source, most);
    };
    within(values.rows.len() as u64, most)
}

/// Whether rows that are changed are some rows, and no more than may be.
pub(super) fn update(wanted: &Wanted<'_>, it: &Update) -> Result<(), NotSql> {
    rows(wanted, it.selection.as_ref(), it.limit.as_ref())
}

/// Whether rows that are deleted are some rows, and no more than may be.
pub(super) fn delete(wanted: &Wanted<'_>, it: &Delete) -> Result<(), NotSql> {
    rows(wanted, it.selection.as_ref(), it.limit.as_ref())
}

fn rows(wanted: &Wanted<'_>, which: Option<&Expr>, limit: Option<&Expr>) -> Result<(), NotSql> {
    if which.is_none() {
        return Err(NotSql::Everywhere);
    }
    match wanted.rows_max {
        Some(most) => within(constant(limit.ok_or(NotSql::Limit)?)?, most),
        None => Ok(()),
    }
}

fn query_is_limited(dialect: Dialect, query: &Query, most: u64) -> Result<(), NotSql> {
    let limit = match (&query.limit_clause, &query.fetch) {
        (Some(LimitClause::LimitOffset { limit: Some(limit), limit_by, .. }), None)
            if limit_by.is_empty() =>
        {
            limit
        }
        // MySQL and SQLite say the offset first.
        (Some(LimitClause::OffsetCommaLimit { limit, .. }), None)
            if dialect != Dialect::PostgreSql =>
        {
            limit
        }
        (Some(LimitClause::LimitOffset { limit: None, .. }) | None, Some(fetch))
            if dialect == Dialect::PostgreSql && !fetch.with_ties && !fetch.percent =>
        {
            fetch.quantity.as_ref().ok_or(NotSql::Limit)?
        }
        (_, _) => return Err(NotSql::Limit),
    };
    within(constant(limit)?, most)
}

fn within(rows: u64, most: u64) -> Result<(), NotSql> {
    if rows <= most { Ok(()) } else { Err(NotSql::Limit) }
}

/// A whole number that is written out.
fn constant(expr: &Expr) -> Result<u64, NotSql> {
    let Expr::Value(value) = expr else { return Err(NotSql::Limit) };
    let Value::Number(digits, false) = &value.value else { return Err(NotSql::Limit) };
    digits.parse().map_err(|_| NotSql::Limit)
}
