//! Why a gateway does not start, and what to do.

use std::net::SocketAddr;

use bailiwick_log::LogError;

use crate::models::BadMoney;
use crate::rules::BadRules;
use crate::store::StoreError;
use crate::tls::BadPair;

/// Why a gateway does not start. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The administrative state cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log cannot be used.
    #[error("the log: {}{}", .0, beside(.0))]
    Log(#[from] LogError),
    /// Policies or contracts are faulty.
    #[error("the rules are faulty:\n{}", .0.0.join("\n"))]
    Rules(BadRules),
    /// A secret is missing.
    #[error("secrets are missing:\n{}", .0.join("\n"))]
    Secrets(Vec<String>),
    /// The guard's configuration names something that no inspector finds.
    #[error("[guard] withhold: {0}")]
    Guard(#[from] bailiwick_guard::UnknownKind),
    /// What calls of models cost cannot be told.
    #[error(transparent)]
    Money(#[from] BadMoney),
    /// An address is taken or not ours.
    #[error(
        "{address} cannot be listened on: {source}; is another gateway running? Or change `listen`"
    )]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("[agents] tls: {0}")]
    Tls(#[from] BadPair),
    /// A file cannot be written.
    #[error("{0}")]
    File(String),
    /// The start could not be recorded.
    #[error("the start could not be recorded: {}{}", .0, what_next(.0))]
    Unrecorded(#[from] bailiwick_core::Unrecorded),
}

/// Who may have the log.
const fn beside(why: &LogError) -> &'static str {
    let is_had = matches!(why, LogError::Locked(_));
    if is_had { "; is this gateway running already? `bailiwick status` tells" } else { "" }
}

/// What an operator can do about a record that was not written.
const fn what_next(why: &bailiwick_core::Unrecorded) -> &'static str {
    match why {
        bailiwick_core::Unrecorded::Full => {
            "; make room on the disk or raise `max_mib` under [log], then start again"
        }
        bailiwick_core::Unrecorded::Stopped => "; `bailiwick log verify` tells how the log is",
        bailiwick_core::Unrecorded::TooLarge | bailiwick_core::Unrecorded::NoKey => "",
    }
}
