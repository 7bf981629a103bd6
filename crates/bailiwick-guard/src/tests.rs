//! Tests of the whole table.

pub(crate) mod corpus;
mod hostile;
