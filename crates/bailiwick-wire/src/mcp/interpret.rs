//! What a message asks: the action, what it touches, and the arguments that policy may read.
//!
//! Only what a decision needs is looked at. A member whose name differs from one that is looked at
//! in case only is refused: an upstream that ignores case would do something else than was decided.

use bailiwick_core::{Action, Resource, ServerId, Value};

use crate::Unintelligible;
use crate::json::{Kind, Node, twin};
use crate::rpc::Message;
use crate::trace::traceparent;

/// What one message asks.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Asked {
    /// What it does.
    pub action: Action,
    /// What it touches.
    pub resource: Resource,
    /// The arguments that policy may read: always an object.
    pub arguments: Value,
    /// The W3C trace context that came along, when it is well formed.
    pub trace: Option<Box<str>>,
    /// The token under which progress is to be told, as it was spelled.
    pub progress_token: Option<Box<str>>,
}

impl Asked {
    /// What is asked of a server by no message of its own: to listen, to end a session.
    pub fn of_server(action: Action, server: ServerId) -> Self {
        let (resource, arguments) = (Resource::Server(server), Value::Record(Vec::new()));
        Self { action, resource, arguments, trace: None, progress_token: None }
    }
}

/// What a client asks of a server.
///
/// # Errors
/// [`Unintelligible`] when what is touched cannot be told, or when it asks nothing.
pub fn interpret(server: &ServerId, message: &Message<'_, '_>) -> Result<Asked, Unintelligible> {
    let Parts { method, params, meta, is_request } = Parts::of(message)?;
    let whole = || Resource::Server(server.clone());
    let (action, resource) = match method {
        // The modern era has no handshake: asking what a server offers and listening to it stand in
        // the place of a session.
        "initialize" | "server/discover" | "subscriptions/listen" => (Action::Connect, whole()),
        "ping" => (Action::Ping, whole()),
        "tools/list" => (Action::ListTools, whole()),
        "resources/list" => (Action::ListResources, whole()),
        "resources/templates/list" => (Action::ListTemplates, whole()),
        "prompts/list" => (Action::ListPrompts, whole()),
        "logging/setLevel" => (Action::SetLogLevel, whole()),
        "tools/call" => {
            let name = named(params, "name")?;
            (Action::InvokeTool, Resource::Tool { server: server.clone(), name })
        }
        "prompts/get" => {
            let name = named(params, "name")?;
            (Action::GetPrompt, Resource::Prompt { server: server.clone(), name })
        }
        "resources/read" => (Action::ReadResource, document(server, params)?),
        "resources/subscribe" | "resources/unsubscribe" => {
            (Action::Subscribe, document(server, params)?)
        }
        "completion/complete" => (Action::CompleteArgument, reference(server, params)?),
        _ if !is_request && method.starts_with("notifications/") => (Action::Notify, whole()),
        _ => (Action::Other, unknown(server, method)),
    };
    // What is not known may be sent either way; what is known to be a request may not.
    if !is_request && action != Action::Notify && action != Action::Other {
        return Err(Unintelligible::NeedsId);
    }
    let arguments = match action {
        Action::InvokeTool | Action::GetPrompt => arguments(params)?,
        Action::Connect
        | Action::ListTools
        | Action::ListResources
        | Action::ListTemplates
        | Action::ListPrompts
        | Action::ReadResource
        | Action::Subscribe
        | Action::CompleteArgument
        | Action::SetLogLevel
        | Action::Ping
        | Action::Notify
        | Action::Disconnect
        | Action::Sample
        | Action::Elicit
        | Action::ListRoots
        | Action::Complete
        | Action::Embed
        | Action::ListModels
        | Action::CreateState
        | Action::ReadState
        | Action::DeleteState
        | Action::Other => without_meta(params),
    };
    Ok(Asked { action, resource, arguments, trace: trace(meta), progress_token: token(meta)? })
}

/// What a server asks of the client.
///
/// # Errors
/// [`Unintelligible`] when it asks nothing, or awaits an answer without an id.
pub fn interpret_server(
    server: &ServerId,
    message: &Message<'_, '_>,
) -> Result<Asked, Unintelligible> {
    let Parts { method, params, meta, is_request } = Parts::of(message)?;
    let client = || Resource::Client { server: server.clone() };
    let (action, resource) = match method {
        "sampling/createMessage" => (Action::Sample, client()),
        "elicitation/create" => (Action::Elicit, client()),
        "roots/list" => (Action::ListRoots, client()),
        "ping" => (Action::Ping, client()),
        _ if !is_request && method.starts_with("notifications/") => (Action::Notify, client()),
        _ => (Action::Other, unknown(server, method)),
    };
    if !is_request && action != Action::Notify && action != Action::Other {
        return Err(Unintelligible::NeedsId);
    }
    let arguments = without_meta(params);
    Ok(Asked { action, resource, arguments, trace: trace(meta), progress_token: token(meta)? })
}

