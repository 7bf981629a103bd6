//! CLIENTS: which programs call MCP servers, and where they write down which.

use std::path::PathBuf;

use super::machine::{Machine, System};
use super::read::Shape;

/// One kind of settings file.
struct Client {
    name: &'static str,
    shape: Shape,
    places: fn(&Machine) -> Vec<PathBuf>,
}

/// Objects of servers directly below `mcpServers`: what most clients agreed on.
const USUAL: Shape = Shape::Json(&[&["mcpServers"]]);

/// As shown to people. A file that two lines name belongs to the first.
const CLIENTS: &[Client] = &[
    Client {
        name: "Claude Desktop",
        shape: USUAL,
        // There is no official build for Linux; those that there are keep to this folder.
        places: |it| vec![it.settings.join("Claude/claude_desktop_config.json")],
    },
    Client {
        name: "Claude Code",
        shape: Shape::Json(&[&["mcpServers"], &["projects", "*", "mcpServers"]]),
        places: |it| vec![it.home.join(".claude.json"), it.project.join(".mcp.json")],
    },
    Client {
        name: "Cursor",
        shape: USUAL,
        places: |it| vec![it.home.join(".cursor/mcp.json"), it.project.join(".cursor/mcp.json")],
    },
    Client { name: "VS Code", shape: Shape::Json(&[&["servers"]]), places: vs_code },
    Client {
        name: "VS Code settings",
        shape: Shape::Json(&[&["mcp", "servers"]]),
        places: |it| {
            let mut files = flavours(it, "settings.json");
            files.push(it.project.join(".vscode/settings.json"));
            files
        },
    },
    Client {
        name: "Codex",
        shape: Shape::Toml(&["mcp_servers"]),
        places: |it| vec![it.codex.join("config.toml"), it.project.join(".codex/config.toml")],
    },
    Client {
        name: "Windsurf",
        shape: USUAL,
        places: |it| vec![it.home.join(".codeium/windsurf/mcp_config.json")],
    },
];

/// VS Code's files: for the person, for each profile, and for the project.
fn vs_code(machine: &Machine) -> Vec<PathBuf> {
    let mut files = flavours(machine, "mcp.json");
    let profiles = flavours(machine, "profiles");
    let listed = profiles.iter().filter_map(|it| std::fs::read_dir(it).ok()).flatten().flatten();
    let mut of_profiles: Vec<PathBuf> = listed.map(|it| it.path().join("mcp.json")).collect();
    of_profiles.sort();
    files.append(&mut of_profiles);
    files.push(machine.project.join(".vscode/mcp.json"));
    files
}

fn flavours(machine: &Machine, file: &str) -> Vec<PathBuf> {
    let of = |name: &str| machine.settings.join(name).join("User").join(file);
    ["Code", "Code - Insiders"].map(of).into()
}

/// A settings file that is there.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) client: &'static str,
    pub(crate) shape: Shape,
    /// The file itself, behind any link: a link that was replaced by a file would be a loss.
    pub(crate) file: PathBuf,
}

/// The settings files on a machine, and those that are named besides.
pub(crate) fn find(machine: &Machine, named: &[PathBuf]) -> std::io::Result<Vec<Found>> {
    let mut found: Vec<Found> = Vec::new();
    let mut add = |client, shape, file: PathBuf| {
        if !found.iter().any(|it| it.file == file) {
            found.push(Found { client, shape, file });
        }
    };
    for client in CLIENTS {
        for place in (client.places)(machine) {
            if let Ok(file) = place.canonicalize() {
                add(client.name, client.shape, file);
            }
        }
    }
    for file in named {
        let told = |it: std::io::Error| {
            std::io::Error::new(it.kind(), format!("{}: {it}", file.display()))
        };
        let is_toml = file.extension().is_some_and(|it| it == "toml");
        let shape = if is_toml { Shape::Toml(&["mcp_servers"]) } else { USUAL };
        add("named file", shape, file.canonicalize().map_err(told)?);
    }
    Ok(found)
}

impl std::fmt::Display for System {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Linux => "Linux",
            Self::MacOs => "macOS",
            Self::Windows => "Windows",
        })
    }
}
