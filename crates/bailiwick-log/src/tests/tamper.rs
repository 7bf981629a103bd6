//! The verifier refuses: a changed, dropped or swapped leaf, a cut tail, a rolled-back or forked
//! log, a wrong key, a changed seal, a damaged journal.

use std::fs;
use std::path::{Path, PathBuf};

use super::{ORIGIN, call, closed_log, options, world};
use crate::{
    Checkpoint, Head, Log, Reader, SigningKey, Verification, VerifierKey, parse_entries, verify,
};

struct Bench {
    _dir: tempfile::TempDir,
    path: PathBuf,
    key: VerifierKey,
}

fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let key = closed_log(dir.path(), 300);
    let path = dir.path().join("log");
    Bench { _dir: dir, path, key }
}

fn problems(bench: &Bench, since: Option<&[u8]>) -> Vec<String> {
    let report = verify(&bench.path, &Verification { key: &bench.key, since }).unwrap();
    assert_eq!(report.problems.len() as u64, report.problem_count);
    report.problems.iter().map(ToString::to_string).collect()
}

fn entries(path: &Path) -> Vec<Vec<u8>> {
    let bytes = fs::read(path).unwrap();
    parse_entries(&bytes, 256).unwrap().into_iter().map(<[u8]>::to_vec).collect()
}

