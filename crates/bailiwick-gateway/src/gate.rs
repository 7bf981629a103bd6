//! The gate: all that an exchange needs, held once for the whole process.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{
    Action, Call, Classed, Context, Disposition, Durability, Effect, Evidence, Findings, Glimpse,
    Identified, Inspected, Inspectors, Interpreted, NamedResource, Policy as _, Position, Question,
    Resource, ServerId, Stance, Timestamp, Unproved, Unrecorded, Value, glimpse, may, visible,
};
use bailiwick_log::World;
use bailiwick_wire::mcp::Asked;
use bytes::Bytes;
use tokio::sync::watch;

use crate::admission::Admission;
use crate::authenticators::Authenticators;
use crate::catalogue::Known;
use crate::clock;
use crate::config::Settings;
use crate::diary::Diary;
use crate::entropy::{self, NoEntropy};
use crate::facts::{Freshness, Sources};
use crate::health::{Tended, Users};
use crate::hidden::{Hidden, HiddenNames, Watching};
use crate::learned::Learned;
use crate::listener::Listener;
use crate::meaning;
use crate::models::Made;
use crate::models::Models;
use crate::orders::Ordered;
use crate::outdated::Outdated;
use crate::outside::Outside;
use crate::pace::{Pace, Place, TooFast};
use crate::payloads;
use crate::queue::{Reader, Writer, queue};
use crate::reached::Reached;
use crate::rules::{Rules, RulesInForce};
use crate::scribe::Scribe;
use crate::server::Server;
use crate::session::{Busy, Session};
use crate::sessions::Sessions;
use crate::store::Store;
use crate::tally::Tally;
use crate::tls::Tls;
use crate::upstream::{Means, Upstream};
use crate::watch::Watch;
use crate::widened::{Widened, unseen, widened};

/// How many events may wait for a client that reads slowly.
const CLIENT_QUEUE: usize = 64;

/// All that an exchange needs.
pub(crate) struct Gate {
    pub(crate) parts: Parts,
}

/// What a gate is put together from.
pub(crate) struct Parts {
    pub(crate) settings: Settings,
    pub(crate) authenticators: Authenticators,
    pub(crate) rules: Arc<RulesInForce>,
    pub(crate) facts: Sources,
    pub(crate) reached: Reached,
    /// Whether the configuration's file was edited since.
    pub(crate) outdated: Arc<Outdated>,
    pub(crate) watch: Watch,
    /// The same, holding nothing back that only the configuration would: for while it observes.
    pub(crate) observer: Watch,
    pub(crate) log: Arc<Scribe>,
    pub(crate) world: World,
    pub(crate) store: Arc<Store>,
    pub(crate) servers: HashMap<ServerId, Arc<Server>>,
    pub(crate) models: Models,
    pub(crate) learned: Learned,
    pub(crate) hidden: HiddenNames,
    /// Who has used the servers that take no new agents.
    pub(crate) users: Arc<Users>,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) outside: Arc<Outside>,
    pub(crate) pace: Arc<Pace>,
    pub(crate) diary: Arc<Diary>,
    /// Where callers come in.
    pub(crate) listener: Listener,
    pub(crate) tally: Tally,
    pub(crate) operators_tally: Tally,
    /// What agents are shown, when they speak TLS.
    pub(crate) tls: Option<Tls>,
    /// True from when the gateway begins to stop.
    pub(crate) stop: watch::Sender<bool>,
}

impl Gate {
    pub(crate) fn now(&self) -> Timestamp {
        clock::now()
    }

    pub(crate) fn log(&self) -> &Scribe {
        &self.parts.log
    }

    /// A queue of events for a client, which is given up when it leaves them unread for too long.
    pub(crate) fn client_queue(&self) -> (Writer, Reader) {
        let unread = Duration::from_secs(self.settings().limits.unread_seconds);
        let (writer, reader) = queue(CLIENT_QUEUE);
        (writer.giving_up_after(unread), reader)
    }

