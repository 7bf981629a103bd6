//! Which attributes of which things are put on record with each call that names them.

use std::collections::{BTreeMap, BTreeSet};

/// Type to attributes.
pub type Classing = BTreeMap<String, BTreeSet<String>>;
