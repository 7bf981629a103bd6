//! What the file says, word for word. Every struct refuses words that it does not know.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::health::HealthSection;
use super::models::{Alias, Provider, Spending};
use super::secret_ref::SecretRef;
use super::sources::FactsSource;

/// `bailiwick.toml`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Said {
    /// Whether denials refuse, or are only noted.
    pub mode: Mode,
    /// The day from which denials refuse again, such as `2026-12-24` (midnight UTC). Needed with
    /// `mode = "shadow"`, and only then.
    pub shadow_until: Option<String>,
    /// Which tools may be used at all.
    pub admission: AdmissionSection,
    /// Whether anybody looks after the servers.
    pub health: HealthSection,
    /// Where agents connect.
    pub agents: Agents,
    /// Where operators connect.
    pub operators: Operators,
    /// Where things lie. Relative paths start at the folder of this file.
    pub paths: Paths,
    /// How much of everything is allowed.
    pub limits: Limits,
    /// How firmly a decision's record must stand before its call goes out.
    pub durability: DurabilitySection,
    /// The log.
    pub log: LogSection,
    /// The inspectors.
    pub guard: Guard,
    /// How it is noticed that tools do not answer as they did.
    pub drift: DriftSection,
    /// The upstream servers, by the name under which agents reach them at `/mcp/{name}`.
    pub servers: BTreeMap<String, Server>,
    /// The providers of models, by the name that policies give them: `Model::"name/model"`.
    pub providers: BTreeMap<String, Provider>,
    /// Other names under which agents may ask for models.
    pub models: BTreeMap<String, Alias>,
    /// What calls of models may cost.
    pub spending: Spending,
    /// From where it is known what things are, besides `entities.json`, by the source's name.
    pub facts: BTreeMap<String, FactsSource>,
    /// Which attributes of which things are put on record with each call that names them, as they
    /// were when it was decided: `Customer = ["tier", "tenant"]`. They stand there in the clear.
    pub classes: BTreeMap<String, Vec<String>>,
}

/// Whether denials refuse, or are only noted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// What policy denies is refused.
    #[default]
    Enforce,
    /// Nothing is refused by policy; what would have been is on record.
    Shadow,
}

/// Which tools may be used at all: those of which a person approved the definition, with
/// `bailiwick contracts approve`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdmissionSection {
    /// The day from which tools that nobody approved are held, such as `2026-12-24` (midnight UTC).
    /// Without it they are held at once. A tool that changed since it was approved is always held.
    pub open_until: Option<String>,
}

/// Where agents connect.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Agents {
    /// Address and port. Loopback unless you know better.
    pub listen: String,
    /// Who a caller on this machine is that shows no key. Absent: it is refused.
    pub keyless_loopback: Option<KeylessLoopback>,
    /// Values of the `Host` header that are accepted besides loopback names.
    pub hosts: Vec<String>,
    /// Values of the `Origin` header that are accepted. None by default: browsers stay out.
    pub origins: Vec<String>,
    /// The certificate that agents are shown. Absent: they speak in the clear.
    pub tls: Option<Tls>,
}

impl Default for Agents {
    fn default() -> Self {
        let listen = "127.0.0.1:8420".to_owned();
        Self { listen, keyless_loopback: None, hosts: Vec::new(), origins: Vec::new(), tls: None }
    }
}

/// A certificate and its key, in files that are read again when they change.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// A PEM file: the certificate, and those between it and its root.
    pub certificate: String,
    /// A PEM file: the certificate's private key, which nobody else can read.
    pub key: String,
}

/// Who a caller on this machine is that shows no key.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct KeylessLoopback {
    /// The agent.
    pub agent: String,
    /// The person on whose behalf it acts.
    pub person: String,
    /// The tenant.
    pub tenant: String,
}

/// Where operators connect.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Operators {
    /// Address and port.
    pub listen: String,
}

impl Default for Operators {
    fn default() -> Self {
        Self { listen: "127.0.0.1:8421".to_owned() }
    }
}

/// Where things lie.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Paths {
    /// The log, keys and administrative state.
    pub data: String,
    /// `*.cedar` and `entities.json`.
    pub policies: String,
    /// `<server>.toml`: what is known of each server's tools.
    pub contracts: String,
}

impl Default for Paths {
    fn default() -> Self {
        Self { data: "data".into(), policies: "policies".into(), contracts: "contracts".into() }
    }
}

