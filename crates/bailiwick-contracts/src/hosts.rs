//! The hosts that a server's process may reach: `[standing] hosts` of its contract.

use core::net::IpAddr;

use crate::semantic::host::{is_coded, is_public};

/// The ports of an entry that names none.
const USUAL: [u16; 2] = [443, 80];

/// A list of hosts, read.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Hosts(Vec<Entry>);

/// One host, or several, and a port where it is said.
#[derive(Clone, Debug, Eq, PartialEq)]
struct Entry {
    whom: Whom,
    port: Option<u16>,
}

#[derive(Clone, Debug, Eq, PartialEq)]
enum Whom {
    /// `example.com`.
    Name(String),
    /// `*.example.com`: every name below it.
    Below(String),
    /// `10.0.0.0/8`, or one address.
    Network(IpAddr, u32),
}

impl Hosts {
    /// Read a list of `example.com`, `*.example.com`, `example.com:8443`, `10.1.2.3`,
    /// `10.0.0.0/8:5432` and `[2001:db8::1]:443`; and what of it is none of these.
    pub fn read(list: &[String]) -> (Self, Vec<&str>) {
        let mut odd = Vec::new();
        let read = list.iter().filter_map(|text| {
            let entry = Entry::read(text);
            if entry.is_none() {
                odd.push(text.as_str());
            }
            entry
        });
        (Self(read.collect()), odd)
    }

    /// Whether a name may be looked up, to connect to it on this port.
    pub fn has_name(&self, name: &str, port: u16) -> bool {
        self.0.iter().filter(|it| it.has_port(port)).any(|it| match &it.whom {
            Whom::Name(listed) => listed == name,
            Whom::Below(parent) => {
                let rest = name.strip_suffix(parent.as_str());
                rest.is_some_and(|it| it.len() > 1 && it.ends_with('.') && !is_coded(it))
            }
            Whom::Network(..) => false,
        })
    }

    /// Whether an address is listed itself, on this port.
    pub fn has_address(&self, address: IpAddr, port: u16) -> bool {
        let address = address.to_canonical();
        self.0.iter().filter(|it| it.has_port(port)).any(|it| match it.whom {
            Whom::Network(network, bits) => is_within(address, network, bits),
            Whom::Name(_) | Whom::Below(_) => false,
        })
    }

    /// Whether a name that is listed may lead to this address: one of the open internet, or one
    /// that is listed itself.
    pub fn may_lead_to(&self, address: IpAddr, port: u16) -> bool {
        let address = address.to_canonical();
        is_public(address) || self.has_address(address, port)
    }

    /// Whether something on this machine is listed.
    pub fn has_loopback(&self) -> bool {
        self.0.iter().any(|it| match &it.whom {
            Whom::Network(network, _) => network.is_loopback(),
            Whom::Name(name) => name == "localhost",
            Whom::Below(_) => false,
        })
    }
}

impl Entry {
    fn read(text: &str) -> Option<Self> {
        if let Some(whom) = network(text) {
            return Some(Self { whom, port: None });
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok().filter(|it| *it != 0)?)),
            None => (text, None),
        };
        let whom = match (network(host), host.strip_prefix("*.")) {
            (Some(network), _) => network,
            (None, Some(parent)) => Whom::Below(name(parent).filter(|it| it.contains('.'))?),
            (None, None) => Whom::Name(name(host)?),
        };
        Some(Self { whom, port })
    }

    fn has_port(&self, port: u16) -> bool {
        self.port.map_or_else(|| USUAL.contains(&port), |it| it == port)
    }
}

/// An address or a network. Those of version 6 stand in brackets where a port follows.
fn network(text: &str) -> Option<Whom> {
    let bare = text.strip_prefix('[').and_then(|it| it.strip_suffix(']')).unwrap_or(text);
    let (address, bits) = match bare.split_once('/') {
        Some((address, bits)) => (address, Some(bits.parse::<u32>().ok()?)),
        None => (bare, None),
    };
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.unwrap_or(most);
    (bits <= most).then_some(Whom::Network(address, bits))
}

