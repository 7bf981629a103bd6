//! The command line that a client gets instead of its server's: made, and recognised again.

use std::path::Path;

/// What every rewritten entry says alike.
#[derive(Clone, Debug)]
pub(crate) struct Wrapping {
    /// The binary, by its whole path: clients are started without the shell's `PATH`.
    pub(crate) program: String,
    /// The configuration, by its whole path: clients start servers in folders of their own.
    pub(crate) config: String,
    /// The day on which observing ends, such as `2026-12-06`.
    pub(crate) until: String,
    /// Whether `wrap` stands before addresses, and not before programs only.
    pub(crate) bridges: bool,
}

/// What a server was started by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Inner {
    /// A program and its arguments.
    Command(Vec<String>),
    /// An address, and the headers whose values lie in files.
    Remote { url: String, headers: Vec<(String, String)> },
}

impl Wrapping {
    /// The arguments of the binary for one server of one client, which is the agent.
    pub(super) fn arguments(&self, client: &str, name: &str, inner: &Inner) -> Vec<String> {
        let agent = client.to_ascii_lowercase().replace(' ', "-");
        let mut words = vec!["wrap", "--config", &self.config, "--name", name, "--agent", &agent];
        words.extend(["--observe", "--until", &self.until]);
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        match inner {
            Inner::Command(command) => {
                words.push("--".to_owned());
                words.extend(command.iter().cloned());
            }
            Inner::Remote { url, headers } => {
                words.extend(["--url".to_owned(), url.clone()]);
                for (header, file) in headers {
                    words.extend(["--secret-header".to_owned(), format!("{header}={file}")]);
                }
            }
        }
        words
    }
}

/// An entry that goes through Bailiwick already.
#[derive(Clone, Debug)]
pub(crate) struct Wrapped {
    pub(crate) program: String,
    pub(crate) name: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) config: Option<String>,
    pub(crate) inner: Inner,
}

impl Wrapped {
    /// What a command line says, when it is one of ours.
    pub(crate) fn read(words: &[String]) -> Option<Self> {
        let (program, rest) = words.split_first()?;
        let file = Path::new(program).file_name()?.to_str()?;
        if !file.starts_with("bailiwick") {
            return None;
        }
        let split = rest.iter().position(|it| it == "--").unwrap_or(rest.len());
        let (ours, theirs) = rest.split_at_checked(split)?;
        if !ours.iter().any(|it| it == "wrap") {
            return None;
        }
        let value = |option: &str| {
            let at = ours.iter().position(|it| it == option)?;
            ours.get(at + 1).cloned()
        };
        let inner = match value("--url") {
            Some(url) => Inner::Remote { url, headers: Vec::new() },
            None => Inner::Command(theirs.get(1..).unwrap_or_default().to_vec()),
        };
        let (name, until, config) = (value("--name"), value("--until"), value("--config"));
        Some(Self { program: program.clone(), name, until, config, inner })
    }
}

/// A client's name for a server as a name that Bailiwick takes: it stands in addresses and in
/// policies, and `__` joins it to a tool's.
pub(super) fn server_name(said: &str) -> String {
    let letter = |it: char| if it.is_ascii_alphanumeric() || it == '_' { it } else { '-' };
    let mut name: String = said.chars().map(letter).take(56).collect();
    while name.contains("__") {
        name = name.replace("__", "_");
    }
    let trimmed = name.trim_matches('-');
    if trimmed.is_empty() { "server".to_owned() } else { trimmed.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_names() {
        for (said, name) in [
            ("git", "git"),
            ("My Server", "My-Server"),
            ("github.com/a/b", "github-com-a-b"),
            ("a____b", "a_b"),
            ("日本", "server"),
        ] {
            assert_eq!(server_name(said), name);
        }
    }

    #[test]
    fn what_is_made_is_recognised() {
        let (program, config) = ("/usr/bin/bailiwick".to_owned(), "/b.toml".to_owned());
        let wrapping = Wrapping {
            program: program.clone(),
            config,
            until: "2026-12-06".into(),
            bridges: true,
        };
        let inner = Inner::Command(vec!["npx".into(), "--".into(), "--name".into(), "x".into()]);
        let mut words = vec![program];
        words.extend(wrapping.arguments("VS Code", "git", &inner));
        let read = Wrapped::read(&words).unwrap();
        assert_eq!(
            (read.name.as_deref(), read.until.as_deref()),
            (Some("git"), Some("2026-12-06"))
        );
        assert_eq!(read.inner, inner);
        for other in [vec!["npx", "wrap"], vec!["/x/bailiwick", "up"], vec![]] {
            let other: Vec<String> = other.into_iter().map(str::to_owned).collect();
            assert!(Wrapped::read(&other).is_none(), "{other:?}");
        }
    }
}
