//! Freshness: a vote beside the policies, which refuses calls about things of which nothing is
//! known any more.

use bailiwick_contracts::COLLECTION;
use bailiwick_core::{Classed, NamedResource, PolicyId, Question, Timestamp};
use bailiwick_policy::Facts;

use super::{Source, Sources};

/// What the record of a refusal names when facts about what was named are too old.
pub const STALE: &str = "facts:stale";

/// The sources, and what of them is in force where a call is decided.
#[derive(Clone, Copy)]
pub(crate) struct Freshness<'a> {
    pub(crate) sources: &'a Sources,
    pub(crate) known: &'a Facts,
}

impl<'a> Freshness<'a> {
    /// The name of what forbids a call, if its facts do: it names a thing, or all things, of a type
    /// of which a source speaks that is not believed at this time.
    pub(crate) fn forbid(self, question: &Question<'_>) -> Option<PolicyId> {
        let named = question.call?.named();
        let stale = |it: &NamedResource| self.stale(it, question.context.now).next().is_some();
        named.iter().any(stale).then(|| PolicyId::from(STALE))
    }

    /// The same classes, without what is believed no more.
    pub(crate) fn believed(
        self,
        mut classes: Vec<Classed>,
        things: &[NamedResource],
        now: Timestamp,
    ) -> Vec<Classed> {
        for it in &mut classes {
            let thing = usize::try_from(it.thing).ok().and_then(|at| things.get(at));
            for source in thing.into_iter().flat_map(|thing| self.stale(thing, now)) {
                let said = &source.settings.expected.attributes;
                let its = it.classes.iter_mut().filter(|it| said.contains_key(&*it.attribute));
                its.for_each(|it| it.value = None);
            }
        }
        classes
    }

    /// The sources that speak of a thing and are not believed.
    ///
    /// INVARIANT: it is also looked whether they were heard by those rules by which the call is
    /// decided: a source that has just become fresh is none of theirs.
    fn stale<'b>(
        self,
        thing: &'b NamedResource,
        now: Timestamp,
    ) -> impl Iterator<Item = &'a Source> + use<'a, 'b> {
        let kind = if &*thing.kind == COLLECTION { &thing.id } else { &thing.kind };
        let speaks = move |it: &Source| it.settings.expected.types.iter().any(|it| **it == **kind);
        let known = self.known;
        let is_believed =
            move |it: &Source| known.have_heard(&it.settings.name) && !it.is_stale(now);
        self.sources.all.iter().filter(move |it| speaks(it) && !is_believed(it))
    }
}
