//! Which values of a client's file are keys: better one too many than one too few. What is plainly
//! none stays where people see it, because a server may well repeat it: an answer that holds
//! `us-east-1` is no leak.

/// Words of names that keys have.
const WORDS: &[&str] =
    &["auth", "cert", "dsn", "jwt", "key", "pass", "pat", "pin", "pwd", "session", "sid"];
/// What is told from a name even within a word.
const PARTS: &[&str] = &[
    "apikey",
    "authentication",
    "authorization",
    "bearer",
    "cookie",
    "credential",
    "oauth",
    "passphrase",
    "passwd",
    "password",
    "private",
    "secret",
    "signature",
    "token",
    "webhook",
];
/// The shortest part of a value that can be a key by its looks.
const KEY_CHARS_MIN: usize = 8;
/// The longest row of letters or of digits that is still a word or a number.
const WORD_CHARS_MAX: usize = 24;
/// How many digits a word may end with, such as a year.
const YEAR_DIGITS: usize = 4;

/// Whether a variable or header is to be kept from others.
pub(super) fn is_secret(name: &str, value: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let mut words = name.split(|it: char| !it.is_ascii_alphanumeric());
    let by_name = words.any(|it| WORDS.contains(&it)) || PARTS.iter().any(|it| name.contains(it));
    !value.is_empty() && (by_name || looks(value))
}

/// Whether a value looks like a key, whatever its name.
fn looks(value: &str) -> bool {
    if let Some((_, rest)) = value.split_once("://") {
        let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        return authority.contains('@') || words(path).any(is_opaque);
    }
    let starts = ["/", "./", "../", "~/"].iter().any(|it| value.starts_with(it));
    let is_path = starts || value.get(1..3).is_some_and(|it| it == ":\\");
    !is_path && words(value).any(is_opaque)
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| !it.is_alphanumeric())
}

/// Letters and digits through each other, or more of either than anything has that has a meaning.
fn is_opaque(word: &str) -> bool {
    let digits = word.chars().filter(char::is_ascii_digit).count();
    let length = word.chars().count();
    let stem = word.trim_end_matches(|it: char| it.is_ascii_digit());
    let is_dated = stem.chars().count() + digits == length && digits <= YEAR_DIGITS;
    let is_mixed = digits > 0 && digits < length && !is_dated;
    (is_mixed && length >= KEY_CHARS_MIN) || length > WORD_CHARS_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_known_by_their_names_or_looks() {
        for (name, value) in [
            ("GITHUB_PERSONAL_ACCESS_TOKEN", "short"),
            ("OPENAI_API_KEY", "x"),
            ("apikey", "x"),
            ("OPENAI_APIKEY", "x"),
            ("X-Api-Key", "k"),
            ("Authorization", "Basic YWRh"),
            ("DB_PASSWORD", "hunter-two-horse"),
            ("PGPASSWORD", "hunter"),
            ("SENTRY_DSN", "x"),
            ("SLACK_WEBHOOK_URL", "https://hooks.example/x"),
            ("CARD_PIN", "1234"),
            ("DATABASE_URL", "postgres://ada:pw@db.example/shop"),
            ("ENDPOINT", "https://mcp.example/s/NzQ4ZTk1OWMtZWY0Ni00/mcp"),
            ("SETTING", "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"),
            ("SETTING", "0123456789012345678901234"),
            ("SETTING", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIi"),
            ("SETTING", "6f1ed002-ab5a-42b1-9c0b-1a2b3c4d5e6f"),
        ] {
            assert!(is_secret(name, value), "{name}={value}");
        }
    }

    #[test]
    fn what_servers_repeat_is_no_key() {
        for (name, value) in [
            ("API_KEY", ""),
            ("NODE_ENV", "production"),
            ("LOG_LEVEL", "debug"),
            ("GIT_TRACE", "0"),
            ("AWS_REGION", "us-east-1"),
            ("LANG", "en_US.UTF-8"),
            ("PATH", "/srv/ada/.local/bin:/usr/bin"),
            ("MEMORY_FILE_PATH", "/srv/ada/memory2025.json"),
            ("NOTES", "C:\\Users\\ada1\\notes"),
            ("SHOPPING_LIST", "milk"),
            ("BASE_URL", "https://crm.example:8443/v2/api"),
            ("X-Team", "blue-team"),
            ("PORT", "8080"),
            ("TIMEOUT_MS", "30000"),
            ("TZ", "Europe/Berlin"),
            ("GIT_AUTHOR_NAME", "Ada Lovelace"),
            ("INDEX", "orders-archive2025"),
        ] {
            assert!(!is_secret(name, value), "{name}={value}");
        }
    }
}
