//! Starting, serving and stopping.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{AdminAct, Record, RefusalReason, RefusalRecord, note, turn_away};
use bailiwick_facts::Purse;
use bailiwick_guard::Guard;
use bailiwick_log::{LogError, World};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::authenticators::Authenticators;
use crate::config::Settings;
use crate::diary::Diary;
use crate::facts::Sources;
use crate::front::Door;
use crate::gate::{Gate, Parts};
use crate::learned::Learned;
use crate::listener::Listener;
use crate::models::{Models, Money, Owners};
use crate::rules::{Rules, RulesInForce};
use crate::scribe::Scribe;
use crate::server::Server;
use crate::sessions::Sessions;
use crate::start_error::StartError;
use crate::store::{Role, Store};
use crate::tls::Tls;
use crate::watch::Watch;
use crate::{
    canaries, descriptors, disk, entropy, front, listing, models, news, operators, outdated, paths,
    recording, renewal, secrets, sourcing, stopping, tending, tls, warnings,
};

/// How often idle sessions are looked for and the tally is written down.
pub(crate) const SWEEP: Duration = Duration::from_secs(1);
/// How often what was learned is kept: a crash loses no more of it.
const LEARNED_KEPT: Duration = Duration::from_secs(60);
/// How long servers' processes may take to end when the gateway stops.
pub(crate) const CHILDREN_PATIENCE: Duration = Duration::from_secs(6);
/// How long outcomes that nobody waits for may take to be recorded, and how often one looks.
const OUTCOMES_PATIENCE: Duration = Duration::from_secs(5);
const OUTCOMES_LOOK: Duration = Duration::from_millis(5);
/// How many connections operators may hold.
const OPERATOR_CONNECTIONS: usize = 64;

/// A gateway that serves.
pub struct Gateway {
    gate: Arc<Gate>,
    agents: SocketAddr,
    operators: SocketAddr,
    serving: JoinSet<()>,
    listings: JoinSet<()>,
    background: JoinSet<()>,
    children_gone: mpsc::Receiver<()>,
}

impl Gateway {
    /// Start a gateway: open state and log, load the rules, listen.
    ///
    /// # Errors
    /// [`StartError`] with what to do.
    pub async fn start(settings: Settings, diary: Arc<Diary>) -> Result<Self, StartError> {
        Self::start_in(settings, diary, recording::world).await
    }

    /// Start a gateway whose log lives in a world of the caller's making, such as one with a disk
    /// that fails: for tests and simulations.
    ///
    /// # Errors
    /// [`StartError`] with what to do.
    pub async fn start_in(
        settings: Settings,
        diary: Arc<Diary>,
        world: impl FnOnce(&Arc<Store>) -> World,
    ) -> Result<Self, StartError> {
        let (alive, children_gone) = mpsc::channel(1);
        let mut parts = put_together(settings, (diary, alive), world, Scribe::alone)?;
        parts.learned = Learned::open(&parts.settings, &parts.diary);
        let gate = Arc::new(Gate { parts });
        let settings = gate.settings();
        descriptors::raise(settings);
        let agents = listen(settings.agents).await?;
        let operators = listen(settings.operators).await?;
        let started = Record::Started { version: env!("CARGO_PKG_VERSION").into() };
        note(gate.log(), gate.now(), &started)?;
        news::tell_stance(&gate);
        news::tell_admission(&gate);
        news::tell_warnings(&gate, &warnings::in_the_clear(settings));
        news::tell_warnings(&gate, &gate.warnings());
        let few = descriptors::warning(settings);
        let few = few.map(|it| format!("{it}: {}", descriptors::ADVICE));
        news::tell_warnings(&gate, few.as_slice());
        let addresses = (address(&agents)?, address(&operators)?);
        let mut gateway = Self {
            gate: Arc::clone(&gate),
            agents: addresses.0,
            operators: addresses.1,
            serving: JoinSet::new(),
            listings: JoinSet::new(),
            background: JoinSet::new(),
            children_gone,
        };
        gateway.serve(agents, operators);
        gateway.keep();
        Ok(gateway)
    }

    fn serve(&mut self, agents: TcpListener, operators: TcpListener) {
        let door = |listener, most| Door { gate: Arc::clone(&self.gate), listener, most };
        let most = self.gate.settings().limits.connections;
        let gate = Arc::clone(&self.gate);
        let answer = move |request, peer| front::answer(Arc::clone(&gate), request, peer);
        self.serving.spawn(front::serve(agents, door(Listener::Agents, most), answer));
        let gate = Arc::clone(&self.gate);
        let answer = move |request, _| operators::answer(Arc::clone(&gate), request);
        let most = OPERATOR_CONNECTIONS;
        self.serving.spawn(front::serve(operators, door(Listener::Operators, most), answer));
    }

