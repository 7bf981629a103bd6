//! Sources that are asked once, for a dry run and by whoever checks a configuration.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bailiwick_contracts::COLLECTION;
use bailiwick_core::{NamedResource, Timestamp};

use super::came::Said;
use super::fetch::fetch;
use super::{Freshness, Source, Sources};
use crate::config::{FactsSettings, Origin, Settings, declared};
use crate::rules::{BadRules, Rules};

/// What sources say now. Files and databases are asked; addresses only where somebody wants that,
/// since they are told who asks.
pub struct Looked {
    sources: Sources,
    unasked: Vec<FactsSettings>,
}

impl Looked {
    /// Ask the sources of a configuration, for a decision at this time.
    pub async fn at(settings: &Settings, asks_addresses: bool, now: Timestamp) -> Self {
        let is_asked = |it: &FactsSettings| match it.origin {
            Origin::File { .. } | Origin::Sqlite { .. } => true,
            Origin::Http { .. } => asks_addresses,
        };
        let mut sources = Sources::new(settings);
        let all = std::mem::take(&mut sources.all);
        let (asked, unasked): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|it| is_asked(&it.settings));
        for source in &asked {
            source.tried.store(true, Ordering::Release);
            match fetch(&source.settings, None).await {
                Ok(came) => {
                    if let Said::Things(things) = came.said {
                        source.held().things = things.into();
                    }
                    // For a decision of the past they are as fresh as they can be.
                    source.as_of.store(came.as_of.ns().min(now.ns()), Ordering::Release);
                }
                Err(why) => source.held().trouble = Some(why),
            }
        }
        sources.all = asked;
        Self { sources, unasked: unasked.into_iter().map(|it| it.settings).collect() }
    }

    /// The same rules with what is known now.
    ///
    /// # Errors
    /// [`BadRules`] where these facts and the policies do not go together.
    pub fn known_to(
        &self,
        rules: &Rules,
        settings: &Settings,
        now: Timestamp,
    ) -> Result<Rules, BadRules> {
        let bad = |it| BadRules(vec![it]);
        let mut facts = declared(&settings.facts).map_err(bad)?;
        self.sources.add_to(&mut facts, now).map_err(bad)?;
        rules.knowing(settings, Arc::new(facts))
    }

    pub(crate) fn freshness<'a>(&'a self, rules: &'a Rules) -> Freshness<'a> {
        Freshness { sources: &self.sources, known: rules.facts() }
    }

    /// What will surprise in what they say, or keeps them from saying anything.
    pub fn warnings(&self, now: Timestamp) -> Vec<String> {
        self.sources.warnings(now)
    }

    /// What was known from each that was asked, in words.
    pub fn known(&self, now: Timestamp) -> Vec<String> {
        let fresh = self.sources.all.iter().filter(|it| !it.is_stale(now));
        fresh.map(|it| format!("{}: {} things", it.settings.name, it.things().len())).collect()
    }

    /// What of these things was not looked at, or not found out.
    pub fn unknown(&self, named: &[NamedResource], now: Timestamp) -> Vec<String> {
        let speaks = |it: &FactsSettings| {
            let kind = |it: &NamedResource| {
                if &*it.kind == COLLECTION { it.id.clone() } else { it.kind.clone() }
            };
            named.iter().any(|named| it.expected.types.iter().any(|it| **it == *kind(named)))
        };
        let unasked = self.unasked.iter().filter(|it| speaks(it)).map(|it| {
            format!(
                "facts of source {} were not looked at, and what they say may change this: \
                 --ask-sources asks its address",
                it.name
            )
        });
        let asked = self.sources.all.iter().filter(|it| speaks(&it.settings));
        let failed = asked.filter_map(|it: &Source| it.warning(now)).map(|it| {
            format!("{it}; a gateway that could ask it lately decides by what it heard then")
        });
        unasked.chain(failed).collect()
    }
}

/// What of the sources and classes of a configuration can never be of use, whatever they say.
pub fn idle(settings: &Settings, rules: &Rules) -> Vec<String> {
    let named: Vec<&str> = rules.contracts.types().collect();
    let mut told = Vec::new();
    for source in &settings.facts {
        let strange = source.expected.types.iter().filter(|it| !named.contains(&it.as_str()));
        told.extend(strange.map(|kind| {
            let name = &source.name;
            format!("facts {name}: no contract says that a call names a `{kind}`")
        }));
    }
    let entities = Entities::read(&settings.policies);
    for (kind, attributes) in &settings.classing {
        let speaks = |it: &&FactsSettings| it.expected.types.contains(kind);
        let of_sources: Vec<_> = settings.facts.iter().filter(speaks).collect();
        let is_known = |name: &str| {
            let is_said = of_sources.iter().any(|it| it.expected.attributes.contains_key(name));
            is_said || entities.has(kind, name)
        };
        told.extend(attributes.iter().filter(|it| !is_known(it)).map(|name| {
            format!(
                "[classes] {kind}: nothing says `{name}` of it, neither [facts] nor entities.json, \
                 so it will be on record as unknown"
            )
        }));
    }
    told
}

/// The things that a file says besides the sources.
struct Entities(Vec<serde_json::Value>);

impl Entities {
    fn read(policies: &Path) -> Self {
        // What is wrong with it was told when the rules were read.
        let text = std::fs::read_to_string(policies.join("entities.json")).unwrap_or_default();
        Self(serde_json::from_str(&text).unwrap_or_default())
    }

    fn has(&self, kind: &str, name: &str) -> bool {
        let kind_of = |it: &serde_json::Value| it.pointer("/uid/type").cloned();
        let of_kind = |it: &&serde_json::Value| kind_of(it).is_some_and(|it| it == kind);
        let mut all = self.0.iter().filter(of_kind);
        all.any(|it| it.pointer("/attrs").is_some_and(|it| it.get(name).is_some()))
    }
}
