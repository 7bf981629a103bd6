//! Money: whole micro-dollars, a millionth of a US dollar each. There are no floats here.

use std::fmt;
use std::iter::Sum;
use std::str::FromStr;

use crate::decimal::Decimal;

/// An amount of money in micro-dollars, never negative. Written `$1.234567`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct MicroDollars(u64);

/// A text that is not an amount of money.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an amount of dollars: write it as \"12.50\", with at most six decimals")]
pub struct NotMoney;

/// Decimal places of a dollar that a micro-dollar is.
const PLACES: i32 = 6;
const IN_A_DOLLAR: u64 = 1_000_000;

impl MicroDollars {
    /// No money.
    pub const ZERO: Self = Self(0);

    /// More than anybody has; sums that would be larger end here.
    pub const MAX: Self = Self(u64::MAX);

    /// So many micro-dollars.
    pub const fn from_micro(micro: u64) -> Self {
        Self(micro)
    }

    /// How many micro-dollars.
    pub const fn micro(self) -> u64 {
        self.0
    }

    /// The sum; [`MicroDollars::MAX`] when it would be larger, so that it never fits into a limit.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left after `other` is taken away; nothing when that is more.
    #[must_use]
    pub const fn less(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }

    /// The sum, when there is such an amount.
    pub const fn checked_plus(self, other: Self) -> Option<Self> {
        match self.0.checked_add(other.0) {
            Some(sum) => Some(Self(sum)),
            None => None,
        }
    }
}

impl FromStr for MicroDollars {
    type Err = NotMoney;

    /// The amount that a decimal number of dollars writes, exactly.
    ///
    /// # Errors
    /// [`NotMoney`]: not a number, negative, with an exponent, too large, or finer than a
    /// micro-dollar.
    fn from_str(text: &str) -> Result<Self, NotMoney> {
        if text.contains(['e', 'E']) {
            return Err(NotMoney);
        }
        Decimal::parse(text).and_then(|it| it.exact(PLACES)).map(Self).ok_or(NotMoney)
    }
}

impl fmt::Display for MicroDollars {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "${}.{:06}", self.0 / IN_A_DOLLAR, self.0 % IN_A_DOLLAR)
    }
}

impl Sum for MicroDollars {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Self::plus)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_reads_and_writes_without_loss() {
        let check = |text: &str, micro| {
            assert_eq!(text.parse(), Ok(MicroDollars::from_micro(micro)), "{text}");
        };
        check("12.50", 12_500_000);
        check("0.1", 100_000);
        check("0.000001", 1);
        check("18446744073709", 18_446_744_073_709_000_000);
        for text in ["0.0000001", "-1", "$1", "1e3", "", "1_000", "18446744073710"] {
            assert_eq!(text.parse::<MicroDollars>(), Err(NotMoney), "{text}");
        }
        assert_eq!(MicroDollars::from_micro(1_234_567).to_string(), "$1.234567");
        assert_eq!(MicroDollars::from_micro(5).to_string(), "$0.000005");
        assert_eq!(MicroDollars::MAX.to_string(), "$18446744073709.551615");
    }

    #[test]
    fn sums_end_at_the_largest_and_differences_at_nothing() {
        let (one, most) = (MicroDollars::from_micro(1), MicroDollars::MAX);
        assert_eq!(most.plus(one), most);
        assert_eq!(one.less(most), MicroDollars::ZERO);
        assert_eq!(most.checked_plus(one), None);
        assert_eq!([one, one, one].into_iter().sum::<MicroDollars>().micro(), 3);
    }
}
