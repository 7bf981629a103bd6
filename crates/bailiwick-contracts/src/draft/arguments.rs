//! What arguments say of their tool: the operations to choose from, and what takes anything.

use bailiwick_core::Value;

use super::name;
use super::told::in_a_list;
use super::verbs::Does;
use super::words::split;
use crate::definition::Definition;

/// The most values of one list that are looked at.
const VALUES_MAX: usize = 100;
/// Arguments that choose what is done.
const CHOOSING: [&str; 8] =
    ["action", "operation", "op", "method", "verb", "command", "subcommand", "mode"];

/// What takes anything that is written in some language.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Language {
    /// SQL, or the query of another database.
    Sql,
    /// A shell's command.
    Command,
    /// Program text.
    Code,
}

/// The operations that an argument chooses from: the argument, the worst, and what it does. In a
/// tool that looks at things, an action is often what is looked for, and must be a bare verb.
pub(super) fn operations(definition: &Definition, looks: bool) -> Option<(String, String, Does)> {
    let choosing = |it: &&(&str, &Value)| {
        let words = split(it.0);
        words.last().is_some_and(|last| CHOOSING.contains(&last.as_str()))
    };
    let properties: Vec<_> = definition.properties().take(VALUES_MAX).collect();
    let worst = properties.iter().filter(choosing).flat_map(|(argument, schema)| {
        values(schema).filter_map(move |value| {
            let words = split(value);
            let said = name::said(&words).filter(|it| it.is_sure || it.does == Does::Look)?;
            if looks && words.len() > 1 {
                return None;
            }
            Some(((*argument).to_owned(), value.to_owned(), in_a_list(&said.word, said.does)))
        })
    });
    worst.max_by_key(|it| it.2)
}

/// The argument by which one tool both reads and writes, with a value of each kind.
pub(crate) fn mixes(definition: &Definition) -> Option<(&str, &str, &str)> {
    definition.properties().take(VALUES_MAX).find_map(|(argument, schema)| {
        let words = split(argument);
        let last = words.last()?;
        CHOOSING.contains(&last.as_str()).then_some(())?;
        let does = |value: &&str| name::said(&split(value)).map(|it| it.does);
        let read = values(schema).find(|it| does(it) == Some(Does::Look))?;
        let write = values(schema).find(|it| does(it).is_some_and(|it| it > Does::Look))?;
        Some((argument, read, write))
    })
}

fn values(schema: &Value) -> impl Iterator<Item = &str> {
    let items = match schema.member("enum") {
        Some(Value::List(items)) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Value::as_text).take(VALUES_MAX)
}

/// The arguments that take anything that is written in some language.
pub(crate) fn languages(definition: &Definition) -> Vec<(&str, Language)> {
    let read = |(argument, schema): (&'_ str, &Value)| {
        let about = schema.member("description").and_then(Value::as_text).unwrap_or_default();
        let language = language(argument, about, definition.description())?;
        is_free(schema).then_some(language)
    };
    let all = definition.properties().take(VALUES_MAX);
    all.filter_map(|(name, schema)| Some((name, read((name, schema))?))).collect()
}

fn language(argument: &str, about: &str, description: &str) -> Option<Language> {
    let words = split(argument);
    let last = words.last()?.as_str();
    let speaks_sql = |text: &str| {
        let words = split(text);
        words.iter().any(|it| matches!(it.as_str(), "sql" | "cypher" | "sparql" | "soql" | "ddl"))
    };
    match last {
        "sql" | "soql" | "cypher" | "sparql" => Some(Language::Sql),
        "query" | "queries" | "statement" | "statements"
            if words.iter().any(|it| it == "sql")
                || speaks_sql(about)
                || speaks_sql(description) =>
        {
            Some(Language::Sql)
        }
        "command" | "cmd" | "shell" | "commands" | "cmdline" => Some(Language::Command),
        "code" if is_code(&words, about) => Some(Language::Code),
        "script" | "javascript" | "expression" | "snippet" | "python" => Some(Language::Code),
        _ => None,
    }
}

/// A code may be a country's, a currency's, a product's.
fn is_code(words: &[String], about: &str) -> bool {
    let about = about.to_lowercase();
    let program = ["python", "javascript", "source", "script", "execute", "run", "program"];
    let other = ["country", "currency", "language", "postal", "zip", "iso", "auth", "status"];
    (words.len() == 1 || words.iter().any(|it| program.contains(&it.as_str())))
        && !other.iter().any(|it| about.contains(it))
        && !words.iter().any(|it| other.contains(&it.as_str()))
}

/// Whether an argument takes any text: nothing says which.
pub(crate) fn is_free(schema: &Value) -> bool {
    let is_text = match schema.member("type") {
        Some(Value::Text(kind)) => &**kind == "string",
        Some(Value::List(kinds)) => kinds.iter().any(|it| it.as_text() == Some("string")),
        _ => schema.member("anyOf").is_some() || schema.member("properties").is_none(),
    };
    let narrow = ["enum", "const", "pattern", "format"];
    is_text && narrow.iter().all(|it| schema.member(it).is_none())
}
