//! One statement of SQL: read by a parser, walked whole, compared with what the contract lists.
//!
//! Three gates. `letters` refuses texts that a database may cut into other words than the parser
//! does; `walk` refuses every form that is not known to be harmless; `names` compares tables as
//! the dialect folds them. What a query costs is not known here: the database needs its own time
//! limit and an account that owns no more than these tables.

mod bounds;
mod forms;
mod letters;
mod names;
mod walk;
mod words;

use sqlparser::ast::Statement;
use sqlparser::dialect::{Dialect as Parsing, MySqlDialect, PostgreSqlDialect, SQLiteDialect};
use sqlparser::parser::{Parser, ParserError};

use super::Meant;
use super::misfits::misfits;

/// How deep the parser may go: in a build without optimisation each step takes up to 80 KiB of a
/// stack that has 2 MiB.
const DEPTH_MAX: usize = 14;
/// Tables that a contract may list for one argument.
const TABLES_MAX: usize = 1024;
/// The kinds of statements there are.
const KINDS: [&str; 4] = ["select", "insert", "update", "delete"];

misfits! {
    /// Why a text is not a statement that may be run.
    NotSql {
        Length "sql.length" "is empty, too long, too deep or of too many words for one statement"
        Letter "sql.letter" "has a character that databases read in different ways"
        Comment "sql.comment" "has a comment"
        Quote "sql.quote" "has a quotation that databases read in different ways"
        Several "sql.several" "is more than one statement"
        Grammar "sql.grammar" "is not understood as a statement of its dialect"
        Kind "sql.kind" "is a kind of statement that the contract does not list"
        Form "sql.form" "has a clause or an expression that is not known to be harmless"
        Table "sql.table" "touches a table that the contract does not list"
        Shadow "sql.shadow" "gives a table's name to something else"
        Recursive "sql.recursive" "may recur without end"
        Function "sql.function" "calls a function that is not known to be harmless"
        Collects "sql.collects" "makes one value of those of many rows, which no limit bounds"
        Type "sql.type" "uses a type that is not known to be harmless"
        Limit "sql.limit" "has no constant row limit as a whole, or one that is too high"
        Everywhere "sql.everywhere" "changes or deletes rows without a WHERE"
    }
}

/// What a contract says of a statement.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) dialect: &'a str,
    pub(super) statements: &'a [String],
    pub(super) tables: &'a [String],
    pub(super) rows_max: Option<u64>,
}

impl Wanted<'_> {
    fn allows(&self, kind: &str) -> bool {
        match self.statements {
            [] => kind == "select",
            kinds => kinds.iter().any(|it| it == kind),
        }
    }
}

/// Whose SQL.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Dialect {
    PostgreSql,
    Sqlite,
    MySql,
}

impl Dialect {
    fn named(word: &str) -> Option<Self> {
        match word {
            "postgresql" => Some(Self::PostgreSql),
            "sqlite" => Some(Self::Sqlite),
            "mysql" => Some(Self::MySql),
            _ => None,
        }
    }
}

/// Whether a text is one statement that may be run; what it touches is added to `meant`.
pub(super) fn check(wanted: &Wanted<'_>, text: &str, meant: &mut Meant) -> Result<(), NotSql> {
    let dialect = Dialect::named(wanted.dialect).ok_or(NotSql::Grammar)?;
    let text = letters::check(dialect, text)?;
    let statement = parse(dialect, text)?;
    let touched = walk::walk(wanted, dialect, &statement)?;
    bounds::check(wanted, dialect, &statement)?;
    meant.tables.extend(touched.tables);
    meant.statements.extend(touched.statements);
    Ok(())
}

fn parse(dialect: Dialect, text: &str) -> Result<Statement, NotSql> {
    let parsing: &dyn Parsing = match dialect {
        Dialect::PostgreSql => &PostgreSqlDialect {},
        Dialect::Sqlite => &SQLiteDialect {},
        Dialect::MySql => &MySqlDialect {},
    };
    let parser = Parser::new(parsing).with_recursion_limit(DEPTH_MAX).try_with_sql(text);
    let statements = parser.and_then(|mut it| it.parse_statements());
    let mut statements = statements.map_err(|problem| match problem {
        ParserError::RecursionLimitExceeded => NotSql::Length,
        ParserError::TokenizerError(_) | ParserError::ParserError(_) => NotSql::Grammar,
    })?;
    let statement = statements.pop().ok_or(NotSql::Grammar)?;
    if statements.is_empty() { Ok(statement) } else { Err(NotSql::Several) }
}

/// What is wrong with what a contract says of a statement.
pub(super) fn fault(wanted: &Wanted<'_>) -> Option<String> {
    if Dialect::named(wanted.dialect).is_none() {
        let odd = wanted.dialect;
        return Some(format!("`{odd}` is no dialect: write postgresql, sqlite or mysql"));
    }
    if let Some(odd) = wanted.statements.iter().find(|it| !KINDS.contains(&it.as_str())) {
        return Some(format!("`{odd}` is no kind of statement: write {}", KINDS.join(", ")));
    }
    if wanted.rows_max == Some(0) {
        return Some("`rows_max = 0` is no row at all: leave the tool out instead".to_owned());
    }
    if wanted.tables.len() > TABLES_MAX {
        return Some(format!("more than {TABLES_MAX} tables: give the account its own schema"));
    }
    let odd = wanted.tables.iter().find(|it| !names::is_table(it))?;
    Some(format!("`{odd}` is no table: write it as \"orders\" or \"shop.orders\""))
}

pub(super) fn described(wanted: &Wanted<'_>) -> String {
    let kinds = match wanted.statements {
        [] => "select".to_owned(),
        kinds => kinds.join(" or "),
    };
    let tables = match wanted.tables {
        [] => "no table".to_owned(),
        tables => tables.join(", "),
    };
    let limit = match wanted.rows_max {
        None => String::new(),
        Some(rows) => format!(", with a LIMIT of at most {rows}"),
    };
    format!(
        "one {kinds} of {} on {tables}{limit}, without comments and backslashes",
        wanted.dialect
    )
}
