//! A network: an address and how many of its leading bits count.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A part of the internet, such as `10.0.0.0/8` or `2001:db8::/32`. An address alone is a network
/// of one.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Network {
    address: IpAddr,
    bits: u32,
}

/// Text that names no network.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum BadNetwork {
    /// It is not of the form.
    #[error("`{0}` is no network such as `10.0.0.0/8` or `2001:db8::/32`")]
    Form(String),
    /// Bits are set that do not count: probably another network is meant.
    #[error("`{0}` is an address within a network; the network is `{1}`")]
    Inside(String, Network),
}

impl Network {
    /// Whether an address lies in it. An address of IPv4 that comes written as one of IPv6 is the
    /// same address.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
            (IpAddr::V4(_), it @ IpAddr::V4(_)) | (IpAddr::V6(_), it @ IpAddr::V6(_)) => {
                leading(it, self.bits) == leading(self.address, self.bits)
            }
        }
    }
}

const fn length(address: IpAddr) -> u32 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}

/// An address of which only the leading bits are left.
fn leading(address: IpAddr, bits: u32) -> IpAddr {
    match address {
        IpAddr::V4(it) => {
            let mask = u32::MAX.checked_shl(32_u32.saturating_sub(bits)).unwrap_or(0);
            IpAddr::V4((it.to_bits() & mask).into())
        }
        IpAddr::V6(it) => {
            let mask = u128::MAX.checked_shl(128_u32.saturating_sub(bits)).unwrap_or(0);
            IpAddr::V6((it.to_bits() & mask).into())
        }
    }
}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let bad = || BadNetwork::Form(text.chars().take(64).collect());
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| bad())?;
        let bits = match bits {
            Some(it) if it.bytes().all(|it| it.is_ascii_digit()) => {
                it.parse().map_err(|_| bad())?
            }
            Some(_) => return Err(bad()),
            None => length(address),
        };
        // An IPv4 address in the clothes of IPv6 would hold nothing: callers come without them.
        if bits > length(address) || address != address.to_canonical() {
            return Err(bad());
        }
        let network = Self { address: leading(address, bits), bits };
        if network.address != address {
            return Err(BadNetwork::Inside(text.to_owned(), network));
        }
        Ok(network)
    }
}

impl fmt::Display for Network {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.address, self.bits)
    }
}

impl TryFrom<String> for Network {
    type Error = BadNetwork;

    fn try_from(text: String) -> Result<Self, BadNetwork> {
        text.parse()
    }
}

impl From<Network> for String {
    fn from(network: Network) -> Self {
        network.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(network: &str, address: &str) -> bool {
        network.parse::<Network>().unwrap().holds(address.parse().unwrap())
    }

    #[test]
    fn a_network_holds_the_addresses_with_its_leading_bits() {
        for (network, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("192.0.2.128/25", "192.0.2.128", "192.0.2.127"),
            ("0.0.0.0/0", "203.0.113.9", "::1"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.1.2.3"),
            ("2001:db8::/32", "2001:db8:1::1", "2001:db9::1"),
            ("::1", "::1", "::2"),
            ("::/0", "2001:db8::1", "10.0.0.1"),
        ] {
            assert!(holds(network, inside), "{network} {inside}");
            assert!(!holds(network, outside), "{network} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "10", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/+8", "a/8", "/8"] {
            assert!(matches!(text.parse::<Network>(), Err(BadNetwork::Form(_))), "{text}");
        }
        assert!("::ffff:10.0.0.0/104".parse::<Network>().is_err());
        let told = "10.1.2.3/8".parse::<Network>().unwrap_err().to_string();
        assert!(told.contains("`10.0.0.0/8`"), "{told}");
    }

    #[test]
    fn a_network_is_written_as_it_is_read() {
        for text in ["10.0.0.0/8", "2001:db8::/32", "0.0.0.0/0"] {
            assert_eq!(text.parse::<Network>().unwrap().to_string(), text);
        }
        assert_eq!("::1".parse::<Network>().unwrap().to_string(), "::1/128");
    }
}
