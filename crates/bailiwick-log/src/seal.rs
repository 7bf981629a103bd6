//! Pseudonyms, keyed digests and seals: what lets the log speak of people without naming them.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, RwLock};

use bailiwick_core::{Digest, Sealed, TenantId, Token};
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use sha2::{Digest as _, Sha256};

/// The version of the sealed form that this build writes.
const SEAL_VERSION: u8 = 1;
/// What every seal is bound to.
const BOUND: &[u8; 14] = b"bailiwick-seal";
const SALT: usize = 32;
const NONCE: usize = 12;
const TAG: usize = 16;
/// Tenants whose keys are kept ready; beyond that the cache starts anew.
const TENANTS_MAX: usize = 1024;

/// A key could not be had, or randomness could not.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a key could not be had")]
pub struct KeyUnavailable;

/// The key of one data subject, and the random name under which seals mention it.
#[derive(Clone)]
pub struct SubjectKey {
    /// The key's name in seals. It says nothing about the subject.
    pub id: [u8; 16],
    /// The key.
    pub key: [u8; 32],
}

impl std::fmt::Debug for SubjectKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SubjectKey(..)")
    }
}

/// Who keeps the keys of tenants and data subjects.
pub trait KeyRing: Send + Sync {
    /// The key under which a tenant's pseudonyms and digests are made. It never changes.
    ///
    /// # Errors
    /// [`KeyUnavailable`].
    fn tenant_key(&self, tenant: &TenantId) -> Result<[u8; 32], KeyUnavailable>;

    /// The key of a data subject, made when there is none.
    ///
    /// # Errors
    /// [`KeyUnavailable`].
    fn subject_key(&self, tenant: &TenantId, subject: &str) -> Result<SubjectKey, KeyUnavailable>;

    /// The key of this name; `None` when it was erased.
    ///
    /// # Errors
    /// [`KeyUnavailable`].
    fn subject_key_by_id(&self, id: &[u8; 16]) -> Result<Option<[u8; 32]>, KeyUnavailable>;
}

/// Where random bytes come from.
pub trait Entropy: Send + Sync {
    /// Fill with random bytes.
    ///
    /// # Errors
    /// [`KeyUnavailable`] when there are none to be had.
    fn fill(&self, out: &mut [u8]) -> Result<(), KeyUnavailable>;
}

/// The operating system's randomness, fetched ahead: each seal takes two small pieces, and asking
/// the system for each costs more than the encryption.
#[derive(Debug)]
pub struct SystemEntropy(SystemRandom);

/// How many random bytes each thread fetches at once.
const AHEAD: usize = 1024;

thread_local! {
    /// How many bytes are used up, and the bytes.
    static FETCHED: RefCell<(usize, [u8; AHEAD])> = const { RefCell::new((AHEAD, [0; AHEAD])) };
}

impl Default for SystemEntropy {
    fn default() -> Self {
        Self(SystemRandom::new())
    }
}

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), KeyUnavailable> {
        let fill = |out: &mut [u8]| self.0.fill(out).map_err(|_| KeyUnavailable);
        if out.len() > AHEAD {
            return fill(out);
        }
        FETCHED.with_borrow_mut(|(used, bytes)| {
            if *used + out.len() > AHEAD {
                // Until all of it is fresh, nothing of it may be handed out.
                *used = AHEAD;
                fill(bytes)?;
                *used = 0;
            }
            for (slot, byte) in out.iter_mut().zip(bytes.iter_mut().skip(*used)) {
                // What was handed out is kept nowhere else.
                *slot = std::mem::take(byte);
            }
            *used += out.len();
            Ok(())
        })
    }
}

/// Makes pseudonyms and seals with the keys of a ring.
pub struct Sealer {
    ring: Arc<dyn KeyRing>,
    entropy: Arc<dyn Entropy>,
    tenants: RwLock<HashMap<TenantId, hmac::Key>>,
}

impl Sealer {
    /// With the keys of this ring.
    pub fn new(ring: Arc<dyn KeyRing>, entropy: Arc<dyn Entropy>) -> Self {
        Self { ring, entropy, tenants: RwLock::default() }
    }

    /// `HMAC-SHA256(tenant key, kind || 0 || name)`, its first sixteen bytes.
    ///
    /// # Errors
    /// [`KeyUnavailable`].
    pub fn token(
        &self,
        tenant: &TenantId,
        kind: &str,
        name: &str,
    ) -> Result<Token, KeyUnavailable> {
        let tag = self.keyed(tenant, &[kind.as_bytes(), &[0], name.as_bytes()])?;
        let tag = tag.as_ref().first_chunk().ok_or(KeyUnavailable)?;
        Ok(Token::from_bytes(*tag))
    }

    /// `HMAC-SHA256(tenant key, "digest" || 0 || content)`.
    ///
    /// # Errors
    /// [`KeyUnavailable`].
    pub fn keyed_digest(
        &self,
        tenant: &TenantId,
        content: &Digest,
    ) -> Result<Digest, KeyUnavailable> {
        let tag = self.keyed(tenant, &[b"digest\0", content.as_bytes()])?;
        let tag = tag.as_ref().first_chunk().ok_or(KeyUnavailable)?;
        Ok(Digest::from_bytes(*tag))
    }

