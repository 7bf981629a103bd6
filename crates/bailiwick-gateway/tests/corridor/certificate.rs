//! Certificates for tests: each its own root, for this machine's names.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

const SEQUENCE: u8 = 0x30;
const ED25519: &[u8] = &[0x06, 3, 0x2b, 0x65, 0x70];
const COMMON_NAME: &[u8] = &[0x06, 3, 0x55, 0x04, 0x03];
const OTHER_NAMES: &[u8] = &[0x06, 3, 0x55, 0x1d, 0x11];

/// A certificate and its key.
pub(crate) struct Certificate {
    der: Vec<u8>,
    key: Vec<u8>,
}

impl Certificate {
    pub(crate) fn new() -> Self {
        let key = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let pair = Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap();
        let algorithm = der(SEQUENCE, &[ED25519]);
        let name = der(SEQUENCE, &[COMMON_NAME, &der(0x0c, &[b"bailiwick"])]);
        let name = der(SEQUENCE, &[&der(0x31, &[&name])]);
        let times = [der(0x17, &[b"260101000000Z"]), der(0x18, &[b"20991231235959Z"])];
        let public = bits(pair.public_key().as_ref());
        let names = der(SEQUENCE, &[&der(0x82, &[b"localhost"]), &der(0x87, &[&[127, 0, 0, 1]])]);
        let others = der(SEQUENCE, &[OTHER_NAMES, &der(0x04, &[&names])]);
        let inner = der(
            SEQUENCE,
            &[
                &der(0xa0, &[&der(0x02, &[&[2]])]),
                &der(0x02, &[&[1]]),
                &algorithm,
                &name,
                &der(SEQUENCE, &[&times[0], &times[1]]),
                &name,
                &der(SEQUENCE, &[&algorithm, &public]),
                &der(0xa3, &[&der(SEQUENCE, &[&others])]),
            ],
        );
        let signature = bits(pair.sign(&inner).as_ref());
        let der = der(SEQUENCE, &[&inner, &algorithm, &signature]);
        Self { der, key: key.as_ref().to_vec() }
    }

    /// Write both files, as a renewal does.
    pub(crate) fn write(&self, folder: &Path) {
        self.write_certificate(folder);
        std::fs::write(folder.join("key.pem"), pem("PRIVATE KEY", &self.key)).unwrap();
    }

    /// Write the certificate only, which then has no key to it.
    pub(crate) fn write_certificate(&self, folder: &Path) {
        std::fs::write(folder.join("cert.pem"), pem("CERTIFICATE", &self.der)).unwrap();
    }

    /// Shake hands with a server of just this certificate, offering these protocols.
    pub(crate) async fn connect(
        &self,
        address: std::net::SocketAddr,
        offered: &[&str],
    ) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(self.der.clone())).unwrap();
        let mut config =
            ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        config.alpn_protocols = offered.iter().map(|it| it.as_bytes().to_vec()).collect();
        let socket = TcpStream::connect(address).await?;
        let name = "localhost".try_into().unwrap();
        TlsConnector::from(Arc::new(config)).connect(name, socket).await
    }
}

/// A value of DER: what it is, how long, and its parts.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut all = vec![tag];
    match content.len() {
        short @ ..0x80 => all.push(short.try_into().unwrap()),
        long @ ..0x100 => all.extend([0x81, long.try_into().unwrap()]),
        long => {
            all.push(0x82);
            all.extend(u16::try_from(long).unwrap().to_be_bytes());
        }
    }
    all.extend(content);
    all
}

fn bits(bytes: &[u8]) -> Vec<u8> {
    der(0x03, &[&[0], bytes])
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<_> =
        text.as_bytes().chunks(64).map(|it| std::str::from_utf8(it).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
