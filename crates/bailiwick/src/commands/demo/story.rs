//! Play the script against a running gateway and tell what came of each call.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use super::client::{Client, ClientError, Reply};
use super::script::{CAST, Deed, Expect, Role, SCENES, Scene, Step};

/// A tool that never was, to compare the answers with.
const NEVER: &str = "no_such_tool_ever";

/// The API keys of those who act, by their names in the script.
pub(crate) struct Keys(BTreeMap<&'static str, String>);

impl Keys {
    /// Make a key for each role.
    ///
    /// # Errors
    /// Whatever making one of them failed with.
    pub(crate) fn make<E>(mut make: impl FnMut(&Role) -> Result<String, E>) -> Result<Self, E> {
        CAST.iter().map(|role| Ok((role.key, make(role)?))).collect::<Result<_, E>>().map(Self)
    }

    /// The key that the script calls so.
    pub(super) fn of(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// What came of a call, as the agent could tell.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Verdict {
    /// It was carried out.
    Permitted,
    /// It was carried out, and the tool said no.
    ToolFailed,
    /// It was denied, and said so.
    Denied,
    /// There is no such thing, as far as this agent may know.
    Absent,
    /// It was permitted, and no money was left for it.
    Unpaid,
    /// Something else went wrong.
    Failed,
}

impl Verdict {
    /// The words for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Permitted => "permitted",
            Self::ToolFailed => "permitted, the tool failed",
            Self::Denied => "denied",
            Self::Absent => "does not exist",
            Self::Unpaid => "permitted, not paid for",
            Self::Failed => "failed",
        }
    }

    fn of(reply: &Reply) -> Self {
        const DENIED: i64 = 403;
        const RESOURCE_NOT_FOUND: i64 = -32_002;
        let failed = |it: &Value| it.get("isError").and_then(Value::as_bool) == Some(true);
        match (reply.result(), reply.error(), reply.status) {
            (Some(result), ..) if failed(result) => Self::ToolFailed,
            (Some(_), ..) => Self::Permitted,
            (_, Some((DENIED, _)), _) | (_, None, 403) => Self::Denied,
            (_, Some((RESOURCE_NOT_FOUND, _)), _) | (_, None, 404) => Self::Absent,
            (_, Some((_, words)), _) if words.starts_with("Unknown ") => Self::Absent,
            _ => Self::Failed,
        }
    }
}

/// One call of a story that was played.
#[derive(Clone, Debug)]
pub(crate) struct Played {
    /// The story's name.
    pub(crate) story: &'static str,
    /// Who acted.
    pub(crate) role: Role,
    /// What was tried.
    pub(crate) what: String,
    /// What came of it.
    pub(crate) verdict: Verdict,
    /// Whether the story says so too.
    pub(crate) as_told: bool,
    /// The decision's id, as the reply's header says.
    pub(crate) decision: Option<String>,
    /// The place of the decision's record in the log.
    pub(crate) leaf: Option<u64>,
}

/// All that was played.
#[derive(Clone, Debug, Default)]
pub(crate) struct Summary {
    /// The calls, in order.
    pub(crate) played: Vec<Played>,
}

impl Summary {
    /// How many calls had this verdict.
    pub(crate) fn count(&self, verdict: Verdict) -> usize {
        self.played.iter().filter(|it| it.verdict == verdict).count()
    }

    /// The calls that did not go as the story says.
    pub(crate) fn surprises(&self) -> impl Iterator<Item = &Played> {
        self.played.iter().filter(|it| !it.as_told)
    }

    /// The last denial, which is a good one to ask `bailiwick why` about.
    pub(crate) fn last_denial(&self) -> Option<&Played> {
        self.played.iter().rev().find(|it| it.verdict == Verdict::Denied)
    }
}

/// Why the play stopped.
#[derive(Debug)]
pub(crate) enum PlayError {
    /// The gateway did not answer as one.
    Client(ClientError),
    /// The narration could not be written.
    Narration(io::Error),
    /// The script names a key that nobody made, or holds arguments that are no JSON.
    Script(&'static str),
}

impl From<ClientError> for PlayError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<io::Error> for PlayError {
    fn from(error: io::Error) -> Self {
        Self::Narration(error)
    }
}

impl std::fmt::Display for PlayError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Client(error) => error.fmt(f),
            Self::Narration(error) => write!(f, "the narration could not be written: {error}"),
            Self::Script(what) => write!(f, "the script is wrong at `{what}`"),
        }
    }
}

