//! Reading the journal: frame after frame, over the bounds of segments, from a given entry on.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use crate::disk::{Disk, DiskFile};
use crate::error::{LogError, Tried as _};
use crate::frame::{
    ALIGN, FRAME_HEADER, Frame, FrameKind, NoFrame, Parsed, Place, SEGMENT_HEADER, SegmentHeader,
    begins_frame, frame_claim, frame_span, parse_frame,
};
use crate::layout::{Layout, segments};
use crate::tree::Hash;

/// How much is read at once: little at first, more when the reading goes on.
const WINDOW_FIRST: usize = 8 * 1024;
const WINDOW: usize = 256 * 1024;

/// A segment, read through a window.
pub(crate) struct Segment {
    file: Arc<dyn DiskFile>,
    pub(crate) number: u64,
    /// The header; `None` when it is not good.
    pub(crate) header: Option<SegmentHeader>,
    /// Where the next frame begins.
    pub(crate) offset: u64,
    window: Vec<u8>,
    /// Where the window begins in the file.
    begin: u64,
    /// How much is read next.
    ahead_bytes: usize,
}

impl Segment {
    /// Open a segment; `None` when it is gone.
    pub(crate) fn open(
        disk: &dyn Disk,
        layout: &Layout,
        number: u64,
    ) -> Result<Option<Self>, LogError> {
        let path = layout.segment(number);
        let file = match disk.open(&path, false) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(LogError::Io { what: "open", path, source }),
        };
        let mut segment = Self {
            file,
            number,
            header: None,
            offset: 0,
            window: Vec::new(),
            begin: 0,
            ahead_bytes: WINDOW_FIRST,
        };
        segment.fill(SEGMENT_HEADER).tried("read", &path)?;
        let header = SegmentHeader::parse(segment.ahead());
        segment.header = header.filter(|it| it.segment == number);
        segment.offset = SEGMENT_HEADER as u64;
        Ok(Some(segment))
    }

    /// The bytes of the window from the next frame on.
    fn ahead(&self) -> &[u8] {
        let skip = usize::try_from(self.offset.saturating_sub(self.begin)).unwrap_or(usize::MAX);
        self.window.get(skip..).unwrap_or_default()
    }

    /// Have `need` bytes ahead, or all that the file has.
    fn fill(&mut self, need: usize) -> io::Result<()> {
        if self.ahead().len() >= need {
            return Ok(());
        }
        let kept = self.ahead().to_vec();
        let want = need.max(self.ahead_bytes);
        self.ahead_bytes = (self.ahead_bytes * 2).min(WINDOW);
        let had = kept.len();
        self.window = kept;
        self.begin = self.offset;
        self.window.resize(want, 0);
        let mut filled = had;
        while let Some(rest) = self.window.get_mut(filled..).filter(|it| !it.is_empty()) {
            let read = self.file.read_at(self.begin.saturating_add(filled as u64), rest)?;
            if read == 0 {
                break;
            }
            filled += read;
        }
        self.window.truncate(filled);
        Ok(())
    }

    /// Forget what was read ahead, because the file may have grown since.
    pub(crate) fn refresh(&mut self) {
        self.window.clear();
        self.begin = self.offset;
        self.ahead_bytes = WINDOW_FIRST;
    }

    /// The next frame; `None` when there is none here.
    pub(crate) fn next(&mut self) -> io::Result<Option<(Frame<'_>, Place, Hash)>> {
        self.fill(FRAME_HEADER)?;
        let Some(span) = frame_span(self.ahead()) else { return Ok(None) };
        self.fill(span)?;
        let place = Place { segment: self.number, offset: self.offset };
        let skip = usize::try_from(self.offset.saturating_sub(self.begin)).unwrap_or(usize::MAX);
        let bytes = self.window.get(skip..).unwrap_or_default();
        let parsed: Result<Parsed<'_>, NoFrame> = parse_frame(place, bytes);
        let Ok((frame, len, hash)) = parsed else { return Ok(None) };
        self.offset = self.offset.saturating_add(len as u64);
        Ok(Some((frame, place, hash)))
    }

    /// The index and the length that the frame here claims, unchecked.
    fn head(&mut self) -> io::Result<Option<(u64, usize)>> {
        self.fill(FRAME_HEADER)?;
        Ok(frame_claim(self.ahead()))
    }

    /// Go to the next place, from here on, where a frame begins; `false` at the end of the file.
    pub(crate) fn resync(&mut self) -> io::Result<bool> {
        loop {
            self.fill(FRAME_HEADER)?;
            let ahead = self.ahead();
            if ahead.len() < FRAME_HEADER {
                return Ok(false);
            }
            let last = ahead.len() - FRAME_HEADER;
            let found = ahead.chunks_exact(ALIGN).position(begins_frame);
            match found.map(|at| at * ALIGN).filter(|at| *at <= last) {
                Some(at) => {
                    self.offset += at as u64;
                    if self.peek()? {
                        return Ok(true);
                    }
                    self.offset += ALIGN as u64;
                }
                None => self.offset += (last / ALIGN * ALIGN + ALIGN) as u64,
            }
        }
    }

    fn peek(&mut self) -> io::Result<bool> {
        let offset = self.offset;
        let found = self.next()?.is_some();
        self.offset = offset;
        // The window may have moved; it begins at or before the offset all the same.
        Ok(found)
    }
}

