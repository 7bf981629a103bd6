//! `cargo xtask docs`: the reference pages that are made from the structs which read the files.
//!
//! Two steps, each with a test of its own: the binary prints the schemas (`crates/bailiwick/tests`
//! holds them against what is checked in), and the page for people is a function of the schema.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::{Map, Value};

use crate::process;

const CONFIGURATION: &str = "docs/configuration.schema.json";
const CONTRACT: &str = "docs/contract.schema.json";
const PAGE: &str = "docs/configuration.md";

const HEAD: &str = "\
# Configuration reference

<!-- Made by `cargo xtask docs` from the structs that read the file. Do not edit. -->

One file, `bailiwick.toml`, named by `--config` or `BAILIWICK_CONFIG`. Every section and every key
may be left out; a word that is not here is refused, with its line. `bailiwick check` says what a
file means. It is read at the start: a change takes effect at the next. (Policies and contracts are
looked at twice a second.) Editors that know JSON Schema can use
[configuration.schema.json](configuration.schema.json); contracts have
[contract.schema.json](contract.schema.json) and [a page of their own](contracts.md).
";

/// Writes the pages, or with `--check` tells which are not what they would be.
pub(crate) fn docs(root: &Path, words: &[&str]) -> Result<bool, String> {
    let check = match *words {
        [] => false,
        ["--check"] => true,
        _ => return Err("docs takes --check or nothing".into()),
    };
    let configuration = schema(root, "configuration")?;
    let page = page(&configuration)?;
    let mut all_good = true;
    for (file, text) in
        [(CONFIGURATION, configuration), (CONTRACT, schema(root, "contract")?), (PAGE, page)]
    {
        let path = root.join(file);
        if std::fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if check {
            all_good = false;
            println!("{file}: is not what the structs say; run `cargo xtask docs`");
        } else {
            std::fs::write(&path, text).map_err(|error| format!("{file}: {error}"))?;
            println!("{file}: written");
        }
    }
    Ok(all_good)
}

/// What the binary prints; built first, unless one is named.
fn schema(root: &Path, of: &str) -> Result<String, String> {
    let mut command = match std::env::var_os("BAILIWICK_BIN") {
        Some(binary) => Command::new(binary),
        None => {
            let mut cargo = process::cargo(root);
            cargo.args(["run", "--quiet", "--package", "bailiwick", "--"]);
            cargo
        }
    };
    process::capture(command.args(["check", "--schema", of]))
}

/// The page for people, from the schema's text.
fn page(schema: &str) -> Result<String, String> {
    let schema: Value = serde_json::from_str(schema).map_err(|error| error.to_string())?;
    let mut page = HEAD.to_owned();
    let mut named = Vec::new();
    for (name, section) in members(&schema, "properties") {
        let each = section.get("additionalProperties");
        let heading = if each.is_some() { format!("{name}.NAME") } else { name.clone() };
        let _ = write!(page, "\n## `[{heading}]`\n\n{}\n", said(section));
        if let Some(fields) = definition(&schema, each.unwrap_or(section)) {
            table(&mut page, fields, &mut named);
        }
    }
    page.push_str("\n## Values\n");
    let mut next = 0;
    while let Some(name) = named.get(next).cloned() {
        next += 1;
        let Some(value) = schema.get("$defs").and_then(|it| it.get(&name)) else { continue };
        let _ = write!(page, "\n### {name}\n\n{}\n", said(value));
        alternatives(&mut page, value, &mut named);
        table(&mut page, value, &mut named);
    }
    Ok(page)
}

/// A row for each key of a table, when there is any.
fn table(page: &mut String, of: &Value, named: &mut Vec<String>) {
    let required: Vec<&str> = of
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut rows = members(of, "properties").peekable();
    if rows.peek().is_none() {
        return;
    }
    page.push_str("\n| key | is | default | meaning |\n|---|---|---|---|\n");
    for (key, value) in rows {
        let default = match value.get("default") {
            _ if required.contains(&key.as_str()) => "must be given".to_owned(),
            None | Some(Value::Null) => "absent".to_owned(),
            Some(default) => format!("`{default}`"),
        };
        let is = kind(value, named);
        let _ = writeln!(page, "| `{key}` | {is} | {default} | {} |", said(value));
    }
}

