//! A gateway in a folder of its own, with keys, policies and a disk that fails when told to.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_core::{DecisionRecord, ExchangeId, OutcomeRecord, Record, RefusalReason};
use bailiwick_gateway::diary::Diary;
use bailiwick_gateway::store::{NewKey, Store};
use bailiwick_gateway::{Gateway, config, now, paths, recording};
use bailiwick_log::{Filter, Order, Reader, World};
use tempfile::TempDir;

use crate::agent::{Agent, PATIENCE, Said};
use crate::disk::FaultyDisk;
use crate::upstream::Fixture;

pub(crate) const POLICIES: &str = r#"
@id("catalogue")
permit (principal == System::"catalogue", action in [Action::"discover", Action::"session"], resource);
@id("people")
permit (principal is Person, action in [Action::"discover", Action::"session", Action::"invoke"], resource);
@id("agents_crm")
permit (principal is Agent, action in [Action::"discover", Action::"session", Action::"invoke"], resource in Server::"crm");
@id("agents_kid")
permit (principal is Agent, action in [Action::"discover", Action::"session", Action::"invoke"], resource in Server::"kid");
@id("servers_ask")
permit (principal is Server, action in [Action::"discover", Action::"session", Action::"elicit", Action::"list_roots"], resource);

@id("hidden_tool")
forbid (principal is Agent, action == Action::"discover", resource == Tool::"crm/hidden");
@id("hidden_prompt")
forbid (principal is Agent, action == Action::"discover", resource == Prompt::"crm/hidden_prompt");
@id("hidden_document")
forbid (principal is Agent, action == Action::"discover", resource == Document::"crm/crm://hidden");
@id("hidden_template")
forbid (principal is Agent, action == Action::"discover", resource == Template::"crm/crm://secret/{id}");
@id("hidden_items")
forbid (principal is Agent, action == Action::"discover", resource)
when { context.name like "crm://secret/*" };
@id("no_methods")
forbid (principal is Agent, action == Action::"discover", resource is Method);
@id("locked")
forbid (principal is Agent, action == Action::"crm/locked", resource == Tool::"crm/locked");
@id("duty") @obligation("durable")
permit (principal is Agent, action == Action::"crm/duty", resource == Tool::"crm/duty");
"#;

const CONTRACT: &str = r#"
server = "crm"
[tools]
look = { effect = "read" }
stream = { effect = "read" }
boom = { effect = "read" }
err = { effect = "read" }
hang = { effect = "read" }
garbage = { effect = "read" }
drop = { effect = "read" }
leak = { effect = "read" }
duty = { effect = "read" }
tells = { effect = "read" }
change = { effect = "reversible_write" }
"#;

/// What a test may want otherwise.
pub(crate) struct Plan {
    pub(crate) servers: String,
    /// What stands in the section of admission: most tests are about other things.
    pub(crate) admission: String,
    pub(crate) agents: String,
    pub(crate) limits: String,
    pub(crate) policies: String,
    pub(crate) is_ready: bool,
    /// The kinds of findings that are withheld, in quotes.
    pub(crate) withhold: String,
    /// Other files beside the configuration, by name.
    pub(crate) files: Vec<(String, String)>,
    /// What stands before the first section.
    pub(crate) top: String,
    /// What stands in the section of the log.
    pub(crate) log: String,
    /// The contract of `crm`.
    pub(crate) contract: String,
}

/// A gateway that serves.
pub(crate) struct House {
    pub(crate) folder: TempDir,
    pub(crate) gateway: Gateway,
    pub(crate) disk: FaultyDisk,
    pub(crate) worker: Agent,
    pub(crate) other: Agent,
    pub(crate) data: PathBuf,
}

impl Plan {
    /// With these servers, as the configuration file says them.
    pub(crate) fn servers(servers: &str) -> Self {
        let (servers, policies) = (servers.to_owned(), POLICIES.to_owned());
        let ([agents, limits, top, log], files) = ([const { String::new() }; 4], Vec::new());
        let withhold = "\"secret\"".to_owned();
        let admission = "open_until = \"2500-01-01\"".to_owned();
        Self {
            servers,
            admission,
            agents,
            limits,
            policies,
            is_ready: true,
            files,
            top,
            log,
            contract: CONTRACT.to_owned(),
            withhold,
        }
    }

