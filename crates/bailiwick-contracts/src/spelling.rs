//! Spelling: names that a careless reader takes for one another.

/// A letter as a reader sees it that ignores case, as Go's parser does: that one also folds U+017F
/// to `s` and U+212A to `k`.
pub(crate) const fn folded(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        other => other.to_ascii_lowercase(),
    }
}

/// Whether a name is another spelling of one that is known, and not that one itself.
pub(crate) fn is_twin(name: &str, known: &str) -> bool {
    name != known && name.chars().map(folded).eq(known.chars().map(folded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_twin_differs_in_letters_only_that_careless_readers_fold() {
        for (name, known, expected) in [
            ("SQL", "sql", true),
            ("\u{17f}ql", "sql", true),
            ("to\u{212a}ens", "tokens", true),
            ("sql", "sql", false),
            ("sqll", "sql", false),
        ] {
            assert_eq!(is_twin(name, known), expected, "{name} {known}");
        }
    }
}
