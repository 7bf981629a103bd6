//! Handles of tasks: each belongs to whoever was given it. To all others it never was.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use bailiwick_core::{Identified, Resource};

use crate::shares::{Caller, Shares};

/// How many handles of one server are remembered. Of more, whoever has the most loses its oldest.
const HANDLES_MAX: usize = 16_384;
/// The longest handle that is remembered.
const HANDLE_BYTES_MAX: usize = 1024;

/// The handles that one server gave out.
#[derive(Default)]
pub(crate) struct Tasks(Mutex<Given>);

struct Given {
    to: HashMap<Box<str>, (Identified, Resource)>,
    shares: Shares<Caller, Box<str>>,
}

impl Default for Given {
    fn default() -> Self {
        Self { to: HashMap::new(), shares: Shares::new(HANDLES_MAX) }
    }
}

impl Tasks {
    /// The server gave a handle for a call of this. False when it is another caller's: a server
    /// must not hand one caller's task to the next.
    pub(crate) fn given(&self, handle: &str, who: &Identified, of: &Resource) -> bool {
        if handle.len() > HANDLE_BYTES_MAX {
            return false;
        }
        let mut given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((owner, _)) = given.to.get(handle) {
            return owner.is_same_caller(who);
        }
        if let Some((_, lost)) = given.shares.add(Caller(who.clone()), handle.into()) {
            given.to.remove(&lost);
        }
        given.to.insert(handle.into(), (who.clone(), of.clone()));
        true
    }

    /// What the caller's task was begun with; `None` when the caller has no such task.
    pub(crate) fn of(&self, handle: &str, who: &Identified) -> Option<Resource> {
        let given = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (owner, of) = given.to.get(handle)?;
        owner.is_same_caller(who).then(|| of.clone())
    }
}
