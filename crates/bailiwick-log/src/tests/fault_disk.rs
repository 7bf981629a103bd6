//! A disk in memory that keeps apart what was written and what was flushed, and that fails at a
//! chosen operation.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::disk::{Disk, DiskFile};

/// How an operation goes wrong.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Fault {
    /// It was not done, and says so.
    Lost,
    /// It was done, and says that it was not.
    LostButDone,
    /// It was done; then the power went.
    CrashAfter,
}

pub(crate) const FAULTS: [Fault; 3] = [Fault::Lost, Fault::LostButDone, Fault::CrashAfter];

const PAGE: usize = 4096;

#[derive(Clone, Debug, Default)]
struct Node {
    now: Vec<u8>,
    flushed: Vec<u8>,
    pages: BTreeSet<usize>,
}

#[derive(Clone, Debug, Default)]
struct State {
    nodes: Vec<Node>,
    names: BTreeMap<PathBuf, usize>,
    flushed_names: BTreeMap<PathBuf, usize>,
    dirs: BTreeSet<PathBuf>,
    ops: u64,
    plan: Option<(u64, Fault)>,
    down: bool,
    locked: bool,
    trace: Vec<String>,
    full_above: Option<u64>,
}

/// The disk. Clones are the same disk.
#[derive(Clone, Debug, Default)]
pub(crate) struct FaultDisk(Arc<Mutex<State>>);

impl FaultDisk {
    /// Fail at the operation with this number, counted from here.
    pub(crate) fn plan(&self, op: u64, fault: Fault) {
        let mut state = self.0.lock().unwrap();
        state.plan = Some((state.ops + op, fault));
    }

    /// Another disk with the same on it.
    pub(crate) fn snapshot(&self) -> Self {
        let mut state = self.0.lock().unwrap();
        // What no name leads to is gone for good.
        let named: BTreeSet<usize> =
            state.names.values().chain(state.flushed_names.values()).copied().collect();
        for (at, node) in state.nodes.iter_mut().enumerate() {
            if !named.contains(&at) {
                *node = Node::default();
            }
        }
        let state = state.clone();
        Self(Arc::new(Mutex::new(state)))
    }

    /// How many operations there were so far.
    pub(crate) fn ops(&self) -> u64 {
        self.0.lock().unwrap().ops
    }

    pub(crate) fn last_op(&self) -> String {
        self.0.lock().unwrap().trace.last().cloned().unwrap_or_default()
    }

    /// The names of the operations so far, from one on.
    pub(crate) fn trace(&self, from: u64) -> Vec<String> {
        self.0.lock().unwrap().trace[from as usize..].to_vec()
    }

    /// New files take no more than this together, from now on.
    pub(crate) fn full_above(&self, bytes: Option<u64>) {
        self.0.lock().unwrap().full_above = bytes;
    }

    /// The power goes: of what was not flushed, pages survive as the seed says. Names that were
    /// not flushed are gone.
    pub(crate) fn power_loss(&self, seed: u64) {
        let mut state = self.0.lock().unwrap();
        let mut random = seed;
        for node in state.nodes.iter_mut().filter(|it| !it.pages.is_empty()) {
            let mut after = node.flushed.clone();
            for &page in &node.pages {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                if random >> 62 & 1 == 1 {
                    let end = ((page + 1) * PAGE).min(node.now.len());
                    let begin = (page * PAGE).min(end);
                    if after.len() < end {
                        after.resize(end, 0);
                    }
                    after[begin..end].copy_from_slice(&node.now[begin..end]);
                }
            }
            node.now = after.clone();
            node.flushed = after;
            node.pages.clear();
        }
        state.names = state.flushed_names.clone();
        Self::rise(&mut state);
    }

    /// The process dies and the machine lives on.
    pub(crate) fn process_loss(&self) {
        Self::rise(&mut self.0.lock().unwrap());
    }

    fn rise(state: &mut State) {
        (state.down, state.locked, state.plan) = (false, false, None);
    }

    /// Count an operation that changes something, and let it go wrong if that is the plan.
    fn change<T>(
        &self,
        what: String,
        act: impl FnOnce(&mut State) -> io::Result<T>,
    ) -> io::Result<T> {
        let mut state = self.0.lock().unwrap();
        if state.down {
            return Err(io::Error::other("the power is off"));
        }
        let here = state.plan.filter(|(op, _)| *op == state.ops);
        state.ops += 1;
        state.trace.push(what);
        match here {
            None => act(&mut state),
            Some((_, Fault::Lost)) => Err(io::Error::other("lost")),
            Some((_, Fault::LostButDone)) => {
                act(&mut state)?;
                Err(io::Error::other("lost, but done"))
            }
            Some((_, Fault::CrashAfter)) => {
                let done = act(&mut state);
                state.down = true;
                done
            }
        }
    }

    fn look<T>(&self, act: impl FnOnce(&State) -> io::Result<T>) -> io::Result<T> {
        let state = self.0.lock().unwrap();
        if state.down { Err(io::Error::other("the power is off")) } else { act(&state) }
    }
}

