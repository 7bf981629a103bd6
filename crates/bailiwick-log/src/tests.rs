//! What the tests share: records, worlds, and a log that is driven by hand.

mod fault;
mod fault_disk;
mod hostile;
mod life;
mod oracle;
mod tamper;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bailiwick_core::{
    DecisionRecord, Digest, Durability, ExchangeId, Ledger as _, OutcomeRecord, Record, Sealed,
    Subject, Timestamp, Token, Unrecorded,
};

use crate::disk::{Disk, RealDisk};
use crate::log::Log;
use crate::options::{Options, World};
use crate::seal::{Entropy, KeyUnavailable};
use crate::{FileKeyRing, SystemEntropy};

pub(crate) const ORIGIN: &str = "log.test/bailiwick";

/// Randomness that is cheap and never the same twice.
#[derive(Debug)]
pub(crate) struct CountingEntropy;

static COUNT: AtomicU64 = AtomicU64::new(0);

impl Entropy for CountingEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), KeyUnavailable> {
        for chunk in out.chunks_mut(32) {
            let count = COUNT.fetch_add(1, Ordering::Relaxed);
            let bytes = *Digest::of(&count.to_be_bytes()).as_bytes();
            chunk.iter_mut().zip(bytes).for_each(|(slot, byte)| *slot = byte);
        }
        Ok(())
    }
}

/// A world on some disk, whose clock goes on by 200 ms at every look.
pub(crate) fn world_on(disk: Arc<dyn Disk>, keys: &Path) -> World {
    let ticks = AtomicU64::new(0);
    let clock = move || {
        let ticks = ticks.fetch_add(1, Ordering::Relaxed);
        Timestamp::from_ns(1_700_000_000_000_000_000 + ticks * 200_000_000)
    };
    let entropy: Arc<dyn Entropy> = Arc::new(CountingEntropy);
    let real: Arc<dyn Disk> = Arc::new(RealDisk);
    let system: Arc<dyn Entropy> = Arc::new(SystemEntropy::default());
    let keyring = Arc::new(FileKeyRing::open(keys, real, system).unwrap());
    World { disk, clock: Arc::new(clock), entropy, keyring }
}

pub(crate) fn world(dir: &Path) -> World {
    world_on(Arc::new(RealDisk), &dir.join("ring"))
}

pub(crate) fn options() -> Options {
    Options {
        segment_bytes: 256 * 1024,
        reserve_bytes: 64 * 1024,
        publish_every: Duration::from_millis(5),
        room_wait: Duration::from_millis(500),
        ..Options::default()
    }
}

pub(crate) fn exchange(n: u64) -> ExchangeId {
    let mut random = [0; 10];
    random[2..].copy_from_slice(&n.to_be_bytes());
    ExchangeId::new(at(n), random)
}

pub(crate) fn at(n: u64) -> Timestamp {
    Timestamp::from_ns(1_700_000_000_000_000_000 + n * 1_000_000)
}

pub(crate) fn decision(n: u64, sealed: &Sealed) -> Record {
    Record::Decision(Box::new(DecisionRecord {
        exchange: exchange(n),
        tenant: "acme".into(),
        chain: vec![
            Subject::Person(Token::from_bytes([(n % 7) as u8; 16])),
            Subject::Agent("helper".into()),
        ],
        credential: Some("k-1".into()),
        task: None,
        session: None,
        trace: None,
        action: "tools/call".into(),
        resource_kind: "Tool".into(),
        server: "billing".into(),
        name: Some(if n.is_multiple_of(3) { "refund" } else { "lookup" }.into()),
        name_token: Token::from_bytes([1; 16]),
        named: vec![("Customer".into(), Token::from_bytes([2; 16]))],
        effect: "read".into(),
        pin: None,
        ask: Digest::of(b"ask"),
        permitted: !n.is_multiple_of(5),
        cause: None,
        visible: true,
        policies: vec!["p1".into()],
        obligations: Vec::new(),
        policy_set: Digest::of(b"set"),
        durability: Durability::Appended,
        findings: Vec::new(),
        latency_ns: 1000,
        sealed: sealed.commitment,
        parent: None,
        bound: None,
        view: None,
        items: Vec::new(),
        items_dropped: 0,
        classes: Vec::new(),
    }))
}

pub(crate) fn outcome(n: u64, decision: u64, sealed: &Sealed) -> Record {
    Record::Outcome(OutcomeRecord {
        exchange: exchange(n),
        decision,
        disposition: "answered".into(),
        answer: Digest::of(b"answer"),
        answer_bytes: 10,
        chunks: 1,
        findings: Vec::new(),
        findings_dropped: 0,
        latency_ns: 5,
        meter: None,
        items: Vec::new(),
        sealed: sealed.commitment,
        named: Vec::new(),
        classes: Vec::new(),
    })
}

/// Append one decision, sealed every fourth time, with its outcome when it was permitted, sealed
/// every third time.
pub(crate) fn call(log: &Log, n: u64) -> Result<u64, Unrecorded> {
    let sealed = if n.is_multiple_of(4) {
        log.seal(&"acme".into(), &format!("person-{}", n % 3), format!("inputs {n}").as_bytes())?
    } else {
        Sealed::default()
    };
    let index = log.append(at(n), &decision(n, &sealed), &sealed)?.index();
    if n.is_multiple_of(5) {
        return Ok(index);
    }
    let kept = if n.is_multiple_of(3) {
        log.seal(&"acme".into(), &format!("person-{}", n % 3), format!("answer {n}").as_bytes())?
    } else {
        Sealed::default()
    };
    log.append(at(n), &outcome(n, index, &kept), &kept).map(|it| it.index())
}

/// A closed log of `calls` calls on the real disk.
pub(crate) fn closed_log(dir: &Path, calls: u64) -> crate::VerifierKey {
    let log = Log::create(&dir.join("log"), ORIGIN, options(), world(dir)).unwrap();
    for n in 0..calls {
        call(&log, n).unwrap();
    }
    let key = log.verifier_key().unwrap();
    log.close().unwrap();
    key
}
