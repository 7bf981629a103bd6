//! Addresses of e-mail: each text is one bare address. Names beside it, groups, comments, quotes
//! and lists in one text are where two mailers read different recipients.

use super::host;
use super::misfits::misfits;

const LENGTH_MAX: usize = 254;
const LOCAL_MAX: usize = 64;
/// How many addresses one call may have where the contract does not say.
const MOST: u32 = 100;

misfits! {
    /// Why a text is not an address that may be sent to.
    NotEmail {
        Length "email.length" "is empty or too long for an address"
        Letter "email.letter" "has a character that a bare address does not need"
        Shape "email.shape" "is not one name, one `@` and one domain"
        Domain "email.domain" "has a domain that is no full name of the internet"
        Unlisted "email.unlisted" "has a domain that the contract does not list"
        TooMany "email.most" "makes more recipients than the contract allows"
    }
}

/// How many addresses one call may have.
pub(super) fn most(said: Option<u32>) -> usize {
    usize::try_from(said.unwrap_or(MOST)).unwrap_or(usize::MAX)
}

/// Whether a text is one address of a domain that may be sent to.
pub(super) fn check(domains: &[String], text: &str) -> Result<(), NotEmail> {
    if text.is_empty() || text.len() > LENGTH_MAX {
        return Err(NotEmail::Length);
    }
    if !text.bytes().all(|it| it.is_ascii_alphanumeric() || b"._+-'=@".contains(&it)) {
        return Err(NotEmail::Letter);
    }
    let (local, domain) = text.split_once('@').ok_or(NotEmail::Shape)?;
    let is_dotted = local.split('.').all(|it| !it.is_empty());
    if !is_dotted || local.len() > LOCAL_MAX || domain.contains('@') {
        return Err(NotEmail::Shape);
    }
    // A mailer that is started as a command would take it for an option.
    if !local.starts_with(|it: char| it.is_ascii_alphanumeric() || it == '_') {
        return Err(NotEmail::Shape);
    }
    let domain = domain.to_ascii_lowercase();
    if !host::is_name(&domain) {
        return Err(NotEmail::Domain);
    }
    match host::is_listed(domains, &domain, None) {
        true => Ok(()),
        false if domains.is_empty() && !host::is_inward(&domain) && !host::is_coded(&domain) => {
            Ok(())
        }
        false if domains.is_empty() => Err(NotEmail::Domain),
        false => Err(NotEmail::Unlisted),
    }
}

/// What is wrong with what a contract says of addresses.
pub(super) fn fault(domains: &[String], most: Option<u32>) -> Option<String> {
    if most == Some(0) {
        return Some("`most = 0` addresses is none: leave the tool out instead".to_owned());
    }
    let is_odd = |it: &&String| {
        let name = it.strip_prefix("*.").unwrap_or(it);
        !host::is_name(name)
    };
    let odd = domains.iter().find(is_odd)?;
    Some(format!(
        "`{odd}` is no domain: write it in small letters as \"example.com\" or \"*.example.com\""
    ))
}

pub(super) fn described(domains: &[String], said: Option<u32>) -> String {
    let of = if domains.is_empty() { String::new() } else { format!(" of {}", domains.join(", ")) };
    format!("one bare address{of} as name@domain, or a list of them, {} at most", most(said))
}
