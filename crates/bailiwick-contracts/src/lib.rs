//! Contracts: what admission knows. One for each server, in the operator's words; from it follow
//! what its tools do to the world, what their arguments name, what a call may say, and whether the
//! tool is still the one that a person approved.
//!
//! Nothing here does I/O or reads a clock: texts, definitions and days are arguments.

mod binding;
mod canary;
mod cell;
mod contract;
mod definition;
mod draft;
mod effect;
mod exception;
pub mod health;
mod hosts;
mod inventory;
mod launch;
mod learned;
mod lint;
mod lock;
mod pin;
mod reach;
mod replacement;
mod schema;
mod semantic;
mod span;
mod spelling;
mod standing;
mod state;
mod unseen;
mod value;
mod view;

pub use binding::{COLLECTION, collection, named, named_by_answer};
pub use canary::{Canary, Unexpected};
pub use cell::{Cell, Date, Grounded};
pub use contract::{
    Argument, Bound, Contract, Fault, Meaning, Tool, Undo, Viewed, contract_schema,
};
pub use definition::{Definition, NotADefinition, canonical};
pub use draft::{AlreadyThere, append, draft, write as write_draft};
pub use effect::{EffectWord, Recipient, Trust};
pub use hosts::Hosts;
pub use inventory::{Column, Filled, Row, inventory};
pub use launch::{
    Fetched, Launched, Package, Registry, Unpinned, fetched, launched, runs_elsewhere, single,
    unpinned,
};
pub use learned::{
    Behaviour, Change as Drifting, Drift, Kind, Observed, Part, Quantiles, Raised, Shape, Share,
    Told,
};
pub use lint::{Place, Remark, Rule, Score, Severity, Subject, lint, sarif, scores};
pub use lock::{Approved, Lock};
pub use pin::{Change, NotAPin, Pin, changes};
pub use reach::{Reach, Seen, Sight, Touched, Undeclared, counted, credentials, reach};
pub use replacement::{Compared, compared};
pub use schema::{Held, Misfit, Schema};
pub use semantic::{
    Meant, NotAPath, NotAUrl, NotAWord, NotEmail, NotMeant, NotMoney, NotSql, Reason,
    check as meant, touched,
};
pub use span::seconds;
pub use standing::Standing;
pub use unseen::is_unseen;
pub use view::{Beyond, Caller, Narrowing, Shown, shown};
