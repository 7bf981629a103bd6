//! What a request says of itself.

use super::{CAPABILITIES_KEY, TASKS, VERSION, VERSION_KEY};
use crate::json::{Node, looks_like};
use crate::rpc::Message;

/// What a request must say of itself.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Metadata {
    /// The revision that it speaks.
    pub version: Box<str>,
}

/// What is wrong with what a request says of itself. The words are fixed.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Fault {
    /// A member of `params._meta` that must be there is not.
    #[error("missing member of _meta: {0}")]
    Missing(&'static str),
    /// Such a member is of the wrong type, or differs from it in case only.
    #[error("member of _meta of the wrong type: {0}")]
    IllTyped(&'static str),
}

impl Fault {
    /// What the caller is told: the member that is at fault.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Missing(member) | Self::IllTyped(member) => member,
        }
    }
}

impl Metadata {
    /// What the request says of itself.
    ///
    /// # Errors
    /// [`Fault`] when one of the required members is missing or of the wrong type.
    pub fn read(message: &Message<'_, '_>) -> Result<Self, Fault> {
        let meta = meta(message).ok_or(Fault::Missing(VERSION_KEY))?;
        for key in [VERSION_KEY, CAPABILITIES_KEY] {
            if meta.members().any(|(name, _)| looks_like(&name, key)) {
                return Err(Fault::IllTyped(key));
            }
        }
        let version = meta.member(VERSION_KEY).ok_or(Fault::Missing(VERSION_KEY))?;
        let version = version.text().ok_or(Fault::IllTyped(VERSION_KEY))?.into();
        let capabilities = meta.member(CAPABILITIES_KEY);
        let capabilities = capabilities.ok_or(Fault::Missing(CAPABILITIES_KEY))?;
        if !capabilities.is_object() {
            return Err(Fault::IllTyped(CAPABILITIES_KEY));
        }
        Ok(Self { version })
    }
}

/// Whether a message can only be of this era: it names a version of its own, or its method exists
/// in no other.
pub fn is_modern(message: &Message<'_, '_>) -> bool {
    meta(message).is_some_and(|it| it.member(VERSION_KEY).is_some())
        || matches!(message.method(), Some("server/discover" | "subscriptions/listen"))
}

/// Whether a method was known before this era and is not any more.
pub fn is_gone(method: &str) -> bool {
    matches!(
        method,
        "initialize"
            | "ping"
            | "logging/setLevel"
            | "resources/subscribe"
            | "resources/unsubscribe"
            | "tasks/list"
            | "tasks/result"
    )
}

/// Whether a version that a header names is of this era or a later one: they are dates.
pub fn is_modern_version(version: &str) -> bool {
    version >= VERSION
}

/// The part of a request that its `Mcp-Name` header repeats.
pub fn name_of<'d>(message: &Message<'_, 'd>) -> Option<Node<'d>> {
    let member = match message.method()? {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        method if method.starts_with("tasks/") => "taskId",
        _ => return None,
    };
    message.params()?.member(member)
}

/// What a request about a task names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct AboutTask {
    /// The task's handle.
    pub handle: Box<str>,
    /// Whether the client says that it knows tasks, as it must.
    pub is_declared: bool,
}

/// The task that a request is about.
pub fn task_of(message: &Message<'_, '_>) -> Option<AboutTask> {
    let is_task = message.method().is_some_and(|it| it.starts_with("tasks/"));
    let handle = name_of(message).filter(|_| is_task)?.text()?.into();
    let capabilities = meta(message).and_then(|it| it.member(CAPABILITIES_KEY));
    let extensions = capabilities.and_then(|it| it.member("extensions"));
    let is_declared = extensions.is_some_and(|it| it.member(TASKS).is_some());
    Some(AboutTask { handle, is_declared })
}

/// What this leg brings back of the server's own.
pub fn state_of(message: &Message<'_, '_>) -> Option<Box<str>> {
    message.params()?.member("requestState")?.text().map(Box::from)
}

fn meta<'d>(message: &Message<'_, 'd>) -> Option<Node<'d>> {
    message.params()?.member("_meta").filter(|it| it.is_object())
}
