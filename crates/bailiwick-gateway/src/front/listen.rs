//! `subscriptions/listen`: what is listened to is narrowed to what the caller may follow, before
//! the decision. Each resource is a call of its own.

use std::sync::Arc;

use bailiwick_core::{Action, Disposition, Resource, Value};
use bailiwick_wire::json::{Document, Kind, Limits, Node, looks_like};
use bailiwick_wire::mcp::Asked;
use bailiwick_wire::rpc::Message;
use bailiwick_wire::splice::Splice;
use bytes::Bytes;

use super::knock::Knock;
use crate::exchange::{Reply, exchange};
use crate::server::Server;
use crate::upstream::{Envelope, Leg, Upstream};

/// How many resources and tasks one listener may follow.
const FOLLOWED_MAX: usize = 256;

/// What a listener wants to follow by name.
#[derive(Default)]
pub(super) struct Wanted {
    resources: Vec<Box<str>>,
    tasks: Vec<Box<str>>,
}

/// The request without what the caller may not follow; any other request as it is.
///
/// # Errors
/// The words for what is wrong with it.
pub(super) async fn narrowed(
    knock: &Knock,
    server: &Arc<Server>,
    body: Bytes,
) -> Result<Bytes, &'static str> {
    let Some(wanted) = wanted(&body)?.filter(|_| !knock.gate.hides_nothing()) else {
        return Ok(body);
    };
    let mut resources = Vec::with_capacity(wanted.resources.len());
    for uri in &wanted.resources {
        resources.push(may_follow(knock, server, uri, &body).await);
    }
    let tasks = wanted.tasks.iter().map(|it| server.tasks.of(it, &knock.who).is_some());
    let tasks: Vec<bool> = tasks.collect();
    let document = Document::parse(&body, Limits::default()).map_err(|_| "params")?;
    let mut splice = Splice::new(&body);
    for (list, keep) in
        [(listed(&document, RESOURCES), resources), (listed(&document, TASKS), tasks)]
    {
        if let Some(list) = list.filter(|_| keep.contains(&false)) {
            splice.remove_elements(list, &keep);
        }
    }
    Ok(splice.finish())
}

const RESOURCES: &str = "resourceSubscriptions";
const TASKS: &str = "taskIds";

fn listed<'d>(document: &'d Document<'_>, member: &str) -> Option<Node<'d>> {
    document.root().member("params")?.member("notifications")?.member(member)
}

pub(super) fn wanted(body: &Bytes) -> Result<Option<Wanted>, &'static str> {
    let document = Document::parse(body, Limits::default()).map_err(|_| "params")?;
    let message = Message::read(&document).map_err(|_| "params")?;
    if message.method() != Some("subscriptions/listen") {
        return Ok(None);
    }
    let filter = message.params().and_then(|it| it.member("notifications"));
    for (name, _) in filter.into_iter().flat_map(Node::members) {
        // A server that ignores case would follow what nobody decided on.
        if [RESOURCES, TASKS].iter().any(|it| looks_like(&name, it)) {
            return Err("notifications");
        }
    }
    let names = |member| {
        let list = listed(&document, member).filter(|it| !it.is_null());
        if list.is_some_and(|it| it.kind() != Kind::Array) {
            return Err(member);
        }
        let nodes = list.into_iter().flat_map(Node::elements);
        let names: Option<Vec<Box<str>>> = nodes.map(|it| it.text().map(Box::from)).collect();
        names.filter(|it| it.len() <= FOLLOWED_MAX).ok_or(member)
    };
    Ok(Some(Wanted { resources: names(RESOURCES)?, tasks: names(TASKS)? }))
}

async fn may_follow(knock: &Knock, server: &Server, uri: &str, body: &Bytes) -> bool {
    let asked = Asked {
        action: Action::Subscribe,
        resource: Resource::Document { server: server.name.clone(), uri: uri.into() },
        arguments: Value::Record(vec![("uri".into(), Value::Text(uri.into()))]),
        trace: None,
        progress_token: None,
    };
    let Some(known) = server.catalogue.ready().await else { return false };
    let call = knock.gate.call(&knock.who, asked, body.clone(), Some(&known));
    let Ok(call) = call else { return false };
    let envelope = Envelope::new(Leg::Message, None);
    match exchange(&knock.gate, &Upstream::Later, call, &envelope).await {
        Ok(Reply::Whole(released)) => released.disposition() == Some(Disposition::Accepted),
        Ok(Reply::Stream(..)) | Err(_) => false,
    }
}
