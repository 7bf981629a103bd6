//! The caller's view: what it may not discover is cut out of what it is told.
//!
//! The same kernel and the same policies decide here, entry by entry, as decide on a call.

use std::sync::Arc;

use bailiwick_core::{
    Action, Call, Context, Disposition, Findings, Identified, Resource, ServerId, visible,
};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::{
    ListKind, Notice, completion_values, filter_completions, initialize_result, read_list,
    without_instructions,
};
use bytes::Bytes;

use crate::catalogue::Known;
use crate::gate::Gate;
use crate::rules::Rules;
use crate::server::Server;

/// Whose view it is, of which server, under which rules.
#[derive(Clone, Copy)]
struct View<'a> {
    gate: &'a Gate,
    rules: &'a Rules,
    who: &'a Identified,
    server: &'a ServerId,
}

/// An answer with everything cut out that the caller may not discover. `None` when that cannot be
/// done: an answer that cannot be read must not pass.
pub(crate) async fn cut(
    gate: &Arc<Gate>,
    rules: &Rules,
    call: &Call,
    message: Bytes,
    disposition: Disposition,
) -> Option<Bytes> {
    let view = View { gate, rules, who: call.who(), server: call.resource().server() };
    if matches!(disposition, Disposition::Erred | Disposition::ToolFailed) {
        return view.error(&message);
    }
    match call.action() {
        Action::ListTools | Action::ListResources | Action::ListTemplates | Action::ListPrompts => {
            view.list(call.action(), message)
        }
        Action::Connect => view.instructions(message).await,
        Action::CompleteArgument => view.completions(call, message),
        Action::InvokeTool
        | Action::ReadResource
        | Action::Subscribe
        | Action::GetPrompt
        | Action::SetLogLevel
        | Action::Ping
        | Action::Notify
        | Action::Disconnect
        | Action::Sample
        | Action::Elicit
        | Action::ListRoots
        | Action::Other => Some(message),
    }
}

/// Whether a notification may reach the caller.
pub(crate) async fn passes(
    gate: &Gate,
    who: &Identified,
    server: &Server,
    notice: Option<&Notice>,
    message: &Bytes,
) -> bool {
    let rules = gate.rules();
    let view = View { gate, rules: &rules, who, server: &server.name };
    match notice {
        Some(Notice::ResourceUpdated { uri }) => view.sees(Action::ReadResource, uri),
        // A change that the caller cannot see is no change to it.
        Some(Notice::ToolsChanged | Notice::PromptsChanged | Notice::ResourcesChanged) => {
            let before = view.seen_of(&server.catalogue.known());
            let mut stop = gate.parts.stop.subscribe();
            let known = tokio::select! {
                known = server.catalogue.listed_again() => known,
                // No listing begins any more, and the stream of this notice ends.
                _ = stop.wait_for(|it| *it) => return false,
            };
            known.is_none_or(|known| view.seen_of(&known) != before)
        }
        Some(
            Notice::Message
            | Notice::Progress { .. }
            | Notice::Cancelled { .. }
            | Notice::Initialized
            | Notice::RootsChanged
            | Notice::Other,
        )
        | None => !view.betrays(message),
    }
}

