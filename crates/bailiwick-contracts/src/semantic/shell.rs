//! One word to every shell. A list of what is dangerous is never whole (each shell has its own),
//! so this is a list of what is not.

use bailiwick_core::Value;

use super::misfits::misfits;

const LENGTH_MAX: usize = 4096;

misfits! {
    /// Why a text is not one word.
    NotAWord {
        Kind "word.kind" "is neither a text, a number nor a truth value"
        Length "word.length" "is empty or has more than 4,096 bytes"
        Start "word.start" "begins with a character that a command may take for an option"
        Letter "word.letter" "has a character that may mean something to a shell"
    }
}

/// Whether a value is one word: a text, a number or a truth value.
pub(super) fn check(value: &Value) -> Result<(), NotAWord> {
    let word = match value {
        Value::Text(text) => &**text,
        Value::Number(number) => number.lexeme(),
        Value::Bool(_) => return Ok(()),
        Value::Null | Value::List(_) | Value::Record(_) => return Err(NotAWord::Kind),
    };
    if word.is_empty() || word.len() > LENGTH_MAX {
        return Err(NotAWord::Length);
    }
    if !word.chars().all(|it| it.is_alphabetic() || is_plain(it)) {
        return Err(NotAWord::Letter);
    }
    if !word.starts_with(|it: char| it.is_alphanumeric() || "_./".contains(it)) {
        return Err(NotAWord::Start);
    }
    Ok(())
}

fn is_plain(letter: char) -> bool {
    letter.is_ascii_digit() || "_./:@+-".contains(letter)
}
