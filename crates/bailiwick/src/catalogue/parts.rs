//! The parts of an entry's contract, as texts with their comments: what an operator gets is what
//! was written, and not what a program would write in its place.

use bailiwick_contracts::{Contract, Fault};

/// What a part is about.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Part<'t> {
    /// The server, with what everybody should know who uses it.
    Head,
    /// Its standing.
    Standing,
    /// One tool.
    Tool(&'t str),
}

/// The end of a cell that a person stands for.
const VERIFIED: &str = ", verified = true";

/// The parts of a contract, in their order. Together they are the whole text.
pub(crate) fn parts(contract: &str) -> Vec<(Part<'_>, &str)> {
    let mut found = Vec::new();
    let (mut part, mut begin, mut at) = (Part::Head, 0, 0);
    // Comments right above a heading belong to what it heads.
    let mut above = 0;
    for line in contract.split_inclusive('\n') {
        let next = heading(line).filter(|it| *it != part);
        if let Some(next) = next {
            found.push((part, contract.get(begin..above).unwrap_or_default()));
            (part, begin) = (next, above);
        }
        at += line.len();
        if !line.starts_with('#') {
            above = at;
        }
    }
    found.push((part, contract.get(begin..).unwrap_or_default()));
    found
}

fn heading(line: &str) -> Option<Part<'_>> {
    let inner = line.trim_end().strip_prefix('[')?.strip_suffix(']')?;
    match inner.strip_prefix("tools.") {
        None => (inner == "standing").then_some(Part::Standing),
        Some(rest) => rest.split('.').next().map(Part::Tool),
    }
}

/// A part in which nobody stands for anything: it may be about another version.
pub(crate) fn unverified(part: &str) -> String {
    let line = |it: &str| match it.rfind(VERIFIED).and_then(|at| it.get(..at)) {
        Some(cell) if !it.starts_with('#') => format!("{cell}, verified = false }}\n"),
        Some(_) | None => it.to_owned(),
    };
    part.split_inclusive('\n').map(line).collect()
}

/// A standing that leaves open which hosts the process may reach: one that is fetched when it
/// starts must reach its registry first.
pub(crate) fn unconfined(standing: &str) -> String {
    let line =
        |it: &str| if it.starts_with("hosts = ") { format!("# {it}") } else { it.to_owned() };
    standing.split_inclusive('\n').map(line).collect()
}

/// A contract in which this part of an entry is verified, where it stands there as it was added
/// unverified; what a person has changed of it stays as it is.
pub(crate) fn raised(existing: &str, part: &str) -> String {
    let worst = unverified(part);
    let both = [(worst.clone(), part.to_owned()), (unconfined(&worst), unconfined(part))];
    let found = both.iter().find(|(worst, _)| existing.contains(worst.trim_end()));
    match found.filter(|(worst, part)| worst != part) {
        Some((worst, part)) => existing.replacen(worst.trim_end(), part.trim_end(), 1),
        None => existing.to_owned(),
    }
}

/// A contract, untouched, and after it these parts, where it does not have them; with the names of
/// the tools that were added.
///
/// # Errors
/// A [`Fault`] where the text is no contract of this server, or would be none afterwards.
pub(crate) fn added_to(
    existing: &str,
    server: &str,
    parts: &[(Part<'_>, String)],
) -> Result<(String, Vec<String>), Fault> {
    let before = Contract::read(existing)?;
    if before.server != server {
        let what = format!("it is the contract of `{}`", before.server);
        return Err(Fault { span: None, what });
    }
    let (mut more, mut added) = (String::new(), Vec::new());
    for (part, its) in parts {
        match part {
            Part::Standing if before.standing.is_none() => {}
            Part::Tool(name) if !before.tools.contains_key(*name) => added.push((*name).to_owned()),
            Part::Head | Part::Standing | Part::Tool(_) => continue,
        }
        more.push('\n');
        more.push_str(its.trim_end());
        more.push('\n');
    }
    if more.is_empty() {
        return Ok((existing.to_owned(), added));
    }
    let end = if existing.ends_with('\n') { "" } else { "\n" };
    let text = format!("{existing}{end}{more}");
    Contract::read(&text)?;
    Ok((text, added))
}

/// The head of a contract, about a server of this name.
pub(crate) fn headed(head: &str, server: &str) -> String {
    let name = toml::Value::from(server);
    let line = |it: &str| match it.starts_with("server = ") {
        true => format!("server = {name}\n"),
        false => it.to_owned(),
    };
    head.split_inclusive('\n').map(line).collect()
}
