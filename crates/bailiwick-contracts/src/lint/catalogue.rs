//! What can only be seen beside other tools: names that are taken, names that look like others,
//! and texts that speak of what other servers have.

use std::collections::{HashMap, HashSet};

use super::cues::PRAISING;
use super::texts::Text;
use super::{Notes, Rule, Subject};
use crate::draft::words::split;

/// Names that are so short are said by accident.
const NAME_MIN: usize = 6;
/// Sentences that are so short are said alike by chance; of longer ones, the beginning counts.
const SAYING_MIN: usize = 40;
const SAYING_MAX: usize = 300;
/// Words that make a mention of another tool an order.
const ORDERS: [&str; 12] = [
    "must ",
    "instead",
    "deprecated",
    "always ",
    "never ",
    "before ",
    "first ",
    "after ",
    "replac",
    "redirect",
    "do not use",
    "when ",
];

/// All names of all servers.
pub(super) struct Catalogue<'a> {
    /// Who was the first to have a name, by how it looks: the server, and the name as written.
    first: HashMap<String, (&'a str, &'a str)>,
    /// Who was the first to say a sentence of itself: the server, and the tool.
    sayings: HashMap<String, (&'a str, &'a str)>,
    /// Whose tools have a name.
    owners: HashMap<&'a str, HashSet<&'a str>>,
}

impl<'a> Catalogue<'a> {
    pub(super) fn of(subjects: &[Subject<'a>]) -> Self {
        let mut made =
            Self { first: HashMap::new(), sayings: HashMap::new(), owners: HashMap::new() };
        for subject in subjects {
            for definition in subject.definitions {
                let name = definition.name();
                made.first.entry(look_of(name)).or_insert((subject.server, name));
                if let Some(saying) = saying(definition.description()) {
                    made.sayings.entry(saying).or_insert((subject.server, name));
                }
                made.owners.entry(name).or_default().insert(subject.server);
            }
        }
        made
    }

    pub(super) fn look(&self, texts: &[Text<'_>], notes: &mut Notes<'_>) {
        let (server, name) = (notes.subject.server, notes.definition.name());
        if let Some(&(other, taken)) = self.first.get(&look_of(name)).filter(|it| it.0 != server) {
            if taken == name {
                let told = format!(
                    "`{other}` has a tool of this name: call them by their servers' names, and \
                     look whether this one only pretends"
                );
                notes.remark(Rule::ShadowedName, "/name", told);
            } else {
                let told = format!(
                    "it looks like `{taken}` of `{other}`: make sure that it is not there to be \
                     taken for it"
                );
                notes.remark(Rule::NearDuplicate, "/name", told);
            }
        }
        self.look_at_saying(notes);
        if mixes_scripts(name) {
            let told = "letters of two scripts that look alike: do not approve it";
            notes.remark(Rule::ConfusableName, "/name", told);
        }
        for text in texts.iter().filter(|it| it.at != "/name") {
            if let Some(other) = self.spoken_of(text, server) {
                let told = format!(
                    "it says what to do with `{other}` of another server: do not approve it before \
                     you know why"
                );
                notes.remark(Rule::SpeaksOfOtherTools, &text.at, told);
            }
        }
    }

    /// Two servers' tools that say the same of themselves, under names of their own.
    fn look_at_saying(&self, notes: &mut Notes<'_>) {
        let saying = saying(notes.definition.description());
        let Some(&(other, tool)) = saying.and_then(|it| self.sayings.get(&it)) else { return };
        if other != notes.subject.server && tool != notes.definition.name() {
            let told = format!(
                "it says of itself what `{tool}` of `{other}` says: make sure that it is not there \
                 to be taken for it"
            );
            notes.remark(Rule::NearDuplicate, "/description", told);
        }
    }

    /// The tool that only another server has, and of which a text says what to do.
    fn spoken_of(&self, text: &Text<'_>, server: &str) -> Option<&str> {
        if !ORDERS.iter().any(|it| text.plain.contains(it)) {
            return None;
        }
        let is_part = |it: char| it.is_alphanumeric() || it == '_' || it == '-';
        let words = text.said.split(|it| !is_part(it)).take(20_000);
        let joined = |it: &&str| {
            it.len() >= NAME_MIN && it.get(1..).is_some_and(|it| it.contains(['_', '-']))
        };
        words.filter(joined).find_map(|word| {
            let (name, owners) = self.owners.get_key_value(word)?;
            (!owners.contains(server)).then_some(*name)
        })
    }
}

/// The first sentence of a description, where it is long enough to be told from others.
fn saying(description: &str) -> Option<String> {
    let sentence = description.split(['.', '\n', '。']).map(str::trim).find(|it| !it.is_empty())?;
    let end = sentence.floor_char_boundary(SAYING_MAX);
    (sentence.len() >= SAYING_MIN).then(|| sentence.get(..end).unwrap_or_default().to_lowercase())
}

/// How a name looks: without case, signs and praise, and with letters that look alike as one.
fn look_of(name: &str) -> String {
    let praises = |it: &String| PRAISING.iter().any(|(word, _)| word == it);
    let mut words = split(name);
    if words.iter().any(|it| !praises(it)) {
        words.retain(|it| !praises(it));
    }
    words.concat().chars().map(alike).collect()
}

/// The Latin letter that a letter or digit looks like.
const fn alike(letter: char) -> char {
    match letter {
        'а' | 'α' | 'ɑ' => 'a',
        'е' | 'ε' | 'ё' => 'e',
        'о' | 'ο' | '0' => 'o',
        'р' | 'ρ' => 'p',
        'с' | 'ϲ' => 'c',
        'у' | 'γ' => 'y',
        'х' | 'χ' => 'x',
        'і' | 'ι' | '1' | 'l' | 'ı' | 'ӏ' => 'i',
        'ѕ' => 's',
        'ј' => 'j',
        'һ' => 'h',
        'ԁ' => 'd',
        'ո' => 'n',
        'ν' | 'ѵ' => 'v',
        'ԝ' => 'w',
        'к' | 'κ' => 'k',
        'м' => 'm',
        'т' | 'τ' => 't',
        other => other,
    }
}

/// Whether a name has Latin letters, and others that look like them.
fn mixes_scripts(name: &str) -> bool {
    let is_latin = name.chars().any(|it| it.is_ascii_alphabetic());
    is_latin && name.chars().any(|it| !it.is_ascii() && alike(it).is_ascii())
}
