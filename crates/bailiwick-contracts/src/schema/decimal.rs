//! Numbers by their digits: what is compared is what was written, and not what a float makes of
//! it.

use std::cmp::Ordering;

/// A number: its digits without zeros at either end, times ten to the `exponent`.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct Decimal {
    is_negative: bool,
    digits: Box<[u8]>,
    exponent: i64,
}

impl Decimal {
    /// The number of a JSON spelling. An exponent beyond all measure counts as the largest one.
    pub(super) fn of(lexeme: &str) -> Self {
        let (is_negative, rest) =
            lexeme.strip_prefix('-').map_or((false, lexeme), |rest| (true, rest));
        let (mantissa, exponent) = rest.split_once(['e', 'E']).unwrap_or((rest, "0"));
        let exponent = exponent.parse::<i64>().unwrap_or(match exponent.starts_with('-') {
            true => i64::MIN / 4,
            false => i64::MAX / 4,
        });
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = || whole.bytes().chain(fraction.bytes());
        let leading = all().take_while(|it| *it == b'0').count();
        let trailing = all().rev().take_while(|it| *it == b'0').count();
        let kept = (whole.len() + fraction.len()).saturating_sub(leading + trailing);
        let digits: Box<[u8]> = all().skip(leading).take(kept).map(|it| it - b'0').collect();
        if digits.is_empty() {
            return Self { is_negative: false, digits, exponent: 0 };
        }
        let shift = len(trailing) - len(fraction.len());
        Self { is_negative, digits, exponent: exponent.clamp(-LIMIT, LIMIT) + shift }
    }

    /// Whether it is a whole number.
    pub(super) const fn is_whole(&self) -> bool {
        self.exponent >= 0
    }

    /// Whether it is a whole number of times `step`, whose digits are at most 19.
    pub(super) fn is_multiple_of(&self, step: &Self) -> bool {
        if self.digits.is_empty() {
            return true;
        }
        let Some(by) = step.mantissa().filter(|it| *it > 0) else { return false };
        // Its last digit is no zero, so that it divides by no ten.
        let Ok(shift) = u64::try_from(self.exponent - step.exponent) else { return false };
        let rest = self.digits.iter().fold(0, |rest, digit| (rest * 10 + u128::from(*digit)) % by);
        (rest * power_of_ten(shift, by)).is_multiple_of(by)
    }

    fn mantissa(&self) -> Option<u128> {
        let digit = |sum: u128, digit: &u8| sum * 10 + u128::from(*digit);
        (self.digits.len() <= 19).then(|| self.digits.iter().fold(0, digit))
    }

    /// The power of ten just above it.
    fn order(&self) -> i64 {
        self.exponent + len(self.digits.len())
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (false, false) => {}
            (mine, others) => return others.cmp(&mine),
        }
        self.order().cmp(&other.order()).then_with(|| self.digits.cmp(&other.digits))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.is_negative, other.is_negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (mine, others) => others.cmp(&mine),
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Beyond this, exponents are not told apart.
const LIMIT: i64 = i64::MAX / 4;

fn len(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(LIMIT)
}

/// Ten to the `exponent`, by what is left of it modulo `by`, which is less than 2^64.
fn power_of_ten(mut exponent: u64, by: u128) -> u128 {
    let (mut power, mut square) = (1 % by, 10 % by);
    while exponent > 0 {
        if exponent & 1 == 1 {
            power = power * square % by;
        }
        square = square * square % by;
        exponent >>= 1;
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_compared_by_their_digits() {
        for (a, ordering, b) in [
            ("0.1", Ordering::Equal, "1e-1"),
            ("-0.0", Ordering::Equal, "0e99"),
            ("10", Ordering::Equal, "1E1"),
            ("0.30000000000000000001", Ordering::Greater, "0.3"),
            ("-0.30000000000000000001", Ordering::Less, "-0.3"),
            ("9007199254740993", Ordering::Greater, "9007199254740992"),
            ("1e400", Ordering::Greater, "1e399"),
            ("-1e400", Ordering::Less, "1e-400"),
            ("0", Ordering::Less, "1e-99999999999999999999"),
            ("2", Ordering::Less, "10"),
            ("12", Ordering::Greater, "1.3"),
        ] {
            assert_eq!(Decimal::of(a).cmp(&Decimal::of(b)), ordering, "{a} {b}");
            assert_eq!(Decimal::of(b).cmp(&Decimal::of(a)), ordering.reverse(), "{b} {a}");
        }
    }

    #[test]
    fn multiples_are_exact() {
        for (number, step, fits) in [
            ("0.3", "0.1", true),
            ("0.35", "0.1", false),
            ("1e300", "0.01", true),
            ("1e300", "7", false),
            ("10000000000000000000000000000000000000007", "7", false),
            ("70000000000000000000000000000000000000007", "7", true),
            ("0", "3", true),
            ("-9", "3", true),
            ("19.99", "0.01", true),
        ] {
            assert_eq!(Decimal::of(number).is_multiple_of(&Decimal::of(step)), fits, "{number}");
        }
        assert!(Decimal::of("5e1").is_whole() && Decimal::of("50.0").is_whole());
        assert!(!Decimal::of("0.5").is_whole() && Decimal::of("0.0").is_whole());
    }
}
