//! `/readyz` and `/metrics`: how the gateway fares.

use std::collections::BTreeSet;

use bailiwick_core::{Day, ServerId, Timestamp};
use bailiwick_log::{Health, Room};
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::{Response, StatusCode};
use serde::{Deserialize, Serialize};

use super::reply::json;
use crate::front::{Body, text};
use crate::gate::Gate;
use crate::rules::Rules;
use crate::server::Server;
use crate::tls::Tls;
use crate::upstream::Provider;

/// What `/readyz` says.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Readiness {
    /// Whether calls are carried out.
    pub ready: bool,
    /// The day until which policy refuses nothing, while that is so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observing_until: Option<String>,
    /// The digest of what the configuration said at the start.
    #[serde(default)]
    pub configuration: String,
    /// How many policies are in force.
    pub policies: usize,
    /// The digest of the policy set in force.
    pub policy_set: String,
    /// What is wrong with a newer edit of the policies or contracts, which is not in force.
    pub rules_fault: Vec<String>,
    /// What of the rules in force will surprise.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// What is wrong with a newer certificate or its key, which are not in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_fault: Option<String>,
    /// The servers.
    pub servers: Vec<ServerState>,
    /// The providers of models.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<ProviderState>,
    /// How many sessions are open.
    pub sessions: usize,
    /// What is wrong with the log, if anything.
    pub log_trouble: Option<String>,
    /// How many records the log has.
    pub log_records: u64,
    /// What the gateway and its servers said lately.
    pub lately: Vec<String>,
}

/// One server.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ServerState {
    /// Its name.
    pub name: String,
    /// Whether it was listed, so that calls can be made.
    pub listed: bool,
    /// Why it cannot be listed or started, or its tools are missing at `/mcp`, when that is so.
    pub absent: Option<String>,
    /// What to do about that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
}

/// One provider of models. One that is degraded fails its own models only: the gateway is ready.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ProviderState {
    /// Its name.
    pub name: String,
    /// Why calls of its models fail, when that is known.
    pub degraded: Option<String>,
    /// Since when, in nanoseconds since the epoch.
    pub degraded_since_ns: Option<u64>,
}

impl ServerState {
    /// Whether it was listed, or it is known that it cannot be.
    const fn is_known(&self) -> bool {
        self.listed || self.absent.is_some()
    }
}

/// What is wrong with the log, in words.
fn trouble(health: &Health) -> Option<String> {
    if health.stopped {
        let why = health.trouble.as_deref().unwrap_or("a write failed");
        return Some(format!(
            "it has stopped and takes nothing more: {why}; start the gateway anew"
        ));
    }
    match health.room {
        Room::Open => health.trouble.clone(),
        Room::DiskFull => Some("the disk is full: free some space".into()),
        Room::CapReached => Some("log.max_mib is reached: raise it, or archive the log".into()),
        Room::Behind => Some("tiles are made too slowly: is the disk slow?".into()),
        Room::Failed => Some("a segment could not be made ready".into()),
    }
}

fn state_of(server: &Server, rules: &Rules, now: Timestamp) -> ServerState {
    let (catalogue, name) = (&server.catalogue, server.name.to_string());
    let listed = catalogue.rounds() > 0;
    let state = |why: Option<(String, String)>| {
        let (absent, remedy) = why.unzip();
        ServerState { name: name.clone(), listed, absent, remedy }
    };
    // What is off cannot be listed or started either: that comes first.
    if let Some(word) = rules.health.off(&server.name, Day::of(now)) {
        let remedy = format!("see `bailiwick contracts health {name}`");
        return state(Some((format!("it is off: {word}"), remedy)));
    }
    let again = "then restart the gateway; it is tried again by itself, too";
    let mend = || format!("mend its command, url or headers in [servers], {again}");
    if let Some(why) = server.unstarted() {
        let remedy = if has_digest(rules, &server.name) {
            format!(
                "see what changed there; when it is as it should be, declare what `bailiwick \
                 contracts digest {name}` prints, and it is tried again by itself"
            )
        } else {
            mend()
        };
        return state(Some((format!("its process could not be started: {why}"), remedy)));
    }
    let failing = catalogue.failure().map(|it| (format!("it cannot be listed: {it}"), mend()));
    // Where it was never listed, why it is missing follows from that.
    let missing = server.absence().filter(|_| listed || failing.is_none());
    let missing = missing.map(|it| (it.to_owned(), "see `bailiwick status`".to_owned()));
    state(missing.or(failing))
}

