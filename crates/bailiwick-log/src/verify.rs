//! The verifier: judges a log's directory, or a copy of it, against a verifier key. It needs no
//! network, no other file and little memory, however long the log is.

mod links;
mod report;

use std::path::Path;
use std::sync::Arc;

use bailiwick_core::Record;

use self::links::Links;
pub use self::report::{Problem, Report, TailReport};
use crate::checkpoint::Checkpoint;
use crate::cursor::Cursor;
use crate::disk::{Disk, RealDisk};
use crate::edge::{Due, Edge};
use crate::entry::Entry;
use crate::error::LogError;
use crate::frame::FrameKind;
use crate::keys::Succession;
use crate::layout::Layout;
use crate::note::{Note, VerifierKey};
use crate::recover::Leftovers;
use crate::seal::commitment;
use crate::store::Store;
use crate::tile::{Seal, Shelf, TILE_WIDTH, parse_entries, parse_seals};
use crate::tree::Head;

/// What to verify against.
#[derive(Clone, Copy, Debug)]
pub struct Verification<'a> {
    /// The log's key. Keys that it, or one after it, vouched for in the log are believed too.
    pub key: &'a VerifierKey,
    /// A checkpoint that was kept elsewhere: the log has to be an extension of it.
    pub since: Option<&'a [u8]>,
}

/// Verify the log in a directory. What is wrong with it is in the report.
///
/// # Errors
/// [`LogError`] when the directory cannot be read at all.
pub fn verify(dir: &Path, against: &Verification<'_>) -> Result<Report, LogError> {
    let disk: Arc<dyn Disk> = Arc::new(RealDisk);
    verify_on(&disk, dir, against)
}

pub(crate) fn verify_on(
    disk: &Arc<dyn Disk>,
    dir: &Path,
    against: &Verification<'_>,
) -> Result<Report, LogError> {
    let store = Store { disk: Arc::clone(disk), layout: Layout::new(dir) };
    let mut run = Run {
        store,
        trusted: vec![against.key.clone()],
        succeeded_at: 0,
        since: None,
        edge: Edge::default(),
        links: Links::default(),
        report: Report::default(),
        last: (0, 0),
    };
    run.all(against)?;
    Ok(run.report)
}

struct Run {
    store: Store,
    trusted: Vec<VerifierKey>,
    /// The size of the log once it held the newest succession.
    succeeded_at: u64,
    since: Option<Head>,
    edge: Edge,
    links: Links,
    report: Report,
    /// Boot and time of the entry before.
    last: (u64, u64),
}

impl Run {
    fn all(&mut self, against: &Verification<'_>) -> Result<(), LogError> {
        let note = self.store.note()?;
        let said = match Checkpoint::of_note(&note) {
            Some(said) => said,
            None => {
                self.report.problem("checkpoint", "it has not the form of a checkpoint");
                return Ok(());
            }
        };
        self.report.origin = said.origin.clone();
        (self.report.size, self.report.root) = (said.head.size, said.head.root);
        // Its signature is judged at the end, when the keys that the log vouches for are known.
        self.since = against.since.and_then(Checkpoint::of_note).map(|it| it.head);
        self.mark_since();
        let complete = self.bundles(said.head.size)?;
        if complete {
            if self.edge.range().root() != said.head.root {
                self.report.problem("checkpoint", "its root is not that of the entries");
            }
            self.hash_tiles(&self.edge.partials())?;
        }
        self.judge_note("checkpoint", &note, said.head.size);
        if complete {
            self.tail()?;
        }
        self.judge_since(against);
        self.links.finish(&mut self.report);
        self.report.keys = self.trusted.iter().map(ToString::to_string).collect();
        Ok(())
    }

