//! Until when what may fail open does.

use super::date::{Date, NoDate};
use super::said::{Mode, Said};

/// What may fail open is named, and ends.
pub(super) fn observe_until(said: &Said, problems: &mut Vec<(String, String)>) -> Option<Date> {
    let mut wrong = |what: &str| problems.push(("mode".into(), what.into()));
    match (said.mode, &said.shadow_until) {
        (Mode::Enforce, None) => None,
        (Mode::Enforce, Some(_)) => {
            wrong("shadow_until has no effect without `mode = \"shadow\"`");
            None
        }
        (Mode::Shadow, None) => {
            wrong("shadow needs its end: add `shadow_until = \"2026-12-24\"`, or another day");
            None
        }
        (Mode::Shadow, Some(day)) => {
            let parsed = day.parse();
            parsed.map_err(|it: NoDate| wrong(&format!("shadow_until: {it}"))).ok()
        }
    }
}

pub(super) fn open_until(said: &Said, problems: &mut Vec<(String, String)>) -> Option<Date> {
    let day = said.admission.open_until.as_ref()?;
    let parsed = day.parse();
    let told = |it: NoDate| problems.push(("admission".into(), it.to_string()));
    parsed.map_err(told).ok()
}
