//! The command line that a client gets instead of its server's: made, and recognised again.

use std::path::Path;

use super::ours::Ours;

/// What every rewritten entry says alike.
#[derive(Clone, Debug)]
pub(crate) struct Wrapping {
    /// What it goes through.
    pub(crate) ours: Ours,
    /// The day on which observing ends, such as `2026-12-06`.
    pub(crate) until: String,
}

/// What a server was started by.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Inner {
    /// A program and its arguments.
    Command(Vec<String>),
    /// An address, and whether it is one of HTTP+SSE.
    Remote { url: String, sse: bool },
}

/// What goes with it: headers that anybody may see, and the variables or headers whose values lie
/// in files.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Extras {
    pub(crate) open: Vec<(String, String)>,
    pub(crate) files: Vec<(String, String)>,
}

impl Extras {
    /// The same with what lies in the files in their place, as a client says it that is not
    /// governed yet. What cannot be read is like nothing that a client says.
    pub(super) fn with_values(&self) -> Self {
        let value = |file: &String| {
            let text = std::fs::read_to_string(file).ok();
            let value = text.map(|it| it.strip_suffix('\n').unwrap_or(&it).to_owned());
            value.unwrap_or_else(|| file.clone())
        };
        let files = self.files.iter().map(|(name, file)| (name.clone(), value(file)));
        Self { open: self.open.clone(), files: files.collect() }
    }
}

impl Wrapping {
    /// The arguments of the binary for one server of one client, which is the agent.
    pub(super) fn arguments(
        &self,
        client: &str,
        name: &str,
        (inner, extras): (&Inner, &Extras),
    ) -> Vec<String> {
        let agent = client.to_ascii_lowercase().replace(' ', "-");
        let mut words =
            vec!["wrap", "--config", &self.ours.config, "--name", name, "--agent", &agent];
        words.extend(["--observe", "--until", &self.until]);
        let mut words: Vec<String> = words.into_iter().map(str::to_owned).collect();
        if let Inner::Remote { url, sse } = inner {
            words.extend(["--url".to_owned(), url.clone()]);
            if *sse {
                words.extend([TRANSPORT, SSE].map(str::to_owned));
            }
        }
        let open = extras.open.iter().map(|it| (OPEN, it));
        let files = extras.files.iter().map(|it| (inner.option(), it));
        for (option, (name, value)) in open.chain(files) {
            words.extend([option.to_owned(), format!("{name}={value}")]);
        }
        if let Inner::Command(command) = inner {
            words.push("--".to_owned());
            words.extend(command.iter().cloned());
        }
        words
    }
}

const OPEN: &str = "--header";
const TRANSPORT: &str = "--transport";
const SSE: &str = "sse";

impl Inner {
    /// How a value in a file is named.
    const fn option(&self) -> &'static str {
        match self {
            Self::Command(_) => "--secret-env",
            Self::Remote { .. } => "--secret-header",
        }
    }
}

/// An entry that says that it goes through Bailiwick already.
#[derive(Clone, Debug)]
pub(crate) struct Wrapped {
    pub(crate) program: String,
    pub(crate) name: Option<String>,
    pub(crate) until: Option<String>,
    pub(crate) config: Option<String>,
    pub(crate) inner: Inner,
    pub(crate) extras: Extras,
}

impl Wrapped {
    /// What a command line says, when it reads as one of ours.
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
        let values = |option: &str| -> Vec<String> {
            let pairs = ours.iter().zip(ours.iter().skip(1));
            pairs.filter(|(it, _)| *it == option).map(|(_, value)| value.clone()).collect()
        };
        let value = |option: &str| values(option).into_iter().next();
        let inner = match value("--url") {
            Some(url) => Inner::Remote { url, sse: value(TRANSPORT).as_deref() == Some(SSE) },
            None => Inner::Command(theirs.get(1..).unwrap_or_default().to_vec()),
        };
        let pairs = |option: &str| -> Vec<(String, String)> {
            let split = |it: &String| it.split_once('=').map(|(a, b)| (a.into(), b.into()));
            values(option).iter().filter_map(split).collect()
        };
        let extras = Extras { open: pairs(OPEN), files: pairs(inner.option()) };
        let (name, until, config) = (value("--name"), value("--until"), value("--config"));
        Some(Self { program: program.clone(), name, until, config, inner, extras })
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
        let ours = Ours { program: program.clone(), config };
        let wrapping = Wrapping { ours, until: "2026-12-06".into() };
        let pair = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
        let command = vec!["npx".into(), "--".into(), "--name".into(), "x".into()];
        let keyed = Extras { open: Vec::new(), files: pair("KEY", "/s/git.KEY") };
        let headed = Extras { open: pair("X-Team", "a=b"), files: pair("X-Key", "/s/git.X-Key") };
        for (inner, extras) in [
            (Inner::Command(command), keyed),
            (Inner::Remote { url: "https://x.example/sse".into(), sse: true }, headed),
            (Inner::Remote { url: "https://x.example/mcp".into(), sse: false }, Extras::default()),
        ] {
            let mut words = vec![program.clone()];
            words.extend(wrapping.arguments("VS Code", "git", (&inner, &extras)));
            let read = Wrapped::read(&words).unwrap();
            assert_eq!(
                (read.name.as_deref(), read.until.as_deref()),
                (Some("git"), Some("2026-12-06"))
            );
            assert_eq!((read.inner, read.extras), (inner, extras));
        }
        for other in [vec!["npx", "wrap"], vec!["/x/bailiwick", "up"], vec![]] {
            let other: Vec<String> = other.into_iter().map(str::to_owned).collect();
            assert!(Wrapped::read(&other).is_none(), "{other:?}");
        }
    }
}
