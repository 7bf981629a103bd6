//! The stories of the requirements, by name.

mod e01_tier2_billing;
mod e02_graveyard;
mod e04_refund_4821;
mod e06_budget;
mod e15_working_key;
mod e17_ceo_calendar;
mod e21_drop_table;