    /// Every bundle under the checkpoint. Gives whether all could be read.
    fn bundles(&mut self, size: u64) -> Result<bool, LogError> {
        for number in 0..size.div_ceil(TILE_WIDTH) {
            let (bytes, width) = match self.store.bundle(number, size) {
                Ok(found) => found,
                Err(LogError::Corrupt(why)) => {
                    self.report.problem(&format!("bundle {number}"), &why.to_string());
                    return Ok(false);
                }
                Err(other) => return Err(other),
            };
            let seals = match self.store.seals(number, size) {
                Ok(seals) => seals,
                Err(LogError::Corrupt(why)) => {
                    self.report.problem(&format!("seals {number}"), &why.to_string());
                    None
                }
                Err(other) => return Err(other),
            };
            let seals = seals.as_deref().and_then(|it| parse_seals(it, width).ok());
            let mut seals = seals.unwrap_or_default().into_iter();
            let mut due = Vec::new();
            for entry in parse_entries(&bytes, width).unwrap_or_default() {
                let seal = seals.next().unwrap_or(Seal::None);
                self.entry(entry, seal, &mut due)?;
            }
            self.hash_tiles(&due)?;
        }
        Ok(true)
    }

    fn entry(&mut self, bytes: &[u8], seal: Seal<'_>, due: &mut Vec<Due>) -> Result<(), LogError> {
        let index = self.edge.size();
        let place = || format!("entry {index}");
        match Entry::parse(bytes) {
            Ok(entry) => {
                self.stamp(&entry, index);
                self.succession(&entry.record, index);
                self.seal(&entry.record, seal, index);
                self.report.count(&entry.record);
                self.links.see(&self.store, &entry, &mut self.report)?;
            }
            Err(why) => self.report.problem(&place(), &why.to_string()),
        }
        self.edge.push(bytes, &[], due);
        self.report.entries += 1;
        self.mark_since();
        Ok(())
    }

    fn stamp(&mut self, entry: &Entry, index: u64) {
        let place = format!("entry {index}");
        if entry.index != index {
            let why = format!("it says that it is entry {}", entry.index);
            self.report.problem(&place, &why);
        }
        let (boot, at) = self.last;
        if entry.boot != boot && entry.boot != boot + 1 {
            let why = format!("its boot {} does not follow boot {boot}", entry.boot);
            self.report.problem(&place, &why);
        }
        let now = entry.at.ns();
        if self.report.first_ns.is_none() {
            self.report.first_ns = Some(now);
        }
        self.report.last_ns = Some(now);
        self.report.clock_back_ns = self.report.clock_back_ns.max(at.saturating_sub(now));
        self.report.boots = entry.boot;
        self.last = (entry.boot, at.max(now));
    }

    /// Believe a key that a believed key vouches for.
    fn succession(&mut self, record: &Record, index: u64) {
        let Some(succession) = Succession::of_record(record) else { return };
        let place = format!("entry {index}");
        if !succession.holds() {
            self.report.problem(&place, "the change of keys in it is not signed by the old key");
        } else if self.trusted.contains(&succession.old) {
            if !self.trusted.contains(&succession.new) {
                self.trusted.push(succession.new);
            }
            self.succeeded_at = index + 1;
        }
    }

    fn seal(&mut self, record: &Record, seal: Seal<'_>, index: u64) {
        let sealed = match record {
            Record::Decision(it) => it.sealed,
            Record::Outcome(it) => it.sealed,
            Record::Refusal(_)
            | Record::Admin(_)
            | Record::Noticed(_)
            | Record::Started { .. }
            | Record::Stopped
            | Record::Heartbeat => {
                if seal != Seal::None {
                    let why = "it has a seal and may have none";
                    self.report.problem(&format!("entry {index}"), why);
                }
                return;
            }
        };
        match (sealed, seal) {
            (None, Seal::None) => {}
            (Some(_), Seal::None | Seal::Erased) => self.report.seals_missing += 1,
            (said, Seal::Kept(bytes)) if said.is_some() && commitment(bytes) == said => {
                self.report.seals += 1;
            }
            (Some(_) | None, Seal::Kept(_) | Seal::Erased) => {
                let why = "what is sealed beside it is not what it commits to";
                self.report.problem(&format!("seal of entry {index}"), why);
            }
        }
    }

