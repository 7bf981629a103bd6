//! `bailiwick log payload`: what a call asked, or was answered, where its route keeps it.

use std::io::Write as _;

use bailiwick_core::ExchangeId;
use bailiwick_gateway::payloads::{Part, PayloadAsked, Shown};
use bailiwick_gateway::{paths, recording};
use clap::{Args, ValueEnum};

use crate::commands::admin::Admin;
use crate::commands::settings;
use crate::output::{self, Common, Failure, Outcome, YES, no};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The decision's id, as the reply's `Bailiwick-Decision` header says.
    decision: String,
    /// What was asked, as it went out, or what was answered, as the caller saw it.
    #[arg(long, value_enum, default_value_t = Which::Answer)]
    part: Which,
}

#[derive(Clone, Copy, ValueEnum)]
enum Which {
    Ask,
    Answer,
}

pub(super) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let bad = || Failure(format!("`{}` is no decision's id", arguments.decision));
    let part = match arguments.part {
        Which::Ask => Part::Ask,
        Which::Answer => Part::Answer,
    };
    let decision = ExchangeId::parse(&arguments.decision).ok_or_else(bad)?;
    let asked = PayloadAsked { decision, part };
    // Who reads what others said does so on record.
    let shown: Shown = match Admin::reach(&settings)? {
        Admin::Running(gateway) => gateway.call("POST", "/admin/v1/payloads", &asked)?,
        Admin::Here(local) => {
            let folder = paths::log(&settings.data);
            let world = recording::world(&local.store);
            let opened =
                local.act("payloads.read", &asked.target(), |_| asked.open(&folder, &world));
            local.close()?;
            Shown::from(&opened?)
        }
    };
    print(common, &shown)
}

/// The bytes as they are; what is to be said of them goes to standard error.
fn print(common: &Common, shown: &Shown) -> Outcome {
    if common.json {
        output::json(shown)?;
    } else {
        let bytes = shown.bytes().ok_or_else(|| Failure("what came is no base64".to_owned()))?;
        let kept = bytes.len();
        std::io::stdout().write_all(&bytes).map_err(|it| Failure(it.to_string()))?;
        if shown.is_proven.is_none() {
            eprintln!("bailiwick: these are the first {kept} of {} bytes", shown.total_bytes);
        }
    }
    if shown.is_proven == Some(false) {
        eprintln!("bailiwick: these are NOT the bytes of which the record has the digest");
        return no();
    }
    YES
}
