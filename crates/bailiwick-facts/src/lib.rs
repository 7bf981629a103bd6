//! Facts: what the records add up to. Prices of models, and the purse: money reserved and spent in
//! every scope, a fold over decisions and outcomes. And what others know: things, read from what a
//! source says.
//!
//! Nothing here does I/O or reads a clock; a price is a text, a day and a time are arguments.

mod decimal;
mod money;
mod month;
mod price;
mod prices;
mod purse;
#[cfg(test)]
mod records;
mod scope;
mod source;
mod spend;

pub use bailiwick_core::{Day, NotADay};
pub use money::{MicroDollars, NotMoney};
pub use price::{Price, Usage};
pub use prices::{ImportError, Imported, Prices, PricesError, Skipped};
pub use purse::{Claim, Purse, Settled, Short, SnapshotError, Standing, Unreserved};
pub use scope::{Limit, Period, Scope};
pub use source::{Cell, Expected, FactKind, Odd, Table, each_row, read_csv, read_json};
pub use spend::{By, Row, Spend, Tally};
