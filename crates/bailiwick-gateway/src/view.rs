//! The caller's view: what it may not discover is cut out of what it is told.
//!
//! The same kernel and the same policies decide here, entry by entry, as decide on a call.

mod hidden;
mod list;
mod models;
mod structured;

use std::collections::HashSet;
use std::sync::Arc;

use bailiwick_core::{
    Action, Call, Context, Disposition, Findings, Identified, Question, Resource, ServerId, Value,
    visible,
};
use bailiwick_wire::json::{Document, Limits, Node};
use bailiwick_wire::mcp::{
    ListKind, Notice, completion_values, filter_completions, initialize_result, modern, tasks,
    without_instructions,
};
use bytes::Bytes;

use crate::catalogue::Known;
use crate::gate::Gate;
use crate::rules::Rules;
use crate::server::Server;

pub(crate) use self::hidden::{hidden, is_tool_visible, passes as calls_pass};
pub(crate) use self::structured::fits;

/// The most work of looking for names in a text: their number times its bytes.
const LOOKED_THROUGH_MAX: usize = 1 << 26;

/// The most names in one text that are decided on.
const DECIDED_MAX: usize = 1024;

/// Whose view it is, of which server, under which rules.
#[derive(Clone, Copy)]
struct View<'a> {
    gate: &'a Gate,
    rules: &'a Rules,
    who: &'a Identified,
    server: &'a ServerId,
}

/// A notification on its way, and what it answers.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    /// What it tells.
    pub(crate) notice: Option<&'a Notice>,
    /// The message.
    pub(crate) message: &'a Bytes,
    /// What the caller asked: a name that it brought itself is no news to it.
    pub(crate) ask: &'a Bytes,
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
    if gate.hides_nothing() {
        view.observe(call.action(), &message);
        return Some(message);
    }
    // What a provider says when it does not list stays as it is: it is no message of a server's.
    if call.action() == Action::ListModels && disposition == Disposition::Erred {
        return Some(message);
    }
    // Only a tool's own answer may say that it failed, at once or as its task's: elsewhere the word
    // is the server's fancy.
    let failed = disposition == Disposition::Erred
        || disposition == Disposition::ToolFailed && call.action() == Action::InvokeTool
        || tasks::is_about_one(call.resource()) && task_failed(&message);
    if failed {
        return view.error(&message, call.ask());
    }
    match call.action() {
        Action::ListTools | Action::ListResources | Action::ListTemplates | Action::ListPrompts => {
            view.list(call.action(), message)
        }
        Action::ListModels if matches!(call.resource(), Resource::Server(_)) => {
            models::cut(gate, call, &message)
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
        | Action::Complete
        | Action::Embed
        | Action::ListModels
        | Action::CreateState
        | Action::ReadState
        | Action::DeleteState
        | Action::Other => Some(message),
    }
}

/// Whether the answer about a task tells that it failed; what cannot be read is taken for it.
fn task_failed(message: &Bytes) -> bool {
    let document = Document::parse(message, Limits::default());
    document.map_or(true, |it| tasks::tells_failure(&it))
}

/// Whether a notification may reach the caller.
pub(crate) async fn passes(gate: &Gate, who: &Identified, server: &Server, seen: Seen<'_>) -> bool {
    if gate.hides_nothing() {
        return true;
    }
    let rules = gate.rules();
    let view = View { gate, rules: &rules, who, server: &server.name };
    match seen.notice {
        Some(Notice::ResourceUpdated { uri }) => view.sees(Action::ReadResource, uri),
        // A change that the caller cannot see is no change to it.
        Some(Notice::ToolsChanged | Notice::PromptsChanged | Notice::ResourcesChanged) => {
            let before = server.catalogue.known();
            let mut stop = gate.parts.stop.subscribe();
            let known = tokio::select! {
                known = server.catalogue.listed_again() => known,
                // No listing begins any more, and the stream of this notice ends.
                _ = stop.wait_for(|it| *it) => return false,
            };
            // A change that no listing shows is one of this session's own.
            known.is_none_or(|known| {
                known.is_same(&before) || view.seen_of(&known) != view.seen_of(&before)
            })
        }
        Some(
            Notice::Message
            | Notice::Progress { .. }
            | Notice::Cancelled { .. }
            | Notice::Task { .. }
            | Notice::Initialized
            | Notice::RootsChanged
            | Notice::Other,
        )
        | None => !view.betrays(seen.message, seen.ask),
    }
}

/// What a caller sees of a server, by kind: names, and the digests of what they stand for.
pub(crate) fn shown(gate: &Gate, who: &Identified, server: &Server) -> HashSet<(ListKind, String)> {
    let rules = gate.rules();
    let view = View { gate, rules: &rules, who, server: &server.name };
    let known = server.catalogue.known();
    let sees = |action, name: &str| gate.is_visible(who, action, &view.resource(action, name));
    let kinds = [ListKind::Tools, ListKind::Prompts, ListKind::Resources, ListKind::Templates];
    let of = |action| kinds.into_iter().find(|it| entry(*it) == action);
    let seen = known.names().filter(|(action, name)| sees(*action, name));
    seen.filter_map(|(action, name)| {
        let pin = known.pin(&view.resource(action, name));
        let pin = pin.map_or_else(String::new, |it| it.to_string());
        Some((of(action)?, format!("{name}\n{pin}")))
    })
    .collect()
}

