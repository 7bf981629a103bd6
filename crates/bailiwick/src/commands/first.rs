//! The first configuration, where there is none: with a policy to begin with. A file that is there
//! already is left alone.

use std::path::Path;

use bailiwick_contracts::{Date, Definition, Lock};
use bailiwick_core::Day;
use bailiwick_wire::json::{Document, Limits};

use crate::files;
use crate::helpdesk;
use crate::output::{Failure, say};

/// For so many days whoever begins may use tools that nobody has approved.
const OPEN_DAYS: u32 = 14;

const UP: &str = include_str!("first/up.toml");
const CLIENTS: &str = include_str!("first/clients.toml");
const STARTER: (&str, &str) = ("starter.cedar", include_str!("first/starter.cedar"));

/// For `bailiwick up`: everything commented, and the helpdesk to try it on.
pub(super) fn for_up(config: &Path) -> Result<(), Failure> {
    let program = std::env::current_exe()?;
    write(config, &UP.replace("@PROGRAM@", &program.display().to_string()))?;
    write_helpdesk(folder(config), &[STARTER])?;
    say(format!("wrote {}, with a server to try, policies and a contract", config.display()));
    say("To try it: `bailiwick keys new --agent support-bot --person ada --tenant acme`.");
    Ok(())
}

/// For `init` and `wrap`: no servers, since clients name them. The configuration comes last, so
/// that whoever finds it finds the rest.
pub(super) fn for_clients(config: &Path) -> Result<(), Failure> {
    make_folders(folder(config))?;
    write(&folder(config).join("policies").join(STARTER.0), STARTER.1)?;
    let today = Day::of(bailiwick_gateway::now());
    let open_until = Day::from_number(today.number().saturating_add(OPEN_DAYS));
    write(config, &CLIENTS.replace("@OPEN_UNTIL@", &open_until.to_string()))
}

/// The approvals of the helpdesk's tools: it is part of this very program.
fn approved_helpdesk() -> Result<String, Failure> {
    let document = Document::parse(helpdesk::TOOLS.as_bytes(), Limits::default())
        .map_err(|it| Failure(it.to_string()))?;
    let mut lock = Lock { server: "helpdesk".into(), ..Lock::default() };
    let today = Date(Day::of(bailiwick_gateway::now()));
    for entry in document.root().elements() {
        let definition = Definition::of(&entry.to_value()).map_err(|it| Failure(it.to_string()))?;
        lock.approve(&definition, "bailiwick", "the helpdesk is part of the program", today);
    }
    lock.write().map_err(|it| Failure(it.to_string()))
}

/// The helpdesk's contract, policies and entities, and some more policies.
pub(super) fn write_helpdesk(folder: &Path, more: &[(&str, &str)]) -> Result<(), Failure> {
    make_folders(folder)?;
    let policies = folder.join("policies");
    write(&folder.join("contracts/helpdesk.toml"), helpdesk::CONTRACT)?;
    write(&folder.join("contracts/helpdesk.lock"), &approved_helpdesk()?)?;
    write(&policies.join("entities.json"), helpdesk::ENTITIES)?;
    for (name, text) in helpdesk::POLICIES.iter().chain(more) {
        write(&policies.join(name), text)?;
    }
    Ok(())
}

fn folder(config: &Path) -> &Path {
    config.parent().unwrap_or(Path::new("."))
}

fn make_folders(folder: &Path) -> Result<(), Failure> {
    for name in ["policies", "contracts"] {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).map_err(|it| files::told(&folder, &it))?;
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    if file.exists() {
        return Ok(());
    }
    files::write(file, text)
}
