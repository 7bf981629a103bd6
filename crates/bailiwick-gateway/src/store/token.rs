//! Tokens: `<kind>_<id>_<secret>`. The id is public and finds the row; of the secret only a digest
//! is kept. The secret has 256 random bits, so a plain SHA-256 is as good as a slow hash.

use bailiwick_core::Digest;

use crate::entropy::{NoEntropy, random};

/// A token is not of this form.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("this is not a token of that kind")]
pub struct BadToken;

/// A token that was just made: the only time that its text exists.
pub(super) struct Minted {
    pub(super) id: String,
    pub(super) hash: Digest,
    pub(super) text: String,
}

/// Make a token of a kind, with a random id or with a given one.
pub(super) fn mint(kind: &str, id: Option<&str>) -> Result<Minted, NoEntropy> {
    let id = match id {
        Some(id) => id.to_owned(),
        None => hex(&random::<6>()?),
    };
    let secret = hex(&random::<32>()?);
    let hash = Digest::of(secret.as_bytes());
    Ok(Minted { text: format!("{kind}_{id}_{secret}"), id, hash })
}

/// The id and the digest of the secret of a token.
pub(super) fn read<'a>(kind: &str, token: &'a str) -> Result<(&'a str, Digest), BadToken> {
    let rest = token.strip_prefix(kind).and_then(|it| it.strip_prefix('_')).ok_or(BadToken)?;
    let (id, secret) = rest.rsplit_once('_').ok_or(BadToken)?;
    if secret.len() != 64 || id.is_empty() || id.len() > 64 {
        return Err(BadToken);
    }
    Ok((id, Digest::of(secret.as_bytes())))
}

/// Whether two digests are equal, in a time that does not tell where they differ.
pub(super) fn same(left: &Digest, right: &Digest) -> bool {
    let pairs = left.as_bytes().iter().zip(right.as_bytes());
    std::hint::black_box(pairs.fold(0u8, |differ, (a, b)| differ | (a ^ b))) == 0
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
