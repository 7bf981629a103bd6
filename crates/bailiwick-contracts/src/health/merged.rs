//! What several tell of one server, put together: a good word of one never takes back the warning
//! of another.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use bailiwick_core::Day;

use super::signals::{DEPRECATED_MAX, Deprecated, Signals, Vulnerability, is_past};
use crate::cell::Date;

/// What of a server was had, when it was asked about anew.
#[derive(Clone, Copy, Debug, Default)]
pub struct Heard {
    /// Whether the registry has taken back the version that is used.
    pub deprecated: bool,
    /// Which vulnerabilities that version has.
    pub vulnerabilities: bool,
    /// Whether something that was asked for was not had.
    pub is_partial: bool,
}

/// The day of what was never had whole: longer ago than anybody's patience.
pub(super) const NEVER: Date = Date(Day::from_number(0));

impl Signals {
    /// What two feeds tell of one server: where both speak, the one that looked later is believed,
    /// and what either warns of is warned of. Nobody has looked on a day that is still to come.
    #[must_use]
    pub fn with(self, other: Self, today: Day) -> Self {
        let looked = |it: &Self| believed(Some(it.as_of), today);
        let (old, new) =
            if looked(&self) <= looked(&other) { (self, other) } else { (other, self) };
        let day = |pick: fn(&Self) -> Option<Date>| {
            believed(pick(&new), today).or_else(|| believed(pick(&old), today))
        };
        Self {
            as_of: new.as_of,
            last_commit: day(|it| it.last_commit),
            last_release: day(|it| it.last_release),
            archived: either(true, new.archived, old.archived),
            open_issues: new.open_issues.or(old.open_issues),
            open_security_issues: new.open_security_issues.or(old.open_security_issues),
            maintainer_active: day(|it| it.maintainer_active),
            security_policy: either(false, new.security_policy, old.security_policy),
            owner_changed: new.owner_changed.max(old.owner_changed),
            licence_changed: new.licence_changed.max(old.licence_changed),
            vulnerabilities: vulnerabilities(new.vulnerabilities, old.vulnerabilities),
            deprecated: deprecated(new.deprecated, old.deprecated),
        }
    }

    /// What was asked anew, after what a feed told before, if it did: what was not had stays as it
    /// was.
    #[must_use]
    pub fn after(self, before: Option<&Self>, heard: Heard) -> Self {
        let nothing = Self::as_of(if heard.is_partial { NEVER } else { self.as_of });
        let before = before.unwrap_or(&nothing);
        let since = |mut it: Vulnerability| {
            let mut old = before.vulnerabilities.iter();
            it.since =
                old.find(|old| old.id == it.id).map_or(it.since, |old| old.since.min(it.since));
            it
        };
        let found = self.vulnerabilities.into_iter().map(since).collect();
        let mut ends = before.deprecated.clone();
        if heard.deprecated {
            // Its own words are said again where they still hold; those of others stay.
            ends.retain(|it| {
                !super::registry::is_own(&it.what)
                    || self.deprecated.iter().any(|new| new.what == it.what)
            });
        }
        Self {
            as_of: if heard.is_partial { before.as_of.min(self.as_of) } else { self.as_of },
            last_commit: self.last_commit.or(before.last_commit),
            last_release: self.last_release.or(before.last_release),
            archived: self.archived.or(before.archived),
            open_issues: self.open_issues.or(before.open_issues),
            open_security_issues: self.open_security_issues.or(before.open_security_issues),
            maintainer_active: self.maintainer_active.or(before.maintainer_active),
            security_policy: self.security_policy.or(before.security_policy),
            owner_changed: self.owner_changed.max(before.owner_changed),
            licence_changed: self.licence_changed.max(before.licence_changed),
            vulnerabilities: if heard.vulnerabilities {
                found
            } else {
                vulnerabilities(found, before.vulnerabilities.clone())
            },
            deprecated: deprecated(ends, self.deprecated),
        }
    }
}

/// A day, where it is none to come; the clocks of others may be hours ahead.
fn believed(day: Option<Date>, today: Day) -> Option<Date> {
    day.filter(|it| is_past(*it, today))
}

/// The warning word where either says it, else what is said.
fn either(warns: bool, new: Option<bool>, old: Option<bool>) -> Option<bool> {
    let is_warned = [new, old].contains(&Some(warns));
    if is_warned { Some(warns) } else { new.or(old) }
}

/// All that anybody knows: of one that both know, the worse, and since the earlier day.
fn vulnerabilities(new: Vec<Vulnerability>, old: Vec<Vulnerability>) -> Vec<Vulnerability> {
    let mut known: BTreeMap<String, Vulnerability> = BTreeMap::new();
    for it in new.into_iter().chain(old) {
        let one = known.entry(it.id.clone()).or_insert_with(|| it.clone());
        one.since = one.since.min(it.since);
        one.severity = one.severity.max(it.severity);
    }
    known.into_values().collect()
}

/// All that ends, each from its earliest day on. Where there are too many, the first to end.
fn deprecated(new: Vec<Deprecated>, old: Vec<Deprecated>) -> Vec<Deprecated> {
    let mut all = [new, old].concat();
    all.sort_by(|one, other| (&one.what, one.from).cmp(&(&other.what, other.from)));
    all.dedup_by(|later, first| later.what == first.what);
    all.sort_by_key(|it| Reverse(it.from));
    all.split_off(all.len().saturating_sub(DEPRECATED_MAX))
}