/// Whether what it launches is held to a digest.
fn has_digest(rules: &Rules, server: &ServerId) -> bool {
    let standing = rules.contracts.of(server).and_then(|it| it.standing.as_ref());
    standing.is_some_and(|it| it.digest.is_some())
}

fn state_of_provider(provider: &Provider) -> ProviderState {
    let refusal = provider.refused.now();
    ProviderState {
        name: provider.name.to_string(),
        degraded: refusal.map(|it| format!("it refused its key ({})", it.status)),
        degraded_since_ns: refusal.map(|it| it.since.ns()),
    }
}

fn look(gate: &Gate) -> Readiness {
    let rules = gate.rules();
    let health = gate.log().health();
    let mut servers: Vec<_> =
        gate.parts.servers.values().map(|it| state_of(it, &rules, gate.now())).collect();
    servers.sort_by(|a, b| a.name.cmp(&b.name));
    let rules_fault = gate.parts.rules.fault().map(|it| it.0).unwrap_or_default();
    let log_trouble = trouble(&health);
    let tls_fault = gate.parts.tls.as_ref().and_then(Tls::fault);
    Readiness {
        ready: log_trouble.is_none()
            && rules_fault.is_empty()
            && tls_fault.is_none()
            && servers.iter().all(ServerState::is_known),
        observing_until: gate
            .settings()
            .observe_until
            .filter(|_| gate.observes())
            .map(|it| it.to_string()),
        configuration: gate.settings().said.to_string(),
        policies: rules.policies.len(),
        policy_set: bailiwick_core::Policy::digest(&rules.policies).to_string(),
        rules_fault,
        warnings: gate.warnings(),
        tls_fault,
        servers,
        providers: gate.parts.models.all().map(|it| state_of_provider(it)).collect(),
        sessions: gate.sessions().len(),
        log_trouble,
        log_records: health.size,
        lately: gate.parts.diary.lines().iter().map(|it| gate.means().vault.blot(it)).collect(),
    }
}

pub(super) fn ready(gate: &Gate) -> Response<Body> {
    let readiness = look(gate);
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    json(status, &readiness)
}

pub(super) fn metrics(gate: &Gate) -> Response<Body> {
    use std::fmt::Write as _;
    let it = look(gate);
    let listed = it.servers.iter().filter(|server| server.listed).count();
    let degraded = it.providers.iter().filter(|it| it.degraded.is_some()).count();
    let drifts: BTreeSet<_> =
        gate.parts.learned.drifts().into_iter().map(|it| (it.0, it.1)).collect();
    let (tools, canaries) = (drifts.len(), gate.parts.learned.failing().len());
    let gauges = [
        ("bailiwick_ready", "1 when calls are carried out.", u64::from(it.ready)),
        (
            "bailiwick_observing",
            "1 while policy refuses nothing.",
            u64::from(it.observing_until.is_some()),
        ),
        ("bailiwick_policies", "Policies in force.", it.policies as u64),
        ("bailiwick_rules_faults", "Faults of an edit not in force.", it.rules_fault.len() as u64),
        ("bailiwick_servers", "Servers that are configured.", it.servers.len() as u64),
        ("bailiwick_servers_listed", "Servers that were listed.", listed as u64),
        ("bailiwick_providers", "Providers of models.", it.providers.len() as u64),
        ("bailiwick_providers_degraded", "Providers that refused their key.", degraded as u64),
        ("bailiwick_drift_tools", "Tools that answer otherwise than they did.", tools as u64),
        ("bailiwick_drift_canaries", "Canaries that failed.", canaries as u64),
        ("bailiwick_sessions", "Sessions that are open.", it.sessions as u64),
        ("bailiwick_log_records", "Records in the log.", it.log_records),
    ];
    let body = gauges.iter().fold(String::new(), |mut body, (name, help, value)| {
        let _ = writeln!(body, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}");
        body
    });
    let mut reply = text(StatusCode::OK, body);
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    reply.headers_mut().insert(CONTENT_TYPE, kind);
    reply
}
