//! How servers are started: is the program there, and is it always the same one.

use std::net::ToSocketAddrs as _;
use std::path::Path;

use bailiwick_contracts::unpinned;
use bailiwick_gateway::config::{Launch, ServerSettings};
use bailiwick_gateway::measured::resolved;

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
    let mut checks = vec![match resolved(program, folder, std::env::var_os("PATH")) {
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
