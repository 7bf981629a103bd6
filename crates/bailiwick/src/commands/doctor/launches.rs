//! How servers are started: is the program there, and is it always the same one.

use std::net::ToSocketAddrs as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use bailiwick_contracts::unpinned;
use bailiwick_gateway::config::{Launch, ServerSettings};

use super::check::Check;

/// What is there to say of a configured server.
pub(super) fn of_server(server: &ServerSettings) -> Vec<Check> {
    match &server.launch {
        Launch::Child { program, arguments, directory, .. } => {
            let words = std::iter::once(program).chain(arguments).cloned().collect::<Vec<_>>();
            of_command(server.name.as_str(), &words, directory)
        }
        Launch::Http(address, _) => {
            let host = address.host().unwrap_or_default().trim_matches(['[', ']']);
            let found = (host, address.port_u16().unwrap_or(443)).to_socket_addrs();
            let name = &server.name;
            vec![if found.is_ok_and(|mut it| it.next().is_some()) {
                Check::good("server", format!("{name}: {host} has an address"))
            } else {
                let advice = "mend its url, or this machine's names";
                Check::bad("server", format!("{name}: nobody knows the address of {host}"), advice)
            }]
        }
    }
}

/// What is there to say of a server that a command starts.
pub(super) fn of_command(name: &str, words: &[String], folder: &Path) -> Vec<Check> {
    let Some(program) = words.first() else {
        let advice = "put its command after `--`";
        return vec![Check::bad("server", format!("{name}: it has no command"), advice)];
    };
    let mut checks = vec![match resolve(program, folder) {
        Some(file) => Check::good("server", format!("{name}: {}", file.display())),
        None => {
            let what = format!("{name}: there is no program `{program}`");
            Check::bad("server", what, "install it, or write its whole path")
        }
    }];
    if let Some(found) = unpinned(words) {
        let what = format!("{name}: `{}` is whatever its registry holds that day", found.package);
        checks.push(Check::warning("server", what, found.advice()));
    }
    checks
}

/// The file that a program's name means.
fn resolve(program: &str, folder: &Path) -> Option<PathBuf> {
    let runs = |it: &PathBuf| {
        std::fs::metadata(it).is_ok_and(|it| it.is_file() && it.permissions().mode() & 0o111 != 0)
    };
    if program.contains('/') {
        return Some(folder.join(program)).filter(runs);
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|it| it.join(program)).find(runs)
}
