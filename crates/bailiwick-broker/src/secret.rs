//! A secret in memory: it cannot be printed, copied or serialised, and is wiped when dropped.

use zeroize::Zeroizing;

/// A secret. It has no `Debug`, no `Clone` and no `Serialize`, on purpose.
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Take a secret into keeping.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text, for the one place that adds it to a cleared call.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}
