//! What is known of one server's source, as feeds tell it.

use bailiwick_core::Day;
use serde::{Deserialize, Serialize};

use crate::cell::Date;

/// The most vulnerabilities of one server.
const VULNERABILITIES_MAX: usize = 1_000;
/// The most deprecations of one server: each changes how it stands on days of its own.
pub(super) const DEPRECATED_MAX: usize = 32;
/// The longest text, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 200;

/// What a feed tells of one server. What it leaves out it does not know.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Signals {
    /// The day on which somebody looked.
    pub as_of: Date,
    /// The last commit to its source.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_commit: Option<Date>,
    /// Its last release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_release: Option<Date>,
    /// Whether its source is archived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archived: Option<bool>,
    /// How many issues are open.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_issues: Option<u64>,
    /// How many of them are about security.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_security_issues: Option<u64>,
    /// When those who maintain it were last seen to do anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maintainer_active: Option<Date>,
    /// Whether it says how to report a vulnerability.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub security_policy: Option<bool>,
    /// The known vulnerabilities, in it and in what it depends on, that are not mended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vulnerabilities: Vec<Vulnerability>,
    /// When it came to another owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_changed: Option<Date>,
    /// When it came under another licence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub licence_changed: Option<Date>,
    /// What of the API behind it, of its authentication or of the package itself comes to an end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deprecated: Vec<Deprecated>,
}

/// One vulnerability.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Vulnerability {
    /// Its identifier, such as `CVE-2026-12345`.
    pub id: String,
    /// How serious it is.
    pub severity: Severity,
    /// The day from which it was known.
    pub since: Date,
}

/// How serious a vulnerability is, the mildest first.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// As CVSS has it: below 4.
    Low,
    /// Below 7.
    Medium,
    /// Nobody says. Taken to be serious.
    Unknown,
    /// Below 9.
    High,
    /// Up to 10.
    Critical,
}

impl Severity {
    /// Whether it must not stay unmended.
    pub const fn is_serious(self) -> bool {
        match self {
            Self::Low | Self::Medium => false,
            Self::High | Self::Critical | Self::Unknown => true,
        }
    }
}

/// Something that comes to an end.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Deprecated {
    /// What it is, in words.
    pub what: String,
    /// The day from which on it is no more.
    pub from: Date,
}

/// Whether a day has come; the clocks of others may be hours ahead.
pub(super) fn is_past(day: Date, today: Day) -> bool {
    day.0 <= today.next()
}

impl Signals {
    /// When its source last changed, as far as that is no time to come.
    pub fn moved(&self, today: Day) -> Option<Date> {
        let days = [self.last_commit, self.last_release].into_iter().flatten();
        days.filter(|it| is_past(*it, today)).max()
    }

    /// Nothing is known but that somebody looked.
    pub const fn as_of(day: Date) -> Self {
        Self {
            as_of: day,
            last_commit: None,
            last_release: None,
            archived: None,
            open_issues: None,
            open_security_issues: None,
            maintainer_active: None,
            security_policy: None,
            vulnerabilities: Vec::new(),
            owner_changed: None,
            licence_changed: None,
            deprecated: Vec::new(),
        }
    }

    /// What is wrong with it, if anything is.
    pub(super) fn fault(&self) -> Option<String> {
        if self.vulnerabilities.len() > VULNERABILITIES_MAX {
            return Some(format!("it has more than {VULNERABILITIES_MAX} vulnerabilities"));
        }
        if self.deprecated.len() > DEPRECATED_MAX {
            return Some(format!("it has more than {DEPRECATED_MAX} deprecations"));
        }
        let ids = self.vulnerabilities.iter().map(|it| &it.id);
        let mut texts = ids.chain(self.deprecated.iter().map(|it| &it.what));
        texts.find_map(|it| not_a_text(it))
    }
}

/// Why a text of a feed is none: these texts are printed.
pub(super) fn not_a_text(text: &str) -> Option<String> {
    if text.trim().is_empty() {
        return Some("a text is empty".into());
    }
    if text.chars().any(char::is_control) || text.chars().any(crate::is_unseen) {
        return Some(format!("the text {text:?} holds characters that nobody sees"));
    }
    let is_long = text.chars().count() > TEXT_CHARS_MAX;
    is_long.then(|| format!("a text is longer than {TEXT_CHARS_MAX} characters"))
}
