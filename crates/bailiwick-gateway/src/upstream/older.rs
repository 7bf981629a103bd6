//! A server of revision 2024-11-05: one stream on which it says everything, and an address, named
//! on that stream, to which messages are posted.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use bailiwick_core::{Action, Cleared, Disposition};
use bytes::Bytes;
use hyper::Uri;
use tokio::sync::watch;

use super::calls::Calls;
use super::desk::Desk;
use super::messages::Events;
use super::request::{Target, What, request, send};
use super::{Answer, Envelope, Leg, Means, Pool};

/// The longest address that a server may name.
const ENDPOINT_BYTES_MAX: usize = 2048;

/// One session with such a server.
pub(crate) struct OlderLink {
    pool: Arc<Pool>,
    address: Uri,
    desk: Arc<Desk>,
    endpoint: OnceLock<Uri>,
    gone: Arc<AtomicBool>,
    /// Dropped when the session ends, and the stream with it.
    open: Mutex<Option<watch::Sender<()>>>,
}

impl OlderLink {
    /// A link to the server at this address, over these connections.
    pub(crate) fn new(pool: Arc<Pool>, address: Uri) -> Self {
        Self {
            pool,
            address,
            desk: Arc::default(),
            endpoint: OnceLock::new(),
            gone: Arc::default(),
            open: Mutex::default(),
        }
    }

    /// Whether the server opened its stream and said where messages go.
    pub(super) fn has_begun(&self) -> bool {
        self.endpoint.get().is_some()
    }

    /// The calls under way.
    pub(super) fn calls(&self) -> &Arc<Calls> {
        self.desk.calls()
    }

    pub(super) fn is_dead(&self) -> bool {
        self.gone.load(Ordering::Acquire)
    }

    pub(super) async fn forward(
        &self,
        means: Means<'_>,
        cleared: Cleared,
        envelope: &Envelope,
    ) -> Answer {
        match envelope.leg {
            Leg::Message => self.message(means, cleared, envelope).await,
            Leg::Listen => self.desk.listen(cleared.owe()),
            Leg::End => {
                self.open.lock().unwrap_or_else(PoisonError::into_inner).take();
                Answer::Ended(cleared.owe(), Disposition::Accepted)
            }
        }
    }

    async fn message(&self, means: Means<'_>, cleared: Cleared, envelope: &Envelope) -> Answer {
        let patience = envelope.patience(means.limits);
        if cleared.call().action() == Action::Connect && self.endpoint.get().is_none() {
            let opened = tokio::time::timeout(patience, self.begin(means, &cleared)).await;
            match opened {
                Ok(Some(())) => {}
                Ok(None) => return Answer::Ended(cleared.owe(), Disposition::Unreachable),
                Err(_) => return Answer::Ended(cleared.owe(), Disposition::TimedOut),
            }
        }
        let request = self
            .endpoint
            .get()
            .filter(|_| !self.is_dead())
            .and_then(|target| request(means, &cleared, envelope, &Target::new(target), None));
        let owed = cleared.owe();
        let Some(request) = request else { return Answer::Ended(owed, Disposition::Unreachable) };
        // The place is taken first: the answer may be there before the server says that it took
        // the message.
        let place = match &envelope.id {
            None => None,
            Some(id) => match self.desk.enter(id, envelope.progress.clone(), true) {
                Some(place) => Some((id, place)),
                None => return Answer::Ended(owed, Disposition::Unreachable),
            },
        };
        let sent = send(&self.pool, means, request);
        match tokio::time::timeout(patience, sent).await {
            Err(_) => return Answer::Ended(owed, Disposition::TimedOut),
            Ok(Ok(came)) if came.head.status.is_success() => {}
            Ok(_) => return Answer::Ended(owed, Disposition::Unreachable),
        }
        match place {
            None => Answer::Ended(owed, Disposition::Accepted),
            Some((id, place)) => place.answer(means, owed, id, patience).await,
        }
    }

