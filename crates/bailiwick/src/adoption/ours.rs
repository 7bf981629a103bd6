//! Is an entry that says so really governed? A program is what its file is, not what it is called:
//! a folder that somebody else filled can name one like ours in a client's settings.

use std::path::{Path, PathBuf};

/// The program and the configuration that govern here.
#[derive(Clone, Debug)]
pub(crate) struct Ours {
    /// The binary, by its whole path: clients are started without the shell's `PATH`.
    pub(crate) program: String,
    /// The configuration, by its whole path: clients start servers in folders of their own.
    pub(crate) config: String,
}

/// Why an entry that says that it is governed is not believed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Doubt {
    /// It runs a program that is not this one.
    Program,
    /// Its configuration is not the one that is in force here.
    Configuration,
}

impl Doubt {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::Program => "it runs another program that calls itself bailiwick",
            Self::Configuration => "it goes through Bailiwick by another configuration",
        }
    }
}

impl Ours {
    /// Why an entry with this program and configuration is not believed; `None` when it is.
    pub(super) fn doubt(&self, program: &str, config: Option<&str>) -> Option<Doubt> {
        if !is_same(program, &self.program) {
            return Some(Doubt::Program);
        }
        // Without one, it is the one that lies where the client starts it, whoever put it there.
        let is_ours = config.is_some_and(|it| is_same(it, &self.config));
        (!is_ours).then_some(Doubt::Configuration)
    }
}

/// Whether both mean one file. Where a relative path leads, only the client knows.
fn is_same(said: &str, ours: &str) -> bool {
    let real = |it: &str| -> Option<PathBuf> {
        Path::new(it).is_absolute().then(|| std::fs::canonicalize(it).ok()).flatten()
    };
    said == ours || real(said).is_some_and(|it| real(ours) == Some(it))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn only_our_own_program_and_configuration_are_believed() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        for name in ["bailiwick", "bailiwick-evil", "b.toml", "other.toml"] {
            fs::write(path(name), "").unwrap();
        }
        std::os::unix::fs::symlink(path("bailiwick"), path("bailiwick-link")).unwrap();
        let ours = Ours { program: path("bailiwick"), config: path("b.toml") };
        for (program, config, doubt) in [
            (path("bailiwick"), Some(path("b.toml")), None),
            (path("bailiwick-link"), Some(path("./b.toml")), None),
            (path("bailiwick-evil"), Some(path("b.toml")), Some(Doubt::Program)),
            (path("bailiwick-gone"), Some(path("b.toml")), Some(Doubt::Program)),
            ("bailiwick".to_owned(), Some(path("b.toml")), Some(Doubt::Program)),
            (path("bailiwick"), Some(path("other.toml")), Some(Doubt::Configuration)),
            (path("bailiwick"), Some("b.toml".to_owned()), Some(Doubt::Configuration)),
            (path("bailiwick"), None, Some(Doubt::Configuration)),
        ] {
            assert_eq!(ours.doubt(&program, config.as_deref()), doubt, "{program} {config:?}");
        }
    }
}
