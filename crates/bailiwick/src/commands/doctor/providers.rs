//! Providers of models: does somebody listen where they are said to be, and is it known what they
//! cost.

use std::net::{TcpStream, ToSocketAddrs as _};
use std::time::Duration;

use bailiwick_gateway::config::{ProviderSettings, Settings};
use bailiwick_gateway::warnings;

use super::check::Check;

const PATIENCE: Duration = Duration::from_secs(3);

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    let mut checks: Vec<Check> = settings.models.providers.iter().map(reached).collect();
    let fault = warnings::faults_of_models(settings);
    checks.extend(
        fault.map(|it| Check::bad("models", it, "mend it; until then the gateway does not start")),
    );
    let advice = "docs/models.md and docs/prices.md tell how";
    let doubts = warnings::of_models(settings);
    checks.extend(doubts.into_iter().map(|it| Check::warning("models", it, advice)));
    checks
}

/// Nothing is asked of it: that might cost.
fn reached(provider: &ProviderSettings) -> Check {
    let ProviderSettings { name, url, .. } = provider;
    let host = url.host().unwrap_or_default();
    let usual = if url.scheme_str() == Some("http") { 80 } else { 443 };
    let port = url.port_u16().unwrap_or(usual);
    // An address of version 6 stands in brackets in a URL.
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    let found = (bare, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
    let connected = found
        .is_ok_and(|all| all.iter().any(|it| TcpStream::connect_timeout(it, PATIENCE).is_ok()));
    if connected {
        return Check::good("provider", format!("{name}: somebody listens at {host}:{port}"));
    }
    let what = format!("{name}: nobody can be reached at {host}:{port}");
    Check::bad("provider", what, "start it, or mend its `url` in [providers]")
}
