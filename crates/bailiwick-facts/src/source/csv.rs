//! Things as CSV (RFC 4180): a line of names, then a line for each thing.

use bailiwick_core::Thing;

use super::table::{Cell, Expected, Odd, Table};

/// How many columns there may be.
pub(super) const COLUMNS_MAX: usize = 256;

/// The things of a CSV text, whose first line names the columns.
///
/// # Errors
/// [`Odd`] when the bytes are anything else.
pub fn read_csv(bytes: &[u8], expected: &Expected) -> Result<Vec<Thing>, Odd> {
    let mut table = Table::new(expected);
    let (names, lines) = begin(bytes)?;
    table.columns(names.iter().map(String::as_str))?;
    each(&names, lines, |cells| {
        table.row(cells.into_iter().map(|(name, it)| (name, Cell::Letters(it))).collect())
    })?;
    table.finish()
}

/// The rows of a CSV text, each as its fields by the names in the first line.
///
/// # Errors
/// [`Odd`] when the bytes are anything else, and what `take` says.
pub fn each_row(
    bytes: &[u8],
    take: impl FnMut(Vec<(String, String)>) -> Result<(), Odd>,
) -> Result<(), Odd> {
    let (names, lines) = begin(bytes)?;
    each(&names, lines, take)
}

/// How the columns are called, and the lines that follow.
fn begin(bytes: &[u8]) -> Result<(Vec<String>, Lines<'_>), Odd> {
    let odd = |what: &str| Odd::Format(what.to_owned());
    let text = std::str::from_utf8(bytes).map_err(|_| odd("it is no UTF-8"))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut lines = Lines { rest: text };
    let names =
        lines.next().ok_or_else(|| odd("it is empty: its first line names the columns"))??;
    let twice = |(at, name): (usize, &String)| names.iter().take(at).any(|it| it == name);
    if names.len() > COLUMNS_MAX || names.iter().enumerate().any(twice) {
        return Err(odd("its first line names too many columns, or one twice"));
    }
    Ok((names, lines))
}

fn each(
    names: &[String],
    lines: Lines<'_>,
    mut take: impl FnMut(Vec<(String, String)>) -> Result<(), Odd>,
) -> Result<(), Odd> {
    for (row, fields) in lines.enumerate() {
        let fields = fields?;
        if fields.len() != names.len() {
            let what = format!("it has {} fields, and {} are named", fields.len(), names.len());
            return Err(Odd::Row { row: row + 1, what });
        }
        take(names.iter().cloned().zip(fields).collect())?;
    }
    Ok(())
}

/// The lines of a text that is left, each as its fields.
struct Lines<'a> {
    rest: &'a str,
}

impl Iterator for Lines<'_> {
    type Item = Result<Vec<String>, Odd>;

    fn next(&mut self) -> Option<Self::Item> {
        // An empty line is no row, such as the last one.
        loop {
            let ahead = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n'));
            let Some(ahead) = ahead else { break };
            self.rest = ahead;
        }
        if self.rest.is_empty() {
            return None;
        }
        let fields = self.line();
        if fields.is_err() {
            self.rest = "";
        }
        Some(fields)
    }
}

impl Lines<'_> {
    fn line(&mut self) -> Result<Vec<String>, Odd> {
        let mut fields = Vec::new();
        loop {
            fields.push(self.field()?);
            if fields.len() > COLUMNS_MAX {
                return Err(Odd::Format("a line has too many fields".to_owned()));
            }
            match self.rest.strip_prefix(',') {
                Some(rest) => self.rest = rest,
                None => break,
            }
        }
        let end = self.rest.strip_prefix("\r\n").or_else(|| self.rest.strip_prefix('\n'));
        match end {
            Some(rest) => self.rest = rest,
            None if self.rest.is_empty() => {}
            None => return Err(Odd::Format("something follows the end of a quoted field".into())),
        }
        Ok(fields)
    }

    fn field(&mut self) -> Result<String, Odd> {
        let Some(mut rest) = self.rest.strip_prefix('"') else {
            let end = self.rest.find([',', '\n', '\r', '"']).unwrap_or(self.rest.len());
            let (field, rest) = self.rest.split_at(end);
            if rest.starts_with('"') {
                return Err(Odd::Format("a quote stands within a field without quotes".into()));
            }
            self.rest = rest;
            return Ok(field.to_owned());
        };
        let mut field = String::new();
        loop {
            let unfinished = || Odd::Format("a quoted field has no end".to_owned());
            let (text, after) = rest.split_once('"').ok_or_else(unfinished)?;
            field.push_str(text);
            match after.strip_prefix('"') {
                Some(further) => {
                    field.push('"');
                    rest = further;
                }
                None => {
                    self.rest = after;
                    return Ok(field);
                }
            }
        }
    }
}
