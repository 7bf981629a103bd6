//! The gateway under test: the released binary, with keys, policies, a contract and its log.

use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::Done;
use crate::process::{self, Part};

/// For each server: two policies permit each call, one for the agent and one for the person it acts
/// for; the third lets the gateway list the server.
const POLICIES: &str = r#"
@id("catalogue_NAME")
permit (
    principal == System::"catalogue",
    action in [Action::"discover", Action::"session"],
    resource in Server::"NAME"
);

@id("agents_read_NAME")
permit (
    principal == Agent::"bench-agent",
    action in [Action::"discover", Action::"session", Action::"read"],
    resource in Server::"NAME"
);

@id("people_read_NAME")
permit (
    principal == Person::"bench-person",
    action in [Action::"discover", Action::"session", Action::"read"],
    resource in Server::"NAME"
);
"#;

/// What is said of the tool where nothing more is.
pub(crate) const TOOL: &str = "[tools.search_documents]\neffect = \"read\"\n";

/// What a gateway is to serve.
pub(crate) struct Plan<'p> {
    /// The servers: names and addresses.
    pub(crate) servers: &'p [(String, String)],
    /// More of its configuration.
    pub(crate) settings: &'p str,
    /// What the contract of each says of its tools.
    pub(crate) tools: &'p str,
}

/// A folder with all that a gateway needs, and the key of its agent.
pub(crate) struct Site {
    config: PathBuf,
    pub(crate) key: String,
    names: Vec<String>,
}

impl Site {
    /// Write the configuration and make the key.
    pub(crate) fn new(folder: &Path, plan: &Plan<'_>) -> Done<Self> {
        for part in ["policies", "contracts"] {
            std::fs::create_dir_all(folder.join(part))?;
        }
        let config = folder.join("bailiwick.toml");
        // A port that was free a moment ago: commands look for the gateway where it is said to be.
        let operators = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
        let mut text = format!(
            "[admission]\nopen_until = \"2500-01-01\"\n\n\
             [agents]\nlisten = \"127.0.0.1:0\"\n\n[operators]\nlisten = \"{operators}\"\n\n{}\n",
            plan.settings
        );
        let names = plan.servers.iter().map(|(name, _)| name.clone()).collect();
        for (name, url) in plan.servers {
            let _ = writeln!(text, "[servers.{name}]\nurl = \"{url}\"\n");
            let policies = POLICIES.replace("NAME", name);
            std::fs::write(folder.join(format!("policies/{name}.cedar")), policies)?;
            let contract = format!("server = \"{name}\"\n\n{}", plan.tools);
            std::fs::write(folder.join(format!("contracts/{name}.toml")), contract)?;
        }
        std::fs::write(&config, text)?;
        let mut keys = command(&config)?;
        keys.args(["keys", "new", "--agent", "bench-agent", "--person", "bench-person"]);
        let made = keys.stderr(Stdio::null()).output()?;
        let key = String::from_utf8(made.stdout)?.trim().to_owned();
        if !made.status.success() || !key.starts_with("bwk_") {
            return Err(format!("no key could be made: {}", made.status).into());
        }
        Ok(Self { config, key, names })
    }

    /// The binary with this site's configuration.
    pub(crate) fn command(&self) -> Done<Command> {
        command(&self.config)
    }

    /// Serve.
    pub(crate) fn start(&self) -> Done<Part> {
        self.start_on(None)
    }

    /// The same, on one core alone.
    pub(crate) fn start_on(&self, core: Option<usize>) -> Done<Part> {
        let mut command = self.command()?;
        command.arg("up");
        Part::telling(&mut process::on_core(command, core), |line| {
            let rest = line.strip_prefix("agents")?.trim().strip_prefix("http://")?;
            rest.split('/').next()?.parse().ok()
        })
    }
}

impl Site {
    /// Approve every tool that the servers of a gateway that serves show.
    pub(crate) fn approve(&self) -> Done {
        for name in &self.names {
            let mut approve = self.command()?;
            approve.args(["contracts", "approve", name, "--all", "--why", "measured"]);
            let said = approve.output()?;
            if !said.status.success() {
                let why = String::from_utf8_lossy(&said.stderr);
                return Err(format!("the tools of {name} could not be approved: {why}").into());
            }
        }
        Ok(())
    }
}

fn command(config: &Path) -> Done<Command> {
    let mut command = Command::new(binary()?);
    command.arg("--config").arg(config);
    Ok(command)
}

/// The binary under test.
pub(crate) fn binary() -> Done<PathBuf> {
    let told = std::env::var_os("BAILIWICK_BIN").map(PathBuf::from);
    told.ok_or_else(|| "BAILIWICK_BIN names the binary: run this by `cargo xtask bench`".into())
}
