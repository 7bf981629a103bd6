//! Canaries: calls of the gateway's own of which the answer is known, by their contracts. They go
//! through the corridor as `System::"canary"`, under policy and on record like any other.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bailiwick_contracts::Canary;
use bailiwick_core::{Noticed, Purpose, Timestamp, Value};
use bailiwick_wire::json::{Document, Limits, Node};
use bytes::Bytes;
use serde_json::json;
use tokio::time::Instant;

use crate::entropy::random;
use crate::gate::Gate;
use crate::learned::Sung;
use crate::news;
use crate::own::{Failed, Own, parse};
use crate::server::Server;

/// How often it is looked which canaries are due.
const LOOK: Duration = Duration::from_secs(1);
/// How long all canaries that are due together may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Call the canaries of one server when they are due, until the gateway stops.
pub(crate) async fn keep(gate: Arc<Gate>, server: Arc<Server>) {
    let mut stop = gate.parts.stop.subscribe();
    let mut due = HashMap::new();
    while !*stop.borrow() {
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            _ = stop.wait_for(|it| *it) => return,
        }
        let rules = gate.rules();
        let has = |tool: &str, name: &str| {
            let of = rules.contracts.tool(&server.name, tool);
            of.is_some_and(|it| it.canaries.contains_key(name))
        };
        gate.parts.learned.keep_canaries(&server.name, has);
        due.retain(|(tool, name): &(String, String), _| has(tool, name));
        if server.catalogue.rounds() == 0 {
            continue;
        }
        let now = Instant::now();
        let mut meant = Vec::new();
        for (tool, name, canary) in rules.contracts.canaries(&server.name) {
            let at = due.entry((tool.to_owned(), name.to_owned())).or_insert(now);
            if *at <= now
                && let Some(every) = canary.every_seconds()
            {
                *at = after(now, every);
                meant.push((tool, name, canary));
            }
        }
        if !meant.is_empty() {
            sing(&gate, &server, &meant).await;
        }
    }
}

/// When a canary is called next: by a fifth sooner or later than it says, so that no server can
/// tell it by the clock. Without randomness, or beyond what a clock can say, on time or in a day.
fn after(now: Instant, every: u64) -> Instant {
    let share = random::<1>().map_or(128, |[byte]| u64::from(byte));
    // 80 to 120 hundredths, in milliseconds.
    let wait = every.saturating_mul(800 + share * 400 / 255);
    let next = now.checked_add(Duration::from_millis(wait));
    next.or_else(|| now.checked_add(Duration::from_secs(86_400))).unwrap_or(now)
}

/// Call these canaries in one session.
async fn sing(gate: &Arc<Gate>, server: &Arc<Server>, meant: &[(&str, &str, &Canary)]) {
    let mut own = match open(gate, server).await {
        Ok(own) => own,
        Err(_) if *gate.parts.stop.borrow() => return,
        Err(why) => {
            for (tool, name, _) in meant {
                came(gate, server, (tool, name), Err(why.to_string()));
            }
            return;
        }
    };
    for (tool, name, canary) in meant {
        let arguments = canary.arguments_json();
        let params = format!("{{\"name\":{},\"arguments\":{arguments}}}", json!(tool));
        let answer = own.request("tools/call", &params).await;
        // When the gateway stops, its calls end early: that says nothing of the server.
        if *gate.parts.stop.borrow() {
            break;
        }
        let result = answer.map_err(|it| it.to_string()).and_then(|it| {
            let told = told(&it).map_err(str::to_owned)?;
            canary.check(&told).map_err(|it| it.to_string())
        });
        came(gate, server, (tool, name), result);
    }
    own.end().await;
}

/// A session of the gateway's own, in whichever era the server speaks.
async fn open<'a>(gate: &'a Arc<Gate>, server: &Arc<Server>) -> Result<Own<'a>, Failed> {
    let mut own = Own::with(gate, server, Purpose::Canary, PATIENCE)?;
    if server.eras.is_modern(gate.now()) == Some(true) && own.discover().await.is_ok() {
        return Ok(own);
    }
    let mut own = Own::with(gate, server, Purpose::Canary, PATIENCE)?;
    own.connect().await?;
    Ok(own)
}

/// What an answer says: its structured content, or what is in its texts, as JSON where they are.
fn told(answer: &Bytes) -> Result<Value, &'static str> {
    let document = parse(answer).map_err(|_| "its answer cannot be read")?;
    let result = document.root().member("result").ok_or("it answered with an error")?;
    if result.member("isError").and_then(Node::as_bool) == Some(true) {
        return Err("it answered that it failed");
    }
    if let Some(content) = result.member("structuredContent") {
        return Ok(content.to_value());
    }
    let pieces = result.member("content").into_iter().flat_map(Node::elements);
    let texts = pieces.filter_map(|it| it.member("text").and_then(Node::text));
    let mut values: Vec<_> = texts.map(|it| value(&it)).collect();
    Ok(match (values.pop(), values.is_empty()) {
        (Some(one), true) => one,
        (last, _) => Value::List(values.into_iter().chain(last).collect()),
    })
}

fn value(text: &str) -> Value {
    let document = Document::parse(text.as_bytes(), Limits::default());
    document.map_or_else(|_| Value::Text(text.into()), |it| it.root().to_value())
}

/// What a canary came to is remembered; when that is news, it is told.
fn came(gate: &Gate, server: &Server, (tool, name): (&str, &str), result: Result<(), String>) {
    let at: Timestamp = gate.now();
    let fault = result.err();
    let learned = &gate.parts.learned;
    let before = learned.canary(&server.name, (tool, name));
    let was_failing = before.as_ref().is_some_and(|it| it.fault.is_some());
    let is_same = before.as_ref().is_some_and(|it| it.fault.is_some() == fault.is_some());
    let since_ns = before.filter(|_| is_same).map_or(at.ns(), |it| it.since_ns);
    let told = match &fault {
        Some(why) if !was_failing => Some(("canary.failed", format!("{name}: {why}"))),
        None if was_failing => {
            Some(("canary.recovered", format!("{name}: it is answered as before")))
        }
        Some(_) | None => None,
    };
    // The record is first: whoever sees the state finds the record of it.
    if let Some((what, detail)) = told {
        let (what, detail) = (what.into(), detail.into());
        let (server, tool) = (server.name.clone(), Some(tool.into()));
        news::notice(gate, Noticed { server, tool, what, detail });
    }
    learned.sung(&server.name, (tool, name), Sung { at_ns: at.ns(), fault, since_ns });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_pauses_are_alike_and_none_is_far_from_what_was_said() {
        let now = Instant::now();
        let waits: Vec<_> = (0..64).map(|_| after(now, 3_600) - now).collect();
        let (least, most) = (Duration::from_secs(2_880), Duration::from_secs(4_320));
        assert!(waits.iter().all(|it| (least..=most).contains(it)), "{waits:?}");
        assert!(waits.iter().any(|it| *it != waits[0]));
        assert!(after(now, u64::MAX) > now, "no span is too long for the clock");
    }
}