/// What a cursor yields.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step<'a> {
    pub(crate) frame: Frame<'a>,
    pub(crate) place: Place,
    /// The leaf hash, for an entry.
    pub(crate) hash: Hash,
}

/// Reads entries and checkpoints in order, from one entry on. It ends at the first place where
/// no valid frame continues the row.
pub(crate) struct Cursor {
    disk: Arc<dyn Disk>,
    layout: Layout,
    /// Where the journal is: named when it cannot be read.
    dir: PathBuf,
    segment: Option<Segment>,
    /// The index of the entry that comes next.
    pub(crate) next: u64,
    from: u64,
}

impl Cursor {
    /// A cursor whose first entry is `from`. `None` when the journal does not reach back to it.
    pub(crate) fn start(
        disk: &Arc<dyn Disk>,
        layout: &Layout,
        from: u64,
    ) -> Result<Option<Self>, LogError> {
        let mut chosen = None;
        for number in segments(&**disk, layout)?.into_iter().rev() {
            let Some(segment) = Segment::open(&**disk, layout, number)? else { continue };
            if segment.header.is_some_and(|it| it.first <= from) {
                chosen = Some(segment);
                break;
            }
        }
        let Some(segment) = chosen else { return Ok(None) };
        let cursor = Self {
            disk: Arc::clone(disk),
            layout: layout.clone(),
            dir: layout.journal(),
            segment: Some(segment),
            next: from,
            from,
        };
        Ok(Some(cursor))
    }

    /// A cursor that stands before the entry `next`, whose place is known.
    pub(crate) fn at(
        disk: &Arc<dyn Disk>,
        layout: &Layout,
        place: Place,
        next: u64,
    ) -> Result<Option<Self>, LogError> {
        let Some(mut segment) = Segment::open(&**disk, layout, place.segment)? else {
            return Ok(None);
        };
        segment.offset = place.offset;
        segment.refresh();
        let (disk, layout, dir) = (Arc::clone(disk), layout.clone(), layout.journal());
        Ok(Some(Self { disk, layout, dir, segment: Some(segment), next, from: next }))
    }

    /// The number of the segment that is being read, and the offset in it.
    pub(crate) fn place(&self) -> Option<Place> {
        let segment = self.segment.as_ref()?;
        Some(Place { segment: segment.number, offset: segment.offset })
    }

    /// Forget what was read ahead, because more may have been written since.
    pub(crate) fn refresh(&mut self) {
        if let Some(segment) = self.segment.as_mut() {
            segment.refresh();
        }
    }

    /// The next frame in the row: the entry `next`, or a checkpoint of that size.
    pub(crate) fn step(&mut self) -> Result<Option<Step<'_>>, LogError> {
        if !self.advance()? {
            return Ok(None);
        }
        let Some(segment) = self.segment.as_mut() else { return Ok(None) };
        let Some((frame, place, hash)) = segment.next().tried("read", &self.dir)? else {
            return Ok(None);
        };
        if frame.kind == FrameKind::Entry {
            self.next += 1;
        }
        Ok(Some(Step { frame, place, hash }))
    }

    /// Come to stand before the next frame of the row; `false` when there is none.
    fn advance(&mut self) -> Result<bool, LogError> {
        // Damage before the first entry that is wanted is stepped over.
        let begins = self.next == self.from;
        loop {
            let Some(segment) = self.segment.as_mut() else { return Ok(false) };
            let begin = segment.offset;
            match segment.head().tried("read", &self.dir)? {
                Some((index, span)) if index < self.next => segment.offset += span as u64,
                Some((index, _)) if index == self.next => {
                    if !begins || segment.peek().tried("read", &self.dir)? {
                        return Ok(true);
                    }
                    segment.offset += ALIGN as u64;
                    if !self.resync()? {
                        return self.rest(begin);
                    }
                }
                Some(_) => return Ok(false),
                None => {
                    if !(begins && self.resync()? || self.follow(begin)?) {
                        return self.rest(begin);
                    }
                }
            }
        }
    }

    /// Stay where the row ended.
    fn rest(&mut self, begin: u64) -> Result<bool, LogError> {
        if let Some(segment) = self.segment.as_mut() {
            segment.offset = begin;
            segment.refresh();
        }
        Ok(false)
    }

    fn resync(&mut self) -> Result<bool, LogError> {
        let Some(segment) = self.segment.as_mut() else { return Ok(false) };
        if !segment.resync().tried("read", &self.dir)? {
            return Ok(false);
        }
        let head = segment.head().tried("read", &self.dir)?;
        Ok(head.is_some_and(|(index, _)| index <= self.next))
    }

    /// Go on to the next segment, if it begins with the next entry.
    fn follow(&mut self, begin: u64) -> Result<bool, LogError> {
        let Some(segment) = self.segment.as_mut() else { return Ok(false) };
        let number = segment.number.saturating_add(1);
        let Some(after) = Segment::open(&*self.disk, &self.layout, number)? else {
            return Ok(false);
        };
        if after.header.is_none_or(|it| it.first != self.next) {
            segment.offset = begin;
            return Ok(false);
        }
        self.segment = Some(after);
        Ok(true)
    }
}
