//! What a result is: the end of a call, a question before it goes on, or the handle of a task.

use std::sync::LazyLock;

use bytes::Bytes;
use memchr::memchr2_iter;
use memchr::memmem::Finder;

use crate::json::{Document, Kind, Node, looks_like, quote};
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

/// The members that decide what becomes of a result, here or where it is read: no other member may
/// look like one to a reader that ignores case.
const DECISIVE: [&str; 6] =
    ["inputRequests", "requestState", "resultType", "task", "taskId", "cacheScope"];

/// A letter that few answers hold, and the members in whose names it stands, with its place there.
type Rare = (u8, &'static [(&'static str, usize)]);

const GOES_ON: [Rare; 3] = [
    (b'q', &[("inputRequests", 7), ("requestState", 2)]),
    (b'y', &[("resultType", 7)]),
    (b'k', &[("task", 3), ("taskId", 3)]),
];
const CACHE: Rare = (b'p', &[("cacheScope", 8)]);

/// How any member may be written besides: with an escape, or with a letter that is folded to one of
/// ours. Making a search ready costs more than most answers take to be searched.
static OTHERWISE: LazyLock<[Finder<'static>; 3]> =
    LazyLock::new(|| [r"\u", "\u{17f}", "\u{212a}"].map(Finder::new));

/// Whether a result may say that its call goes on. When not, it need not be read again to see it.
pub fn may_go_on(body: &[u8]) -> bool {
    GOES_ON.iter().any(|it| holds(body, it)) || is_written_otherwise(body)
}

/// Whether a result may say who may keep it. When not, it need not be read again to see it.
pub fn may_scope_caches(body: &[u8]) -> bool {
    holds(body, &CACHE) || is_written_otherwise(body)
}

fn is_written_otherwise(body: &[u8]) -> bool {
    OTHERWISE.iter().any(|it| it.find(body).is_some())
}

/// Whether one of the members stands in a text in quotes, in whatever case.
fn holds(body: &[u8], (letter, members): &Rare) -> bool {
    let is_here = |at: usize, (name, place): &(&str, usize)| {
        let begin = at.checked_sub(place + 1)?;
        let quoted = body.get(begin..=begin + name.len() + 1)?;
        let inside = quoted.strip_prefix(b"\"")?.strip_suffix(b"\"")?;
        inside.eq_ignore_ascii_case(name.as_bytes()).then_some(())
    };
    memchr2_iter(*letter, letter.to_ascii_uppercase(), body)
        .any(|at| members.iter().any(|it| is_here(at, it).is_some()))
}

/// Whether something in an object is called almost as one of these is.
fn has_look_alike(object: Node<'_>, known: &[&str]) -> bool {
    object.members().any(|(name, _)| known.iter().any(|it| looks_like(&name, it)))
}

/// What the result in this answer makes of its call.
pub fn outcome(document: &Document<'_>) -> Outcome {
    let Some(result) = document.root().member("result") else { return Outcome::Complete };
    if has_look_alike(result, &DECISIVE) {
        return Outcome::Unreadable;
    }
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
    let task = result.member("task");
    if task.is_some_and(|it| has_look_alike(it, &["taskId"])) {
        return Outcome::Unreadable;
    }
    let within = task.and_then(|it| it.member("taskId"));
    if is("task") || within.is_some() {
        let task = result.member("taskId").or(within).and_then(Node::text);
        return task.map_or(Outcome::Unreadable, |it| Outcome::Task(it.into()));
    }
    Outcome::Complete
}

fn questions(requests: Node<'_>) -> Option<Vec<Bytes>> {
    let ask = |(name, request): (std::borrow::Cow<'_, str>, Node<'_>)| {
        if has_look_alike(request, &["method", "params"]) {
            return None;
        }
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
/// next one. `document` must have been parsed from `body`. `None` when another member looks like
/// the one that says who may keep it.
pub fn kept_private(body: &Bytes, document: &Document<'_>) -> Option<Bytes> {
    let mut splice = Splice::new(body);
    let result = document.root().member("result");
    if result.is_some_and(|it| has_look_alike(it, &["cacheScope"])) {
        return None;
    }
    let scope = result.and_then(|it| it.member("cacheScope"));
    if let Some(scope) = scope.filter(|it| !it.says("private")) {
        splice.replace(scope.span(), &b"\"private\""[..]);
    }
    Some(splice.finish())
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
