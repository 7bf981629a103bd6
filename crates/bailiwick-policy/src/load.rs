//! Loading: from sources to an immutable set, or to everything that is wrong with them.

use std::sync::Arc;

use bailiwick_core::{Digest, Obligation, PolicyId};
use rustc_hash::FxHashMap;

use crate::cedar::{
    Condition, Facts, Fault, IndexBuilder, InputReads, ParsedPolicy, Preparation, Roles, Store,
    parse_policies,
};
use crate::classing::Classing;
use crate::lint::Lint;
use crate::problem::{Lines, LoadError, LoadErrors, Place};
use crate::set::{PolicyEffect, PolicyInfo, PolicySet};

/// One file, already read.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file's name, as it should stand in messages.
    pub name: &'a str,
    /// Its content.
    pub text: &'a str,
}

/// How large one source may be.
const SOURCE_BYTES_MAX: usize = 64 << 20;
/// How many policies one set may have.
const POLICIES_MAX: usize = 1_000_000;

/// What a set knows besides its sources.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What is known of things.
    pub facts: &'a Facts,
    /// Whose attributes are put on record.
    pub classing: &'a Classing,
}

/// A set in the making.
struct Loading<'a> {
    store: &'a Store,
    preparation: Preparation<'a>,
    index: IndexBuilder,
    input: InputReads,
    infos: Vec<PolicyInfo>,
    conditions: Vec<Option<Condition>>,
    ids: FxHashMap<PolicyId, Place>,
    lint: Lint,
    roles: Roles,
    errors: Vec<LoadError>,
}

