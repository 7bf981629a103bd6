//! Hosts: names and addresses that every reader takes for the same, and which of them are inward.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Names that never leave the house, by their last labels.
const INWARD: &[&str] = &[
    "localhost",
    "localdomain",
    "local",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "arpa",
    "invalid",
    "test",
    "example",
    "onion",
    "alt",
    // Public names that are there to point to private addresses.
    "nip.io",
    "sslip.io",
    "xip.io",
    "localtest.me",
    "lvh.me",
    "vcap.me",
    "lacolhost.com",
    "traefik.me",
    "local.gd",
];

/// Whether a text in small letters is a full name: labels of letters, digits and hyphens, at least
/// two, the last of them not a number (which some readers take for an address).
pub(super) fn is_name(text: &str) -> bool {
    let is_label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-')
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_word = last.len() >= 2 && last.starts_with(|it: char| it.is_ascii_lowercase());
    text.len() <= 253 && text.contains('.') && text.split('.').all(is_label) && is_word
}

/// Whether a name is of a private or special network.
pub(super) fn is_inward(name: &str) -> bool {
    INWARD
        .iter()
        .any(|it| name.strip_suffix(it).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))
}

/// Whether a name holds letters in a code: it may look like another one.
pub(crate) fn is_coded(name: &str) -> bool {
    name.split('.').any(|label| label.as_bytes().get(2..4) == Some(b"--"))
}

/// Whether a host (and its port, where it is not the usual one) is on a list of `example.com`,
/// `*.example.com` and `example.com:8443`.
pub(super) fn is_listed(list: &[String], host: &str, port: Option<u16>) -> bool {
    list.iter().any(|entry| {
        let (name, listed_port) = split_port(entry);
        let is_host = match name.strip_prefix("*.") {
            Some(parent) => host
                .strip_suffix(parent)
                .is_some_and(|rest| rest.len() > 1 && rest.ends_with('.') && !is_coded(rest)),
            None => name == host,
        };
        is_host && listed_port == port
    })
}

/// A name and the port behind it.
pub(super) fn split_port(entry: &str) -> (&str, Option<u16>) {
    let Some((name, port)) = entry.rsplit_once(':') else { return (entry, None) };
    match port.parse() {
        Ok(port) if !name.ends_with(':') => (name, Some(port)),
        Ok(_) | Err(_) => (entry, None),
    }
}

/// Whether an address is of the open internet.
pub(crate) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = match (a, b, c) {
        (0 | 10 | 127 | 224..=255, _, _) => true,
        (100, 64..=127, _) | (169, 254, _) | (172, 16..=31, _) | (192, 168, _) => true,
        (192, 0, 0 | 2) | (192, 88, 99) | (198, 51, 100) | (203, 0, 113) => true,
        (198, 18 | 19, _) => true,
        (_, _, _) => false,
    };
    !is_special
}

/// Only what was given to the internet counts, so that mapped, compatible, NAT64, unique local,
/// link-local, site-local and multicast addresses need no line of their own.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let [a, b, ..] = address.segments();
    let is_given_out = (0x2000..=0x3fff).contains(&a);
    // Teredo and other protocols, documentation (two ranges), 6to4, the 6bone of old.
    let is_special = match a {
        0x2001 => b < 0x200 || b == 0xdb8,
        0x2002 | 0x3ffe => true,
        0x3fff => b < 0x1000,
        _ => false,
    };
    is_given_out && !is_special
}
