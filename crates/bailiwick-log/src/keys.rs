//! The log's signing keys: the secret one, the list of all public ones, and the certificates by
//! which each key names its successor.

use std::path::{Path, PathBuf};

use bailiwick_core::{AdminAct, Record};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::disk::Disk;
use crate::error::{Corruption, LogError, Tried as _};
use crate::layout::{Layout, replace_durably};
use crate::note::{SigningKey, VerifierKey};
use crate::options::Options;
use crate::seal::Entropy;

/// The act of the record that announces a new signing key.
pub const ROTATION_ACT: &str = "log.key_rotated";
/// A list has at most so many keys.
const KEYS_MAX: usize = 1024;

/// A key's word that another one succeeds it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Succession {
    /// The key that spoke.
    pub old: VerifierKey,
    /// The key that it named.
    pub new: VerifierKey,
    signature: [u8; 64],
}

impl Succession {
    pub(crate) fn make(old: &SigningKey, new: &VerifierKey) -> Self {
        let signature = old.sign(succession_text(old.verifier(), new).as_bytes());
        Self { old: old.verifier().clone(), new: new.clone(), signature }
    }

    /// Whether the old key really said so.
    pub fn holds(&self) -> bool {
        self.old.verifies(succession_text(&self.old, &self.new).as_bytes(), &self.signature)
    }

    /// The succession that a record announces, if it is about one. It is not checked yet.
    pub fn of_record(record: &Record) -> Option<Self> {
        let Record::Admin(act) = record else { return None };
        if &*act.act == ROTATION_ACT { Self::parse(&act.target) } else { None }
    }

    /// Read `old new signature`.
    pub fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let old = VerifierKey::parse(words.next()?).ok()?;
        let new = VerifierKey::parse(words.next()?).ok()?;
        let signature = STANDARD.decode(words.next()?).ok()?.try_into().ok()?;
        words.next().is_none().then_some(Self { old, new, signature })
    }

    pub(crate) fn record(&self, operator: &str) -> Record {
        let signature = STANDARD.encode(self.signature);
        Record::Admin(AdminAct {
            operator: operator.into(),
            role: "admin".into(),
            act: ROTATION_ACT.into(),
            target: format!("{} {} {signature}", self.old, self.new).into(),
            done: true,
        })
    }
}

fn succession_text(old: &VerifierKey, new: &VerifierKey) -> String {
    format!("bailiwick-log/key-succession/v1\n{old}\n{new}\n")
}

/// All verifier keys that a log ever had, oldest first, each but the first certified by the one
/// before it.
#[derive(Clone, Debug)]
pub struct KeyChain {
    first: VerifierKey,
    successions: Vec<Succession>,
}

impl KeyChain {
    pub(crate) const fn new(first: VerifierKey) -> Self {
        Self { first, successions: Vec::new() }
    }

    /// Read `keys.txt`: a verifier key in the first line, then `key signature` in each.
    ///
    /// # Errors
    /// [`Corruption::Keys`] when it is not that, or a certificate does not hold.
    pub fn parse(text: &str) -> Result<Self, Corruption> {
        let mut lines = text.lines();
        let first = lines.next().and_then(|it| VerifierKey::parse(it).ok());
        let mut chain = Self::new(first.ok_or(Corruption::Keys("the first line is no key"))?);
        for line in lines {
            let succession = Succession::parse(&format!("{} {line}", chain.newest()))
                .filter(Succession::holds)
                .ok_or(Corruption::Keys("a key is not certified by the one before it"))?;
            chain.push(succession);
            if chain.successions.len() >= KEYS_MAX {
                return Err(Corruption::Keys("there are too many keys"));
            }
        }
        Ok(chain)
    }

    pub(crate) fn push(&mut self, succession: Succession) {
        self.successions.push(succession);
    }

    /// The text of `keys.txt`.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.first);
        for it in &self.successions {
            text.push_str(&format!("{} {}\n", it.new, STANDARD.encode(it.signature)));
        }
        text
    }

    /// The key that signs now.
    pub fn newest(&self) -> &VerifierKey {
        self.successions.last().map_or(&self.first, |it| &it.new)
    }

    /// Every key, oldest first.
    pub fn all(&self) -> Vec<VerifierKey> {
        let later = self.successions.iter().map(|it| it.new.clone());
        std::iter::once(self.first.clone()).chain(later).collect()
    }

    /// The log's name, which is also the name of its keys.
    pub fn origin(&self) -> &str {
        self.first.name()
    }

    pub(crate) fn load(disk: &dyn Disk, layout: &Layout) -> Result<Self, LogError> {
        let path = layout.keys();
        match disk.read(&path) {
            Ok(bytes) => {
                let text = String::from_utf8(bytes).map_err(|_| Corruption::Keys("not text"))?;
                Ok(Self::parse(&text)?)
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(LogError::NotALog(layout.dir.clone()))
            }
            Err(source) => Err(LogError::Io { what: "read", path, source }),
        }
    }

    pub(crate) fn store(&self, disk: &dyn Disk, layout: &Layout) -> Result<(), LogError> {
        replace_durably(disk, &layout.keys(), self.text().as_bytes())
    }
}

/// Where the signing key lies, and the one that is to follow it.
#[derive(Clone, Debug)]
pub(crate) struct KeyFiles {
    pub(crate) key: PathBuf,
    pub(crate) next: PathBuf,
}

impl KeyFiles {
    pub(crate) fn new(layout: &Layout, options: &Options) -> Self {
        let key = options.key_path.clone().unwrap_or_else(|| layout.dir.join("key"));
        let mut next = key.as_os_str().to_owned();
        next.push(".next");
        Self { key, next: next.into() }
    }

    /// Make a key and store it at `path`, for the owner's eyes only.
    pub(crate) fn generate(
        disk: &dyn Disk,
        entropy: &dyn Entropy,
        path: &Path,
        origin: &str,
    ) -> Result<SigningKey, LogError> {
        let mut seed = [0; 32];
        entropy.fill(&mut seed)?;
        let key = SigningKey::from_seed(origin, &seed).map_err(|_| LogError::Origin)?;
        replace_durably(disk, path, &seed)?;
        Ok(key)
    }

    /// The key at `path`, if there is one.
    pub(crate) fn read(
        disk: &dyn Disk,
        path: &Path,
        origin: &str,
    ) -> Result<Option<SigningKey>, LogError> {
        let seed = match disk.read(path) {
            Ok(seed) => seed,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(LogError::Io { what: "read", path: path.to_owned(), source });
            }
        };
        let wrong = || LogError::SigningKey(path.to_owned());
        let seed = <[u8; 32]>::try_from(seed).map_err(|_| wrong())?;
        SigningKey::from_seed(origin, &seed).map(Some).map_err(|_| wrong())
    }

    /// Put the next key in the place of the key.
    pub(crate) fn promote(&self, disk: &dyn Disk) -> Result<(), LogError> {
        disk.rename(&self.next, &self.key).tried("rename", &self.key)?;
        let parent = self.key.parent().unwrap_or(Path::new("."));
        disk.sync_dir(parent).tried("flush", parent)
    }
}
