//! TLS at the agents' listener: a certificate and its key, in force until a newer good pair is.
//!
//! The files are looked at like those of the rules. A bad pair changes nothing: the former one
//! stays in force, and the fault is told on the terminal, in the log and on `/readyz`. Connections
//! that are open go on with the pair that they began with.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::config::{Pair, Settings};
use crate::{disk, edits};

/// HTTP/2, as it is agreed on in the handshake.
pub(crate) const H2: &[u8] = b"h2";
const HTTP_1_1: &[u8] = b"http/1.1";
/// What is told who does not know that TLS is spoken.
pub const SPOKEN: &str = "agents speak TLS here: write https:// instead of http://\n";
/// The largest file that is read.
const FILE_BYTES_MAX: u64 = 1 << 20;

/// Why a certificate and its key cannot be used, with the file's name.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadPair(String);

/// The pair in force.
pub(crate) struct Tls {
    pair: Pair,
    now: RwLock<Arc<ServerConfig>>,
    fault: RwLock<Option<BadPair>>,
    /// How the files looked before they were read: an edit made since is noticed.
    seen: Looks,
}

/// When two files are others than they were.
pub(crate) type Looks = [Option<(u64, u64, SystemTime)>; 2];

impl Tls {
    /// Read the pair.
    ///
    /// # Errors
    /// [`BadPair`] with what is wrong.
    pub(crate) fn read(pair: Pair) -> Result<Self, BadPair> {
        let seen = look(&pair);
        let config = RwLock::new(Arc::new(config(&pair)?));
        Ok(Self { pair, now: config, fault: RwLock::default(), seen })
    }

    /// Shakes hands with the pair that is in force now.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        Arc::clone(&self.now.read().unwrap_or_else(PoisonError::into_inner)).into()
    }

    /// What is wrong with a newer pair, which is not in force.
    pub(crate) fn fault(&self) -> Option<String> {
        let fault = self.fault.read().unwrap_or_else(PoisonError::into_inner);
        fault.as_ref().map(ToString::to_string)
    }

    /// Wait for an edit of the files.
    pub(crate) async fn edited(&self, seen: &mut Looks) {
        let pair = self.pair.clone();
        edits::next(seen, move || look(&pair)).await;
    }

    /// How the files looked before the first pair was read.
    pub(crate) const fn seen(&self) -> Looks {
        self.seen
    }

    /// Put the pair in force that is in the files.
    ///
    /// # Errors
    /// [`BadPair`]: the former one stays.
    pub(crate) fn renew(&self) -> Result<(), BadPair> {
        let read = config(&self.pair).map(|config| {
            *self.now.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(config);
        });
        *self.fault.write().unwrap_or_else(PoisonError::into_inner) = read.clone().err();
        read
    }
}

fn look(pair: &Pair) -> Looks {
    [&pair.certificate, &pair.key].map(|it| disk::stamp(it))
}

fn config(pair: &Pair) -> Result<ServerConfig, BadPair> {
    let chain = CertificateDer::pem_slice_iter(&read(&pair.certificate)?)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|it| bad(&pair.certificate, &it))?;
    if chain.is_empty() {
        return Err(bad(&pair.certificate, &"it holds no certificate"));
    }
    let key = PrivateKeyDer::from_pem_slice(&read(&pair.key)?).map_err(|it| bad(&pair.key, &it))?;
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|it| bad(&pair.key, &it))?;
    config.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
    Ok(config)
}

fn read(file: &Path) -> Result<Vec<u8>, BadPair> {
    disk::read_up_to(file, FILE_BYTES_MAX).map_err(|it| bad(file, &it))
}

fn bad(file: &Path, what: &dyn std::fmt::Display) -> BadPair {
    BadPair(format!("{}: {what}", file.display()))
}

/// What is wrong with the pair that a configuration names, if it names one.
///
/// # Errors
/// [`BadPair`] with what is wrong.
pub fn check(settings: &Settings) -> Result<(), BadPair> {
    settings.tls.as_ref().map_or(Ok(()), |pair| config(pair).map(drop))
}

/// What is not wrong with the pair, and should not be so all the same.
pub fn warnings(settings: &Settings) -> Vec<String> {
    let key = settings.tls.as_ref().map(|it| &it.key);
    let exposed = key.filter(|it| disk::others_can_read(it).unwrap_or(false));
    let told =
        exposed.map(|it| format!("{0}: others can read this key: `chmod 600 {0}`", it.display()));
    told.into_iter().collect()
}
