//! The real servers and clients that tests talk to, pinned in `tests/peers`.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::process::{answers, run};

/// Written into what was installed, with the pins it was installed from.
const STAMP: &str = ".installed-from";

/// Where tests find the peers.
pub(crate) fn folder(root: &Path) -> PathBuf {
    root.join("tests/peers")
}

/// Installs the peers that tests need; names each that is not to be had.
///
/// With `may_fetch_tools` (a machine of its own, as in CI) Node.js and Python's venv are installed
/// when they are missing; a person's machine is left as it is.
pub(crate) fn for_tests(root: &Path, may_fetch_tools: bool) -> Vec<String> {
    let npm = npm(&folder(root), may_fetch_tools).map_err(|why| format!("the npm servers: {why}"));
    let python = venv(&folder(root), "venv", "requirements.txt", may_fetch_tools)
        .map_err(|why| format!("the Python SDK and servers: {why}"));
    let newer = venv(&folder(root), "venv-2", "requirements-2.txt", may_fetch_tools)
        .map_err(|why| format!("the Python SDK 2.x: {why}"));
    [npm, python, newer].into_iter().filter_map(Result::err).collect()
}

/// Installs what a benchmark compares with; says what is missing.
pub(crate) fn for_bench(root: &Path, name: &str) -> Vec<String> {
    let proxy = || {
        venv(&folder(root), "venv-bench", "requirements-bench.txt", false)
            .map_err(|why| format!("the proxy to compare with: {why}"))
    };
    let gateways = || {
        venv(&folder(root), "venv-gateways", "requirements-gateways.txt", false)
            .map_err(|why| format!("TensorZero and LiteLLM: {why}"))
    };
    let portkey =
        || npm(&folder(root).join("gateways"), false).map_err(|why| format!("Portkey: {why}"));
    let all = match name {
        "mcp" => vec![proxy()],
        "llm" => vec![proxy(), gateways(), portkey()],
        _ => Vec::new(),
    };
    all.into_iter().filter_map(Result::err).collect()
}

fn npm(folder: &Path, may_fetch_tools: bool) -> Result<(), String> {
    let pins = pins(folder, &["package.json", "package-lock.json"])?;
    let installed = folder.join("node_modules");
    if is_installed(&installed, &pins) {
        return Ok(());
    }
    if !answers("npm", &["--version"]) {
        apt(may_fetch_tools, "nodejs npm")?;
    }
    // Their install scripts are not ours to run: plain JavaScript needs none.
    let words = ["ci", "--no-audit", "--no-fund", "--ignore-scripts"];
    run(Command::new("npm").args(words).current_dir(folder))?;
    mark(&installed, &pins)
}

fn venv(folder: &Path, name: &str, pins_in: &str, may_fetch_tools: bool) -> Result<(), String> {
    let pins = pins(folder, &[pins_in])?;
    let installed = folder.join(name);
    if is_installed(&installed, &pins) {
        return Ok(());
    }
    if !answers("python3", &["-c", "import venv, ensurepip"]) {
        apt(may_fetch_tools, "python3 python3-venv")?;
    }
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&installed))?;
    let mut pip = Command::new(installed.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", pins_in]);
    run(pip.current_dir(folder))?;
    mark(&installed, &pins)
}

fn apt(allowed: bool, packages: &str) -> Result<(), String> {
    if !allowed {
        return Err(format!("install {packages} and run this again"));
    }
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    let mut command = Command::new("apt-get");
    command.args(["install", "-y", "-qq", "--no-install-recommends"]);
    command.args(packages.split(' ')).env("DEBIAN_FRONTEND", "noninteractive");
    run(&mut command)
}

fn pins(folder: &Path, names: &[&str]) -> Result<String, String> {
    let read = |name: &&str| {
        std::fs::read_to_string(folder.join(name)).map_err(|error| format!("{name}: {error}"))
    };
    names.iter().map(read).collect()
}

fn is_installed(folder: &Path, pins: &str) -> bool {
    std::fs::read_to_string(folder.join(STAMP)).is_ok_and(|stamp| stamp == pins)
}

fn mark(folder: &Path, pins: &str) -> Result<(), String> {
    std::fs::write(folder.join(STAMP), pins).map_err(|e| format!("{}: {e}", folder.display()))
}
