//! Recorded exchanges with providers of models, in the shapes that both vendors document: one file
//! of `tests/peers/exchanges` each. `> ` begins what the SDKs are to call, and `< ` each reply.

use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::house::manifest;

/// One exchange.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) vendor: String,
    pub(crate) name: String,
    /// The SDK's method, and what it is given.
    call: String,
    ask: Value,
    replies: Vec<Reply>,
    /// How often it was played: replies come in turn.
    played: AtomicUsize,
}

/// A reply as it was recorded.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) head: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) pace: Pace,
}

/// How a stream is replayed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Pace {
    AtOnce,
    /// Every event waits a little.
    Slow,
    /// The connection ends where the recording does.
    Cut,
    /// What follows the first event waits until the test says so.
    Gated,
    /// The last event comes again and again.
    Endless,
    /// The same, so slowly that nobody comes to the end of what it may cost.
    Patient,
}

/// The folder of a vendor's exchanges.
pub(crate) fn folder(vendor: &str) -> std::path::PathBuf {
    manifest().join("../../tests/peers/exchanges").join(vendor)
}

/// All exchanges with a vendor.
pub(crate) fn all(vendor: &str) -> Vec<Exchange> {
    let files = fs::read_dir(folder(vendor)).unwrap();
    files.map(|file| read(vendor, &file.unwrap().path())).collect()
}

fn read(vendor: &str, path: &std::path::Path) -> Exchange {
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    let text = fs::read_to_string(path).unwrap();
    let (asked, replies) = text.split_once("\n< ").unwrap();
    let (call, ask) = asked.strip_prefix("> ").unwrap().split_once('\n').unwrap();
    Exchange {
        vendor: vendor.to_owned(),
        call: call.to_owned(),
        ask: serde_json::from_str(ask).unwrap_or_else(|why| panic!("{name}: {why}")),
        replies: replies.split("\n< ").map(reply).collect(),
        played: AtomicUsize::new(0),
        name,
    }
}

fn reply(text: &str) -> Reply {
    let (head, body) = text.split_once("\n\n").unwrap();
    let mut lines = head.lines();
    let status = lines.next().unwrap().parse().unwrap();
    let mut head: Vec<(String, String)> = lines
        .filter_map(|it| it.split_once(": "))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let pace = match head.iter().find(|(name, _)| name == "replay") {
        None => Pace::AtOnce,
        Some((_, pace)) if pace == "slow" => Pace::Slow,
        Some((_, pace)) if pace == "cut" => Pace::Cut,
        Some((_, other)) => panic!("no pace is called {other}"),
    };
    head.retain(|(name, _)| name != "replay");
    if !head.iter().any(|(name, _)| name == "content-type") {
        let kind = if body.starts_with('{') { "application/json" } else { "text/event-stream" };
        head.push(("content-type".to_owned(), kind.to_owned()));
    }
    let body = if body.starts_with('{') { body.trim_end() } else { body };
    Reply { status, head, body: body.to_owned(), pace }
}

impl Exchange {
    /// Whether it is what happens at this address.
    pub(crate) fn fits(&self, path: &str, query: &str, model: Option<&str>) -> bool {
        match (self.call.as_str(), path) {
            ("models.list", "models") => match self.ask["after_id"].as_str() {
                Some(after) => query.contains(&format!("after_id={after}")),
                None => !query.contains("after_id="),
            },
            ("models.retrieve", path) => {
                let asked = path.strip_prefix("models/").map(|it| it.replace("%3A", ":"));
                asked.as_deref() == self.ask.as_str()
            }
            (_, _) => model == Some(&self.name),
        }
    }

    /// The next reply.
    pub(crate) fn next(&self) -> Reply {
        let turn = self.played.fetch_add(1, Ordering::SeqCst) % self.replies.len();
        self.replies[turn].clone()
    }
}

impl Reply {
    pub(crate) fn streams(&self) -> bool {
        self.head.iter().any(|(_, value)| value == "text/event-stream")
    }

    /// The events of a stream.
    pub(crate) fn events(&self) -> Vec<String> {
        self.body.split_inclusive("\n\n").map(str::to_owned).collect()
    }

    /// The stream of a chat whose client did not ask for usage: recordings have it.
    pub(crate) fn without_usage(mut self) -> Self {
        let events = self.events().into_iter();
        let told = events.filter(|it| !it.contains("\"choices\":[]"));
        self.body = told.map(|it| it.replace(",\"usage\":null}", "}")).collect();
        self
    }
}
