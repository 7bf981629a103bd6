//! Facts in a file of SQLite's: one statement that only reads.

use std::path::Path;

use bailiwick_core::Thing;
use bailiwick_facts::{Cell, Expected, FactKind, Table};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, InterruptHandle, OpenFlags, Row};
use tokio::sync::oneshot;

use super::came::{Came, Said};
use crate::config::FactsSettings;

/// Ask a database. One that takes too long is interrupted.
pub(super) async fn ask(source: &FactsSettings, file: &Path, query: &str) -> Result<Came, String> {
    let (tell, handle) = oneshot::channel();
    let (asked, file, query) = (source.clone(), file.to_owned(), query.to_owned());
    let mut rows = tokio::task::spawn_blocking(move || rows(&asked, &file, &query, tell));
    let things = match tokio::time::timeout(source.timeout, &mut rows).await {
        Ok(done) => done,
        Err(_) => {
            if let Ok(handle) = handle.await {
                handle.interrupt();
            }
            rows.await
                .map(|it| it.and(Err(format!("no answer within {} s", source.timeout.as_secs()))))
        }
    };
    let things = things.map_err(|_| "it could not be read".to_owned())??;
    Ok(Came::now(Said::Things(things)))
}

fn rows(
    source: &FactsSettings,
    file: &Path,
    query: &str,
    tell: oneshot::Sender<InterruptHandle>,
) -> Result<Vec<Thing>, String> {
    let failed = |problem: rusqlite::Error| format!("{}: {problem}", file.display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let database = Connection::open_with_flags(file, flags).map_err(failed)?;
    let _ = tell.send(database.get_interrupt_handle());
    database.busy_timeout(source.timeout).map_err(failed)?;
    let mut statement = database.prepare(query).map_err(failed)?;
    if !statement.readonly() {
        return Err("its query would change something".to_owned());
    }
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut table = Table::new(&source.expected);
    let mut bytes = 0;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let cells = cells(row, &names, &source.expected, &mut bytes).map_err(failed)?;
        if bytes > source.bytes_max {
            return Err(format!("it says more than {} MiB", source.bytes_max >> 20));
        }
        table.row(cells).map_err(|odd| odd.to_string())?;
    }
    Ok(table.finish())
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
