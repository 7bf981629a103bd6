//! The gateway under test: the released binary, with keys, policies, a contract and its log.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::Part;
use crate::Done;

/// Two policies permit each call, one for the agent and one for the person it acts for; the third
/// lets the gateway list the server.
const POLICIES: &str = r#"
@id("catalogue")
permit (
    principal == System::"catalogue",
    action in [Action::"discover", Action::"session"],
    resource in Server::"bench"
);

@id("agents_read")
permit (
    principal == Agent::"bench-agent",
    action in [Action::"discover", Action::"session", Action::"read"],
    resource in Server::"bench"
);

@id("people_read")
permit (
    principal == Person::"bench-person",
    action in [Action::"discover", Action::"session", Action::"read"],
    resource in Server::"bench"
);
"#;

const CONTRACT: &str = "server = \"bench\"\n\n[tools.search_documents]\neffect = \"read\"\n";

/// A folder with all that a gateway needs, and the key of its agent.
pub(super) struct Site {
    config: PathBuf,
    pub(super) key: String,
}

impl Site {
    /// Write the configuration and make the key. `reads` is how firmly decisions on reads must
    /// stand before the call goes out.
    pub(super) fn new(folder: &Path, upstream: SocketAddr, reads: &str) -> Done<Self> {
        for part in ["policies", "contracts"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        let config = folder.join("bailiwick.toml");
        std::fs::write(
            &config,
            format!(
                "[agents]\nlisten = \"127.0.0.1:0\"\n\n[operators]\nlisten = \"127.0.0.1:0\"\n\n\
                 [durability]\nread = \"{reads}\"\n\n[servers.bench]\n\
                 url = \"http://{upstream}/mcp\"\n"
            ),
        )?;
        std::fs::write(folder.join("policies/bench.cedar"), POLICIES)?;
        std::fs::write(folder.join("contracts/bench.toml"), CONTRACT)?;
        let mut keys = command(&config)?;
        keys.args(["keys", "new", "--agent", "bench-agent", "--person", "bench-person"]);
        let made = keys.stderr(Stdio::null()).output()?;
        let key = String::from_utf8(made.stdout)?.trim().to_owned();
        if !made.status.success() || !key.starts_with("bwk_") {
            return Err(format!("no key could be made: {}", made.status).into());
        }
        Ok(Self { config, key })
    }

    /// Serve.
    pub(super) fn start(&self) -> Done<Part> {
        Part::telling(command(&self.config)?.arg("up"), |line| {
            let rest = line.strip_prefix("agents")?.trim().strip_prefix("http://")?;
            rest.split('/').next()?.parse().ok()
        })
    }
}

fn command(config: &Path) -> Done<Command> {
    let mut command = Command::new(binary()?);
    command.arg("--config").arg(config);
    Ok(command)
}

/// The binary under test.
pub(super) fn binary() -> Done<PathBuf> {
    let told = std::env::var_os("BAILIWICK_BIN").map(PathBuf::from);
    told.ok_or_else(|| "BAILIWICK_BIN names the binary: run this by `cargo xtask bench`".into())
}
