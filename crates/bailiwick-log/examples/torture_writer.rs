//! Appends for ever and prints, line by line, up to which index entries were said to be durable.
//! It is there to be killed: `tests/torture.rs` does so at random moments.

use std::io::Write as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bailiwick_core::{Digest, ExchangeId, TenantId};
use bailiwick_core::{Ledger as _, OutcomeRecord, Record, Sealed, Timestamp};
use bailiwick_log::{FileKeyRing, Log, Options, RealDisk, SystemEntropy, World};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("which directory?")?);
    let (disk, entropy) = (Arc::new(RealDisk), Arc::new(SystemEntropy::default()));
    let keyring = Arc::new(FileKeyRing::open(&dir.join("ring"), disk, entropy)?);
    // Each look at this clock is worth 20 ms, so that checkpoints are signed often.
    let ticks = AtomicU64::new(1);
    let clock = move || Timestamp::from_ns(ticks.fetch_add(1, Ordering::Relaxed) * 20_000_000);
    let options = Options {
        segment_bytes: 512 * 1024,
        reserve_bytes: 128 * 1024,
        flush_after: Duration::from_millis(5),
        publish_every: Duration::from_millis(3),
        ..Options::default()
    };
    let path = dir.join("log");
    let world = World::real(Arc::new(clock), keyring);
    let log = if path.join("keys.txt").exists() {
        Log::open(&path, options, world.clone())?
    } else {
        Log::create(&path, "torture.test/log", options, world.clone())?
    };
    let mut out = std::io::stdout();
    writeln!(out, "open {}", log.durable_end())?;
    let tenant = TenantId::from("acme");
    for n in 0u64.. {
        let at = Timestamp::from_ns(n);
        let sealed = log.seal(&tenant, "somebody", &[7; 300])?;
        let decision = Record::Decision(Box::new(decision(at, &sealed, n)));
        let index = log.append(at, &decision, &sealed)?.index();
        let outcome = Record::Outcome(outcome(index, at));
        let last = log.append(at, &outcome, &Sealed::default())?.index();
        writeln!(out, "appended {last}")?;
        if n.is_multiple_of(8) {
            log.wait_durable(last)?;
            writeln!(out, "durable {last}")?;
        }
        if n == 3000 {
            log.rotate_key("torture", &world)?;
        }
    }
    Ok(())
}

fn exchange(at: Timestamp) -> ExchangeId {
    ExchangeId::new(at, [1; 10])
}

fn decision(at: Timestamp, sealed: &Sealed, n: u64) -> bailiwick_core::DecisionRecord {
    bailiwick_core::DecisionRecord {
        exchange: exchange(at),
        tenant: "acme".into(),
        chain: vec![bailiwick_core::Subject::Agent("torture".into())],
        credential: None,
        task: None,
        session: None,
        trace: None,
        action: "tools/call".into(),
        resource_kind: "Tool".into(),
        server: "s".into(),
        name: Some(format!("tool-{n}").into()),
        name_token: bailiwick_core::Token::from_bytes([0; 16]),
        named: Vec::new(),
        effect: "read".into(),
        pin: None,
        ask: Digest::of(b"ask"),
        permitted: true,
        cause: None,
        visible: true,
        policies: Vec::new(),
        obligations: Vec::new(),
        policy_set: Digest::of(b"set"),
        durability: bailiwick_core::Durability::Durable,
        findings: Vec::new(),
        latency_ns: 1,
        sealed: sealed.commitment,
        parent: None,
        bound: None,
        view: None,
        items: Vec::new(),
        items_dropped: 0,
        classes: Vec::new(),
    }
}

fn outcome(decision: u64, at: Timestamp) -> OutcomeRecord {
    OutcomeRecord {
        exchange: exchange(at),
        decision,
        disposition: "answered".into(),
        answer: Digest::of(b"answer"),
        answer_bytes: 6,
        chunks: 1,
        findings: Vec::new(),
        findings_dropped: 0,
        latency_ns: 1,
        meter: None,
        items: Vec::new(),
        sealed: None,
        named: Vec::new(),
        classes: Vec::new(),
    }
}
