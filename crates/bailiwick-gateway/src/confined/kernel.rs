//! What this kernel gives, found out by trying it in a process that does nothing else.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use bailiwick_core::Timestamp;

use super::{Mechanism, launcher};
use crate::clock;

/// What this kernel gives to keep a process from the network.
#[derive(Clone, Debug)]
pub struct Given {
    /// A network of its own; or why not.
    pub namespace: Result<(), String>,
    /// Landlock's rules for TCP; or why not.
    pub landlock: Result<(), String>,
}

impl Given {
    /// The strongest that is given.
    pub const fn strongest(&self) -> Mechanism {
        match (&self.namespace, &self.landlock) {
            (Ok(()), _) => Mechanism::Namespace,
            (Err(_), Ok(())) => Mechanism::Landlock,
            (Err(_), Err(_)) => Mechanism::Proxy,
        }
    }
}

/// How long a refusal is believed: it may be that no process could be started just then.
const BELIEVED_NS: u64 = 60_000_000_000;

/// What was given, and when it was asked for.
struct Asked {
    at: Timestamp,
    given: Given,
}

impl Asked {
    /// Whether this need not be asked again: what is given stays given.
    fn holds(&self, now: Timestamp) -> bool {
        self.given.strongest() == Mechanism::Namespace || now.since_ns(self.at) < BELIEVED_NS
    }
}

/// What this kernel gives. It is asked once, and again where something was refused.
pub fn given() -> Given {
    static ASKED: Mutex<Option<Asked>> = Mutex::new(None);
    let (now, mut asked) = (clock::now(), ASKED.lock().unwrap_or_else(PoisonError::into_inner));
    if let Some(asked) = asked.as_ref().filter(|it| it.holds(now)) {
        return asked.given.clone();
    }
    let given =
        Given { namespace: tried(Mechanism::Namespace), landlock: tried(Mechanism::Landlock) };
    asked.insert(Asked { at: now, given }).given.clone()
}

fn tried(by: Mechanism) -> Result<(), String> {
    let mut command = Command::new(this_program());
    command.args(["confine", "--probe", "--by", by.word()]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.map_err(|it| it.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Try one mechanism on this process.
///
/// # Errors
/// Why it is not given.
pub fn probe(by: Mechanism) -> Result<(), String> {
    let tried = match by {
        Mechanism::Namespace => launcher::enter_namespace(),
        Mechanism::Landlock => launcher::restrict(1),
        Mechanism::Proxy => Ok(()),
    };
    tried.map_err(|it| it.to_string())
}

/// This program, also where its file was exchanged since it started.
pub(super) fn this_program() -> OsString {
    if cfg!(target_os = "linux") {
        return "/proc/self/exe".into();
    }
    std::env::current_exe().map_or_else(|_| "bailiwick".into(), Into::into)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_believed_for_a_minute_and_what_is_given_for_ever() {
        let at = |seconds: u64| Timestamp::from_ns(seconds * 1_000_000_000);
        let asked = |namespace: Result<(), String>| Asked {
            at: at(100),
            given: Given { namespace, landlock: Ok(()) },
        };
        for (namespace, now, holds) in [
            (Ok(()), 100_000, true),
            (Err("no process can be started".to_owned()), 159, true),
            (Err("no process can be started".to_owned()), 161, false),
        ] {
            assert_eq!(asked(namespace.clone()).holds(at(now)), holds, "{namespace:?} {now}");
        }
    }
}
