//! Agents as they are: they ask, listen, forget to say goodbye, and go away in the middle.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;

use crate::support::agent::{Agent, Answer};
use crate::support::process::pause;
use crate::support::random::Random;

/// Statuses that an agent may meet while servers die: it was answered, its session has gone, it
/// has too much under way, or the server cannot be reached just now.
const EXPECTED: [u16; 6] = [200, 202, 404, 429, 502, 503];

/// Live until it is over; how many results came.
pub(super) fn live(address: &str, key: &str, mut random: Random, over: &AtomicBool) -> usize {
    let mut replies = 0;
    while !over.load(Ordering::Acquire) {
        let mut agent = match random.below(3) {
            0 => Agent::new(address, "helpdesk", key),
            1 => Agent::new(address, "remote", key),
            _ => Agent::everywhere(address, key),
        };
        let together = agent.is_everywhere();
        match agent.try_open() {
            Ok(answer) => replies += counted(&answer),
            Err(why) => panic!("the gateway itself does not answer: {why}"),
        }
        // The server was away. It is tried again, after a while.
        if !agent.is_open() {
            pause(Duration::from_millis(random.below(50)));
            continue;
        }
        for _ in 0..random.below(12) {
            match act(&mut agent, together, &mut random) {
                Ok(came) => replies += came,
                Err(why) => panic!("the gateway itself does not answer: {why}"),
            }
        }
        // Some say goodbye; the others are forgotten by the gateway in time.
        if random.below(2) == 0 {
            agent.try_close().unwrap();
        }
    }
    replies
}

fn act(agent: &mut Agent, together: bool, random: &mut Random) -> io::Result<usize> {
    let named = |tool: &str, server: &str| {
        if together { format!("{server}__{tool}") } else { tool.to_owned() }
    };
    let (tool, arguments) = match random.below(3) {
        0 => (named("search_customers", "helpdesk"), json!({"tenant": "acme", "query": "a"})),
        1 => (named("say", "remote"), json!({"words": "seven"})),
        _ => (named("say_slowly", "remote"), json!({"words": "seven"})),
    };
    let call = json!({"name": tool, "arguments": arguments});
    let answer = match random.below(10) {
        0 => agent.try_ask("tools/list", &json!({}))?,
        1 => agent.try_ask("ping", &json!({}))?,
        2 => {
            let after = Duration::from_millis(random.below(60));
            let message = json!({"jsonrpc": "2.0", "id": "x", "method": "tools/call",
                "params": call});
            return agent.abandon("POST", &message, after).map(|()| 0);
        }
        3 => {
            let after = Duration::from_millis(random.below(120));
            return agent.abandon("GET", &json!({}), after).map(|()| 0);
        }
        4 => {
            pause(Duration::from_millis(random.below(200)));
            return Ok(0);
        }
        _ => agent.try_ask("tools/call", &call)?,
    };
    Ok(counted(&answer))
}

fn counted(answer: &Answer) -> usize {
    assert!(EXPECTED.contains(&answer.http.status), "{answer:?}");
    usize::from(answer.last().get("result").is_some())
}
