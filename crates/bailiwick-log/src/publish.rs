//! From the journal to tiles: entries that a durable checkpoint covers become tiles and bundles;
//! when all of them are flushed, the checkpoint takes its place.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use crate::cursor::Cursor;
use crate::edge::{Due, Edge};
use crate::error::{Corruption, LogError, Tried as _};
use crate::frame::FrameKind;
use crate::layout::{flush_file, replace_durably};
use crate::recover::body_root;
use crate::store::Store;
use crate::tile::TileName;

/// Up to so many files are flushed one by one, which does not touch what other programs wrote;
/// more are flushed with all that the file system holds, which takes one flush and not hundreds.
const ONE_BY_ONE: usize = 32;
/// Full tiles are written out when so many bytes of them wait.
const WAITING_BYTES: usize = 1 << 20;

/// Makes tiles. One at a time.
pub(crate) struct Publisher {
    store: Store,
    edge: Edge,
    cursor: Option<Cursor>,
    due: VecDeque<Due>,
    due_bytes: usize,
    /// Files and directories that are not flushed yet. Of files, no more than matter.
    files: Vec<PathBuf>,
    dirs: BTreeSet<PathBuf>,
    last_dir: PathBuf,
    /// The partial resources of the published checkpoint, with their lengths.
    partials: Vec<(TileName, u64)>,
    /// How many bytes are stored, about.
    pub(crate) stored_bytes: u64,
}

/// What one publication did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Published {
    /// How many entries the checkpoint covers.
    pub(crate) size: u64,
    /// Segments with lower numbers are wholly in tiles.
    pub(crate) segment: u64,
}

impl Publisher {
    pub(crate) fn new(store: Store, edge: Edge, stored_bytes: u64) -> Self {
        let partials = named(&edge.partials());
        Self {
            store,
            edge,
            cursor: None,
            due: VecDeque::new(),
            due_bytes: 0,
            files: Vec::new(),
            dirs: BTreeSet::new(),
            last_dir: PathBuf::new(),
            partials,
            stored_bytes,
        }
    }

    /// Publish the checkpoint of that size, which stands in the journal and is durable there.
    /// After an error of the disk it can be tried again.
    pub(crate) fn publish(&mut self, target: u64) -> Result<Published, LogError> {
        self.write_due()?;
        let note = self.gather(target)?;
        self.write_due()?;
        let partials = self.edge.partials();
        let new = named(&partials);
        for (due, name) in partials.iter().zip(&new) {
            // A resource of this name never changes: it need not be written again.
            if !self.partials.contains(name) {
                self.store_one(due)?;
            }
        }
        self.flush()?;
        let disk = &*self.store.disk;
        replace_durably(disk, &self.store.layout.checkpoint(), &note)?;
        let old = std::mem::take(&mut self.partials);
        self.partials = new;
        for (name, len) in old.iter().filter(|it| !self.partials.contains(it)) {
            self.forget(*name);
            self.stored_bytes = self.stored_bytes.saturating_sub(*len);
        }
        let place = self.cursor.as_ref().and_then(Cursor::place);
        let segment = place.map_or(0, |it| it.segment);
        Ok(Published { size: self.edge.size(), segment })
    }

    /// Take entries from the journal up to the checkpoint of the target's size.
    fn gather(&mut self, target: u64) -> Result<Vec<u8>, LogError> {
        let mut cursor = match self.cursor.take() {
            Some(cursor) => cursor,
            None => Cursor::start(&self.store.disk, &self.store.layout, self.edge.size())?
                .ok_or(Corruption::Lost(self.edge.size()))?,
        };
        cursor.refresh();
        let gathered = self.gather_by(&mut cursor, target);
        // After an error the cursor may stand behind entries that were not taken: begin anew.
        if gathered.is_ok() {
            self.cursor = Some(cursor);
        }
        gathered
    }

    fn gather_by(&mut self, cursor: &mut Cursor, target: u64) -> Result<Vec<u8>, LogError> {
        loop {
            let Some(step) = cursor.step()? else {
                return Err(Corruption::Lost(self.edge.size()).into());
            };
            match step.frame.kind {
                FrameKind::Entry => {
                    let mut full = Vec::new();
                    // The frame's check was made with the leaf hash of these very bytes.
                    self.edge.add(step.hash, step.frame.body, step.frame.sealed, &mut full);
                    for due in full {
                        self.due_bytes += due.bytes.len();
                        self.due.push_back(due);
                    }
                }
                FrameKind::Checkpoint if step.frame.index == target => {
                    let note = step.frame.body.to_vec();
                    // INVARIANT: what is published is what was appended. The root is computed
                    // again, from the entries that go into the tiles.
                    if body_root(&note) != Some((target, self.edge.range().root())) {
                        return Err(Corruption::Root(target).into());
                    }
                    return Ok(note);
                }
                FrameKind::Checkpoint => {}
            }
            if self.due_bytes >= WAITING_BYTES {
                self.write_due()?;
            }
        }
    }

    fn write_due(&mut self) -> Result<(), LogError> {
        while let Some(due) = self.due.pop_front() {
            if let Err(error) = self.store_one(&due) {
                self.due.push_front(due);
                return Err(error);
            }
        }
        self.due_bytes = 0;
        Ok(())
    }

    fn store_one(&mut self, due: &Due) -> Result<(), LogError> {
        let disk = &*self.store.disk;
        let path = self.store.layout.dir.join(due.name.path());
        let dir = path.parent().unwrap_or(Path::new("."));
        if dir != self.last_dir {
            disk.create_dir(dir).tried("create", dir)?;
            self.last_dir = dir.to_owned();
        }
        let above = dir.ancestors().take_while(|it| it.starts_with(&self.store.layout.dir));
        for dir in above {
            if !self.dirs.insert(dir.to_owned()) {
                break;
            }
        }
        // Written in place: nobody reads it before the checkpoint covers it, and what a crash
        // leaves of it is written again.
        disk.write(&path, &due.bytes).tried("write", &path)?;
        if self.files.len() <= ONE_BY_ONE {
            self.files.push(path);
        }
        self.stored_bytes += due.bytes.len() as u64;
        Ok(())
    }

    /// Flush all that was stored since the last time.
    fn flush(&mut self) -> Result<(), LogError> {
        let disk = &*self.store.disk;
        if self.files.len() > ONE_BY_ONE {
            let dir = &self.store.layout.dir;
            disk.sync_all(dir).tried("flush", dir)?;
        } else {
            self.files.iter().try_for_each(|file| flush_file(disk, file))?;
            for dir in self.dirs.iter().rev() {
                disk.sync_dir(dir).tried("flush", dir)?;
            }
        }
        self.files.clear();
        self.dirs.clear();
        Ok(())
    }

    /// Remove a partial resource that nobody needs any more. That it stays is no harm.
    fn forget(&self, name: TileName) {
        let path = self.store.layout.dir.join(name.path());
        let disk = &*self.store.disk;
        if disk.remove(&path).is_ok()
            && let Some(dir) = path.parent()
            && disk.list(dir).is_ok_and(|it| it.is_empty())
        {
            // INVARIANT: only this thread makes files here, so an empty directory stays empty.
            let _ = disk.remove(dir);
        }
    }
}

fn named(partials: &[Due]) -> Vec<(TileName, u64)> {
    partials.iter().map(|it| (it.name, it.bytes.len() as u64)).collect()
}