    fn keyed(&self, tenant: &TenantId, parts: &[&[u8]]) -> Result<hmac::Tag, KeyUnavailable> {
        let sign = |key: &hmac::Key| {
            let mut context = hmac::Context::with_key(key);
            parts.iter().for_each(|part| context.update(part));
            context.sign()
        };
        {
            let tenants = self.tenants.read().map_err(|_| KeyUnavailable)?;
            if let Some(key) = tenants.get(tenant) {
                return Ok(sign(key));
            }
        }
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.ring.tenant_key(tenant)?);
        let tag = sign(&key);
        let mut tenants = self.tenants.write().map_err(|_| KeyUnavailable)?;
        if tenants.len() >= TENANTS_MAX {
            tenants.clear();
        }
        tenants.insert(tenant.clone(), key);
        Ok(tag)
    }

    /// Encrypt under the subject's key:
    /// `salt(32) || version(1) || key id(16) || nonce(12) || ciphertext and tag`.
    ///
    /// # Errors
    /// [`KeyUnavailable`].
    pub fn seal(
        &self,
        tenant: &TenantId,
        subject: &str,
        clear: &[u8],
    ) -> Result<Sealed, KeyUnavailable> {
        let subject = self.ring.subject_key(tenant, subject)?;
        let (mut salt, mut nonce) = ([0u8; SALT], [0u8; NONCE]);
        self.entropy.fill(&mut salt)?;
        self.entropy.fill(&mut nonce)?;
        let mut out = Vec::with_capacity(SALT + 1 + 16 + NONCE + clear.len() + TAG);
        out.extend_from_slice(&salt);
        out.push(SEAL_VERSION);
        out.extend_from_slice(&subject.id);
        out.extend_from_slice(&nonce);
        let key = aead_key(&subject.key)?;
        let mut text = clear.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, aad(&subject.id), &mut text)
            .map_err(|_| KeyUnavailable)?;
        out.extend_from_slice(&text);
        let commitment = commitment(&out);
        Ok(Sealed { ciphertext: out, commitment })
    }

    /// What was sealed; `None` when its key was erased or the bytes are not ours.
    pub(crate) fn unseal(&self, sealed: &[u8]) -> Result<Option<Vec<u8>>, KeyUnavailable> {
        let Some((id, nonce, text)) = split(sealed) else { return Ok(None) };
        let Some(key) = self.ring.subject_key_by_id(&id)? else { return Ok(None) };
        let mut text = text.to_vec();
        let nonce = Nonce::assume_unique_for_key(nonce);
        let clear = aead_key(&key)?.open_in_place(nonce, aad(&id), &mut text);
        Ok(clear.ok().map(|it| it.to_vec()))
    }
}

/// The commitment that the leaf holds: `SHA-256(salt || SHA-256(the rest))`. `None` when the
/// bytes are too few to be a seal.
pub fn commitment(sealed: &[u8]) -> Option<Digest> {
    let (salt, rest) = sealed.split_first_chunk::<SALT>()?;
    let inner = Sha256::digest(rest);
    let made = Sha256::new().chain_update(salt).chain_update(inner).finalize();
    Some(Digest::from_bytes(made.into()))
}

type Parts<'a> = ([u8; 16], [u8; NONCE], &'a [u8]);

fn split(sealed: &[u8]) -> Option<Parts<'_>> {
    let (_, rest) = sealed.split_first_chunk::<SALT>()?;
    let rest = rest.strip_prefix(&[SEAL_VERSION])?;
    let (id, rest) = rest.split_first_chunk()?;
    let (nonce, text) = rest.split_first_chunk()?;
    Some((*id, *nonce, text))
}

fn aead_key(key: &[u8; 32]) -> Result<LessSafeKey, KeyUnavailable> {
    let key = UnboundKey::new(&CHACHA20_POLY1305, key).map_err(|_| KeyUnavailable)?;
    Ok(LessSafeKey::new(key))
}

/// What the encryption also binds: the form and the key's name.
fn aad(id: &[u8; 16]) -> Aad<[u8; 31]> {
    let mut bytes = [0; 31];
    let parts = BOUND.iter().chain(&[SEAL_VERSION]).chain(id);
    bytes.iter_mut().zip(parts).for_each(|(slot, byte)| *slot = *byte);
    Aad::from(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_random_byte_is_handed_out_twice() {
        let entropy = SystemEntropy::default();
        let mut seen = std::collections::HashSet::new();
        // More than is fetched at once, in pieces that do not divide it.
        for _ in 0..500 {
            let mut piece = [0u8; 12];
            entropy.fill(&mut piece).unwrap();
            assert!(seen.insert(piece), "{piece:?} came twice");
        }
        let mut long = [0u8; AHEAD + 1];
        entropy.fill(&mut long).unwrap();
        assert!(long.chunks(12).all(|it| it.len() < 12 || it.iter().any(|byte| *byte != 0)));
    }
}
