//! Writing the journal: frames into preallocated segments, one after the other.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile};
use crate::error::{LogError, Tried as _};
use crate::frame::{Frame, Place, SEGMENT_HEADER, SegmentHeader, frame_len};
use crate::layout::Layout;
use crate::tree::Hash;

/// The writing end of the journal.
pub(crate) struct Journal {
    disk: Arc<dyn Disk>,
    layout: Layout,
    active: Active,
    /// Segments that are ready to be written to.
    spares: VecDeque<(PathBuf, u64)>,
    /// Files with bytes that were not flushed.
    unflushed: Vec<Arc<dyn DiskFile>>,
    names_unflushed: bool,
    buffer: Vec<u8>,
}

struct Active {
    number: u64,
    file: Arc<dyn DiskFile>,
    offset: u64,
    len: u64,
    dirty: bool,
}

/// What has to be flushed for all that was written so far to be durable.
pub(crate) struct Unflushed {
    pub(crate) files: Vec<Arc<dyn DiskFile>>,
    pub(crate) names: bool,
}

impl Journal {
    /// Go on writing at `tail`.
    pub(crate) fn resume(
        disk: &Arc<dyn Disk>,
        layout: &Layout,
        tail: Place,
    ) -> Result<Self, LogError> {
        let path = layout.segment(tail.segment);
        let file = disk.open(&path, true).tried("open", &path)?;
        let len = file.size().tried("measure", &path)?;
        let (number, offset) = (tail.segment, tail.offset);
        Ok(Self {
            disk: Arc::clone(disk),
            layout: layout.clone(),
            active: Active { number, file, offset, len, dirty: false },
            spares: VecDeque::new(),
            unflushed: Vec::new(),
            names_unflushed: false,
            buffer: Vec::with_capacity(8192),
        })
    }

    /// How many bytes can be written before another segment has to be prepared.
    pub(crate) fn room(&self) -> u64 {
        let spare: u64 = self.spares.iter().map(|(_, len)| *len).sum();
        self.active.len.saturating_sub(self.active.offset).saturating_add(spare)
    }

    /// Whether a frame with these lengths fits into the segment that is being written.
    pub(crate) fn fits(&self, body: usize, sealed: usize) -> bool {
        let end = self.active.offset.saturating_add(frame_len(body, sealed) as u64);
        end <= self.active.len
    }

    /// The number of the segment that is being written.
    pub(crate) const fn number(&self) -> u64 {
        self.active.number
    }

    pub(crate) fn spares(&self) -> usize {
        self.spares.len()
    }

    pub(crate) fn add_spare(&mut self, path: PathBuf, len: u64) {
        self.spares.push_back((path, len));
    }

    /// Begin the next segment, whose first entry will be `first`; `false` when none is ready.
    pub(crate) fn turn(&mut self, first: u64, durable: u64) -> io::Result<bool> {
        let Some((spare, len)) = self.spares.pop_front() else { return Ok(false) };
        let number = self.active.number + 1;
        let path = self.layout.segment(number);
        self.disk.rename(&spare, &path)?;
        self.names_unflushed = true;
        let file = self.disk.open(&path, true)?;
        file.write_at(0, &SegmentHeader { segment: number, first, durable }.encode())?;
        if self.active.dirty {
            self.unflushed.push(Arc::clone(&self.active.file));
        }
        let offset = SEGMENT_HEADER as u64;
        self.active = Active { number, file, offset, len, dirty: true };
        Ok(true)
    }

    /// Write one frame, which fits. When this returns, it survives the process.
    pub(crate) fn write(&mut self, frame: &Frame<'_>, hash: &Hash) -> io::Result<()> {
        let active = &mut self.active;
        let place = Place { segment: active.number, offset: active.offset };
        self.buffer.clear();
        frame.encode(place, hash, &mut self.buffer);
        active.dirty = true;
        active.file.write_at(active.offset, &self.buffer)?;
        active.offset += self.buffer.len() as u64;
        Ok(())
    }

    /// Take over what has to be flushed.
    pub(crate) fn take_unflushed(&mut self) -> Unflushed {
        let mut files = std::mem::take(&mut self.unflushed);
        if std::mem::take(&mut self.active.dirty) {
            files.push(Arc::clone(&self.active.file));
        }
        Unflushed { files, names: std::mem::take(&mut self.names_unflushed) }
    }
}

/// Make the first segment of a journal, whose first entry will be `first`.
pub(crate) fn first_segment(
    disk: &dyn Disk,
    layout: &Layout,
    first: u64,
    len: u64,
) -> Result<(), LogError> {
    let path = layout.segment(1);
    disk.create_dir(&layout.journal()).tried("create", &path)?;
    disk.preallocate(&path, len).tried("prepare", &path)?;
    let file = disk.open(&path, true).tried("open", &path)?;
    let header = SegmentHeader { segment: 1, first, durable: first };
    file.write_at(0, &header.encode()).tried("write", &path)?;
    file.sync_data().tried("flush", &path)?;
    let dir = layout.journal();
    disk.sync_dir(&dir).tried("flush", &dir)?;
    disk.sync_dir(&layout.dir).tried("flush", &layout.dir)
}
