//! A little randomness of a seed that is told, so that a failure can be looked into.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};

/// Numbers that look random, the same for the same seed.
pub(crate) struct Random(u64);

impl Random {
    /// With the seed that `BAILIWICK_SEED` names, or one of chance.
    pub(crate) fn new() -> Self {
        let named = std::env::var("BAILIWICK_SEED").ok();
        let seed = named.map_or_else(
            || RandomState::new().build_hasher().finish(),
            |it| it.parse().expect("BAILIWICK_SEED is a number"),
        );
        eprintln!("BAILIWICK_SEED={seed}");
        Self::seeded(seed)
    }

    fn seeded(seed: u64) -> Self {
        // Zero would stay zero for ever.
        Self(seed | 1)
    }

    /// Another one, whose numbers follow from this one's seed.
    pub(crate) fn another(&mut self) -> Self {
        Self::seeded(self.below(u64::MAX))
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// One of several.
    pub(crate) fn of<'a, T>(&mut self, all: &'a [T]) -> Option<&'a T> {
        let count = u64::try_from(all.len()).ok().filter(|it| *it > 0)?;
        all.get(usize::try_from(self.below(count)).ok()?)
    }
}