/// A name in small letters. What ends in a number is read as an address by some.
fn name(text: &str) -> Option<String> {
    let is_label = |it: &str| {
        !it.is_empty()
            && it.len() <= 63
            && !it.starts_with('-')
            && it.bytes().all(|it| it.is_ascii_alphanumeric() || b"-_".contains(&it))
    };
    let last = text.rsplit('.').next().unwrap_or_default();
    let is_number = last.starts_with(|it: char| it.is_ascii_digit());
    let is_name = text.len() <= 253 && !is_number && text.split('.').all(is_label);
    is_name.then(|| text.to_ascii_lowercase())
}

fn is_within(address: IpAddr, network: IpAddr, bits: u32) -> bool {
    match (address, network.to_canonical()) {
        (IpAddr::V4(address), IpAddr::V4(network)) => {
            let rest = 32_u32.saturating_sub(bits);
            let high = |it: u32| it.checked_shr(rest).unwrap_or(0);
            high(address.to_bits()) == high(network.to_bits())
        }
        (IpAddr::V6(address), IpAddr::V6(network)) => {
            let rest = 128_u32.saturating_sub(bits);
            let high = |it: u128| it.checked_shr(rest).unwrap_or(0);
            high(address.to_bits()) == high(network.to_bits())
        }
        (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(list: &[&str]) -> (Hosts, Vec<String>) {
        let list: Vec<String> = list.iter().map(|it| (*it).to_owned()).collect();
        let (hosts, odd) = Hosts::read(&list);
        (hosts, odd.into_iter().map(str::to_owned).collect())
    }

    #[test]
    fn names_are_listed_as_they_stand() {
        let (hosts, odd) =
            hosts(&["api.example.com", "*.Example.org", "db:5432", "example.net:8443"]);
        assert_eq!(odd, Vec::<String>::new());
        for (name, port, is_listed) in [
            ("api.example.com", 443, true),
            ("api.example.com", 80, true),
            ("api.example.com", 22, false),
            ("api.example.com.", 443, false),
            ("example.com", 443, false),
            ("x.api.example.com", 443, false),
            ("a.example.org", 443, true),
            ("a.b.example.org", 443, true),
            ("example.org", 443, false),
            ("evilexample.org", 443, false),
            (".example.org", 443, false),
            ("xn--a.example.org", 443, false),
            ("db", 5432, true),
            ("db", 443, false),
            ("example.net", 8443, true),
            ("example.net", 443, false),
        ] {
            assert_eq!(hosts.has_name(name, port), is_listed, "{name}:{port}");
        }
    }

    #[test]
    fn private_addresses_are_listed_by_themselves_only() {
        let (hosts, odd) = hosts(&[
            "10.1.0.0/16:5432",
            "127.0.0.1:9000",
            "[::1]:9000",
            "fd00::/8",
            "*.example.com",
            "192.0.2.300",
            "10.0.0.0/33",
            "Stripe, EU",
            "*.com",
            "https://example.com/",
            "0x7f.1",
            "example.com:0",
        ]);
        let wrong = ["192.0.2.300", "10.0.0.0/33", "Stripe, EU", "*.com", "https://example.com/"];
        assert_eq!(odd, [&wrong[..], &["0x7f.1", "example.com:0"]].concat());
        for (address, port, is_listed) in [
            ("10.1.2.3", 5432, true),
            ("10.1.2.3", 443, false),
            ("10.2.2.3", 5432, false),
            ("127.0.0.1", 9000, true),
            ("::ffff:127.0.0.1", 9000, true),
            ("127.0.0.2", 9000, false),
            ("::1", 9000, true),
            ("fd12::1", 443, true),
            ("fe80::1", 443, false),
            ("93.184.216.34", 443, false),
        ] {
            let address: IpAddr = address.parse().unwrap();
            assert_eq!(hosts.has_address(address, port), is_listed, "{address}:{port}");
        }
        assert!(hosts.may_lead_to("93.184.216.34".parse().unwrap(), 443));
        assert!(!hosts.may_lead_to("169.254.169.254".parse().unwrap(), 443));
        assert!(!hosts.may_lead_to("::ffff:10.0.0.1".parse().unwrap(), 443));
        assert!(hosts.has_loopback());
    }
}
