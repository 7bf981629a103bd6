//! Streams as they happen: the first event is there before the second was written, going away ends
//! the call, and who does not read fills nobody's memory.

use std::fs;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use super::provider::Provider;
use super::{Sdk, base, gateway};
use crate::real_servers::Peers;
use crate::support::process::{pause, wait_for};

const CLIENTS: [(Sdk, &str); 4] = [
    (Sdk::Python, "openai"),
    (Sdk::Python, "anthropic"),
    (Sdk::TypeScript, "openai"),
    (Sdk::TypeScript, "anthropic"),
];

#[test]
fn the_first_event_comes_before_the_provider_writes_the_second() {
    let Some(peers) = Peers::of_models() else { return };
    for (sdk, vendor) in CLIENTS {
        let provider = Provider::start();
        let (house, running, key) = gateway(&provider);
        let words = ["first", vendor, &base(vendor, &house.agents()), &key, &provider.release()];
        let seen = peers.model(sdk, &words);
        assert!(seen.as_array().unwrap().len() > 4, "{seen}");
        drop(running);
    }
}

#[test]
fn a_client_that_goes_away_ends_the_call() {
    let Some(peers) = Peers::of_models() else { return };
    for (sdk, vendor) in CLIENTS {
        let provider = Provider::start();
        let (house, running, key) = gateway(&provider);
        let seen = peers.model(sdk, &["leave", vendor, &base(vendor, &house.agents()), &key]);
        assert_eq!(seen.as_array().unwrap().len(), 4);
        wait_for("the provider to be hung up on", || (provider.hung_up() == 1).then_some(()));
        assert_eq!(running.stop(), 0);
        assert_eq!(house.verified()["in_doubt"], 0);
        let ended = house.query(&["--kind", "outcome"]);
        assert_eq!(ended.last().unwrap()["record"]["disposition"], "cancelled", "{ended:?}");
    }
}

/// How many streams nobody reads.
const UNREAD: usize = 100;
/// What the gateway may hold for each: its queue, what hyper writes from, and a task.
const KIB_EACH: u64 = 512;

#[test]
fn who_does_not_read_heavy() {
    let provider = Provider::start();
    let (house, running, key) = gateway(&provider);
    let body = r#"{"model":"endless","stream":true,"messages":[]}"#;
    let ask = || {
        let mut socket = TcpStream::connect(house.agents()).unwrap();
        let head = format!(
            "POST /openai/v1/chat/completions HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {key}\r\n\
             Content-Length: {}\r\n\r\n",
            house.agents(),
            body.len()
        );
        socket.write_all((head + body).as_bytes()).unwrap();
        socket
    };
    let before = resident_kib(running.id());
    let unread: Vec<TcpStream> = (0..UNREAD).map(|_| ask()).collect();
    let mut written = 0;
    wait_for("the provider to be kept waiting", || {
        pause(Duration::from_millis(500));
        let now = provider.written();
        let stands = now > 0 && now == written && provider.asked().len() == UNREAD;
        written = now;
        stands.then_some(())
    });
    let held = resident_kib(running.id()).saturating_sub(before);
    assert!(held < UNREAD as u64 * KIB_EACH, "{held} KiB are held, {written} bytes were taken");
    assert_eq!(provider.hung_up(), 0, "the streams still stand");
    drop(unread);
    wait_for("all to be hung up on", || (provider.hung_up() == UNREAD).then_some(()));
    assert_eq!(running.stop(), 0);
}

/// How much memory of a process is in use, as Linux tells.
fn resident_kib(process: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse().unwrap()
}
