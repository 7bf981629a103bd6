//! What registries and GitHub answer, made into signals. Anybody can have written it.

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::Day;
use serde::Deserialize;
use serde_json::Value;

use super::signals::{Deprecated, Severity, Signals, Vulnerability};
use crate::cell::Date;

/// The most vulnerabilities that are taken from one answer, and the longest name of one.
const VULNERABILITIES_MAX: usize = 1_000;
const ID_CHARS_MAX: usize = 100;
/// What it says of a package, and of a version, that is not to be used any more.
const IS_DEPRECATED: &str = "the package is deprecated, which";
const IS_YANKED: &str = "the version was yanked, which";

/// Whether what ends was said to end by a registry.
pub(super) fn is_own(what: &str) -> bool {
    [IS_DEPRECATED, IS_YANKED].contains(&what)
}

/// What an answer told.
#[derive(Clone, Debug, PartialEq)]
pub struct Collected {
    /// The signals.
    pub signals: Signals,
    /// Where the source lies, as its package says.
    pub repository: Option<String>,
}

/// An answer is not what the registry is known to answer.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("it answered something else than is known of it: {0}")]
pub struct Strange(String);

#[derive(Deserialize)]
struct Npm {
    #[serde(default)]
    time: BTreeMap<String, Value>,
    #[serde(default)]
    versions: BTreeMap<String, NpmVersion>,
    #[serde(default)]
    repository: Value,
}

#[derive(Deserialize)]
struct NpmVersion {
    #[serde(default)]
    deprecated: Value,
    #[serde(default)]
    license: Value,
    #[serde(default)]
    maintainers: Vec<Value>,
}

/// What npm's registry tells of a package, of which this version is used.
///
/// # Errors
/// [`Strange`] when it is no such answer.
pub fn npm(answer: &[u8], version: Option<&str>, today: Day) -> Result<Collected, Strange> {
    let it: Npm = read(answer)?;
    let mut signals = Signals::as_of(Date(today));
    let released =
        it.versions.iter().filter_map(|(name, version)| Some((day(it.time.get(name)?)?, version)));
    let mut released: Vec<_> = released.collect();
    released.sort_by_key(|(day, _)| *day);
    signals.last_release = released.last().map(|(day, _)| Date(*day));
    // When what was so in one release was not so any more in the next.
    let changes = |is_other: fn(&NpmVersion, &NpmVersion) -> bool| {
        let pairs = released.windows(2).filter_map(|pair| match pair {
            [(_, old), (day, new)] if is_other(old, new) => Some(Date(*day)),
            _ => None,
        });
        pairs.max()
    };
    signals.licence_changed = changes(|old, new| old.license != new.license);
    signals.owner_changed = changes(|old, new| {
        let (old, new) = (people(old), people(new));
        !old.is_empty() && !new.is_empty() && old.is_disjoint(&new)
    });
    let used = match version {
        Some(version) => it.versions.get(version),
        None => released.last().map(|(_, it)| *it),
    };
    let is_deprecated = |it: &&NpmVersion| match &it.deprecated {
        Value::String(why) => !why.is_empty(),
        Value::Bool(is) => *is,
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => false,
    };
    if used.filter(is_deprecated).is_some() {
        signals.deprecated.push(deprecated(IS_DEPRECATED, today));
    }
    let repository = it.repository.as_str().or(it.repository.get("url").and_then(Value::as_str));
    Ok(Collected { signals, repository: repository.map(str::to_owned) })
}

fn people(it: &NpmVersion) -> BTreeSet<&str> {
    it.maintainers.iter().filter_map(|it| it.as_str().or(it.get("name")?.as_str())).collect()
}

#[derive(Deserialize)]
struct Pypi {
    info: PypiInfo,
    #[serde(default)]
    releases: BTreeMap<String, Vec<PypiFile>>,
    #[serde(default)]
    vulnerabilities: Vec<PypiVulnerability>,
}

#[derive(Deserialize)]
struct PypiInfo {
    #[serde(default)]
    project_urls: Option<BTreeMap<String, Value>>,
    #[serde(default)]
    yanked: bool,
}

#[derive(Deserialize)]
struct PypiFile {
    #[serde(default)]
    upload_time_iso_8601: Value,
}

#[derive(Deserialize)]
struct PypiVulnerability {
    id: String,
    #[serde(default)]
    withdrawn: Value,
}

/// What Python's registry tells of a package, or of one version.
///
/// # Errors
/// [`Strange`] when it is no such answer.
pub fn pypi(answer: &[u8], today: Day) -> Result<Collected, Strange> {
    let it: Pypi = read(answer)?;
    let mut signals = Signals::as_of(Date(today));
    let files = it.releases.values().flatten();
    signals.last_release = files.filter_map(|it| day(&it.upload_time_iso_8601)).max().map(Date);
    let open = it.vulnerabilities.into_iter().filter(|it| it.withdrawn.is_null());
    // It says neither how serious one is nor since when it is known.
    let known = open.take(VULNERABILITIES_MAX).map(|it| Vulnerability {
        id: plain(&it.id),
        severity: Severity::Unknown,
        since: Date(today),
    });
    signals.vulnerabilities = known.collect();
    if it.info.yanked {
        signals.deprecated.push(deprecated(IS_YANKED, today));
    }
    let urls = it.info.project_urls.unwrap_or_default();
    let mut urls = urls.values().filter_map(Value::as_str);
    let repository = urls.find(|it| super::github(it).is_some()).map(str::to_owned);
    Ok(Collected { signals, repository })
}

