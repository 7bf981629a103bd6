//! `[facts.NAME]`: from where it is known what things are; `[classes]`: what of it is on record.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bailiwick_facts::{Expected, FactKind};
use bailiwick_policy::{Classing, Facts, is_thing};
use hyper::Uri;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::named::{address_of, is_header};
use super::secret_ref::{SecretRef, placed};

/// How many sources there may be.
const SOURCES_MAX: usize = 32;
/// How many attributes of one type are on record.
const CLASSES_MAX: usize = 8;
/// The most that a source may be allowed to say.
const THINGS_MAX: usize = 1_000_000;
const MIB_MAX: usize = 256;

/// A source of facts about things: a file, an address or a database.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct FactsSource {
    /// A file: `.json`, an array of objects, or `.csv` with a line of names.
    pub file: Option<String>,
    /// An address that answers a GET with the same.
    pub url: Option<String>,
    /// Secrets for headers of each request to the address.
    pub secret_headers: BTreeMap<String, SecretRef>,
    /// A database: `sqlite:customers.db`.
    pub sql: Option<String>,
    /// The statement that gives a row for each thing: `id`, attributes, and `type` where there are
    /// several.
    pub query: Option<String>,
    /// The types of things that it speaks of: `["Customer"]`.
    pub types: Vec<String>,
    /// The attributes that are taken from it, and what each is: `{ tier = "number" }`.
    pub attributes: BTreeMap<String, FactWord>,
    /// How often an address or a database is asked: `30s`, `5m` (the default), `1h`. A file is read
    /// when it changes.
    pub refresh: Option<String>,
    /// From which age on its facts are believed no more: calls that name its things are refused
    /// then. Counted from when it last answered, of a file from its last change. Left out: an hour;
    /// of a file, an hour after it could be read last, however old it is.
    pub stale_after: Option<String>,
    /// How long an answer may take, in seconds.
    pub timeout_seconds: u64,
    /// The most things that it may speak of.
    pub things_max: usize,
    /// The most that it may say, in MiB.
    pub mib_max: usize,
}

impl Default for FactsSource {
    fn default() -> Self {
        Self {
            file: None,
            url: None,
            secret_headers: BTreeMap::new(),
            sql: None,
            query: None,
            types: Vec::new(),
            attributes: BTreeMap::new(),
            refresh: None,
            stale_after: None,
            timeout_seconds: 30,
            things_max: 100_000,
            mib_max: 64,
        }
    }
}

/// What an attribute is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FactWord {
    /// True or false.
    Bool,
    /// A whole number.
    Number,
    /// A text.
    Text,
}

/// Where a source is.
#[derive(Clone, Debug)]
pub(crate) enum Origin {
    /// A file, and whether its facts are as old as it is.
    File { file: PathBuf, ages: bool },
    /// An address.
    Http { address: Uri, secrets: BTreeMap<String, SecretRef> },
    /// A file of SQLite's.
    Sqlite { file: PathBuf, query: String },
}

/// A source of facts, as it is meant.
#[derive(Clone, Debug)]
pub struct FactsSettings {
    /// Its name.
    pub name: String,
    pub(crate) origin: Origin,
    pub(crate) expected: Expected,
    pub(crate) refresh: Duration,
    pub(crate) stale_after: Duration,
    pub(crate) timeout: Duration,
    pub(crate) bytes_max: usize,
}

/// A section's name and what is wrong in it.
type Problem = (String, String);

/// The sources, and what of them is put on record.
pub(super) fn known(
    (said, classes): (&BTreeMap<String, FactsSource>, &BTreeMap<String, Vec<String>>),
    base: &Path,
    problems: &mut Vec<Problem>,
) -> (Vec<FactsSettings>, Classing) {
    (meant(said, base, problems), classing(classes, problems))
}

/// What the sections mean, as far as nothing is wrong with them.
fn meant(
    said: &BTreeMap<String, FactsSource>,
    base: &Path,
    problems: &mut Vec<Problem>,
) -> Vec<FactsSettings> {
    let mut sources = Vec::new();
    let mut declared = Facts::default();
    for (name, source) in said {
        let section = || format!("facts.{name}");
        match settings(name, source, base) {
            Ok(source) => {
                let twice = declare(&mut declared, &source).err();
                problems.extend(twice.map(|what| (section(), what)));
                sources.push(source);
            }
            Err(what) => problems.push((section(), what)),
        }
    }
    if sources.len() > SOURCES_MAX {
        problems.push(("facts".into(), format!("there are more than {SOURCES_MAX} sources")));
    }
    sources
}

/// What a source will speak of.
///
/// # Errors
/// Which other source does.
pub(crate) fn declare(facts: &mut Facts, source: &FactsSettings) -> Result<(), String> {
    for kind in &source.expected.types {
        for attribute in source.expected.attributes.keys() {
            facts.declare(kind, attribute, &source.name).map_err(|other| {
                format!("`{attribute}` of {kind} comes from [facts.{other}], too: keep one")
            })?;
        }
    }
    Ok(())
}

/// What sources will speak of, before they have said anything.
///
/// # Errors
/// Two that speak of the same.
pub(crate) fn declared(sources: &[FactsSettings]) -> Result<Facts, String> {
    let mut facts = Facts::default();
    sources.iter().try_for_each(|it| declare(&mut facts, it))?;
    Ok(facts)
}

