//! Looking for the log: who writes it, and whether we shall.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_log::{Log, LogError, World};

use super::Role;
use super::claim::Claim;
use super::guest::Guest;
use crate::config::Settings;
use crate::diary::Diary;
use crate::{clock, paths, recording};

/// How long a process looks for a writer, or to become it, before its call is refused.
const LOOKS_MAX: u32 = 5_000;
const LOOK: Duration = Duration::from_millis(2);
/// How long a gateway that starts waits for the log.
const PATIENCE_NS: u64 = 10_000_000_000;

/// Find the writer, or become it.
pub(super) fn look(settings: &Settings, world: &World) -> Result<Role, LogError> {
    let (socket, claim) = (paths::log_socket(&settings.data), paths::log_claim(&settings.data));
    let mut looks = 0;
    loop {
        if let Ok(guest) = Guest::connect(&socket) {
            return Ok(Role::Guest(Arc::new(guest)));
        }
        let opened = if Claim::is_made(&claim) {
            Err(LogError::Locked(paths::log(&settings.data)))
        } else {
            recording::open(settings, world)
        };
        match opened {
            Ok(log) => return Ok(Role::Holder(Arc::new(log))),
            // It has the lock and no door yet, or makes the log just now.
            Err(LogError::Locked(_) | LogError::Exists(_)) if looks < LOOKS_MAX => {
                looks += 1;
                std::thread::park_timeout(LOOK);
            }
            Err(problem) => return Err(problem),
        }
    }
}

/// Become the writer, whoever is it now, unless that is a gateway too. The claim keeps others from
/// taking the log in between; it is to be kept until they find us at the door.
pub(super) fn take_over(
    settings: &Settings,
    world: &World,
    diary: &Diary,
) -> Result<(Log, Option<Claim>), LogError> {
    let (socket, file) = (paths::log_socket(&settings.data), paths::log_claim(&settings.data));
    let (mut claim, mut is_told, began) = (None, false, clock::now());
    loop {
        let problem = match recording::open(settings, world) {
            Ok(log) => return Ok((log, claim)),
            Err(problem @ (LogError::Locked(_) | LogError::Exists(_))) => problem,
            Err(problem) => return Err(problem),
        };
        if !is_told {
            diary.tell("another process writes the log: it is asked to hand it over");
            is_told = true;
        }
        if claim.is_none() {
            claim = Claim::make(&file).ok().flatten();
        }
        // Who refuses is a gateway too. Nobody at the door may mean that the writer is on its way
        // out, or not yet in.
        let refused = Guest::asked_to_make_way(&socket) == Some(false);
        if refused || clock::now().since_ns(began) > PATIENCE_NS {
            return Err(problem);
        }
        std::thread::park_timeout(LOOK);
    }
}
