//! A keyring in a directory: one file per tenant and per data subject, for the owner's eyes only.
//! To erase a subject is to remove its file.

use std::collections::HashMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};

use bailiwick_core::TenantId;
use ring::hmac;
use sha2::{Digest as _, Sha256};

use crate::disk::Disk;
use crate::error::{LogError, Tried as _};
use crate::layout::replace_durably;
use crate::seal::{Entropy, KeyRing, KeyUnavailable, SubjectKey};

/// Keys that are kept in memory; beyond that the memory starts anew.
const KEPT_MAX: usize = 4096;

/// Keys in a directory.
pub struct FileKeyRing {
    dir: PathBuf,
    disk: Arc<dyn Disk>,
    entropy: Arc<dyn Entropy>,
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    tenants: HashMap<TenantId, [u8; 32]>,
    /// By the name of the subject's file.
    subjects: HashMap<String, SubjectKey>,
}

impl std::fmt::Debug for FileKeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FileKeyRing").field("dir", &self.dir).finish_non_exhaustive()
    }
}

impl FileKeyRing {
    /// The keyring in this directory, which is made if it is missing.
    ///
    /// # Errors
    /// [`LogError::Io`] when it cannot be made.
    pub fn open(
        dir: &Path,
        disk: Arc<dyn Disk>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, LogError> {
        disk.create_dir(dir).tried("create", dir)?;
        Ok(Self { dir: dir.to_owned(), disk, entropy, kept: Mutex::default() })
    }

    /// Destroy a subject's key. What was sealed under it can never be read again.
    ///
    /// # Errors
    /// [`KeyUnavailable`] when the key could not be destroyed.
    pub fn erase(&self, tenant: &TenantId, subject: &str) -> Result<(), KeyUnavailable> {
        let name = self.subject_file(tenant, subject)?;
        let mut kept = self.kept()?;
        kept.subjects.remove(&name);
        match self.disk.remove(&self.dir.join(&name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(KeyUnavailable),
            _ => {}
        }
        self.disk.sync_dir(&self.dir).map_err(|_| KeyUnavailable)
    }

    fn kept(&self) -> Result<MutexGuard<'_, Kept>, KeyUnavailable> {
        self.kept.lock().map_err(|_| KeyUnavailable)
    }

    /// The name of a subject's file: a pseudonym, so that the directory names nobody.
    fn subject_file(&self, tenant: &TenantId, subject: &str) -> Result<String, KeyUnavailable> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.tenant_key(tenant)?);
        let tag = hmac::sign(&key, format!("keyring\0{subject}").as_bytes());
        Ok(format!("subject-{}", hex(tag.as_ref().get(..16).unwrap_or_default())))
    }

    /// The bytes of a key file, made of fresh randomness when there is none.
    fn load<const N: usize>(&self, name: &str) -> Result<[u8; N], KeyUnavailable> {
        let path = self.dir.join(name);
        match self.disk.read(&path) {
            Ok(bytes) => bytes.try_into().map_err(|_| KeyUnavailable),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let mut bytes = [0; N];
                self.entropy.fill(&mut bytes)?;
                replace_durably(&*self.disk, &path, &bytes).map_err(|_| KeyUnavailable)?;
                Ok(bytes)
            }
            Err(_) => Err(KeyUnavailable),
        }
    }
}

impl KeyRing for FileKeyRing {
    fn tenant_key(&self, tenant: &TenantId) -> Result<[u8; 32], KeyUnavailable> {
        let mut kept = self.kept()?;
        if let Some(key) = kept.tenants.get(tenant) {
            return Ok(*key);
        }
        let name = Sha256::digest(tenant.as_str());
        let key = self.load(&format!("tenant-{}", hex(name.get(..16).unwrap_or_default())))?;
        if kept.tenants.len() >= KEPT_MAX {
            kept.tenants.clear();
        }
        kept.tenants.insert(tenant.clone(), key);
        Ok(key)
    }

    fn subject_key(&self, tenant: &TenantId, subject: &str) -> Result<SubjectKey, KeyUnavailable> {
        let name = self.subject_file(tenant, subject)?;
        let mut kept = self.kept()?;
        if let Some(key) = kept.subjects.get(&name) {
            return Ok(key.clone());
        }
        let key = subject_of(&self.load(&name)?);
        if kept.subjects.len() >= KEPT_MAX {
            kept.subjects.clear();
        }
        kept.subjects.insert(name, key.clone());
        Ok(key)
    }

    fn subject_key_by_id(&self, id: &[u8; 16]) -> Result<Option<[u8; 32]>, KeyUnavailable> {
        if let Some(key) = self.kept()?.subjects.values().find(|it| it.id == *id) {
            return Ok(Some(key.key));
        }
        let names = self.disk.list(&self.dir).map_err(|_| KeyUnavailable)?;
        for name in names.iter().filter(|it| it.starts_with("subject-")) {
            let bytes = self.disk.read(&self.dir.join(name)).map_err(|_| KeyUnavailable)?;
            let Ok(bytes) = <[u8; 48]>::try_from(bytes) else { continue };
            let key = subject_of(&bytes);
            if key.id == *id {
                return Ok(Some(key.key));
            }
        }
        Ok(None)
    }
}

fn subject_of(bytes: &[u8; 48]) -> SubjectKey {
    let mut made = SubjectKey { id: [0; 16], key: [0; 32] };
    let (id, key) = bytes.split_at(16);
    made.id.iter_mut().zip(id).for_each(|(slot, byte)| *slot = *byte);
    made.key.iter_mut().zip(key).for_each(|(slot, byte)| *slot = *byte);
    made
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
