//! What stands around a command: `env X=Y`, `sh -c`, `timeout 10` and the like.

use super::words::{Parted, program};

/// How deep commands are looked for in commands.
const DEPTH_MAX: usize = 8;
/// How many commands are looked at.
const COMMANDS_MAX: usize = 64;

/// The commands that a command comes to, itself where it is none of these.
pub(super) fn commands(words: &[String]) -> Vec<Vec<String>> {
    let mut found = Vec::new();
    look(words.to_vec(), DEPTH_MAX, &mut found);
    found
}

fn look(words: Vec<String>, depth: usize, found: &mut Vec<Vec<String>>) {
    if found.len() >= COMMANDS_MAX || words.is_empty() {
        return;
    }
    let borrowed: Vec<&str> = words.iter().map(String::as_str).collect();
    let inner = if depth == 0 { None } else { inner(&borrowed) };
    match inner {
        Some(Inner::Words(words)) => {
            look(words.into_iter().map(str::to_owned).collect(), depth - 1, found);
        }
        Some(Inner::Script(script)) => {
            split(script).into_iter().for_each(|it| look(it, depth - 1, found));
        }
        None => found.push(words),
    }
}

enum Inner<'w> {
    Words(Vec<&'w str>),
    Script(&'w str),
}

/// What a command starts in its place.
fn inner<'w>(words: &[&'w str]) -> Option<Inner<'w>> {
    let (first, rest) = words.split_first()?;
    if is_assignment(first) {
        return Some(Inner::Words(rest.to_vec()));
    }
    let name = program(first);
    match name.as_str() {
        "env" => Some(of_env(rest)),
        "sh" | "bash" | "zsh" | "dash" | "ash" | "ksh" | "fish" => script(rest),
        "npx" | "npm" => called(rest),
        "cmd" => {
            let at = rest.iter().position(|it| it.eq_ignore_ascii_case("/c"))?;
            match rest.get(at + 1..)? {
                [line] => Some(Inner::Script(line)),
                words => Some(Inner::Words(words.to_vec())),
            }
        }
        "exec" | "command" | "nohup" | "setsid" | "time" | "builtin" | "xvfb-run" => {
            Some(Inner::Words(Parted::of(rest, &["-a", "-s", "-n"]).rest))
        }
        "nice" | "ionice" | "stdbuf" | "sudo" | "doas" => {
            let valued = &["-n", "-c", "-p", "-u", "-g", "-i", "-o", "-e", "-C", "-D", "-h"];
            Some(Inner::Words(Parted::of(rest, valued).rest))
        }
        "timeout" => {
            let parted = Parted::of(rest, &["-s", "-k", "--signal", "--kill-after"]);
            Some(Inner::Words(parted.rest.get(1..).unwrap_or_default().to_vec()))
        }
        _ => None,
    }
}

fn of_env<'w>(rest: &[&'w str]) -> Inner<'w> {
    // The line that `-S` is given is split by `env` itself.
    let valued = &["-u", "--unset", "-C", "--chdir", "-S", "--split-string"];
    let parted = Parted::of(rest, valued);
    let lines = parted.values(&["-S", "--split-string"]);
    match lines.first() {
        Some(line) => Inner::Script(line),
        None => Inner::Words(parted.rest),
    }
}

/// The script that a shell is given on its command line: `-c`, also as `-lc`.
fn script<'w>(rest: &[&'w str]) -> Option<Inner<'w>> {
    let is_c = |it: &str| it.starts_with('-') && !it.starts_with("--") && it.ends_with('c');
    let at = rest.iter().position(|it| is_c(it))?;
    rest.get(at + 1).map(|it| Inner::Script(it))
}

/// `npx -c SCRIPT`, where no package is named before it.
fn called<'w>(rest: &[&'w str]) -> Option<Inner<'w>> {
    let names_package = rest.iter().any(|it| it.starts_with("-p") || it.starts_with("--package"));
    let at = rest
        .iter()
        .take_while(|it| it.starts_with('-'))
        .position(|it| *it == "-c" || *it == "--call" || it.starts_with("--call="))?;
    let word = rest.get(at)?;
    let script = word.strip_prefix("--call=").or_else(|| rest.get(at + 1).copied())?;
    (!names_package).then_some(Inner::Script(script))
}

fn is_assignment(word: &str) -> bool {
    let is_name = |it: &str| {
        !it.is_empty()
            && !it.starts_with(|first: char| first.is_ascii_digit())
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
    };
    word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

/// A script's commands, each in its words. Quotes are taken off; what a shell would put in for a
/// variable stays as it is written.
fn split(script: &str) -> Vec<Vec<String>> {
    let (mut commands, mut words) = (Vec::new(), Vec::new());
    let (mut word, mut begun, mut quote) = (String::new(), false, None);
    let mut letters = script.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some('\''), _) => word.push(letter),
            (_, '\\') => {
                begun = true;
                word.extend(letters.next());
            }
            (Some(_), _) => word.push(letter),
            (None, '\'' | '"') => (begun, quote) = (true, Some(letter)),
            (None, ';' | '&' | '|' | '\n' | '(' | ')' | '{' | '}' | '`') => {
                end_word(&mut words, &mut word, &mut begun);
                commands.push(std::mem::take(&mut words));
            }
            (None, _) if letter.is_whitespace() => end_word(&mut words, &mut word, &mut begun),
            (None, _) => {
                begun = true;
                word.push(letter);
            }
        }
    }
    end_word(&mut words, &mut word, &mut begun);
    commands.push(words);
    commands.retain(|it: &Vec<String>| !it.is_empty());
    commands
}

fn end_word(words: &mut Vec<String>, word: &mut String, begun: &mut bool) {
    if std::mem::take(begun) || !word.is_empty() {
        words.push(std::mem::take(word));
    }
}
