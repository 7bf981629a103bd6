//! How servers are started: is the program there, and is it always the same one.

use std::net::ToSocketAddrs as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

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
    if let Some(what) = unpinned(words) {
        let advice = "name one version, such as package@1.2.3 or package==1.2.3";
        let what = format!("{name}: `{what}` is whatever its registry holds that day");
        checks.push(Check::warning("server", what, advice));
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

/// What a command fetches without saying which version.
fn unpinned(words: &[String]) -> Option<String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    // On Windows, npx is started by a shell.
    let words = match words.as_slice() {
        ["cmd" | "cmd.exe", "/c" | "/C", rest @ ..] => rest,
        all => all,
    };
    let (program, rest) = words.split_first()?;
    let program = Path::new(program).file_stem()?.to_str()?;
    match (program, rest) {
        ("npx" | "bunx", rest)
        | ("npm", ["exec" | "x", rest @ ..])
        | ("pnpm" | "yarn" | "bun", ["dlx" | "x", rest @ ..]) => {
            let named = named(rest, &["-p", "--package"])?;
            let version = named.get(1..)?.rsplit_once('@').map(|(_, it)| it);
            (!is_local(named) && !version.is_some_and(is_exact)).then(|| named.to_owned())
        }
        ("uvx", rest) | ("uv", ["tool", "run", rest @ ..]) | ("pipx", ["run", rest @ ..]) => {
            let named = named(rest, &["--from", "--spec"])?;
            let version = named.split_once("==").or_else(|| named.split_once('@'));
            (!is_local(named) && !version.is_some_and(|(_, it)| is_exact(it)))
                .then(|| named.to_owned())
        }
        ("docker" | "podman", ["run", rest @ ..]) => {
            rest.iter().find(|it| it.ends_with(":latest")).map(|it| (*it).to_owned())
        }
        _ => None,
    }
}

/// The package: as an option says, else the first word that is none.
fn named<'w>(words: &[&'w str], options: &[&str]) -> Option<&'w str> {
    let by_option = words.windows(2).find_map(|pair| match pair {
        [option, value] if options.contains(option) => Some(*value),
        _ => None,
    });
    let joined = words.iter().find_map(|it| {
        let (option, value) = it.split_once('=')?;
        options.contains(&option).then_some(value)
    });
    let first = || words.iter().copied().find(|it| !it.starts_with('-'));
    by_option.or(joined).or_else(first)
}

fn is_local(package: &str) -> bool {
    package.starts_with(['.', '/', '~'])
}

/// Whether a version names one release: `1.2.3`, not `1`, `^1.2.3` or `latest`.
fn is_exact(version: &str) -> bool {
    let begins = version.starts_with(|it: char| it.is_ascii_digit());
    let plain = version.chars().all(|it| it.is_ascii_alphanumeric() || ".-+".contains(it));
    begins && plain && version.matches('.').count() >= 2 && !version.contains(".x")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(command: &str, expected: Option<&str>) {
        let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
        assert_eq!(unpinned(&words).as_deref(), expected, "{command}");
    }

    #[test]
    fn launches_that_name_no_version_are_named() {
        for (command, package) in [
            ("npx -y @scope/server", "@scope/server"),
            ("npx server@latest", "server@latest"),
            ("npx -y server@1", "server@1"),
            ("npx -y server@^1.2.3", "server@^1.2.3"),
            ("cmd /c npx -y server", "server"),
            ("/usr/bin/npx server", "server"),
            ("npx --package=server run", "server"),
            ("uvx mcp-server-git", "mcp-server-git"),
            ("uvx --from mcp-server-git==1.2.0 mcp-server-git", ""),
            ("uv tool run mcp@latest", "mcp@latest"),
            ("docker run -i mcp/git:latest", "mcp/git:latest"),
        ] {
            check(command, Some(package).filter(|it| !it.is_empty()));
        }
        for command in [
            "npx -y @scope/server@2026.8.31 /srv",
            "npx -y -p server@1.2.3 run",
            "npx ./server",
            "uvx mcp-server-git==1.2.0",
            "uvx mcp-server-git@1.2.0",
            "node server.js",
            "docker run -i mcp/git:1.2.3",
        ] {
            check(command, None);
        }
    }
}
