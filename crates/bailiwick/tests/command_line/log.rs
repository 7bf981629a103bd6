//! The log's verbs: what verifying finds, copies, keys, and growth.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::json;

use crate::support::house::{House, copy_folder};
use crate::support::process::{Ran, wait_for};

/// A log with some decisions in it, its gateway stopped.
fn written() -> (House, String) {
    let house = House::helpdesk();
    let running = house.up();
    let decision = some_calls(&house);
    assert_eq!(running.stop(), 0);
    (house, decision)
}

fn some_calls(house: &House) -> String {
    let mut agent = house.support();
    for n in 0..40 {
        agent.call("get_customer", &json!({ "customer_id": format!("c_{n}") }));
    }
    agent.call("get_billing", &json!({ "customer_id": "c_42" })).decision()
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

fn keep_checkpoint(house: &House, name: &str) -> PathBuf {
    let file = house.path(name);
    fs::write(&file, house.run(&["log", "checkpoint"]).expect(0).out).unwrap();
    file
}

#[test]
fn a_whole_log_verifies_and_says_what_it_cannot_know() {
    let (house, _) = written();
    let told = house.run(&["log", "verify"]).expect(0).out;
    assert!(told.contains("The log is whole and unchanged."), "{told}");
    assert!(told.contains("not known   whether the newest entries were cut off"), "{told}");
    let kept = keep_checkpoint(&house, "kept");
    let told = house.run(&["log", "verify", "--since-checkpoint", text(&kept)]).expect(0).out;
    assert!(!told.contains("cut off"), "{told}");

    // A copy needs nothing of the gateway but the verifier key.
    let (copy, key) = (house.path("copy"), house.path("data/log.vkey"));
    copy_folder(&house.path("data/log"), &copy);
    fs::remove_file(copy.join("key")).unwrap();
    let words = ["log", "verify", "--directory", text(&copy), "--key", text(&key)];
    let words = [&words[..], &["--config", "/nonexistent/bailiwick.toml"]].concat();
    house.run(&words).expect(0);
    let other = "bailiwick.example/log+00000000+ATnbZU5Vm1D2EmBmHABEcJIYFtbC+5NWGoMkI2ZeoqPa";
    assert_ne!(house.run(&["log", "verify", "--key", other]).code, 0);
}

#[test]
fn a_flipped_byte_in_any_tile_is_found() {
    let (house, _) = written();
    let log = house.path("data/log");
    let tiles = files(&log.join("tile"));
    assert!(tiles.len() >= 2, "{tiles:?}");
    for tile in tiles {
        let good = fs::read(&tile).unwrap();
        for at in [0, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[at] ^= 1;
            fs::write(&tile, &bad).unwrap();
            let report = house.json(1, &["log", "verify"]);
            assert_eq!(report["good"], false, "byte {at} of {}", tile.display());
        }
        fs::write(&tile, &good).unwrap();
    }
    house.verified();
}

#[test]
fn a_log_that_was_cut_off_is_found_with_a_kept_checkpoint() {
    let house = House::helpdesk();
    let running = house.up();
    some_calls(&house);
    assert_eq!(running.stop(), 0);
    let early = house.path("early");
    copy_folder(&house.path("data/log"), &early);
    let running = house.up();
    some_calls(&house);
    assert_eq!(running.stop(), 0);
    let kept = keep_checkpoint(&house, "kept");
    house.run(&["log", "verify", "--since-checkpoint", text(&kept)]).expect(0);

    // It is put back to what it was: by itself it is whole, and says what it cannot know.
    let log = house.path("data/log");
    fs::rename(&log, house.path("aside")).unwrap();
    copy_folder(&early, &log);
    house.run(&["log", "verify"]).expect(0);
    let told = house.run(&["log", "verify", "--since-checkpoint", text(&kept)]).expect(1).out;
    assert!(told.contains("THE LOG DOES NOT VERIFY."), "{told}");
    let report = house.json(1, &["log", "verify", "--since-checkpoint", text(&kept)]);
    assert_ne!(report["since_holds"], true, "{report}");

    // Even when it has grown past the kept checkpoint again: it is another log from there on.
    let running = house.up();
    some_calls(&house);
    some_calls(&house);
    assert_eq!(running.stop(), 0);
    house.run(&["log", "verify"]).expect(0);
    let report = house.json(1, &["log", "verify", "--since-checkpoint", text(&kept)]);
    assert_eq!(report["since_holds"], false, "{report}");
}

#[test]
fn a_tile_that_is_gone_is_found() {
    let (house, _) = written();
    for tile in files(&house.path("data/log/tile")) {
        let aside = house.path("aside");
        fs::rename(&tile, &aside).unwrap();
        assert_ne!(house.run(&["log", "verify"]).code, 0, "{}", tile.display());
        fs::rename(&aside, &tile).unwrap();
    }
    house.verified();
}

#[test]
fn a_rotated_key_vouches_for_the_next() {
    let house = House::helpdesk();
    let running = house.up();
    let first = fs::read_to_string(house.path("data/log.vkey")).unwrap();
    let decision = some_calls(&house);
    let second = house.json(0, &["log", "rotate-key"])["key"].as_str().unwrap().to_owned();
    assert_ne!(first.trim(), second);
    some_calls(&house);
    assert_eq!(running.stop(), 0);
    // At rest, too.
    let third = house.json(0, &["log", "rotate-key"])["key"].as_str().unwrap().to_owned();
    assert_ne!(second, third);
    // Whoever holds the first key needs no other.
    let report = house.json(0, &["log", "verify", "--key", first.trim()]);
    assert_eq!(report["keys"].as_array().unwrap().len(), 3, "{report}");
    let running = house.up();
    some_calls(&house);
    let (proof, entry) = (house.path("proof"), house.path("entry"));
    let words = ["log", "prove", &decision, "--out", text(&proof), "--entry", text(&entry)];
    wait_for("a checkpoint by the new key", || (house.run(&words).code == 0).then_some(()));
    assert_eq!(running.stop(), 0);
    let words = ["log", "check-proof", text(&proof), "--entry", text(&entry), "--key", &third];
    house.run(&words).expect(0);
    house.verified();
}

#[test]
fn a_backup_is_restored() {
    let house = House::helpdesk();
    let running = house.up();
    let decision = some_calls(&house);
    // A copy holds what is published, which trails the newest record by a second.
    wait_for("a checkpoint over the calls", || {
        (house.run(&["log", "prove", &decision]).code == 0).then_some(())
    });
    let (copy, resting) = (house.path("copy"), house.path("resting"));
    let copied = house.json(0, &["backup", text(&copy)]);
    assert!(copied["records"].as_u64().unwrap() > 40, "{copied}");
    some_calls(&house);
    assert_eq!(running.stop(), 0);
    house.json(0, &["backup", text(&resting)]);
    for file in files(&copy) {
        assert_ne!(file.file_name().unwrap(), "key", "the signing key is in the copy");
    }

    // Not over what is there.
    let (signing, verifier) = (house.path("signing"), house.path("verifier"));
    fs::copy(house.path("data/log/key"), &signing).unwrap();
    fs::copy(house.path("data/log.vkey"), &verifier).unwrap();
    let words = |from: &'static str| {
        let from = house.path(from);
        let words = ["restore", text(&from), "--signing-key", text(&signing), "--key"];
        words.into_iter().chain([text(&verifier)]).map(str::to_owned).collect::<Vec<_>>()
    };
    let ran = house.run(&words("copy"));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.err.contains("nothing was changed"), "{ran:?}");

    fs::rename(house.path("data"), house.path("lost")).unwrap();
    house.run(&words("copy")).expect(0);
    house.run(&["why", &decision]).expect(1);
    // Tokens are in no copy: on this machine a new admin is made.
    let made = house.json(0, &["operators", "new", "bea", "--role", "admin"]);
    fs::write(house.path("data/admin.token"), made["token"].as_str().unwrap()).unwrap();
    let running = house.up();
    some_calls(&house);
    assert_eq!(running.stop(), 0);
    house.verified();

    // A copy that was changed is not taken.
    fs::rename(house.path("data"), house.path("second")).unwrap();
    let tile = files(&house.path("resting/log/tile")).pop().unwrap();
    let mut bytes = fs::read(&tile).unwrap();
    bytes[0] ^= 1;
    fs::write(&tile, bytes).unwrap();
    assert_eq!(house.run(&words("resting")).code, 2);
}

