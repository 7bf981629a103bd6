//! `cargo xtask bench`: builds everything optimised and runs one benchmark.

use std::path::Path;

use crate::peers;
use crate::process::{self, capture, run};

/// Runs one benchmark. With `--json` standard output gets one flat object and nothing else.
pub(crate) fn bench(root: &Path, words: &[&str]) -> Result<bool, String> {
    match *words {
        ["--list"] => run(&mut driver(root, &["--list"]))?,
        [name, ..] if !name.starts_with('-') && words.contains(&"--json") => {
            let told = capture(&mut prepared(root, name, words)?)?;
            println!("{}", flat(&told)?);
        }
        [name, ..] if !name.starts_with('-') => run(&mut prepared(root, name, words)?)?,
        ["--json", name] => return bench(root, &[name, "--json"]),
        _ => return Err("bench takes NAME [--json] [OPTIONS], or --list".into()),
    }
    Ok(true)
}

fn driver(root: &Path, words: &[&str]) -> std::process::Command {
    let mut command = process::cargo(root);
    command.args(["run", "--quiet", "--release", "--package", "bailiwick-bench", "--"]);
    command.args(words);
    command
}

/// The driver, with the optimised binary built and the programs to compare with installed.
fn prepared(root: &Path, name: &str, words: &[&str]) -> Result<std::process::Command, String> {
    let mut build = process::cargo(root);
    run(build.args(["build", "--release", "--package", "bailiwick"]))?;
    let binary = process::target_dir(root).join("release/bailiwick");
    for missing in peers::for_bench(root, name) {
        eprintln!("\nMISSING: {missing}\n");
    }
    let mut command = driver(root, words);
    command.env("BAILIWICK_BIN", binary).env("BAILIWICK_PEERS", peers::folder(root));
    Ok(command)
}

/// The one object in `told`, on one line.
fn flat(told: &str) -> Result<String, String> {
    let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(told)
        .map_err(|error| format!("the benchmark did not print one JSON object: {error}"))?;
    if let Some((key, _)) = object.iter().find(|(_, value)| value.is_object() || value.is_array()) {
        return Err(format!("the benchmark's object is not flat at `{key}`"));
    }
    Ok(serde_json::Value::Object(object).to_string())
}

#[cfg(test)]
mod tests {
    use super::flat;

    #[test]
    fn only_one_flat_object_is_passed_on() {
        assert_eq!(flat("{\"ns_10\": 1.5}\n").as_deref(), Ok("{\"ns_10\":1.5}"));
        for bad in ["", "1", "{} {}", "built\n{}", "{\"a\":{}}", "{\"a\":[1]}"] {
            assert!(flat(bad).is_err(), "{bad}");
        }
    }
}
