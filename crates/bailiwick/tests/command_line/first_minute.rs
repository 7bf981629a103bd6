//! The first minute: the demo, a configuration that writes itself, help, and completions.

use std::fs;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::agent::Agent;
use crate::support::house::{House, free_port};
use crate::support::process::{Ran, program, run, wait_for};

const VERBS: [&str; 17] = [
    "demo",
    "up",
    "init",
    "wrap",
    "check",
    "doctor",
    "ask",
    "why",
    "policy",
    "contracts",
    "keys",
    "operators",
    "log",
    "status",
    "backup",
    "restore",
    "completions",
];

/// The binary in a folder, with nothing set.
fn here(folder: &std::path::Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(folder);
    command.env_remove("BAILIWICK_CONFIG").env_remove("BAILIWICK_OPERATOR_TOKEN");
    command.env("HOME", folder).env_remove("XDG_CONFIG_HOME");
    command
}

#[test]
fn the_demo_goes_as_told() {
    let folder = tempfile::tempdir().unwrap();
    let told = Ran::of(&mut here(folder.path(), &["demo", "--json"])).expect(0).json();
    assert_eq!(told["good"], true, "{told}");
    assert_eq!(told["not_as_told"], 0, "{told}");
    assert_eq!(told["log"]["good"], true, "{told}");
    assert_eq!(told["log"]["in_doubt"], 0, "{told}");
    assert!(told["permitted"].as_u64().unwrap() > 5, "{told}");
    assert!(told["denied"].as_u64().unwrap() > 5, "{told}");

    // Once more, in words, over what the first one left; and what it says to do next can be done.
    let words = Ran::of(&mut here(folder.path(), &["demo"])).expect(0).out;
    for word in ["e01_tier2_billing", "e04_refund_4821", "-> denied", "It verifies.", "next:"] {
        assert!(words.contains(word), "{word} is missing in {words}");
    }
    let next: Vec<&str> =
        words.lines().filter_map(|it| it.trim().strip_prefix("bailiwick ")).collect();
    assert!(next.len() >= 3, "{words}");
    for line in next.iter().filter(|it| !it.starts_with("demo")) {
        let words: Vec<&str> = line.split(' ').collect();
        let ran = Ran::of(&mut here(folder.path(), &words));
        let denied = line.starts_with("why");
        assert_eq!(ran.code, i32::from(denied), "{line}: {ran:?}");
    }

    // A folder that is not a demo's is left alone.
    fs::create_dir(folder.path().join("mine")).unwrap();
    fs::write(folder.path().join("mine/work.txt"), "dear").unwrap();
    let ran = Ran::of(&mut here(folder.path(), &["demo", "--directory", "mine"]));
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(folder.path().join("mine/work.txt").exists());
}

#[test]
fn a_demo_that_runs_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let told = fs::File::create(folder.path().join("told.txt")).unwrap();
    let mut serve = here(folder.path(), &["demo", "--serve"]);
    let mut serving = serve.stdout(Stdio::null()).stderr(told).spawn().unwrap();
    wait_for("the demo to serve", || {
        assert!(serving.try_wait().unwrap().is_none(), "it ended");
        let told = fs::read_to_string(folder.path().join("told.txt")).unwrap();
        told.contains("serving at").then_some(())
    });
    let edited = folder.path().join("bailiwick-demo/policies/mine.cedar");
    fs::write(&edited, "").unwrap();
    let second = Ran::of(&mut here(folder.path(), &["demo"])).expect(2);
    assert!(second.err.contains("a demo runs there: stop it"), "{second:?}");
    assert!(second.out.is_empty() && edited.exists(), "{second:?}");
    crate::support::process::signal(serving.id(), "INT");
    assert!(serving.wait().unwrap().success());
    let verify = ["log", "verify", "-c", "bailiwick-demo/bailiwick.toml"];
    Ran::of(&mut here(folder.path(), &verify)).expect(0);

    // Nor is one that was put up again by its configuration.
    let mut up = here(folder.path(), &["up", "-c", "bailiwick-demo/bailiwick.toml"]);
    let mut serving = up.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let status = ["status", "-c", "bailiwick-demo/bailiwick.toml"];
    wait_for("the gateway", || {
        assert!(serving.try_wait().unwrap().is_none(), "it ended");
        (Ran::of(&mut here(folder.path(), &status)).code == 0).then_some(())
    });
    Ran::of(&mut here(folder.path(), &["demo"])).expect(2);
    crate::support::process::signal(serving.id(), "TERM");
    assert!(serving.wait().unwrap().success());
    Ran::of(&mut here(folder.path(), &verify)).expect(0);
    // Now that nobody uses it, it is made anew.
    Ran::of(&mut here(folder.path(), &["demo", "--json"])).expect(0);
    assert!(!edited.exists());
}

