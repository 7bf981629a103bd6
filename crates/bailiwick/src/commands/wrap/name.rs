//! What to call a server of which only the command or the address is known.

use std::path::Path;

/// Programs that run another, which is named by their first argument that is no option.
const RUNNERS: &[&str] = &[
    "bun", "bunx", "deno", "node", "npm", "npx", "pipx", "pnpm", "python", "python3", "tsx", "uv",
    "uvx", "yarn",
];
/// Words of runners that name nothing.
const VERBS: &[&str] = &["dlx", "exec", "run", "tool", "x"];
/// Files and folders that every package has.
const EVERYWHERE: &[&str] = &[
    "app",
    "bin",
    "build",
    "cli",
    "dist",
    "index",
    "lib",
    "main",
    "mcp",
    "node_modules",
    "out",
    "server",
    "src",
    "start",
];

/// A name for the server that a command starts; `None` when nothing in it could be one.
pub(super) fn of_command(command: &[String]) -> Option<String> {
    let (program, arguments) = command.split_first()?;
    let runs = stem(program);
    let is_runner = RUNNERS.contains(&runs) || runs.starts_with("python3.");
    let what = arguments.iter().find(|it| !it.starts_with('-') && !VERBS.contains(&it.as_str()));
    let what = if is_runner { what.unwrap_or(program) } else { program };
    // From the end: `.../server-memory/dist/index.js` is the memory server's.
    let mut parts = what.rsplit(['/', '\\']).map(plain);
    parts.find(|it| !it.is_empty() && !EVERYWHERE.contains(&it.as_str()))
}

/// A name for the server at an address: of `https://mcp.linear.app/mcp` it is `linear`.
pub(super) fn of_address(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?.rsplit('@').next()?.split(':').next()?;
    let is_name = host.contains(|it: char| it.is_ascii_alphabetic());
    let mut parts = host.split('.').filter(|it| !["api", "mcp", "www"].contains(it));
    parts.next().filter(|_| is_name).map(plain).filter(|it| !it.is_empty())
}

fn stem(path: &str) -> &str {
    Path::new(path).file_stem().and_then(|it| it.to_str()).unwrap_or(path)
}

/// A part of a path or package without version, ending and the words that all servers share.
fn plain(part: &str) -> String {
    let part = part.split_once('@').map_or(part, |(name, _)| name);
    let part = part.split_once("==").map_or(part, |(name, _)| name);
    let mut name = [".js", ".mjs", ".cjs", ".ts", ".py", ".exe"]
        .iter()
        .find_map(|it| part.strip_suffix(it))
        .unwrap_or(part);
    for prefix in ["mcp-server-", "server-", "mcp-", "mcp_server_", "mcp_"] {
        name = name.strip_prefix(prefix).unwrap_or(name);
    }
    for suffix in ["-mcp-server", "-server", "-mcp", "_mcp", "_server"] {
        name = name.strip_suffix(suffix).unwrap_or(name);
    }
    let word = |it: char| if it.is_ascii_alphanumeric() { it } else { '-' };
    let name: String = name.chars().map(word).take(64).collect();
    name.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_at_addresses_are_named_by_their_hosts() {
        for (url, name) in [
            ("https://mcp.linear.app/mcp", Some("linear")),
            ("https://crm.example:8443/mcp", Some("crm")),
            ("http://localhost:3845/mcp", Some("localhost")),
            ("http://127.0.0.1/mcp", None),
            ("http://[::1]:80/mcp", None),
            ("nowhere", None),
        ] {
            assert_eq!(of_address(url).as_deref(), name, "{url}");
        }
    }

    #[test]
    fn servers_are_named_as_people_name_them() {
        for (command, name) in [
            ("npx -y @modelcontextprotocol/server-filesystem@2026.8.31 /srv", "filesystem"),
            ("npx -y some-mcp@latest", "some"),
            ("node /opt/node_modules/@scope/server-memory/dist/index.js", "memory"),
            ("uvx mcp-server-git --repository .", "git"),
            ("uv tool run mcp-server-time==2.0", "time"),
            ("python3.12 -m mcp_server_fetch", "fetch"),
            ("/usr/local/bin/github-mcp-server stdio", "github"),
            ("/opt/bailiwick helpdesk", "bailiwick"),
            ("C:\\tools\\notes.exe", "notes"),
            ("./a.b_c/run", "run"),
        ] {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(of_command(&words).as_deref(), Some(name), "{command}");
        }
        for command in [vec![], vec!["---".to_owned()], vec!["node".to_owned(), "/".to_owned()]] {
            assert_eq!(of_command(&command), None, "{command:?}");
        }
    }
}
