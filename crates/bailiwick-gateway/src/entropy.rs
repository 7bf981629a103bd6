//! Randomness: one of the four doors to the world.

use std::cell::RefCell;

use bailiwick_core::{ExchangeId, Timestamp};
use ring::rand::{SecureRandom as _, SystemRandom};

/// How many random bytes are fetched at once for exchange ids.
const POOL: usize = 1000;

/// The system gave no randomness. Nothing that needs a secret or an id may go on.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the system gives no randomness")]
pub struct NoEntropy;

/// Random bytes fit for secrets.
///
/// # Errors
/// [`NoEntropy`] when the system gives none.
pub(crate) fn random<const N: usize>() -> Result<[u8; N], NoEntropy> {
    let mut bytes = [0u8; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| NoEntropy)?;
    Ok(bytes)
}

/// A new id for an exchange that begins `now`. Ids are no secrets, so their randomness is fetched
/// in one go for many.
///
/// # Errors
/// [`NoEntropy`] when the system gives no randomness.
pub(crate) fn exchange_id(now: Timestamp) -> Result<ExchangeId, NoEntropy> {
    thread_local! {
        static AHEAD: RefCell<(usize, [u8; POOL])> = const { RefCell::new((POOL, [0; POOL])) };
    }
    AHEAD.with_borrow_mut(|(used, pool)| {
        if *used + 10 > POOL {
            *pool = random::<POOL>()?;
            *used = 0;
        }
        let mut bytes = [0u8; 10];
        for (slot, byte) in bytes.iter_mut().zip(pool.iter().skip(*used)) {
            *slot = *byte;
        }
        *used += 10;
        Ok(ExchangeId::new(now, bytes))
    })
}