#[test]
fn every_verb_uses_the_same_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join(".config/bailiwick/bailiwick.toml");
    let mut wrap = here(folder.path(), &["wrap", "--observe=2999-12-31", "--", "true"]);
    let wrapped = Ran::of(wrap.stdin(Stdio::null())).expect(0);
    let told = format!("log query --decision would-deny --config {}`", config.display());
    assert!(wrapped.err.contains(&told), "{wrapped:?}");
    // A gateway of this machine may serve at the usual address: nobody does at this one.
    let text = fs::read_to_string(&config).unwrap();
    let listen = format!("listen = \"127.0.0.1:{}\"", free_port());
    fs::write(&config, text.replace("# listen = \"127.0.0.1:8421\"", &listen)).unwrap();
    let verbs: [&[&str]; 6] = [
        &["check"],
        &["log", "verify"],
        &["log", "query"],
        &["log", "forecast"],
        &["keys", "list"],
        &["ask", "--agent", "a", "--person", "p", "--tool", "true/x"],
    ];
    for words in verbs {
        let ran = Ran::of(&mut here(folder.path(), words));
        let expected = i32::from(words[0] == "ask");
        assert_eq!(ran.code, expected, "{words:?}: {ran:?}");
    }
    let status = Ran::of(&mut here(folder.path(), &["status"])).expect(2);
    assert!(status.err.contains("no gateway answers"), "{status:?}");
    // What lies here comes first.
    fs::write(folder.path().join("bailiwick.toml"), "faulty").unwrap();
    assert_eq!(Ran::of(&mut here(folder.path(), &["check"])).code, 1);
}

