//! Opening the log as the configuration says, and making it at the first start.

use std::sync::Arc;

use bailiwick_log::{Log, LogError, Options, World};

use crate::clock;
use crate::config::Settings;
use crate::paths;
use crate::store::Store;

/// What the log is given of the world: the real disk, our clock, our keys.
pub fn world(store: &Arc<Store>) -> World {
    World::real(Arc::new(clock::now), Arc::clone(store) as _)
}

/// How the configuration wants the log.
pub fn options(settings: &Settings) -> Options {
    let segment_bytes = settings.log.segment_mib << 20;
    Options { segment_bytes, max_bytes: Some(settings.log.max_mib << 20), ..Options::default() }
}

/// Open the log, or make it.
///
/// # Errors
/// [`LogError`] when another process has it, when something durable is missing, or when the disk
/// says no.
pub fn open(settings: &Settings, world: &World) -> Result<Log, LogError> {
    let folder = paths::log(&settings.data);
    match Log::open(&folder, options(settings), world.clone()) {
        Err(LogError::NotALog(_)) => {
            Log::create(&folder, &settings.log.origin, options(settings), world.clone())
        }
        opened => opened,
    }
}
