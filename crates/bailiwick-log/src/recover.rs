//! Opening a log: the published tree, and what the journal adds to it. What was known to be
//! durable has to be there; what a loss of power tore is cut off and reported.

use std::path::PathBuf;
use std::sync::Arc;

use crate::checkpoint::Checkpoint;
use crate::cursor::{Cursor, Segment};
use crate::disk::Disk;
use crate::edge::Edge;
use crate::entry::Stamp;
use crate::error::{Corruption, LogError, Tried as _};
use crate::frame::{FRAME_HEADER, FrameKind, Place};
use crate::layout::{Layout, segments};
use crate::note::VerifierKey;
use crate::store::Store;
use crate::tile::{TILE_WIDTH, parse_entries};
use crate::tree::CompactRange;

/// What opening a log found.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Recovery {
    /// How many entries the published checkpoint covers.
    pub published: u64,
    /// How many entries the journal had beyond it.
    pub replayed: u64,
    /// How many frames behind a torn place were cut off. None of them was known to be durable.
    pub cut_off: u64,
}

/// The state of a log as recovery found it.
pub(crate) struct Recovered {
    pub(crate) published: Checkpoint,
    pub(crate) edge: Edge,
    pub(crate) tree: CompactRange,
    /// The boot of the last entry; nought when there is none.
    pub(crate) boot: u64,
    /// Where the next frame goes; `None` when there is no journal.
    pub(crate) tail: Option<Place>,
    pub(crate) report: Recovery,
}

/// Read the published tree and replay the journal behind it. Changes nothing.
pub(crate) fn look(
    store: &Store,
    keys: &[VerifierKey],
) -> Result<(Recovered, Leftovers), LogError> {
    let published = store.checkpoint(keys)?;
    let size = published.head.size;
    let edge = store.edge(size)?;
    let tree = edge.range();
    if tree.root() != published.head.root {
        return Err(Corruption::Root(size).into());
    }
    let boot = last_boot(store, size)?;
    let report = Recovery { published: size, ..Recovery::default() };
    let mut found = Recovered { published, edge, tree, boot, tail: None, report };
    if let Some(mut cursor) = Cursor::start(&store.disk, &store.layout, size)? {
        replay(&mut found, &mut cursor)?;
        found.tail = cursor.place();
    } else if !segments(&*store.disk, &store.layout)?.is_empty() {
        return Err(Corruption::Lost(size).into());
    } else {
        return Err(Corruption::Missing("journal".into()).into());
    }
    let leftovers = Leftovers::find(store, found.tail, found.tree.size())?;
    found.report.cut_off = leftovers.frames.len() as u64;
    Ok((found, leftovers))
}

fn replay(found: &mut Recovered, cursor: &mut Cursor) -> Result<(), LogError> {
    while let Some(step) = cursor.step()? {
        let index = step.frame.index;
        match step.frame.kind {
            FrameKind::Entry => {
                let (stamp, _) = Stamp::split(step.frame.body)
                    .map_err(|source| Corruption::Entry { index, source })?;
                let steady = stamp.boot == found.boot || stamp.boot == found.boot + 1;
                if stamp.index != index || !steady {
                    return Err(Corruption::Misplaced(index).into());
                }
                found.boot = stamp.boot;
                found.tree.push(step.hash);
                found.report.replayed += 1;
            }
            FrameKind::Checkpoint => {
                let said = body_root(step.frame.body);
                if said != Some((index, found.tree.root())) {
                    return Err(Corruption::Root(index).into());
                }
            }
        }
    }
    Ok(())
}

/// What a journal checkpoint says, its signature aside: the journal's own check covers it.
pub(crate) fn body_root(note: &[u8]) -> Option<(u64, crate::tree::Hash)> {
    let text = std::str::from_utf8(note).ok()?;
    let (body, _) = text.split_once("\n\n")?;
    let made = Checkpoint::parse_body(&format!("{body}\n")).ok()?;
    Some((made.head.size, made.head.root))
}

fn last_boot(store: &Store, size: u64) -> Result<u64, LogError> {
    let Some(last) = size.checked_sub(1) else { return Ok(0) };
    let (bytes, width) = store.bundle(last / TILE_WIDTH, size)?;
    let entries = parse_entries(&bytes, width).unwrap_or_default();
    let entry = entries.last().copied().unwrap_or_default();
    let (stamp, _) =
        Stamp::split(entry).map_err(|source| Corruption::Entry { index: last, source })?;
    if stamp.index == last { Ok(stamp.boot) } else { Err(Corruption::Misplaced(last).into()) }
}

/// What lies in the journal behind the end of the row.
#[derive(Default)]
pub(crate) struct Leftovers {
    /// Valid frames that nothing leads to.
    frames: Vec<Place>,
    /// Segments that are not part of the row.
    stray: Vec<PathBuf>,
}

impl Leftovers {
    /// Find them. One that says that more was durable than is there proves a loss.
    pub(crate) fn find(store: &Store, tail: Option<Place>, size: u64) -> Result<Self, LogError> {
        let mut made = Self::default();
        let Some(tail) = tail else { return Ok(made) };
        for number in segments(&*store.disk, &store.layout)? {
            let Some(mut segment) = Segment::open(&*store.disk, &store.layout, number)? else {
                continue;
            };
            if number < tail.segment {
                if segment.header.is_none() {
                    made.stray.push(store.layout.segment(number));
                }
                continue;
            }
            if number == tail.segment {
                segment.offset = tail.offset;
                segment.refresh();
            } else {
                made.stray.push(store.layout.segment(number));
                if segment.header.is_some_and(|it| it.durable > size) {
                    return Err(Corruption::Lost(size).into());
                }
            }
            made.sweep(&store.layout, &mut segment, size)?;
        }
        Ok(made)
    }

    fn sweep(&mut self, layout: &Layout, segment: &mut Segment, size: u64) -> Result<(), LogError> {
        let path = layout.segment(segment.number);
        while segment.resync().tried("read", &path)? {
            let Some((frame, place, _)) = segment.next().tried("read", &path)? else { break };
            if frame.durable > size {
                return Err(Corruption::Lost(size).into());
            }
            self.frames.push(place);
        }
        Ok(())
    }

    /// Make them disappear, so that no later opening meets them, and flush all that was replayed:
    /// after this every entry of the row is durable.
    pub(crate) fn clear(
        &self,
        disk: &Arc<dyn Disk>,
        layout: &Layout,
        from: u64,
    ) -> Result<(), LogError> {
        for path in self.stray.iter().rev() {
            disk.remove(path).tried("remove", path)?;
        }
        for number in segments(&**disk, layout)?.into_iter().filter(|it| *it >= from) {
            let path = layout.segment(number);
            let file = disk.open(&path, true).tried("open", &path)?;
            for place in self.frames.iter().filter(|it| it.segment == number) {
                file.write_at(place.offset, &[0; FRAME_HEADER]).tried("write", &path)?;
            }
            file.sync_data().tried("flush", &path)?;
        }
        let dir = layout.journal();
        disk.sync_dir(&dir).tried("flush", &dir)
    }
}