fn write_entries(path: &Path, entries: &[Vec<u8>]) {
    let mut bytes = Vec::new();
    for entry in entries {
        bytes.extend_from_slice(&(entry.len() as u16).to_be_bytes());
        bytes.extend_from_slice(entry);
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_untouched_log_is_good_and_says_what_it_cannot_know() {
    let bench = bench();
    let report = verify(&bench.path, &Verification { key: &bench.key, since: None }).unwrap();
    assert!(report.is_good(), "{:?}", report.problems);
    assert_eq!((report.size, report.decisions, report.outcomes), (540, 300, 240));
    assert_eq!((report.in_doubt, report.boots, report.seals), (0, 1, 75 + 80));
    assert_eq!(report.tail.map(|it| it.entries), Some(0));
    assert!(report.unknown().iter().any(|it| it.contains("cut off")));
    let note = Reader::open(&bench.path).unwrap().note().unwrap();
    let since = Verification { key: &bench.key, since: Some(note.as_bytes()) };
    let report = verify(&bench.path, &since).unwrap();
    assert_eq!(report.since_holds, Some(true));
    assert!(!report.unknown().iter().any(|it| it.contains("cut off")));
}

#[test]
fn a_changed_leaf_is_found() {
    let bench = bench();
    let path = bench.path.join("tile/entries/000");
    let mut all = entries(&path);
    *all[17].last_mut().unwrap() ^= 1;
    write_entries(&path, &all);
    let found = problems(&bench, None);
    assert!(found.iter().any(|it| it.starts_with("tile/0/000:")), "{found:?}");
    assert!(found.iter().any(|it| it.starts_with("checkpoint:")), "{found:?}");
}

#[test]
fn a_changed_leaf_with_its_tiles_made_anew_is_found() {
    let bench = bench();
    let path = bench.path.join("tile/entries/000");
    let mut all = entries(&path);
    *all[17].last_mut().unwrap() ^= 1;
    write_entries(&path, &all);
    let tile: Vec<u8> = all.iter().flat_map(|it| crate::leaf_hash(it)).collect();
    fs::write(bench.path.join("tile/0/000"), tile).unwrap();
    assert!(problems(&bench, None).iter().any(|it| it.starts_with("checkpoint:")));
}

#[test]
fn swapped_and_dropped_leaves_are_found() {
    let bench = bench();
    let path = bench.path.join("tile/entries/000");
    let mut all = entries(&path);
    all.swap(3, 4);
    write_entries(&path, &all);
    assert!(problems(&bench, None).iter().any(|it| it.starts_with("entry 3:")));
    all.swap(3, 4);
    all.remove(9);
    write_entries(&path, &all);
    assert!(problems(&bench, None).iter().any(|it| it.starts_with("bundle 0:")));
    fs::remove_file(&path).unwrap();
    assert!(problems(&bench, None).iter().any(|it| it.contains("missing")));
}

#[test]
fn a_changed_or_missing_tile_is_found() {
    let bench = bench();
    let path = bench.path.join("tile/0/001");
    let good = fs::read(&path).unwrap();
    let mut bad = good.clone();
    bad[5] ^= 1;
    fs::write(&path, &bad).unwrap();
    assert_eq!(problems(&bench, None).len(), 1);
    fs::remove_file(&path).unwrap();
    assert!(problems(&bench, None)[0].contains("missing"));
    fs::write(&path, &good).unwrap();
    assert!(problems(&bench, None).is_empty());
}

#[test]
fn a_cut_or_rolled_back_log_is_found_against_a_kept_checkpoint() {
    let bench = bench();
    let old = bench.path.with_file_name("old");
    let copied = std::process::Command::new("cp").arg("-r").arg(&bench.path).arg(&old).status();
    assert!(copied.unwrap().success());
    let log = Log::open(&bench.path, options(), world(bench.path.parent().unwrap())).unwrap();
    for n in 1000..1100 {
        call(&log, n).unwrap();
    }
    log.close().unwrap();
    let kept = Reader::open(&bench.path).unwrap().note().unwrap();
    assert!(problems(&bench, Some(kept.as_bytes())).is_empty());
    let bench = Bench { path: old, ..bench };
    assert!(problems(&bench, None).is_empty(), "alone it is as good as ever");
    let found = problems(&bench, Some(kept.as_bytes()));
    assert!(found[0].contains("rolled back"), "{found:?}");
}

#[test]
fn a_forked_log_is_found_against_a_kept_checkpoint() {
    let bench = bench();
    let seed: [u8; 32] = fs::read(bench.path.join("key")).unwrap().try_into().unwrap();
    let signer = SigningKey::from_seed(ORIGIN, &seed).unwrap();
    for size in [1, 100, 540] {
        let head = Head { size, root: [7; 32] };
        let other = Checkpoint { origin: ORIGIN.into(), head }.sign(&[&signer]);
        let found = problems(&bench, Some(other.as_bytes()));
        assert!(found.iter().any(|it| it.contains("not an extension")), "{size}: {found:?}");
    }
    let stranger = SigningKey::from_seed(ORIGIN, &[3; 32]).unwrap();
    let head = Head { size: 0, root: crate::empty_root() };
    let other = Checkpoint { origin: ORIGIN.into(), head }.sign(&[&stranger]);
    assert!(!problems(&bench, Some(other.as_bytes())).is_empty());
}

#[test]
fn a_checkpoint_of_another_key_or_a_changed_one_is_found() {
    let bench = bench();
    let path = bench.path.join("checkpoint");
    let good = fs::read_to_string(&path).unwrap();
    fs::write(&path, good.replace("\n540\n", "\n539\n")).unwrap();
    assert!(!problems(&bench, None).is_empty());
    let body = good.split_once("\n\n").unwrap().0;
    let checkpoint = Checkpoint::parse_body(&format!("{body}\n")).unwrap();
    let stranger = SigningKey::from_seed(ORIGIN, &[3; 32]).unwrap();
    fs::write(&path, checkpoint.sign(&[&stranger])).unwrap();
    let found = problems(&bench, None);
    assert_eq!(found, ["checkpoint: no trusted key signed it"]);
    let bench = Bench { key: stranger.verifier().clone(), ..bench };
    fs::write(&path, good).unwrap();
    assert!(!problems(&bench, None).is_empty());
}

#[test]
fn a_changed_seal_is_found_and_a_missing_one_counted() {
    let bench = bench();
    let path = bench.path.join("seal/000");
    let mut bytes = fs::read(&path).unwrap();
    let len = bytes.len();
    bytes[40] ^= 1;
    fs::write(&path, &bytes).unwrap();
    let found = problems(&bench, None);
    assert!(found[0].contains("commits to"), "{found:?}");
    fs::write(&path, &bytes[..len - 1]).unwrap();
    assert!(!problems(&bench, None).is_empty());
    fs::remove_file(&path).unwrap();
    let report = verify(&bench.path, &Verification { key: &bench.key, since: None }).unwrap();
    assert!(report.is_good() && report.seals_missing > 0, "{report:?}");
}

#[test]
fn the_journal_behind_the_checkpoint_is_verified_too() {
    let bench = bench();
    let log = Log::open_still(&bench.path, options(), world(bench.path.parent().unwrap())).unwrap();
    for n in 1000..1020 {
        call(&log, n).unwrap();
    }
    log.shared.commit(true);
    for n in 1020..1030 {
        call(&log, n).unwrap();
    }
    log.shared.commit(false);
    drop(log);
    let report = verify(&bench.path, &Verification { key: &bench.key, since: None }).unwrap();
    assert!(report.is_good(), "{:?}", report.problems);
    let tail = report.tail.unwrap();
    assert_eq!((tail.entries, tail.signed), (54, 594));
    let segment = fs::read_dir(bench.path.join("journal")).unwrap();
    let segment = segment.map(|it| it.unwrap().path()).find(|it| it.extension().is_some()).unwrap();
    let mut bytes = fs::read(&segment).unwrap();
    let magic = bytes.windows(4).enumerate().filter(|(_, it)| it == b"bwF1");
    let last_but_twenty = magic.map(|(at, _)| at).nth(545).unwrap();
    bytes[last_but_twenty + 60] ^= 1;
    fs::write(&segment, bytes).unwrap();
    let found = problems(&bench, None);
    assert!(found.iter().any(|it| it.starts_with("journal:")), "{found:?}");
}
