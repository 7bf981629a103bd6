//! The files of `packaging/`: what they name is there, and what they start understands them.

use std::fs;
use std::path::PathBuf;

use crate::support::house::manifest;
use crate::support::process::run;

fn root() -> PathBuf {
    manifest().join("../..").canonicalize().unwrap()
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap()
}

/// What stands behind a word at the beginning of each line that has it.
fn said<'t>(text: &'t str, word: &str) -> Vec<&'t str> {
    text.lines().filter_map(|it| it.trim().strip_prefix(word)).map(str::trim).collect()
}

/// The words of a JSON list, as the container file writes commands.
fn words(list: &str) -> Vec<String> {
    serde_json::from_str(list).unwrap()
}

/// The binary knows this verb and these options.
#[track_caller]
fn understood(words: &[&str]) {
    run(&[words, &["--help"]].concat()).expect(0);
}

#[test]
fn the_container_starts_what_it_builds() {
    let text = read("packaging/Containerfile");
    let workspace: toml::Table = read("Cargo.toml").parse().unwrap();
    let rust = workspace["workspace"]["package"]["rust-version"].as_str().unwrap();
    assert!(text.contains(&format!("/rust:{rust}-slim")), "{rust}");
    assert!(text.contains("--package bailiwick\n"));
    let copied = said(&text, "COPY --from=build ");
    assert_eq!(copied, ["/src/target/release/bailiwick /usr/local/bin/bailiwick"]);
    assert_eq!(words(said(&text, "ENTRYPOINT ")[0]), ["/usr/local/bin/bailiwick"]);
    // The first is that of the health check.
    let commands: Vec<_> = said(&text, "CMD ").into_iter().map(words).collect();
    assert_eq!(commands[0][0], "/usr/local/bin/bailiwick");
    for command in [&commands[0][1..], &commands[1]] {
        understood(&command.iter().map(String::as_str).collect::<Vec<_>>());
    }
    // Whatever is left out of the image's source is nothing that the build needs.
    for left_out in read("packaging/Containerfile.dockerignore").lines() {
        let needed = ["crates", "Cargo.toml", "Cargo.lock", "clippy.toml"];
        assert!(!needed.contains(&left_out), "{left_out}");
    }
    let page = read("docs/packaging.md");
    for said in ["/etc/bailiwick", "/var/lib/bailiwick", "8420"] {
        assert!(text.contains(said) && page.contains(said), "{said}");
    }
}

#[test]
fn the_service_starts_what_is_there() {
    let text = read("packaging/bailiwick.service");
    for word in ["ExecStartPre=", "ExecStart="] {
        let command = said(&text, word)[0].strip_prefix("/usr/local/bin/bailiwick ").unwrap();
        understood(&command.split(' ').collect::<Vec<_>>());
    }
    assert_eq!(said(&text, "Environment="), ["BAILIWICK_CONFIG=/etc/bailiwick/bailiwick.toml"]);
}
