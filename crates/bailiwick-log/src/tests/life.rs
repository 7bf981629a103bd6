//! A log's life on the real disk: written, closed, opened, read beside the writer, queried,
//! proven, rotated, copied.

use std::collections::BTreeSet;
use std::sync::Arc;

use bailiwick_core::{AgentId, Ledger as _, Record, Sealed, Token, Unrecorded};

use super::{ORIGIN, at, call, closed_log, decision, exchange, options, world};
use crate::filter::{Filter, Kind};
use crate::query::Order;
use crate::{
    KeyRing as _, Log, LogError, Options, Reader, Verification, VerifierKey, backup, restore,
    verify, verify_proof, verify_proof_by,
};

fn wait_published(log: &Log, size: u64) {
    log.wait_durable(size - 1).unwrap();
    for _ in 0..2000 {
        if log.health().published >= size {
            return;
        }
        // The committer and the publishing thread need a moment.
        std::thread::yield_now();
        log.shared.committer.ring(|it| it.now = true);
        std::thread::park_timeout(std::time::Duration::from_millis(5));
    }
    panic!("{size} entries were not published: {:?}", log.health());
}

#[test]
fn what_is_appended_is_read_back_from_journal_and_tiles() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let log = Log::create(&path, ORIGIN, options(), world(dir.path())).unwrap();
    let other = Log::open(&path, options(), world(dir.path()));
    assert!(matches!(other, Err(LogError::Locked(_))), "{other:?}");
    let again = Log::create(&path, ORIGIN, options(), world(dir.path()));
    assert!(again.is_err());
    let reader = Reader::open(&path).unwrap();
    let mut last = 0;
    for n in 0..1500 {
        last = call(&log, n).unwrap();
        if n.is_multiple_of(97) {
            let entry = reader.entry(last).unwrap().unwrap();
            assert_eq!(entry.index, last);
        }
    }
    wait_published(&log, last + 1);
    let reader = log.reader().unwrap();
    let all = reader.query(Filter::default(), Order::OldestFirst, usize::MAX);
    let indexes: Vec<u64> = all.unwrap().map(|it| it.unwrap().index).collect();
    assert_eq!(indexes, (0..=last).collect::<Vec<_>>());
    let names = std::fs::read_dir(path.join("journal")).unwrap().count();
    assert!(names <= 4, "segments that are in tiles stay: {names}");
    assert_eq!(reader.entry(last + 1).unwrap(), None);
    assert!(log.health().is_good(), "{:?}", log.health());
    log.close().unwrap();
    let log = Log::open(&path, options(), world(dir.path())).unwrap();
    assert_eq!(log.recovery().published, last + 1);
    let position = log.append(at(1), &Record::Heartbeat, &Sealed::default()).unwrap();
    assert_eq!(position.index(), last + 1);
    log.wait_durable(position.index()).unwrap();
    assert_eq!(log.reader().unwrap().entry(position.index()).unwrap().unwrap().boot, 2);
}

#[test]
fn threads_append_at_once_and_every_index_is_given_once() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let log = Arc::new(Log::create(&path, ORIGIN, options(), world(dir.path())).unwrap());
    let given: Vec<u64> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let log = Arc::clone(&log);
                scope.spawn(move || {
                    (0..500)
                        .map(|n| {
                            let n = thread * 1000 + n;
                            let record = decision(n, &Sealed::default());
                            let index =
                                log.append(at(n), &record, &Sealed::default()).unwrap().index();
                            if n.is_multiple_of(50) {
                                log.wait_durable(index).unwrap();
                                assert!(log.durable_end() > index);
                            }
                            index
                        })
                        .collect::<Vec<u64>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|it| it.join().unwrap()).collect()
    });
    assert_eq!(given.iter().collect::<BTreeSet<_>>().len(), 2000);
    let key = log.verifier_key().unwrap();
    Arc::into_inner(log).unwrap().close().unwrap();
    let report = verify(&path, &Verification { key: &key, since: None }).unwrap();
    assert!(report.is_good(), "{:?}", report.problems);
    assert_eq!((report.size, report.decisions), (2000, 2000));
}