#[test]
fn up_writes_a_configuration_that_serves() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("bailiwick.toml");
    let missing = Ran::of(&mut here(folder.path(), &["check"]));
    assert_eq!(missing.code, 1, "{missing:?}");
    assert!(missing.out.contains("`bailiwick up` writes"), "{missing:?}");

    // The usual addresses may be taken on this machine: what counts is what is written.
    let mut first =
        here(folder.path(), &["up"]).stdout(std::process::Stdio::null()).spawn().unwrap();
    let written = wait_for("the configuration", || {
        let ended = first.try_wait().unwrap().is_some();
        let up = folder.path().join("data/admin.token").exists();
        (ended || up).then(|| fs::read_to_string(&config).unwrap())
    });
    if first.try_wait().unwrap().is_none() {
        crate::support::process::signal(first.id(), "TERM");
    }
    first.wait().unwrap();
    assert!(written.lines().filter(|it| it.starts_with('#')).count() > 10, "{written}");
    let right = Ran::of(&mut here(folder.path(), &["check", "--json"])).expect(0).json();
    assert_eq!(right["right"], true, "{right}");
    assert_eq!(right["servers"][0]["name"], "helpdesk", "{right}");

    // Every option that is commented out can be put in force as it stands there.
    let (agents, operators) = (free_port(), free_port());
    let text = written.replace("# listen", "listen").replace("# data", "data");
    let text = text.replace("# policies =", "policies =").replace("# contracts", "contracts");
    let text = text.replace("# read =", "read =").replace("# write =", "write =");
    let text = text.replace("# regulated", "regulated").replace("# max_mib", "max_mib");
    let text = text.replace("# origin", "origin").replace("# withhold", "withhold");
    let text = text.replace("127.0.0.1:8420\"\n", &format!("127.0.0.1:{agents}\"\n"));
    let text = text.replace("127.0.0.1:8421\"\n", &format!("127.0.0.1:{operators}\"\n"));
    fs::write(&config, &text).unwrap();
    let right = Ran::of(&mut here(folder.path(), &["check", "--json"])).expect(0).json();
    assert_eq!(right["agents"], format!("127.0.0.1:{agents}"), "{right} of {text}");

    let log = fs::File::create(folder.path().join("told.txt")).unwrap();
    let mut serving = here(folder.path(), &["up"]).stdout(log).spawn().unwrap();
    let words = ["keys", "new", "--agent", "support-bot", "--person", "ada", "--tenant", "acme"];
    wait_for("the gateway", || {
        let status = Ran::of(&mut here(folder.path(), &["status", "--json"]));
        let listed = (status.code == 0).then(|| status.json()["servers"][0]["listed"] == true);
        listed.unwrap_or(false).then_some(())
    });
    let key = Ran::of(&mut here(folder.path(), &words)).expect(0).out;
    let address = format!("127.0.0.1:{agents}");
    let mut agent = Agent::open(&address, "helpdesk", key.trim());
    assert!(agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    assert_eq!(agent.call("get_billing", &json!({ "customer_id": "c_42" })).error().0, 403);
    crate::support::process::signal(serving.id(), "TERM");
    assert!(serving.wait().unwrap().success());
}

#[test]
fn every_verb_has_help() {
    let all = run(&["--help"]).expect(0).out;
    assert!(all.contains("Exit codes: 0 yes or done, 1 no"), "{all}");
    for verb in VERBS {
        assert!(all.lines().any(|it| it.trim_start().starts_with(verb)), "{verb} in {all}");
        let help = run(&[verb, "--help"]).expect(0).out;
        for word in ["Usage:", "--json", "--config"] {
            assert!(help.contains(word), "{verb}: {help}");
        }
    }
    for (words, key) in [
        (vec!["keys", "new"], "--agent"),
        (vec!["keys", "revoke"], "[ID]"),
        (vec!["operators", "new"], "auditor"),
        (vec!["log", "verify"], "--since-checkpoint"),
        (vec!["log", "prove"], "--entry"),
        (vec!["log", "check-proof"], "--key"),
        (vec!["log", "query"], "--decision"),
        (vec!["ask"], "--arguments"),
        (vec!["wrap"], "--secret-header"),
        (vec!["restore"], "--signing-key"),
    ] {
        let help = run(&[words.as_slice(), &["--help"]].concat()).expect(0).out;
        assert!(help.contains(key), "{words:?} lacks {key}: {help}");
    }
    assert!(run(&["--version"]).expect(0).out.starts_with("bailiwick "));
    // What is no command is no success.
    assert_eq!(run(&["no-such-verb"]).code, 2);
    assert_eq!(run::<&str>(&[]).code, 2);
}

#[test]
fn completions_are_made_for_shells() {
    for (shell, word) in [
        ("bash", "complete -F _bailiwick"),
        ("zsh", "#compdef bailiwick"),
        ("fish", "complete -c bailiwick"),
    ] {
        let script = run(&["completions", shell]).expect(0).out;
        assert!(script.contains(word), "{shell}: {script}");
        assert!(script.contains("operators") && script.contains("check-proof"), "{shell}");
    }
    assert_eq!(run(&["completions", "no-such-shell"]).code, 2);
    let house = House::helpdesk();
    let script = run(&["completions", "bash"]).out;
    fs::write(house.path("completions.bash"), script).unwrap();
    // Where bash is there, it can read what was made for it.
    if let Ok(status) = Command::new("bash").arg("-n").arg(house.path("completions.bash")).status()
    {
        assert!(status.success());
    }
}
