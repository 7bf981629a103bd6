//! Where a server's source lies.

/// The owner and the name of a repository at GitHub, from any of the ways in which its address is
/// written.
pub fn github(address: &str) -> Option<(String, String)> {
    let rest = address.strip_prefix("github:").or_else(|| {
        let at = address.find("github.com")?;
        address.get(at + "github.com".len()..)?.strip_prefix(['/', ':'])
    })?;
    let mut parts = rest.split(['/', '#', '?']);
    let (owner, name) = (parts.next()?, parts.next()?);
    let name = name.strip_suffix(".git").unwrap_or(name);
    let is_plain = |it: &str| {
        let plain = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        !it.is_empty() && !it.starts_with('.') && it.chars().all(plain)
    };
    (is_plain(owner) && is_plain(name)).then(|| (owner.to_owned(), name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_known_by_each_of_its_addresses() {
        for text in [
            "git+https://github.com/acme/crm.git",
            "https://github.com/acme/crm/tree/main#readme",
            "git@github.com:acme/crm.git",
            "github:acme/crm",
        ] {
            assert_eq!(github(text), Some(("acme".into(), "crm".into())), "{text}");
        }
        for text in ["https://example.com/acme/crm", "https://github.com/acme", "github:../x"] {
            assert_eq!(github(text), None, "{text}");
        }
    }
}