#[test]
fn queries_filter_in_both_orders() {
    let dir = tempfile::tempdir().unwrap();
    closed_log(dir.path(), 700);
    let reader = Reader::open(&dir.path().join("log")).unwrap();
    let count = |filter: Filter| {
        let oldest: Vec<u64> = reader
            .query(filter.clone(), Order::OldestFirst, usize::MAX)
            .unwrap()
            .map(|it| it.unwrap().index)
            .collect();
        let mut newest: Vec<u64> = reader
            .query(filter, Order::NewestFirst, usize::MAX)
            .unwrap()
            .map(|it| it.unwrap().index)
            .collect();
        newest.reverse();
        assert_eq!(oldest, newest);
        oldest.len()
    };
    let any = Filter::default;
    assert_eq!(count(any()), 700 + 560);
    assert_eq!(count(Filter { kind: Some(Kind::Outcome), ..any() }), 560);
    assert_eq!(count(Filter { permitted: Some(false), ..any() }), 140);
    assert_eq!(count(Filter { tool: Some("refund".into()), ..any() }), 234);
    assert_eq!(count(Filter { person: Some(Token::from_bytes([3; 16])), ..any() }), 100);
    assert_eq!(count(Filter { agent: Some(AgentId::from("helper")), ..any() }), 700);
    assert_eq!(count(Filter { agent: Some(AgentId::from("nobody")), ..any() }), 0);
    assert_eq!(count(Filter { server: Some("billing".into()), ..any() }), 700);
    let (since, until) = (Some(at(100)), Some(at(200)));
    assert_eq!(count(Filter { since, until, kind: Some(Kind::Decision), ..any() }), 100);
    assert_eq!(count(Filter { exchange: Some(exchange(42)), ..any() }), 2);
    let newest: Vec<_> = reader.query(any(), Order::NewestFirst, 3).unwrap().collect();
    assert_eq!(newest.len(), 3);
    assert_eq!(newest[0].as_ref().unwrap().index, 1259);
    let found = reader.find(exchange(321)).unwrap().unwrap();
    let entry = reader.entry(found).unwrap().unwrap();
    assert!(matches!(entry.record, Record::Decision(it) if it.exchange == exchange(321)));
    assert_eq!(reader.find(exchange(99_999)).unwrap(), None);
}

#[test]
fn proofs_hold_and_tampered_ones_do_not() {
    let dir = tempfile::tempdir().unwrap();
    let key = closed_log(dir.path(), 300);
    let reader = Reader::open(&dir.path().join("log")).unwrap();
    for index in [0, 1, 255, 256, 511, 539] {
        let entry = reader.entry_bytes(index).unwrap().unwrap();
        let proof = reader.prove(index).unwrap().to_string();
        let (said, checkpoint) = verify_proof(&key, &entry, &proof).unwrap();
        assert_eq!((said, checkpoint.head.size), (index, 540));
        let mut other = entry.clone();
        *other.last_mut().unwrap() ^= 1;
        assert!(verify_proof(&key, &other, &proof).is_err());
        let moved = proof.replace(&format!("index {index}\n"), &format!("index {}\n", index + 1));
        assert!(verify_proof(&key, &entry, &moved).is_err());
        let longer = proof.replace("\n540\n", "\n541\n");
        assert!(verify_proof(&key, &entry, &longer).is_err());
    }
    assert!(matches!(reader.prove(540), Err(LogError::NoEntry(540))));
}

#[test]
fn the_key_is_rotated_and_old_and_new_proofs_hold() {
    let dir = tempfile::tempdir().unwrap();
    let first = closed_log(dir.path(), 50);
    let path = dir.path().join("log");
    let log = Log::open(&path, options(), world(dir.path())).unwrap();
    let second = log.rotate_key("root", &world(dir.path())).unwrap();
    assert_ne!(first, second);
    call(&log, 60).unwrap();
    log.close().unwrap();
    // The transition checkpoint has both signatures.
    let reader = Reader::open(&path).unwrap();
    let entry = reader.entry_bytes(3).unwrap().unwrap();
    let proof = reader.prove(3).unwrap().to_string();
    let log = Log::open(&path, options(), world(dir.path())).unwrap();
    let third = log.rotate_key("root", &world(dir.path())).unwrap();
    for n in 70..75 {
        let index = call(&log, n).unwrap();
        wait_published(&log, index + 1);
    }
    log.close().unwrap();
    assert!(verify_proof(&second, &entry, &proof).is_ok());
    let now = reader.prove(3).unwrap().to_string();
    assert!(verify_proof(&third, &entry, &now).is_ok());
    assert!(verify_proof(&first, &entry, &now).is_err());
    assert!(verify_proof_by(&reader_chain(&path), &entry, &now).is_ok());
    // Any key of the chain leads to the newest.
    for key in [&first, &second, &third] {
        let report = verify(&path, &Verification { key, since: None }).unwrap();
        assert!(report.is_good(), "{:?}", report.problems);
    }
    let stranger = crate::SigningKey::from_seed(ORIGIN, &[9; 32]).unwrap();
    let against = Verification { key: stranger.verifier(), since: None };
    assert!(!verify(&path, &against).unwrap().is_good());
}

fn reader_chain(path: &std::path::Path) -> Vec<VerifierKey> {
    Reader::open(path).unwrap().key_chain().all()
}

