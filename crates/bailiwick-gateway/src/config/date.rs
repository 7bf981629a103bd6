//! Dates as configurations and command lines say them: `2026-12-24`, from midnight UTC.

use std::fmt;
use std::str::FromStr;

use bailiwick_core::Timestamp;

const DAY_NS: u64 = 86_400_000_000_000;

/// A day.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Date {
    year: u64,
    month: u64,
    day: u64,
}

/// A text is no day.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("`{0}` is no date; write it as 2026-12-24")]
pub struct NoDate(String);

impl Date {
    /// Midnight UTC, at which the day begins.
    pub const fn begins(self) -> Timestamp {
        // Days since 1970, in years that begin in March so that leap days come last.
        let year = if self.month <= 2 { self.year - 1 } else { self.year };
        let month = (self.month + 9) % 12;
        let leap_days = year / 4 - year / 100 + year / 400;
        let days = 365 * year + leap_days + (153 * month + 2) / 5 + self.day - 1 - 719_468;
        Timestamp::from_ns(days.saturating_mul(DAY_NS))
    }
}

impl FromStr for Date {
    type Err = NoDate;

    fn from_str(text: &str) -> Result<Self, NoDate> {
        let no = || NoDate(text.to_owned());
        let number = |it: Option<&str>, digits: usize| {
            let it = it.filter(|it| it.len() == digits && it.bytes().all(|it| it.is_ascii_digit()));
            it.and_then(|it| it.parse().ok()).ok_or_else(no)
        };
        let mut parts = text.split('-');
        let date = Self {
            year: number(parts.next(), 4)?,
            month: number(parts.next(), 2)?,
            day: number(parts.next(), 2)?,
        };
        let divides = |by: u64| date.year.is_multiple_of(by);
        let is_leap = divides(4) && (!divides(100) || divides(400));
        let last = match date.month {
            4 | 6 | 9 | 11 => 30,
            2 if is_leap => 29,
            2 => 28,
            _ => 31,
        };
        let is_one = date.year >= 1970 && (1..=12).contains(&date.month);
        let is_one = is_one && (1..=last).contains(&date.day) && parts.next().is_none();
        is_one.then_some(date).ok_or_else(no)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_begin_at_midnight() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1970-03-01", 59),
            ("2000-02-29", 11_016),
            ("2026-11-22", 20_779),
            ("2026-12-24", 20_811),
        ] {
            let date: Date = text.parse().unwrap();
            assert_eq!(date.begins(), Timestamp::from_ns(days * DAY_NS), "{text}");
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_day_is_refused() {
        for text in [
            "",
            "never",
            "2026",
            "2026-13-01",
            "2026-00-01",
            "2026-02-29",
            "2026-04-31",
            "2026-1-1",
            "2026-01-01-01",
            "1969-12-31",
            "+026-01-01",
            "2026-01-00",
        ] {
            assert_eq!(text.parse::<Date>(), Err(NoDate(text.to_owned())));
        }
    }
}
