//! The fault table: every operation of the disk, in turn, is lost, is lost but done, or is the
//! last before a loss of power. Whatever was acknowledged as durable has to be there afterwards.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use bailiwick_core::{Ledger as _, Record, Sealed, Unrecorded};

use super::fault_disk::{FAULTS, Fault, FaultDisk};
use super::{ORIGIN, at, call, options, world_on};
use crate::disk::Disk;
use crate::error::LogError;
use crate::keys::KeyChain;
use crate::layout::Layout;
use crate::log::Log;
use crate::shared::Room;
use crate::verify::{Verification, verify_on};
use crate::verify_proof_by;

/// What a run was told, and what it was shown.
#[derive(Default)]
struct Told {
    /// Entries that the log said were durable, with their bytes.
    durable: BTreeMap<u64, Vec<u8>>,
    /// Checkpoints that were published, and proofs under them.
    notes: Vec<String>,
    proofs: Vec<(Vec<u8>, String)>,
}

const DIR: &str = "/log";

fn open(disk: &FaultDisk, ring: &Path) -> Result<Log, LogError> {
    Log::open_still(Path::new(DIR), options(), world_on(Arc::new(disk.clone()), ring))
}

fn note_durable(log: &Log, told: &mut Told) -> Result<(), LogError> {
    let reader = log.reader()?;
    for index in 0..log.durable_end() {
        if !told.durable.contains_key(&index)
            && let Some(bytes) = reader.entry_bytes(index)?
        {
            told.durable.insert(index, bytes);
        }
    }
    Ok(())
}

/// Append, flush, publish, make segments ready and change the key, all by hand.
fn work(disk: &FaultDisk, ring: &Path, told: &mut Told, from: u64) -> Result<(), LogError> {
    let log = open(disk, ring)?;
    log.shared.keep();
    for round in 0..2 {
        for n in 0..80 {
            call(&log, from + round * 80 + n)?;
        }
        log.shared.commit(false);
        note_durable(&log, told)?;
        log.shared.publish()?;
        let reader = log.reader()?;
        told.notes.push(reader.note()?);
        let last = log.shared.published.load(Ordering::Acquire).saturating_sub(1);
        if let Some(bytes) = reader.entry_bytes(last)? {
            told.proofs.push((bytes, reader.prove(last)?.to_string()));
        }
        log.shared.keep();
        if round == 0 {
            let world = world_on(Arc::new(disk.clone()), ring);
            log.rotate_key("operator", &world)?;
        }
    }
    Ok(())
}

/// After the fault: the log opens, holds what was promised, verifies, and goes on.
fn check_after(disk: &FaultDisk, ring: &Path, told: &Told, name: &str) {
    let log = match open(disk, ring) {
        Ok(log) => log,
        Err(error) => panic!("{name}: the log does not open again: {error}"),
    };
    let reader = log.reader().unwrap();
    for (index, bytes) in &told.durable {
        let found = reader.entry_bytes(*index).unwrap();
        assert_eq!(found.as_ref(), Some(bytes), "{name}: durable entry {index} is not there");
    }
    call(&log, 9_999).unwrap_or_else(|error| panic!("{name}: {error}"));
    log.close().unwrap_or_else(|error| panic!("{name}: the log does not close: {error}"));
    let disk: Arc<dyn Disk> = Arc::new(disk.clone());
    let chain = KeyChain::load(&*disk, &Layout::new(Path::new(DIR))).unwrap();
    let first = chain.all().remove(0);
    if let Some(note) = told.notes.last() {
        let against = Verification { key: &first, since: Some(note.as_bytes()) };
        let report = verify_on(&disk, Path::new(DIR), &against).unwrap();
        assert!(report.is_good(), "{name}: {:?}", report.problems);
    }
    for (entry, proof) in &told.proofs {
        let held = verify_proof_by(&chain.all(), entry, proof);
        assert!(held.is_ok(), "{name}: a proof that was given out no longer holds: {held:?}");
    }
}

fn make(disk: &FaultDisk, ring: &Path) -> Result<(), LogError> {
    Log::make(Path::new(DIR), ORIGIN, &options(), &world_on(Arc::new(disk.clone()), ring))
}

