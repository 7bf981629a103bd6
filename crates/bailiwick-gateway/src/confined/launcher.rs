//! The launcher: takes the network from itself, hands over a listener, becomes the server. It runs
//! in a process of its own, with one thread.

use std::ffi::OsString;
use std::io::{Error, Result};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::os::fd::AsFd as _;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

use super::{Mechanism, handing};

/// Where programs look for a proxy: some in small letters, some in capitals.
const VARIABLES: [&str; 6] =
    ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

/// Become this command, confined. It comes back only to say why that failed; then nothing runs.
pub fn launch(by: Mechanism, words: &[OsString]) -> String {
    let Some((program, arguments)) = words.split_first() else {
        return "there is no command to confine".into();
    };
    let address = match confine(by) {
        Ok(address) => address,
        Err(problem) => {
            return format!("the network cannot be taken from it ({}): {problem}", by.word());
        }
    };
    let mut command = Command::new(program);
    command.args(arguments);
    for name in VARIABLES {
        command.env(name, format!("http://{address}"));
    }
    // Node asks the proxy only where it is told to.
    command.env("NODE_USE_ENV_PROXY", "1");
    // Whatever was left out would be asked for directly, which leads nowhere.
    command.env("NO_PROXY", "").env("no_proxy", "");
    let problem = command.exec();
    format!("`{}` cannot be started: {problem}", program.display())
}

fn confine(by: Mechanism) -> Result<SocketAddr> {
    let socket = std::io::stdin();
    let input = handing::take(socket.as_fd())?;
    if by == Mechanism::Namespace {
        enter_namespace()?;
    }
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    if by == Mechanism::Landlock {
        restrict(address.port())?;
    }
    handing::give(socket.as_fd(), listener.as_fd())?;
    // The listener goes with this program; who has it now is the gateway.
    rustix::stdio::dup2_stdin(input)?;
    Ok(address)
}

/// Leave the network for one that holds nothing. A user namespace is what permits it to everybody,
/// and keeps it from coming back.
#[cfg(target_os = "linux")]
pub(super) fn enter_namespace() -> Result<()> {
    use rustix::process::{getgid, getuid};
    use rustix::thread::UnshareFlags;

    let (user, group) = (getuid().as_raw(), getgid().as_raw());
    #[expect(
        deprecated,
        reason = "the name that is left is unsafe because of flags that are not used here"
    )]
    rustix::thread::unshare(UnshareFlags::NEWUSER | UnshareFlags::NEWNET)?;
    std::fs::write("/proc/self/setgroups", "deny")?;
    std::fs::write("/proc/self/uid_map", format!("{user} {user} 1"))?;
    std::fs::write("/proc/self/gid_map", format!("{group} {group} 1"))?;
    super::loopback::bring_up()
}

#[cfg(not(target_os = "linux"))]
pub(super) fn enter_namespace() -> Result<()> {
    Err(Error::from(std::io::ErrorKind::Unsupported))
}

/// Let this process and its descendants connect to one port only, over TCP.
#[cfg(target_os = "linux")]
pub(super) fn restrict(port: u16) -> Result<()> {
    use landlock::{
        ABI, Access as _, AccessNet, CompatLevel, Compatible as _, NetPort, Ruleset,
        RulesetAttr as _, RulesetCreatedAttr as _, Scope,
    };

    let restricted = || {
        let rules = Ruleset::default()
            .set_compatibility(CompatLevel::HardRequirement)
            .handle_access(AccessNet::ConnectTcp)?
            // Newer kernels keep it from sockets without a place and from others' processes, too.
            .set_compatibility(CompatLevel::BestEffort)
            .scope(Scope::from_all(ABI::V6))?
            .create()?;
        rules.add_rule(NetPort::new(port, AccessNet::ConnectTcp))?.restrict_self()
    };
    restricted().map(drop).map_err(|problem: landlock::RulesetError| Error::other(problem))
}

#[cfg(not(target_os = "linux"))]
pub(super) fn restrict(_: u16) -> Result<()> {
    Err(Error::from(std::io::ErrorKind::Unsupported))
}
