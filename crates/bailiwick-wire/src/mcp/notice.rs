//! What a notification tells: the facts that the gateway acts on itself.

use crate::json::{Kind, Node};
use crate::rpc::{Id, Message};

/// What a notification is about.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Notice {
    /// The list of tools has changed.
    ToolsChanged,
    /// The list of resources has changed.
    ResourcesChanged,
    /// The list of prompts has changed.
    PromptsChanged,
    /// One resource has changed.
    ResourceUpdated {
        /// Which one.
        uri: Box<str>,
    },
    /// A call goes on.
    Progress {
        /// The token that the call came with, as it was spelled.
        token: Box<str>,
    },
    /// A request is not wanted any more.
    Cancelled {
        /// The id of the request.
        request: Id,
    },
    /// How a task fares.
    Task {
        /// Its handle; empty when that cannot be read.
        handle: Box<str>,
    },
    /// A line of the server's log.
    Message,
    /// The client has taken in the answer to `initialize`.
    Initialized,
    /// The client's folders have changed.
    RootsChanged,
    /// Anything else, or one of these without the member that makes it so.
    Other,
}

/// What a message tells when it is a notification.
pub fn notice(message: &Message<'_, '_>) -> Option<Notice> {
    let Message::Notification { method, params } = message else { return None };
    let member = |name| params.and_then(|it| it.member(name));
    Some(match &**method {
        "notifications/tools/list_changed" => Notice::ToolsChanged,
        "notifications/resources/list_changed" => Notice::ResourcesChanged,
        "notifications/prompts/list_changed" => Notice::PromptsChanged,
        "notifications/roots/list_changed" => Notice::RootsChanged,
        "notifications/initialized" => Notice::Initialized,
        "notifications/message" => Notice::Message,
        "notifications/resources/updated" => member("uri")
            .and_then(Node::text)
            .map_or(Notice::Other, |uri| Notice::ResourceUpdated { uri: uri.into() }),
        "notifications/progress" => scalar(member("progressToken"))
            .map_or(Notice::Other, |token| Notice::Progress { token }),
        "notifications/cancelled" => member("requestId")
            .and_then(|it| Id::read(it).ok())
            .map_or(Notice::Other, |request| Notice::Cancelled { request }),
        method if method.starts_with("notifications/tasks") => {
            let handle = member("taskId").and_then(Node::text).map(Box::from);
            Notice::Task { handle: handle.unwrap_or_default() }
        }
        _ => Notice::Other,
    })
}

/// The spelling of a string or number.
fn scalar(node: Option<Node<'_>>) -> Option<Box<str>> {
    let node = node?;
    matches!(node.kind(), Kind::String | Kind::Number).then(|| node.raw().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{Document, Limits};

    #[test]
    fn a_notification_tells_what_its_method_says() {
        for (method, params, told) in [
            ("tools/list_changed", "{}", Notice::ToolsChanged),
            ("resources/list_changed", "{}", Notice::ResourcesChanged),
            ("prompts/list_changed", "{}", Notice::PromptsChanged),
            ("roots/list_changed", "{}", Notice::RootsChanged),
            ("initialized", "null", Notice::Initialized),
            ("message", r#"{"level":"info","data":1}"#, Notice::Message),
            (
                "resources/updated",
                r#"{"uri":"a:\u0062"}"#,
                Notice::ResourceUpdated { uri: "a:b".into() },
            ),
            ("resources/updated", r#"{"uri":1}"#, Notice::Other),
            (
                "progress",
                r#"{"progressToken":"\u0061"}"#,
                Notice::Progress { token: r#""\u0061""#.into() },
            ),
            ("progress", r#"{"progressToken":7.0}"#, Notice::Progress { token: "7.0".into() }),
            ("progress", "{}", Notice::Other),
            ("cancelled", r#"{"requestId":7}"#, Notice::Cancelled { request: Id::from_number(7) }),
            ("cancelled", r#"{"requestId":null}"#, Notice::Other),
            ("tasks", r#"{"taskId":"\u0061"}"#, Notice::Task { handle: "a".into() }),
            ("tasks/status", r#"{"taskId":1}"#, Notice::Task { handle: "".into() }),
            ("elicitation/complete", "{}", Notice::Other),
        ] {
            let text = format!(
                r#"{{"jsonrpc":"2.0","method":"notifications/{method}","params":{params}}}"#
            );
            let document = Document::parse(text.as_bytes(), Limits::default()).unwrap();
            let message = Message::read(&document).unwrap();
            assert_eq!(notice(&message), Some(told), "{text}");
        }
        let text = br#"{"jsonrpc":"2.0","id":1,"method":"notifications/progress"}"#;
        let document = Document::parse(text, Limits::default()).unwrap();
        assert_eq!(notice(&Message::read(&document).unwrap()), None);
    }
}
