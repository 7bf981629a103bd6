//! Servers without a contract, for which the catalogue has one.

use bailiwick_gateway::config::{ServerSettings, Settings};

use super::check::Check;
use crate::catalogue::{self, Entry};
use crate::commands::contracts::{contract_of, ready_for};

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    // Both were told of before: an entry by a test, and a contract that cannot be read as a fault.
    let Ok(entries) = catalogue::all() else { return Vec::new() };
    let check = |it: &ServerSettings| of_server(settings, &entries, it);
    settings.servers.iter().filter_map(check).collect()
}

fn of_server(settings: &Settings, entries: &[Entry], server: &ServerSettings) -> Option<Check> {
    let name = server.name.as_str();
    let entry = ready_for(entries, server)?;
    let lacks = contract_of(&settings.contracts, name).is_ok_and(|it| it.is_none());
    let what =
        format!("{name}: no contract, and the catalogue has one for {}", entry.about.package);
    let advice = format!("bailiwick contracts add {name}");
    lacks.then(|| Check::note("contracts", what, advice))
}
