//! Shares of small numbers, with how far they can be believed.

use std::borrow::Cow;

use crate::report::Report;

/// For 95 % on both sides.
const Z: f64 = 1.96;
const RESAMPLES: usize = 1_000;

/// So many are, of so many.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Share {
    pub(crate) of: usize,
    pub(crate) are: usize,
}

impl Share {
    pub(crate) fn count(&mut self, is: bool) {
        self.of += 1;
        self.are += usize::from(is);
    }

    fn value(self) -> Option<f64> {
        (self.of > 0).then(|| self.are as f64 / self.of as f64)
    }

    /// Wilson's interval.
    fn interval(self) -> Option<(f64, f64)> {
        let (share, n) = (self.value()?, self.of as f64);
        let middle = share + Z * Z / (2.0 * n);
        let half = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let by = 1.0 + Z * Z / n;
        Some((((middle - half) / by).max(0.0), ((middle + half) / by).min(1.0)))
    }
}

/// A share with its interval, as three rows.
pub(crate) fn add(
    report: &mut Report,
    key: impl Into<Cow<'static, str>>,
    share: Share,
    note: &'static str,
) {
    let key = key.into();
    let (low, high) = (format!("{key}_low"), format!("{key}_high"));
    report.add(key, share.value(), note);
    report.add(low, share.interval().map(|it| it.0), "");
    report.add(high, share.interval().map(|it| it.1), "");
}

/// Between what a figure lies in 95 of 100 samples of the same size, drawn from these.
pub(crate) fn bootstrap<T: Copy>(values: &[T], figure: impl Fn(&[T]) -> f64) -> (f64, f64) {
    let mut state = 42u64;
    let mut draw = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let place = usize::try_from(state >> 33).unwrap_or_default() % values.len().max(1);
        values.get(place).copied()
    };
    let mut figures: Vec<f64> = (0..RESAMPLES)
        .map(|_| figure(&(0..values.len()).filter_map(|_| draw()).collect::<Vec<_>>()))
        .collect();
    figures.sort_by(f64::total_cmp);
    let at = |share: usize| figures.get(RESAMPLES * share / 1000).copied().unwrap_or(f64::NAN);
    (at(25), at(975))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_say_little() {
        let (low, high) = Share { of: 10, are: 10 }.interval().unwrap();
        assert!((low - 0.722).abs() < 0.001 && high == 1.0, "{low} {high}");
        assert!(Share::default().interval().is_none());
        let mean = |it: &[f64]| it.iter().sum::<f64>() / it.len() as f64;
        let (low, high) = bootstrap(&[0.0, 1.0].repeat(50), mean);
        assert!((0.35..0.45).contains(&low) && (0.55..0.65).contains(&high), "{low} {high}");
    }
}