#[test]
fn no_fault_loses_what_was_durable() {
    let ring = tempfile::tempdir().unwrap();
    let dry = FaultDisk::default();
    make(&dry, ring.path()).unwrap();
    let before = dry.ops();
    work(&dry, ring.path(), &mut Told::default(), 0).unwrap();
    let trace = dry.trace(before);
    assert!(trace.len() > 250, "the run is too short to mean anything: {}", trace.len());
    let long = std::env::var("BAILIWICK_LONG").is_ok();
    let mut rows = Vec::new();
    for (op, what) in (0u64..).zip(&trace) {
        // Appends are most of them; every 37th stands for its like.
        if long || !what.starts_with("write_at") || op.is_multiple_of(37) {
            rows.extend(FAULTS.map(|fault| (op, fault)));
        }
    }
    if !long {
        rows.retain(|(op, fault)| *fault != Fault::LostButDone || op.is_multiple_of(2));
    }
    assert!(rows.len() > 150, "the table has {} rows", rows.len());
    std::thread::scope(|scope| {
        for part in rows.chunks(rows.len().div_ceil(4)) {
            let ring = ring.path();
            scope.spawn(move || {
                part.iter().for_each(|(op, fault)| row(ring, *op, *fault, long));
            });
        }
    });
}

/// One row of the table: after the fault, both a loss of power and the death of the process.
fn row(ring: &Path, op: u64, fault: Fault, long: bool) {
    let disk = FaultDisk::default();
    make(&disk, ring).unwrap();
    disk.plan(op, fault);
    let mut told = Told::default();
    let failed = work(&disk, ring, &mut told, 0);
    let name = format!("op {op} {fault:?} ({:?}, {})", failed.err(), disk.last_op());
    for seed in (op..).step_by(7).take(if long { 4 } else { 1 }) {
        let copy = disk.snapshot();
        copy.power_loss(seed);
        check_after(&copy, ring, &told, &format!("{name} power {seed}"));
    }
    if long || op.is_multiple_of(4) {
        disk.process_loss();
        check_after(&disk, ring, &told, &format!("{name} process"));
    }
}

#[test]
fn making_a_log_can_fail_anywhere_and_be_done_again() {
    let ring = tempfile::tempdir().unwrap();
    let dry = FaultDisk::default();
    make(&dry, ring.path()).unwrap();
    for op in 0..dry.ops() {
        for fault in FAULTS {
            let disk = FaultDisk::default();
            disk.plan(op, fault);
            let made = make(&disk, ring.path());
            disk.power_loss(op);
            match make(&disk, ring.path()) {
                Ok(()) => {}
                Err(LogError::Exists(_)) => assert!(made.is_ok() || fault != Fault::Lost),
                Err(error) => panic!("op {op} {fault:?}: {error}"),
            }
            let mut told = Told::default();
            work(&disk, ring.path(), &mut told, 0)
                .unwrap_or_else(|error| panic!("op {op} {fault:?}: {error}"));
            check_after(&disk, ring.path(), &told, &format!("make, op {op} {fault:?}"));
        }
    }
}

#[test]
fn opening_can_fail_anywhere_and_be_done_again() {
    let ring = tempfile::tempdir().unwrap();
    let base = FaultDisk::default();
    make(&base, ring.path()).unwrap();
    let mut told = Told::default();
    base.plan(250, Fault::CrashAfter);
    assert!(work(&base, ring.path(), &mut told, 0).is_err());
    base.power_loss(3);
    let dry = base.snapshot();
    let before = dry.ops();
    open(&dry, ring.path()).unwrap();
    for op in 0..dry.ops() - before {
        for fault in FAULTS {
            let disk = base.snapshot();
            disk.plan(op, fault);
            let opened = open(&disk, ring.path()).map(drop);
            disk.power_loss(op);
            check_after(&disk, ring.path(), &told, &format!("open, op {op} {fault:?} {opened:?}"));
        }
    }
}

#[test]
fn a_failed_write_or_flush_stops_the_log_for_ever() {
    let ring = tempfile::tempdir().unwrap();
    for (name, fault) in [("write_at", Fault::Lost), ("sync_data", Fault::LostButDone)] {
        let disk = FaultDisk::default();
        make(&disk, ring.path()).unwrap();
        let log = open(&disk, ring.path()).unwrap();
        log.shared.keep();
        call(&log, 1).unwrap();
        let (send, receive) = std::sync::mpsc::channel();
        log.on_durable(0, Box::new(move |done| send.send(done).unwrap()));
        if name == "write_at" {
            disk.plan(0, fault);
            assert_eq!(call(&log, 2), Err(Unrecorded::Stopped), "{name}");
        } else {
            // The first operation of a flush writes the checkpoint, the second flushes.
            disk.plan(1, fault);
        }
        log.shared.commit(false);
        assert_eq!(call(&log, 3), Err(Unrecorded::Stopped), "{name}");
        assert_eq!(receive.recv().unwrap(), Err(Unrecorded::Stopped), "{name}");
        assert_eq!(log.wait_durable(0), Err(Unrecorded::Stopped), "{name}");
        assert!(log.health().stopped && log.health().trouble.is_some(), "{name}");
    }
}

