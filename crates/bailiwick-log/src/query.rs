//! Queries: entries that fit a filter, streamed from the tiles and the journal in either order.

use std::collections::VecDeque;

use bailiwick_core::ExchangeId;

use crate::cursor::Cursor;
use crate::entry::{Entry, Stamp};
use crate::error::{Corruption, LogError};
use crate::filter::Filter;
use crate::frame::{FrameKind, Place};
use crate::reader::Reader;
use crate::tile::{TILE_WIDTH, parse_entries};

/// How far a clock may have been set back without a query by time missing anything.
const SLACK_NS: u64 = 3_600_000_000_000;

/// In which order entries come.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Order {
    /// As they were written.
    OldestFirst,
    /// The other way round.
    NewestFirst,
}

impl Reader {
    /// The index of an exchange's first entry, its decision or refusal; `None` when there is
    /// none. The id tells the time, so that only a part of the log is looked at, unless there is
    /// no such exchange.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub fn find(&self, exchange: ExchangeId) -> Result<Option<u64>, LogError> {
        let filter = Filter { exchange: Some(exchange), ..Filter::default() };
        let whole = || Query::new(self, filter.clone(), Order::OldestFirst, 1);
        let likely = whole()?.skip_before(exchange_time(exchange))?.next();
        let found = match likely {
            Some(found) => Some(found),
            None => whole()?.next(),
        };
        Ok(found.transpose()?.map(|it| it.index))
    }

    /// The entries from this index on, oldest first.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub fn entries_from(
        &self,
        index: u64,
    ) -> Result<impl Iterator<Item = Result<Entry, LogError>>, LogError> {
        let mut query = Query::new(self, Filter::default(), Order::OldestFirst, usize::MAX)?;
        // The tail of the journal comes after all bundles, and is looked at whole.
        query.chunks.start = (index / TILE_WIDTH).min(query.size.div_ceil(TILE_WIDTH));
        Ok(query.skip_while(move |it| it.as_ref().is_ok_and(|it| it.index < index)))
    }

    /// The entries that fit the filter, at most `limit` of them.
    ///
    /// # Errors
    /// [`LogError`] when the log cannot be read.
    pub fn query(&self, filter: Filter, order: Order, limit: usize) -> Result<Query<'_>, LogError> {
        Query::new(self, filter, order, limit)
    }
}

/// A running query. It holds at most one bundle of entries at a time.
#[derive(Debug)]
pub struct Query<'a> {
    reader: &'a Reader,
    filter: Filter,
    order: Order,
    left: usize,
    /// The published size when the query began.
    size: u64,
    /// Where each 256 entries of the journal behind it begin.
    marks: Vec<Place>,
    /// The chunks that are still to be read: bundles first, then marks.
    chunks: std::ops::Range<u64>,
    ready: VecDeque<Entry>,
}

impl<'a> Query<'a> {
    pub(crate) fn new(
        reader: &'a Reader,
        filter: Filter,
        order: Order,
        limit: usize,
    ) -> Result<Self, LogError> {
        let size = reader.checkpoint()?.head.size;
        let marks = marks(reader, size)?;
        let end = size.div_ceil(TILE_WIDTH) + marks.len() as u64;
        let ready = VecDeque::new();
        let chunks = 0..end;
        let mut query = Self { reader, filter, order, left: limit, size, marks, chunks, ready };
        if let Some(since) = query.filter.since {
            query = query.skip_before(since.ns())?;
        }
        Ok(query)
    }