    /// Open the stream and learn where messages are posted; `None` when there is no such stream.
    async fn begin(&self, means: Means<'_>, cleared: &Cleared) -> Option<()> {
        let listen = Envelope::new(Leg::Listen, None);
        let request = request(means, cleared, &listen, &Target::new(&self.address), None)?;
        let came = send(&self.pool, means, request).await.ok()?;
        let What::Stream(body, lease) = came.what else { return None };
        let mut events = Events::new(body, lease, means.limits.message_bytes);
        let named = loop {
            let event = events.next_event().await?;
            if event.event.as_deref() == Some("endpoint") {
                break event.data;
            }
        };
        self.endpoint.set(endpoint(&self.address, &named)?).ok()?;
        let (stop, stopped) = watch::channel(());
        *self.open.lock().unwrap_or_else(PoisonError::into_inner) = Some(stop);
        tokio::spawn(read(events, Arc::clone(&self.desk), Arc::clone(&self.gone), stopped));
        Some(())
    }
}

/// Everything that the server says, until it ends or the session does.
async fn read(
    mut events: Events,
    desk: Arc<Desk>,
    gone: Arc<AtomicBool>,
    mut stopped: watch::Receiver<()>,
) {
    loop {
        let event = tokio::select! {
            event = events.next_event() => event,
            // The sender is only ever dropped: the session is over.
            _ = stopped.changed() => None,
        };
        match event {
            Some(event) if event.is_message() => desk.deliver(event.data).await,
            Some(_) => {}
            None => break,
        }
    }
    gone.store(true, Ordering::Release);
    desk.end();
}

/// The address that a server names for messages. It must be of the server's own origin: another
/// would be sent the server's secrets.
fn endpoint(base: &Uri, named: &Bytes) -> Option<Uri> {
    let named = std::str::from_utf8(named).ok().filter(|it| it.len() <= ENDPOINT_BYTES_MAX)?;
    let scheme = base.scheme_str()?;
    let authority = base.authority()?.as_str();
    let whole = if named.contains("://") {
        named.to_owned()
    } else if named.starts_with("//") {
        format!("{scheme}:{named}")
    } else if named.starts_with('/') {
        format!("{scheme}://{authority}{named}")
    } else if named.starts_with('?') {
        format!("{scheme}://{authority}{}{named}", base.path())
    } else {
        let folder = base.path().rsplit_once('/').map_or("", |(folder, _)| folder);
        format!("{scheme}://{authority}{folder}/{named}")
    };
    let target: Uri = whole.parse().ok()?;
    (origin(&target)? == origin(base)?).then_some(target)
}

/// Scheme, host and port.
fn origin(address: &Uri) -> Option<(String, String, u16)> {
    let scheme = address.scheme_str()?.to_ascii_lowercase();
    // A name before the host is no part of an origin, and no business of a server's.
    let authority = address.authority().filter(|it| !it.as_str().contains('@'))?;
    let port = authority.port_u16().unwrap_or(if scheme == "https" { 443 } else { 80 });
    Some((scheme, authority.host().to_ascii_lowercase(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_posted_to_the_same_origin_only() {
        let base: Uri = "http://Files.example:80/v1/sse?k=1".parse().unwrap();
        for (named, meant) in [
            ("/messages?session=7", Some("http://Files.example:80/messages?session=7")),
            ("messages", Some("http://Files.example:80/v1/messages")),
            ("?session=7", Some("http://Files.example:80/v1/sse?session=7")),
            ("http://files.example/m", Some("http://files.example/m")),
            ("//files.example/m", Some("http://files.example/m")),
            ("https://files.example/m", None),
            ("http://files.example:81/m", None),
            ("http://evil.example/m", None),
            ("//evil.example/m", None),
            ("http://files.example@evil.example/m", None),
            ("http://x@files.example/m", None),
            ("/a b", None),
        ] {
            let found = endpoint(&base, &Bytes::from_static(named.as_bytes()));
            assert_eq!(found.map(|it| it.to_string()).as_deref(), meant, "{named}");
        }
        assert_eq!(endpoint(&base, &Bytes::from(vec![b'/'; 4096])), None);
        assert_eq!(endpoint(&base, &Bytes::from_static(b"/\xff")), None);
    }
}