    pub(crate) fn crm(fixture: &Fixture) -> Self {
        Self::servers(&format!("[servers.crm]\nurl = \"{}\"\n", fixture.url))
    }

    pub(crate) async fn open(self) -> House {
        let folder = tempfile::tempdir().unwrap();
        let at = folder.path();
        let mut toml = format!(
            "{}\n[admission]\n{}\n[agents]\nlisten = \"127.0.0.1:0\"\n{}\n[operators]\nlisten = \"127.0.0.1:0\"\n[log]\n\
             heartbeat_seconds = 0\n{}\n[guard]\nwithhold = [{}]\n",
            self.top, self.admission, self.agents, self.log, self.withhold
        );
        write!(toml, "[limits]\n{}\n{}", self.limits, self.servers).unwrap();
        for folder in ["policies", "contracts"] {
            std::fs::create_dir(at.join(folder)).unwrap();
        }
        std::fs::write(at.join("bailiwick.toml"), toml).unwrap();
        for (name, text) in &self.files {
            std::fs::write(at.join(name), text).unwrap();
        }
        std::fs::write(at.join("policies/all.cedar"), &self.policies).unwrap();
        std::fs::write(at.join("contracts/crm.toml"), &self.contract).unwrap();
        let settings = config::load(&at.join("bailiwick.toml")).unwrap();
        let data = settings.data.clone();
        let keys = ["worker", "other"].map(|agent| {
            let new = NewKey::new(agent, "ada", "acme");
            Store::open(&data).unwrap().new_agent_key(&new, now()).unwrap().1
        });
        let disk = FaultyDisk::default();
        let gateway = Gateway::start_in(settings, Arc::new(Diary::default()), |store| World {
            disk: Arc::new(disk.clone()),
            ..recording::world(store)
        });
        let gateway = gateway.await.unwrap();
        let [worker, other] = keys.map(|key| Agent::with_key(gateway.agents(), &key));
        let house = House { folder, gateway, disk, worker, other, data };
        if self.is_ready {
            until("the servers are listed", || house.gateway.is_ready()).await;
        }
        house
    }
}

