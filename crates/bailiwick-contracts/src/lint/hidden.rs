//! Texts with characters that are there and not seen, and text that is out of sight.

use super::texts::Text;
use super::{Notes, Rule};
use crate::unseen::{is_unseen, turns};

/// So many spaces or line ends in a row put what follows out of sight.
const SPACES: usize = 200;
const LINES: usize = 25;

pub(super) fn look(texts: &[Text<'_>], notes: &mut Notes<'_>) {
    for text in texts.iter().filter(|it| !it.said.is_ascii()) {
        let mut before = ' ';
        for letter in text.said.chars() {
            let number = u32::from(letter);
            if turns(letter) {
                let told = format!(
                    "U+{number:04X} turns the direction of reading, so that people read another \
                     text than models: do not approve it"
                );
                notes.remark(Rule::Bidirectional, &text.at, told);
            } else if is_unseen(letter) && !joins(letter, before) {
                let told = format!(
                    "U+{number:04X} is not seen, and models read it: do not approve it before you \
                     know what stands there"
                );
                notes.remark(Rule::HiddenCharacter, &text.at, told);
            }
            before = letter;
        }
    }
    for text in texts.iter().filter(|it| it.said.len() > LINES) {
        if has_gap(text.said) {
            let told = "a gap puts what follows it out of sight: read the text to its end";
            notes.remark(Rule::Padding, &text.at, told);
        }
    }
}

/// A joiner between the parts of one emoji, or within a word of a script that needs it, and a mark
/// of byte order or a flag's tags, are as people write.
const fn joins(letter: char, before: char) -> bool {
    match letter {
        '\u{200c}' | '\u{200d}' => before as u32 > 0x2ff,
        // The flags of England, Scotland and Wales.
        '\u{e0020}'..='\u{e007f}' => {
            before == '\u{1f3f4}' || matches!(before, '\u{e0061}'..='\u{e007a}')
        }
        _ => false,
    }
}

fn has_gap(said: &str) -> bool {
    let (mut spaces, mut lines) = (0, 0);
    for letter in said.trim_end().chars() {
        if !letter.is_whitespace() {
            (spaces, lines) = (0, 0);
            continue;
        }
        spaces += 1;
        lines += usize::from(letter == '\n');
        if spaces >= SPACES || lines >= LINES {
            return true;
        }
    }
    false
}
