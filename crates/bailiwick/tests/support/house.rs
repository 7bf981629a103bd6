//! A gateway of a test's own: a folder with configuration, policies and contracts, on free ports.

use std::cell::{Cell, RefCell};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::agent::Agent;
use super::http::{self, Reply};
use super::process::{self, Ran, wait_for};

/// What every gateway of these tests permits the gateway itself.
const CATALOGUE: &str = r#"
@id("catalogue_everywhere")
permit (
    principal == System::"catalogue",
    action in [Action::"discover", Action::"session"],
    resource
);
"#;

/// A folder in which a gateway may run.
pub(crate) struct House {
    folder: TempDir,
    agents: Cell<u16>,
    operators: Cell<u16>,
    /// More lines of `[agents]`, and the sections after `[operators]`.
    more: (String, String),
    /// What stands before the first section.
    top: RefCell<String>,
    /// What stands in the section of admission.
    admission: Cell<&'static str>,
    /// Where to listen.
    host: Cell<&'static str>,
}

/// A gateway that runs. It is killed when it goes out of scope.
pub(crate) struct Running {
    child: Option<Child>,
    told: PathBuf,
}

impl House {
    /// The helpdesk of the demo, with its contract, policies and entities.
    pub(crate) fn helpdesk() -> Self {
        Self::helpdesk_with("", "")
    }

    /// The helpdesk, with more lines of `[agents]` and more sections.
    pub(crate) fn helpdesk_with(agents: &str, sections: &str) -> Self {
        let program = process::program();
        let server = format!("[servers.helpdesk]\ncommand = [{program:?}, \"helpdesk\"]\n");
        let house = Self::new(agents, &(server + sections));
        house.add_helpdesk_rules();
        house
    }

    /// A gateway without servers or policies of its own, but for the gateway's.
    pub(crate) fn new(agents: &str, sections: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let more = (agents.to_owned(), sections.to_owned());
        let house = Self {
            folder,
            agents: Cell::new(0),
            operators: Cell::new(0),
            more,
            top: RefCell::default(),
            admission: Cell::new("open_until = \"2500-01-01\""),
            host: Cell::new("127.0.0.1"),
        };
        fs::create_dir(house.path("policies")).unwrap();
        fs::create_dir(house.path("contracts")).unwrap();
        fs::write(house.path("policies/catalogue.cedar"), CATALOGUE).unwrap();
        house.choose_ports();
        house
    }

    /// Write what the demo writes: the helpdesk's contract, policies and entities.
    pub(crate) fn add_helpdesk_rules(&self) {
        let from = manifest().join("src/helpdesk");
        fs::copy(from.join("contract.toml"), self.path("contracts/helpdesk.toml")).unwrap();
        for file in fs::read_dir(from.join("policies")).unwrap() {
            let file = file.unwrap();
            fs::copy(file.path(), self.path("policies").join(file.file_name())).unwrap();
        }
    }

    fn choose_ports(&self) {
        self.agents.set(free_port());
        self.operators.set(free_port());
        let (agents, sections) = &self.more;
        let (top, host, admission) = (self.top.borrow(), self.host.get(), self.admission.get());
        let (agents_port, operators_port) = (self.agents.get(), self.operators.get());
        let text = format!(
            "{top}[admission]\n{admission}\n\n[agents]\nlisten = \"{host}:{agents_port}\"\n{agents}\n\
             [operators]\nlisten = \"{host}:{operators_port}\"\n{sections}"
        );
        fs::write(self.path("bailiwick.toml"), text).unwrap();
    }

    /// Hold what nobody approved.
    pub(crate) fn closed(&self) {
        self.admission.set("");
        self.choose_ports();
    }

    /// Let policy refuse nothing until this day.
    pub(crate) fn shadow_until(&self, day: &str) {
        self.top.replace(format!("mode = \"shadow\"\nshadow_until = \"{day}\"\n\n"));
        self.choose_ports();
    }

