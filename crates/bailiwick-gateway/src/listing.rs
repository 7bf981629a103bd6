//! Listing what each server offers, by calls of the gateway's own, and keeping that up to date.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{Action, Day};
use bailiwick_wire::mcp::read_list;
use tokio::sync::watch;
use tokio::time::Instant;

use crate::catalogue::Known;
use crate::gate::Gate;
use crate::news;
use crate::own::{Failed, Own, parse};
use crate::probe;
use crate::server::Server;
use crate::session::Session;

/// How long a listing stays good when nothing says that it changed.
const FRESH: Duration = Duration::from_secs(300);
/// The least time between two listings, however often one is wanted.
const PAUSE: Duration = Duration::from_secs(1);
/// How many changes in a row are listed at once.
const BURST: u32 = 4;
/// How long the next try waits after a failure, at first and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// How long a whole listing may take.
const LISTING: Duration = Duration::from_secs(60);
/// The most pages of one list.
const PAGES_MAX: usize = 1000;

/// A session of a client's, in which its server may be listed.
pub(crate) struct Within {
    /// It may begin anew.
    pub(crate) session: watch::Receiver<Arc<Session>>,
    pub(crate) offers: Vec<&'static str>,
}

/// Keep the catalogue of one server up to date until the gateway stops: by sessions of its own, or
/// within a client's. A listing that has begun goes on to its end, so that each of its calls has an
/// outcome.
pub(crate) async fn keep(gate: Arc<Gate>, server: Arc<Server>, within: Option<Within>) {
    let mut stop = gate.parts.stop.subscribe();
    let mut patience = RETRY.0;
    let mut held = news::ToldHeld::default();
    let mut changes = Changes { due: Changes::earliest() };
    while !*stop.borrow() {
        server.catalogue.begin();
        server.trouble().begin();
        let wait = match list(&gate, &server, &within).await {
            Ok(known) => {
                server.catalogue.replace(known);
                held = news::tell_held(&gate, &server, held);
                patience = RETRY.0;
                FRESH
            }
            Err(why) => {
                let why = reason(&gate, &server, why).await;
                // A session that ends with us ends its listing too, and that is no failure.
                if !*stop.borrow() {
                    let line = format!("server {}: it cannot be listed: {why}", server.name);
                    gate.parts.diary.tell(&line);
                }
                server.catalogue.failed(why);
                patience = (patience * 2).min(RETRY.1);
                patience
            }
        };
        let pause = async {
            tokio::select! {
                _ = tokio::time::timeout(wait, server.catalogue.wanted.notified()) => {
                    tokio::time::sleep(PAUSE).await;
                }
                () = server.catalogue.changed.notified() => changes.turn().await,
            }
        };
        tokio::select! {
            () = pause => {}
            _ = stop.wait_for(|it| *it) => {}
        }
    }
}

/// When to list because the server says that it changed: at once, and when it says so often, as
/// often as `PAUSE` allows over time.
struct Changes {
    due: Instant,
}

impl Changes {
    async fn turn(&mut self) {
        tokio::time::sleep_until(self.due).await;
        self.due = self.due.max(Self::earliest()) + PAUSE;
    }

    /// Quiet before this earns nothing more.
    fn earliest() -> Instant {
        let now = Instant::now();
        now.checked_sub(PAUSE * BURST).unwrap_or(now)
    }
}

/// Why a listing failed, with its cause where that is known: it may quote what the server said.
async fn reason(gate: &Gate, server: &Server, why: Failed) -> String {
    let day = Day::of(gate.now());
    if let (Failed::Denied(_) | Failed::Off, Some(word)) =
        (why, gate.rules().health.off(&server.name, day))
    {
        let name = &server.name;
        return format!("it is off: {word}; see `bailiwick contracts health {name}`");
    }
    let cause = match why {
        Failed::NoAnswer | Failed::Unreadable => server.trouble().known_soon().await,
        Failed::Denied(_) | Failed::Off | Failed::Held | Failed::Unrecorded => None,
    };
    let cause = cause.map(|it| gate.means().vault.blot(&it));
    let told = cause.map_or_else(|| why.to_string(), |cause| format!("{why}: {cause}"));
    // A program that fetches itself says anything but that it cannot reach its registry.
    match server.kept_from() {
        Some(host) => format!(
            "{told}; it was kept from a host ({host}): list it in [standing] hosts, or install \
             what it fetches"
        ),
        None => told,
    }
}

/// List once, by a session of the gateway's own, for a catalogue that nobody keeps.
pub(crate) async fn once(gate: &Arc<Gate>, server: &Arc<Server>) {
    server.catalogue.begin();
    match list(gate, server, &None).await {
        Ok(known) => server.catalogue.replace(known),
        Err(why) => server.catalogue.failed(why.to_string()),
    }
}

async fn list(
    gate: &Arc<Gate>,
    server: &Arc<Server>,
    within: &Option<Within>,
) -> Result<Known, Failed> {
    if let Some(within) = within {
        let session = Arc::clone(&within.session.borrow());
        let mut own = Own::within(gate, &session, LISTING)?;
        return all(&mut own, &within.offers).await;
    }
    // Where the modern era is spoken, no session and no process is started for each listing.
    if server.eras.is_modern(gate.now()) == Some(true) {
        let mut own = Own::new(gate, server, LISTING)?;
        if let Ok(offers) = own.discover().await {
            return all(&mut own, &offers).await;
        }
    }
    let mut own = Own::new(gate, server, LISTING)?;
    let offers = match own.connect().await {
        Ok(offers) => {
            server.eras.shook_hands();
            offers
        }
        // It answered, and not to a handshake: perhaps it knows none.
        Err(Failed::Unreadable) if probe::is_modern(gate, server).await == Some(true) => {
            own.discover().await.map_err(|_| Failed::Unreadable)?
        }
        Err(why) => return Err(why),
    };
    let known = all(&mut own, &offers).await?;
    own.end().await;
    Ok(known)
}

/// Everything that a server offers, whole.
async fn all(own: &mut Own<'_>, offers: &[&str]) -> Result<Known, Failed> {
    let mut known = Known::default();
    for (action, capability, method) in [
        (Action::ListTools, "tools", "tools/list"),
        (Action::ListPrompts, "prompts", "prompts/list"),
        (Action::ListResources, "resources", "resources/list"),
        (Action::ListTemplates, "resources", "resources/templates/list"),
    ] {
        if offers.contains(&capability) {
            pages(own, action, method, &mut known).await?;
        }
    }
    Ok(known)
}

async fn pages(
    own: &mut Own<'_>,
    action: Action,
    method: &str,
    known: &mut Known,
) -> Result<(), Failed> {
    let mut params = "{}".to_owned();
    for _ in 0..PAGES_MAX {
        let answer = own.request(method, &params).await?;
        let document = parse(&answer)?;
        let listed = match read_list(action, &document) {
            Ok(listed) => listed,
            // A server may offer resources and know nothing of templates.
            Err(_) if document.root().member("error").is_some() => return Ok(()),
            Err(_) => return Err(Failed::Unreadable),
        };
        known.add(&listed, &document);
        let Some(cursor) = listed.next_cursor else { return Ok(()) };
        params = format!("{{\"cursor\":{cursor}}}");
    }
    Ok(())
}
