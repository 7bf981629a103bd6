//! The ratchet: what is over a limit may stay for a while, may shrink, and may not grow.
//!
//! One exemption a line: check, subject, the measured size where the check measures, and after
//! `#` the reason. It must name exactly what is there: smaller, and the line must follow; gone,
//! and the line must go.

use super::{EXEMPTIONS, Fault};

struct Exemption<'a> {
    line: usize,
    check: &'a str,
    subject: &'a str,
    measure: Option<usize>,
}

/// Takes away the faults that are exempt, and adds those of the list itself.
pub(super) fn apply(found: Vec<Fault>, list: &str) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut exemptions = Vec::new();
    for (index, line) in list.lines().enumerate() {
        match parse(index + 1, line) {
            Ok(exemption) => exemptions.extend(exemption),
            Err(fault) => faults.push(fault),
        }
    }
    for exemption in &exemptions {
        let covered: Vec<_> = found.iter().filter(|fault| covers(exemption, fault)).collect();
        faults.extend(slack(exemption, &covered));
    }
    let is_exempt = |fault: &Fault| {
        exemptions.iter().any(|exemption| {
            covers(exemption, fault) && fault.measure.unwrap_or(0) <= exemption.measure.unwrap_or(0)
        })
    };
    faults.extend(found.iter().filter(|fault| !is_exempt(fault)).cloned());
    faults
}

fn covers(exemption: &Exemption<'_>, fault: &Fault) -> bool {
    exemption.check == fault.check && exemption.subject == fault.subject
}

/// An exemption that is no longer needed, or larger than it has to be.
fn slack(exemption: &Exemption<'_>, covered: &[&Fault]) -> Option<Fault> {
    let fault = |why: String| Some(Fault::new("exemption", EXEMPTIONS, why).at(exemption.line));
    let Exemption { check, subject, .. } = exemption;
    let largest = covered.iter().filter_map(|fault| fault.measure).max();
    match (covered.is_empty(), exemption.measure, largest) {
        (true, _, _) => fault(format!("{check} {subject} is no longer needed: delete the line")),
        (false, Some(allowed), Some(actual)) if actual < allowed => {
            fault(format!("{check} {subject} has shrunk to {actual}: write that number"))
        }
        (false, None, Some(actual)) => {
            fault(format!("{check} {subject} needs its size: write {actual} after it"))
        }
        (false, Some(_), None) => {
            fault(format!("{check} {subject} has no size: leave the number out"))
        }
        (false, _, _) => None,
    }
}

fn parse(number: usize, line: &str) -> Result<Option<Exemption<'_>>, Fault> {
    let fault = |why: &str| Fault::new("exemption", EXEMPTIONS, why).at(number);
    let (words, reason) = line.split_once('#').unwrap_or((line, ""));
    let mut words = words.split_whitespace();
    let (check, subject) = match (words.next(), words.next()) {
        (Some(check), Some(subject)) => (check, subject),
        (Some(_), None) => return Err(fault("an exemption is: check subject [size] # reason")),
        (None, _) => return Ok(None),
    };
    let measure = match words.next().map(str::parse) {
        None => None,
        Some(Ok(measure)) => Some(measure),
        Some(Err(_)) => return Err(fault("the size of an exemption is a number")),
    };
    if reason.trim().is_empty() {
        return Err(fault("an exemption has a reason: write it after `#`"));
    }
    Ok(Some(Exemption { line: number, check, subject, measure }))
}
