//! Adoption on a machine of a test's own: six clients' files as people have them.

mod faults;
mod rewriting;
mod systems;
mod undoing;

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::{Journal, Machine, Ours, Plan, RealDisk, System, Wrapping, carry_out, find};

/// What each client has, and where on Linux.
const FILES: [(&str, &str); 6] = [
    (".config/Claude/claude_desktop_config.json", "claude_desktop.json"),
    (".claude.json", "claude_code.json"),
    (".cursor/mcp.json", "cursor.json"),
    (".config/Code/User/mcp.json", "vs_code.json"),
    (".codex/config.toml", "codex.toml"),
    (".codeium/windsurf/mcp_config.json", "windsurf.json"),
];

fn corpus(name: &str) -> String {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets it");
    fs::read_to_string(PathBuf::from(here).join("corpus/adoption").join(name)).unwrap()
}

/// A home with all six clients in it.
struct Home {
    folder: TempDir,
    machine: Machine,
}

impl Home {
    fn new() -> Self {
        Self::with(|text| text)
    }

    /// The same, each file made into something else first.
    fn with(made: impl Fn(String) -> String) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().canonicalize().unwrap();
        for (place, name) in FILES {
            let file = home.join(place);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, made(corpus(name))).unwrap();
        }
        let machine = Machine::new(System::Linux, &home, &home.join("project"), |_| None);
        Self { folder, machine }
    }

    fn plan(&self) -> Plan {
        let ours =
            Ours { program: "/opt/b/bailiwick".into(), config: "/srv/b/bailiwick.toml".into() };
        let wrapping = Wrapping { ours, until: "2026-12-06".into() };
        let found = find(&self.machine, &[]).unwrap();
        Plan::make(&found, &wrapping, &Journal::secrets(&self.machine.journal))
    }

    fn adopt(&self) {
        carry_out(&RealDisk, &self.machine.journal, &self.plan()).unwrap();
    }

    fn file(&self, place: &str) -> PathBuf {
        self.folder.path().canonicalize().unwrap().join(place)
    }

    /// Every client's file, byte for byte.
    fn files(&self) -> Vec<Vec<u8>> {
        FILES.iter().map(|(place, _)| fs::read(self.file(place)).unwrap()).collect()
    }

    /// Every file below the home.
    fn all(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        below(self.folder.path(), &mut found);
        found
    }
}

fn below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { below(&path, found) } else { found.push(path) }
    }
}
