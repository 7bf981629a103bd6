//! `cargo xtask test`: every test, with the real binary and the real peers.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::peers;
use crate::process::{self, answers, run};

/// Prepares what tests need, runs them all, and ends with the list of what had to be skipped.
pub(crate) fn test(root: &Path, words: &[&str]) -> Result<bool, String> {
    let strict = match *words {
        [] => std::env::var("CI").is_ok_and(|value| value == "true"),
        ["--ci"] => true,
        _ => return Err("test takes --ci or nothing".into()),
    };
    let mut missing = peers::for_tests(root, strict);
    let shared = shared(root);
    if !shared.join("corpora").is_dir() {
        missing.push(format!("the corpora: {} is not here", shared.join("corpora").display()));
    }
    for piece in &missing {
        eprintln!("\nMISSING: {piece}\n");
    }
    if strict && !missing.is_empty() {
        return Err(format!("nothing may be skipped here, and these are missing: {missing:#?}"));
    }
    run(process::cargo(root).args(["build", "--package", "bailiwick"]))?;
    for mut command in commands(root) {
        command.env("BAILIWICK_BIN", process::target_dir(root).join("debug/bailiwick"));
        command.env("BAILIWICK_PEERS", peers::folder(root)).env("BAILIWICK_SHARED", &shared);
        if strict {
            command.env("BAILIWICK_REQUIRE_ALL", "1");
        }
        run(&mut command)?;
    }
    if missing.is_empty() {
        println!("Skipped: nothing");
    } else {
        println!("Skipped: the tests that need\n  - {}", missing.join("\n  - "));
    }
    Ok(true)
}

/// The folder of corpora that are not ours to commit.
fn shared(root: &Path) -> PathBuf {
    std::env::var_os("BAILIWICK_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from)
}

/// Doctests first: nextest does not run them, and its summary belongs at the end.
fn commands(root: &Path) -> Vec<Command> {
    let mut doctests = process::cargo(root);
    doctests.args(["test", "--workspace", "--doc", "--quiet"]);
    let mut rest = process::cargo(root);
    if has_nextest(root) {
        rest.args(["nextest", "run", "--workspace", "--no-fail-fast"]);
    } else {
        eprintln!("\nMISSING: cargo-nextest; plain cargo test has no time limits\n");
        rest.args(["test", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"]);
    }
    vec![doctests, rest]
}

fn has_nextest(root: &Path) -> bool {
    let install = || {
        run(process::cargo(root).args(["install", "cargo-nextest", "--locked"]))
            .map_err(|why| eprintln!("xtask: {why}"))
            .is_ok()
    };
    answers("cargo", &["nextest", "--version"]) || install()
}
