//! `/mcp` in the modern era: all servers that speak it as one. There is no session: who has a part
//! in a request is found out for each.

mod ear;
mod list;
mod listen;
mod one;
mod served;

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::Action;
use bytes::Bytes;
use hyper::{Response, StatusCode};
use tokio::time::{Instant, timeout_at};

use super::body::Body;
use super::knock::Knock;
use super::modern::{self, Told};
use super::reply::{DECISION, LEAF, bare};
use super::round::nobody;
use crate::federation::visible;
use crate::probe;
use crate::server::Server;
use crate::upstream::Away;

/// A request of the modern era, and the servers that its caller may know of.
struct Said {
    knock: Knock,
    servers: Vec<Arc<Server>>,
    told: Told,
    body: Bytes,
    away: Away,
}

/// Answer one message.
pub(super) async fn answer(knock: Knock, body: Bytes, away: Away) -> Response<Body> {
    let told = match modern::read(&knock, &body) {
        Ok(told) => told,
        Err(words) => return modern::finished(modern::refuse(&knock, words)),
    };
    if modern::is_taking_back(&told, &body) {
        return modern::taken_back(&knock);
    }
    let servers = visible(&knock.gate, &knock.who);
    modern::finished(Said { knock, servers, told, body, away }.serve().await)
}

impl Said {
    async fn serve(self) -> Response<Body> {
        if let Some(refused) = served::refused(&self).await {
            return refused;
        }
        match self.told.asked.action {
            Action::ListTools
            | Action::ListPrompts
            | Action::ListResources
            | Action::ListTemplates => list::list(self).await,
            Action::Connect if self.discovers() => list::discover(self).await,
            Action::Connect => listen::listen(self).await,
            Action::InvokeTool
            | Action::GetPrompt
            | Action::ReadResource
            | Action::CompleteArgument => one::one(self).await,
            Action::Notify => notify(self).await,
            Action::Other if self.told.task.is_some() => one::task(self).await,
            // What the revision took away, and what no client asks.
            Action::Subscribe
            | Action::SetLogLevel
            | Action::Ping
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
            | Action::Other => self.nobody().await,
        }
    }

    /// What names nobody that the caller may know of, or nobody of this era.
    async fn nobody(self) -> Response<Body> {
        let Self { knock, told, body, .. } = self;
        nobody(&knock, &knock.who, told.asked, told.id.as_ref(), body).await
    }
}

/// A notification: to each server of this era, by a call of its own.
async fn notify(said: Said) -> Response<Body> {
    let each = said.servers.iter().filter_map(|server| {
        let its = one::addressed(&said.knock, server, &said.body)?;
        let (server, body) = (Arc::clone(server), said.body.clone());
        Some(tokio::spawn(async move {
            if probe::is_modern(&its.gate, &server).await != Some(true) {
                return None;
            }
            let told = modern::read(&its, &body).ok()?;
            // Nobody waits for it, so nobody who goes away takes it back.
            Some(modern::carry(&its, told, body, Away::never()).await)
        }))
    });
    let each: Vec<_> = each.collect();
    let patience = Duration::from_secs(said.knock.gate.settings().limits.gather_seconds);
    let ends = Instant::now() + patience;
    let mut reply = bare(StatusCode::ACCEPTED);
    for one in each {
        // Whoever takes longer is told all the same.
        let Ok(Ok(Some(one))) = timeout_at(ends, one).await else { continue };
        stamp_as(&mut reply, &one);
    }
    reply
}

/// Let a reply rest on the decisions of another, too.
fn stamp_as(reply: &mut Response<Body>, other: &Response<Body>) {
    for name in [DECISION, LEAF] {
        for value in other.headers().get_all(&name) {
            reply.headers_mut().append(name.clone(), value.clone());
        }
    }
}
