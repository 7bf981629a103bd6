//! What a configuration means: absolute, complete, and free of contradictions.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use bailiwick_core::{AgentId, Digest, Durability, PersonId, ServerId, TenantId, Timestamp};
use bailiwick_policy::Classing;
use hyper::Uri;

use super::date::Date;
use super::health::HealthSettings;
use super::models::ModelSettings;
use super::named::{address_of, is_server_name};
use super::said::{
    Class, DriftSection, Egress, Guard, Limits, LogSection, Said, Server, Tls, Transport,
};
use super::secret_ref::{SecretRef, placed};
use super::sources::{self, FactsSettings};
use super::until::{observe_until, open_until};

/// Who a caller on this machine is that shows no key.
#[derive(Clone, Debug)]
pub struct Keyless {
    /// The agent.
    pub agent: AgentId,
    /// The person on whose behalf it acts.
    pub person: PersonId,
    /// The tenant.
    pub tenant: TenantId,
}

/// How a server is reached.
#[derive(Clone, Debug)]
pub enum Launch {
    /// As a child process.
    Child {
        /// The program.
        program: String,
        /// Its arguments.
        arguments: Vec<String>,
        /// The folder in which it starts.
        directory: PathBuf,
        /// Its environment, besides `PATH` and `HOME`.
        environment: BTreeMap<String, String>,
        /// Whether its standard error is ours, and not kept for `/readyz`.
        shares_stderr: bool,
    },
    /// Over HTTP, in this way where it is known.
    Http(Uri, Option<Transport>),
}

/// Where a certificate and its key lie.
#[derive(Clone, Debug)]
pub struct Pair {
    /// The certificate, and those between it and its root.
    pub certificate: PathBuf,
    /// Its private key.
    pub key: PathBuf,
}

/// One upstream server.
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// Its name.
    pub name: ServerId,
    /// How it is reached.
    pub launch: Launch,
    /// Headers of each request to it that are no secret.
    pub headers: BTreeMap<String, String>,
    /// What its process may reach, where that is said.
    pub egress: Option<Egress>,
    /// Secrets for its environment, by variable.
    pub secret_environment: BTreeMap<String, SecretRef>,
    /// Secrets for its headers, by header.
    pub secret_headers: BTreeMap<String, SecretRef>,
}

/// What a configuration means.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The file that says so.
    pub file: PathBuf,
    /// The digest of what it says, whatever its comments and spaces.
    pub said: Digest,
    /// The day until which denials are only noted. Absent: they refuse.
    pub observe_until: Option<Date>,
    /// The day until which tools that nobody approved may be used. Absent: they are held.
    pub open_until: Option<Date>,
    /// How it is judged whether anybody looks after the servers.
    pub health: HealthSettings,
    /// Where agents connect.
    pub agents: SocketAddr,
    /// Where operators connect.
    pub operators: SocketAddr,
    /// Who a caller on this machine is that shows no key.
    pub keyless: Option<Keyless>,
    /// Accepted values of `Host` besides loopback names.
    pub hosts: Vec<String>,
    /// Accepted values of `Origin`.
    pub origins: Vec<String>,
    /// What agents are shown, when they speak TLS.
    pub tls: Option<Pair>,
    /// The folder of log, keys and administrative state.
    pub data: PathBuf,
    /// The folder of policies.
    pub policies: PathBuf,
    /// The folder of contracts.
    pub contracts: PathBuf,
    /// How much of everything is allowed.
    pub limits: Limits,
    /// The class of reads.
    pub reads: Durability,
    /// The class of everything else.
    pub writes: Durability,
    /// Servers for which everything is durable.
    pub regulated: Vec<ServerId>,
    /// The log.
    pub log: LogSection,
    /// The inspectors.
    pub guard: Guard,
    /// How it is noticed that tools do not answer as they did.
    pub drift: DriftSection,
    /// Servers and providers of which it is kept what they are asked and answer.
    pub keeping: BTreeSet<ServerId>,
    /// The servers.
    pub servers: Vec<ServerSettings>,
    /// The model path.
    pub models: ModelSettings,
    /// Where facts about things come from.
    pub facts: Vec<FactsSettings>,
    /// Which attributes of things are put on record.
    pub classing: Classing,
}

/// The most that may be kept of one payload: what is sealed lies in memory until it is published.
const PAYLOAD_KIB_MAX: u64 = 1024;

/// A section's name and what is wrong in it.
type Problem = (String, String);

