//! What a source of facts says: a table as CSV or JSON, or rows that somebody hands in. It is read
//! to things, or refused as a whole: half of a source is no basis for a decision.

mod csv;
mod json;
mod table;

pub use csv::{each_row, read_csv};
pub use json::read_json;
pub use table::{Cell, Expected, FactKind, Odd, Table};

#[cfg(test)]
mod tests;
