//! Facts in a file of SQLite's: one statement that only reads.

use std::path::Path;

use bailiwick_core::Thing;
use bailiwick_facts::{Cell, Expected, FactKind, Table};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Row};
use tokio::time::Instant;

use super::came::{Came, Said};
use crate::config::FactsSettings;

/// How many steps of SQLite's machine lie between two looks at the clock.
const STEPS: i32 = 10_000;

/// Ask a database. A statement that takes too long is ended by SQLite itself: it looks at the clock
/// as it goes, so there is no moment at which it would not hear that its time is over.
pub(super) async fn ask(source: &FactsSettings, file: &Path, query: &str) -> Result<Came, String> {
    let (asked, file, query) = (source.clone(), file.to_owned(), query.to_owned());
    let rows = tokio::task::spawn_blocking(move || rows(&asked, &file, &query)).await;
    let things = rows.map_err(|_| "it could not be read".to_owned())??;
    Ok(Came::now(Said::Things(things)))
}

fn rows(source: &FactsSettings, file: &Path, query: &str) -> Result<Vec<Thing>, String> {
    let failed = |problem: rusqlite::Error| match problem.sqlite_error_code() {
        Some(ErrorCode::OperationInterrupted) => {
            format!("no answer within {} s", source.timeout.as_secs())
        }
        Some(_) | None => format!("{}: {problem}", file.display()),
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut database = Connection::open_with_flags(file, flags).map_err(failed)?;
    let end = Instant::now() + source.timeout;
    database.progress_handler(STEPS, Some(move || Instant::now() >= end)).map_err(failed)?;
    database.busy_timeout(source.timeout).map_err(failed)?;
    let mut statement = database.prepare(query).map_err(failed)?;
    if !statement.readonly() {
        return Err("its query would change something".to_owned());
    }
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut table = Table::new(&source.expected);
    table.columns(names.iter().map(String::as_str)).map_err(|odd| odd.to_string())?;
    let mut bytes = 0;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let cells = cells(row, &names, &source.expected, &mut bytes).map_err(failed)?;
        if bytes > source.bytes_max {
            return Err(format!("it says more than {} MiB", source.bytes_max >> 20));
        }
        table.row(cells).map_err(|odd| odd.to_string())?;
    }
    table.finish().map_err(|odd| odd.to_string())
}

fn cells(
    row: &Row<'_>,
    names: &[String],
    expected: &Expected,
    bytes: &mut usize,
) -> rusqlite::Result<Vec<(String, Cell)>> {
    let mut cells = Vec::with_capacity(names.len());
    for (column, name) in names.iter().enumerate() {
        let cell = match row.get_ref(column)? {
            ValueRef::Null => Cell::Empty,
            // SQLite has no flags: these two numbers are its true and false.
            ValueRef::Integer(it @ (0 | 1))
                if expected.attributes.get(name) == Some(&FactKind::Flag) =>
            {
                Cell::Flag(it == 1)
            }
            ValueRef::Integer(it) => Cell::Number(it),
            ValueRef::Text(it) => {
                *bytes += it.len();
                std::str::from_utf8(it).map_or(Cell::Other, |it| Cell::Text(it.to_owned()))
            }
            ValueRef::Real(_) | ValueRef::Blob(_) => Cell::Other,
        };
        *bytes += name.len();
        cells.push((name.clone(), cell));
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_query_without_end_is_ended_in_its_time_and_what_it_lacks_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let database = Connection::open(at("a.db")).unwrap();
        database.execute_batch("CREATE TABLE t (id TEXT, tier INTEGER)").unwrap();
        let toml = "[facts.book]\nsql = \"sqlite:a.db\"\nquery = \"SELECT 1\"\n\
                    types = [\"Customer\"]\nattributes = { tier = \"number\" }\n\
                    timeout_seconds = 1\n";
        std::fs::write(at("bailiwick.toml"), toml).unwrap();
        let settings = crate::config::load(&at("bailiwick.toml")).unwrap();
        let source = settings.facts.first().unwrap();
        let endless = "WITH RECURSIVE a(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM a) \
                       SELECT id, 2 AS tier FROM a WHERE id < 0";
        for (query, why) in [
            (endless, Some("no answer within 1 s")),
            ("SELECT id, tier FROM t", None),
            ("SELECT id, tier AS tiers FROM t", Some("nothing in it is called `tier`")),
            ("SELECT a.*, b.* FROM t a JOIN t b", Some("two of its columns are called `id`")),
            ("DELETE FROM t RETURNING id, tier", Some("would change something")),
        ] {
            let told = ask(source, &at("a.db"), query).await.err();
            let is_so = told.as_deref().is_some_and(|it| why.is_some_and(|why| it.contains(why)));
            assert!(is_so || (told.is_none() && why.is_none()), "{query}: {told:?}");
        }
    }
}
