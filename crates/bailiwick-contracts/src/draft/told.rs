//! What a description says that its tool does: its first verb, and the worst of a list of verbs.

use super::name::Said;
use super::verbs::{self, Does, Verb};
use super::words::{sentences, stems};

/// How many words may stand before the verb.
const BEFORE_MAX: usize = 12;
/// After these, what could be a noun is a verb.
const LEADS: [&str; 12] =
    ["to", "that", "which", "and", "tool", "can", "will", "function", "you", "or", "for", "then"];
/// What makes carrying something out a look at something.
const LOOKED_FOR: [&str; 10] = [
    "search",
    "searches",
    "lookup",
    "analysis",
    "report",
    "calculation",
    "simulation",
    "inference",
    "comparison",
    "check",
];

/// The first verb that a description says of its tool.
pub(super) fn first(description: &str) -> Option<Said> {
    if let Some([(word, does), _]) = verbs::unspaced(description) {
        return Some(Said { does, word: word.to_owned(), is_sure: true });
    }
    let words = sentences(description, 1);
    let mut lead = true;
    for (at, word) in words.iter().enumerate().take(BEFORE_MAX) {
        if let Some((stem, verb)) = verb(word)
            && (lead || !verb.is_noun_too)
        {
            let rest = words.iter().skip(at + 1).take(5);
            let looks = verb.does == Does::Act
                && rest.into_iter().any(|it| LOOKED_FOR.contains(&it.as_str()));
            let does = if looks { Does::Look } else { verb.does };
            return Some(Said { does, word: stem, is_sure: at == 0 });
        }
        lead = word.starts_with("perform")
            || LEADS.contains(&word.as_str())
            || (at < 2 && word.ends_with("ly"));
    }
    None
}

/// The worst verb of a list such as `create, update or delete`.
pub(super) fn worst_of_list(description: &str) -> Option<Said> {
    let words = sentences(description, 3);
    let verbs: Vec<_> = words.iter().map(|it| verb(it)).collect();
    let joins =
        |at: usize| words.get(at).is_some_and(|it| matches!(it.as_str(), "," | "/" | "or" | "and"));
    let is_listed = |at: usize| {
        // `a, or b` has two signs between its verbs.
        let near = |step: isize| {
            let place = |n: isize| at.checked_add_signed(step * n);
            let (one, two, three) = (place(1), place(2), place(3));
            let verb_at =
                |it: Option<usize>| it.and_then(|it| verbs.get(it)).is_some_and(Option::is_some);
            one.is_some_and(joins) && (verb_at(two) || (two.is_some_and(joins) && verb_at(three)))
        };
        near(1) || near(-1)
    };
    let listed = verbs.iter().enumerate().filter(|(at, _)| is_listed(*at));
    let listed = listed.filter_map(|(_, it)| it.as_ref());
    let worst = listed.filter(|(_, it)| it.does < Does::Act).max_by_key(|(_, it)| it.does)?;
    Some(Said { does: in_a_list(&worst.0, worst.1.does), word: worst.0.clone(), is_sure: true })
}

/// What is done by one of several: to take out what the same tool puts in is to change it.
pub(super) fn in_a_list(word: &str, does: Does) -> Does {
    if matches!(word, "remove" | "clear" | "block" | "ban" | "reset") {
        Does::Overwrite
    } else {
        does
    }
}

fn verb(word: &str) -> Option<(String, Verb)> {
    stems(word).find_map(|stem| verbs::of(&stem).map(|it| (stem, it)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_read_for_its_verb() {
        for (text, does) in [
            ("Permanently deletes a customer.", Does::Destroy),
            ("A tool to execute the search and return results.", Does::Look),
            ("This tool sends a message.", Does::Send),
            ("Tool for updating a row", Does::Overwrite),
            ("执行SQL查询语句", Does::Act),
        ] {
            assert_eq!(first(text).map(|it| it.does), Some(does), "{text}");
        }
        assert_eq!(first("Weather near you"), None);
        let listed = |text| worst_of_list(text).map(|it| it.does);
        assert_eq!(listed("Manage labels: create, update, or delete them"), Some(Does::Destroy));
        assert_eq!(listed("Add or remove a member"), Some(Does::Overwrite));
        assert_eq!(listed("Lists deleted rows"), None);
    }
}
