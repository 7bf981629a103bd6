//! What a tool does to the world, guessed from its name, its description and its schema. What is
//! ambiguous goes to the worse. What a server hints of itself makes nothing milder.

use bailiwick_core::Value;

use super::arguments::{languages, operations};
use super::name::{self, Said};
use super::told;
use super::verbs::Does;
use super::words;
use crate::cell::Cell;
use crate::definition::Definition;
use crate::effect::EffectWord;

/// Verbs that act upon whatever a page or screen shows.
const HANDS: [&str; 6] = ["select", "drop", "upload", "fill", "type", "press"];
/// What tells that a verb is of a page or screen.
const SCREENS: [&str; 10] = [
    "browser",
    "page",
    "element",
    "dropdown",
    "keyboard",
    "mouse",
    "webdriver",
    "option",
    "button",
    "checkbox",
];
/// Arguments that say where on this machine something is put.
const PUT_AT: [&str; 8] = [
    "save_path",
    "savePath",
    "output_path",
    "outputPath",
    "local_path",
    "localPath",
    "destination",
    "output_file",
];

/// What a tool does, and why it is thought so.
pub(super) fn of(server: &str, definition: &Definition) -> Cell<EffectWord> {
    let (does, mut why) = judged(server, definition);
    let mut does = worse_by_words(definition, does, &mut why);
    for (hint, said) in hints(definition) {
        why.push_str(&format!("; the server itself hints {hint}: {said}, which proves nothing"));
    }
    // A server that owns to be dangerous is believed; one that says that it is harmless is not.
    let claims = |hint: &str, said: bool| hints(definition).any(|it| it == (hint, said));
    if claims("destructiveHint", true) && !claims("readOnlyHint", true) {
        does = does.max(Does::Destroy);
    } else if claims("readOnlyHint", false) {
        does = does.max(Does::Change);
    }
    Cell::guess(does.effect(), why)
}

fn judged(server: &str, definition: &Definition) -> (Does, String) {
    let words = words::of_name(server, definition.name());
    let named = name::said(&words).map(|it| by_hand(it, &words, definition));
    let told = told::first(definition.description()).map(|it| by_hand(it, &words, definition));
    let is_look = named.as_ref().is_some_and(|it| it.is_sure && it.does == Does::Look);
    let operations = operations(definition, is_look);
    let (mut does, mut why) = match (&named, &told) {
        (Some(name), _) if name.is_sure => (name.does, in_name(name)),
        (_, Some(told)) => (told.does, in_text(told)),
        (Some(name), None) => (name.does, in_name(name)),
        (None, None) => match &operations {
            Some((argument, value, does)) => {
                (*does, format!("its argument `{argument}` may be \"{value}\""))
            }
            None => nothing_said(definition),
        },
    };
    // A sure name is believed over what follows, but not where that is worse by far.
    if let Some(told) = told.filter(|it| it.does == Does::Destroy && does < it.does) {
        let worst = if is_look { told.does } else { told::in_a_list(&told.word, told.does) };
        if worst > does {
            (does, why) = (worst, in_text(&told));
        }
    }
    if let Some((argument, value, worst)) = operations
        && worst > does
    {
        (does, why) = (worst, format!("its argument `{argument}` may be \"{value}\""));
    }
    let is_sure = named.as_ref().is_some_and(|it| it.is_sure);
    let listed = told::worst_of_list(definition.description()).filter(|it| it.does > does);
    if let Some(list) = listed.filter(|it| !is_look && (!is_sure || it.does >= Does::Destroy)) {
        (does, why) = (list.does, format!("its description lists \"{}\"", list.word));
    }
    by_language(definition, does, why)
}

/// What is done by hand to a page can do all that the page can; and some verbs mean what stands
/// beside them.
fn by_hand(said: Said, words: &[String], definition: &Definition) -> Said {
    let goes = ["navigate", "goto", "visit"].contains(&said.word.as_str());
    let has_goal = || {
        let goal = |name: &str| ["url", "uri", "href", "link", "target"].contains(&name);
        definition.properties().any(|(name, _)| goal(name))
    };
    if goes && !has_goal() {
        return Said { does: Does::Look, ..said };
    }
    let finds = || {
        let sentence = words::sentences(definition.description(), 1);
        sentence.iter().any(|it| matches!(it.as_str(), "to" | "into" | "returns" | "return"))
    };
    // What an address says, its host is told: whoever chooses it can say anything.
    let is_free = |name: &str, it: &Value| {
        ["url", "uri", "urls", "uris", "href"].contains(&name)
            && it.member("enum").is_none()
            && it.member("const").is_none()
    };
    if said.word == "fetch" && definition.properties().any(|(name, it)| is_free(name, it)) {
        return Said { does: Does::Send, ..said };
    }
    if said.word == "resolve" && finds() {
        return Said { does: Does::Look, ..said };
    }
    if !HANDS.contains(&said.word.as_str()) {
        return said;
    }
    let text = words::sentences(definition.description(), 1);
    let on_screen = |it: &String| SCREENS.contains(&it.as_str());
    if words.iter().chain(&text).any(on_screen) {
        Said { does: Does::Act, is_sure: true, ..said }
    } else {
        said
    }
}

