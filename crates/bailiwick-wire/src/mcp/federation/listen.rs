//! Listeners to several servers at once: what each of them is to follow, and what all agreed to.

use bytes::Bytes;

use super::at;
use crate::json::{Document, Limits, Node, quote};
use crate::mcp::modern::SUBSCRIPTION_KEY;
use crate::rpc::{Id, Message};
use crate::splice::Splice;

const LISTS: [&str; 3] = ["toolsListChanged", "promptsListChanged", "resourcesListChanged"];
const RESOURCES: &str = "resourceSubscriptions";
const TASKS: &str = "taskIds";
const ACKNOWLEDGED: &str = "notifications/subscriptions/acknowledged";

/// What a listener follows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Filter {
    /// Whether the lists of tools, prompts and resources change.
    pub lists: [bool; 3],
    /// Resources by their URIs, where there is such a list.
    pub resources: Option<Vec<Box<str>>>,
    /// Tasks by their handles, where there is such a list.
    pub tasks: Option<Vec<Box<str>>>,
}

impl Filter {
    /// What a request to listen asks for, or an acknowledgement grants; empty when it does not say.
    pub fn of(body: &Bytes) -> Self {
        let Ok(document) = Document::parse(body, Limits::default()) else { return Self::default() };
        let Some(said) = at(&document, &["params", "notifications"]) else {
            return Self::default();
        };
        let flag = |name| said.member(name).and_then(Node::as_bool) == Some(true);
        let names = |name| {
            let list = said.member(name).filter(|it| !it.is_null())?;
            Some(list.elements().filter_map(|it| it.text().map(Box::from)).collect())
        };
        Self { lists: LISTS.map(flag), resources: names(RESOURCES), tasks: names(TASKS) }
    }
}

/// Whether a message acknowledges that it is listened to.
pub fn acknowledges(body: &Bytes) -> bool {
    let document = Document::parse(body, Limits::default());
    let method = document.as_ref().ok().and_then(|it| Message::read(it).ok());
    method.is_some_and(|it| it.method() == Some(ACKNOWLEDGED))
}

/// The request to listen as one server is sent it: each resource and task under the server's own
/// name, and without those that are others', whose place here is empty.
pub fn followed(body: &Bytes, resources: &[Option<&str>], tasks: &[Option<&str>]) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let mut splice = Splice::new(body);
    for (list, own) in [(RESOURCES, resources), (TASKS, tasks)] {
        let Some(list) = at(&document, &["params", "notifications", list]) else { continue };
        let keep: Vec<bool> = own.iter().map(Option::is_some).collect();
        if list.elements().count() > keep.len() || keep.contains(&false) {
            splice.remove_elements(list, &keep);
        }
        for (element, own) in list.elements().zip(own) {
            if let Some(own) = own.filter(|it| !element.says(it)) {
                splice.replace(element.span(), quote(own).into_bytes());
            }
        }
    }
    Some(splice.finish())
}

/// The acknowledgement that speaks for all: `id` is that of the request.
pub fn acknowledged(id: &Id, filter: &Filter) -> Bytes {
    let lists = LISTS.iter().zip(filter.lists).filter(|(_, granted)| *granted);
    let mut members: Vec<_> = lists.map(|(name, _)| format!(r#""{name}":true"#)).collect();
    for (name, list) in [(RESOURCES, &filter.resources), (TASKS, &filter.tasks)] {
        if let Some(list) = list {
            let list: Vec<_> = list.iter().map(|it| quote(it)).collect();
            members.push(format!(r#""{name}":[{}]"#, list.join(",")));
        }
    }
    let (id, members) = (id.raw(), members.join(","));
    let meta = format!(r#"{{"{SUBSCRIPTION_KEY}":{id}}}"#);
    let params = format!(r#"{{"_meta":{meta},"notifications":{{{members}}}}}"#);
    Bytes::from(format!(r#"{{"jsonrpc":"2.0","method":"{ACKNOWLEDGED}","params":{params}}}"#))
}