impl Settings {
    /// Until when a command may fetch a package without saying which version: while what nobody
    /// approved may be used, or nothing is refused.
    pub(crate) fn unpinned_until(&self) -> Timestamp {
        let days = [self.open_until, self.observe_until].into_iter().flatten();
        days.map(Date::begins).max().unwrap_or(Timestamp::from_ns(0))
    }

    /// What `said` means when it stands in this file, whose path is absolute.
    pub(super) fn meant_by(said: &Said, file: &Path) -> Result<Self, Vec<Problem>> {
        let base = file.parent().unwrap_or(file);
        let mut problems = Vec::new();
        let observe_until = observe_until(said, &mut problems);
        let open_until = open_until(said, &mut problems);
        let health = HealthSettings::meant_by(&said.health, base, &mut problems);
        let agents = address("agents", &said.agents.listen, &mut problems);
        let operators = address("operators", &said.operators.listen, &mut problems);
        if let (Some(agents), Some(operators)) = (agents, operators) {
            apart(agents, operators, &mut problems);
        }
        limits(&said.limits, &mut problems);
        log(&said.log, &mut problems);
        drift(&said.drift, &mut problems);
        let withhold: Vec<&str> = said.guard.withhold.iter().map(String::as_str).collect();
        if let Err(unknown) = bailiwick_guard::Guard::with_policy(&withhold) {
            problems.push(("guard".into(), format!("withhold: {unknown}")));
        }
        let mut servers = Vec::new();
        for (name, server) in &said.servers {
            match meant_server(name, server, base) {
                Ok(server) => servers.push(server),
                Err(what) => problems.push((format!("servers.{name}"), what)),
            }
        }
        let models = ModelSettings::meant_by(
            &said.providers,
            &said.models,
            &said.spending,
            base,
            &mut problems,
        );
        names(said, &mut problems);
        let (facts, classing) = sources::known((&said.facts, &said.classes), base, &mut problems);
        let (Some(agents), Some(operators), []) = (agents, operators, problems.as_slice()) else {
            return Err(problems);
        };
        Ok(Self {
            file: file.to_owned(),
            said: Digest::of(b""),
            observe_until,
            open_until,
            health,
            agents,
            operators,
            keyless: said.agents.keyless_loopback.as_ref().map(|it| Keyless {
                agent: it.agent.as_str().into(),
                person: it.person.as_str().into(),
                tenant: it.tenant.as_str().into(),
            }),
            hosts: said.agents.hosts.clone(),
            origins: said.agents.origins.clone(),
            tls: said.agents.tls.as_ref().map(|it| pair(it, base)),
            data: base.join(&said.paths.data),
            policies: base.join(&said.paths.policies),
            contracts: base.join(&said.paths.contracts),
            limits: said.limits.clone(),
            reads: class(said.durability.read),
            writes: class(said.durability.write),
            regulated: said.durability.regulated.iter().map(|it| it.as_str().into()).collect(),
            log: said.log.clone(),
            guard: said.guard.clone(),
            drift: said.drift.clone(),
            keeping: keeping(said),
            servers,
            models,
            facts,
            classing,
        })
    }
}

fn pair(said: &Tls, base: &Path) -> Pair {
    Pair { certificate: base.join(&said.certificate), key: base.join(&said.key) }
}

fn keeping(said: &Said) -> BTreeSet<ServerId> {
    let servers = said.servers.iter().filter(|(_, it)| it.keep_payloads).map(|(name, _)| name);
    let providers = said.providers.iter().filter(|(_, it)| it.keep_payloads).map(|(name, _)| name);
    servers.chain(providers).map(|it| it.as_str().into()).collect()
}

/// Servers and providers share one room of names, and what is named is there.
fn names(said: &Said, problems: &mut Vec<Problem>) {
    for name in said.providers.keys().filter(|it| said.servers.contains_key(*it)) {
        let what = "[servers] has one of this name: policies could not tell them apart";
        problems.push((format!("providers.{name}"), what.into()));
    }
    for name in &said.durability.regulated {
        if !said.servers.contains_key(name) && !said.providers.contains_key(name) {
            let what = format!("regulated names `{name}`, which is no server or provider");
            problems.push(("durability".into(), what));
        }
    }
}

fn address(section: &str, text: &str, problems: &mut Vec<Problem>) -> Option<SocketAddr> {
    let parsed = text.parse().ok();
    if parsed.is_none() {
        let what = format!("listen is `{text}`; write an address and port, such as 127.0.0.1:8420");
        problems.push((section.to_owned(), what));
    }
    parsed
}

