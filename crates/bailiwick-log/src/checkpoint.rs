//! C2SP checkpoints and proofs: the text that says how large the log was and what its root was,
//! and the text that shows one entry to be in it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::note::{Note, NoteError, SigningKey, VerifierKey, sign_note};
use crate::tree::{Hash, Head, check_inclusion, leaf_hash};

/// A proof has at most so many hashes, and its text at most so many bytes.
const PROOF_HASHES_MAX: usize = 64;
const PROOF_BYTES_MAX: usize = 128 * 1024;
const PROOF_HEADER: &str = "c2sp.org/tlog-proof@v1";

/// The body of a checkpoint.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Checkpoint {
    /// The log's name.
    pub origin: Box<str>,
    /// How many entries, and their root.
    pub head: Head,
}

impl Checkpoint {
    /// The body as text: origin, size, root.
    pub fn body(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.head.size, STANDARD.encode(self.head.root))
    }

    /// The body that the text writes. Extension lines are allowed and passed over.
    ///
    /// # Errors
    /// [`NoteError::Form`] when it has not the form of a checkpoint.
    pub fn parse_body(text: &str) -> Result<Self, NoteError> {
        let mut lines = text.strip_suffix('\n').ok_or(NoteError::Form)?.split('\n');
        let origin = lines.next().filter(|it| !it.is_empty()).ok_or(NoteError::Form)?;
        let size = lines.next().and_then(decimal).ok_or(NoteError::Form)?;
        let root = lines.next().and_then(hash_line).ok_or(NoteError::Form)?;
        if lines.any(str::is_empty) {
            return Err(NoteError::Form);
        }
        Ok(Self { origin: origin.into(), head: Head { size, root } })
    }

    /// The checkpoint as a note signed by these keys.
    pub fn sign(&self, keys: &[&SigningKey]) -> String {
        sign_note(&self.body(), keys)
    }

    /// What a note says that has the form of a checkpoint, whoever signed it.
    pub fn of_note(note: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(note).ok()?;
        Note::parse(note).ok()?;
        let (body, _) = text.rsplit_once("\n\n")?;
        Self::parse_body(&format!("{body}\n")).ok()
    }

    /// The checkpoint of a signed note, when a trusted key signed it and it is of that log.
    ///
    /// # Errors
    /// [`NoteError`] when the form or every signature is wrong.
    pub fn open(note: &[u8], trusted: &[VerifierKey]) -> Result<Self, NoteError> {
        let note = Note::parse(note)?;
        let signed = note.verify(trusted)?;
        let made = Self::parse_body(signed.text)?;
        let own = signed.by.iter().any(|key| key.name() == &*made.origin);
        if own { Ok(made) } else { Err(NoteError::Unsigned) }
    }
}

/// The proof that an entry stands in the log at an index, under a signed checkpoint: the text
/// form of C2SP tlog-proof.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Proof {
    /// The index of the entry.
    pub index: u64,
    /// The inclusion path, the leaf's sibling first.
    pub path: Vec<Hash>,
    /// The signed checkpoint, as it was published.
    pub checkpoint: String,
}

impl std::fmt::Display for Proof {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        writeln!(f, "{PROOF_HEADER}")?;
        writeln!(f, "index {}", self.index)?;
        self.path.iter().try_for_each(|hash| writeln!(f, "{}", STANDARD.encode(hash)))?;
        write!(f, "\n{}", self.checkpoint)
    }
}

impl Proof {
    /// Read a proof. Nothing of it is believed yet.
    ///
    /// # Errors
    /// [`ProofError::Form`] when the text has not the form of one.
    pub fn parse(text: &str) -> Result<Self, ProofError> {
        if text.len() > PROOF_BYTES_MAX {
            return Err(ProofError::Form);
        }
        let (head, checkpoint) = text.split_once("\n\n").ok_or(ProofError::Form)?;
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(PROOF_HEADER) {
            return Err(ProofError::Form);
        }
        if let Some(extra) = lines.next_if(|it| it.starts_with("extra ")) {
            let data = extra.strip_prefix("extra ").unwrap_or_default();
            STANDARD.decode(data).map_err(|_| ProofError::Form)?;
        }
        let index = lines.next().and_then(|it| it.strip_prefix("index ")).and_then(decimal);
        let index = index.ok_or(ProofError::Form)?;
        let path: Vec<Hash> =
            lines.map(hash_line).collect::<Option<_>>().ok_or(ProofError::Form)?;
        if path.len() > PROOF_HASHES_MAX {
            return Err(ProofError::Form);
        }
        Ok(Self { index, path, checkpoint: checkpoint.into() })
    }
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum ProofError {
    /// The text has not the form of a proof.
    #[error("the text has not the form of a proof")]
    Form,
    /// The checkpoint in it is not good.
    #[error("the checkpoint in the proof: {0}")]
    Checkpoint(#[from] NoteError),
    /// The entry is not the one that the proof is about.
    #[error("the path does not lead from the entry to the root of the checkpoint")]
    Path,
}

/// Check, offline, that the proof shows `entry` to be in the log of this key. Gives the entry's
/// index and the checkpoint.
///
/// # Errors
/// [`ProofError`] when it does not.
pub fn verify_proof(
    key: &VerifierKey,
    entry: &[u8],
    proof: &str,
) -> Result<(u64, Checkpoint), ProofError> {
    verify_proof_by(std::slice::from_ref(key), entry, proof)
}

/// As [`verify_proof`], with any of several keys of the log, such as those of a key chain.
///
/// # Errors
/// [`ProofError`] when the proof does not hold.
pub fn verify_proof_by(
    keys: &[VerifierKey],
    entry: &[u8],
    proof: &str,
) -> Result<(u64, Checkpoint), ProofError> {
    let proof = Proof::parse(proof)?;
    let checkpoint = Checkpoint::open(proof.checkpoint.as_bytes(), keys)?;
    let Head { size, root } = checkpoint.head;
    if check_inclusion(&proof.path, proof.index, size, leaf_hash(entry), &root) {
        Ok((proof.index, checkpoint))
    } else {
        Err(ProofError::Path)
    }
}

/// A decimal number without sign or leading noughts.
fn decimal(text: &str) -> Option<u64> {
    let plain = text.bytes().all(|it| it.is_ascii_digit());
    let short = text == "0" || !text.starts_with('0');
    if plain && short { text.parse().ok() } else { None }
}

fn hash_line(line: &str) -> Option<Hash> {
    STANDARD.decode(line).ok()?.try_into().ok()
}
