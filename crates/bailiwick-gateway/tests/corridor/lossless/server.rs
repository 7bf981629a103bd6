//! The server at the other end: what it says comes from the test, and what it hears is kept.

use std::path::PathBuf;

use crate::agent::{Agent, Events};
use crate::child;
use crate::house::{House, Plan, until};
use crate::upstream::{Feed, Fixture, event};

const POLICIES: &str = "@id(\"all\") permit (principal, action, resource);";

enum Peer {
    Http(Fixture),
    Child(PathBuf),
}

/// A gateway before one server, and a client in a session.
pub(super) struct Server {
    name: &'static str,
    peer: Peer,
    agent: Agent,
    _house: House,
}

fn open(plan: Plan) -> Plan {
    Plan { policies: POLICIES.to_owned(), ..plan }
}

impl Server {
    pub(super) async fn over_http() -> Self {
        let fixture = Fixture::start().await;
        let house = open(Plan::crm(&fixture)).open().await;
        let agent = house.worker.in_session("crm").await;
        Self { name: "crm", peer: Peer::Http(fixture), agent, _house: house }
    }

    pub(super) async fn over_standard_input_and_output() -> Self {
        let house = open(child::plan()).open().await;
        let agent = house.worker.in_session("kid").await;
        let folder = house.folder.path().to_owned();
        Self { name: "kid", peer: Peer::Child(folder), agent, _house: house }
    }

    /// What it heard with this mark.
    async fn heard(&self, mark: &str) -> String {
        let found = || match &self.peer {
            Peer::Http(fixture) => {
                let mark = format!("\"{mark}\"");
                fixture.seen().into_iter().map(|it| it.text()).find(|it| it.contains(&mark))
            }
            Peer::Child(folder) => child::heard(folder, mark),
        };
        until(mark, || found().is_some()).await;
        found().unwrap()
    }

    /// What a child says when it hears the mark. To an HTTP server it is told otherwise.
    fn child_says(&self, mark: &str, lines: &[String]) {
        if let Peer::Child(folder) = &self.peer {
            child::will_say(folder, mark, lines);
        }
    }

    /// A request and its answer are the same on both sides. A call goes by the name of its tool.
    pub(super) async fn asked(&self, what: &str, mark: &str, ask: &str, answer: &str) {
        self.child_says(mark, &[answer.to_owned()]);
        if let Peer::Http(fixture) = &self.peer {
            fixture.verbatim(what, answer);
        }
        let said = self.agent.post(self.name, ask).await;
        assert_eq!(said.status, 200, "{ask}: {said:?}");
        assert_eq!(said.text(), answer, "{ask}");
        assert_eq!(self.heard(mark).await, ask);
    }

    /// What the client tells is the same at the server.
    pub(super) async fn told(&self, mark: &str, tell: &str) {
        self.child_says(mark, &[]);
        self.posted(mark, tell).await;
    }

    async fn posted(&self, mark: &str, message: &str) {
        let said = self.agent.post(self.name, message).await;
        assert_eq!(said.status, 202, "{message}: {said:?}");
        assert_eq!(self.heard(mark).await, message);
    }

    /// A call that the server is yet to answer, and what it says at once.
    pub(super) async fn during(&self, mark: &str, ask: &str, says: &[String]) -> Call<'_> {
        self.child_says(mark, says);
        let feed = match &self.peer {
            Peer::Http(fixture) => Some(fixture.feed("stream")),
            Peer::Child(_) => None,
        };
        for it in says {
            feed.iter().for_each(|feed| feed.send(event(it)).unwrap());
        }
        let events = self.agent.stream(self.name, ask).await;
        assert_eq!(self.heard(mark).await, ask);
        Call { server: self, feed, events }
    }

    /// A stream for what belongs to no call, and what the server says there once this mark came.
    pub(super) async fn follows(&self, mark: &str, tell: &str, says: &str) {
        if let Peer::Http(fixture) = &self.peer {
            fixture.feed("listen").send(event(says)).unwrap();
        }
        self.child_says(mark, &[says.to_owned()]);
        let path = format!("/mcp/{}", self.name);
        let mut events = Events::of(self.agent.open("GET", &path, "").await);
        self.posted(mark, tell).await;
        assert_eq!(events.next().await.as_deref(), Some(says));
    }
}

/// A call that is under way.
pub(super) struct Call<'a> {
    server: &'a Server,
    feed: Option<Feed>,
    pub(super) events: Events,
}

impl Call<'_> {
    /// The client answers a question, and the server hears it and says this.
    pub(super) async fn answered(&self, mark: &str, answer: &str, then: &str) {
        self.server.child_says(mark, &[then.to_owned()]);
        self.server.posted(mark, answer).await;
        if let Some(feed) = &self.feed {
            feed.send(event(then)).unwrap();
        }
    }
}