fn find(state: &State, path: &Path) -> io::Result<usize> {
    state.names.get(path).copied().ok_or_else(|| io::ErrorKind::NotFound.into())
}

impl State {
    fn put(&mut self, path: &Path, bytes: Vec<u8>) -> io::Result<()> {
        let all: usize = self.names.values().map(|it| self.nodes[*it].now.len()).sum();
        if self.full_above.is_some_and(|it| (all + bytes.len()) as u64 > it) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.nodes.push(Node { now: bytes.clone(), flushed: bytes, pages: BTreeSet::new() });
        self.names.insert(path.to_owned(), self.nodes.len() - 1);
        Ok(())
    }
}

impl Disk for FaultDisk {
    fn create_dir(&self, path: &Path) -> io::Result<()> {
        self.change(format!("create_dir {path:?}"), |state| {
            state.dirs.extend(path.ancestors().map(Path::to_owned));
            Ok(())
        })
    }

    fn preallocate(&self, path: &Path, len: u64) -> io::Result<()> {
        self.change(format!("preallocate {path:?}"), |state| state.put(path, vec![0; len as usize]))
    }

    fn write(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        self.change(format!("write {path:?}"), |state| {
            state.put(path, bytes.to_vec())?;
            if let Some(node) = state.nodes.last_mut() {
                node.flushed.clear();
                node.pages.extend(0..bytes.len().div_ceil(PAGE));
            }
            Ok(())
        })
    }

    fn sync_all(&self, path: &Path) -> io::Result<()> {
        self.change(format!("sync_all {path:?}"), |state| {
            for node in state.nodes.iter_mut().filter(|it| !it.pages.is_empty()) {
                node.flushed = node.now.clone();
                node.pages.clear();
            }
            state.flushed_names = state.names.clone();
            Ok(())
        })
    }

    fn open(&self, path: &Path, _writable: bool) -> io::Result<Arc<dyn DiskFile>> {
        let node = self.look(|state| find(state, path))?;
        Ok(Arc::new(FaultFile { disk: self.clone(), node }))
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        self.look(|state| Ok(state.nodes[find(state, path)?].now.clone()))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.change(format!("rename {from:?} {to:?}"), |state| {
            let node = find(state, from)?;
            state.names.remove(from);
            state.names.insert(to.to_owned(), node);
            Ok(())
        })
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.change(format!("remove {path:?}"), |state| {
            if state.dirs.remove(path) {
                return Ok(());
            }
            find(state, path)?;
            state.names.remove(path);
            Ok(())
        })
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.change(format!("sync_dir {path:?}"), |state| {
            state.flushed_names.retain(|name, _| name.parent() != Some(path));
            let here = state.names.iter().filter(|(name, _)| name.parent() == Some(path));
            let here: Vec<_> = here.map(|(name, node)| (name.clone(), *node)).collect();
            state.flushed_names.extend(here);
            Ok(())
        })
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.look(|state| {
            let names = state.names.keys().chain(&state.dirs);
            let here = names.filter(|it| it.parent() == Some(path));
            Ok(here.filter_map(|it| it.file_name()?.to_str().map(str::to_owned)).collect())
        })
    }

    fn lock(&self, _path: &Path) -> io::Result<Box<dyn Send + Sync>> {
        let mut state = self.0.lock().unwrap();
        if std::mem::replace(&mut state.locked, true) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        Ok(Box::new(Unlock(self.clone())))
    }

    fn free(&self, _path: &Path) -> io::Result<u64> {
        Ok(1 << 40)
    }
}

struct Unlock(FaultDisk);

impl Drop for Unlock {
    fn drop(&mut self) {
        if let Ok(mut state) = self.0.0.lock() {
            state.locked = false;
        }
    }
}

struct FaultFile {
    disk: FaultDisk,
    node: usize,
}

impl DiskFile for FaultFile {
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let offset = offset as usize;
        self.disk.change(format!("write_at {offset}"), |state| {
            let node = &mut state.nodes[self.node];
            let end = offset + bytes.len();
            if node.now.len() < end {
                node.now.resize(end, 0);
            }
            node.now[offset..end].copy_from_slice(bytes);
            node.pages.extend(offset / PAGE..=(end - 1) / PAGE);
            Ok(())
        })
    }

    fn sync_data(&self) -> io::Result<()> {
        self.disk.change("sync_data".into(), |state| {
            let node = &mut state.nodes[self.node];
            node.flushed = node.now.clone();
            node.pages.clear();
            Ok(())
        })
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        self.disk.look(|state| {
            let bytes = state.nodes[self.node].now.get(offset as usize..).unwrap_or_default();
            let len = bytes.len().min(into.len());
            into[..len].copy_from_slice(&bytes[..len]);
            Ok(len)
        })
    }

    fn size(&self) -> io::Result<u64> {
        self.disk.look(|state| Ok(state.nodes[self.node].now.len() as u64))
    }
}
