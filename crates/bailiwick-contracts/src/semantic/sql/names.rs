//! Names of tables, compared as the dialect folds them.

use sqlparser::ast::{Ident, ObjectName, ObjectNamePart};

use super::{Dialect, NotSql};

/// Words that stand before a table's name in some dialect: as a name, they would hide it.
const NOT_NAMES: &[&str] =
    &["only", "lateral", "table", "select", "values", "unnest", "json_table", "xmltable", "rows"];

/// Whether a contract may write a table so: one or two parts.
pub(super) fn is_table(entry: &str) -> bool {
    let is_part = |it: &str| {
        let is_letter = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | ' ');
        !it.is_empty()
            && it.len() <= 63
            && it.chars().all(is_letter)
            && !NOT_NAMES.iter().any(|word| word.eq_ignore_ascii_case(it))
    };
    entry.split('.').count() <= 2 && entry.split('.').all(is_part)
}

/// The entry of the list that a name is. Schemas count: whoever may touch `orders` may not touch
/// `other.orders`, and where `shop.orders` is listed, `orders` could be another schema's.
pub(super) fn listed<'a>(
    dialect: Dialect,
    tables: &'a [String],
    name: &ObjectName,
) -> Result<Option<&'a String>, NotSql> {
    let parts = parts(dialect, name)?;
    Ok(tables.iter().find(|entry| {
        let entry = match dialect {
            Dialect::Sqlite => entry.to_ascii_lowercase(),
            Dialect::PostgreSql | Dialect::MySql => (*entry).clone(),
        };
        entry.split('.').eq(parts.iter().map(String::as_str))
    }))
}

/// The parts of a name, folded.
pub(super) fn parts(dialect: Dialect, name: &ObjectName) -> Result<Vec<String>, NotSql> {
    let part = |part: &ObjectNamePart| match part {
        ObjectNamePart::Identifier(it) => Ok(folded(dialect, it)),
        ObjectNamePart::Function(_) => Err(NotSql::Form),
    };
    name.0.iter().map(part).collect()
}

/// A name as its dialect compares it. MySQL's tables are compared as its disk does, which only the
/// server knows: here as they are written, which is the stricter way.
pub(super) fn folded(dialect: Dialect, name: &Ident) -> String {
    match (dialect, name.quote_style) {
        (Dialect::Sqlite, _) | (Dialect::PostgreSql, None) => name.value.to_ascii_lowercase(),
        (Dialect::PostgreSql, Some(_)) | (Dialect::MySql, _) => name.value.clone(),
    }
}