    fn keep(&mut self) {
        for server in self.gate.parts.servers.values() {
            self.listings.spawn(listing::keep(Arc::clone(&self.gate), Arc::clone(server), None));
            self.listings.spawn(canaries::keep(Arc::clone(&self.gate), Arc::clone(server)));
        }
        let gate = Arc::clone(&self.gate);
        self.background.spawn(async move {
            gate.parts.rules.watch(gate.settings(), |change| news::tell(&gate, change)).await;
        });
        self.background.spawn(sourcing::keep(Arc::clone(&self.gate)));
        let Parts { settings, outdated, diary, .. } = &self.gate.parts;
        let told = (Arc::clone(outdated), Arc::clone(diary));
        self.background.spawn(outdated::keep(settings.clone(), told.0, told.1));
        self.background.spawn(renewal::keep(Arc::clone(&self.gate)));
        self.background.spawn(stopping::keep(Arc::clone(&self.gate)));
        self.background.spawn(tending::follow(Arc::clone(&self.gate)));
        let gate = Arc::clone(&self.gate);
        self.background.spawn(async move {
            loop {
                tokio::time::sleep(SWEEP).await;
                gate.sessions().sweep(gate.now());
                gate.parts.pace.sweep(gate.now());
                gate.parts.servers.values().for_each(|it| it.sweep(gate.now()));
                flush_tally(&gate);
            }
        });
        let gate = Arc::clone(&self.gate);
        self.background.spawn(async move { heartbeats(&gate).await });
        let gate = Arc::clone(&self.gate);
        self.background.spawn(async move {
            loop {
                tokio::time::sleep(LEARNED_KEPT).await;
                let gate = Arc::clone(&gate);
                let keep = move || gate.keep_learned();
                let _ = tokio::task::spawn_blocking(keep).await;
            }
        });
    }

    pub(crate) const fn gate(&self) -> &Arc<Gate> {
        &self.gate
    }

    /// Where agents connect.
    pub const fn agents(&self) -> SocketAddr {
        self.agents
    }

    /// Where operators connect.
    pub const fn operators(&self) -> SocketAddr {
        self.operators
    }

    /// Whether every server was listed and every source of facts asked, so that calls can be made.
    pub fn is_ready(&self) -> bool {
        let listed = self.gate.parts.servers.values().all(|it| it.catalogue.rounds() > 0);
        listed && self.gate.parts.facts.were_asked()
    }

    /// Stop: take no more calls, let those under way end, end the servers' processes, seal the log.
    ///
    /// # Errors
    /// [`LogError`] when the log could not be sealed; what was durable stays so.
    pub async fn shut_down(mut self) -> Result<(), LogError> {
        self.gate.parts.stop.send_replace(true);
        while self.serving.join_next().await.is_some() {}
        self.background.shutdown().await;
        flush_tally(&self.gate);
        // What did not end in its time is owed its outcome: nobody waits for it any more.
        for server in self.gate.parts.servers.values() {
            server.hang_up();
            server.shut_down();
        }
        self.gate.sessions().clear();
        let _ = tokio::time::timeout(CHILDREN_PATIENCE, self.children_gone.recv()).await;
        self.gate.keep_learned();
        close(self.gate, self.listings).await
    }
}

/// Wait until every exchange has its outcome on record, each holds the gate until then, also when
/// its client is gone; then seal the log.
pub(crate) async fn close(gate: Arc<Gate>, mut listings: JoinSet<()>) -> Result<(), LogError> {
    let alone = async {
        while Arc::strong_count(&gate) > 1 {
            tokio::time::sleep(OUTCOMES_LOOK).await;
        }
    };
    let _ = tokio::time::timeout(OUTCOMES_PATIENCE, alone).await;
    listings.shutdown().await;
    note(gate.log(), gate.now(), &Record::Stopped)?;
    match Arc::try_unwrap(gate) {
        Ok(gate) => match Arc::try_unwrap(keep_purse(gate).parts.log) {
            Ok(log) => log.close().await,
            Err(_) => Ok(()),
        },
        // A call that nobody waits for is still under way: its outcome is yet to be recorded.
        // Dropping the log ends its threads; what was written is recovered at the next start.
        Err(gate) => {
            let size = gate.log().health().size;
            size.checked_sub(1).map_or(Ok(()), |last| Ok(gate.log().wait_durable(last)?))
        }
    }
}

/// Nothing is under way any more: what was spent is known as it stands in the log.
fn keep_purse(gate: Gate) -> Gate {
    let size = gate.log().health().size;
    let (data, purse) = (&gate.settings().data, &gate.parts.models.money.purse);
    if gate.parts.models.all().next().is_some()
        && let Err(problem) = models::keep(data, purse, size)
    {
        gate.parts.diary.tell(&format!("what was spent is read from the log again: {problem}"));
    }
    gate
}

