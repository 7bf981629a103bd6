//! What the operator may choose about a log, and the world that it lives in.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{TenantId, Timestamp, Token};

use crate::disk::{Disk, RealDisk};
use crate::error::LogError;
use crate::seal::{Entropy, KeyRing, Sealer, SystemEntropy};

/// What the operator may choose.
#[derive(Clone, Debug)]
pub struct Options {
    /// The size of a journal segment, in bytes.
    pub segment_bytes: u64,
    /// How many segments are kept ready.
    pub spares: usize,
    /// How much room is kept for the outcomes of calls that are decided already, in bytes.
    pub reserve_bytes: u64,
    /// How many segments may wait to be made into tiles. Beyond that, appending waits, and at
    /// last refuses.
    pub segments_max: usize,
    /// The log takes at most so many bytes of disk; `None` leaves that to the disk.
    pub max_bytes: Option<u64>,
    /// Records are flushed at the latest after this long, though nobody waits.
    pub flush_after: Duration,
    /// A checkpoint is signed at most this often.
    pub sign_every: Duration,
    /// A checkpoint is published at most this often.
    pub publish_every: Duration,
    /// How long a flush that somebody waits for is put off, so that it covers more records.
    pub linger: Duration,
    /// How long an append waits for a segment to be made ready before it is refused.
    pub room_wait: Duration,
    /// Where the signing key lies; `key` in the log's directory when nothing else is said.
    pub key_path: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 16 << 20,
            spares: 2,
            reserve_bytes: 4 << 20,
            segments_max: 64,
            max_bytes: None,
            flush_after: Duration::from_millis(100),
            sign_every: Duration::from_millis(100),
            publish_every: Duration::from_secs(1),
            linger: Duration::ZERO,
            room_wait: Duration::from_secs(2),
            key_path: None,
        }
    }
}

impl Options {
    /// Refuse what cannot work.
    pub(crate) fn check(&self) -> Result<(), LogError> {
        if self.segment_bytes < 256 * 1024 {
            return Err(LogError::Options("a segment has to have at least 256 KiB"));
        }
        let spare_bytes = self.segment_bytes.saturating_mul(self.spares as u64);
        if self.spares == 0 || self.reserve_bytes > spare_bytes {
            return Err(LogError::Options("the reserve has to fit into the spare segments"));
        }
        let least = (self.spares as u64 + 2).saturating_mul(2 * self.segment_bytes);
        if self.max_bytes.is_some_and(|max| max < least) {
            return Err(LogError::Options("the cap has to be twice the segments and two more"));
        }
        if self.segments_max <= self.spares {
            return Err(LogError::Options("more segments have to be allowed than are spare"));
        }
        Ok(())
    }
}

/// A clock: it gives the time since the Unix epoch.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What a log takes from the world around it.
#[derive(Clone)]
pub struct World {
    /// The file system.
    pub disk: Arc<dyn Disk>,
    /// The clock; it paces checkpoints and is not what stamps records.
    pub clock: Clock,
    /// The source of random bytes.
    pub entropy: Arc<dyn Entropy>,
    /// The keeper of the keys of tenants and data subjects.
    pub keyring: Arc<dyn KeyRing>,
}

impl World {
    /// The real disk and the system's randomness, with this clock and these keys.
    pub fn real(clock: Clock, keyring: Arc<dyn KeyRing>) -> Self {
        let entropy = Arc::new(SystemEntropy::default());
        Self { disk: Arc::new(RealDisk), clock, entropy, keyring }
    }

    /// What makes pseudonyms, digests and seals with these keys.
    pub fn sealer(&self) -> Sealer {
        Sealer::new(Arc::clone(&self.keyring), Arc::clone(&self.entropy))
    }

    /// The pseudonym of a name of some kind within a tenant, as records hold it.
    ///
    /// # Errors
    /// [`LogError`] when the tenant's key cannot be had.
    pub fn token(&self, tenant: &TenantId, kind: &str, name: &str) -> Result<Token, LogError> {
        Ok(self.sealer().token(tenant, kind, name)?)
    }

    /// What a seal holds, in the clear; `None` when its key was erased.
    ///
    /// # Errors
    /// [`LogError`] when it is no seal, or its key cannot be had.
    pub fn unseal(&self, sealed: &[u8]) -> Result<Option<Vec<u8>>, LogError> {
        Ok(self.sealer().unseal(sealed)?)
    }
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("World").field("disk", &self.disk).finish_non_exhaustive()
    }
}
