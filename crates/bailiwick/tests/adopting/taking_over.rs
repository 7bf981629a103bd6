//! `bailiwick init` as a person runs it, on a home of the test's own.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::support::process::{Ran, program};

const CURSOR: &str = "{\n  // mine\n  \"mcpServers\": {\n    \"files\": { \"command\": \"npx\", \
    \"args\": [\"-y\", \"server@1.2.3\"] },\n  },\n}\n";

fn home() -> (tempfile::TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().canonicalize().unwrap().join(".cursor/mcp.json");
    fs::create_dir(file.parent().unwrap()).unwrap();
    fs::write(&file, CURSOR).unwrap();
    (home, file)
}

/// The binary as it is for the person who lives there.
pub(super) fn at(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(program());
    command.args(arguments).current_dir(home).env("HOME", home);
    for name in ["BAILIWICK_CONFIG", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "CODEX_HOME"] {
        command.env_remove(name);
    }
    command
}

fn run(home: &Path, arguments: &[&str]) -> Ran {
    Ran::of(at(home, arguments).stdin(Stdio::null()))
}

#[test]
fn init_shows_asks_rewrites_and_undoes() {
    let (home, file) = home();
    let home = home.path();
    let shown = run(home, &["init", "--dry-run"]).expect(0).out;
    assert!(shown.contains("will go through Bailiwick as `files`"), "{shown}");
    assert!(shown.contains("@@ line 4 @@ mcpServers.files"), "{shown}");
    assert_eq!(fs::read_to_string(&file).unwrap(), CURSOR);

    // Nobody at the terminal is a no, and so is any other word than yes.
    let asked = run(home, &["init"]).expect(1);
    assert!(asked.err.contains("Rewrite 1 servers in 1 files"), "{asked:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), CURSOR);
    assert!(!home.join(".config").exists());

    let mut child = at(home, &["init"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(b"y\n").unwrap();
    assert!(child.wait().unwrap().success());
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains("// mine") && text.contains("\"wrap\""), "{text}");
    assert!(text.contains(&format!("\"command\": {:?}", program())), "{text}");
    let config = home.join(".config/bailiwick/bailiwick.toml");
    let checked = run(home, &["check", "--config", config.to_str().unwrap()]);
    checked.expect(0);

    let again = run(home, &["init", "--yes", "--json"]).expect(0).json();
    assert_eq!(again["done"], false, "{again}");
    assert_eq!(again["files"][0]["entries"][0]["state"], "governed", "{again}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);

    let back = run(home, &["init", "--undo", "--json"]).expect(0).json();
    assert_eq!(back[0]["state"], "restored", "{back}");
    assert_eq!(fs::read_to_string(&file).unwrap(), CURSOR);
    run(home, &["init", "--undo"]).expect(0);
}

#[test]
fn an_edit_since_is_refused_with_exit_code_1() {
    let (home, file) = home();
    let home = home.path();
    run(home, &["init", "--yes", "--days", "3"]).expect(0);
    let edited = fs::read_to_string(&file).unwrap().replace("// mine", "// still mine");
    fs::write(&file, &edited).unwrap();
    let refused = run(home, &["init", "--undo"]).expect(1);
    assert!(refused.out.contains("edited since: lines 2 to 2"), "{refused:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    run(home, &["init", "--undo", "--force"]).expect(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), CURSOR.replace("// mine", "// still mine"));
}

#[test]
fn any_other_file_can_be_named() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let nothing = run(home, &["init", "--yes"]).expect(0);
    assert!(nothing.out.contains("Name a file with --file"), "{nothing:?}");
    let file = home.join("mine.json");
    fs::write(&file, CURSOR).unwrap();
    run(home, &["init", "--yes", "--file", "mine.json"]).expect(0);
    assert!(fs::read_to_string(&file).unwrap().contains("wrap"));
    run(home, &["init", "--undo"]).expect(0);
    assert_eq!(fs::read_to_string(&file).unwrap(), CURSOR);
    run(home, &["init", "--file", "none.json"]).expect(2);
}
