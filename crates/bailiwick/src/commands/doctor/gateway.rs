//! The gateway: does it answer, and if not, could it start.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use bailiwick_gateway::config::Settings;
use bailiwick_gateway::{Readiness, ServerState, descriptors, tls, warnings};
use serde_json::json;

use super::check::Check;
use crate::commands::admin::Remote;

const PATIENCE: Duration = Duration::from_secs(2);

/// What there is to say of it, but for what was `told` already.
pub(super) fn checks(settings: &Settings, told: &[String]) -> Vec<Check> {
    let mut checks = vec![agents(settings.agents)];
    checks.extend(operators(settings, told));
    checks.extend(certificate(settings));
    let few = descriptors::warning(settings);
    checks.extend(few.map(|it| Check::warning("limits", it, descriptors::ADVICE)));
    checks.extend(warnings::in_the_clear(settings).into_iter().map(|it| {
        Check::warning("listener", it, "anybody on the way reads keys and tokens, and what is said")
    }));
    checks
}

/// The certificate that agents are shown, and whether its key is a secret.
fn certificate(settings: &Settings) -> Option<Check> {
    settings.tls.as_ref()?;
    if let Err(bad) = tls::check(settings) {
        let advice = "name a certificate and its key, in PEM, under [agents] tls";
        return Some(Check::bad("certificate", bad.to_string(), advice));
    }
    Some(match tls::warnings(settings).pop() {
        Some(warning) => Check::warning("certificate", warning, "and think of a new key"),
        None => Check::good("certificate", "it is readable, and its key is the owner's"),
    })
}

fn agents(address: SocketAddr) -> Check {
    match answers(address) {
        Some(true) => Check::good("agents", format!("a gateway answers at {address}")),
        Some(false) => {
            let advice = "end what listens there, or choose another [agents] listen";
            Check::bad("agents", format!("something else answers at {address}"), advice)
        }
        None => free("agents", address),
    }
}

/// Whether what listens there is alive as a gateway is; `None` when nothing listens.
fn answers(address: SocketAddr) -> Option<bool> {
    let mut socket = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
    let ask = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    let mut reply = Vec::new();
    let heard = socket
        .set_read_timeout(Some(PATIENCE))
        .and_then(|()| socket.write_all(ask.as_bytes()))
        .and_then(|()| socket.take(4096).read_to_end(&mut reply));
    // One that speaks TLS says so to whoever does not.
    let is_ours = reply.starts_with(b"HTTP/1.1 200") || reply.ends_with(tls::SPOKEN.as_bytes());
    Some(heard.is_ok() && is_ours)
}

fn free(subject: &'static str, address: SocketAddr) -> Check {
    match TcpListener::bind(address) {
        Ok(_) => {
            let what = format!("{address} is free; no gateway runs, and `wrap` needs none");
            Check::good(subject, what)
        }
        Err(problem) => {
            let what = format!("{address} cannot be listened on: {problem}");
            Check::bad(subject, what, "choose another address in the configuration")
        }
    }
}

fn operators(settings: &Settings, told: &[String]) -> Vec<Check> {
    let address = settings.operators;
    let remote = match Remote::find(settings) {
        Ok(Some(remote)) => remote,
        Ok(None) => return vec![free("operators", address)],
        Err(failure) => {
            let advice = "name an operator's token, or end what listens there";
            return vec![Check::warning("operators", failure.0, advice)];
        }
    };
    let heard = remote.send("GET", "/readyz", &json!(null));
    let ready = heard.ok().and_then(|(_, body)| serde_json::from_str::<Readiness>(&body).ok());
    let mut more: Vec<_> = ready.iter().flat_map(|it| &it.servers).filter_map(absent).collect();
    if let Some(ready) = &ready {
        more.extend(outdated(settings, ready));
        more.extend(warned(ready, told));
    }
    let itself = match ready {
        None => {
            let what = format!("what answers at {address} is no gateway that knows this token");
            Check::bad("operators", what, "set BAILIWICK_OPERATOR_TOKEN, or mend the address")
        }
        Some(it) if it.ready => {
            Check::good("operators", format!("the gateway at {address} is ready"))
        }
        Some(_) => {
            let what = format!("the gateway at {address} is not ready");
            Check::bad("operators", what, "see `bailiwick status`")
        }
    };
    std::iter::once(itself).chain(more).collect()
}

/// A server that cannot be listed or started serves nobody.
fn absent(server: &ServerState) -> Option<Check> {
    let what = format!("{}: {}", server.name, server.absent.as_ref()?);
    let advice = server.remedy.as_deref().unwrap_or("see `bailiwick status`");
    Some(Check::bad("server", what, advice))
}

/// The gateway may run by what the configuration said before an edit.
pub(in crate::commands) fn is_outdated(settings: &Settings, ready: &Readiness) -> bool {
    // A build before this one does not tell.
    !ready.configuration.is_empty() && ready.configuration != settings.said.to_string()
}

fn outdated(settings: &Settings, ready: &Readiness) -> Option<Check> {
    let what = "the gateway does not run by what the file says since it was edited";
    let check = || Check::warning("configuration", what, "restart the gateway to use the edit");
    is_outdated(settings, ready).then(check)
}

/// What it warns of besides. That tools are held is as it is meant.
fn warned(ready: &Readiness, told: &[String]) -> Vec<Check> {
    let file = |it: &&String| it.contains(" is not what the gateway runs by since it was edited");
    let news = ready.warnings.iter().filter(|it| !told.contains(it) && !file(it));
    let checks = news.map(|it| {
        if it.contains(" tools are held, ") {
            return Check::note("admission", it, "approve what you have read");
        }
        Check::warning("gateway", it, "it is told by the gateway that runs: see `bailiwick status`")
    });
    checks.collect()
}
