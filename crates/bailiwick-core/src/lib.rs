//! The vocabulary and the kernel of Bailiwick: who asks, for what, may they, and what was done.
//!
//! Nothing here does I/O, reads a clock or waits: time, randomness and storage are arguments. Each
//! step of the corridor hands on a value that only that step can make and consumes the value of
//! the step before it:
//!
//! ```text
//! identify -> interpret -> screen -> decide -> record -> clear -> forward -> inspect -> record
//! Identified   Call      Screened  Decision  Ruling    Cleared  Pending   Inspected   Released
//! ```
//!
//! Files stand in the order in which a call meets them.

mod action;
mod answer;
mod call;
pub mod cbor;
mod class;
mod clearance;
mod day;
mod decision;
mod finding;
mod glimpse;
mod identity;
mod inputs;
mod ledger;
mod model;
mod names;
mod obligation;
mod payload;
mod record;
mod resource;
mod screening;
mod thing;
mod value;
mod votes;

pub use action::Action;
pub use answer::{Disposition, Inspected, Interim, Pending, Released};
pub use call::{Call, Effect, Interpreted};
pub use class::{Class, Classed};
pub use clearance::{Cleared, PermitOnRecord, RefusalOnRecord, Ruling, Unclear};
pub use day::{Day, NotADay};
pub use decision::{
    Cause, Context, Decision, Denial, Mode, Permit, Policy, Question, Stance, Verb, decide,
    glimpse, may, visible,
};
pub use finding::{Finding, Findings, Inspector, Inspectors, Seen, Severity, Surface};
pub use glimpse::Glimpse;
pub use identity::{
    Authenticator, Evidence, Identified, Link, Principal, Purpose, Unproved, identify,
};
pub use inputs::Inputs;
pub use ledger::{Appended, Ledger, Position, Sealed, Unrecorded, note, turn_away};
pub use model::ModelAsk;
pub use names::{
    AgentId, Digest, ExchangeId, KeyId, PersonId, PolicyId, ServerId, SessionId, TaskId, TenantId,
    Timestamp, Token,
};
pub use obligation::Obligation;
pub use payload::Payload;
pub use record::{
    AdminAct, DecisionRecord, Durability, Meter, Noticed, OutcomeRecord, RECORD_VERSION, Record,
    RecordError, RefusalReason, RefusalRecord, Subject,
};
pub use resource::{NamedResource, Resource};
pub use screening::{Screened, screen};
pub use thing::{Fact, Thing};
pub use value::{Number, Value};
pub use votes::{LinkVote, Permitting, Votes};
