//! The worst that a call can do, in words: what it destroys, moves, sends, or lets anybody say.

use super::arguments::{Language, is_free, languages};
use super::words::split;
use crate::cell::Cell;
use crate::definition::Definition;
use crate::effect::EffectWord;

/// Words of an argument that is an amount of money.
const MONEY: [&str; 12] = [
    "amount", "price", "cost", "fee", "total", "budget", "salary", "refund", "payment", "tip",
    "bid", "fare",
];
/// Words that say that what is done is done for good.
const FINAL: [&str; 9] = [
    "permanently",
    "irreversible",
    "irreversibly",
    "cannot be undone",
    "can't be undone",
    "destroy",
    "wipe",
    "purge",
    "overwrite",
];
/// Arguments that take anything, and mean more than words.
const FREE: [&str; 8] = ["url", "uri", "path", "filepath", "expr", "expression", "prompt", "html"];

/// What one call can do at its worst, where there is something to say.
pub(super) fn case(definition: &Definition, effect: EffectWord) -> Option<Cell<String>> {
    let mut worst = Vec::new();
    let mut why = Vec::new();
    let quoted = |it: &str| format!("`{it}`");
    for (argument, language) in languages(definition) {
        let what = match language {
            Language::Sql => "any statement of a database",
            Language::Command => "any command of a shell",
            Language::Code => "any program",
        };
        worst.push(format!("`{argument}` can be {what}"));
        why.push(quoted(argument));
    }
    let writes = effect != EffectWord::Read;
    for (argument, schema) in definition.properties().take(100) {
        let words = split(argument);
        let has = |known: &[&str]| words.iter().any(|it| known.contains(&it.as_str()));
        let kind = schema.member("type").and_then(bailiwick_core::Value::as_text);
        if writes && has(&MONEY) && !matches!(kind, Some("boolean" | "object" | "array")) {
            worst.push(format!("`{argument}` moves any amount of money"));
            why.push(quoted(argument));
        } else if has(&FREE) && is_free(schema) {
            worst.push(format!("`{argument}` can be anything"));
            why.push(quoted(argument));
        }
    }
    let text = definition.description().to_lowercase();
    if writes && let Some(word) = FINAL.iter().find(|it| text.contains(**it)) {
        worst.push("what it names is gone for good".into());
        why.push(format!("its description says \"{word}\""));
    }
    (!worst.is_empty()).then(|| Cell::guess(worst.join("; "), why.join(", ")))
}
