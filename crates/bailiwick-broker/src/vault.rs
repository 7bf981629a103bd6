//! The vault: which secrets belong to which server, and how they are added.

use std::collections::HashMap;

use bailiwick_core::{Cleared, ServerId};

use crate::secret::Secret;

/// One secret of a server, and where it goes.
pub enum Credential {
    /// An HTTP header of each request.
    Header {
        /// The header's name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// A variable in the environment of the server's process.
    Environment {
        /// The variable's name.
        name: String,
        /// Its value.
        value: Secret,
    },
}

/// A secret on its way out, for as long as the cleared call that it was asked for.
pub struct Revealed<'a> {
    /// The header's or variable's name.
    pub name: &'a str,
    value: &'a Secret,
}

impl<'a> Revealed<'a> {
    /// The value, to be written to the wire or the environment and nowhere else.
    pub fn value(&self) -> &'a str {
        self.value.expose()
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
            Credential::Header { name, value } => Some(Revealed { name, value }),
            Credential::Environment { .. } => None,
        })
    }

    /// The variables that a cleared call takes to its own server's process.
    pub fn environment<'a>(&'a self, cleared: &'a Cleared) -> impl Iterator<Item = Revealed<'a>> {
        self.of(cleared).filter_map(|it| match it {
            Credential::Environment { name, value } => Some(Revealed { name, value }),
            Credential::Header { .. } => None,
        })
    }

    fn of<'a>(&'a self, cleared: &Cleared) -> impl Iterator<Item = &'a Credential> {
        self.credentials.get(cleared.call().resource().server()).into_iter().flatten()
    }
}