#[test]
fn seals_open_until_the_subject_is_erased() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let world = world(dir.path());
    let ring = crate::FileKeyRing::open(
        &dir.path().join("ring"),
        Arc::new(crate::RealDisk),
        Arc::new(crate::SystemEntropy::default()),
    )
    .unwrap();
    let log = Log::create(&path, ORIGIN, options(), world.clone()).unwrap();
    let tenant = "acme".into();
    let sealed = log.seal(&tenant, "ada", b"the inputs").unwrap();
    let record = decision(1, &sealed);
    let index = log.append(at(0), &record, &sealed).unwrap().index();
    let kept = log.seal(&tenant, "ada", b"the answer").unwrap();
    let outcome = super::outcome(1, index, &kept);
    let ended = log.append(at(0), &outcome, &kept).unwrap().index();
    assert_eq!(log.unseal(ended).unwrap().as_deref(), Some(&b"the answer"[..]));
    assert_eq!(log.unseal(index).unwrap().as_deref(), Some(&b"the inputs"[..]));
    assert_eq!(log.token(&tenant, "person", "ada"), log.token(&tenant, "person", "ada"));
    assert_ne!(log.token(&tenant, "person", "ada"), log.token(&tenant, "agent", "ada"));
    assert_ne!(log.token(&tenant, "person", "ada"), log.token(&"b".into(), "person", "ada"));
    let key = log.verifier_key().unwrap();
    log.close().unwrap();
    ring.erase(&tenant, "ada").unwrap();
    assert!(ring.subject_key(&tenant, "ada").is_ok(), "a new key is made");
    let log = Log::open(&path, options(), super::world(dir.path())).unwrap();
    assert_eq!(log.unseal(index).unwrap(), None);
    assert_eq!(log.unseal(ended).unwrap(), None);
    drop(log);
    let report = verify(&path, &Verification { key: &key, since: None }).unwrap();
    assert!(report.is_good() && report.seals == 2, "{report:?}");
}

#[test]
fn a_copy_is_made_while_the_log_runs_and_is_restored() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let log = Log::create(&path, ORIGIN, options(), world(dir.path())).unwrap();
    for n in 0..400 {
        call(&log, n).unwrap();
    }
    let before = log.health().size;
    let key = log.verifier_key().unwrap();
    let copy = dir.path().join("copy");
    let size = std::thread::scope(|scope| {
        let writing = scope.spawn(|| (1000..1400).for_each(|n| assert!(call(&log, n).is_ok())));
        let size = backup(&log, &copy).unwrap();
        writing.join().unwrap();
        size
    });
    assert!(size >= before, "the newest records are in the copy: {size} of {before}");
    let note = Reader::open(&path).unwrap().note().unwrap();
    assert!(backup(&log, &copy).is_err(), "a copy is not written over");
    // The writer may have been done before the copy was begun: one more that it cannot hold.
    call(&log, 2_000).unwrap();
    log.close().unwrap();
    let back = dir.path().join("back");
    let report = restore(&copy, &back, &key, &options()).unwrap();
    assert_eq!(report.size, size);
    assert!(matches!(Log::open(&back, options(), world(dir.path())), Err(LogError::SigningKey(_))));
    std::fs::copy(path.join("key"), back.join("key")).unwrap();
    let again = Log::open(&back, options(), world(dir.path())).unwrap();
    assert_eq!(call(&again, 9_999).unwrap(), size + 1);
    again.close().unwrap();
    // What was published after the copy is missing from it, and a kept checkpoint tells.
    let since = Verification { key: &key, since: Some(note.as_bytes()) };
    assert!(verify(&copy, &Verification { since: None, ..since }).unwrap().is_good());
    let later = Reader::open(&path).unwrap().note().unwrap();
    let against = Verification { key: &key, since: Some(later.as_bytes()) };
    assert!(!verify(&copy, &against).unwrap().is_good());
}

#[test]
fn too_large_records_and_bad_options_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("log");
    let log = Log::create(&path, ORIGIN, options(), world(dir.path())).unwrap();
    let version = "x".repeat(66_000).into();
    let large = log.append(at(0), &Record::Started { version }, &Sealed::default());
    assert_eq!(large, Err(Unrecorded::TooLarge));
    let sealed = Sealed { ciphertext: vec![0; 300_000], commitment: None };
    assert_eq!(log.append(at(0), &Record::Heartbeat, &sealed), Err(Unrecorded::TooLarge));
    assert!(call(&log, 1).is_ok());
    let small = Options { segment_bytes: 1024, ..options() };
    let other = dir.path().join("other");
    assert!(matches!(
        Log::create(&other, ORIGIN, small, world(dir.path())),
        Err(LogError::Options(_))
    ));
    let spaced = Log::create(&other, "two words", options(), world(dir.path()));
    assert!(matches!(spaced, Err(LogError::Origin)));
}
