//! Which classes of data go in and come back, and how far what comes back is to be trusted.

use super::words::{of_name, sentences, split};
use crate::cell::Cell;
use crate::definition::Definition;
use crate::effect::Trust;

/// Words of each class: in the name of an argument, or in what a tool says that it is about.
const CLASSES: &[(&str, &str)] = &[
    (
        "personal",
        "email emails phone name firstname lastname fullname address birthday birthdate dob gender \
         contact contacts customer customers person people employee employees candidate resume \
         profile profiles user users member members attendee attendees passport ssn nationality \
         location recipient recipients lead leads guest guests applicant linkedin",
    ),
    (
        "financial",
        "iban card amount price salary payment payments invoice invoices account accounts balance \
         transaction transactions bank billing tax wallet charge refund payout budget expense \
         expenses order orders portfolio holding holdings",
    ),
    (
        "health",
        "patient patients diagnosis medical medication medications symptom symptoms prescription \
         blood allergy allergies disease clinical dosage treatment hospital",
    ),
    (
        "secret",
        "password passwords secret secrets token tokens credential credentials apikey passphrase \
         mnemonic seed privatekey otp pin certificate",
    ),
];
/// After these a `name` is a person's; after other words it is a thing's: `table_name`.
const OF_PEOPLE: &str = "first last full given family middle sur nick maiden display legal user \
    customer contact person people employee patient guest member owner author recipient";
/// Where anybody may have written what comes back.
const OF_ANYBODY: &str = "web website websites url urls page pages html internet search news \
    article articles email emails mail inbox message messages comment comments issue issues ticket \
    tickets review reviews post posts tweet tweets feed forum document documents file files \
    transcript video videos repository readme pull wiki crawl scrape fetch browser http rss chat \
    channel notes note discussion discussions calendar event events form submission feedback";

/// The classes of what a tool is given.
pub(super) fn given(definition: &Definition) -> Option<Cell<Vec<String>>> {
    let words = definition
        .properties()
        .take(100)
        .flat_map(|(name, _)| of_people(split(name)).map(move |word| (word, format!("`{name}`"))));
    classes(words.collect(), "its arguments")
}

/// The words of an argument, without a `name` that is a thing's.
fn of_people(words: Vec<String>) -> impl Iterator<Item = String> {
    let is_of_thing = words.windows(2).any(|pair| match pair {
        [of, name] => name == "name" && !OF_PEOPLE.split_whitespace().any(|it| it == of),
        _ => false,
    });
    words.into_iter().filter(move |it| !(is_of_thing && it == "name"))
}

/// The classes of what comes back from a tool.
pub(super) fn returned(server: &str, definition: &Definition) -> Option<Cell<Vec<String>>> {
    let about = of_name(server, definition.name()).into_iter().chain(outputs(definition));
    classes(about.map(|it| (it.clone(), format!("\"{it}\""))).collect(), "it is about")
}

fn outputs(definition: &Definition) -> Vec<String> {
    match definition.output_schema().and_then(|it| it.member("properties")) {
        Some(bailiwick_core::Value::Record(members)) => {
            members.iter().take(100).flat_map(|(name, _)| split(name)).collect()
        }
        _ => Vec::new(),
    }
}

fn classes(words: Vec<(String, String)>, from: &str) -> Option<Cell<Vec<String>>> {
    let mut found = Vec::new();
    let mut grounds = Vec::new();
    for (class, known) in CLASSES {
        let is_known = |it: &&(String, String)| known.split_whitespace().any(|word| word == it.0);
        if let Some((_, place)) = words.iter().find(is_known) {
            found.push((*class).to_owned());
            grounds.push(place.clone());
        }
    }
    let why = || format!("{from}: {}", grounds.join(", "));
    (!found.is_empty()).then(|| Cell::guess(found, why()))
}

/// How far what comes back is to be trusted: not at all where anybody may have written it.
pub(super) fn trust(server: &str, definition: &Definition) -> Cell<Trust> {
    let open = definition.annotations().and_then(|it| it.member("openWorldHint"));
    if open == Some(&bailiwick_core::Value::Bool(true)) {
        let why = "the server itself hints openWorldHint: true";
        return Cell::guess(Trust::Untrusted, why);
    }
    let name = of_name(server, definition.name());
    let words = name.into_iter().chain(sentences(definition.description(), 1));
    let mut words = words.filter(|it| OF_ANYBODY.split_whitespace().any(|word| word == it));
    match words.next() {
        Some(word) => Cell::guess(
            Trust::Untrusted,
            format!("it is about \"{word}\", which anybody may have written"),
        ),
        // Nothing says that it may be trusted.
        None => Cell::guess(Trust::Untrusted, "nothing says who wrote what it returns"),
    }
}