    /// Compare tiles of hashes with what the entries say they are.
    fn hash_tiles(&mut self, due: &[Due]) -> Result<(), LogError> {
        for due in due.iter().filter(|it| matches!(it.name.shelf, Shelf::Hashes(_))) {
            let place = due.name.path().display().to_string();
            match self.store.read(due.name)? {
                None => self.report.problem(&place, "it is missing"),
                Some(bytes) if bytes != due.bytes => {
                    self.report.problem(&place, "its hashes are not those of the entries");
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Judge a checkpoint's signature by the keys that are believed by now.
    fn judge_note(&mut self, place: &str, note: &[u8], size: u64) {
        let signed = Note::parse(note).and_then(|it| it.verify(&self.trusted));
        match signed {
            Err(why) => self.report.problem(place, &why.to_string()),
            Ok(signed) => {
                let newest = self.trusted.last();
                let current = signed.by.iter().any(|it| Some(*it) == newest);
                if size >= self.succeeded_at && self.succeeded_at > 0 && !current {
                    self.report.problem(place, "only a key that was replaced signed it");
                }
            }
        }
    }

    /// What the journal has beyond the checkpoint.
    fn tail(&mut self) -> Result<(), LogError> {
        let size = self.edge.size();
        let Some(mut cursor) = Cursor::start(&self.store.disk, &self.store.layout, size)? else {
            // A copy may come without a journal; a log that is being written to moves on.
            self.report.tail = None;
            return Ok(());
        };
        self.report.tail = Some(TailReport { entries: 0, signed: size });
        loop {
            self.tail_row(&mut cursor)?;
            let found = Leftovers::find(&self.store, cursor.place(), self.edge.size());
            match found {
                Ok(_) => return Ok(()),
                Err(LogError::Corrupt(why)) => {
                    // A writer that is at work may have finished a frame since: look again.
                    let before = self.edge.size();
                    cursor.refresh();
                    self.tail_row(&mut cursor)?;
                    if self.edge.size() == before {
                        self.report.problem("journal", &why.to_string());
                        return Ok(());
                    }
                }
                Err(other) => return Err(other),
            }
        }
    }

    fn tail_row(&mut self, cursor: &mut Cursor) -> Result<(), LogError> {
        while let Some(step) = cursor.step()? {
            let body = step.frame.body.to_vec();
            if step.frame.kind == FrameKind::Checkpoint {
                self.tail_note(&body, step.frame.index);
                continue;
            }
            let sealed = step.frame.sealed.to_vec();
            let seal = if sealed.is_empty() { Seal::None } else { Seal::Kept(&sealed) };
            self.entry(&body, seal, &mut Vec::new())?;
            if let Some(tail) = &mut self.report.tail {
                tail.entries += 1;
            }
        }
        Ok(())
    }

    fn tail_note(&mut self, note: &[u8], size: u64) {
        let place = format!("journal checkpoint {size}");
        let root = self.edge.range().root();
        let before = self.report.problem_count;
        if Checkpoint::of_note(note).is_none_or(|it| it.head != Head { size, root }) {
            self.report.problem(&place, "its root is not that of the entries");
        }
        self.judge_note(&place, note, size);
        if let Some(tail) = &mut self.report.tail
            && self.report.problem_count == before
        {
            tail.signed = size;
        }
    }

    /// Remember the root at the size of the checkpoint that was kept elsewhere.
    fn mark_since(&mut self) {
        if let Some(since) = self.since
            && since.size == self.edge.size()
        {
            self.report.since_holds = Some(self.edge.range().root() == since.root);
        }
    }

    fn judge_since(&mut self, against: &Verification<'_>) {
        let Some(note) = against.since else { return };
        let place = "the checkpoint kept elsewhere";
        let Some(said) = Checkpoint::of_note(note) else {
            return self.report.problem(place, "it has not the form of a checkpoint");
        };
        if let Err(why) = Checkpoint::open(note, &self.trusted) {
            self.report.problem(place, &why.to_string());
        }
        self.report.since_size = Some(said.head.size);
        match self.report.since_holds {
            Some(true) => {}
            Some(false) => {
                let why = "the log is not an extension of it: its entries were changed";
                self.report.problem(place, why);
            }
            None => {
                let why = format!(
                    "it has {} entries and the log has {}: the log was cut or rolled back",
                    said.head.size,
                    self.edge.size()
                );
                self.report.problem(place, &why);
            }
        }
    }
}
