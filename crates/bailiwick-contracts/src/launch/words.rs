//! The words of a command: which are options, which are their values, and what is left.

/// A program by its plain name: `/usr/bin/npx`, `C:\node\npx.cmd` and `npx` are one.
pub(super) fn program(word: &str) -> String {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
    let bare = [".cmd", ".exe", ".bat", ".ps1"].iter().find_map(|it| name.strip_suffix(it));
    bare.map(str::to_owned).unwrap_or(name)
}

/// The options of a program that take the next word for their value.
pub(super) type Valued = &'static [&'static str];

/// A command's words, parted.
#[derive(Debug, Default)]
pub(super) struct Parted<'w> {
    /// Options with what they were given, in order; nothing for a switch.
    pub(super) options: Vec<(&'w str, &'w str)>,
    /// The first word that is neither, and all behind it.
    pub(super) rest: Vec<&'w str>,
}

impl<'w> Parted<'w> {
    /// Read options up to the first word that is none. `--` ends them.
    pub(super) fn of(words: &[&'w str], valued: Valued) -> Self {
        let mut parted = Self::default();
        let mut left = words.iter().copied();
        while let Some(word) = left.next() {
            if word == "--" {
                parted.rest = left.collect();
                return parted;
            }
            if !word.starts_with('-') || word == "-" {
                parted.rest = std::iter::once(word).chain(left).collect();
                return parted;
            }
            match word.split_once('=') {
                Some(option) => parted.options.push(option),
                None if valued.contains(&word) => {
                    parted.options.push((word, left.next().unwrap_or_default()));
                }
                None => parted.options.push(joined(word, valued)),
            }
        }
        parted
    }

    /// What any of these options was given.
    pub(super) fn values(&self, names: &[&str]) -> Vec<&'w str> {
        let given = self.options.iter().filter(|(it, _)| names.contains(it));
        given.map(|(_, value)| *value).collect()
    }
}

/// `-pserver`: a short option with its value behind it.
fn joined(word: &str, valued: Valued) -> (&str, &str) {
    match word.split_at_checked(2) {
        Some((option, value)) if !word.starts_with("--") && valued.contains(&option) => {
            (option, value)
        }
        _ => (word, ""),
    }
}

/// Whether a version names one release of npm or of an image: `1.2.3`, not `1`, `^1.2.3`, `latest`.
pub(super) fn is_exact(version: &str) -> bool {
    let begins = version.starts_with(|it: char| it.is_ascii_digit());
    let plain = version.chars().all(|it| it.is_ascii_alphanumeric() || ".-+".contains(it));
    let (numbers, _) = version.split_once(['-', '+']).unwrap_or((version, ""));
    let is_whole = numbers.split('.').count() >= 3 && !version.contains(".x");
    begins && plain && is_whole
}

/// Whether a text is the name of one commit.
pub(super) fn is_commit(text: &str) -> bool {
    matches!(text.len(), 40 | 64) && text.bytes().all(|it| it.is_ascii_hexdigit())
}

/// Whether a package is a file or a folder of this machine.
pub(super) fn is_local(package: &str) -> bool {
    package.starts_with(['.', '/', '~']) || package.starts_with("file:")
}