pub(crate) fn put_together(
    settings: Settings,
    held: (Arc<Diary>, mpsc::Sender<()>),
    world: impl FnOnce(&Arc<Store>) -> World,
    open: impl FnOnce(&Settings, &World, &Arc<Diary>) -> Result<Scribe, LogError>,
) -> Result<Parts, StartError> {
    let (diary, alive) = held;
    let rules = Arc::new(RulesInForce::new(Rules::read(&settings).map_err(StartError::Rules)?));
    let vault = Arc::new(secrets::fetch(&settings).map_err(StartError::Secrets)?);
    let withhold: Vec<&str> = settings.guard.withhold.iter().map(String::as_str).collect();
    let guard = Guard::with_policy(&withhold)?;
    let pair = settings.tls.clone().map(Tls::read).transpose()?;
    tls::warnings(&settings).iter().for_each(|it| diary.tell(it));
    let store = Arc::new(Store::open(&settings.data)?);
    let world = world(&store);
    let log = Arc::new(open(&settings, &world, &diary)?);
    // A wrap asks no models, and leaves the log to whoever does.
    let spends = !settings.models.providers.is_empty();
    let purse = if spends {
        models::restored(&settings.data, &world.disk, &store)?
    } else {
        Purse::default()
    };
    let money = Money::new(&settings.models, purse)?;
    let owners = if spends { Owners::open(&store, &diary)? } else { Owners::default() };
    log.is_followed_by(&money.purse);
    if let Some(log) = log.own() {
        first_start(&settings, &store, &log)?;
    }
    let server = |it| Arc::new(Server::new(it, &settings, (&diary, &rules), &alive));
    let servers: HashMap<_, _> =
        settings.servers.iter().map(|it| (it.name.clone(), server(it))).collect();
    Ok(Parts {
        authenticators: Authenticators::new(Arc::clone(&store), settings.keyless.clone()),
        rules,
        facts: Sources::new(&settings),
        reached: crate::reached::Reached::default(),
        outdated: Arc::default(),
        watch: Watch { guard, vault: Arc::clone(&vault), holds_back: true },
        observer: Watch { guard: Guard::default(), vault, holds_back: true },
        log,
        world,
        store,
        servers,
        models: Models::new(&settings.models, money, owners),
        // Only who serves for long learns.
        learned: Learned::default(),
        outside: Arc::default(),
        pace: Arc::default(),
        hidden: crate::hidden::HiddenNames::default(),
        users: Arc::default(),
        sessions: Arc::new(Sessions::new(
            settings.limits.sessions,
            settings.limits.sessions_per_caller,
            settings.limits.idle_session_seconds,
        )),
        diary,
        listener: Listener::Agents,
        tally: crate::tally::Tally::default(),
        operators_tally: crate::tally::Tally::default(),
        stop: watch::Sender::new(false),
        tls: pair,
        settings,
    })
}

/// At the first start there is no admin: one is made, and its token left for its owner.
fn first_start(
    settings: &Settings,
    store: &Store,
    log: &bailiwick_log::Log,
) -> Result<(), StartError> {
    let file = |path: &std::path::Path, text: &str| {
        disk::private_file(path, text)
            .map_err(|it| StartError::File(format!("{}: {it}", path.display())))
    };
    let verifier = paths::verifier_key(&settings.data);
    if !verifier.exists() {
        file(&verifier, &format!("{}\n", log.verifier_key()?))?;
    }
    // Others may have been made on the command line before the first start: none of them can do
    // what an admin can.
    if store.operators().iter().any(|it| it.role == Role::Admin) {
        return Ok(());
    }
    let now = crate::clock::now();
    let act = AdminAct {
        operator: "system".into(),
        role: "system".into(),
        act: "operators.new".into(),
        target: "admin admin".into(),
        done: true,
    };
    note(log, now, &Record::Admin(act))?;
    let (_, token) = store.new_operator("admin", Role::Admin, now)?;
    file(&paths::admin_token(&settings.data), &format!("{token}\n"))
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })
}

fn address(listener: &TcpListener) -> Result<SocketAddr, StartError> {
    listener.local_addr().map_err(|it| StartError::File(it.to_string()))
}

/// Refusals that were only counted, and what was found about processes, are written down once a
/// second.
pub(crate) fn flush_tally(gate: &Gate) {
    let found = gate.parts.servers.values().flat_map(|it| it.noticed(gate.now()));
    found.for_each(|it| news::notice(gate, it));
    let count = gate.parts.tally.left() + gate.parts.operators_tally.left();
    if count == 0 {
        return;
    }
    let now = gate.now();
    let Ok(exchange) = entropy::exchange_id(now) else { return };
    let mut refusal = RefusalRecord::new(exchange, RefusalReason::Limit, "counted");
    refusal.count = count;
    if turn_away(gate.log(), now, exchange, refusal).is_err() {
        gate.parts.diary.keep(&format!("{count} refusals could not be recorded"));
    }
}

/// When nothing happens, that is on record too.
pub(crate) async fn heartbeats(gate: &Gate) {
    let every = gate.settings().log.heartbeat_seconds;
    if every == 0 {
        return;
    }
    let mut seen = gate.log().health().size;
    loop {
        tokio::time::sleep(Duration::from_secs(every)).await;
        let size = gate.log().health().size;
        // Where another process writes, that one tells that nothing happens.
        if gate.log().own().is_some()
            && size == seen
            && note(gate.log(), gate.now(), &Record::Heartbeat).is_err()
        {
            gate.parts.diary.keep("a heartbeat could not be recorded");
        }
        seen = gate.log().health().size;
    }
}
