//! The inspectors under an operator's configuration: which kinds are withheld and not only noted.

use bailiwick_core::{Finding, Findings, Inspector, Inspectors, Seen, Severity, Surface};

use crate::inspectors::{INSPECTORS, Names, hidden};
use crate::plain;

/// More findings in one piece of a body than are kept one by one.
const TOO_MANY: &str = "guard.too_many";

/// The inspectors, and the kinds of findings that must not pass in answers.
///
/// ```
/// let guard = bailiwick_guard::Guard::with_policy(&["secret", "hidden_text.bidi_control"])?;
/// let inspectors = guard.inspectors();
/// # let _ = inspectors;
/// # Ok::<(), bailiwick_guard::UnknownKind>(())
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Guard {
    withhold: Vec<Box<str>>,
}

/// A configuration names something that no inspector looks for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct UnknownKind(Box<str>);

impl UnknownKind {
    /// The name that is not known.
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for UnknownKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no inspector finds `{}`", self.0)
    }
}

impl std::error::Error for UnknownKind {}

impl Guard {
    /// The inspectors, with these findings withheld from answers besides those that always are.
    /// Each entry is a kind, such as `secret.jwt`, or an inspector's name, which means all its
    /// kinds. Asks are not withheld: policy reads what was found in them and decides.
    ///
    /// # Errors
    /// [`UnknownKind`] for a name that no inspector has.
    pub fn with_policy(withhold: &[&str]) -> Result<Self, UnknownKind> {
        let known = |name: &str| {
            let listed = |it: &&dyn Inspector| it.name() == name || it.kinds().contains(&name);
            INSPECTORS.iter().any(listed) || hidden::NAME == name || hidden::KINDS.contains(&name)
        };
        match withhold.iter().find(|name| !known(name)) {
            Some(&name) => Err(UnknownKind(name.into())),
            None => Ok(Self { withhold: withhold.iter().map(|&name| name.into()).collect() }),
        }
    }

    /// The table to inspect with.
    pub fn inspectors(&self) -> Inspectors<'_> {
        Inspectors::of(self, &[])
    }

    /// Look for what this caller may not know of, and withhold it where that is wanted.
    pub fn scan_for(&self, names: &Names, seen: &Seen<'_>, findings: &mut Findings) {
        if names.is_empty() {
            return;
        }
        let plain = plain::without_escapes(seen.bytes);
        let seen = &Seen { bytes: plain.as_deref().unwrap_or(seen.bytes), ..*seen };
        match seen.surface {
            Surface::Ask => names.scan(seen, findings),
            Surface::Answer => self.run(names, seen, findings),
        }
    }

    fn withholds(&self, name: &str) -> bool {
        self.withhold.iter().any(|it| &**it == name)
    }

    /// Run one inspector and raise what is to be withheld.
    fn run(&self, inspector: &dyn Inspector, seen: &Seen<'_>, findings: &mut Findings) {
        let mut found = Findings::default();
        inspector.scan(seen, &mut found);
        if found.kept().is_empty() && found.dropped() == 0 {
            return;
        }
        let all = self.withholds(inspector.name());
        for finding in found.kept() {
            let mut finding = finding.clone();
            if all || self.withholds(&finding.kind) {
                finding.severity = Severity::Withhold;
            }
            findings.push(finding);
        }
        if found.dropped() > 0 {
            // Any of what was dropped may be of a kind that is withheld.
            let some = all || inspector.kinds().iter().any(|kind| self.withholds(kind));
            let strict = some || found.must_withhold();
            let severity = if strict { Severity::Withhold } else { Severity::Note };
            let kind = TOO_MANY.into();
            findings.push(Finding { kind, severity, offset: seen.offset, length: 0 });
        }
    }
}

impl Inspector for Guard {
    fn name(&self) -> &'static str {
        "guard"
    }

    fn purpose(&self) -> &'static str {
        "Every inspector, with the kinds that the configuration withholds."
    }

    fn kinds(&self) -> &'static [&'static str] {
        &[TOO_MANY]
    }

    /// What is spelled with escapes is looked at as it will be read: offsets are then those in
    /// the text without them.
    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        let plain = plain::without_escapes(seen.bytes);
        let seen = &Seen { bytes: plain.as_deref().unwrap_or(seen.bytes), ..*seen };
        for inspector in INSPECTORS {
            match seen.surface {
                Surface::Ask => inspector.scan(seen, findings),
                Surface::Answer => self.run(*inspector, seen, findings),
            }
        }
    }
}
