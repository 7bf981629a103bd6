//! Where clients keep their settings on each system.

use std::fs;
use std::path::PathBuf;

use super::super::{Machine, System, find};

/// Every place is found on that system, and belongs to that client.
#[track_caller]
fn check(system: System, variables: &[(&str, &str)], places: &[(&str, &str)]) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let home = root.join("home");
    let variable = |name: &str| -> Option<PathBuf> {
        let (_, value) = variables.iter().find(|(it, _)| *it == name)?;
        Some(root.join(value))
    };
    for (place, _) in places {
        let file = root.join(place);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "{}").unwrap();
    }
    let machine = Machine::new(system, &home, &root.join("work"), variable);
    let found = find(&machine, &[]).unwrap();
    let mut found: Vec<(String, &str)> = found
        .iter()
        .map(|it| (it.file.strip_prefix(&root).unwrap().display().to_string(), it.client))
        .collect();
    let mut expected: Vec<(String, &str)> =
        places.iter().map(|(place, client)| ((*place).to_owned(), *client)).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
}

/// What is the same everywhere.
const EVERYWHERE: [(&str, &str); 8] = [
    ("home/.claude.json", "Claude Code"),
    ("work/.mcp.json", "Claude Code"),
    ("home/.cursor/mcp.json", "Cursor"),
    ("work/.cursor/mcp.json", "Cursor"),
    ("work/.vscode/mcp.json", "VS Code"),
    ("work/.vscode/settings.json", "VS Code settings"),
    ("work/.codex/config.toml", "Codex"),
    ("home/.codeium/windsurf/mcp_config.json", "Windsurf"),
];

#[test]
fn on_linux() {
    let own = [
        ("home/.config/Claude/claude_desktop_config.json", "Claude Desktop"),
        ("home/.config/Code/User/mcp.json", "VS Code"),
        ("home/.config/Code/User/profiles/a1b2/mcp.json", "VS Code"),
        ("home/.config/Code - Insiders/User/mcp.json", "VS Code"),
        ("home/.config/Code/User/settings.json", "VS Code settings"),
        ("home/.codex/config.toml", "Codex"),
    ];
    check(System::Linux, &[], &[&EVERYWHERE[..], &own].concat());
}

#[test]
fn on_linux_with_folders_elsewhere() {
    let own = [
        ("xdg/Claude/claude_desktop_config.json", "Claude Desktop"),
        ("xdg/Code/User/mcp.json", "VS Code"),
        ("cx/config.toml", "Codex"),
    ];
    let variables = [("XDG_CONFIG_HOME", "xdg"), ("CODEX_HOME", "cx")];
    check(System::Linux, &variables, &[&EVERYWHERE[..], &own].concat());
}

#[test]
fn on_macos() {
    let own = [
        ("home/Library/Application Support/Claude/claude_desktop_config.json", "Claude Desktop"),
        ("home/Library/Application Support/Code/User/mcp.json", "VS Code"),
        ("home/Library/Application Support/Code/User/settings.json", "VS Code settings"),
        ("home/.codex/config.toml", "Codex"),
    ];
    check(System::MacOs, &[("XDG_CONFIG_HOME", "xdg")], &[&EVERYWHERE[..], &own].concat());
}

#[test]
fn on_windows() {
    let own = [
        ("home/AppData/Roaming/Claude/claude_desktop_config.json", "Claude Desktop"),
        ("home/AppData/Roaming/Code/User/mcp.json", "VS Code"),
        ("home/.codex/config.toml", "Codex"),
    ];
    check(System::Windows, &[], &[&EVERYWHERE[..], &own].concat());
    let moved = [("roaming/Code/User/mcp.json", "VS Code")];
    check(System::Windows, &[("APPDATA", "roaming")], &moved);
}

#[test]
fn a_link_is_followed_and_a_missing_file_that_was_named_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().canonicalize().unwrap();
    fs::write(home.join("real.json"), "{}").unwrap();
    std::os::unix::fs::symlink(home.join("real.json"), home.join(".claude.json")).unwrap();
    let machine = Machine::new(System::Linux, &home, &home, |_| None);
    let found = find(&machine, &[]).unwrap();
    assert_eq!(found[0].file, home.join("real.json"));
    let problem = find(&machine, &[home.join("none.json")]).unwrap_err();
    assert!(problem.to_string().contains("none.json"), "{problem}");
}