    /// Leave out the bundles that are older than that time, by more than clocks err.
    pub(crate) fn skip_before(mut self, ns: u64) -> Result<Self, LogError> {
        let wanted = ns.saturating_sub(SLACK_NS);
        let (mut low, mut high) = (0, self.size.div_ceil(TILE_WIDTH));
        while low < high {
            let middle = low + (high - low) / 2;
            let (bytes, width) = self.reader.store.bundle(middle, self.size)?;
            let entries = parse_entries(&bytes, width).unwrap_or_default();
            let first = entries.first().and_then(|it| Stamp::split(it).ok());
            if first.is_some_and(|(stamp, _)| stamp.at.ns() < wanted) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        self.chunks.start = low.saturating_sub(1);
        Ok(self)
    }

    fn load(&mut self) -> Result<bool, LogError> {
        let next = match self.order {
            Order::OldestFirst => self.chunks.next(),
            Order::NewestFirst => self.chunks.next_back(),
        };
        let Some(chunk) = next else { return Ok(false) };
        let bundles = self.size.div_ceil(TILE_WIDTH);
        let mut entries = match chunk.checked_sub(bundles) {
            None => self.load_bundle(chunk)?,
            Some(mark) => self.load_tail(mark)?,
        };
        if let Some(until) = self.filter.until {
            let late = until.ns().saturating_add(SLACK_NS);
            let all_late = !entries.is_empty() && entries.iter().all(|it| it.at.ns() > late);
            if all_late && self.order == Order::OldestFirst {
                self.chunks = 0..0;
            }
        }
        entries.retain(|it| self.filter.fits(it));
        if self.order == Order::NewestFirst {
            entries.reverse();
        }
        self.ready.extend(entries);
        Ok(true)
    }

    fn load_bundle(&self, number: u64) -> Result<Vec<Entry>, LogError> {
        let (bytes, width) = self.reader.store.bundle(number, self.size)?;
        let entries = parse_entries(&bytes, width).unwrap_or_default();
        let first = number * TILE_WIDTH;
        (first..).zip(entries).map(|(index, bytes)| read(index, bytes)).collect()
    }

    fn load_tail(&self, mark: u64) -> Result<Vec<Entry>, LogError> {
        let first = self.size + mark * TILE_WIDTH;
        let place = usize::try_from(mark).ok().and_then(|it| self.marks.get(it));
        let store = &self.reader.store;
        let cursor = match place {
            Some(place) => Cursor::at(&store.disk, &store.layout, *place, first)?,
            None => None,
        };
        let mut entries = Vec::new();
        if let Some(mut cursor) = cursor {
            while entries.len() < 256
                && let Some(step) = cursor.step()?
            {
                if step.frame.kind == FrameKind::Entry {
                    entries.push(read(step.frame.index, step.frame.body)?);
                }
            }
        }
        if entries.is_empty() {
            // The segment was made into tiles meanwhile.
            for index in first..first + TILE_WIDTH {
                let Some(bytes) = self.reader.entry_bytes(index)? else { break };
                entries.push(read(index, &bytes)?);
            }
        }
        Ok(entries)
    }
}

impl Iterator for Query<'_> {
    type Item = Result<Entry, LogError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        while self.ready.is_empty() {
            match self.load() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.left = 0;
                    return Some(Err(error));
                }
            }
        }
        self.left -= 1;
        self.ready.pop_front().map(Ok)
    }
}

fn read(index: u64, bytes: &[u8]) -> Result<Entry, LogError> {
    let entry = Entry::parse(bytes).map_err(|source| Corruption::Entry { index, source })?;
    if entry.index == index { Ok(entry) } else { Err(Corruption::Misplaced(index).into()) }
}

fn marks(reader: &Reader, size: u64) -> Result<Vec<Place>, LogError> {
    let store = &reader.store;
    let mut marks = Vec::new();
    let Some(mut cursor) = Cursor::start(&store.disk, &store.layout, size)? else {
        return Ok(marks);
    };
    while let Some(step) = cursor.step()? {
        let behind = step.frame.index.saturating_sub(size);
        if step.frame.kind == FrameKind::Entry && behind.is_multiple_of(TILE_WIDTH) {
            marks.push(step.place);
        }
    }
    Ok(marks)
}

/// The time at which an exchange began, in nanoseconds, as its id says.
fn exchange_time(exchange: ExchangeId) -> u64 {
    let ms = exchange.as_bytes().iter().take(6).fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
    ms.saturating_mul(1_000_000)
}
