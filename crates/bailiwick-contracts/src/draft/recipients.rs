//! Which arguments say whom a tool sends to.

use std::collections::BTreeMap;

use super::words::split;
use crate::cell::Cell;
use crate::definition::Definition;
use crate::effect::{EffectWord, Recipient};

/// Words that say whom, wherever they stand in an argument's name.
const WHOM: &[(&str, Recipient)] = &[
    ("to", Recipient::Person),
    ("cc", Recipient::Person),
    ("bcc", Recipient::Person),
    ("recipient", Recipient::Person),
    ("recipients", Recipient::List),
    ("attendee", Recipient::Person),
    ("attendees", Recipient::Person),
    ("invitee", Recipient::Person),
    ("invitees", Recipient::Person),
    ("guests", Recipient::Person),
    ("phone", Recipient::Person),
    ("number", Recipient::Person),
    ("email", Recipient::Person),
    ("emails", Recipient::Person),
    ("user", Recipient::Person),
    ("username", Recipient::Person),
    ("member", Recipient::Person),
    ("assignee", Recipient::Person),
    ("assignees", Recipient::Person),
    ("reviewers", Recipient::Person),
    ("list", Recipient::List),
    ("audience", Recipient::List),
    ("segment", Recipient::List),
    ("group", Recipient::List),
    ("team", Recipient::List),
    ("channel", Recipient::Channel),
    ("channels", Recipient::Channel),
    ("chat", Recipient::Channel),
    ("room", Recipient::Channel),
    ("conversation", Recipient::Channel),
    ("thread", Recipient::Channel),
    ("jid", Recipient::Channel),
    ("topic", Recipient::Channel),
    ("webhook", Recipient::Public),
    ("url", Recipient::Public),
    ("visibility", Recipient::Public),
    ("privacy", Recipient::Public),
];
/// Of a tool that does something else, only these are believed to say whom.
const ALWAYS: [&str; 8] =
    ["cc", "bcc", "recipient", "recipients", "attendees", "invitees", "attendee", "invitee"];

/// Whom each argument names, for a tool with this effect.
pub(super) fn of(definition: &Definition, effect: EffectWord) -> BTreeMap<String, Cell<Recipient>> {
    let sends = effect == EffectWord::Outbound;
    if effect == EffectWord::Read {
        return BTreeMap::new();
    }
    let named = definition.properties().filter_map(|(argument, _)| {
        let words = split(argument);
        let of_word = |it: &String| WHOM.iter().find(|(word, _)| word == it);
        let (word, whom) = words.iter().rev().find_map(of_word)?;
        // `from_email` is the sender, and `subject_list` no list of people.
        let is_sender = words.iter().any(|it| matches!(it.as_str(), "from" | "sender" | "reply"));
        let is_meant = sends || ALWAYS.contains(word);
        (is_meant && !is_sender).then(|| {
            let why = format!("its argument's name says \"{word}\"");
            (argument.to_owned(), Cell::guess(*whom, why))
        })
    });
    named.take(16).collect()
}
