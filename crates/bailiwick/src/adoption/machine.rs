//! The machine: which system it is, and where its people keep their settings.

use std::path::{Path, PathBuf};

/// The systems whose clients are known.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum System {
    Linux,
    MacOs,
    Windows,
}

impl System {
    /// The one that this program was built for.
    pub(crate) const fn here() -> Self {
        if cfg!(target_os = "macos") {
            Self::MacOs
        } else if cfg!(target_os = "windows") {
            Self::Windows
        } else {
            Self::Linux
        }
    }
}

/// Where one person's settings lie. Everything is an argument, so that a test is any machine.
#[derive(Clone, Debug)]
pub(crate) struct Machine {
    pub(crate) system: System,
    /// The person's home.
    pub(crate) home: PathBuf,
    /// Where applications keep their settings.
    pub(crate) settings: PathBuf,
    /// Where Codex keeps its own.
    pub(crate) codex: PathBuf,
    /// The folder whose project settings count.
    pub(crate) project: PathBuf,
    /// Where the journal of adoption lies, with backups and moved secrets.
    pub(crate) journal: PathBuf,
}

impl Machine {
    /// The machine of whoever has this home and these variables.
    pub(crate) fn new(
        system: System,
        home: &Path,
        project: &Path,
        variable: impl Fn(&str) -> Option<PathBuf>,
    ) -> Self {
        let said = |name: &str| variable(name).filter(|it| it.is_absolute());
        let or = |name: &str, usual: &str| said(name).unwrap_or_else(|| home.join(usual));
        let (settings, state) = match system {
            System::Linux => {
                (or("XDG_CONFIG_HOME", ".config"), or("XDG_STATE_HOME", ".local/state"))
            }
            System::MacOs => {
                let support = home.join("Library/Application Support");
                (support.clone(), support)
            }
            System::Windows => {
                (or("APPDATA", "AppData/Roaming"), or("LOCALAPPDATA", "AppData/Local"))
            }
        };
        Self {
            system,
            home: home.to_owned(),
            settings,
            codex: or("CODEX_HOME", ".codex"),
            project: project.to_owned(),
            journal: state.join("bailiwick").join("adoption"),
        }
    }
}
