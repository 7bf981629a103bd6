//! What tells a secret from something that only has its form: checksums, and what it decodes to.

use memchr::memmem;

use super::address;
use crate::inspectors::word::is_varied;

/// The digits of base 62 in the order that GitHub and npm use.
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Anything of the right form.
pub(super) fn any(_: &[u8], _: &[u8]) -> bool {
    true
}

/// Whatever does not look like a placeholder.
pub(super) fn varied(_: &[u8], body: &[u8]) -> bool {
    is_varied(body)
}

/// 36 letters are 30 at random and their CRC-32 in base 62; of longer tokens the inside is unknown.
pub(super) fn crc_base62(_: &[u8], body: &[u8]) -> bool {
    const RANDOM: usize = 30;
    const WHOLE: usize = 36;
    let summed = || {
        let (random, sum) = body.split_at_checked(RANDOM)?;
        Some(base62(crc32(random)) == sum)
    };
    is_varied(body) && (body.len() != WHOLE || summed() == Some(true))
}

/// Grafana's service accounts: the last eight digits are the CRC-32 of all that stands before
/// them, prefix included, in hexadecimal from the least byte on.
pub(super) fn grafana(prefix: &[u8], body: &[u8]) -> bool {
    const SUM: usize = 9;
    let summed = || {
        let (secret, sum) = body.split_at_checked(body.len().checked_sub(SUM)?)?;
        let sum = std::str::from_utf8(sum.strip_prefix(b"_")?).ok()?;
        let sum = u32::from_str_radix(sum, 16).ok()?;
        Some(crc32(&[prefix, secret].concat()).swap_bytes() == sum)
    };
    is_varied(body) && summed() == Some(true)
}

/// GitLab's routable tokens: behind the last dot two digits of a length, and seven of base 36 that
/// are the CRC-32 of all that stands before them, prefix included. Older tokens have no dot.
pub(super) fn gitlab(prefix: &[u8], body: &[u8]) -> bool {
    const SUM: usize = 7;
    let end = body.iter().rposition(|it| *it != b'.').map_or(0, |last| last + 1);
    let body = body.get(..end).unwrap_or_default();
    let last = body.rsplit(|it| *it == b'.').next().unwrap_or_default();
    let is_summed = last.len() == 2 + SUM && last.len() < body.len();
    let summed = || {
        let (rest, sum) = body.split_at_checked(body.len().checked_sub(SUM)?)?;
        let sum = u64::from_str_radix(std::str::from_utf8(sum).ok()?, 36).ok()?;
        Some(u64::from(crc32(&[prefix, rest].concat())) == sum)
    };
    is_varied(body) && (!is_summed || summed() == Some(true))
}

/// The identities of age: bech32 of its prefix and the rest.
pub(super) fn age(prefix: &[u8], body: &[u8]) -> bool {
    let human = prefix.strip_suffix(b"1").unwrap_or(prefix);
    bech32(&human.to_ascii_lowercase(), &body.to_ascii_lowercase())
}

/// Not the key that stands in the documentation of AWS.
pub(super) fn not_example(_: &[u8], body: &[u8]) -> bool {
    is_varied(body) && memmem::find(body, b"EXAMPLE").is_none()
}

/// Without the mark by which an older key of OpenAI is known.
pub(super) fn not_openai(_: &[u8], body: &[u8]) -> bool {
    is_varied(body) && memmem::find(body, b"T3BlbkFJ").is_none()
}

/// Base64 of `user:password`, both printable.
pub(super) fn basic(_: &[u8], body: &[u8]) -> bool {
    let end = body.iter().rposition(|it| *it != b'=').map_or(0, |last| last + 1);
    let text = unbase64(body.get(..end).unwrap_or_default());
    let printable = text.iter().all(|it| it.is_ascii_graphic() || *it == b' ');
    let password = text.splitn(2, |it| *it == b':').nth(1).unwrap_or_default();
    printable && password.len() >= 4 && address::is_password(b"", password)
}

/// The CRC-32 that zip and PNG use.
fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |sum, &byte| {
        (0..8).fold(sum ^ u32::from(byte), |sum, _| {
            if sum & 1 == 1 { sum >> 1 ^ 0xEDB8_8320 } else { sum >> 1 }
        })
    })
}

