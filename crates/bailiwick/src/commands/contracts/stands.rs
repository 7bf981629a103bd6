//! How the tools of a server stand, as the running gateway sees them.

use bailiwick_contracts::Definition;
use bailiwick_gateway::approving::ToolStands;
use bailiwick_gateway::config::Settings;
use bailiwick_wire::json::{Document, Limits};
use serde_json::json;

use crate::commands::admin::Remote;
use crate::output::Failure;

/// The gateway that runs with these settings.
///
/// # Errors
/// [`Failure`] when none does: only it is connected with the servers.
pub(super) fn gateway(settings: &Settings) -> Result<Remote, Failure> {
    let none = || {
        let address = settings.operators;
        Failure(format!(
            "no gateway answers at {address}, and only a gateway sees what servers show: start one \
             with `bailiwick up`"
        ))
    };
    Remote::find(settings)?.ok_or_else(none)
}

/// How each tool of a server stands, by name.
///
/// # Errors
/// [`Failure`] with the gateway's words when it cannot tell.
pub(super) fn of(gateway: &Remote, server: &str) -> Result<Vec<ToolStands>, Failure> {
    gateway.call("GET", &format!("/admin/v1/contracts/{server}"), &json!(null))
}

/// What a server shows of its tools, by name.
///
/// # Errors
/// [`Failure`] with the gateway's words when it cannot tell.
pub(super) fn definitions(gateway: &Remote, server: &str) -> Result<Vec<Definition>, Failure> {
    of(gateway, server)?.iter().map(|it| definition(&it.definition)).collect()
}

/// The definition that a canonical text says.
///
/// # Errors
/// [`Failure`] when it says none.
pub(super) fn definition(text: &str) -> Result<Definition, Failure> {
    let document = Document::parse(text.as_bytes(), Limits::default())?;
    Ok(Definition::of(&document.root().to_value())?)
}

/// The servers that are meant: those that are named, else all that are configured.
///
/// # Errors
/// [`Failure`] when one that is named is not configured.
pub(super) fn servers(settings: &Settings, named: &[String]) -> Result<Vec<String>, Failure> {
    let all: Vec<_> = settings.servers.iter().map(|it| it.name.to_string()).collect();
    if let Some(stranger) = named.iter().find(|it| !all.contains(it)) {
        if all.is_empty() {
            return Err(Failure(format!(
                "[servers] is empty, so no gateway sees `{stranger}`: write its command there, as \
                 in the client's entry, start `bailiwick up`, and approve; wraps go by it, too"
            )));
        }
        return Err(Failure(format!("[servers] has no `{stranger}`; it has {}", all.join(", "))));
    }
    Ok(if named.is_empty() { all } else { named.to_vec() })
}
