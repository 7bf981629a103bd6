//! The verbs as a person uses them: what they print, what they mean by their exit codes.

mod asking;
mod checking;
mod costs;
mod first_minute;
mod knowing;
mod log;
mod secrets;
mod unlisted;