#[derive(Deserialize)]
struct Repository {
    #[serde(default)]
    archived: Option<bool>,
    #[serde(default)]
    pushed_at: Value,
    #[serde(default)]
    open_issues_count: Option<u64>,
}

/// What GitHub tells of a repository.
///
/// # Errors
/// [`Strange`] when it is no such answer.
pub fn repository(answer: &[u8], today: Day) -> Result<Signals, Strange> {
    let it: Repository = read(answer)?;
    let mut signals = Signals::as_of(Date(today));
    signals.archived = it.archived;
    signals.last_commit = day(&it.pushed_at).map(Date);
    signals.open_issues = it.open_issues_count;
    Ok(signals)
}

/// How many issues GitHub has found.
///
/// # Errors
/// [`Strange`] when it is no such answer.
pub fn issues(answer: &[u8]) -> Result<u64, Strange> {
    #[derive(Deserialize)]
    struct Issues {
        total_count: u64,
    }
    read::<Issues>(answer).map(|it| it.total_count)
}

fn read<'a, T: Deserialize<'a>>(answer: &'a [u8]) -> Result<T, Strange> {
    serde_json::from_slice(answer).map_err(|it| Strange(it.to_string()))
}

/// An identifier as people read it: it is printed, and anybody can have written it.
fn plain(id: &str) -> String {
    let is_plain = |it: &char| it.is_ascii_alphanumeric() || "-_.:".contains(*it);
    let kept: String = id.chars().filter(is_plain).take(ID_CHARS_MAX).collect();
    if kept.is_empty() { "without a name".to_owned() } else { kept }
}

/// The day of a time such as `2026-03-20T10:00:00Z`.
fn day(time: &Value) -> Option<Day> {
    time.as_str()?.get(..10)?.parse().ok()
}

fn deprecated(what: &str, today: Day) -> Deprecated {
    Deprecated { what: what.to_owned(), from: Date(today) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Day {
        "2026-11-23".parse().unwrap()
    }

    #[test]
    fn npm_tells_of_releases_licences_and_owners() {
        let answer = br#"{"time":{"created":"2020-01-01T00:00:00Z","1.0.0":"2025-01-01T00:00:00Z",
            "1.1.0":"2026-03-20T10:00:00Z","9.9.9":"2026-11-01T00:00:00Z"},
            "versions":{"1.0.0":{"license":"MIT","maintainers":[{"name":"ada"}]},
            "1.1.0":{"license":"BUSL-1.1","maintainers":[{"name":"eve"}],"deprecated":"gone"}},
            "repository":{"url":"git+https://github.com/acme/crm.git"}}"#;
        let told = npm(answer, Some("1.1.0"), today()).unwrap();
        let date = |it: Option<Date>| it.map(|it| it.0.to_string());
        // What was released and taken back is no release.
        assert_eq!(date(told.signals.last_release).as_deref(), Some("2026-03-20"));
        assert_eq!(date(told.signals.owner_changed).as_deref(), Some("2026-03-20"));
        assert_eq!(date(told.signals.licence_changed).as_deref(), Some("2026-03-20"));
        assert_eq!(told.signals.deprecated.len(), 1);
        assert!(told.repository.unwrap().contains("acme/crm"));
        assert!(npm(answer, Some("1.0.0"), today()).unwrap().signals.deprecated.is_empty());
    }

    #[test]
    fn pypi_tells_of_releases_and_holes() {
        let answer = br#"{"info":{"project_urls":{"Home":"https://example.com",
            "Source":"https://github.com/acme/crm"},"yanked":false},
            "releases":{"1.0":[{"upload_time_iso_8601":"2026-03-20T10:00:00.123Z"}],"2.0":[]},
            "vulnerabilities":[{"id":"PYSEC-2026-1","withdrawn":null},
            {"id":"PYSEC-2026-2","withdrawn":"2026-05-01T00:00:00Z"}]}"#;
        let told = pypi(answer, today()).unwrap();
        assert_eq!(told.signals.last_release.unwrap().0.to_string(), "2026-03-20");
        assert_eq!(told.signals.vulnerabilities.len(), 1);
        assert!(told.signals.vulnerabilities[0].severity.is_serious());
        assert_eq!(told.repository.as_deref(), Some("https://github.com/acme/crm"));
        assert!(pypi(b"<html>", today()).is_err());
    }

    #[test]
    fn a_repository_tells_whether_it_moves() {
        let answer =
            br#"{"archived":true,"pushed_at":"2026-03-20T10:00:00Z","open_issues_count":47}"#;
        let told = repository(answer, today()).unwrap();
        assert_eq!((told.archived, told.open_issues), (Some(true), Some(47)));
        assert_eq!(told.last_commit.unwrap().0.to_string(), "2026-03-20");
        assert_eq!(issues(br#"{"total_count":12,"items":[]}"#), Ok(12));
        assert!(issues(b"{}").is_err());
    }
}