impl PolicySet {
    /// A set from the texts of its files. Order does not matter to decisions.
    ///
    /// # Errors
    /// Everything that is wrong with the sources, each with its place.
    pub fn load(policies: &[Source<'_>], entities: Option<Source<'_>>) -> Result<Self, LoadErrors> {
        let (facts, classing) = (Facts::default(), Classing::new());
        load(policies, entities, Known { facts: &facts, classing: &classing })
    }

    /// The same with what is known of things besides the file of entities.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub fn load_with(
        policies: &[Source<'_>],
        entities: Option<Source<'_>>,
        known: Known<'_>,
    ) -> Result<Self, LoadErrors> {
        load(policies, entities, known)
    }
}

fn load(
    policies: &[Source<'_>],
    entities: Option<Source<'_>>,
    known: Known<'_>,
) -> Result<PolicySet, LoadErrors> {
    let mut errors = Vec::new();
    for source in policies.iter().chain(&entities) {
        if source.text.len() > SOURCE_BYTES_MAX {
            let fault = Fault {
                offset: 0,
                message: format!("the file is larger than {SOURCE_BYTES_MAX} bytes"),
                help: Some("split it, or load fewer policies".to_owned()),
            };
            errors.push(located(&Lines::new(source.name, ""), fault));
        }
    }
    if !errors.is_empty() {
        return Err(LoadErrors(errors));
    }
    let store = match Store::load(entities.map(|source| source.text), known.facts) {
        Ok(store) => store,
        Err(faults) => {
            let source = entities.unwrap_or(Source { name: "entities", text: "" });
            let lines = Lines::new(source.name, source.text);
            errors.extend(faults.into_iter().map(|fault| located(&lines, fault)));
            // The policies are still read, so that one attempt tells everything.
            Store::load(None, &Facts::default()).map_err(|_| LoadErrors(errors.clone()))?
        }
    };
    let mut loading = Loading {
        store: &store,
        preparation: Preparation::new(&store),
        index: IndexBuilder::default(),
        input: InputReads::default(),
        infos: Vec::new(),
        conditions: Vec::new(),
        ids: FxHashMap::default(),
        lint: Lint::default(),
        roles: Roles::new(&store),
        errors,
    };
    policies.iter().for_each(|source| loading.source(source));
    let Loading { index, input, infos, conditions, lint, roles, errors, .. } = loading;
    if !errors.is_empty() {
        return Err(LoadErrors(errors));
    }
    let (warnings, mentioned) = lint.finish();
    Ok(PolicySet {
        index: index.build(&store),
        store,
        input,
        infos,
        conditions,
        warnings,
        mentioned,
        roles,
        classing: known.classing.clone(),
        digest: digest(policies, entities),
    })
}

impl Loading<'_> {
    fn source(&mut self, source: &Source<'_>) {
        let lines = Lines::new(source.name, source.text);
        match parse_policies(source.text) {
            Ok(parsed) => {
                for (position, policy) in parsed.into_iter().enumerate() {
                    let default = format!("{}#{}", source.name, position + 1);
                    if let Err(fault) = self.policy(&lines, &policy, default) {
                        self.errors.push(located(&lines, fault));
                    }
                }
            }
            Err(faults) => {
                self.errors.extend(faults.into_iter().map(|fault| located(&lines, fault)));
            }
        }
    }

    fn policy(
        &mut self,
        lines: &Lines<'_>,
        policy: &ParsedPolicy,
        default: String,
    ) -> Result<(), Fault> {
        let place = lines.place(policy.offset);
        let fault = |message: String, help: &str| Fault {
            offset: policy.offset,
            message,
            help: Some(help.to_owned()),
        };
        if policy.slots {
            return Err(fault(
                "this is a template, with ?principal or ?resource to fill in".to_owned(),
                "name the entity: Bailiwick loads policies, and nothing would link the template",
            ));
        }
        if policy.names_a_class() {
            return Err(fault(
                "the namespace Bailiwick is kept for the gateway".to_owned(),
                "name the group instead, such as Action::\"write\"",
            ));
        }
        let id = PolicyId::from(id_of(policy)?.unwrap_or(default).as_str());
        let obligations = obligations_of(policy)?;
        if let Some(first) = self.ids.get(&id) {
            return Err(fault(
                format!("the id \"{id}\" is taken by the policy at {first}"),
                "give each policy an @id of its own",
            ));
        }
        let number =
            u32::try_from(self.infos.len()).ok().filter(|_| self.infos.len() < POLICIES_MAX);
        let number = number.ok_or_else(|| {
            fault(format!("more than {POLICIES_MAX} policies"), "load fewer policies")
        })?;
        let (condition, reads) = self.preparation.condition(policy).unzip();
        if let Some(reads) = &reads {
            self.input.add(&reads.input);
        }
        self.lint.policy(policy, reads.as_ref(), &place, self.store);
        self.roles.add(policy, self.store);
        self.index.add(number, policy);
        self.ids.insert(id.clone(), place.clone());
        let info = PolicyInfo {
            id,
            effect: if policy.forbid { PolicyEffect::Forbid } else { PolicyEffect::Permit },
            file: Arc::from(place.file),
            line: place.line,
            text: Arc::from(policy.text.as_str()),
            obligations,
        };
        self.infos.push(info);
        self.conditions.push(condition);
        Ok(())
    }
}

fn located(lines: &Lines<'_>, fault: Fault) -> LoadError {
    LoadError { place: lines.place(fault.offset), message: fault.message, help: fault.help }
}

fn id_of(policy: &ParsedPolicy) -> Result<Option<String>, Fault> {
    let Some((_, id, offset)) = policy.annotations.iter().find(|(name, ..)| name == "id") else {
        return Ok(None);
    };
    let plain = !id.is_empty() && id.len() <= 200 && !id.chars().any(char::is_control);
    if plain {
        return Ok(Some(id.clone()));
    }
    Err(Fault {
        offset: *offset,
        message: "an @id has 1 to 200 characters, none of them control characters".to_owned(),
        help: Some("write @id(\"short-name\")".to_owned()),
    })
}

/// The duties that a permit names. A word that nobody knows does not load: it would deny at every
/// call.
fn obligations_of(policy: &ParsedPolicy) -> Result<Vec<Obligation>, Fault> {
    let annotation = policy.annotations.iter().find(|(name, ..)| name == "obligation");
    let Some((_, words, offset)) = annotation else { return Ok(Vec::new()) };
    let fault = |message: String, help: &str| Fault {
        offset: *offset,
        message,
        help: Some(help.to_owned()),
    };
    if policy.forbid {
        return Err(fault(
            "a forbid has no obligations: what is forbidden is not done".to_owned(),
            "put @obligation on the permit",
        ));
    }
    words
        .split(',')
        .map(|word| match Obligation::parse(word.trim()) {
            Obligation::Unknown(word) => Err(fault(
                format!("\"{word}\" is no obligation that this build knows"),
                "the obligations are: durable, mask, block, reserve",
            )),
            known @ (Obligation::Durable
            | Obligation::Reserve
            | Obligation::Mask
            | Obligation::Block) => Ok(known),
        })
        .collect()
}

/// The digest of a set: of all its sources, in the order of their names.
fn digest(policies: &[Source<'_>], entities: Option<Source<'_>>) -> Digest {
    let mut sources: Vec<_> = policies.iter().map(|source| ("policies", source)).collect();
    sources.extend(entities.iter().map(|source| ("entities", source)));
    sources.sort_by_key(|(kind, source)| (*kind, source.name, source.text));
    let mut bytes = Vec::from(*b"bailiwick policy set v1\n");
    for (kind, source) in sources {
        for part in [kind, source.name, source.text] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
    }
    Digest::of(&bytes)
}