/// Wait until something is so.
pub(crate) async fn until(what: &str, is_so: impl Fn() -> bool) {
    let ends = tokio::time::Instant::now() + PATIENCE;
    while !is_so() {
        assert!(tokio::time::Instant::now() < ends, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

impl House {
    pub(crate) async fn crm() -> (Self, Fixture) {
        let fixture = Fixture::start().await;
        (Plan::crm(&fixture).open().await, fixture)
    }

    /// The same after a restart; without what it left for the next start, if that is to be lost.
    pub(crate) async fn again(self, with_what_was_left: bool) -> Self {
        let House { folder, gateway, disk, worker, other, data } = self;
        gateway.shut_down().await.unwrap();
        if !with_what_was_left {
            std::fs::remove_file(paths::purse(&data)).unwrap();
        }
        Self::reopened(folder, disk, (worker, other), data).await
    }

    /// A gateway on what another left.
    pub(crate) async fn reopened(
        folder: TempDir,
        disk: FaultyDisk,
        (worker, other): (Agent, Agent),
        data: PathBuf,
    ) -> Self {
        let settings = config::load(&folder.path().join("bailiwick.toml")).unwrap();
        let gateway = Gateway::start_in(settings, Arc::new(Diary::default()), |store| World {
            disk: Arc::new(disk.clone()),
            ..recording::world(store)
        });
        let gateway = gateway.await.unwrap();
        let address = gateway.agents();
        let [worker, other] = [worker, other].map(|it| Agent { address, ..it });
        House { folder, gateway, disk, worker, other, data }
    }

    /// An operator's view of how the gateway fares.
    pub(crate) async fn readyz(&self) -> serde_json::Value {
        self.operator().send("GET", "/readyz", "").await.json()
    }

    /// An operator who may everything.
    pub(crate) fn operator(&self) -> Agent {
        let token = std::fs::read_to_string(paths::admin_token(&self.data)).unwrap();
        Agent::with_key(self.gateway.operators(), token.trim())
    }

    /// Carry out an administrative act, which must succeed.
    pub(crate) async fn act(&self, method: &str, path: &str, body: &str) -> serde_json::Value {
        let said = self.operator().send(method, &format!("/admin/v1/{path}"), body).await;
        assert_eq!(said.status, 200, "{said:?}");
        said.json()
    }

    /// The folder of log, keys and state.
    pub(crate) fn data(&self) -> &std::path::Path {
        &self.data
    }

    /// A look into the log from elsewhere.
    pub(crate) fn book(&self) -> Book {
        Book(paths::log(&self.data))
    }

    /// What a reply's exchange left in the log: its decision, and its outcome's word if any.
    pub(crate) fn trail(&self, said: &Said) -> (DecisionRecord, Option<String>) {
        let id = said.header("bailiwick-decision").unwrap_or_else(|| panic!("{said:?}"));
        self.book().trail(id)
    }
}

/// The log as a reader beside the gateway sees it.
#[derive(Clone, Debug)]
pub(crate) struct Book(PathBuf);

impl Book {
    pub(crate) fn records(&self) -> Vec<Record> {
        let reader = Reader::open(&self.0).unwrap();
        let all = reader.query(Filter::default(), Order::OldestFirst, 1_000_000).unwrap();
        all.map(|it| it.unwrap().record).collect()
    }

    pub(crate) fn decisions(&self) -> Vec<DecisionRecord> {
        let decision = |it| if let Record::Decision(it) = it { Some(*it) } else { None };
        self.records().into_iter().filter_map(decision).collect()
    }

    pub(crate) fn refusals(&self, reason: RefusalReason) -> usize {
        let is_it = |it: &Record| matches!(it, Record::Refusal(it) if it.reason == reason);
        self.records().iter().filter(|it| is_it(it)).count()
    }

    /// The administrative acts: what was done, to what, and whether.
    pub(crate) fn acts(&self) -> Vec<(String, String, bool)> {
        let act = |it| if let Record::Admin(it) = it { Some(it) } else { None };
        let acts = self.records().into_iter().filter_map(act);
        acts.map(|it| (it.act.into(), it.target.into(), it.done)).collect()
    }

    /// What was noticed of servers: server, tool and word.
    pub(crate) fn noticed(&self) -> Vec<(String, Option<String>, String)> {
        let noticed = |it| if let Record::Noticed(it) = it { Some(it) } else { None };
        let noticed = self.records().into_iter().filter_map(noticed);
        noticed.map(|it| (it.server.to_string(), it.tool.map(Into::into), it.what.into())).collect()
    }

    /// Permitted calls of which nothing says what came of them.
    pub(crate) fn owed(&self) -> Vec<DecisionRecord> {
        let mut owed = self.decisions();
        owed.retain(|it| it.permitted);
        for record in self.records() {
            if let Record::Outcome(it) = record {
                owed.retain(|decision| decision.exchange != it.exchange);
            }
        }
        owed
    }

    pub(crate) fn trail(&self, exchange: &str) -> (DecisionRecord, Option<String>) {
        let (decision, outcome) = self.both(exchange);
        (decision, outcome.map(|it| it.disposition.into()))
    }

    pub(crate) fn both(&self, exchange: &str) -> (DecisionRecord, Option<OutcomeRecord>) {
        let exchange = ExchangeId::parse(exchange).unwrap();
        let (mut decision, mut outcome) = (None, None);
        for record in self.records() {
            match record {
                Record::Decision(it) if it.exchange == exchange => decision = Some(*it),
                Record::Outcome(it) if it.exchange == exchange => {
                    assert!(outcome.is_none(), "two outcomes");
                    outcome = Some(it);
                }
                Record::Decision(_)
                | Record::Outcome(_)
                | Record::Refusal(_)
                | Record::Admin(_)
                | Record::Noticed(_)
                | Record::Started { .. }
                | Record::Stopped
                | Record::Heartbeat => {}
            }
        }
        (decision.expect("every exchange has its decision"), outcome)
    }
}