/// What takes any statement, command or program does what that says.
fn by_language(definition: &Definition, does: Does, why: String) -> (Does, String) {
    let languages = languages(definition);
    let Some((argument, language)) = languages.first() else { return (does, why) };
    let text = definition.description().to_lowercase();
    let says = |any: &[&str]| any.iter().any(|it| text.contains(it));
    if says(&["read-only", "readonly", "read only", "only select", "select queries only"])
        && does >= Does::Act
    {
        let why = format!("its description says that `{argument}` may only read");
        return (Does::Look, why);
    }
    let is_sql = *language == super::arguments::Language::Sql;
    let only_reads = says(&["read-only", "readonly", "read only", "only select", "select quer"]);
    if is_sql && does == Does::Look && !only_reads && says(&["execut", "run ", "runs "]) {
        return (Does::Act, format!("its argument `{argument}` takes any statement"));
    }
    let runs = ["javascript", "execute", "evaluate the", "in the browser"];
    if !is_sql && does == Does::Look && says(&runs) {
        return (Does::Act, format!("its argument `{argument}` takes any program"));
    }
    if does == Does::Act {
        return (does, format!("its argument `{argument}` takes anything; {why}"));
    }
    (does, why)
}

/// Words and arguments that make worse what is done.
fn worse_by_words(definition: &Definition, does: Does, why: &mut String) -> Does {
    let text = definition.description().to_lowercase();
    let says = |any: &'static [&'static str]| any.iter().find(|it| text.contains(**it));
    let ends = ["cannot be undone", "can't be undone", "irreversibl", "permanently delet"];
    let ends = ends.iter().find(|it| text.contains(**it));
    if let Some(word) = ends.filter(|_| does < Does::Send) {
        why.push_str(&format!("; its description says \"{word}\""));
        return Does::Destroy;
    }
    if let Some(word) = says(&["overwrite", "overwriting", "existing file will be replaced"])
        .filter(|_| matches!(does, Does::Change | Does::Overwrite))
    {
        why.push_str(&format!("; its description says \"{word}\""));
        return Does::Destroy;
    }
    let puts = || definition.properties().any(|(name, _)| PUT_AT.contains(&name));
    if does == Does::Look && puts() {
        why.push_str("; an argument says where to put a file");
        return Does::Change;
    }
    does
}

/// Neither name nor description says: then the schema may.
fn nothing_said(definition: &Definition) -> (Does, String) {
    let asks = ["query", "q", "keyword", "keywords", "limit", "offset", "page", "cursor", "fields"];
    let is_read = |(name, _): (&str, &Value)| {
        let last = words::split(name).pop().unwrap_or_default();
        asks.contains(&last.as_str())
    };
    if definition.properties().any(is_read) {
        return (Does::Look, "it has no verb, and arguments of a search or a list".into());
    }
    let sentence = words::sentences(definition.description(), 1);
    let tells = ["data", "information", "info", "details", "list", "statistics", "history"];
    if let Some(told) = sentence.iter().find(|it| tells.contains(&it.as_str())) {
        return (Does::Look, format!("it has no verb, and its description says \"{told}\""));
    }
    let risky = ["confirm", "force", "recursive", "overwrite"];
    if let Some((name, _)) = definition.properties().find(|(name, _)| risky.contains(name)) {
        return (Does::Destroy, format!("it has no verb, and an argument `{name}`"));
    }
    (Does::Overwrite, "neither its name nor its description says what it does".into())
}

fn in_name(said: &Said) -> String {
    format!("its name says \"{}\"", said.word)
}

fn in_text(said: &Said) -> String {
    format!("its description says \"{}\"", said.word)
}

/// What the server claims, where it claims that something is or is not so.
fn hints(definition: &Definition) -> impl Iterator<Item = (&'static str, bool)> {
    let said = |hint: &'static str| match definition.annotations()?.member(hint)? {
        Value::Bool(said) => Some((hint, *said)),
        Value::Null | Value::Number(_) | Value::Text(_) | Value::List(_) | Value::Record(_) => None,
    };
    ["readOnlyHint", "destructiveHint"].into_iter().filter_map(said)
}
