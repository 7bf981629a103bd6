//! One account: what is spent and reserved on it today, this month and ever.

use super::Standing;
use crate::money::MicroDollars;
use crate::month::Month;
use crate::scope::Period;
use bailiwick_core::Day;

/// What counts in one period.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Sum {
    pub(super) spent: MicroDollars,
    /// Wider than one amount, since what is taken out again must be what was put in.
    reserved: u128,
}

#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub(super) struct Account {
    /// The latest day that it has seen.
    pub(super) day: Day,
    pub(super) of_day: Sum,
    pub(super) of_month: Sum,
    pub(super) total: Sum,
    /// How many reservations are open, be they of nothing.
    open: u32,
}

impl Sum {
    fn reserved(self) -> MicroDollars {
        MicroDollars::from_micro(u64::try_from(self.reserved).unwrap_or(u64::MAX))
    }

    fn left(self, most: MicroDollars) -> MicroDollars {
        let taken = self.reserved.saturating_add(self.spent.micro().into());
        let left = u128::from(most.micro()).saturating_sub(taken);
        MicroDollars::from_micro(u64::try_from(left).unwrap_or(u64::MAX))
    }

    fn reserve(&mut self, amount: MicroDollars) {
        self.reserved = self.reserved.saturating_add(amount.micro().into());
    }

    fn settle(&mut self, amount: MicroDollars, spent: MicroDollars) {
        self.reserved = self.reserved.saturating_sub(amount.micro().into());
        self.spent = self.spent.plus(spent);
    }
}

impl Account {
    pub(super) fn new(day: Day) -> Self {
        Self { day, ..Self::default() }
    }

    /// An account on which nothing is reserved yet.
    pub(super) fn of(day: Day, spent: [MicroDollars; 3]) -> Self {
        let [of_day, of_month, total] = spent.map(|spent| Sum { spent, reserved: 0 });
        Self { day, of_day, of_month, total, open: 0 }
    }

    pub(super) const fn month(&self) -> Month {
        Month::of(self.day)
    }

    /// Whether nothing is spent and no call is open, so that it need not be kept.
    pub(super) fn is_empty(&self) -> bool {
        self.total.spent == MicroDollars::ZERO && !self.has_open()
    }

    pub(super) const fn has_open(&self) -> bool {
        self.open > 0
    }

    /// Go on to this day, if it is a later one.
    pub(super) fn turn(&mut self, today: Day) {
        if today <= self.day {
            return;
        }
        if Month::of(today) != self.month() {
            self.of_month = Sum::default();
        }
        self.of_day = Sum::default();
        self.day = today;
    }

    /// Reserve in the day that it is in; says which.
    pub(super) fn reserve(&mut self, amount: MicroDollars) -> Day {
        self.hold(self.day, amount);
        self.day
    }

    /// Count a reservation of some day in what has not ended since.
    pub(super) fn hold(&mut self, made: Day, amount: MicroDollars) {
        self.open = self.open.saturating_add(1);
        self.still_counting(made).for_each(|sum| sum.reserve(amount));
    }

    pub(super) fn settle(&mut self, made: Day, amount: MicroDollars, spent: MicroDollars) {
        self.open = self.open.saturating_sub(1);
        self.still_counting(made).for_each(|sum| sum.settle(amount, spent));
    }

    pub(super) fn left(&self, period: Period, today: Day, most: MicroDollars) -> MicroDollars {
        self.on(period, today).left(most)
    }

    pub(super) fn standing(&self, period: Period, today: Day) -> Standing {
        let sum = self.on(period, today);
        Standing { spent: sum.spent, reserved: sum.reserved() }
    }

    /// The sums of the periods of a day that have not begun anew since.
    fn still_counting(&mut self, made: Day) -> impl Iterator<Item = &mut Sum> {
        let is_today = made == self.day;
        let is_this_month = is_today || Month::of(made) == Month::of(self.day);
        let day = is_today.then_some(&mut self.of_day);
        let month = is_this_month.then_some(&mut self.of_month);
        [Some(&mut self.total), month, day].into_iter().flatten()
    }

    fn on(&self, period: Period, today: Day) -> Sum {
        let mut then = *self;
        then.turn(today);
        match period {
            Period::Day => then.of_day,
            Period::Month => then.of_month,
            Period::Total => then.total,
        }
    }
}
