//! A world in which servers die and agents go away at random, for as long as is wished: whatever
//! begins must end, and nothing may be left of it but its records.
//!
//! `cargo xtask soak --minutes 30` runs this against the optimised binary; in the tests it takes
//! half a minute. `BAILIWICK_SEED` repeats a run's choices, though not the machine's timing.

mod agents;
mod footprint;
mod remote;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bailiwick_core::Record;
use bailiwick_log::{Filter, Kind, Order, Reader};

use self::footprint::Footprint;
use self::remote::Remote;
use crate::support::house::{House, Running};
use crate::support::process::{children, pause, program};
use crate::support::random::Random;

/// In how many parts the time is cut. After each, all is let come to rest and is measured.
const PARTS: u32 = 6;
/// How many agents there are at a time.
const AGENTS: usize = 6;
/// The longest that all servers are left alone, in milliseconds.
const CALM_MS: u64 = 250;

const PERMITS: &str = r#"
@id("remote_and_all")
permit (
    principal,
    action,
    resource in Server::"remote"
);
"#;

/// All that there is.
struct World {
    house: House,
    running: Running,
    remote: Arc<Remote>,
    key: String,
    random: Random,
}

#[test]
fn heavy_nothing_is_left_of_what_has_ended() {
    let seconds = std::env::var("BAILIWICK_SOAK_SECONDS");
    let seconds = seconds.map_or(18, |it| it.parse().expect("a number of seconds"));
    let mut world = World::begin();
    let mut seen = Vec::new();
    for part in 0..PARTS {
        let replies = world.live(Duration::from_secs(seconds) / PARTS);
        let held = Footprint::at_rest(&world.house, &world.running);
        eprintln!("part {part}: {replies} replies, {held:?}");
        assert!(replies > 0, "nobody was answered");
        seen.push(held);
    }
    footprint::check(&seen);
    let World { house, running, .. } = world;
    assert_eq!(running.stop(), 0);
    house.verified();
    every_call_has_its_outcome(&house);
}

impl World {
    fn begin() -> Self {
        let mut random = Random::new();
        let remote = Remote::start(random.another());
        let house = house(&remote);
        let key = house.key("support-bot", "ada", "acme");
        let running = house.up();
        Self { house, running, remote, key, random }
    }

    /// Let agents and servers live for some time; how many results there were.
    fn live(&mut self, time: Duration) -> usize {
        let over = Arc::new(AtomicBool::new(false));
        let mut agents = Vec::new();
        for _ in 0..AGENTS {
            let (address, key) = (self.house.agents(), self.key.clone());
            let (random, over) = (self.random.another(), Arc::clone(&over));
            agents.push(std::thread::spawn(move || agents::live(&address, &key, random, &over)));
        }
        let (remote, gateway) = (Arc::clone(&self.remote), self.running.id());
        let (random, goes_on) = (self.random.another(), Arc::clone(&over));
        let chaos = std::thread::spawn(move || strike(gateway, &remote, random, &goes_on));
        pause(time);
        over.store(true, Ordering::Release);
        chaos.join().unwrap();
        agents.into_iter().map(|it| it.join().unwrap()).sum()
    }
}

fn house(remote: &Remote) -> House {
    let program = program();
    let sections = format!(
        "[servers.helpdesk]\ncommand = [{program:?}, \"helpdesk\"]\n\n\
         [servers.remote]\nurl = \"http://{}/mcp\"\n\n\
         [limits]\nidle_session_seconds = 2\nanswer_seconds = 5\ngather_seconds = 1\n",
        remote.address()
    );
    let house = House::new("", &sections);
    house.add_helpdesk_rules();
    std::fs::write(house.path("policies/remote.cedar"), PERMITS).unwrap();
    house
}

/// Kill a server now and then, or take one from the net for a while.
fn strike(gateway: u32, remote: &Remote, mut random: Random, over: &AtomicBool) {
    while !over.load(Ordering::Acquire) {
        pause(Duration::from_millis(random.below(CALM_MS)));
        match random.below(4) {
            0 => {
                remote.leave();
                pause(Duration::from_millis(random.below(CALM_MS)));
                remote.come_back();
            }
            1 => remote.forget(),
            _ => {
                if let Some(child) = random.of(&children(gateway)) {
                    // It may have ended by itself since.
                    let _ = std::process::Command::new("kill")
                        .args(["-s", "KILL", &child.to_string()])
                        .output();
                }
            }
        }
    }
}

/// No call that was permitted may be left without a record of what came of it.
fn every_call_has_its_outcome(house: &House) {
    let reader = Reader::open(&house.path("data/log")).unwrap();
    let records = |kind| {
        let filter = Filter { kind: Some(kind), ..Filter::default() };
        let entries = reader.query(filter, Order::OldestFirst, usize::MAX).unwrap();
        entries.map(|it| it.unwrap()).collect::<Vec<_>>()
    };
    let mut owed = BTreeMap::new();
    for entry in records(Kind::Decision) {
        if let Record::Decision(it) = entry.record
            && it.permitted
        {
            owed.insert(entry.index, it);
        }
    }
    let calls = owed.len();
    for entry in records(Kind::Outcome) {
        if let Record::Outcome(it) = &entry.record {
            owed.remove(&it.decision);
        }
    }
    eprintln!("{calls} calls were permitted");
    assert!(calls > 0, "nothing was permitted");
    assert!(owed.is_empty(), "calls without an outcome: {owed:#?}");
}
