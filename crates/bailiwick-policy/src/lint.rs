//! What loads but is probably not meant: each has caught somebody out.

use crate::cedar::{ParsedPolicy, Reads, Store, is_word, members};
use crate::mentioned::Mentioned;
use crate::near::distance;
use crate::problem::{Place, Warning};

/// A set with more unscoped policies than this is told so: they are weighed for every question.
const UNSCOPED_MAX: usize = 20;

/// Warnings in the making.
#[derive(Debug, Default)]
pub(crate) struct Lint {
    warnings: Vec<Warning>,
    unscoped: Vec<Place>,
    mentioned: Mentioned,
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
        self.mentioned.add(policy, place, store);
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

    /// The warnings, by place, and what else was mentioned.
    pub(crate) fn finish(mut self) -> (Vec<Warning>, Mentioned) {
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
        (self.warnings, self.mentioned)
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