    /// Let agents and operators come from other machines, in the clear.
    pub(crate) fn listen_everywhere(&self) {
        self.host.set("0.0.0.0");
        self.choose_ports();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn agents(&self) -> String {
        format!("127.0.0.1:{}", self.agents.get())
    }

    pub(crate) fn operators(&self) -> String {
        format!("127.0.0.1:{}", self.operators.get())
    }

    /// The binary with this house's configuration.
    pub(crate) fn command<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Command {
        let mut command = Command::new(process::program());
        command.args(arguments).current_dir(self.folder.path());
        command.env("BAILIWICK_CONFIG", self.path("bailiwick.toml"));
        command.env_remove("BAILIWICK_OPERATOR_TOKEN");
        command
    }

    /// Run a verb to its end.
    pub(crate) fn run<A: AsRef<OsStr>>(&self, arguments: &[A]) -> Ran {
        Ran::of(&mut self.command(arguments))
    }

    /// Run a verb with `--json` that must end with this code, and read what it prints.
    #[track_caller]
    pub(crate) fn json(&self, code: i32, arguments: &[&str]) -> Value {
        self.run(&[&["--json"][..], arguments].concat()).expect(code).json()
    }

    /// Start the gateway, and wait until it answers and its servers are listed.
    pub(crate) fn up(&self) -> Running {
        for _ in 0..5 {
            let mut running = self.launch();
            let answers = wait_for("the gateway to answer or to end", || {
                if running.ended().is_some() {
                    return Some(false);
                }
                let reply = self.operator("GET /readyz", &self.admin()?, "").ok()?;
                let servers = reply.json()["servers"].as_array()?.clone();
                servers.iter().all(|it| it["listed"] == true).then_some(true)
            });
            if answers {
                return running;
            }
            // Ports that were free a moment ago may be taken by now: try others.
            let told = running.told();
            assert!(told.contains("cannot be listened on"), "the gateway ended: {told}");
            self.choose_ports();
        }
        panic!("no free ports were found");
    }

    /// Start the gateway, and wait for nothing.
    pub(crate) fn launch(&self) -> Running {
        self.launch_as(self.command(&["up"]))
    }

    /// Start the gateway by this command, and wait for nothing.
    pub(crate) fn launch_as(&self, mut command: Command) -> Running {
        let told = self.path("told.txt");
        let file = File::options().create(true).append(true).open(&told).unwrap();
        command.stdin(Stdio::null()).stdout(file.try_clone().unwrap()).stderr(file);
        Running { child: Some(command.spawn().unwrap()), told }
    }

    /// The token of the first admin, once there is one.
    pub(crate) fn admin(&self) -> Option<String> {
        Some(fs::read_to_string(self.path("data/admin.token")).ok()?.trim().to_owned())
    }

    /// A request to the operators' listener.
    pub(crate) fn operator(&self, line: &str, token: &str, body: &str) -> std::io::Result<Reply> {
        let bearer = format!("Bearer {token}");
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let headers = if token.is_empty() { &[][..] } else { &headers[..] };
        http::send(&self.operators(), line, headers, body)
    }

    /// What `/readyz` says.
    pub(crate) fn readiness(&self) -> (u16, Value) {
        let reply = self.operator("GET /readyz", &self.admin().unwrap(), "").unwrap();
        (reply.status, reply.json())
    }

    /// Make a key with the command line.
    #[track_caller]
    pub(crate) fn key(&self, agent: &str, person: &str, tenant: &str) -> String {
        let words = ["keys", "new", "--agent", agent, "--person", person, "--tenant", tenant];
        self.json(0, &words)["key"].as_str().unwrap().to_owned()
    }

    /// A session of the support agent for Ada, of the tenant acme.
    pub(crate) fn support(&self) -> Agent {
        Agent::open(&self.agents(), "helpdesk", &self.key("support-bot", "ada", "acme"))
    }

    /// Decisions as `log query` tells them, oldest first.
    #[track_caller]
    pub(crate) fn query(&self, filter: &[&str]) -> Vec<Value> {
        let words = [&["log", "query", "--oldest", "--limit", "1000000"][..], filter].concat();
        self.json(0, &words).as_array().unwrap().clone()
    }

    /// What `log verify` says of a log that must be good.
    #[track_caller]
    pub(crate) fn verified(&self) -> Value {
        let report = self.json(0, &["log", "verify"]);
        assert_eq!(report["good"], true, "{report}");
        report
    }
}

impl Running {
    pub(crate) fn id(&self) -> u32 {
        self.child.as_ref().unwrap().id()
    }

    /// All that it has printed.
    pub(crate) fn told(&self) -> String {
        fs::read_to_string(&self.told).unwrap()
    }

    /// Its exit code, once it has ended.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        let status = self.child.as_mut().unwrap().try_wait().unwrap()?;
        Some(status.code().unwrap_or(-1))
    }

    /// Ask it to stop, wait until it has, and give back its exit code.
    #[track_caller]
    pub(crate) fn stop(mut self) -> i32 {
        process::signal(self.id(), "TERM");
        wait_for("the gateway to stop", || self.ended())
    }

    /// End it as a loss of power would, as far as a process can tell.
    pub(crate) fn kill(mut self) {
        self.end();
    }

    fn end(&mut self) {
        if let Some(mut child) = self.child.take() {
            // It may have ended by itself.
            let _ = child.kill();
            child.wait().unwrap();
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

/// The folder of the crate, as cargo says at run time.
pub(crate) fn manifest() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo names the folder"))
}

/// A port that nobody listens on just now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Copy a folder with all that is in it.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}
