//! What a schema leaves open: a free text hands a model all that the text can say.

use bailiwick_core::Value;

use super::{Notes, Rule};
use crate::draft::arguments::{Language, is_free, languages, mixes};
use crate::draft::words::split;

/// How deep and how far a schema is walked.
const DEPTH_MAX: usize = 16;
const NODES_MAX: usize = 4000;
/// How many places one remark names.
const NAMED_MAX: usize = 4;

/// What the last words of an argument's name say that it takes.
const RISKY: &[(Rule, &str, &str)] = &[
    (
        Rule::FreePath,
        "path paths filepath filename file directory dir folder",
        "say within which folder: `is = { a = \"path\", roots = [...] }`",
    ),
    (
        Rule::FreeUrl,
        "url urls uri href link endpoint webhook",
        "say which hosts: `is = { a = \"url\", hosts = [...] }`",
    ),
    (
        Rule::SecretArgument,
        "token secret password passwd apikey credential credentials passphrase",
        "let Bailiwick hold the secret and inject it, and hide the argument: `hidden = true`",
    ),
    (Rule::FreeCode, "expr expression formula jq xpath", "say what it may be: `pattern = \"...\"`"),
    (Rule::FreePrompt, "prompt instructions", "know that another model obeys it"),
];

/// What is missing in a schema, and what to do.
const OPEN: &[(Rule, &str, &str)] = &[
    (
        Rule::OpenProperties,
        "`additionalProperties` is not false",
        "Bailiwick refuses what the schema does not name, the server itself may not",
    ),
    (Rule::NoRequired, "`required` is missing", "say what must be there"),
    (Rule::NoType, "no type", "say in the contract what it may be"),
    (Rule::NoMaxLength, "no `maxLength`", "set `max_length` in the contract"),
    (Rule::NoMaxItems, "no `maxItems`", "know that a list can be as long as a message"),
];

pub(super) fn look(notes: &mut Notes<'_>) {
    let definition = notes.definition;
    if definition.description().trim().is_empty() {
        let told = "people and models guess what it does: say it in a view of your own";
        notes.remark(Rule::NoDescription, "/description", told);
    }
    let schema = definition.input_schema();
    let is_schema = matches!(schema, Value::Record(members) if !members.is_empty());
    if !is_schema {
        let told = "say in the contract what its arguments may be, or do not connect it";
        notes.remark(Rule::NoSchema, "/inputSchema", told);
        return;
    }
    for (argument, language) in languages(definition) {
        let (rule, told) = match language {
            Language::Sql => (
                Rule::FreeSql,
                "say which statements and tables: `is = { a = \"sql\", ... }`, or show a view \
                 without it",
            ),
            Language::Command => {
                (Rule::FreeCommand, "say which: `enum = [...]`, or `is = { a = \"no_shell\" }`")
            }
            Language::Code => (Rule::FreeCode, "run it where it can do no harm, or do not show it"),
        };
        notes.remark(rule, &pointer(argument), told);
    }
    if let Some((argument, read, write)) = mixes(definition) {
        let told = format!(
            "`{read}` reads and `{write}` writes: split it into two views, each with its own enum"
        );
        notes.remark(Rule::MixedReadWrite, &pointer(argument), told);
    }
    let mut open = Open::default();
    open.walk(schema, &mut "/inputSchema".to_owned(), "", 0);
    open.tell(notes);
}

/// Where an argument stands in a definition.
pub(super) fn pointer(argument: &str) -> String {
    format!("/inputSchema/properties/{}", argument.replace('~', "~0").replace('/', "~1"))
}

/// What a schema leaves open, with its places.
#[derive(Default)]
struct Open {
    nodes: usize,
    found: Vec<(Rule, String, String)>,
    risky: Vec<(Rule, String, &'static str)>,
}

impl Open {
    fn walk(&mut self, schema: &Value, at: &mut String, name: &str, depth: usize) {
        self.nodes += 1;
        if depth > DEPTH_MAX || self.nodes > NODES_MAX {
            return;
        }
        self.note(schema, at, name);
        let len = at.len();
        if let Some(Value::Record(members)) = schema.member("properties") {
            for (name, member) in members {
                at.push_str("/properties/");
                at.push_str(&name.replace('~', "~0").replace('/', "~1"));
                self.walk(member, at, name, depth + 1);
                at.truncate(len);
            }
        }
        if let Some(items) = schema.member("items") {
            at.push_str("/items");
            self.walk(items, at, name, depth + 1);
            at.truncate(len);
        }
        for word in ["anyOf", "oneOf", "allOf"] {
            let Some(Value::List(items)) = schema.member(word) else { continue };
            for (n, item) in items.iter().enumerate() {
                at.push_str(&format!("/{word}/{n}"));
                self.walk(item, at, name, depth + 1);
                at.truncate(len);
            }
        }
    }

    fn note(&mut self, schema: &Value, at: &str, name: &str) {
        let has = |word: &str| schema.member(word).is_some();
        let kind = schema.member("type").and_then(Value::as_text);
        let mut found = |rule| self.found.push((rule, at.to_owned(), name.to_owned()));
        let narrow = ["enum", "const", "pattern", "format"].into_iter().any(has);
        match kind {
            Some("string") if !narrow && !has("maxLength") => found(Rule::NoMaxLength),
            Some("array") if !has("maxItems") => found(Rule::NoMaxItems),
            Some("object") => {
                let closed = schema.member("additionalProperties") == Some(&Value::Bool(false));
                if !closed && !has("unevaluatedProperties") {
                    found(Rule::OpenProperties);
                }
                if has("properties") && !has("required") {
                    found(Rule::NoRequired);
                }
            }
            None if !["anyOf", "oneOf", "allOf", "enum", "const", "$ref", "type"]
                .into_iter()
                .any(has) =>
            {
                found(Rule::NoType);
            }
            _ => {}
        }
        if kind == Some("string") && is_free(schema) {
            let words = split(name);
            let Some(last) = words.last() else { return };
            let is_key = last == "key" && words.iter().any(|it| it == "api" || it == "private");
            let risky = RISKY.iter().find(|(rule, known, _)| {
                known.split(' ').any(|it| it == last) || (is_key && *rule == Rule::SecretArgument)
            });
            // A page's token and a count of tokens are no secrets.
            let is_page = words.iter().any(|it| matches!(it.as_str(), "page" | "next" | "cursor"));
            if let Some((rule, _, told)) = risky.filter(|_| !is_page) {
                self.risky.push((*rule, at.to_owned(), told));
            }
        }
    }

    /// One remark for each rule, with the first places; for what is risky, one for each place.
    fn tell(self, notes: &mut Notes<'_>) {
        for (rule, at, told) in &self.risky {
            notes.remark(*rule, at, *told);
        }
        for (rule, what, todo) in OPEN {
            let places: Vec<_> = self.found.iter().filter(|it| it.0 == *rule).collect();
            let Some((_, at, _)) = places.first() else { continue };
            let mut names: Vec<_> = places.iter().map(|it| it.2.as_str()).collect();
            names.retain(|it| !it.is_empty());
            names.dedup();
            let more = names.len().saturating_sub(NAMED_MAX);
            names.truncate(NAMED_MAX);
            let of = if names.is_empty() { String::new() } else { quoted(&names, more) };
            notes.remark(*rule, at, format!("{what}{of}: {todo}"));
        }
    }
}

fn quoted(names: &[&str], more: usize) -> String {
    let names: Vec<_> = names.iter().map(|it| format!("`{it}`")).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!(" ({}{more})", names.join(", "))
}
