//! What this kernel gives, found out by trying it in a process that does nothing else.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use super::{Mechanism, launcher};

/// What this kernel gives to keep a process from the network.
#[derive(Clone, Debug)]
pub struct Given {
    /// A network of its own; or why not.
    pub namespace: Result<(), String>,
    /// Landlock's rules for TCP; or why not.
    pub landlock: Result<(), String>,
}

impl Given {
    /// The strongest that is given.
    pub const fn strongest(&self) -> Mechanism {
        match (&self.namespace, &self.landlock) {
            (Ok(()), _) => Mechanism::Namespace,
            (Err(_), Ok(())) => Mechanism::Landlock,
            (Err(_), Err(_)) => Mechanism::Proxy,
        }
    }
}

/// What this kernel gives. It is asked once.
pub fn given() -> &'static Given {
    static GIVEN: OnceLock<Given> = OnceLock::new();
    GIVEN.get_or_init(|| Given {
        namespace: tried(Mechanism::Namespace),
        landlock: tried(Mechanism::Landlock),
    })
}

fn tried(by: Mechanism) -> Result<(), String> {
    let mut command = Command::new(this_program());
    command.args(["confine", "--probe", "--by", by.word()]);
    let output = command.stdin(Stdio::null()).stderr(Stdio::null()).output();
    let output = output.map_err(|it| it.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Try one mechanism on this process.
///
/// # Errors
/// Why it is not given.
pub fn probe(by: Mechanism) -> Result<(), String> {
    let tried = match by {
        Mechanism::Namespace => launcher::enter_namespace(),
        Mechanism::Landlock => launcher::restrict(1),
        Mechanism::Proxy => Ok(()),
    };
    tried.map_err(|it| it.to_string())
}

/// This program, also where its file was exchanged since it started.
pub(super) fn this_program() -> OsString {
    if cfg!(target_os = "linux") {
        return "/proc/self/exe".into();
    }
    std::env::current_exe().map_or_else(|_| "bailiwick".into(), Into::into)
}