/// The ways to write a value of which there are several.
fn alternatives(page: &mut String, value: &Value, named: &mut Vec<String>) {
    for way in ["oneOf", "anyOf"] {
        for each in value.get(way).and_then(Value::as_array).into_iter().flatten() {
            match each.get("const") {
                Some(word) => {
                    let _ = write!(page, "\n- `{word}`: {}", said(each));
                }
                None => {
                    let _ = write!(page, "\n{}\n", said(each));
                    table(page, each, named);
                }
            }
        }
    }
    if !page.ends_with('\n') {
        page.push('\n');
    }
}

/// The kind of a value in words; a kind with a name is explained further down.
fn kind(value: &Value, named: &mut Vec<String>) -> String {
    if let Some(name) = reference(value) {
        if !named.iter().any(|it| it == name) {
            named.push(name.to_owned());
        }
        return format!("[{name}](#{})", name.to_lowercase());
    }
    if let Some(some) = value.get("anyOf").and_then(|it| it.get(0)) {
        return kind(some, named);
    }
    let word = match value.get("type") {
        Some(Value::Array(several)) => several.first().and_then(Value::as_str),
        one => one.and_then(Value::as_str),
    };
    match word {
        Some("string") => "text".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("boolean") => "true or false".to_owned(),
        Some("array") => {
            let item = value.get("items").map_or_else(String::new, |it| kind(it, named));
            format!("list of {item}")
        }
        Some("object") => {
            let each = value.get("additionalProperties").filter(|it| it.is_object());
            let each = each.map_or_else(|| "text".to_owned(), |it| kind(it, named));
            format!("table: name to {each}")
        }
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}

fn definition<'a>(schema: &'a Value, value: &Value) -> Option<&'a Value> {
    schema.get("$defs")?.get(reference(value)?)
}

fn reference(value: &Value) -> Option<&str> {
    value.get("$ref")?.as_str()?.strip_prefix("#/$defs/")
}

fn members<'a>(value: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(name).and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

/// What the doc comment says, on one line.
fn said(value: &Value) -> String {
    let text = value.get("description").and_then(Value::as_str).unwrap_or_default();
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked_in(file: &str) -> String {
        let root = crate::root().expect("cargo sets CARGO_MANIFEST_DIR");
        std::fs::read_to_string(root.join(file)).expect("it is checked in")
    }

    #[test]
    fn the_page_is_what_the_schema_says() {
        let page = page(&checked_in(CONFIGURATION)).expect("the schema can be read");
        assert_eq!(page, checked_in(PAGE), "run `cargo xtask docs`");
    }

    #[test]
    fn every_key_of_a_schema_is_on_its_page() {
        let schema = r##"{"properties": {
                "limits": {"$ref": "#/$defs/Limits", "description": "How much."},
                "servers": {"additionalProperties": {"$ref": "#/$defs/Server"}}},
            "$defs": {
                "Limits": {"properties": {"bytes": {"type": "integer", "default": 7}}},
                "Server": {"required": ["url"], "properties": {
                    "url": {"type": ["string", "null"], "description": "a | b"},
                    "class": {"anyOf": [{"$ref": "#/$defs/Class"}, {"type": "null"}]}}},
                "Class": {"oneOf": [{"const": "x", "description": "Ex."}]}}}"##;
        let page = page(schema).unwrap();
        for line in [
            "## `[limits]`",
            "How much.",
            "| `bytes` | whole number | `7` |  |",
            "## `[servers.NAME]`",
            "| `url` | text | must be given | a \\| b |",
            "| `class` | [Class](#class) | absent |  |",
            "### Class",
            "- `\"x\"`: Ex.",
        ] {
            assert!(page.lines().any(|it| it == line), "{line:?} is not in\n{page}");
        }
    }
}
