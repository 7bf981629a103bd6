//! Whether a server's process may be started, and how: what it would fetch, the digest of what it
//! launches, what it may reach.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bailiwick_core::Timestamp;
use tokio::runtime::{Handle, RuntimeFlavor};

use crate::config::Egress;
use crate::confined::{Mechanism, given};
use crate::measured::Measured;
use crate::terms::Terms;

/// How a process is started.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// The program's file, where it was measured: no other of its name is started.
    pub(super) program: Option<PathBuf>,
    /// What keeps it to its hosts, where it is kept to them.
    pub(super) by: Option<Mechanism>,
}

/// How a process may be started, or why it may not be.
pub(super) fn way(
    terms: &Terms,
    words: &[String],
    folder: &Path,
    environment: &BTreeMap<String, String>,
    now: Timestamp,
) -> Result<Way, String> {
    if let Some(found) = terms.unpinned(now) {
        return Err(format!(
            "`{}` is whatever its registry holds that day, so it is not started: {}",
            found.package,
            found.advice()
        ));
    }
    let program = match terms.digest() {
        None => None,
        Some(approved) => {
            match checked(&approved, || terms.launches.measure(words, folder, environment, now)) {
                Ok(program) => program,
                Err(what) => {
                    terms.find("launch.digest", what.clone());
                    if !terms.observes(now) {
                        return Err(what);
                    }
                    None
                }
            }
        }
    };
    Ok(Way { program, by: mechanism(terms, now)? })
}

/// The program that is what was approved.
fn checked(
    approved: &str,
    measure: impl FnOnce() -> Result<Measured, String>,
) -> Result<Option<PathBuf>, String> {
    let measured = waiting(measure)
        .map_err(|why| format!("its digest is declared and cannot be checked: {why}"))?;
    if measured.digest.eq_ignore_ascii_case(approved) {
        return Ok(measured.program);
    }
    Err(format!(
        "what it launches is not what was approved: it has the digest {}, and its contract says \
         {approved}; see `bailiwick contracts digest`",
        measured.digest
    ))
}

fn mechanism(terms: &Terms, now: Timestamp) -> Result<Option<Mechanism>, String> {
    let must = match terms.egress(now) {
        Egress::Open => return Ok(None),
        Egress::Declared => true,
        Egress::BestEffort => false,
    };
    if must && terms.runs_elsewhere() {
        return Err("its container is started by a daemon, which cannot be held to the hosts of \
                    its contract: give it `--network none`, or say `egress = \"open\"` and hold it \
                    there"
            .into());
    }
    let given = waiting(given);
    let by = match &given.namespace {
        Err(why) if must => {
            return Err(format!(
                "this kernel cannot keep it to the hosts of its contract (no network namespace: \
                 {why}): permit user namespaces, or say `egress = \"best_effort\"`; `bailiwick \
                 doctor` tells what there is"
            ));
        }
        Ok(()) | Err(_) => given.strongest(),
    };
    if by != Mechanism::Namespace {
        terms.find(
            "egress.weaker",
            format!("kept by {} only, which leaves {}", by.word(), by.leaves()),
        );
    }
    Ok(Some(by))
}

/// Work that waits for the disk or another process, on a thread that others may need.
pub(super) fn waiting<T>(work: impl FnOnce() -> T) -> T {
    let is_one_of_many =
        Handle::try_current().is_ok_and(|it| it.runtime_flavor() == RuntimeFlavor::MultiThread);
    if is_one_of_many { tokio::task::block_in_place(work) } else { work() }
}
