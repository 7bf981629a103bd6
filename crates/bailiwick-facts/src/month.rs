//! Months of UTC: budgets begin anew on them.

use bailiwick_core::{Day, Timestamp};

/// A month of UTC, counted from January 1970.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) struct Month(u32);

impl Month {
    /// The month in which a day falls.
    pub(crate) const fn of(day: Day) -> Self {
        let (year, month, _) = day.date();
        Self((year - 1970) * 12 + month - 1)
    }

    /// When the month after it begins.
    pub(crate) fn ends(self) -> Option<Timestamp> {
        let next = self.0.checked_add(1)?;
        Day::of_date(1970 + next / 12, next % 12 + 1, 1)?.begins()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins() {
        let mut month = Month::default();
        for number in 0..146_097 {
            let day = Day::from_number(number);
            if Month::of(day) != month {
                assert_eq!((day.date().2, month.ends()), (1, day.begins()));
                month = Month::of(day);
            }
        }
    }

    #[test]
    fn the_last_month_has_no_end() {
        assert_eq!(Month::of(Day::of(Timestamp::from_ns(u64::MAX))).ends(), None);
    }
}
