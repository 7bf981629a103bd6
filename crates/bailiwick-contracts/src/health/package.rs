//! Which package a server is, and where its source lies: as its contract says, else as its command
//! does.

use std::path::Path;

/// A package registry.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Registry {
    /// That of npm.
    Npm,
    /// That of Python.
    Pypi,
}

/// A package of a registry.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Package {
    /// The registry.
    pub registry: Registry,
    /// Its name there.
    pub name: String,
    /// The version that is used, where one is named.
    pub version: Option<String>,
}

impl Package {
    /// The package that a contract names: `npm:@acme/crm-mcp@1.4.2`, `pypi:mcp-server-git@1.2.0`.
    pub fn parse(text: &str) -> Option<Self> {
        let (registry, rest) = text.split_once(':')?;
        match registry.trim() {
            "npm" => Self::named(Registry::Npm, rest.trim()),
            "pypi" => Self::named(Registry::Pypi, rest.trim()),
            _ => None,
        }
    }

    /// The package that a command fetches and runs.
    pub fn of_command(words: &[String]) -> Option<Self> {
        let (program, rest) = words.split_first()?;
        let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
        let (registry, rest) = match (Path::new(program).file_stem()?.to_str()?, rest.as_slice()) {
            ("npx" | "bunx" | "pnpx", rest)
            | ("npm", ["exec" | "x", rest @ ..])
            | ("pnpm" | "yarn" | "bun", ["dlx" | "x", rest @ ..]) => (Registry::Npm, rest),
            ("uvx", rest) | ("uv", ["tool", "run", rest @ ..]) | ("pipx", ["run", rest @ ..]) => {
                (Registry::Pypi, rest)
            }
            _ => return None,
        };
        let options = ["-p", "--package", "--from", "--spec"];
        let by_option = rest.windows(2).find_map(|pair| match pair {
            [option, value] if options.contains(option) => Some(*value),
            _ => None,
        });
        let joined = rest.iter().find_map(|it| {
            let (option, value) = it.split_once('=')?;
            options.contains(&option).then_some(value)
        });
        let first = rest.iter().copied().find(|it| !it.starts_with('-'));
        Self::named(registry, by_option.or(joined).or(first)?)
    }

    fn named(registry: Registry, text: &str) -> Option<Self> {
        let scope = usize::from(text.starts_with('@'));
        let (name, version) = match (registry, text.split_once("==")) {
            (Registry::Pypi, Some((name, version))) => (name, Some(version)),
            (Registry::Npm | Registry::Pypi, _) => match text.get(scope..)?.split_once('@') {
                Some((name, version)) => (text.get(..scope + name.len())?, Some(version)),
                None => (text, None),
            },
        };
        // It becomes a part of an address.
        let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        let is_name = |it: &str| !it.is_empty() && !it.starts_with('.') && it.chars().all(is_plain);
        let is_good = match (registry, name.strip_prefix('@').and_then(|it| it.split_once('/'))) {
            (Registry::Npm, Some((scope, name))) => is_name(scope) && is_name(name),
            (Registry::Npm | Registry::Pypi, _) => is_name(name),
        };
        let version = version.filter(|it| it.starts_with(|it: char| it.is_ascii_digit()));
        let version = version.filter(|it| it.chars().all(|it| is_plain(it) || it == '+'));
        let version = version.map(str::to_owned);
        is_good.then(|| Self { registry, name: name.to_owned(), version })
    }

    /// The path of its metadata in its registry.
    pub fn path(&self) -> String {
        match self.registry {
            Registry::Npm => format!("/{}", self.name.replace('/', "%2f")),
            Registry::Pypi => format!("/pypi/{}/json", self.name),
        }
    }

    /// The path of what else its registry knows of the version that is used.
    pub fn version_path(&self) -> Option<String> {
        match self.registry {
            Registry::Npm => None,
            Registry::Pypi => Some(format!("/pypi/{}/{}/json", self.name, self.version.as_ref()?)),
        }
    }
}

/// The owner and the name of a repository at GitHub, from any of the ways in which its address is
/// written.
pub fn github(address: &str) -> Option<(String, String)> {
    let rest = address.strip_prefix("github:").or_else(|| {
        let at = address.find("github.com")?;
        address.get(at + "github.com".len()..)?.strip_prefix(['/', ':'])
    })?;
    let mut parts = rest.split(['/', '#', '?']);
    let (owner, name) = (parts.next()?, parts.next()?);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let is_plain = |it: &str| {
        let plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        !it.is_empty() && !it.starts_with('.') && it.chars().all(plain)
    };
    (is_plain(owner) && is_plain(name)).then(|| (owner.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_found_in_a_contract_or_a_command() {
        let told = |it: Option<Package>| {
            it.map(|it| format!("{} {}", it.path(), it.version.as_deref().unwrap_or("-")))
        };
        for (text, expected) in [
            ("npm:@acme/crm-mcp@1.4.2", Some("/@acme%2fcrm-mcp 1.4.2")),
            ("npm:crm@latest", Some("/crm -")),
            ("pypi:mcp-server-git@1.2.0", Some("/pypi/mcp-server-git/json 1.2.0")),
            ("npm:../x", None),
            ("npm:a b", None),
            ("oci:x", None),
            ("crm", None),
        ] {
            assert_eq!(told(Package::parse(text)).as_deref(), expected, "{text}");
        }
        for (command, expected) in [
            ("npx -y @scope/server@2026.8.31 /srv", Some("/@scope%2fserver 2026.8.31")),
            ("npx --package=server run", Some("/server -")),
            ("uvx --from mcp-server-git==1.2.0 x", Some("/pypi/mcp-server-git/json 1.2.0")),
            ("uv tool run mcp@latest", Some("/pypi/mcp/json -")),
            ("npx ./server", None),
            ("node server.js", None),
        ] {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(told(Package::of_command(&words)).as_deref(), expected, "{command}");
        }
    }

    #[test]
    fn a_repository_is_known_by_each_of_its_addresses() {
        for text in [
            "git+https://github.com/acme/crm.git",
            "https://github.com/acme/crm/tree/main#readme",
            "git@github.com:acme/crm.git",
            "github:acme/crm",
        ] {
            assert_eq!(github(text), Some(("acme".into(), "crm".into())), "{text}");
        }
        for text in ["https://example.com/acme/crm", "https://github.com/acme", "github:../x"] {
            assert_eq!(github(text), None, "{text}");
        }
    }
}
