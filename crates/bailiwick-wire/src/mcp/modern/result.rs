//! What a result is: the end of a call, a question before it goes on, or the handle of a task.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memmem::Finder;

use crate::json::{Document, Kind, Node, quote};
use crate::splice::Splice;

/// What a result makes of its call.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// The call is over.
    Complete,
    /// The server asks before it goes on: each question as a message of its own, whose id is the
    /// name that the result gives it. What the next leg is to bring back of the server's own comes
    /// beside them.
    InputRequired(Vec<Bytes>, Option<Box<str>>),
    /// The call goes on as a task with this handle.
    Task(Box<str>),
    /// It cannot be told what the server asks.
    Unreadable,
}

/// What is looked for in every answer. Making a search ready costs more than most answers take to
/// be searched.
struct Sought {
    goes_on: [Finder<'static>; 4],
    cache: Finder<'static>,
    /// Any member may be written with one.
    escape: Finder<'static>,
}

static SOUGHT: LazyLock<Sought> = LazyLock::new(|| Sought {
    goes_on: ["inputRequests", "requestState", "resultType", "taskId"].map(Finder::new),
    cache: Finder::new("cacheScope"),
    escape: Finder::new(r"\u"),
});

/// Whether a result may say that its call goes on. When not, it need not be read again to see it.
pub fn may_go_on(body: &[u8]) -> bool {
    let Sought { goes_on, escape, .. } = &*SOUGHT;
    goes_on.iter().chain([escape]).any(|it| it.find(body).is_some())
}

/// Whether a result may say who may keep it. When not, it need not be read again to see it.
pub fn may_scope_caches(body: &[u8]) -> bool {
    let Sought { cache, escape, .. } = &*SOUGHT;
    [cache, escape].into_iter().any(|it| it.find(body).is_some())
}

/// What the result in this answer makes of its call.
pub fn outcome(document: &Document<'_>) -> Outcome {
    let Some(result) = document.root().member("result") else { return Outcome::Complete };
    let is = |kind| result.member("resultType").is_some_and(|it| it.says(kind));
    let [requests, state] = ["inputRequests", "requestState"]
        .map(|member| result.member(member).filter(|it| !it.is_null()));
    // Each goes without the others: a server may only want to be asked again.
    if requests.is_some() || state.is_some() || is("input_required") {
        let Some(questions) = requests.map_or(Some(Vec::new()), questions) else {
            return Outcome::Unreadable;
        };
        return match state.map(Node::text) {
            None => Outcome::InputRequired(questions, None),
            Some(Some(state)) => Outcome::InputRequired(questions, Some(state.into())),
            Some(None) => Outcome::Unreadable,
        };
    }
    // The extension names the handle beside the type; older revisions, without one, inside `task`.
    let within = result.member("task").and_then(|it| it.member("taskId"));
    if is("task") || within.is_some() {
        let task = result.member("taskId").or(within).and_then(Node::text);
        return task.map_or(Outcome::Unreadable, |it| Outcome::Task(it.into()));
    }
    Outcome::Complete
}

fn questions(requests: Node<'_>) -> Option<Vec<Bytes>> {
    let ask = |(name, request): (std::borrow::Cow<'_, str>, Node<'_>)| {
        let method = request.member("method").filter(|it| it.kind() == Kind::String)?.raw();
        let params = request.member("params").map_or("{}", Node::raw);
        let id = quote(&name);
        Some(Bytes::from(format!(
            r#"{{"jsonrpc":"2.0","id":{id},"method":{method},"params":{params}}}"#
        )))
    };
    if !requests.is_object() {
        return None;
    }
    requests.members().map(ask).collect()
}

/// The answer with its result kept from shared caches: what one principal may see is not for the
/// next one. `document` must have been parsed from `body`.
pub fn kept_private(body: &Bytes, document: &Document<'_>) -> Bytes {
    let mut splice = Splice::new(body);
    let result = document.root().member("result");
    let scope = result.and_then(|it| it.member("cacheScope"));
    if let Some(scope) = scope.filter(|it| !it.says("private")) {
        splice.replace(scope.span(), &b"\"private\""[..]);
    }
    splice.finish()
}

/// The versions that an answer to `server/discover` names, and the instructions in it.
pub fn discovered<'d>(document: &'d Document<'_>) -> Option<(Node<'d>, Option<Node<'d>>)> {
    let result = document.root().member("result")?;
    let versions = result.member("supportedVersions").filter(|it| it.kind() == Kind::Array)?;
    Some((versions, result.member("instructions").filter(|it| !it.is_null())))
}

/// The answer to `server/discover` with only those versions that are `served`.
pub fn only_versions(body: &Bytes, document: &Document<'_>, served: &[&str]) -> Bytes {
    let mut splice = Splice::new(body);
    if let Some((versions, _)) = discovered(document) {
        let keep: Vec<bool> =
            versions.elements().map(|it| served.iter().any(|one| it.says(one))).collect();
        if keep.contains(&false) {
            splice.remove_elements(versions, &keep);
        }
    }
    splice.finish()
}