impl View<'_> {
    fn resource(&self, action: Action, name: &str) -> Resource {
        let (server, name) = (self.server.clone(), name.into());
        match action {
            Action::InvokeTool => Resource::Tool { server, name },
            Action::GetPrompt => Resource::Prompt { server, name },
            Action::CompleteArgument => Resource::Template { server, uri: name },
            Action::ReadResource
            | Action::Connect
            | Action::ListTools
            | Action::ListResources
            | Action::ListTemplates
            | Action::ListPrompts
            | Action::Subscribe
            | Action::SetLogLevel
            | Action::Ping
            | Action::Notify
            | Action::Disconnect
            | Action::Sample
            | Action::Elicit
            | Action::ListRoots
            | Action::Other => Resource::Document { server, uri: name },
        }
    }

    fn sees(&self, action: Action, name: &str) -> bool {
        let context = Context { now: self.gate.now(), findings: Findings::default() };
        let resource = self.resource(action, name);
        visible(&self.rules.policies, self.who, action, &resource, &context)
    }

    /// Drop the entries of a list that may not be discovered; every other byte stays.
    fn list(&self, action: Action, message: Bytes) -> Option<Bytes> {
        let document = Document::parse(&message, Limits::default()).ok()?;
        if document.root().member("error").is_some() {
            return self.error(&message);
        }
        let listed = read_list(action, &document).ok()?;
        if let Some(server) = self.gate.server(self.server.as_str()) {
            server.catalogue.observe(&listed);
        }
        let entry = match listed.kind {
            ListKind::Tools => Action::InvokeTool,
            ListKind::Prompts => Action::GetPrompt,
            // Not by the verb that lists them, which only keeps a session going.
            ListKind::Templates => Action::CompleteArgument,
            ListKind::Resources => Action::ReadResource,
        };
        let keep: Vec<bool> = listed.names.iter().map(|name| self.sees(entry, name)).collect();
        Some(listed.filter(&message, &document, &keep))
    }

    /// A server's instructions are dropped when they name what is hidden.
    async fn instructions(&self, message: Bytes) -> Option<Bytes> {
        let document = Document::parse(&message, Limits::default()).ok()?;
        if document.root().member("error").is_some() {
            return self.error(&message);
        }
        let Some(instructions) = initialize_result(&document).and_then(|it| it.instructions) else {
            return Some(message);
        };
        // The gateway's own listing is what fills the catalogue: it must not wait for itself.
        if self.who.agent().is_none() {
            return Some(message);
        }
        let server = self.gate.server(self.server.as_str())?;
        let betrayed = match server.catalogue.ready().await {
            Some(known) => self.names_hidden(&known, instructions.raw()),
            None => true,
        };
        if betrayed { Some(without_instructions(&message, &document)) } else { Some(message) }
    }

    /// Values that complete to a resource that is hidden are dropped.
    fn completions(&self, call: &Call, message: Bytes) -> Option<Bytes> {
        let document = Document::parse(&message, Limits::default()).ok()?;
        let Some(values) = completion_values(&document) else { return self.error(&message) };
        let Resource::Template { uri, .. } = call.resource() else { return Some(message) };
        let name = call.arguments().member("argument").and_then(|it| it.member("name"));
        let Some(name) = name.and_then(|it| it.as_text()) else { return Some(message) };
        let slot = format!("{{{name}}}");
        let keep: Vec<bool> = values
            .iter()
            .map(|value| {
                let whole = uri.replace(&slot, value);
                whole.contains('{') || self.sees(Action::ReadResource, &whole)
            })
            .collect();
        Some(filter_completions(&message, &document, &keep))
    }

    /// A server's error text must not name what is hidden.
    fn error(&self, message: &Bytes) -> Option<Bytes> {
        (!self.betrays(message)).then(|| message.clone())
    }

    fn betrays(&self, message: &Bytes) -> bool {
        let Some(server) = self.gate.server(self.server.as_str()) else { return true };
        let text = String::from_utf8_lossy(message);
        self.names_hidden(&server.catalogue.known(), &text)
    }

    /// Whether a text names something that the caller may not discover.
    fn names_hidden(&self, known: &Known, text: &str) -> bool {
        known.names().any(|(action, name)| contains_word(text, name) && !self.sees(action, name))
    }

    /// What the caller sees of all that the server offers.
    fn seen_of(&self, known: &Known) -> Vec<(&'static str, String)> {
        let names = known.names().filter(|(action, name)| self.sees(*action, name));
        let mut seen: Vec<_> =
            names.map(|(action, name)| (action.as_str(), name.to_owned())).collect();
        seen.sort();
        seen
    }
}

/// Whether `name` stands in `text` as a word of its own.
fn contains_word(text: &str, name: &str) -> bool {
    let is_word = |it: char| it.is_alphanumeric() || it == '_';
    text.match_indices(name).any(|(at, found)| {
        let before = text.get(..at).and_then(|it| it.chars().next_back());
        let after = text.get(at + found.len()..).and_then(|it| it.chars().next());
        !before.is_some_and(is_word) && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::contains_word;

    #[test]
    fn a_name_is_found_only_as_a_word() {
        for (text, found) in [
            ("use refund_order now", true),
            ("`refund_order`", true),
            ("refund_order", true),
            ("refund_orders", false),
            ("prerefund_order", false),
            ("refund", false),
        ] {
            assert_eq!(contains_word(text, "refund_order"), found, "{text}");
        }
    }
}
