//! The stories of the requirements, by name.

mod e01_tier2_billing;
mod e04_refund_4821;
mod e06_budget;
mod e15_working_key;
