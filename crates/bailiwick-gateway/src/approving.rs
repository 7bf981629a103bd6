//! Approving: a person says that a tool's definition, as it stands, may be used. The approval goes
//! into `contracts/<server>.lock`, which the rules read.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use bailiwick_contracts::{Approved, Date, Definition, Lock, Pin};
use bailiwick_core::{Day, ServerId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::admission::{Admitted, admitted};
use crate::contract::Contracts;
use crate::disk;

/// The longest reason, in bytes.
const WHY_MAX: usize = 512;

/// A file is read, changed and replaced: by one at a time.
static WRITING: Mutex<()> = Mutex::new(());

/// A tool before the one who is to approve it.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ToolStands {
    /// Its name.
    pub name: String,
    /// How it stands.
    pub admitted: Admitted,
    /// The digest of its definition.
    pub pin: Pin,
    /// Its definition, as canonical JSON.
    pub definition: String,
    /// What was approved of it, if anything was.
    pub approved: Option<Approved>,
}

/// What is to be approved.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ApprovalAsked {
    /// The server.
    pub server: String,
    /// Its tools, each with the pin that the person saw: another definition is not approved.
    pub tools: BTreeMap<String, Pin>,
    /// Why.
    pub why: String,
}

/// An approval that cannot be.
#[derive(Debug, thiserror::Error)]
pub enum Unapprovable {
    /// There is nothing to approve.
    #[error("no tool is named")]
    Nothing,
    /// There is no reason.
    #[error("a reason has 1 to {WHY_MAX} bytes, on one line")]
    Why,
    /// No file can be named after the server.
    #[error("no file can be named after this server")]
    Server,
    /// The server does not show the tool.
    #[error("the server shows no tool `{0}`: `bailiwick contracts diff` tells which")]
    Unknown(String),
    /// The tool is not what the person saw.
    #[error("`{0}` has changed once more since it was looked at: look again")]
    Moved(String),
    /// A contract narrows the tool in a way that does not fit what is to be approved.
    #[error("it does not fit its contract, which must be mended before: {0}")]
    Unfit(String),
    /// The lock cannot be read or written.
    #[error("{}: {why}", file.display())]
    File {
        /// The file.
        file: PathBuf,
        /// What is wrong.
        why: String,
    },
}

/// How each tool of a server stands, by name.
pub fn standing<'a>(
    contracts: &Contracts,
    server: &ServerId,
    definitions: impl IntoIterator<Item = &'a Definition>,
) -> Vec<ToolStands> {
    let lock = contracts.lock(server);
    let stands = definitions.into_iter().map(|definition| {
        let (name, pin) = (definition.name(), Pin::of(definition));
        ToolStands {
            name: name.to_owned(),
            admitted: admitted(contracts, server, name, pin),
            pin,
            definition: definition.canonical(),
            approved: lock.and_then(|it| it.tools.get(name)).cloned(),
        }
    });
    let mut stands: Vec<_> = stands.collect();
    stands.sort_by(|a, b| a.name.cmp(&b.name));
    stands
}

/// Whether a reason can go on record: one line, and not a long one.
///
/// # Errors
/// [`Unapprovable::Why`] when it cannot.
pub fn checked_why(why: &str) -> Result<(), Unapprovable> {
    let is_line = !why.trim().is_empty() && !why.chars().any(char::is_control);
    if is_line && why.len() <= WHY_MAX { Ok(()) } else { Err(Unapprovable::Why) }
}

impl ApprovalAsked {
    /// Whether it can be carried out, as far as its words tell.
    ///
    /// # Errors
    /// [`Unapprovable`] with what is wrong.
    pub fn checked(&self) -> Result<(), Unapprovable> {
        if self.tools.is_empty() {
            return Err(Unapprovable::Nothing);
        }
        checked_why(&self.why)?;
        let name = &self.server;
        let is_odd = |it: char| !(it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.'));
        if name.is_empty() || name.starts_with('.') || name.contains(is_odd) {
            return Err(Unapprovable::Server);
        }
        Ok(())
    }

    /// What the records of the act name: each tool with its pin, and why.
    pub fn targets(&self) -> Vec<String> {
        let Self { server, tools, why } = self;
        tools.iter().map(|(tool, pin)| format!("{server}/{tool} {pin}: {why}")).collect()
    }

    /// Write the approvals into the lock of a folder of contracts, which are in force as these.
    ///
    /// # Errors
    /// [`Unapprovable`]; then nothing is approved.
    pub(crate) fn carry_out<'a>(
        &self,
        (folder, contracts): (&Path, &Contracts),
        definitions: impl Fn(&str) -> Option<&'a Definition>,
        by: &str,
        now: Timestamp,
    ) -> Result<(), Unapprovable> {
        let _writing = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
        let file = folder.join(format!("{}.lock", self.server));
        let failed = |why: String| Unapprovable::File { file: file.clone(), why };
        let mut lock = match std::fs::read_to_string(&file) {
            Ok(text) => Lock::read(&text).map_err(|it| failed(it.to_string()))?,
            Err(problem) if problem.kind() == ErrorKind::NotFound => Lock::default(),
            Err(problem) => return Err(failed(problem.to_string())),
        };
        if !lock.server.is_empty() && lock.server != self.server {
            return Err(failed(format!("it is about `{}`: rename it", lock.server)));
        }
        lock.server.clone_from(&self.server);
        for (tool, pin) in &self.tools {
            let definition =
                definitions(tool).ok_or_else(|| Unapprovable::Unknown(tool.clone()))?;
            if Pin::of(definition) != *pin {
                return Err(Unapprovable::Moved(tool.clone()));
            }
            lock.approve(definition, by, &self.why, Date(Day::of(now)));
        }
        // A misfit would keep every later edit of the rules from coming into force.
        if let Some(why) = contracts.misfits(&lock).into_iter().next() {
            return Err(Unapprovable::Unfit(why));
        }
        let text = lock.write().map_err(|it| failed(it.to_string()))?;
        std::fs::create_dir_all(folder).map_err(|it| failed(it.to_string()))?;
        disk::replace(&file, text.as_bytes()).map_err(|it| failed(it.to_string()))
    }
}
