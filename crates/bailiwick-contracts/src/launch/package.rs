//! A package of a registry, by its name there.

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

    /// The package that a word of a command names: `@acme/crm@1.4.2`, `crm[all]==1.2.0`.
    pub(super) fn named(registry: Registry, text: &str) -> Option<Self> {
        let (name, version) = match registry {
            Registry::Npm => {
                // `mine@npm:crm@1.4.2`: the last is what is fetched.
                let text = text.rsplit_once("@npm:").map_or(text, |(_, it)| it);
                let scope = usize::from(text.starts_with('@'));
                match text.get(scope..)?.split_once('@') {
                    Some((name, version)) => (text.get(..scope + name.len())?, Some(version)),
                    None => (text, None),
                }
            }
            Registry::Pypi => {
                let end = text.find(['[', '=', '@', '<', '>', '~', '!', ';', ' ']);
                let (name, rest) = text.split_at(end.unwrap_or(text.len()));
                let rest = rest.split_once(']').filter(|_| rest.starts_with('['));
                let rest = rest.map_or(text.get(name.len()..)?, |(_, it)| it);
                let exact = ["===", "==", "@"].iter().find_map(|it| rest.strip_prefix(it));
                (name, exact)
            }
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
        let name = match registry {
            Registry::Npm => name.to_owned(),
            // There, these are one name.
            Registry::Pypi => name.replace('_', "-").to_lowercase(),
        };
        is_good.then_some(Self { registry, name, version })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_read_as_a_contract_names_it() {
        let told = |it: Option<Package>| {
            it.map(|it| format!("{} {}", it.path(), it.version.as_deref().unwrap_or("-")))
        };
        for (text, expected) in [
            ("npm:@acme/crm-mcp@1.4.2", Some("/@acme%2fcrm-mcp 1.4.2")),
            ("npm:crm@latest", Some("/crm -")),
            ("pypi:mcp-server-git@1.2.0", Some("/pypi/mcp-server-git/json 1.2.0")),
            ("npm:mine@npm:crm@1.4.2", Some("/crm 1.4.2")),
            ("pypi:MCP_Server[git,a==1]==1.2.0", Some("/pypi/mcp-server/json 1.2.0")),
            ("pypi:crm>=1.2,!=1.3", Some("/pypi/crm/json -")),
            ("pypi:git+https://a.example/crm", None),
            ("npm:../x", None),
            ("npm:a b", None),
            ("oci:x", None),
            ("crm", None),
        ] {
            assert_eq!(told(Package::parse(text)).as_deref(), expected, "{text}");
        }
    }
}