/// One address cannot be listened on twice, nor a port on one address and on all.
fn apart(agents: SocketAddr, operators: SocketAddr, problems: &mut Vec<Problem>) {
    let (one, other) = (agents.ip(), operators.ip());
    let meet = one == other || one.is_unspecified() || other.is_unspecified();
    if meet && agents.port() == operators.port() && agents.port() != 0 {
        let what = format!("listen is {operators}, where agents connect: choose another port");
        problems.push(("operators".into(), what));
    }
}

const fn class(said: Class) -> Durability {
    match said {
        Class::Appended => Durability::Appended,
        Class::Durable => Durability::Durable,
    }
}

fn limits(limits: &Limits, problems: &mut Vec<Problem>) {
    let zero = [
        ("message_bytes", limits.message_bytes == 0),
        ("prompt_bytes", limits.prompt_bytes == 0),
        ("connections", limits.connections == 0),
        ("sessions", limits.sessions == 0),
        ("sessions_per_caller", limits.sessions_per_caller == 0),
        ("calls_per_session", limits.calls_per_session == 0),
        ("gather_seconds", limits.gather_seconds == 0),
        ("message_seconds", limits.message_seconds == 0),
        ("unread_seconds", limits.unread_seconds == 0),
        ("answer_seconds", limits.answer_seconds == 0),
        ("idle_session_seconds", limits.idle_session_seconds == 0),
    ];
    for (name, _) in zero.into_iter().filter(|(_, zero)| *zero) {
        problems.push(("limits".into(), format!("{name} is 0, which would refuse everything")));
    }
}

fn log(log: &LogSection, problems: &mut Vec<Problem>) {
    let mut wrong = |what: &str| problems.push(("log".into(), what.into()));
    if log.origin.is_empty() || log.origin.contains(['\n', '+', ' ']) {
        wrong("origin must be a name such as `example.com/gateway-1`, without spaces or `+`");
    }
    if log.segment_mib < 5 || log.segment_mib > 1024 {
        wrong("segment_mib must be from 5 to 1024");
    }
    if log.payload_kib == 0 || log.payload_kib > PAYLOAD_KIB_MAX {
        wrong("payload_kib must be from 1 to 1024");
    }
    if log.max_mib < log.segment_mib.saturating_mul(8) {
        wrong("max_mib must be at least eight segments");
    }
}

fn drift(drift: &DriftSection, problems: &mut Vec<Problem>) {
    let mut wrong = |what: &str| problems.push(("drift".into(), what.into()));
    if drift.learn_answers != 0 && !(20..=10_000).contains(&drift.learn_answers) {
        wrong("learn_answers must be 0, or from 20 to 10,000");
    }
    if drift.canary_seconds_min == 0 {
        wrong("canary_seconds_min is 0, which would let canaries be called without pause");
    }
    if drift.canaries_max > 1_000 {
        wrong("canaries_max must be at most 1,000");
    }
}

fn meant_server(name: &str, said: &Server, base: &Path) -> Result<ServerSettings, String> {
    if !is_server_name(name) {
        let rule = "use letters, digits, `-` and single `_`, no `_` at the end";
        return Err(format!("`{name}` cannot be a server's name: {rule}"));
    }
    let launch = match (&said.command, &said.url) {
        (Some(command), None) => child(command, said, base)?,
        (None, Some(url)) => Launch::Http(address_of(url)?, said.transport),
        (Some(_), Some(_)) => return Err("has both `command` and `url`; keep one".into()),
        (None, None) => return Err("needs `command` or `url`".into()),
    };
    let (unused, kind) = match launch {
        Launch::Child { .. } => (
            !said.secret_headers.is_empty() || said.transport.is_some(),
            "secret_headers and transport",
        ),
        Launch::Http(..) => (
            !said.environment.is_empty()
                || !said.secret_environment.is_empty()
                || said.egress.is_some(),
            "environment, secret_environment and egress",
        ),
    };
    if unused {
        return Err(format!("{kind} would have no effect for this kind of server"));
    }
    Ok(ServerSettings {
        name: name.into(),
        launch,
        headers: BTreeMap::new(),
        egress: said.egress,
        secret_environment: placed(&said.secret_environment, base),
        secret_headers: placed(&said.secret_headers, base),
    })
}

fn child(command: &[String], said: &Server, base: &Path) -> Result<Launch, String> {
    let (program, arguments) = command.split_first().ok_or("command is empty")?;
    if program.is_empty() {
        return Err("command names no program".into());
    }
    Ok(Launch::Child {
        program: program.clone(),
        arguments: arguments.to_vec(),
        directory: said.directory.as_ref().map_or_else(|| base.to_owned(), |it| base.join(it)),
        environment: said.environment.clone(),
        shares_stderr: false,
    })
}