#[test]
fn growth_is_told() {
    let house = House::helpdesk();
    let running = house.up();
    some_calls(&house);
    tell_growth(&house);
    assert_eq!(running.stop(), 0);
    tell_growth(&house);
}

fn tell_growth(house: &House) {
    let growth = house.json(0, &["log", "forecast"]);
    assert!(growth["used_bytes"].as_u64().unwrap() > 0, "{growth}");
    assert!(growth["free_bytes"].as_u64().unwrap() > 0, "{growth}");
    let told = house.run(&["log", "forecast"]).expect(0).out;
    assert!(told.contains("full in"), "{told}");
}

#[test]
fn queries_filter() {
    let (house, decision) = written();
    let tool = house.query(&["--tool", "get_customer"]);
    assert_eq!(tool.len(), 40);
    let denied = house.query(&["--decision", "denied", "--tool", "get_billing"]);
    assert_eq!(denied.len(), 1);
    assert_eq!(house.query(&["--exchange", &decision])[0], denied[0]);
    assert!(house.query(&["--agent", "chat-bot"]).is_empty());
    assert!(!house.query(&["--server", "helpdesk", "--kind", "decision"]).is_empty());
    let at = denied[0]["at_ns"].as_u64().unwrap() / 1_000_000;
    let (before, after) = (at.to_string(), (at + 1).to_string());
    assert_eq!(
        house.query(&["--tool", "get_billing", "--since", &before, "--until", &after]).len(),
        1
    );
    assert!(house.query(&["--tool", "get_billing", "--until", &before]).is_empty());
    assert!(house.query(&["--since", "2099-01-01T00:00:00Z"]).is_empty());
    assert_eq!(house.json(0, &["log", "query", "--limit", "3"]).as_array().unwrap().len(), 3);
    let told = house.run(&["log", "query", "--decision", "denied"]).expect(0).out;
    assert!(
        told.contains("helpdesk/get_billing (forbidden by no_agent_reads_tier_2_billing"),
        "{told}"
    );
    for words in [["--kind", "nonsense"], ["--since", "yesterday"], ["--exchange", "nonsense"]] {
        assert_eq!(house.run(&[&["log", "query"][..], &words[..]].concat()).code, 2, "{words:?}");
    }
}

