//! Tests of the whole table.

mod corpus;
mod hostile;
