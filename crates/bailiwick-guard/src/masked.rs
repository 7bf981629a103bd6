//! What was found, taken out of a text.

use std::ops::Range;

/// The text with each of these places replaced by a word for its kind: `[secret:github_token]` for
/// `secret.github_token`.
///
/// Places that overlap are replaced as one, by the kind of the one that begins first (of
/// the longest, when several do). A place that ends inside of a character takes the whole
/// character with it; what is beyond the text is not there.
///
/// ```
/// let text = bailiwick_guard::masked("key: abc.", [("secret.groq_key", 5..8)]);
/// assert_eq!(text, "key: [secret:groq_key].");
/// ```
pub fn masked<'a>(text: &str, places: impl IntoIterator<Item = (&'a str, Range<usize>)>) -> String {
    let mut places: Vec<_> = places
        .into_iter()
        .filter(|(_, it)| it.start < it.end.min(text.len()))
        .map(|(kind, it)| (kind, characters(text, it)))
        .collect();
    places.sort_by_key(|(_, it)| (it.start, std::cmp::Reverse(it.end)));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for (kind, place) in places {
        if place.start >= done {
            out.push_str(text.get(done..place.start).unwrap_or_default());
            out.push('[');
            out.push_str(&kind.replacen('.', ":", 1));
            out.push(']');
        }
        done = done.max(place.end);
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// The place with the whole of the characters at its ends.
fn characters(text: &str, place: Range<usize>) -> Range<usize> {
    text.floor_char_boundary(place.start)..text.ceil_char_boundary(place.end)
}

#[cfg(test)]
mod tests {
    use super::{Range, masked};
    use proptest::prelude::*;

    #[test]
    fn places_become_words_for_their_kind() {
        type Case = (&'static str, &'static [(&'static str, Range<usize>)], &'static str);
        let cases: &[Case] = &[
            ("nothing", &[], "nothing"),
            ("abc", &[("secret.x", 0..3)], "[secret:x]"),
            ("a b c", &[("own_key.k", 4..5), ("secret.x", 0..1)], "[secret:x] b [own_key:k]"),
            ("abcdef", &[("secret.x", 1..4), ("secret.y", 3..5)], "a[secret:x]f"),
            ("abcdef", &[("secret.y", 2..3), ("secret.x", 1..5)], "a[secret:x]f"),
            ("abcdef", &[("secret.y", 1..2), ("secret.x", 1..5)], "a[secret:x]f"),
            ("abcd", &[("secret.x", 1..2), ("secret.y", 2..3)], "a[secret:x][secret:y]d"),
            ("a\u{e9}b", &[("secret.x", 2..3)], "a[secret:x]b"),
            ("a\u{1f3f4}b", &[("secret.x", 0..2)], "[secret:x]b"),
            ("abc", &[("secret.x", 2..99), ("secret.y", 50..60)], "ab[secret:x]"),
            ("abc", &[("secret.x", 1..1)], "abc"),
        ];
        for (text, places, expected) in cases {
            assert_eq!(masked(text, places.iter().cloned()), *expected, "{text}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            ..ProptestConfig::default()
        })]

        #[test]
        fn nothing_of_a_place_is_left(
            text in "\\PC{0,40}",
            places in proptest::collection::vec((0usize..60, 0usize..20), 0..6),
        ) {
            let places: Vec<_> = places.into_iter().map(|(at, more)| at..at + more).collect();
            let out = masked(&text, places.iter().map(|it| ("s.x", it.clone())));
            let hidden = |at: usize| places.iter().any(|it| it.contains(&at));
            let kept: String = text
                .char_indices()
                .filter(|(at, it)| !(*at..at + it.len_utf8()).any(hidden))
                .map(|(_, it)| it)
                .collect();
            prop_assert_eq!(out.replace("[s:x]", ""), kept);
        }
    }
}
