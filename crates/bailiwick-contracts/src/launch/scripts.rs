//! What a command launches, as far as it can be measured: a program, a script, an image.

use super::containers;
use super::peel;
use super::words::{Parted, Valued, program};

/// What a command launches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Launched {
    /// A program.
    Program,
    /// A script, which the program runs: the word that names it.
    Script(String),
    /// An image, by the digest in its reference: `sha256:...`.
    Image(String),
}

/// Options that run other code than the script, or code that no file holds.
const OTHER_CODE: &[&str] = &[
    "--eval",
    "--print",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
    "-classpath",
    "--class-path",
    "--preload",
];
/// Options of interpreters that take the next word.
const VALUED: Valued = &["-W", "-X", "-C", "--conditions", "--env-file", "--title"];

/// What a command launches.
///
/// # Errors
/// Why nobody can say what it launches, and what to write instead.
pub fn launched(words: &[String]) -> Result<Launched, &'static str> {
    if peel::commands(words) != [words] {
        return Err("another program starts it: launch it itself, and set what it needs in \
                    [servers.NAME.environment]");
    }
    let Some((first, rest)) = words.split_first() else { return Err("there is no command") };
    let name = program(first);
    let rest: Vec<&str> = rest.iter().map(String::as_str).collect();
    match name.as_str() {
        "docker" | "podman" | "nerdctl" => {
            let image = containers::image(&rest).map(containers::parts);
            let digest = image.and_then(|(_, _, it)| it);
            let digest = digest.ok_or("its image is named by no digest: write IMAGE@sha256:...")?;
            Ok(Launched::Image(format!("sha256:{}", digest.to_ascii_lowercase())))
        }
        "npx" | "npm" | "pnpm" | "pnpx" | "yarn" | "yarnpkg" | "bunx" | "corepack" | "uvx"
        | "uv" | "pipx" => {
            Err("what this program starts cannot be measured: install the package, and \
                         launch its program or script by its path")
        }
        _ if is_interpreter(&name) => script(&rest),
        _ => Ok(Launched::Program),
    }
}

fn is_interpreter(name: &str) -> bool {
    let bare = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    [
        "node", "nodejs", "python", "pypy", "ruby", "perl", "php", "sh", "bash", "zsh", "dash",
        "ash", "ksh", "fish", "deno", "bun", "tsx", "ts-node", "java", "lua", "rscript", "julia",
    ]
    .contains(&bare)
}

fn script(words: &[&str]) -> Result<Launched, &'static str> {
    let words = match words {
        // deno and bun have a verb for it, java an option.
        ["run" | "-jar", rest @ ..] => rest,
        all => all,
    };
    let parted = Parted::of(words, VALUED);
    // `-uc`: switches that are written as one word.
    let is_cluster =
        |it: &str| it.len() <= 4 && it.bytes().skip(1).all(|it| it.is_ascii_lowercase());
    let runs_other = |(option, _): &(&str, &str)| {
        let short = is_cluster(option) && option.contains(['m', 'c', 'e', 'p', 'r', 'i']);
        OTHER_CODE.contains(option) || short
    };
    let is_file = |it: &&&str| !it.contains("://") && !it.starts_with("npm:");
    let script = parted.rest.first().filter(is_file);
    match script.filter(|_| !parted.options.iter().any(runs_other)) {
        Some(script) => Ok(Launched::Script((*script).to_owned())),
        None => Err("no file holds what it runs: launch one script by its path, without `-m`, \
                     `-c`, `-e` or `-r`"),
    }
}
