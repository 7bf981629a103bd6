//! The operators' listener: probes, the log's tiles, and administrative acts. Every request shows
//! an operator's token, and its role decides what it may.

mod acts;
mod door;
mod health;
mod reply;
mod spending;
mod tiles;

pub use acts::{
    BadKey, BadKill, Growth, KeyAsked, KeyMade, KillAsked, OperatorAsked, OperatorMade,
    PersonAsked, RotationAsked,
};
pub(crate) use door::answer;
pub use health::{ProviderState, Readiness, ServerState};
pub use spending::{Budget, Cap, Spending};
