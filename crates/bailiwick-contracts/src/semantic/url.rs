//! A URL that every parser reads alike, and that names no private network by its letters. What a
//! name resolves to is for whoever connects.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::host;
use super::misfits::misfits;

const LENGTH_MAX: usize = 2048;

/// Schemes whose URLs have a host, and the port that each uses.
const SCHEMES: &[(&str, u16)] =
    &[("https", 443), ("http", 80), ("wss", 443), ("ws", 80), ("ftp", 21), ("sftp", 22)];

misfits! {
    /// Why a text is not a URL that may be asked for.
    NotAUrl {
        Length "url.length" "is empty or too long for a URL"
        Letter "url.letter" "has a character that must be escaped in a URL"
        Escape "url.escape" "has a `%` that escapes nothing, or a control character"
        Scheme "url.scheme" "does not begin with `scheme://` in a scheme that the contract lists"
        Authority "url.authority" "has no `/` after its host, or more than host and port before it"
        Address "url.address" "has an address in an unusual spelling"
        Private "url.private" "has a host of a private, local or special network"
        Host "url.host" "has no full name of the internet for its host"
        Unlisted "url.unlisted" "has a host that the contract does not list"
        Coded "url.coded" "has an encoded international name for its host"
        Port "url.port" "has a port that is not the usual one of its scheme"
    }
}

/// Whether a text is a URL of a listed scheme and host.
pub(super) fn check(schemes: &[String], hosts: &[String], text: &str) -> Result<(), NotAUrl> {
    if text.is_empty() || text.len() > LENGTH_MAX {
        return Err(NotAUrl::Length);
    }
    check_letters(text)?;
    let (scheme, rest) = text.split_once("://").ok_or(NotAUrl::Scheme)?;
    let scheme = scheme.to_ascii_lowercase();
    let usual =
        *SCHEMES.iter().find(|(it, _)| *it == scheme).map(|(_, it)| it).ok_or(NotAUrl::Scheme)?;
    let is_https = schemes.is_empty() && scheme == "https";
    if !is_https && !schemes.contains(&scheme) {
        return Err(NotAUrl::Scheme);
    }
    let authority = authority(rest)?.to_ascii_lowercase();
    let (host, port) = split(&authority, usual)?;
    check_host(hosts, host, port)
}

/// The letters of RFC 3986, and no escape that a reader would act upon.
fn check_letters(text: &str) -> Result<(), NotAUrl> {
    let is_letter = |it: u8| it.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&it);
    if !text.bytes().all(is_letter) {
        return Err(NotAUrl::Letter);
    }
    for escape in text.split('%').skip(1) {
        let code = escape.get(..2).filter(|it| it.bytes().all(|it| it.is_ascii_hexdigit()));
        let code = code.and_then(|it| u8::from_str_radix(it, 16).ok()).ok_or(NotAUrl::Escape)?;
        if code < 0x20 || code == 0x7f {
            return Err(NotAUrl::Escape);
        }
    }
    Ok(())
}

/// What stands between `://` and the first `/`. Old parsers do not end it at `?` or `#`, so those
/// may not come first; nor may there be a user, a password or an escape.
fn authority(rest: &str) -> Result<&str, NotAUrl> {
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, _) = rest.split_at(end);
    let is_plain = |it: u8| it.is_ascii_alphanumeric() || b"-.:[]_".contains(&it);
    if authority.is_empty() || !authority.bytes().all(is_plain) {
        return Err(NotAUrl::Authority);
    }
    Ok(authority)
}

/// Host and port; no port where it is the usual one.
fn split(authority: &str, usual: u16) -> Result<(&str, Option<u16>), NotAUrl> {
    let (host, port) = match authority.rfind(']') {
        Some(end) => authority.split_at_checked(end + 1).ok_or(NotAUrl::Authority)?,
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    if port.is_empty() {
        return Ok((host, None));
    }
    let digits = port.strip_prefix(':').ok_or(NotAUrl::Authority)?;
    if digits.starts_with('0') || !digits.bytes().all(|it| it.is_ascii_digit()) {
        return Err(NotAUrl::Port);
    }
    let port: u16 = digits.parse().map_err(|_| NotAUrl::Port)?;
    Ok((host, (port != usual).then_some(port)))
}

fn check_host(hosts: &[String], host: &str, port: Option<u16>) -> Result<(), NotAUrl> {
    if let Some(address) = address(host)? {
        if !host::is_public(address) {
            return Err(NotAUrl::Private);
        }
    } else if !host::is_name(host) {
        return Err(if host::is_inward(host) { NotAUrl::Private } else { NotAUrl::Host });
    } else if host::is_inward(host) {
        return Err(NotAUrl::Private);
    }
    if host::is_listed(hosts, host, port) {
        return Ok(());
    }
    if !hosts.is_empty() {
        return Err(NotAUrl::Unlisted);
    }
    if host::is_coded(host) {
        return Err(NotAUrl::Coded);
    }
    if port.is_some() { Err(NotAUrl::Port) } else { Ok(()) }
}

/// The address that a host is, where it is one. Whatever looks like one and is not in its plain
/// spelling is refused: four decimal numbers, or IPv6 in brackets without a zone.
fn address(host: &str) -> Result<Option<IpAddr>, NotAUrl> {
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(NotAUrl::Address)?;
        let address: Ipv6Addr = inner.parse().map_err(|_| NotAUrl::Address)?;
        return Ok(Some(address.into()));
    }
    let last = host.trim_end_matches('.').rsplit('.').next().unwrap_or_default();
    if !last.starts_with(|it: char| it.is_ascii_digit()) {
        return Ok(None);
    }
    let address: Ipv4Addr = host.parse().map_err(|_| NotAUrl::Address)?;
    Ok(Some(address.into()))
}

/// What is wrong with what a contract says of a URL.
pub(super) fn fault(schemes: &[String], hosts: &[String]) -> Option<String> {
    let is_known = |it: &&String| SCHEMES.iter().any(|(known, _)| known == it);
    if let Some(odd) = schemes.iter().find(|it| !is_known(it)) {
        let known: Vec<&str> = SCHEMES.iter().map(|(it, _)| *it).collect();
        return Some(format!("`{odd}` is no scheme: write one of {}", known.join(", ")));
    }
    let is_host = |entry: &&String| {
        let (name, _) = host::split_port(entry);
        let is_name = host::is_name(name.strip_prefix("*.").unwrap_or(name));
        let is_address = address(name).ok().flatten().is_some_and(host::is_public);
        (is_name && !host::is_inward(name)) || is_address
    };
    let odd = hosts.iter().find(|it| !is_host(it))?;
    Some(format!(
        "`{odd}` is no host of the internet: write it in small letters as \"example.com\", \
         \"*.example.com\" or \"example.com:8443\""
    ))
}

pub(super) fn described(schemes: &[String], hosts: &[String]) -> String {
    let schemes = if schemes.is_empty() { "https".to_owned() } else { schemes.join(" or ") };
    let hosts = match hosts {
        [] => "a public host".to_owned(),
        hosts => hosts.join(" or "),
    };
    format!(
        "a URL `scheme://host/path` ({schemes}) of {hosts}, without user, password or escapes \
             in its host"
    )
}