/// Whose attributes are on record.
fn classing(said: &BTreeMap<String, Vec<String>>, problems: &mut Vec<Problem>) -> Classing {
    for (kind, attributes) in said {
        let mut wrong = |what: String| problems.push(("classes".into(), what));
        if !is_thing(kind) {
            wrong(format!("`{kind}` is no type of things that calls name, such as `Customer`"));
        }
        if attributes.is_empty() || attributes.len() > CLASSES_MAX {
            wrong(format!("{kind}: name one attribute to {CLASSES_MAX}, such as [\"tier\"]"));
        }
    }
    let set = |it: &Vec<String>| it.iter().cloned().collect::<BTreeSet<_>>();
    said.iter().map(|(kind, attributes)| (kind.clone(), set(attributes))).collect()
}

fn settings(name: &str, said: &FactsSource, base: &Path) -> Result<FactsSettings, String> {
    let origin = origin(said, base)?;
    if said.types.is_empty() || said.attributes.is_empty() {
        return Err("say what it is about: types = [\"Customer\"], attributes = { tier = \
                    \"number\" }"
            .into());
    }
    if let Some(odd) = said.types.iter().find(|it| !is_thing(it)) {
        return Err(format!("`{odd}` is no type of things that calls name, such as `Customer`"));
    }
    let taken = ["type", "id"].into_iter().find(|it| said.attributes.contains_key(*it));
    if let Some(taken) = taken {
        return Err(format!("`{taken}` is no attribute: it says which thing a row is about"));
    }
    let is_file = matches!(origin, Origin::File { .. });
    if is_file && said.refresh.is_some() {
        return Err("refresh has no effect on a file: it is read when it changes".into());
    }
    let (refresh, stale_after) = (said.refresh.as_deref(), said.stale_after.as_deref());
    let refresh = refresh.map(span).transpose()?.unwrap_or(Duration::from_secs(300));
    let stale_after = stale_after.map(span).transpose()?.unwrap_or(Duration::from_secs(3600));
    if !is_file && stale_after < refresh + Duration::from_secs(said.timeout_seconds) {
        return Err(format!(
            "stale_after ({} s) must be longer than refresh ({} s) and timeout_seconds ({}) \
             together, or its facts are too old before it is asked again",
            stale_after.as_secs(),
            refresh.as_secs(),
            said.timeout_seconds
        ));
    }
    let is_within = |it: usize, max: usize| it > 0 && it <= max;
    if !is_within(said.things_max, THINGS_MAX) || !is_within(said.mib_max, MIB_MAX) {
        return Err(format!("things_max is at most {THINGS_MAX}, and mib_max {MIB_MAX}"));
    }
    if said.timeout_seconds == 0 || said.timeout_seconds > 600 {
        return Err("timeout_seconds must be from 1 to 600".into());
    }
    let kind = |it: FactWord| match it {
        FactWord::Bool => FactKind::Flag,
        FactWord::Number => FactKind::Number,
        FactWord::Text => FactKind::Text,
    };
    let attributes = said.attributes.iter().map(|(name, it)| (name.clone(), kind(*it)));
    let (types, things_max) = (said.types.clone(), said.things_max);
    Ok(FactsSettings {
        name: name.to_owned(),
        origin,
        expected: Expected { types, attributes: attributes.collect(), things_max },
        refresh,
        stale_after,
        timeout: Duration::from_secs(said.timeout_seconds),
        bytes_max: said.mib_max << 20,
    })
}

fn origin(said: &FactsSource, base: &Path) -> Result<Origin, String> {
    let no_query = || match said.query {
        Some(_) => Err("query has no effect without `sql`".to_owned()),
        None => Ok(()),
    };
    if said.url.is_none() && !said.secret_headers.is_empty() {
        return Err("secret_headers have no effect without `url`".into());
    }
    match (&said.file, &said.url, &said.sql) {
        (Some(file), None, None) => {
            no_query()?;
            if !file.ends_with(".json") && !file.ends_with(".csv") {
                return Err(format!("file `{file}` must end with .json or .csv"));
            }
            Ok(Origin::File { file: base.join(file), ages: said.stale_after.is_some() })
        }
        (None, Some(url), None) => {
            no_query()?;
            if let Some(odd) = said.secret_headers.keys().find(|it| !is_header(it, "")) {
                return Err(format!("secret_headers: `{odd}` cannot be a header of it"));
            }
            let secrets = placed(&said.secret_headers, base);
            Ok(Origin::Http { address: address_of(url)?, secrets })
        }
        (None, None, Some(sql)) => {
            let query = said.query.clone().filter(|it| !it.trim().is_empty());
            let query = query.ok_or("needs `query`, such as \"SELECT id, tier FROM customers\"")?;
            let file = sql.strip_prefix("sqlite:").filter(|it| !it.is_empty());
            let file = file.ok_or_else(|| {
                format!("sql is `{sql}`, and databases are named as sqlite:customers.db")
            })?;
            Ok(Origin::Sqlite { file: base.join(file), query })
        }
        (..) => Err("needs one of `file`, `url` and `sql`".into()),
    }
}

/// A span of time: `30s`, `5m`, `1h`, `7d`.
fn span(text: &str) -> Result<Duration, String> {
    let parsed = bailiwick_contracts::seconds(text);
    parsed
        .filter(|it| (1..=365 * 86_400).contains(it))
        .map(Duration::from_secs)
        .ok_or_else(|| format!("`{text}` is no span of time: write it as 30s, 5m, 1h or 7d"))
}
