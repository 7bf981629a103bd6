//! The gateway: does it answer, and if not, could it start.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use bailiwick_gateway::Readiness;
use bailiwick_gateway::config::Settings;
use serde_json::json;

use super::check::Check;
use crate::commands::admin::Remote;

const PATIENCE: Duration = Duration::from_secs(2);

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    let mut checks = vec![agents(settings.agents)];
    checks.extend(operators(settings));
    if !settings.agents.ip().is_loopback() {
        let what =
            format!("agents connect to {} from other machines, in the clear", settings.agents);
        let advice = "put something that speaks TLS in front, or listen on 127.0.0.1";
        checks.push(Check::warning("listener", what, advice));
    }
    checks
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
    Some(heard.is_ok() && reply.starts_with(b"HTTP/1.1 200"))
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

fn operators(settings: &Settings) -> Option<Check> {
    let address = settings.operators;
    let remote = match Remote::find(settings) {
        Ok(Some(remote)) => remote,
        Ok(None) => return Some(free("operators", address)),
        Err(failure) => {
            let advice = "name an operator's token, or end what listens there";
            return Some(Check::warning("operators", failure.0, advice));
        }
    };
    let told = remote.send("GET", "/readyz", &json!(null));
    let ready = told.ok().and_then(|(_, body)| serde_json::from_str::<Readiness>(&body).ok());
    Some(match ready {
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
    })
}