/// How much of everything is allowed.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The largest message in either direction, in bytes.
    pub message_bytes: usize,
    /// The largest ask of a model, in bytes: images and files are part of it.
    pub prompt_bytes: usize,
    /// How many connections agents may hold.
    pub connections: usize,
    /// How many sessions may be open.
    pub sessions: usize,
    /// How many sessions one caller may have open.
    pub sessions_per_caller: usize,
    /// How many calls may be under way in one session, and of one caller outside of sessions.
    pub calls_per_session: usize,
    /// How long a question to all servers at `/mcp` waits for the slowest, in seconds.
    pub gather_seconds: u64,
    /// How long a client may take to greet, to send the head of a request, and again its body, in
    /// seconds.
    pub message_seconds: u64,
    /// How long a client may leave unread what it is told, in seconds. Then it is hung up on.
    pub unread_seconds: u64,
    /// How long an upstream may take for its first byte, in seconds.
    pub answer_seconds: u64,
    /// After how long an unused session is closed, in seconds.
    pub idle_session_seconds: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: 4 << 20,
            prompt_bytes: 32 << 20,
            connections: 4096,
            sessions: 4096,
            sessions_per_caller: 1024,
            calls_per_session: 256,
            gather_seconds: 5,
            message_seconds: 30,
            unread_seconds: 30,
            answer_seconds: 300,
            idle_session_seconds: 3600,
        }
    }
}

/// How firmly a record must stand.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// It survives the process.
    Appended,
    /// It survives a loss of power.
    Durable,
}

/// How firmly a decision's record must stand before its call goes out.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DurabilitySection {
    /// For reads.
    pub read: Class,
    /// For everything else, and for tools of which nobody said what they do.
    pub write: Class,
    /// Servers for which everything is durable.
    pub regulated: Vec<String>,
}

impl Default for DurabilitySection {
    fn default() -> Self {
        Self { read: Class::Appended, write: Class::Durable, regulated: Vec::new() }
    }
}

/// The log.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogSection {
    /// The log's name in its checkpoints. It is fixed when the log is made.
    pub origin: String,
    /// The size of a journal segment, in MiB.
    pub segment_mib: u64,
    /// The most that the log may take on disk, in MiB. At that size calls are refused.
    pub max_mib: u64,
    /// After how many idle seconds a heartbeat is recorded. 0: never.
    pub heartbeat_seconds: u64,
    /// The most that is kept of one ask, and of one answer, where `keep_payloads` is said, in KiB.
    pub payload_kib: u64,
}

impl Default for LogSection {
    fn default() -> Self {
        Self {
            origin: "bailiwick.example/log".to_owned(),
            segment_mib: 16,
            max_mib: 10 * 1024,
            heartbeat_seconds: 60,
            payload_kib: 64,
        }
    }
}

/// The inspectors.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Guard {
    /// Kinds of findings for which an answer is withheld: an inspector's name (`secret`) or one
    /// kind (`secret.github_token`). Others are recorded.
    pub withhold: Vec<String>,
}

/// How it is noticed that tools do not answer as they did.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct DriftSection {
    /// How many answers of a tool are learned from before others are compared with them. 0: nothing
    /// is learned.
    pub learn_answers: u32,
    /// The least time between two calls of a canary, in seconds.
    pub canary_seconds_min: u64,
    /// The most canaries of all contracts.
    pub canaries_max: usize,
}

impl Default for DriftSection {
    fn default() -> Self {
        Self { learn_answers: 50, canary_seconds_min: 30, canaries_max: 100 }
    }
}

/// One upstream server: a command or an address.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// The program and its arguments, for a server that speaks over standard input and output.
    pub command: Option<Vec<String>>,
    /// The folder in which the program starts.
    pub directory: Option<String>,
    /// The program's environment. It gets nothing else but `PATH` and `HOME`.
    pub environment: BTreeMap<String, String>,
    /// Secrets for the program's environment.
    pub secret_environment: BTreeMap<String, SecretRef>,
    /// What the program may reach. Absent: the hosts that its contract names, where it names any,
    /// else everything.
    pub egress: Option<Egress>,
    /// The address of a server that speaks over HTTP.
    pub url: Option<String>,
    /// How the server at the address speaks. Absent: found out when the first session begins.
    pub transport: Option<Transport>,
    /// Secrets for headers of each request.
    pub secret_headers: BTreeMap<String, SecretRef>,
    /// Whether what is asked of it and what it answers is kept, sealed beside the log.
    pub keep_payloads: bool,
}

/// What a server's program may reach.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Egress {
    /// Everything.
    Open,
    /// The hosts in `[standing] hosts` of its contract. Where the kernel cannot keep it to them, it
    /// is not started.
    Declared,
    /// The same, as far as the kernel can; what it cannot is told at each start.
    BestEffort,
}

/// How a server at an address speaks.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    /// Streamable HTTP, as revisions since 2025-03-26 have it.
    StreamableHttp,
    /// HTTP+SSE, as revision 2024-11-05 has it: the address is that of the stream.
    Sse,
}
