//! Handles of tasks. Two servers may give the same one: the client is shown `server/handle`.

use bytes::Bytes;

use crate::json::{Document, Limits, Node};
use crate::rpc::Message;
use crate::splice::Splice;

/// The server and its own handle, of one that says whose it is.
pub fn split_task(handle: &str) -> Option<(&str, &str)> {
    handle.split_once('/').filter(|(server, own)| !server.is_empty() && !own.is_empty())
}

/// A message as the client is told it, its task's handle saying whose it is: the answer to a call
/// that goes on as a task, to a request `about` one, or word of one. `None` when it is about no
/// task.
pub fn task_told(server: &str, body: &Bytes, about: bool) -> Option<Bytes> {
    let document = Document::parse(body, Limits::default()).ok()?;
    let message = Message::read(&document).ok()?;
    let told = match &message {
        Message::Result { .. } => {
            let result = document.root().member("result")?;
            let begun = result.member("resultType").is_some_and(|it| it.says("task"));
            let within = result.member("task");
            [Some(result).filter(|_| about || begun), within]
        }
        Message::Notification { method, params } if method.starts_with("notifications/tasks") => {
            [*params, None]
        }
        Message::Notification { .. } | Message::Request { .. } | Message::Error { .. } => {
            return None;
        }
    };
    let mut splice = Splice::new(body);
    let handles = told.into_iter().flatten().filter_map(|it| it.member("taskId"));
    let handles: Vec<_> = handles.filter_map(|it| Some((it, spelled(it)?))).collect();
    for (handle, spelled) in &handles {
        splice.replace(handle.span(), format!("\"{server}/{spelled}\"").into_bytes());
    }
    (!handles.is_empty()).then(|| splice.finish())
}

fn spelled<'d>(handle: Node<'d>) -> Option<&'d str> {
    handle.text()?;
    handle.raw().strip_prefix('"')?.strip_suffix('"')
}
