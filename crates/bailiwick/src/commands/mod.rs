//! One verb, one file.

mod admin;
mod around;
pub(crate) mod ask;
mod asked;
pub(crate) mod backup;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod confine;
pub(crate) mod contracts;
pub(crate) mod demo;
pub(crate) mod doctor;
mod first;
pub(crate) mod init;
pub(crate) mod keys;
pub(crate) mod kill;
pub(crate) mod log;
pub(crate) mod operators;
pub(crate) mod policy;
mod settings;
pub(crate) mod status;
pub(crate) mod up;
pub(crate) mod why;
pub(crate) mod wrap;

use std::net::SocketAddr;

use crate::output::{Outcome, YES};
use crate::parrot::Parrot;

/// `bailiwick helpdesk`: the server of the demo.
pub(crate) fn serve_helpdesk() -> Outcome {
    crate::helpdesk::run_stdio()?;
    YES
}

/// `bailiwick parrot`: the models of the demo.
pub(crate) fn serve_parrot(listen: SocketAddr) -> Outcome {
    let parrot = Parrot::start(listen)?;
    eprintln!("models that repeat what they are told are at http://{}/v1", parrot.address);
    loop {
        std::thread::park();
    }
}
