//! The vault: which secrets belong to which server, and how they are added.

use std::collections::HashMap;

use bailiwick_core::{Cleared, Finding, Findings, Inspector, Seen, ServerId, Severity};

use crate::secret::Secret;
use crate::sigv4::{AwsKey, Signing};

/// One secret of a server, and where it goes.
pub enum Credential {
    /// An HTTP header of each request.
    Header {
        /// The header's name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A header that anybody may know, such as the name of a team: nobody looks for it in answers.
    OpenHeader {
        /// The header's name.
        name: String,
        /// Its value.
        value: String,
    },
    /// A variable in the environment of the server's process.
    Environment {
        /// The variable's name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A key with which requests are signed.
    Aws(AwsKey),
}

/// A secret on its way out, for as long as the cleared call that it was asked for.
pub struct Revealed<'a> {
    /// The header's or variable's name.
    pub name: &'a str,
    value: &'a str,
}

impl<'a> Revealed<'a> {
    /// The value, to be written to the wire or the environment and nowhere else.
    pub fn value(&self) -> &'a str {
        self.value
    }
}

/// A shorter secret is not looked for: it would be found in innocent text.
const FINDABLE_BYTES: usize = 8;

impl Credential {
    fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let secrets = match self {
            Self::Header { value, .. } | Self::Environment { value, .. } => {
                [Some(value), None, None]
            }
            Self::OpenHeader { .. } => [None; 3],
            Self::Aws(key) => [Some(&key.id), Some(&key.secret), key.session.as_ref()],
        };
        secrets.into_iter().flatten()
    }
}

/// A secret of ours in an answer does not pass: a server may print its environment.
impl Inspector for Vault {
    fn name(&self) -> &'static str {
        "vault"
    }

    fn purpose(&self) -> &'static str {
        "Secrets that the gateway itself holds, in answers and asks."
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        for secret in self.credentials.values().flatten().flat_map(Credential::secrets) {
            let text = secret.expose().as_bytes();
            if text.len() < FINDABLE_BYTES {
                continue;
            }
            if let Some(at) = memchr::memmem::find(seen.bytes, text) {
                findings.push(Finding {
                    kind: "vault.secret".into(),
                    severity: Severity::Withhold,
                    offset: seen.offset + at as u64,
                    length: u32::try_from(text.len()).unwrap_or(u32::MAX),
                });
            }
        }
    }
}

/// The secrets, by server.
#[derive(Default)]
pub struct Vault {
    credentials: HashMap<ServerId, Vec<Credential>>,
}

impl Vault {
    /// Keep one more secret of a server.
    pub fn keep(&mut self, server: ServerId, credential: Credential) {
        self.credentials.entry(server).or_default().push(credential);
    }

    /// The headers that a cleared call takes to its own server.
    pub fn headers<'a>(&'a self, cleared: &'a Cleared) -> impl Iterator<Item = Revealed<'a>> {
        self.of(cleared).filter_map(|it| match it {
            Credential::Header { name, value } => Some(Revealed { name, value: value.expose() }),
            Credential::OpenHeader { name, value } => Some(Revealed { name, value }),
            Credential::Environment { .. } | Credential::Aws(_) => None,
        })
    }

    /// The headers that sign a cleared call to its own server, whose bytes are part of what is
    /// signed; none where it wants no signature.
    pub fn signature(
        &self,
        cleared: &Cleared,
        request: &Signing<'_>,
    ) -> Vec<(&'static str, String)> {
        let key = self.of(cleared).find_map(|it| match it {
            Credential::Aws(key) => Some(key),
            Credential::Header { .. }
            | Credential::OpenHeader { .. }
            | Credential::Environment { .. } => None,
        });
        key.map_or_else(Vec::new, |it| it.sign(request, cleared.call().ask()))
    }

    /// The variables that a cleared call takes to its own server's process.
    pub fn environment<'a>(&'a self, cleared: &'a Cleared) -> impl Iterator<Item = Revealed<'a>> {
        self.of(cleared).filter_map(|it| match it {
            Credential::Environment { name, value } => {
                Some(Revealed { name, value: value.expose() })
            }
            Credential::Header { .. } | Credential::OpenHeader { .. } | Credential::Aws(_) => None,
        })
    }

    /// A text with every secret in it blotted out.
    pub fn blot(&self, text: &str) -> String {
        let secrets = self.credentials.values().flatten().flat_map(Credential::secrets);
        let findable = secrets.filter(|it| it.expose().len() >= FINDABLE_BYTES);
        findable.fold(text.to_owned(), |text, it| text.replace(it.expose(), "[secret]"))
    }

    fn of<'a>(&'a self, cleared: &Cleared) -> impl Iterator<Item = &'a Credential> {
        self.credentials.get(cleared.call().resource().server()).into_iter().flatten()
    }
}
