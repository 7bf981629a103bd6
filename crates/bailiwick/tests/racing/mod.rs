//! Two hundred calls at once on one key, agent, person and tenant, before the real binary: no dollar
//! is spent twice, and none is lost, whoever goes away in the middle.

pub(crate) mod lab;

use std::sync::Barrier;
use std::time::Duration;

use serde_json::json;

use self::lab::{Lab, Provider};
use crate::support::http::{Reply, abandon, send};
use crate::support::process::{pause, wait_for};
use crate::support::random::Random;

/// What each of the four may spend, in micro-dollars: enough for some thirty calls at a time.
const CAP: u64 = 3_000_000;
/// The most words of an answer. Each costs 1,000 micro-dollars.
const WORDS_MAX: u64 = 90;
/// More than a call of five words reserves.
const SMALL: u64 = 10_000;
const CALLERS: usize = 200;

/// How a call is asked for.
#[derive(Clone, Copy)]
struct Way {
    model: &'static str,
    of_messages: bool,
    streams: bool,
    /// When the caller goes away, if it does.
    leaves: Option<Duration>,
}

struct Race {
    lab: Lab,
    key: String,
}

/// Whoever asks with the one key.
#[derive(Clone)]
struct Caller {
    address: String,
    key: String,
}

#[test]
fn heavy_two_hundred_callers_never_overdraw_and_nothing_leaks() {
    let provider = Provider::start();
    let caps = ["key_day", "agent_day", "person_day", "tenant_day"];
    let spending: String = caps.map(|it| format!("{it} = \"3\"\n")).concat();
    let lab = Lab::new(&provider, &spending);
    let running = lab.house.up();
    let key = lab.house.key("racer", "ada", "acme");
    let race = Race { lab, key };
    let mut random = Random::new();

    let all = race.caller().run(CALLERS, |number| Way {
        model: if number % 4 == 1 { "parrot-endless" } else { "parrot" },
        of_messages: number.is_multiple_of(2),
        streams: number % 4 < 2,
        leaves: number.is_multiple_of(5).then(|| Duration::from_millis(random.below(120))),
    });
    let (paid, short) = counted(&all);
    assert!(paid > 0 && short > 0, "{paid} were paid for, {short} were not");
    race.is_settled();

    // The provider dies while it speaks, and another takes its place.
    let caller = race.caller();
    let (streams, address) = std::thread::scope(|scope| {
        let streams = scope.spawn(|| caller.run(30, endless));
        pause(Duration::from_millis(300));
        let address = provider.dies();
        (streams.join().unwrap(), address)
    });
    assert!(streams.iter().all(|it| it.whole), "streams end well: {streams:?}");
    let provider = Provider::at(&address);
    race.is_settled();

    // The gateway dies while they speak; what nobody knows counts as it was reserved.
    std::thread::scope(|scope| {
        let calls = scope.spawn(|| caller.run(20, endless));
        pause(Duration::from_millis(200));
        running.kill();
        calls.join().unwrap();
    });
    let running = race.lab.house.up();
    race.is_settled();

    // What is left can be spent, as much as fits: however little the rounds before have left.
    let mut fitted = 0;
    while race.caller().ask(&endless(0), "small", 5).unwrap().status == 200 {
        fitted += 1;
        assert!(fitted < 1_000, "the budget has no end");
    }
    let left = race.left();
    assert!(left < SMALL, "after {fitted} calls {left} are left, and another does not fit");
    race.is_settled();
    assert_eq!(running.stop(), 0);
    race.lab.house.verified();
    drop(provider);
}

fn endless(number: usize) -> Way {
    let of_messages = number.is_multiple_of(2);
    Way { model: "parrot-endless", of_messages, streams: true, leaves: None }
}

/// How many calls were paid for, and for how many too little was left. There is no other answer.
fn counted(replies: &[Reply]) -> (usize, usize) {
    let of = |status| replies.iter().filter(|it| it.status == status).count();
    let (paid, short) = (of(200), of(429));
    assert_eq!(paid + short, replies.len(), "{replies:?}");
    (paid, short)
}

impl Caller {
    /// Call at once in these ways; the replies of those who stayed.
    fn run(&self, callers: usize, mut way: impl FnMut(usize) -> Way) -> Vec<Reply> {
        let ways: Vec<Way> = (0..callers).map(&mut way).collect();
        let start = Barrier::new(callers);
        std::thread::scope(|scope| {
            let calls: Vec<_> = ways
                .iter()
                .map(|way| {
                    let start = &start;
                    scope.spawn(move || {
                        start.wait();
                        self.ask(way, "go on and on", WORDS_MAX)
                    })
                })
                .collect();
            calls.into_iter().filter_map(|it| it.join().unwrap()).collect()
        })
    }

    /// The reply; nothing where the caller did not stay, or the gateway did not.
    fn ask(&self, way: &Way, words: &str, words_max: u64) -> Option<Reply> {
        let body = json!({ "model": way.model, "stream": way.streams, "max_tokens": words_max,
            "messages": [{ "role": "user", "content": words }] })
        .to_string();
        let bearer = format!("Bearer {}", self.key);
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let line = if way.of_messages {
            "POST /anthropic/v1/messages"
        } else {
            "POST /openai/v1/chat/completions"
        };
        match way.leaves {
            Some(after) => {
                abandon(&self.address, line, &headers, &body, after).unwrap();
                None
            }
            None => send(&self.address, line, &headers, &body).ok(),
        }
    }
}

impl Race {
    fn caller(&self) -> Caller {
        Caller { address: self.lab.house.agents(), key: self.key.clone() }
    }

    /// Once all calls have ended: what is left is the cap less what the log says was spent, to the
    /// micro-dollar, and that is never more than the cap.
    fn is_settled(&self) {
        let left = wait_for("all calls to end", || {
            // Where it is the last of a call's record, what is left does not change any more.
            let (before, spent, after) = (self.left(), self.spent(), self.left());
            (before == after && before + spent == CAP).then_some(before)
        });
        assert!(left <= CAP);
    }

    /// What a call that is too dear is told to be left.
    fn left(&self) -> u64 {
        let caller = self.caller();
        let reply = caller.ask(&Way { streams: false, ..endless(1) }, "dear", 1_000_000).unwrap();
        let words = reply.text();
        assert_eq!(reply.status, 429, "{words}");
        let (told, _) = words.split_once(" of $3.000000 a day are left").unwrap();
        let (_, left) = told.rsplit_once('$').unwrap();
        left.replace('.', "").parse().unwrap()
    }

    /// What the log says was spent, with what nobody knows at its most.
    fn spent(&self) -> u64 {
        let total = &self.lab.house.json(0, &["log", "cost"])["total"];
        assert_eq!(total["overdraft_micro_dollars"], 0, "{total}");
        let of = |name: &str| total[name].as_u64().unwrap();
        of("cost_micro_dollars") + of("at_most_micro_dollars")
    }
}