#[test]
fn a_proof_waits_for_a_checkpoint_and_an_unknown_decision_has_none() {
    let house = House::helpdesk();
    let running = house.up();
    let decision = some_calls(&house);
    let printed = wait_for("a proof", || {
        let ran = house.run(&["--json", "log", "prove", &decision]);
        if ran.code != 0 {
            assert!(ran.err.contains("checkpoint"), "{ran:?}");
            return None;
        }
        Some(ran.json())
    });
    let by_index = house.json(0, &["log", "prove", &printed["index"].to_string()]);
    assert_eq!(by_index["index"], printed["index"]);
    for id in ["nonsense", "999999999"] {
        assert_eq!(house.run(&["log", "prove", id]).code, 2, "{id}");
    }
    drop(running);
}

#[test]
fn output_that_cannot_be_written_fails_the_command() {
    let house = House::helpdesk();
    house.key("a", "b", "default");
    let verbs: [&[&str]; 4] = [
        &["log", "checkpoint"],
        &["log", "query"],
        &["log", "query", "--json"],
        &["keys", "new", "--agent", "a", "--person", "b"],
    ];
    for words in verbs {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let child = house.command(words).stdout(full).stderr(Stdio::piped()).spawn().unwrap();
        let ended = child.wait_with_output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{words:?}: {told}");
        assert!(told.contains("standard output cannot be written"), "{words:?}: {told}");
    }
    // Who stops reading wants no more of it.
    let (read, write) = std::io::pipe().unwrap();
    drop(read);
    let ended = house.command(&["log", "query"]).stdout(write).status().unwrap();
    assert_eq!(ended.code(), Some(0));
}

#[test]
fn a_wrong_file_is_named_and_says_nothing_of_the_log() {
    let house = House::helpdesk();
    house.key("a", "b", "default");
    let told = |words: &[&str]| house.run(words).expect(2).err;
    let wrong = told(&["log", "verify", "--since-checkpoint", "bailiwick.toml"]);
    assert!(wrong.contains("bailiwick.toml is no checkpoint"), "{wrong}");
    for verb in ["verify", "query"] {
        let none = told(&["log", verb, "--directory", "nowhere"]);
        assert!(none.contains("there is no log in nowhere"), "{none}");
    }
    fs::write(house.path("there"), "").unwrap();
    let lines: [&[&str]; 5] = [
        &["log", "verify", "--since-checkpoint", "nofile"],
        &["log", "check-proof", "nofile", "--entry", "there"],
        &["log", "check-proof", "there", "--entry", "nofile"],
        &["log", "prove", "0", "--out", "nofile/x"],
        &["demo", "--directory", "there/nofile"],
    ];
    for words in lines {
        let told = told(words);
        assert!(told.contains("nofile"), "{words:?}: {told}");
    }
}

#[test]
fn a_query_that_finds_nothing_says_so() {
    let (house, _) = written();
    let empty = |words: &[&str]| {
        let Ran { out, err, .. } = house.run(words).expect(0);
        assert!(out.is_empty(), "{out}");
        err
    };
    let ada = empty(&["log", "query", "--person", "ada"]);
    assert!(ada.contains("no record matches; `ada` was looked for in tenant `default`"), "{ada}");
    assert!(empty(&["log", "query", "--agent", "nobody"]).contains("no record matches"));
    let found = house.run(&["log", "query", "--person", "ada", "--tenant", "acme"]).expect(0);
    assert!(!found.out.is_empty() && found.err.is_empty(), "{found:?}");
}

#[test]
fn keys_end_and_are_revoked_once() {
    let house = House::helpdesk();
    house.run(&["keys", "new", "--agent", "a", "--person", "b", "--days", "0"]).expect(2);
    let key = house.json(0, &["keys", "new", "--agent", "a", "--person", "b", "--days", "1"]);
    let listed = house.run(&["keys", "list"]).expect(0).out;
    assert!(listed.contains("until 2"), "{listed}");
    let id = key["id"].as_str().unwrap();
    house.run(&["keys", "revoke", id]).expect(0);
    let again = house.run(&["keys", "revoke", id]).expect(2);
    assert!(again.err.contains("is revoked already"), "{again:?}");
}
