//! C2SP signed notes: verifier keys, signers, and notes signed with Ed25519.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

/// The type byte of a plain Ed25519 signature.
const ED25519_TYPE: u8 = 1;

/// A note may carry at most so many signatures, and be at most so many bytes long.
const SIGNATURES_MAX: usize = 32;
const NOTE_BYTES_MAX: usize = 64 * 1024;

/// Why some text is not a note, a key, or not signed as it should be.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum NoteError {
    /// It has not the form of a signed note.
    #[error("it has not the form of a signed note")]
    Form,
    /// It has not the form of a verifier key.
    #[error("it has not the form of a verifier key (name+id+key)")]
    Key,
    /// None of the trusted keys signed it.
    #[error("no trusted key signed it")]
    Unsigned,
    /// A signature under a trusted key is wrong.
    #[error("a signature under a trusted key is wrong")]
    Forged,
}

/// A key that verifies notes: the C2SP `vkey`, written `name+id+key`.
#[derive(Clone, Eq, PartialEq)]
pub struct VerifierKey {
    name: Box<str>,
    id: [u8; 4],
    public: [u8; 32],
}

impl VerifierKey {
    /// The key of this name with these public bytes. The name must be fit for one.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the name is empty or has a space, a plus or a control character.
    pub fn new(name: &str, public: [u8; 32]) -> Result<Self, NoteError> {
        if !fit_name(name) {
            return Err(NoteError::Key);
        }
        let hash = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', ED25519_TYPE])
            .chain_update(public)
            .finalize();
        let id = hash.first_chunk::<4>().copied().unwrap_or_default();
        Ok(Self { name: name.into(), id, public })
    }

    /// The key that the text writes.
    ///
    /// # Errors
    /// [`NoteError::Key`] when it is not an Ed25519 verifier key, or its id does not fit.
    pub fn parse(text: &str) -> Result<Self, NoteError> {
        let (name, rest) = text.split_once('+').ok_or(NoteError::Key)?;
        let (id, key) = rest.split_once('+').ok_or(NoteError::Key)?;
        let bytes = STANDARD.decode(key).map_err(|_| NoteError::Key)?;
        let (&kind, public) = bytes.split_first().ok_or(NoteError::Key)?;
        let public = public.try_into().map_err(|_| NoteError::Key)?;
        let made = Self::new(name, public)?;
        let same_id = id == hex_id(made.id);
        if kind == ED25519_TYPE && same_id { Ok(made) } else { Err(NoteError::Key) }
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id as signature lines carry it.
    pub const fn id(&self) -> [u8; 4] {
        self.id
    }

    /// Whether this key made the signature over the text.
    pub fn verifies(&self, text: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(text, signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![ED25519_TYPE];
        bytes.extend_from_slice(&self.public);
        write!(f, "{}+{}+{}", self.name, hex_id(self.id), STANDARD.encode(bytes))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A key that signs notes. It is never printed.
pub struct SigningKey {
    pair: Ed25519KeyPair,
    verifier: VerifierKey,
}

impl SigningKey {
    /// The key of this name that the seed makes.
    ///
    /// # Errors
    /// [`NoteError::Key`] when the name is not fit, or the seed makes no key.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| NoteError::Key)?;
        let public = pair.public_key().as_ref().try_into().map_err(|_| NoteError::Key)?;
        Ok(Self { pair, verifier: VerifierKey::new(name, public)? })
    }

    /// The key that verifies what this one signs.
    pub const fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    /// The bare signature over some bytes.
    pub fn sign(&self, text: &[u8]) -> [u8; 64] {
        let mut out = [0; 64];
        for (slot, byte) in out.iter_mut().zip(self.pair.sign(text).as_ref()) {
            *slot = *byte;
        }
        out
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.verifier)
    }
}

/// The signed note that the keys make of a text. The text ends with a newline.
pub fn sign_note(text: &str, keys: &[&SigningKey]) -> String {
    let mut note = format!("{text}\n");
    for key in keys {
        let mut bytes = key.verifier.id.to_vec();
        bytes.extend_from_slice(&key.sign(text.as_bytes()));
        note.push_str("\u{2014} ");
        note.push_str(&key.verifier.name);
        note.push(' ');
        note.push_str(&STANDARD.encode(bytes));
        note.push('\n');
    }
    note
}

/// A note that was read, but of which nothing is believed yet.
#[derive(Clone, Debug)]
pub struct Note<'a> {
    text: &'a str,
    signatures: Vec<(&'a str, [u8; 4], Vec<u8>)>,
}

impl<'a> Note<'a> {
    /// Read a note.
    ///
    /// # Errors
    /// [`NoteError::Form`] when the bytes have not the form of one.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NoteError> {
        if bytes.len() > NOTE_BYTES_MAX || bytes.iter().any(|&it| it < 0x20 && it != b'\n') {
            return Err(NoteError::Form);
        }
        let all = std::str::from_utf8(bytes).map_err(|_| NoteError::Form)?;
        let at = all.rfind("\n\n").ok_or(NoteError::Form)?;
        let (text, rest) = all.split_at_checked(at + 1).ok_or(NoteError::Form)?;
        let lines = rest.strip_prefix('\n').and_then(|it| it.strip_suffix('\n'));
        let signatures: Vec<_> = lines
            .ok_or(NoteError::Form)?
            .split('\n')
            .map(signature_line)
            .collect::<Option<_>>()
            .ok_or(NoteError::Form)?;
        if signatures.len() > SIGNATURES_MAX {
            return Err(NoteError::Form);
        }
        Ok(Self { text, signatures })
    }

    /// The keys of `trusted` that signed the note. Signatures of others are passed over.
    ///
    /// # Errors
    /// [`NoteError::Forged`] when a signature under a trusted key is wrong, and
    /// [`NoteError::Unsigned`] when no trusted key signed.
    pub fn verify<'k>(&self, trusted: &'k [VerifierKey]) -> Result<Signed<'a, 'k>, NoteError> {
        let mut by = Vec::new();
        for (name, id, signature) in &self.signatures {
            let Some(key) = trusted.iter().find(|it| *it.name == **name && it.id == *id) else {
                continue;
            };
            if !key.verifies(self.text.as_bytes(), signature) {
                return Err(NoteError::Forged);
            }
            by.push(key);
        }
        if by.is_empty() { Err(NoteError::Unsigned) } else { Ok(Signed { text: self.text, by }) }
    }
}

/// The text of a note whose signature was checked, and who signed.
#[derive(Clone, Debug)]
pub struct Signed<'a, 'k> {
    /// The text, with its last newline.
    pub text: &'a str,
    /// The trusted keys that signed.
    pub by: Vec<&'k VerifierKey>,
}

fn signature_line(line: &str) -> Option<(&str, [u8; 4], Vec<u8>)> {
    let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
    let bytes = STANDARD.decode(encoded).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    if !fit_name(name) || signature.is_empty() {
        return None;
    }
    Some((name, *id, signature.to_vec()))
}

fn fit_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|it| it == '+' || it.is_whitespace() || it.is_control())
}

fn hex_id(id: [u8; 4]) -> String {
    format!("{:08x}", u32::from_be_bytes(id))
}