    pub(crate) const fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    pub(crate) fn means(&self) -> Means<'_> {
        let parts = &self.parts;
        Means {
            vault: &parts.watch.vault,
            limits: &parts.settings.limits,
            kills: parts.store.kills(),
        }
    }

    pub(crate) const fn sessions(&self) -> &Arc<Sessions> {
        &self.parts.sessions
    }

    pub(crate) fn rules(&self) -> Arc<Rules> {
        self.parts.rules.now()
    }

    /// What decides: the policies, and what operators have ordered besides.
    pub(crate) fn ordered<'a>(&'a self, rules: &'a Rules) -> Ordered<'a> {
        let contracts = &rules.contracts;
        let (servers, is_open) = (Some(&self.parts.servers), rules.admit_unapproved(self.now()));
        let admission = Admission { contracts, servers, is_open };
        let (health, users) = (&rules.health, Some(&*self.parts.users));
        let tended = Tended { health, contracts, users };
        let facts = Some(Freshness { sources: &self.parts.facts, known: rules.facts() });
        let (policies, store) = (&rules.policies, Some(&*self.parts.store));
        Ordered { policies, admission, tended, store, facts }
    }

    /// What things counted as when a call was decided by these rules.
    pub(crate) fn classes(
        &self,
        rules: &Rules,
        things: &[NamedResource],
        decided: Timestamp,
    ) -> Vec<Classed> {
        self.ordered(rules).classes(things, decided)
    }

    pub(crate) fn inspectors(&self) -> Inspectors<'_> {
        self.inspects().inspectors()
    }

    fn inspects(&self) -> &Watch {
        if self.observes() { &self.parts.observer } else { &self.parts.watch }
    }

    /// Who inspects a call from whose caller this is hidden.
    pub(crate) fn watching<'a>(&'a self, hidden: Option<&'a Hidden>) -> Watching<'a> {
        Watching { watch: self.inspects(), hidden }
    }

    /// Whether denials refuse, or are only noted.
    pub(crate) fn stance(&self) -> Stance {
        match self.parts.settings.observe_until {
            None => Stance::Enforce,
            Some(day) => Stance::Observe { until: day.begins() },
        }
    }

    /// Whether nothing is refused or hidden just now.
    pub(crate) fn observes(&self) -> bool {
        self.stance().observes(self.now())
    }

    /// Whether a caller is shown everything just now.
    pub(crate) fn hides_nothing(&self) -> bool {
        self.observes() && self.parts.store.kills().is_empty()
    }

    pub(crate) fn server(&self, name: &str) -> Option<&Arc<Server>> {
        self.parts.servers.get(&ServerId::from(name))
    }

    pub(crate) fn identify(&self, evidence: &Evidence<'_>) -> Result<Identified, Unproved> {
        self.parts.authenticators.identify(evidence, self.now())
    }

    /// Whether a caller's key may be used from there.
    pub(crate) fn may_come_from(&self, who: &Identified, address: IpAddr) -> bool {
        let Some(key) = &who.principal().credential else { return true };
        self.parts.store.terms(key).is_some_and(|it| it.covers_address(address))
    }

    /// Take so many requests out of a caller's minute.
    pub(crate) fn take_pace(&self, who: &Identified, requests: u64) -> Result<(), TooFast> {
        self.parts.pace.take(&self.parts.store, who, requests, self.now())
    }

    /// A place for one more call under way of a caller, where its key says how many there may be.
    /// Who only listens takes none.
    pub(crate) fn enter_pace(
        &self,
        who: &Identified,
        action: Action,
    ) -> Result<Option<Place>, TooFast> {
        if action == Action::Connect {
            return Ok(None);
        }
        self.parts.pace.enter(&self.parts.store, who)
    }

    /// Begin a call in a session; `None` when too many are under way.
    pub(crate) fn begin(&self, session: &Arc<Session>) -> Option<Busy> {
        let most = self.settings().limits.calls_per_session;
        session.begin(&self.parts.outside, most, self.now())
    }

    /// Whether a caller may know that a server is there: whoever may not open a session with it is
    /// told of nothing in it.
    pub(crate) fn is_server_visible(&self, who: &Identified, server: &ServerId) -> bool {
        self.is_visible(who, Action::Connect, &Resource::Server(server.clone()))
    }

    /// Whether a caller may know of something.
    pub(crate) fn is_visible(&self, who: &Identified, action: Action, what: &Resource) -> bool {
        let context = Context { now: self.now(), findings: Findings::default() };
        let rules = self.rules();
        let question = Question { who, action, resource: what, call: None, context: &context };
        visible(&self.ordered(&rules), &question, self.stance())
    }

    /// Whether a call may be made, as far as it is known by now. It is decided all the same.
    pub(crate) fn may(&self, call: &Call) -> bool {
        let context = Context { now: self.now(), findings: Findings::default() };
        let rules = self.rules();
        let (who, action, resource) = (call.who(), call.action(), call.resource());
        let question = Question { who, action, resource, call: Some(call), context: &context };
        may(&self.ordered(&rules), &question, self.stance())
    }

    /// How firmly the record of a call's decision must stand before the call goes out.
    pub(crate) fn durability(&self, call: &Call) -> Durability {
        let settings = self.settings();
        if settings.regulated.contains(call.resource().server()) {
            return Durability::Durable;
        }
        match Durability::of(call) {
            Durability::Appended => settings.reads,
            Durability::Durable => settings.writes,
        }
    }

    /// The call, kept where its route says so.
    pub(crate) fn keeping(&self, call: Call) -> Call {
        let settings = self.settings();
        let by_name = call.model().is_some_and(|it| it.is_kept);
        let is_kept = by_name || settings.keeping.contains(call.resource().server());
        if !is_kept || !payloads::has_content(call.action()) {
            return call;
        }
        // The configuration allows no more than 1,024.
        call.keeping(usize::try_from(settings.log.payload_kib << 10).unwrap_or(0))
    }

    /// The same, with what a model used and cost where the call was one of a model, and what that
    /// made.
    pub(crate) async fn metered(
        &self,
        upstream: &Upstream,
        inspected: Inspected,
        answer: &[u8],
        disposition: Disposition,
    ) -> (Inspected, Made) {
        match upstream.provider() {
            Some(call) => self.parts.models.metered(call, inspected, answer, disposition).await,
            None => (inspected, Made::default()),
        }
    }

    /// Wait until a record survives a loss of power.
    pub(crate) async fn durable(&self, position: Position) -> Result<(), Unrecorded> {
        self.parts.log.durable(position).await
    }

    /// The call that a known caller makes with a message that was understood.
    pub(crate) fn call(
        &self,
        who: &Identified,
        asked: Asked,
        ask: Bytes,
        known: Option<&Known>,
    ) -> Result<Call, NoEntropy> {
        let now = self.now();
        let rules = self.rules();
        // Arguments are looked at only where the caller may know of the tool: by the time and the
        // memory that takes, what is hidden could be told from what never was.
        let glimpse = self.glimpse(&rules, (who, &asked), now);
        let is_tool = matches!(asked.resource, Resource::Tool { .. });
        let is_shown = !is_tool || glimpse.shows(self.stance(), now);
        let unmeant = if is_shown { unmeant(&rules, who, &asked) } else { None };
        let Widened { asked, ask, effect: shown, is_gone, misfit } = if is_shown {
            widened(&rules.contracts, who, asked, ask)
        } else {
            unseen(&rules.contracts, asked, ask)
        };
        let Asked { action, resource, arguments, trace, .. } = asked;
        let effect = match (&resource, action) {
            (Resource::Tool { server, name }, _) => rules.contracts.effect(server, name),
            (_, Action::Sample | Action::Elicit | Action::Other) => Effect::Unknown,
            (_, _) => Effect::Read,
        };
        let named = if let Resource::Tool { server, name } = &resource
            && is_shown
        {
            rules.contracts.named(server, name, &arguments)
        } else {
            Some(Vec::new())
        };
        // What cannot be named cannot be decided on: it is refused like what does not exist.
        let nameable = named.is_some();
        let named = named.unwrap_or_default();
        let misfit = misfit.or(unmeant);
        let fits = || self.misfit(who, &resource, &arguments, known.filter(|_| is_shown));
        let misfit = misfit.or_else(fits);
        let what = Interpreted {
            exists: nameable && !is_gone && known.is_some_and(|it| it.has(&resource)),
            pin: known.and_then(|it| it.pin(&resource)),
            action,
            resource,
            arguments,
            ask,
            effect: shown.unwrap_or(effect),
            named,
            trace,
            model: None,
        };
        let call = Call::new(entropy::exchange_id(now)?, now, who.clone(), what).glimpsed(glimpse);
        Ok(match misfit {
            Some(why) => call.unfit(why),
            None => call,
        })
    }

    /// Whether a caller may know of what it names: a tool by its own name or by that of a view.
    fn glimpse(
        &self,
        rules: &Rules,
        (who, asked): (&Identified, &Asked),
        now: Timestamp,
    ) -> Glimpse {
        let context = Context { now, findings: Findings::default() };
        let (action, own) = (asked.action, rules.contracts.own(&asked.resource));
        let resource = own.as_ref().unwrap_or(&asked.resource);
        let question = Question { who, action, resource, call: None, context: &context };
        glimpse(&self.ordered(rules), &question)
    }

    /// Why an agent's arguments do not fit the tool, as far as its definition is known.
    fn misfit(
        &self,
        who: &Identified,
        resource: &Resource,
        arguments: &Value,
        known: Option<&Known>,
    ) -> Option<Box<str>> {
        let Resource::Tool { server, name } = resource else { return None };
        who.agent()?;
        let (server, tool) = (self.server(server.as_str())?, known?.tool(name)?);
        server.catalogue.fittings.misfit(tool.pin, &tool.definition, arguments)
    }
}

/// Why the arguments that an agent gives do not mean what the contract says, if they do not.
fn unmeant(rules: &Rules, who: &Identified, asked: &Asked) -> Option<Box<str>> {
    let Resource::Tool { server, name } = &asked.resource else { return None };
    who.agent()?;
    meaning::misfit(&rules.contracts, server, name, &asked.arguments)
}
