//! Launches: a command that fetches whatever its registry holds that day starts another program
//! than the one that was approved.

use std::path::Path;

/// A package that a command fetches without saying which version.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Unpinned {
    /// As it stands in the command.
    pub package: String,
    /// The same with a place for its version: `@scope/server@VERSION`.
    pub pinned: String,
}

impl Unpinned {
    fn new(package: &str, mark: char) -> Self {
        let name = match mark {
            '@' => {
                let scope = usize::from(package.starts_with('@'));
                package
                    .get(scope..)
                    .and_then(|it| it.split_once('@'))
                    .map_or(package, |(it, _)| package.get(..scope + it.len()).unwrap_or(package))
            }
            '=' => package.split(['=', '@', '<', '>', '~', '!']).next().unwrap_or(package),
            _ => package.rsplit_once(':').map_or(package, |(it, _)| it),
        };
        let mark = if mark == '=' { "==".to_owned() } else { mark.to_string() };
        Self { package: package.to_owned(), pinned: format!("{name}{mark}VERSION") }
    }

    /// What to do about it.
    pub fn advice(&self) -> String {
        format!(
            "name one version: write `{}`, with the version that you have looked at",
            self.pinned
        )
    }
}

/// What a command fetches without saying which version.
pub fn unpinned(words: &[String]) -> Option<Unpinned> {
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
            (!is_local(named) && !version.is_some_and(is_exact)).then(|| Unpinned::new(named, '@'))
        }
        ("uvx", rest) | ("uv", ["tool", "run", rest @ ..]) | ("pipx", ["run", rest @ ..]) => {
            let named = named(rest, &["--from", "--spec"])?;
            let version = named.split_once("==").or_else(|| named.split_once('@'));
            (!is_local(named) && !version.is_some_and(|(_, it)| is_exact(it)))
                .then(|| Unpinned::new(named, '='))
        }
        ("docker" | "podman", ["run", rest @ ..]) => {
            rest.iter().find(|it| it.ends_with(":latest")).map(|it| Unpinned::new(it, ':'))
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
        let found = unpinned(&words).map(|it| it.package);
        assert_eq!(found.as_deref(), expected, "{command}");
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

    #[test]
    fn the_pinned_form_is_offered() {
        for (command, pinned) in [
            ("npx -y @scope/server", "@scope/server@VERSION"),
            ("npx server@latest", "server@VERSION"),
            ("npx -y @scope/server@^1.2.3", "@scope/server@VERSION"),
            ("uvx mcp-server-git", "mcp-server-git==VERSION"),
            ("uvx mcp-server-git>=1.2", "mcp-server-git==VERSION"),
            ("docker run -i mcp/git:latest", "mcp/git:VERSION"),
        ] {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(unpinned(&words).unwrap().pinned, pinned, "{command}");
        }
    }
}
