//! The corpora: one JSON object a line.

use std::path::{Path, PathBuf};

use bailiwick_contracts::Definition;
use bailiwick_core::Value;
use bailiwick_wire::json::{Document, Limits};

use crate::Done;

/// An honest tool, and what its vendor hints of it. The definition is without the hints.
pub(crate) struct Tool {
    pub(crate) server: String,
    pub(crate) definition: Definition,
    pub(crate) reads_only: Option<bool>,
    pub(crate) destroys: Option<bool>,
}

/// A definition from an attack.
pub(crate) struct Attack {
    pub(crate) server: String,
    pub(crate) kind: Kind,
    /// The class of attack, as a key.
    pub(crate) class: String,
    /// Whether there is something to find in it.
    pub(crate) is_poisoned: bool,
    pub(crate) definition: Definition,
}

/// How a definition comes to be where it is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    /// It was honest before.
    Changed,
    /// It is put beside honest ones.
    Added,
    /// It was there from the first.
    Defined,
}

pub(crate) fn tools(files: &[PathBuf]) -> Done<Vec<Tool>> {
    rows(files, |row| {
        let hint = |name: &str| match row.member("annotations")?.member(name)? {
            Value::Bool(said) => Some(*said),
            Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Record(_) => {
                None
            }
        };
        Some(Tool {
            server: text(row, "server").to_owned(),
            definition: definition(row, "name")?,
            reads_only: hint("readOnlyHint"),
            destroys: hint("destructiveHint"),
        })
    })
}

pub(crate) fn attacks(files: &[PathBuf]) -> Done<Vec<Attack>> {
    rows(files, |row| {
        let kind = match text(row, "kind") {
            "changed_tool" => Kind::Changed,
            "added_tool" => Kind::Added,
            "tool_definition" => Kind::Defined,
            _ => return None,
        };
        let class = match text(row, "attack") {
            "" => text(row, "source"),
            class => class,
        };
        let letter = |it: char| if it.is_alphanumeric() { it.to_ascii_lowercase() } else { '_' };
        Some(Attack {
            server: text(row, "server").to_owned(),
            kind,
            class: class.chars().map(letter).collect(),
            is_poisoned: !text(row, "label").ends_with("clean"),
            definition: definition(row, "tool")?,
        })
    })
}

fn rows<T>(files: &[PathBuf], read: impl Fn(&Value) -> Option<T>) -> Done<Vec<T>> {
    let mut all = Vec::new();
    for file in files {
        for (number, line) in lines(file)?.lines().enumerate() {
            let document = Document::parse(line.as_bytes(), Limits::default())
                .map_err(|problem| format!("{}:{}: {problem}", file.display(), number + 1))?;
            all.extend(read(&document.root().to_value()));
        }
    }
    Ok(all)
}

fn lines(file: &Path) -> Done<String> {
    let read = std::fs::read_to_string(file);
    Ok(read.map_err(|problem| format!("{}: {problem}", file.display()))?)
}

fn text<'a>(row: &'a Value, member: &str) -> &'a str {
    row.member(member).and_then(Value::as_text).unwrap_or_default()
}

fn definition(row: &Value, name: &str) -> Option<Definition> {
    let mut members = vec![("name".into(), row.member(name)?.clone())];
    for member in ["description", "inputSchema"] {
        if let Some(value) = row.member(member) {
            members.push((member.into(), value.clone()));
        }
    }
    Definition::of(&Value::Record(members)).ok()
}
