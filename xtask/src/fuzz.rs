//! `cargo xtask fuzz`: libFuzzer on the stable toolchain.
//!
//! `cargo fuzz` wants nightly for `-Z sanitizer`; coverage alone needs only LLVM's pass, which
//! stable can switch on. Our code has no `unsafe`, so an address sanitizer would find little.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::process::{self, run};

/// Long enough to find what is shallow, short enough for a gate.
const SECONDS: u64 = 60;

/// What `cargo fuzz` sets, less the sanitizer.
const FLAGS: &[&str] = &[
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// What to fuzz, and for how long.
struct Plan<'a> {
    seconds: u64,
    only: Option<&'a str>,
}

/// Builds the targets and runs each for its time; stops at the first finding.
pub(crate) fn fuzz(root: &Path, words: &[&str]) -> Result<bool, String> {
    let plan = plan(words)?;
    let mut targets = targets(root)?;
    if let Some(only) = plan.only {
        targets.retain(|target| target == only);
        if targets.is_empty() {
            return Err(format!("fuzz/fuzz_targets has no {only}.rs"));
        }
    }
    let binaries = build(root, plan.only)?;
    for target in &targets {
        let mut command = session(root, &binaries, target)?;
        command.arg(format!("-max_total_time={}", plan.seconds));
        watch(&mut command).map_err(|why| {
            format!("{target}: {why}\nthe input is in fuzz/artifacts/{target}/; keep it as a seed")
        })?;
    }
    println!("fuzz: {} targets, {} s each, 0 findings", targets.len(), plan.seconds);
    Ok(true)
}

fn plan<'a>(words: &[&'a str]) -> Result<Plan<'a>, String> {
    match *words {
        [] => Ok(Plan { seconds: SECONDS, only: None }),
        ["--seconds", seconds, ref rest @ ..] => {
            let seconds = seconds.parse().map_err(|_| format!("{seconds} is not a number"))?;
            Ok(Plan { seconds, only: plan(rest)?.only })
        }
        [target, ref rest @ ..] if !target.starts_with('-') => {
            Ok(Plan { only: Some(target), ..plan(rest)? })
        }
        [other, ..] => Err(format!("fuzz takes [--seconds N] [TARGET], not {other}")),
    }
}

fn targets(root: &Path) -> Result<Vec<String>, String> {
    let folder = root.join("fuzz/fuzz_targets");
    let told = |error| format!("cannot list {}: {error}", folder.display());
    let mut targets = Vec::new();
    for entry in std::fs::read_dir(&folder).map_err(told)? {
        let path = entry.map_err(told)?.path();
        let is_rust = path.extension().is_some_and(|ending| ending == "rs");
        if let (true, Some(stem)) = (is_rust, path.file_stem().and_then(|stem| stem.to_str())) {
            targets.push(stem.to_owned());
        }
    }
    targets.sort();
    Ok(targets)
}

/// Builds for the host by name: then the flags reach our crates and theirs, but neither build
/// scripts nor macros. Not `--locked`: the lock of this workspace follows our manifests by itself.
fn build(root: &Path, only: Option<&str>) -> Result<PathBuf, String> {
    let host = host()?;
    let target_dir = process::target_dir(root).join("fuzz");
    let mut command = process::cargo(root);
    command.args(["build", "--release", "--manifest-path", "fuzz/Cargo.toml"]);
    command.args(["--target", &host]).env("CARGO_TARGET_DIR", &target_dir);
    command.env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}")).env_remove("RUSTFLAGS");
    match only {
        Some(target) => command.args(["--bin", target]),
        None => command.arg("--bins"),
    };
    run(&mut command)?;
    Ok(target_dir.join(host).join("release"))
}

fn host() -> Result<String, String> {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let told = process::capture(Command::new(rustc).arg("-vV"))?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| "rustc does not name its host".into())
}

/// One run of one target, with what was found before and the corpora of our crates as seeds.
fn session(root: &Path, binaries: &Path, target: &str) -> Result<Command, String> {
    let found = root.join("fuzz/corpus").join(target);
    let artifacts = root.join("fuzz/artifacts").join(target);
    for folder in [&found, &artifacts] {
        std::fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    }
    let mut command = Command::new(binaries.join(target));
    command.current_dir(root).arg(&found).args(seeds(root, target)?);
    command.args([
        "-timeout=10",
        "-rss_limit_mb=2048",
        "-max_len=65536",
        "-verbosity=0",
        "-print_final_stats=1",
    ]);
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    Ok(command)
}

/// Runs a target and passes on what it says, without the pages of words that libFuzzer would
/// like to have in a dictionary.
fn watch(command: &mut Command) -> Result<(), String> {
    eprintln!("xtask: {}", process::shown(command));
    let mut child = command.stderr(Stdio::piped()).spawn().map_err(|error| error.to_string())?;
    for line in child.stderr.take().into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n')) {
        let line = line.map_err(|error| error.to_string())?;
        if !(line.starts_with(b"\"") || line.starts_with(b"######")) {
            eprintln!("{}", String::from_utf8_lossy(&line));
        }
    }
    let status = child.wait().map_err(|error| error.to_string())?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}

fn seeds(root: &Path, target: &str) -> Result<Vec<PathBuf>, String> {
    let crates = std::fs::read_dir(root.join("crates")).map_err(|e| format!("crates: {e}"))?;
    let corpora = crates.filter_map(|entry| Some(entry.ok()?.path().join("corpus").join(target)));
    Ok(corpora.filter(|folder| folder.is_dir()).collect())
}