/// By which verb an entry of a list is discovered: for templates not by the one that lists them,
/// which only keeps a session going.
const fn entry(kind: ListKind) -> Action {
    match kind {
        ListKind::Tools => Action::InvokeTool,
        ListKind::Prompts => Action::GetPrompt,
        ListKind::Templates => Action::CompleteArgument,
        ListKind::Resources => Action::ReadResource,
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
            | Action::Complete
            | Action::Embed
            | Action::ListModels
            | Action::CreateState
            | Action::ReadState
            | Action::DeleteState
            | Action::Other => Resource::Document { server, uri: name },
        }
    }

    fn sees(&self, action: Action, name: &str) -> bool {
        let (now, stance) = (self.gate.now(), self.gate.stance());
        let context = Context { now, findings: Findings::default() };
        let (decides, resource) = (self.gate.ordered(self.rules), self.resource(action, name));
        let who = self.who;
        let question = Question { who, action, resource: &resource, call: None, context: &context };
        visible(&decides, &question, stance)
    }

    /// A server's instructions are dropped when they name what is hidden.
    async fn instructions(&self, message: Bytes) -> Option<Bytes> {
        let document = Document::parse(&message, Limits::default()).ok()?;
        let discovered = modern::discovered(&document).and_then(|(_, it)| it);
        let agreed = initialize_result(&document).and_then(|it| it.instructions);
        let Some(instructions) = agreed.or(discovered) else { return Some(message) };
        // The gateway's own listing is what fills the catalogue: it must not wait for itself.
        if self.who.agent().is_none() {
            return Some(message);
        }
        let server = self.gate.server(self.server.as_str())?;
        let betrayed = match server.catalogue.ready().await {
            Some(known) => {
                let text = instructions.text().unwrap_or_default();
                self.names_hidden(&known, &text, "")
            }
            None => true,
        };
        if betrayed { Some(without_instructions(&message, &document)) } else { Some(message) }
    }

    /// Values that complete to a resource that is hidden are dropped, and so are those of which
    /// that cannot be told: where other parts of the template are still open.
    fn completions(&self, call: &Call, message: Bytes) -> Option<Bytes> {
        let document = Document::parse(&message, Limits::default()).ok()?;
        let values = completion_values(&document)?;
        let Resource::Template { uri, .. } = call.resource() else { return Some(message) };
        let name = call.arguments().member("argument").and_then(|it| it.member("name"));
        // Of which argument these are the values cannot be told.
        let name = name.and_then(|it| it.as_text())?;
        let mut open = uri.to_string();
        let others = call.arguments().member("context").and_then(|it| it.member("arguments"));
        if let Some(Value::Record(others)) = others {
            for (name, value) in others {
                open = fill(&open, name, value.as_text().unwrap_or_default());
            }
        }
        let keep: Vec<bool> = values
            .iter()
            .map(|value| {
                let whole = fill(&open, name, value);
                !whole.contains('{') && self.sees(Action::ReadResource, &whole)
            })
            .collect();
        Some(filter_completions(&message, &document, &keep))
    }

    /// A server's error text must not name what is hidden.
    fn error(&self, message: &Bytes, ask: &Bytes) -> Option<Bytes> {
        (!self.betrays(message, ask)).then(|| message.clone())
    }

    /// Whether a message tells the caller the name of something hidden that it did not say itself.
    fn betrays(&self, message: &Bytes, ask: &Bytes) -> bool {
        let Some(server) = self.gate.server(self.server.as_str()) else { return true };
        let Some(text) = spoken(message) else { return true };
        let asked = spoken(ask).unwrap_or_default();
        self.names_hidden(&server.catalogue.known(), &text, &asked)
    }

    /// Whether a text names something that the caller may not discover and did not ask about.
    fn names_hidden(&self, known: &Known, text: &str, asked: &str) -> bool {
        // More than can be looked through in time is taken for the worst.
        if known.names().count().saturating_mul(text.len()) > LOOKED_THROUGH_MAX {
            return true;
        }
        let mut named = known
            .names()
            .filter(|(_, name)| contains_word(text, name) && !contains_word(asked, name));
        let first = named.by_ref().take(DECIDED_MAX);
        // So is what names more than can be decided on.
        first.into_iter().any(|(action, name)| !self.sees(action, name)) || named.next().is_some()
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

/// All names and texts of a message as they are read, their escapes resolved. `None` when it cannot
/// be read; nothing is said by an empty one.
fn spoken(message: &Bytes) -> Option<String> {
    let mut text = String::new();
    if !message.is_empty() {
        let document = Document::parse(message, Limits::default()).ok()?;
        collect(document.root(), &mut text);
    }
    Some(text)
}

/// The depth is the parser's to limit.
fn collect(node: Node<'_>, text: &mut String) {
    if let Some(said) = node.text() {
        text.push_str(&said);
        text.push('\n');
    }
    for (name, member) in node.members() {
        text.push_str(&name);
        text.push('\n');
        collect(member, text);
    }
    node.elements().for_each(|element| collect(element, text));
}

/// A template with one of its variables filled in, in the spellings that MCP servers use.
fn fill(template: &str, name: &str, value: &str) -> String {
    let filled = template.replace(&format!("{{{name}}}"), value);
    let filled = filled.replace(&format!("{{+{name}}}"), value);
    let filled = filled.replace(&format!("{{/{name}}}"), &format!("/{value}"));
    filled.replace(&format!("{{?{name}}}"), &format!("?{name}={value}"))
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
