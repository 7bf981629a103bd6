//! What loads but is probably not meant: each has caught somebody out.

use crate::cedar::{ParsedPolicy, Reads, Store, is_word, members};
use crate::problem::{Place, Warning};

/// A set with more unscoped policies than this is told so: they are weighed for every question.
const UNSCOPED_MAX: usize = 20;

/// Warnings in the making.
#[derive(Debug, Default)]
pub(crate) struct Lint {
    warnings: Vec<Warning>,
    unscoped: Vec<Place>,
}

impl Lint {
    /// Look at one policy.
    pub(crate) fn policy(
        &mut self,
        policy: &ParsedPolicy,
        reads: Option<&Reads>,
        place: &Place,
        store: &Store,
    ) {
        let shape = policy.shape();
        if shape.open {
            self.unscoped.push(place.clone());
            if !policy.forbid && reads.is_none() {
                self.warn(place, "this permits everything to everybody".to_owned());
            }
        }
        if shape.tool_on_server {
            self.warn(
                place,
                "a tool is called on a Tool, so this never matches: \
                 write `resource in Server::\"..\"`"
                    .to_owned(),
            );
        }
        for word in policy.action_words() {
            let known = is_word(&word) || word.contains('/') || store.has_action(&word);
            if !known {
                self.warn(place, unknown_action(&word));
            }
        }
        if let Some(reads) = reads {
            self.condition(reads, shape.discovers, place);
        }
    }

    fn condition(&mut self, reads: &Reads, discovers: bool, place: &Place) {
        for name in &reads.strange {
            self.warn(place, format!("there is no `context.{name}`: this always fails"));
        }
        if !discovers {
            return;
        }
        let scope = "scope it with `action in Action::\"invoke\"`";
        if reads.members & members::EFFECT != 0 && !reads.input.whole {
            self.warn(
                place,
                format!(
                    "this is asked for discover too, where there is no `context.effect`, and an \
                     error hides everything it covers: {scope}"
                ),
            );
        }
        let mut bare: Vec<_> =
            reads.input.names.iter().filter(|name| !reads.guarded.contains(*name)).collect();
        bare.sort_unstable();
        if let Some(name) = bare.first() {
            self.warn(
                place,
                format!(
                    "this is asked for discover too, where there are no arguments, and an error \
                     hides everything it covers: {scope}, or test `context.input has {name}`"
                ),
            );
        }
    }

    fn warn(&mut self, place: &Place, message: String) {
        self.warnings.push(Warning { place: place.clone(), message });
    }

    /// The warnings, by place.
    pub(crate) fn finish(mut self) -> Vec<Warning> {
        let count = self.unscoped.len();
        if count > UNSCOPED_MAX
            && let Some(first) = self.unscoped.first().cloned()
        {
            let message = format!(
                "{count} policies have no scope at all and are weighed for every question, from \
                 here on: name a principal, an action or a resource where you can"
            );
            self.warn(&first, message);
        }
        self.warnings.sort_by(|a, b| a.place.cmp(&b.place));
        self.warnings
    }
}

fn unknown_action(word: &str) -> String {
    let near = crate::cedar::GROUPS
        .into_iter()
        .chain(crate::cedar::CORE_WORDS.into_iter().map(bailiwick_core::Action::as_str))
        .chain(["discover"])
        .min_by_key(|it| distance(it, word))
        .filter(|it| distance(it, word) <= 2);
    let hint = near.map_or_else(
        || "a tool's action is written \"server/tool\"".to_owned(),
        |it| format!("did you mean \"{it}\"?"),
    );
    format!("no action and no group is called \"{word}\": {hint}")
}

/// How many letters have to change to get from one word to the other.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (line, x) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (y, above) in b.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_a_distance() {
        for (a, b, expected) in
            [("read", "reed", 1), ("read", "read", 0), ("", "abc", 3), ("write", "wirte", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
