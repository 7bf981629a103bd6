//! All texts of a definition that a model may read, each with its place.

use bailiwick_core::Value;

use crate::definition::Definition;
use crate::unseen::is_unseen;

/// The most texts of one definition, and the most bytes of one text, that are looked at. A longer
/// text is looked at from both ends.
const TEXTS_MAX: usize = 2000;
const TEXT_BYTES: usize = 32 << 10;
const DEPTH_MAX: usize = 24;

/// A text, and where it stands as a JSON pointer.
pub(super) struct Text<'a> {
    pub(super) at: String,
    pub(super) said: &'a str,
    /// As it is compared: small letters, one space between words, nothing hidden.
    pub(super) plain: String,
}

/// The texts, first what stands first.
pub(super) fn of(definition: &Definition) -> Vec<Text<'_>> {
    let mut texts = Vec::new();
    for (part, value) in definition.parts() {
        if let Some(value) = value {
            collect(value, &mut format!("/{part}"), 0, &mut texts);
        }
    }
    texts
}

fn collect<'a>(value: &'a Value, at: &mut String, depth: usize, texts: &mut Vec<Text<'a>>) {
    if depth > DEPTH_MAX || texts.len() >= TEXTS_MAX {
        return;
    }
    let len = at.len();
    match value {
        Value::Text(said) => {
            texts.push(Text { at: at.clone(), said, plain: plain(said) });
        }
        Value::List(items) => {
            for (n, item) in items.iter().enumerate() {
                at.push_str(&format!("/{n}"));
                collect(item, at, depth + 1, texts);
                at.truncate(len);
            }
        }
        Value::Record(members) => {
            for (name, member) in members {
                at.push('/');
                at.push_str(&name.replace('~', "~0").replace('/', "~1"));
                // A name is read by the model as any text is.
                if !name.is_ascii() || name.len() > 40 {
                    texts.push(Text { at: at.clone(), said: name, plain: plain(name) });
                }
                collect(member, at, depth + 1, texts);
                at.truncate(len);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// A text as it is compared.
fn plain(said: &str) -> String {
    let (head, tail) = both_ends(said);
    let mut plain = String::with_capacity(head.len() + tail.len());
    let mut is_space = true;
    for letter in head.chars().chain([' ']).chain(tail.chars()) {
        let letter = match letter {
            '\u{2018}' | '\u{2019}' | '\u{02bc}' => '\'',
            '\u{201c}' | '\u{201d}' => '"',
            '\u{2010}'..='\u{2015}' => '-',
            // Letters as wide as Chinese ones are those of ASCII.
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xfee0).unwrap_or(letter),
            hidden if is_unseen(hidden) => continue,
            other => other,
        };
        if letter.is_whitespace() || letter.is_control() {
            if !is_space {
                plain.push(' ');
            }
            is_space = true;
        } else {
            plain.extend(letter.to_lowercase());
            is_space = false;
        }
    }
    plain
}

fn both_ends(said: &str) -> (&str, &str) {
    if said.len() <= TEXT_BYTES {
        return (said, "");
    }
    let head = said.floor_char_boundary(TEXT_BYTES / 2);
    let tail = said.ceil_char_boundary(said.len() - TEXT_BYTES / 2);
    (said.get(..head).unwrap_or_default(), said.get(tail..).unwrap_or_default())
}
