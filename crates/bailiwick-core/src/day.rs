//! Days of UTC: on them prices change, budgets begin anew, and what was verified grows old.

use std::fmt;
use std::str::FromStr;

use crate::names::Timestamp;

/// A day of UTC, counted from 1970-01-01. Written `2026-11-22`.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Day(u32);

/// A text that is not a day.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not a day: write it as 2026-11-22")]
pub struct NotADay;

const NS_IN_A_DAY: u64 = 86_400_000_000_000;
const LAST_YEAR: u32 = 9999;

impl Day {
    /// The day on which this time falls.
    pub fn of(at: Timestamp) -> Self {
        // 64 bits of nanoseconds are 213,503 days.
        Self(u32::try_from(at.ns() / NS_IN_A_DAY).unwrap_or(u32::MAX))
    }

    /// The day with this number; 1970-01-01 is 0.
    pub const fn from_number(days: u32) -> Self {
        Self(days)
    }

    /// How many days after 1970-01-01 it is.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// When it begins; nothing when that is later than a time can say.
    pub fn begins(self) -> Option<Timestamp> {
        u64::from(self.0).checked_mul(NS_IN_A_DAY).map(Timestamp::from_ns)
    }

    /// The day of this date, when the calendar has it.
    pub fn of_date(year: u32, month: u32, day: u32) -> Option<Self> {
        if !(1970..=LAST_YEAR).contains(&year) || day == 0 || day > days_in(year, month)? {
            return None;
        }
        // Years begin in March here, so that the leap day is their last.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let of_years = year * 365 + year / 4 - year / 100 + year / 400;
        let of_months = (153 * month + 2) / 5;
        Some(Self(of_years + of_months + day - 1 - 719_468))
    }

    /// Year, month and day of the month.
    pub const fn date(self) -> (u32, u32, u32) {
        let days = self.0 as u64 + 719_468;
        let (era, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let (year, day) = (era * 400 + year, day - (153 * month + 2) / 5 + 1);
        let (year, month) = if month < 10 { (year, month + 3) } else { (year + 1, month - 9) };
        (year as u32, month as u32, day as u32)
    }

    /// The day after it.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl FromStr for Day {
    type Err = NotADay;

    /// # Errors
    /// [`NotADay`]: not of the form, or not in the calendar.
    fn from_str(text: &str) -> Result<Self, NotADay> {
        let mut parts = text.split('-');
        let mut part = |len: usize| {
            let part = parts.next().filter(|it| it.len() == len)?;
            let digits = part.bytes().all(|byte| byte.is_ascii_digit());
            if digits { part.parse().ok() } else { None }
        };
        let (year, month, day) = (part(4), part(2), part(2));
        match (year, month, day, parts.next()) {
            (Some(year), Some(month), Some(day), None) => Self::of_date(year, month, day),
            _ => None,
        }
        .ok_or(NotADay)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.date();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

const fn days_in(year: u32, month: u32) -> Option<u32> {
    let leap = year.is_multiple_of(4) && !year.is_multiple_of(100) || year.is_multiple_of(400);
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => Some(31),
        4 | 6 | 9 | 11 => Some(30),
        2 => Some(if leap { 29 } else { 28 }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        let check = |text: &str, number| {
            assert_eq!(text.parse(), Ok(Day::from_number(number)), "{text}");
            assert_eq!(Day::from_number(number).to_string(), text);
        };
        check("1970-01-01", 0);
        check("1970-12-31", 364);
        check("2000-02-29", 11_016);
        check("2000-03-01", 11_017);
        check("2026-11-22", 20_779);
        check("2100-02-28", 47_540);
        check("2100-03-01", 47_541);
        for text in
            ["2026-02-29", "2100-02-29", "2026-13-01", "2026-00-10", "2026-11-00", "1969-12-31"]
        {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
        for text in ["", "2026-1-1", "2026-11-22-", "2026-11-22T00:00", "+026-11-22", "26-11-22"] {
            assert_eq!(text.parse::<Day>(), Err(NotADay), "{text}");
        }
    }

    #[test]
    fn every_day_of_four_centuries_follows_the_one_before() {
        for number in 0..146_097 {
            let day = Day::from_number(number);
            let (y, m, d) = day.date();
            assert_eq!(Day::of_date(y, m, d), Some(day));
            assert_eq!(Day::of(day.begins().unwrap()), day);
        }
    }

    #[test]
    fn the_last_time_has_a_day() {
        let day = Day::of(Timestamp::from_ns(u64::MAX));
        assert_eq!(day.to_string(), "2554-07-21");
        assert_eq!(day.next().begins(), None);
    }
}
