//! Addresses with a password in them: `scheme://user:password@host`.

use super::cursor::Cursor;

const USER_MAX: usize = 128;
const PASSWORD_MIN: usize = 5;
const PASSWORD_MAX: usize = 256;
const HOST_MAX: usize = 256;

/// Words that stand where a password would, once digits and signs are gone.
const PLACEHOLDERS: &[&str] = &[
    "",
    "apikey",
    "changeme",
    "dbpassword",
    "example",
    "mypass",
    "mypassword",
    "pass",
    "passwd",
    "password",
    "placeholder",
    "pwd",
    "redacted",
    "secret",
    "test",
    "token",
    "userpass",
    "userpassword",
    "yourpass",
    "yourpassword",
    "yoursecret",
    "yourtoken",
];

/// Read the user and the colon, and say where the password begins.
pub(super) fn before_password(cursor: &mut Cursor<'_>) -> Option<usize> {
    cursor.run(|byte| is_part(byte) && byte != b':', USER_MAX);
    // Nothing is lost by letting the name of a user go: what waits begins with the password.
    cursor.text(b":").map(|()| cursor.at())
}

/// Read the password up to the last `@` before the host, and say where it ends. The host is read
/// too: an `@` in it makes what stood before it part of the password.
pub(super) fn password(cursor: &mut Cursor<'_>) -> Option<usize> {
    let start = cursor.at();
    cursor.run(|byte| is_part(byte) || byte == b'@', PASSWORD_MAX + HOST_MAX);
    let length = memchr::memrchr(b'@', cursor.since(start))?;
    (PASSWORD_MIN..=PASSWORD_MAX).contains(&length).then_some(start + length)
}

/// Whether it may be a password, and not a word that stands for one.
pub(super) fn is_password(_: &[u8], password: &[u8]) -> bool {
    let begins_like_variable = password.first().is_some_and(|it| b"$%[*".contains(it));
    let letters: Vec<u8> =
        password.iter().filter(|it| it.is_ascii_alphabetic()).map(u8::to_ascii_lowercase).collect();
    let same = |pair: &[u8]| matches!(pair, [one, two] if one == two);
    let one_letter = password.windows(2).all(same);
    let stands_for_one = PLACEHOLDERS.iter().any(|it| it.as_bytes() == letters);
    !begins_like_variable && !one_letter && !stands_for_one
}

/// What users and passwords are made of in an address that was not broken by its surroundings.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"'`<>{}()\\@/?#,".contains(&byte)
}
