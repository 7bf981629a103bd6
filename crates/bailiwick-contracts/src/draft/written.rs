//! A draft as a text for people: one line for each cell, in the order in which one asks.

use std::fmt::Write as _;

use serde::Serialize;

use crate::contract::{Contract, Fault, Tool};

/// What stands at the head of every draft.
const HEAD: &str = "\
# A draft, guessed from what the server says of itself. Nobody has verified it: look at every cell,
# correct it, and put `verified = true` beside what you stand for. Until then a tool counts as the
# worst that it could be.
";

/// A text cannot be appended to.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum AlreadyThere {
    /// It is about another server.
    #[error("it is the contract of `{0}`")]
    OfAnother(String),
    /// It is no contract, or would be none afterwards.
    #[error(transparent)]
    Faulty(#[from] Fault),
}

/// The draft as a new file.
///
/// # Errors
/// A [`Fault`] where a value has no form in TOML.
pub fn write(draft: &Contract) -> Result<String, Fault> {
    let mut text = format!("{HEAD}\nserver = {}\n", quoted(&draft.server));
    for (name, tool) in &draft.tools {
        section(name, tool, &mut text)?;
    }
    Contract::read(&text).map(|_| text)
}

/// The text of an existing contract, untouched, and after it those tools of the draft that it does
/// not have; with their names.
///
/// # Errors
/// [`AlreadyThere`] where the text is no contract of the same server.
pub fn append(existing: &str, draft: &Contract) -> Result<(String, Vec<String>), AlreadyThere> {
    let before = Contract::read(existing)?;
    if before.server != draft.server {
        return Err(AlreadyThere::OfAnother(before.server));
    }
    let mut text = existing.to_owned();
    let mut added = Vec::new();
    for (name, tool) in draft.tools.iter().filter(|it| !before.tools.contains_key(it.0)) {
        if added.is_empty() {
            text.push_str(if text.ends_with('\n') { "\n" } else { "\n\n" });
            text.push_str("# New tools, drafted and not verified.\n");
        }
        section(name, tool, &mut text)?;
        added.push(name.clone());
    }
    Contract::read(&text)?;
    Ok((text, added))
}

fn section(name: &str, tool: &Tool, into: &mut String) -> Result<(), Fault> {
    let _ = writeln!(into, "\n[tools.{}]", key(name));
    line("effect", &tool.effect, into)?;
    let full = [("resources", &tool.resources), ("results", &tool.results)];
    for (word, map) in full.into_iter().filter(|it| !it.1.is_empty()) {
        line(word, map, into)?;
    }
    if !tool.collections.is_empty() {
        line("collections", &tool.collections, into)?;
    }
    for (argument, whom) in &tool.recipients {
        line(&format!("recipients.{}", key(argument)), whom, into)?;
    }
    maybe("data_in", tool.data_in.as_ref(), into)?;
    maybe("data_out", tool.data_out.as_ref(), into)?;
    maybe("trust", tool.trust.as_ref(), into)?;
    maybe("undo", tool.undo.as_ref(), into)?;
    maybe("worst_case", tool.worst_case.as_ref(), into)
}

fn maybe<T: Serialize>(word: &str, cell: Option<&T>, into: &mut String) -> Result<(), Fault> {
    cell.map_or(Ok(()), |cell| line(word, cell, into))
}

/// One member, with all that is in it on its line.
fn line<T: Serialize>(word: &str, said: &T, into: &mut String) -> Result<(), Fault> {
    let failed = |problem: toml::ser::Error| Fault { span: None, what: problem.to_string() };
    let value = toml::Value::try_from(said).map_err(failed)?;
    let _ = write!(into, "{word} = ");
    inline(&value, into);
    into.push('\n');
    Ok(())
}

fn inline(value: &toml::Value, into: &mut String) {
    match value {
        toml::Value::Table(members) => {
            into.push_str("{ ");
            // The word itself comes first, and its grounds after it.
            let rank = |name: &str| match name {
                "value" | "how" => 0,
                "evidence" | "tool" => 1,
                _ => 2,
            };
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| rank(name));
            for (n, (name, member)) in members.into_iter().enumerate() {
                into.push_str(if n == 0 { "" } else { ", " });
                let _ = write!(into, "{} = ", key(name));
                inline(member, into);
            }
            into.push_str(" }");
        }
        toml::Value::Array(items) => {
            into.push('[');
            for (n, item) in items.iter().enumerate() {
                into.push_str(if n == 0 { "" } else { ", " });
                inline(item, into);
            }
            into.push(']');
        }
        toml::Value::String(text) => into.push_str(&quoted(text)),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_) => into.push_str(&value.to_string()),
    }
}

/// A text on one line, however hostile: what is not seen is written as its number.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            hidden if hidden.is_control() || crate::unseen::is_unseen(hidden) => {
                let _ = write!(quoted, "\\U{:08X}", u32::from(hidden));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

fn key(name: &str) -> String {
    let is_bare = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    if !name.is_empty() && name.chars().all(is_bare) { name.to_owned() } else { quoted(name) }
}
