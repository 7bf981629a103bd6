//! Decimal numbers as people and files write them, without a float on the way: what is a tenth on
//! paper is a tenth here.

/// A number that somebody wrote: its digits, and the power of ten that they are multiplied with.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct Decimal {
    digits: u64,
    exponent: i32,
}

/// More digits than any price has; so the digits fit.
const MOST_DIGITS: usize = 19;
const MOST_EXPONENT: i32 = 400;

impl From<u64> for Decimal {
    fn from(digits: u64) -> Self {
        Self { digits, exponent: 0 }
    }
}

impl Decimal {
    /// The number that `text` writes: `12`, `12.50`, or with an exponent as JSON has it, `1.5e-07`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent)?),
            None => (text, 0),
        };
        let (whole, fraction) = match mantissa.split_once('.') {
            Some((whole, fraction)) if !fraction.is_empty() => (whole, fraction),
            Some(_) => return None,
            None => (mantissa, ""),
        };
        if whole.is_empty() || whole.len() + fraction.len() > MOST_DIGITS {
            return None;
        }
        let digits = whole.bytes().chain(fraction.bytes()).try_fold(0u64, |sum, byte| {
            let digit = char::from(byte).to_digit(10)?;
            sum.checked_mul(10)?.checked_add(u64::from(digit))
        })?;
        let exponent = exponent - i32::try_from(fraction.len()).ok()?;
        Some(Self { digits, exponent })
    }

    /// The number in units of `10^-places`, when it is a whole number of them.
    pub(crate) fn exact(self, places: i32) -> Option<u64> {
        let (whole, rest) = self.divided(places)?;
        (rest == Rest::Nothing).then_some(whole)
    }

    /// The number in units of `10^-places`, a half rounded up.
    pub(crate) fn nearest(self, places: i32) -> Option<u64> {
        let (whole, rest) = self.divided(places)?;
        match rest {
            Rest::Nothing | Rest::Less => Some(whole),
            Rest::HalfOrMore => whole.checked_add(1),
        }
    }

    /// The number in units of `10^-places`, a rest rounded up.
    pub(crate) fn ceiling(self, places: i32) -> Option<u64> {
        let (whole, rest) = self.divided(places)?;
        if rest == Rest::Nothing { Some(whole) } else { whole.checked_add(1) }
    }

    /// So many times another number.
    pub(crate) fn product(self, other: Self) -> Option<Self> {
        let digits = self.digits.checked_mul(other.digits)?;
        let exponent = self.exponent.checked_add(other.exponent)?;
        let is_near = exponent.unsigned_abs() <= MOST_EXPONENT.unsigned_abs();
        is_near.then_some(Self { digits, exponent })
    }

    fn divided(self, places: i32) -> Option<(u64, Rest)> {
        let shift = self.exponent + places;
        if self.digits == 0 {
            return Some((0, Rest::Nothing));
        }
        let by = 10u64.checked_pow(shift.unsigned_abs());
        if shift >= 0 {
            return Some((self.digits.checked_mul(by?)?, Rest::Nothing));
        }
        // Beyond 19 places nothing is left of 19 digits but a rest.
        let Some(by) = by else { return Some((0, Rest::Less)) };
        let rest = match self.digits % by {
            0 => Rest::Nothing,
            rest if rest >= by / 2 => Rest::HalfOrMore,
            _ => Rest::Less,
        };
        Some((self.digits / by, rest))
    }
}

/// What a division leaves, against half of the divisor.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Rest {
    Nothing,
    Less,
    HalfOrMore,
}

fn power(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok().filter(|it: &i32| it.abs() <= MOST_EXPONENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        let check = |text: &str, places, exact: Option<u64>, nearest: Option<u64>| {
            let read = Decimal::parse(text);
            assert_eq!(read.and_then(|it| it.exact(places)), exact, "{text}");
            assert_eq!(read.and_then(|it| it.nearest(places)), nearest, "{text}");
        };
        check("12.50", 6, Some(12_500_000), Some(12_500_000));
        check("0.1", 6, Some(100_000), Some(100_000));
        check("1.5e-07", 12, Some(150_000), Some(150_000));
        check("1.5E-7", 12, Some(150_000), Some(150_000));
        check("3e-06", 12, Some(3_000_000), Some(3_000_000));
        check("0.00971", 12, Some(9_710_000_000), Some(9_710_000_000));
        check("3.59375e-08", 12, None, Some(35_938));
        check("9.499999999999999e-07", 12, None, Some(950_000));
        check("1.6000000000000001e-06", 12, None, Some(1_600_000));
        check("2e3", 6, Some(2_000_000_000), Some(2_000_000_000));
        check("0e-400", 12, Some(0), Some(0));
        check("1e-400", 12, None, Some(0));
        check("1e19", 6, None, None);
        for text in [
            "", ".", "1.", ".5", "-1", "+1", "1e", "1e+", "1e-+1", "1,5", "0x1", "1.2.3", "١",
            "1e999",
        ] {
            check(text, 6, None, None);
        }
        check("18446744073709551616", 0, None, None);
        check(
            "9999999999999999999",
            0,
            Some(9_999_999_999_999_999_999),
            Some(9_999_999_999_999_999_999),
        );
    }
}
