//! A histogram of sizes and times: four buckets to each doubling, so that a quantile is right to a
//! fifth.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How many buckets there are to a doubling.
pub(super) const OCTAVE: u8 = 4;

/// How often which size came: at most 252 buckets.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(transparent)]
pub(super) struct Histogram(BTreeMap<u8, u32>);

/// The bucket of a value.
pub(super) fn bucket(value: u64) -> u8 {
    let Some(power) = value.checked_ilog2().filter(|it| *it >= 2) else {
        return u8::try_from(value).unwrap_or(0);
    };
    let quarter = (value >> (power - 2)) & 3;
    u8::try_from(u64::from(power - 1) * u64::from(OCTAVE) + quarter).unwrap_or(u8::MAX)
}

/// The least value of a bucket.
pub(super) fn least(bucket: u8) -> u64 {
    let (octave, quarter) = (bucket / OCTAVE, bucket % OCTAVE);
    match octave.checked_sub(1) {
        None => u64::from(quarter),
        Some(shift) => {
            u64::from(OCTAVE + quarter).checked_shl(u32::from(shift)).unwrap_or(u64::MAX)
        }
    }
}

impl Histogram {
    pub(super) fn add(&mut self, bucket: u8) {
        let count = self.0.entry(bucket).or_default();
        *count = count.saturating_add(1);
    }

    /// At most 256 buckets of 32 bits: it cannot overflow.
    pub(super) fn count(&self) -> u64 {
        self.0.values().map(|it| u64::from(*it)).sum()
    }

    /// The bucket below or in which so many hundredths of the values are; `None` without values.
    pub(super) fn quantile(&self, hundredths: u64) -> Option<u8> {
        let all = self.count();
        let wanted = (all * hundredths).div_ceil(100).max(1);
        let mut below = 0;
        self.0.iter().find_map(|(bucket, count)| {
            below += u64::from(*count);
            (below >= wanted).then_some(*bucket)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets_are_in_order_and_a_fifth_wide() {
        let mut before = 0;
        for value in (0..4096).chain((12..64).map(|it| 1 << it)).chain([u64::MAX]) {
            let at = bucket(value);
            assert!(at >= before, "{value}");
            assert!(least(at) <= value && (at == 251 || value < least(at + 1)), "{value} {at}");
            before = at;
        }
    }

    #[test]
    fn quantiles_are_of_what_was_added() {
        let mut it = Histogram::default();
        assert_eq!(it.quantile(50), None);
        (1..=100).for_each(|value| it.add(bucket(value)));
        for (hundredths, value) in [(5, 5), (50, 50), (95, 95), (100, 100)] {
            assert_eq!(it.quantile(hundredths), Some(bucket(value)), "{hundredths}");
        }
    }
}
