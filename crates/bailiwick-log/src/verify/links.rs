//! Outcomes and their decisions: each outcome has to follow a decision of its own exchange. A
//! window of decisions is kept in memory; what fell out of it is looked up.

use std::collections::BTreeMap;

use bailiwick_core::{ExchangeId, OutcomeRecord, Record};

use super::report::Report;
use crate::entry::Entry;
use crate::error::LogError;
use crate::store::Store;
use crate::tile::{TILE_WIDTH, parse_entries};

/// How many decisions are kept in memory.
const WINDOW: usize = 1 << 18;

#[derive(Clone, Copy)]
struct Seen {
    exchange: ExchangeId,
    permitted: bool,
    ended: bool,
}

/// The decisions seen lately, by index.
#[derive(Default)]
pub(super) struct Links {
    window: BTreeMap<u64, Seen>,
}

impl Links {
    /// Take note of an entry.
    pub(super) fn see(
        &mut self,
        store: &Store,
        entry: &Entry,
        report: &mut Report,
    ) -> Result<(), LogError> {
        match &entry.record {
            Record::Decision(it) => {
                let (exchange, permitted) = (it.exchange, it.permitted);
                self.window.insert(entry.index, Seen { exchange, permitted, ended: false });
                if self.window.len() > WINDOW
                    && let Some((_, old)) = self.window.pop_first()
                {
                    report.in_doubt += u64::from(old.permitted && !old.ended);
                }
            }
            Record::Outcome(outcome) => {
                self.outcome(store, entry.index, outcome, report)?;
            }
            Record::Refusal(_)
            | Record::Admin(_)
            | Record::Noticed(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => {}
        }
        Ok(())
    }

    fn outcome(
        &mut self,
        store: &Store,
        index: u64,
        outcome: &OutcomeRecord,
        report: &mut Report,
    ) -> Result<(), LogError> {
        let place = format!("entry {index}");
        if outcome.decision >= index {
            report.problem(&place, "the outcome stands before its decision");
            return Ok(());
        }
        if let Some(seen) = self.window.get_mut(&outcome.decision) {
            if seen.exchange != outcome.exchange {
                report.problem(&place, "the outcome names another exchange's decision");
            } else if std::mem::replace(&mut seen.ended, true) {
                report.problem(&place, "the decision has a second outcome");
            }
            return Ok(());
        }
        // The window holds the youngest decisions: one behind its beginning was not one.
        let behind = self.window.first_key_value().is_some_and(|(at, _)| outcome.decision < *at);
        let old = if behind { look_up(store, outcome.decision)? } else { None };
        match old {
            Some(Record::Decision(it)) if it.exchange == outcome.exchange => {
                let counted = u64::from(it.permitted);
                report.in_doubt = report.in_doubt.saturating_sub(counted);
            }
            Some(_) | None => {
                report.problem(&place, "the outcome does not name a decision of its exchange");
            }
        }
        Ok(())
    }

    /// What is permitted and has no outcome at the end of the log is in doubt.
    pub(super) fn finish(&mut self, report: &mut Report) {
        let open = self.window.values().filter(|it| it.permitted && !it.ended);
        report.in_doubt += open.count() as u64;
    }
}

/// An entry that was verified before. It is far below the end, so its bundle is full.
fn look_up(store: &Store, index: u64) -> Result<Option<Record>, LogError> {
    let number = index / TILE_WIDTH;
    let (bytes, width) = store.bundle(number, (number + 1) * TILE_WIDTH)?;
    let entries = parse_entries(&bytes, width).unwrap_or_default();
    let offset = usize::try_from(index % TILE_WIDTH).unwrap_or(usize::MAX);
    Ok(entries.get(offset).and_then(|it| Entry::parse(it).ok()).map(|it| it.record))
}
