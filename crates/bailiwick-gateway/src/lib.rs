//! The gateway: sockets, upstreams, obligations, configuration, and the exchange itself.
//!
//! `exchange` is the product on one screen. The world is touched by four doors only: `clock`,
//! `entropy`, `disk` and the sockets of `front` and `upstream`.

pub mod admission;
mod adrift;
pub mod approving;
mod authenticators;
pub mod backup;
mod catalogue;
mod clock;
pub mod config;
pub mod contract;
pub mod diary;
mod disk;
mod drain;
pub mod dry_run;
mod edits;
mod entropy;
mod era;
mod exchange;
mod federated;
mod federation;
mod fitting;
mod front;
mod gate;
mod hidden;
pub mod kills;
mod legs;
mod lineage;
mod listener;
mod listing;
mod mask;
mod meaning;
mod meant;
mod models;
mod narrowed;
mod news;
mod obligations;
mod one_of_many;
mod operators;
mod orders;
mod outside;
mod own;
mod pace;
pub mod paths;
pub mod payloads;
mod probe;
mod question;
mod queue;
mod reading;
pub mod recording;
mod refusal;
mod relay;
mod renewal;
mod reserving;
mod rules;
mod run;
mod scribe;
mod secrets;
mod server;
mod session;
mod sessions;
mod shares;
mod start_error;
mod stopping;
pub mod store;
mod tally;
mod tasks;
pub mod tls;
mod tokens;
mod turning;
mod unfinished;
mod uninterrupted;
mod upstream;
mod view;
pub mod warnings;
mod watch;
mod wrap;

pub use clock::now;
pub use disk::{private_file, private_folder};
pub use models::BadMoney;
pub use operators::{
    BadKey, BadKill, Budget, Cap, Growth, KeyAsked, KeyMade, KillAsked, OperatorAsked,
    OperatorMade, PersonAsked, ProviderState, Readiness, RotationAsked, ServerState, Spending,
};
pub use rules::{BadRules, Rules};
pub use run::Gateway;
pub use scribe::take_log;
pub use secrets::missing_secrets;
pub use start_error::StartError;
pub use wrap::{Ended, Wrap};
