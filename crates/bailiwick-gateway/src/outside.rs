//! Calls that belong to no session: so many of one caller may be under way, and no more.

use std::collections::HashMap;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bailiwick_core::Identified;

/// How many calls outside of sessions each caller has under way. Who has none is not in it.
#[derive(Default)]
pub(crate) struct Outside(Mutex<HashMap<Caller, usize>>);

/// One call, counted until it is over.
pub(crate) struct Guest {
    all: Arc<Outside>,
    caller: Caller,
}

/// Who calls, whatever it is that is called.
#[derive(Clone)]
struct Caller(Identified);

impl PartialEq for Caller {
    fn eq(&self, other: &Self) -> bool {
        self.0.is_same_caller(&other.0)
    }
}

impl Eq for Caller {}

impl Hash for Caller {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let principal = self.0.principal();
        (&principal.chain, &principal.tenant, &principal.credential).hash(state);
    }
}

impl Outside {
    /// Count a call; `None` when its caller has so many under way already.
    pub(crate) fn enter(self: &Arc<Self>, caller: &Identified, most: usize) -> Option<Guest> {
        let caller = Caller(caller.clone());
        let mut table = self.table();
        let count = table.entry(caller.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(table);
        Some(Guest { all: Arc::clone(self), caller })
    }

    fn table(&self) -> MutexGuard<'_, HashMap<Caller, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let mut table = self.all.table();
        let Some(count) = table.get_mut(&self.caller) else { return };
        *count -= 1;
        if *count == 0 {
            table.remove(&self.caller);
        }
    }
}
