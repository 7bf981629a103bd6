//! What an answer leaves open: questions to the client that the next leg of the call answers, a
//! task that goes on, and how far the answer may be kept.

use bailiwick_core::{Action, Call, Disposition, Evidence};
use bailiwick_wire::json::{Document, Limits};
use bailiwick_wire::mcp::interpret_server;
use bailiwick_wire::mcp::modern::{self, Outcome};
use bailiwick_wire::mcp::tasks;
use bailiwick_wire::rpc::Message;
use bytes::Bytes;

use crate::era::LEGACY;
use crate::gate::Gate;

/// How many questions one answer may hold.
const QUESTIONS_MAX: usize = 128;

/// The answer as it may leave, and the questions in it, which are to be decided first.
///
/// # Errors
/// What becomes of the call when the answer may not leave.
pub(crate) fn settle(
    gate: &Gate,
    call: &Call,
    message: Bytes,
) -> Result<(Bytes, Vec<Bytes>), Disposition> {
    match call.action() {
        Action::Other if call.resource().name() == tasks::LIST && !gate.observes() => {
            Ok((own_tasks(gate, call, &message)?, Vec::new()))
        }
        Action::InvokeTool | Action::GetPrompt | Action::Other => {
            let questions = open(gate, call, &message)?;
            Ok((message, questions))
        }
        Action::ReadResource => {
            let questions = open(gate, call, &message)?;
            Ok((kept_private(message)?, questions))
        }
        Action::ListTools | Action::ListResources | Action::ListTemplates | Action::ListPrompts => {
            asks_nothing(&message)?;
            Ok((kept_private(message)?, Vec::new()))
        }
        Action::Connect => {
            asks_nothing(&message)?;
            let message = kept_private(message)?;
            let document = parse(&message)?;
            let mut served = LEGACY.to_vec();
            served.push(modern::VERSION);
            Ok((modern::only_versions(&message, &document, &served), Vec::new()))
        }
        Action::CompleteArgument
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
        | Action::DeleteState => {
            asks_nothing(&message)?;
            Ok((message, Vec::new()))
        }
    }
}

fn parse(message: &Bytes) -> Result<Document<'_>, Disposition> {
    Document::parse(message, Limits::default()).map_err(|_| Disposition::Unreachable)
}

/// Each caller has a view of its own, so no cache may hold an answer for two of them.
fn kept_private(message: Bytes) -> Result<Bytes, Disposition> {
    // Most answers say nothing of caches, and need not be read again to see it.
    if !modern::may_scope_caches(&message) {
        return Ok(message);
    }
    let document = parse(&message)?;
    modern::kept_private(&message, &document).ok_or(Disposition::Unreachable)
}

/// A list of tasks without those that others began.
fn own_tasks(gate: &Gate, call: &Call, message: &Bytes) -> Result<Bytes, Disposition> {
    let document = parse(message)?;
    // An error lists nothing.
    if document.root().member("result").is_none() {
        return Ok(message.clone());
    }
    let server = gate.server(call.resource().server().as_str());
    let is_own = |handle: &str| server.is_some_and(|it| it.tasks.of(handle, call.who()).is_some());
    tasks::only_own(message, &document, is_own).map_err(|_| Disposition::Unreachable)
}

/// Only some calls are made in several legs: in the answer to another, a question would go out that
/// nobody decided on.
fn asks_nothing(message: &Bytes) -> Result<(), Disposition> {
    if !modern::may_go_on(message) {
        return Ok(());
    }
    match modern::outcome(&parse(message)?) {
        Outcome::Complete => Ok(()),
        Outcome::InputRequired(..) | Outcome::Task(_) => Err(Disposition::Withheld),
        Outcome::Unreadable => Err(Disposition::Unreachable),
    }
}

/// What the answer asks; the handle that it gives out is noted.
fn open(gate: &Gate, call: &Call, message: &Bytes) -> Result<Vec<Bytes>, Disposition> {
    if !modern::may_go_on(message) {
        return Ok(Vec::new());
    }
    let outcome = modern::outcome(&parse(message)?);
    match outcome {
        Outcome::Complete => Ok(Vec::new()),
        Outcome::Unreadable => Err(Disposition::Unreachable),
        Outcome::Task(handle) => {
            let server = gate.server(call.resource().server().as_str());
            let theirs =
                server.is_some_and(|it| it.tasks.given(&handle, call.who(), call.resource()));
            (theirs || gate.observes()).then(Vec::new).ok_or(Disposition::Withheld)
        }
        Outcome::InputRequired(questions, _) if questions.len() > QUESTIONS_MAX => {
            Err(Disposition::Withheld)
        }
        Outcome::InputRequired(questions, state) => {
            let server = gate.server(call.resource().server().as_str());
            if let (Some(server), Some(state)) = (server, state) {
                let first = call.parent().unwrap_or(call.id());
                server.unfinished.goes_on(&state, call.who(), first);
            }
            Ok(questions)
        }
    }
}

/// A question of the server to the person's client, as a call of the server's own. `None` when it
/// cannot be understood.
pub(crate) fn question(gate: &Gate, call: &Call, question: Bytes) -> Option<Call> {
    let server = call.resource().server();
    let who = gate.identify(&Evidence::Upstream { server, client: call.who() }).ok()?;
    let asked = {
        let document = parse(&question).ok()?;
        interpret_server(server, &Message::read(&document).ok()?).ok()?
    };
    let known = gate.server(server.as_str()).map(|it| it.catalogue.known());
    let asked = gate.call(&who, asked, question, known.as_deref()).ok()?;
    Some(asked.within(call.id()))
}