#[test]
fn a_full_disk_refuses_decisions_first_and_takes_outcomes_from_the_reserve() {
    let ring = tempfile::tempdir().unwrap();
    let disk = FaultDisk::default();
    make(&disk, ring.path()).unwrap();
    let log = open(&disk, ring.path()).unwrap();
    log.shared.keep();
    disk.full_above(Some(0));
    let mut decided = Vec::new();
    let refused = loop {
        let n = decided.len() as u64 + 1;
        match log.append(at(n), &super::decision(n, &Sealed::default()), &Sealed::default()) {
            Ok(position) => decided.push(position.index()),
            Err(why) => break why,
        }
        // Without room for tiles nothing is released, and no spare can be made.
        log.shared.keep();
        log.shared.commit(false);
        let _ = log.shared.publish();
    };
    assert_eq!(refused, Unrecorded::Full);
    assert!(decided.len() > 500);
    assert_eq!(log.health().room, Room::DiskFull);
    // What is kept of an answer does not use up the room for the outcomes of others.
    let kept = Sealed { ciphertext: vec![7; 200], commitment: None };
    let large = log.append(at(1), &super::outcome(1, 0, &kept), &kept);
    assert_eq!(large, Err(Unrecorded::Full));
    for index in decided.iter().rev().take(100) {
        let n = *index + 1;
        let ended =
            log.append(at(n), &super::outcome(n, *index, &Sealed::default()), &Sealed::default());
        assert!(ended.is_ok(), "the outcome of decision {index} has to fit: {ended:?}");
    }
    disk.full_above(None);
    log.shared.commit(false);
    log.shared.publish().unwrap();
    log.shared.keep();
    assert_eq!(log.health().room, Room::Open);
    call(&log, 7_777).unwrap();
    log.close().unwrap();
}

#[test]
fn the_cap_refuses_and_is_told() {
    let ring = tempfile::tempdir().unwrap();
    let disk = FaultDisk::default();
    let chosen = crate::Options { max_bytes: Some(4 << 20), ..options() };
    let world = world_on(Arc::new(disk.clone()), ring.path());
    Log::make(Path::new(DIR), ORIGIN, &chosen, &world).unwrap();
    let log = Log::open_still(Path::new(DIR), chosen, world).unwrap();
    let mut refused = None;
    for n in 0..20_000 {
        log.shared.keep();
        if let Err(why) = call(&log, n) {
            refused = Some(why);
            break;
        }
        if n.is_multiple_of(50) {
            log.shared.commit(false);
            log.shared.publish().unwrap();
        }
    }
    assert_eq!(refused, Some(Unrecorded::Full));
    assert_eq!(log.health().room, Room::CapReached);
    let forecast = log.forecast().unwrap();
    assert!(forecast.used_bytes <= 4 << 20, "{forecast:?}");
    assert!(forecast.warning && forecast.bytes_per_record > 100, "{forecast:?}");
    log.append(at(1), &Record::Stopped, &Sealed::default()).unwrap();
}

#[test]
fn a_durable_entry_that_was_damaged_is_told_and_not_cut_off() {
    let ring = tempfile::tempdir().unwrap();
    let disk = FaultDisk::default();
    make(&disk, ring.path()).unwrap();
    let log = open(&disk, ring.path()).unwrap();
    call(&log, 1).unwrap();
    log.shared.commit(false);
    call(&log, 2).unwrap();
    log.shared.commit(false);
    drop(log);
    let segment = Layout::new(Path::new(DIR)).segment(1);
    disk.open(&segment, true).unwrap().write_at(150, b"damage").unwrap();
    let opened = open(&disk, ring.path());
    let lost = matches!(opened, Err(LogError::Corrupt(crate::Corruption::Lost(0))));
    assert!(lost, "{opened:?}");
}

#[test]
fn an_unpublished_journal_that_is_gone_is_told() {
    let ring = tempfile::tempdir().unwrap();
    let disk = FaultDisk::default();
    make(&disk, ring.path()).unwrap();
    let log = open(&disk, ring.path()).unwrap();
    call(&log, 1).unwrap();
    log.shared.commit(false);
    drop(log);
    disk.remove(&Layout::new(Path::new(DIR)).segment(1)).unwrap();
    assert!(matches!(open(&disk, ring.path()), Err(LogError::Corrupt(_))));
}