/// Whether the checksum of BIP 173 over both parts, in lower case, is right.
fn bech32(human: &[u8], data: &[u8]) -> bool {
    const LETTERS: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    const FACTORS: [u32; 5] = [0x3b6a_57b2, 0x2650_8e6d, 0x1ea1_19fa, 0x3d42_33dd, 0x2a14_62b3];
    let place = |it: &u8| LETTERS.iter().position(|letter| letter == it);
    let Some(data) = data.iter().map(place).collect::<Option<Vec<_>>>() else { return false };
    let high = human.iter().map(|it| u32::from(it >> 5));
    let low = human.iter().map(|it| u32::from(it & 31));
    let data = data.into_iter().map(|it| u32::try_from(it).unwrap_or_default());
    high.chain([0]).chain(low).chain(data).fold(1u32, |sum, five| {
        let top = sum >> 25;
        let next = (sum & 0x01ff_ffff) << 5 ^ five;
        let wanted = FACTORS.iter().enumerate().filter(|(bit, _)| top >> bit & 1 == 1);
        wanted.fold(next, |sum, (_, factor)| sum ^ factor)
    }) == 1
}

/// Six digits of base 62.
fn base62(mut number: u32) -> [u8; 6] {
    let mut digits = [b'0'; 6];
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(number % 62).unwrap_or_default();
        *digit = BASE62.get(index).copied().unwrap_or(b'0');
        number /= 62;
    }
    digits
}

/// What base64 or base64url writes; bits that do not fill a byte are dropped.
pub(super) fn unbase64(text: &[u8]) -> Vec<u8> {
    let (mut bits, mut held) = (0u32, 0u32);
    let mut out = Vec::with_capacity(text.len());
    for &byte in text {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'-' | b'+' => 62,
            _ => 63,
        };
        bits = (bits << 6 | u32::from(six)) & 0xffff;
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xff).unwrap_or_default());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crc32_is_the_common_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base62(0), *b"000000");
        assert_eq!(base62(61 + 62), *b"00001z");
    }

    #[test]
    fn checksums_agree_with_published_examples() {
        // Examples from the documentation and the tests of others, their prefixes apart.
        assert!(crc_base62(b"", b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"));
        assert!(!crc_base62(b"", b"zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq18"));
        assert!(grafana(b"glsa_", b"yscW25imSKJIuav8zF37RZmnbiDvB05G_fcaaf58a"));
        assert!(!grafana(b"glsa_", b"yscW25imSKJIuav8zF37RZmnbiDvB05G_fcaaf58b"));
        assert!(gitlab(b"glpat-", b"bzox79Of-KE9FD2LjoXXF4CvyxA.01.0r0l8l6ir"));
        assert!(gitlab(b"glpat-", b"bzox79Of-KE9FD2LjoXXF4CvyxA.0r03gxo7s"));
        assert!(gitlab(b"glpat-", b"bzox79Of-KE9FD2LjoXXF4CvyxA.0r03gxo7s."));
        assert!(!gitlab(b"glpat-", b"bzox79Of-KE9FD2LjoXXF4CvyxA.01.0r03gxo7a"));
        assert!(gitlab(b"glpat-", b"FAKE0NotASecret1ForT"));
    }

    #[test]
    fn bech32_is_that_of_the_standard() {
        assert!(bech32(b"a", b"2uel5l"));
        assert!(bech32(b"split", b"checkupstagehandshakeupstreamerranterredcaperred2y9e3w"));
        assert!(!bech32(b"split", b"checkupstagehandshakeupstreamerranterredcaperred2y9e3v"));
        assert!(!bech32(b"a", b"2uel5b"));
    }

    #[test]
    fn basic_credentials_are_two_printable_words() {
        assert!(basic(b"", b"bm9ib2R5OkZBS0Uwbm90QVBhc3N3b3Jk"));
        assert!(basic(b"", b"bm9ib2R5OkZBS0Uwbm90QVBhc3N3b3JkMQ=="));
        for miss in ["authentication", "bm9ib2R5OnBhc3N3b3Jk", "AAAAAAAAAAAAAAAA"] {
            assert!(!basic(b"", miss.as_bytes()), "{miss}");
        }
    }
}