impl std::error::Error for PlayError {}

/// Play every story against `base_url`, such as `http://127.0.0.1:8420/mcp/helpdesk`, and tell it.
///
/// # Errors
/// [`PlayError`] when the play cannot go on. A call that goes otherwise than told is no error: it
/// is in the summary.
pub(crate) fn play(base_url: &str, keys: &Keys, out: &mut dyn Write) -> Result<Summary, PlayError> {
    let mut stage = Stage { base_url, keys, open: BTreeMap::new() };
    let mut summary = Summary::default();
    for scene in &SCENES {
        writeln!(out, "\n{}  ({})", scene.title, scene.name)?;
        for step in scene.steps {
            let played = stage.act(scene, step)?;
            tell(step.says, &played, out)?;
            summary.played.push(played);
        }
    }
    for (_, client) in stage.open {
        client.close()?;
    }
    Ok(summary)
}

/// Tell of one call.
///
/// # Errors
/// When it cannot be written.
pub(super) fn tell(says: &str, played: &Played, out: &mut dyn Write) -> io::Result<()> {
    let Played { role, what, verdict, as_told, decision, leaf, .. } = played;
    let surprise = if *as_told { "" } else { "  NOT AS TOLD" };
    writeln!(out, "  {says}")?;
    writeln!(out, "    {} for {} of {}: {what}", role.agent, role.person, role.tenant)?;
    let decision = decision.as_deref().unwrap_or("no decision was named");
    let leaf = leaf.map_or_else(String::new, |it| format!("  record {it}"));
    writeln!(out, "    -> {}  {decision}{leaf}{surprise}", verdict.as_str())
}

/// The agents, each with its session once it acted.
struct Stage<'a> {
    base_url: &'a str,
    keys: &'a Keys,
    open: BTreeMap<&'static str, Client>,
}

impl Stage<'_> {
    fn act(&mut self, scene: &Scene, step: &Step) -> Result<Played, PlayError> {
        let role = CAST.iter().find(|it| it.key == step.who).ok_or(PlayError::Script(step.who))?;
        let mut client = match self.open.remove(role.key) {
            Some(client) => client,
            None => {
                let token = self.keys.0.get(role.key).ok_or(PlayError::Script(step.who))?;
                Client::open(self.base_url, token)?.0
            }
        };
        let (what, reply, mut as_told) = perform(&mut client, step)?;
        let verdict = Verdict::of(&reply);
        as_told &= match step.expect {
            Expect::Permitted | Expect::Shows(..) => verdict == Verdict::Permitted,
            Expect::Denied => verdict == Verdict::Denied,
            Expect::Absent => verdict == Verdict::Absent,
        };
        self.open.insert(role.key, client);
        let Reply { decision, leaf, .. } = reply;
        Ok(Played { story: scene.name, role: *role, what, verdict, as_told, decision, leaf })
    }
}

/// Do what a step says: what was done in words, the reply, and whether lists and words are as told.
fn perform(client: &mut Client, step: &Step) -> Result<(String, Reply, bool), PlayError> {
    match step.deed {
        Deed::List => {
            let (names, reply) = client.tools()?;
            let (shown, hidden) = match step.expect {
                Expect::Shows(shown, hidden) => (shown, hidden),
                Expect::Permitted | Expect::Denied | Expect::Absent => (&[][..], &[][..]),
            };
            let has = |name: &&str| names.iter().any(|it| it == name);
            let as_told = shown.iter().all(has) && !hidden.iter().any(has);
            Ok((format!("tools/list shows {}", names.join(", ")), reply, as_told))
        }
        Deed::Read(uri) => {
            let reply = client.ask("resources/read", &json!({ "uri": uri }))?;
            Ok((format!("resources/read {uri}"), reply, true))
        }
        Deed::Call(tool, arguments) => {
            let what = format!("{tool} {arguments}");
            let arguments: Value =
                serde_json::from_str(arguments).map_err(|_| PlayError::Script(arguments))?;
            let mut call = |name: &str| {
                client.ask("tools/call", &json!({ "name": name, "arguments": arguments }))
            };
            let reply = call(tool)?;
            let as_told = match step.expect {
                Expect::Absent => reply.error() == call(NEVER)?.error(),
                Expect::Permitted | Expect::Denied | Expect::Shows(..) => true,
            };
            Ok((what, reply, as_told))
        }
    }
}

#[cfg(test)]
mod tests;