/// The members of `params` that say what a message touches, here or where it is carried out.
const DECISIVE: &[&str] = &[
    "_meta",
    "name",
    "uri",
    "arguments",
    "argument",
    "context",
    "ref",
    "taskId",
    "inputResponses",
    "requestState",
    "notifications",
];

/// What of a message is looked at.
struct Parts<'m, 'd> {
    method: &'m str,
    params: Option<Node<'d>>,
    meta: Option<Node<'d>>,
    is_request: bool,
}

impl<'m, 'd> Parts<'m, 'd> {
    fn of(message: &'m Message<'_, 'd>) -> Result<Self, Unintelligible> {
        let (method, params, is_request) = match message {
            Message::Request { method, params, .. } => (method, *params, true),
            Message::Notification { method, params } => (method, *params, false),
            Message::Result { .. } | Message::Error { .. } => {
                return Err(Unintelligible::NotAsking);
            }
        };
        refuse_look_alikes(params, DECISIVE)?;
        // A number may be the handle of a task to a server that is not strict, and names none here.
        for handle in ["taskId", "requestState"] {
            if params.and_then(|it| it.member(handle)).is_some_and(|it| it.text().is_none()) {
                return Err(Unintelligible::IllTyped(handle));
            }
        }
        let meta = params.and_then(|it| it.member("_meta")).filter(|it| !it.is_null());
        if meta.is_some_and(|it| !it.is_object()) {
            return Err(Unintelligible::IllTyped("_meta"));
        }
        Ok(Self { method, params, meta, is_request })
    }
}

fn refuse_look_alikes(
    object: Option<Node<'_>>,
    known: &[&'static str],
) -> Result<(), Unintelligible> {
    for (name, _) in object.into_iter().flat_map(Node::members) {
        if let Some(twin) = twin(&name, known) {
            return Err(Unintelligible::LookAlike(twin));
        }
    }
    Ok(())
}

/// The text of a member that must be there.
fn named(object: Option<Node<'_>>, name: &'static str) -> Result<Box<str>, Unintelligible> {
    let node = object.and_then(|it| it.member(name)).ok_or(Unintelligible::Missing(name))?;
    node.text().map(Box::from).ok_or(Unintelligible::IllTyped(name))
}

fn document(server: &ServerId, params: Option<Node<'_>>) -> Result<Resource, Unintelligible> {
    Ok(Resource::Document { server: server.clone(), uri: named(params, "uri")? })
}

/// What a completion is for: a prompt's argument, or a variable of a template.
fn reference(server: &ServerId, params: Option<Node<'_>>) -> Result<Resource, Unintelligible> {
    let target = params.and_then(|it| it.member("ref"));
    let target = target.ok_or(Unintelligible::Missing("ref"))?;
    if !target.is_object() {
        return Err(Unintelligible::IllTyped("ref"));
    }
    refuse_look_alikes(Some(target), &["type", "name", "uri"])?;
    let server = server.clone();
    match &*named(Some(target), "type")? {
        "ref/prompt" => Ok(Resource::Prompt { server, name: named(Some(target), "name")? }),
        "ref/resource" => {
            let uri = named(Some(target), "uri")?;
            Ok(if uri.contains('{') {
                Resource::Template { server, uri }
            } else {
                Resource::Document { server, uri }
            })
        }
        _ => Err(Unintelligible::IllTyped("type")),
    }
}

fn unknown(server: &ServerId, method: &str) -> Resource {
    Resource::Method { server: server.clone(), name: method.into() }
}

/// The arguments of a tool or prompt. Where there are none, or null, they are empty.
fn arguments(params: Option<Node<'_>>) -> Result<Value, Unintelligible> {
    match params.and_then(|it| it.member("arguments")) {
        None => Ok(Value::Record(Vec::new())),
        Some(node) => match node.kind() {
            Kind::Object => Ok(node.to_value()),
            Kind::Null => Ok(Value::Record(Vec::new())),
            Kind::Bool | Kind::Number | Kind::String | Kind::Array => {
                Err(Unintelligible::IllTyped("arguments"))
            }
        },
    }
}

fn without_meta(params: Option<Node<'_>>) -> Value {
    let members = params.into_iter().flat_map(Node::members);
    let members = members.filter(|(name, _)| name != "_meta");
    Value::Record(members.map(|(name, value)| (name.into(), value.to_value())).collect())
}

/// The caller's trace, where it names one.
fn trace(meta: Option<Node<'_>>) -> Option<Box<str>> {
    traceparent(&meta?.member("traceparent")?.text()?)
}

/// The progress token, which is a string or a number.
fn token(meta: Option<Node<'_>>) -> Result<Option<Box<str>>, Unintelligible> {
    let Some(node) = meta.and_then(|it| it.member("progressToken")) else { return Ok(None) };
    match node.kind() {
        Kind::String | Kind::Number => Ok(Some(node.raw().into())),
        Kind::Null => Ok(None),
        Kind::Bool | Kind::Array | Kind::Object => Err(Unintelligible::IllTyped("progressToken")),
    }
}

#[cfg(test)]
mod tests;
