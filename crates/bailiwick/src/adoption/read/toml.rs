//! Entries of TOML files, as Codex writes them.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeString, DeTable, DeValue};

use super::{NEITHER, ODD_ARGUMENTS, ODD_HEADERS, line};
use crate::adoption::entry::{Arguments, CommandLine, Entry, Launch, Remote, Said};

/// Why a remote entry of Codex is left alone.
const VARIABLES: &str = "it takes its key from a variable, which only the client is given";

pub(super) fn entries(text: &str, path: &[&str]) -> Result<Vec<Entry>, String> {
    let table = DeTable::parse(text).map_err(|it| {
        let at = it.span().map_or(0, |span| span.start);
        format!("line {}: {}", line(text, at), it.message())
    })?;
    let mut below = table.get_ref();
    for step in path {
        match below.get(*step).map(Spanned::get_ref) {
            Some(DeValue::Table(table)) => below = table,
            Some(_) | None => return Ok(Vec::new()),
        }
    }
    let tables = below.iter().filter_map(|(name, value)| {
        let inline = text.get(value.span()).is_some_and(|it| it.starts_with('{'));
        let table = value.get_ref().as_table()?;
        let name = name.get_ref().to_string();
        let place = format!("{}.{name}", path.join("."));
        let values = ["env", "http_headers"].map(|it| said_in(table, it));
        let secrets = values.iter().flatten().map(|(_, it)| it.spelled(text).to_owned()).collect();
        Some(Entry { name, place, launch: launch(text, table, inline), secrets })
    });
    Ok(tables.collect())
}

type Member<'a> = (&'a Spanned<DeString<'a>>, &'a Spanned<DeValue<'a>>);

fn member<'a>(table: &'a DeTable<'a>, name: &str) -> Option<Member<'a>> {
    table.get_key_value(name)
}

fn launch(text: &str, table: &DeTable<'_>, inline: bool) -> Launch {
    if let Some((name, value)) = member(table, "command") {
        return command(text, table, (name, value), inline);
    }
    match member(table, "url") {
        Some(found) => remote(text, table, found, inline),
        None => Launch::Other(NEITHER),
    }
}

fn command(text: &str, table: &DeTable<'_>, (name, value): Member<'_>, inline: bool) -> Launch {
    let Some(program) = text_at(value) else { return Launch::Other(NEITHER) };
    let arguments = match table.get("args") {
        None => Arguments::Missing { lead: lead(text, &name.span(), inline) },
        Some(list) => {
            let Some(items) = list.get_ref().as_array() else {
                return Launch::Other(ODD_ARGUMENTS);
            };
            let words: Option<Vec<String>> =
                items.iter().map(|it| it.get_ref().as_str().map(str::to_owned)).collect();
            let Some(says) = words else { return Launch::Other(ODD_ARGUMENTS) };
            let first = items.iter().next().map(|it| it.span().start);
            Arguments::List { open: list.span().start + 1, first, says }
        }
    };
    let environment = said_in(table, "env");
    Launch::Command(CommandLine { program, arguments, environment })
}

fn remote(text: &str, table: &DeTable<'_>, (name, value): Member<'_>, inline: bool) -> Launch {
    if table.contains_key("bearer_token_env_var") || table.contains_key("env_http_headers") {
        return Launch::Other(VARIABLES);
    }
    let Some(url) = text_at(value) else { return Launch::Other(NEITHER) };
    let Some(headers) = texts(table, "http_headers") else { return Launch::Other(ODD_HEADERS) };
    let headers_span = match member(table, "http_headers") {
        None => None,
        // Without a line of their own they cannot go without harm to what stands around them.
        Some((key, value)) => match whole_line(text, &key.span(), &value.span(), inline) {
            Some(line) => Some(line),
            None => return Launch::Other("its headers have no line of their own"),
        },
    };
    let between = text.get(name.span().end..value.span().start).unwrap_or(" = ");
    Launch::Remote(Remote {
        url: url.says,
        member: name.span().start..value.span().end,
        command: format!("command{between}"),
        lead: lead(text, &name.span(), inline),
        kind: None,
        headers,
        headers_span,
    })
}

/// What begins the arguments behind the program: as the line of `name` begins, dotted keys too.
fn lead(text: &str, name: &Range<usize>, inline: bool) -> String {
    if inline {
        return ", args = ".to_owned();
    }
    let before = text.get(..name.start).unwrap_or_default();
    let begin = before.rfind('\n').map_or(0, |it| it + 1);
    let end = if before.ends_with("\r\n") || text.contains("\r\n") { "\r\n" } else { "\n" };
    format!("{end}{}args = ", before.get(begin..).unwrap_or_default())
}

/// The line that holds a key and its value and nothing else, its end included.
fn whole_line(
    text: &str,
    key: &Range<usize>,
    value: &Range<usize>,
    inline: bool,
) -> Option<Range<usize>> {
    let before = text.get(..key.start)?;
    let begin = before.rfind('\n').map_or(0, |it| it + 1);
    let rest = text.get(value.end..)?;
    let end = value.end + rest.find('\n').map_or(rest.len(), |it| it + 1);
    let alone = before.get(begin..)?.trim().is_empty();
    let alone = alone && text.get(value.end..end)?.trim().is_empty();
    (alone && !inline && value.start > key.end).then_some(begin..end)
}

fn text_at(value: &Spanned<DeValue<'_>>) -> Option<Said> {
    Some(Said { span: value.span(), says: value.get_ref().as_str()?.to_owned() })
}

/// The members of a table that are texts.
fn said_in(table: &DeTable<'_>, name: &str) -> Vec<(String, Said)> {
    let members = table.get(name).and_then(|it| it.get_ref().as_table());
    let members = members.into_iter().flat_map(|it| it.iter());
    members.filter_map(|(name, it)| Some((name.get_ref().to_string(), text_at(it)?))).collect()
}

/// The members of a table that all are texts; none when there is no table.
fn texts(table: &DeTable<'_>, name: &str) -> Option<Vec<(String, String)>> {
    let Some(value) = table.get(name) else { return Some(Vec::new()) };
    let members = value.get_ref().as_table()?.iter();
    members
        .map(|(name, it)| Some((name.get_ref().to_string(), it.get_ref().as_str()?.to_owned())))
        .collect()
}
