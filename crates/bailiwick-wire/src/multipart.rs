//! Forms with files (`multipart/form-data`, RFC 7578), read in one way only: whatever two readers
//! could take for different forms is refused.

use memchr::memmem::{Finder, find};

/// The most parts of a form.
const PARTS_MAX: usize = 32;
/// The longest head of a part, in bytes.
const HEAD_BYTES_MAX: usize = 4_096;

/// One part of a form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Part<'b> {
    /// The name of its field.
    pub name: &'b str,
    /// Whether it is a file.
    pub is_file: bool,
    /// What it holds.
    pub body: &'b [u8],
}

/// Why a form is not taken.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Malformed {
    /// The header does not say where parts begin.
    #[error("the content type has no boundary that can be used")]
    Boundary,
    /// The parts are not put together as they should be.
    #[error("the form does not hold together")]
    Frame,
    /// The head of a part cannot be read in one way only.
    #[error("the head of a part cannot be read")]
    Head,
    /// There are too many parts, or two of one name.
    #[error("the form has too many parts, or two of one name")]
    Parts,
}

/// The parts of a form, in their order. `content_type` is the header that came with it.
///
/// ```
/// let body = b"--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x--\r\n";
/// let parts = bailiwick_wire::multipart::read("multipart/form-data; boundary=x", body)?;
/// assert_eq!((parts[0].name, parts[0].body), ("purpose", &b"batch"[..]));
/// # Ok::<(), bailiwick_wire::multipart::Malformed>(())
/// ```
///
/// # Errors
/// [`Malformed`] when it is no form that we take.
pub fn read<'b>(content_type: &str, body: &'b [u8]) -> Result<Vec<Part<'b>>, Malformed> {
    let boundary = boundary(content_type).ok_or(Malformed::Boundary)?;
    let delimiter = format!("\r\n--{boundary}");
    let finder = Finder::new(delimiter.as_bytes());
    let opening = delimiter.get(2..).unwrap_or_default();
    let mut rest = body.strip_prefix(opening.as_bytes()).ok_or(Malformed::Frame)?;
    let mut parts: Vec<Part<'b>> = Vec::new();
    loop {
        if let Some(end) = rest.strip_prefix(b"--") {
            let is_over = end.is_empty() || end == b"\r\n";
            return if is_over && !parts.is_empty() { Ok(parts) } else { Err(Malformed::Frame) };
        }
        let inside = rest.strip_prefix(b"\r\n").ok_or(Malformed::Frame)?;
        let end = finder.find(inside).ok_or(Malformed::Frame)?;
        let (whole, behind) = inside.split_at_checked(end).ok_or(Malformed::Frame)?;
        let part = part(whole)?;
        if parts.len() == PARTS_MAX || parts.iter().any(|it| it.name == part.name) {
            return Err(Malformed::Parts);
        }
        parts.push(part);
        rest = behind.get(delimiter.len()..).ok_or(Malformed::Frame)?;
    }
}

/// The boundary that a header names: letters, digits and some marks, quoted or not.
fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let (name, value) = rest.split_once('=')?;
    let value = value.trim();
    let plain = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
    let is_mark = |it: u8| it.is_ascii_alphanumeric() || b"'()+_,-./:?".contains(&it);
    let is_good = name.trim().eq_ignore_ascii_case("boundary")
        && (1..=70).contains(&plain.len())
        && plain.bytes().all(is_mark);
    is_good.then_some(plain)
}

fn part(whole: &[u8]) -> Result<Part<'_>, Malformed> {
    let end = find(whole, b"\r\n\r\n").ok_or(Malformed::Head)?;
    let head = whole.get(..end).filter(|it| it.len() <= HEAD_BYTES_MAX);
    let head = std::str::from_utf8(head.ok_or(Malformed::Head)?).map_err(|_| Malformed::Head)?;
    let body = whole.get(end + 4..).ok_or(Malformed::Head)?;
    let mut named = None;
    for line in head.split("\r\n") {
        if line.bytes().any(|it| it.is_ascii_control()) {
            return Err(Malformed::Head);
        }
        let (name, value) = line.split_once(':').ok_or(Malformed::Head)?;
        if name.eq_ignore_ascii_case("content-disposition") && named.is_none() {
            named = Some(disposition(value).ok_or(Malformed::Head)?);
        } else if !name.eq_ignore_ascii_case("content-type") {
            // A transfer encoding, above all: the bytes would mean others.
            return Err(Malformed::Head);
        }
    }
    let (name, is_file) = named.ok_or(Malformed::Head)?;
    Ok(Part { name, is_file, body })
}

/// The field's name, and whether it is a file.
fn disposition(value: &str) -> Option<(&str, bool)> {
    let mut rest = value.trim().strip_prefix("form-data")?;
    let (mut name, mut file) = (None, None);
    while let Some(parameter) = rest.trim_start().strip_prefix(';') {
        let (key, value) = parameter.split_once("=\"")?;
        let (value, behind) = value.split_once('"')?;
        let place = match key.trim() {
            "name" => &mut name,
            "filename" => &mut file,
            _ => return None,
        };
        // An escape is read in several ways.
        if place.replace(value).is_some() || value.contains('\\') {
            return None;
        }
        rest = behind;
    }
    rest.trim().is_empty().then_some((name?, file.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(parts: &[(&str, &str)]) -> String {
        let part = |(head, body): &(&str, &str)| format!("--b\r\n{head}\r\n\r\n{body}\r\n");
        parts.iter().map(part).collect::<String>() + "--b--\r\n"
    }

    const TYPE: &str = "multipart/form-data; boundary=\"b\"";
    const PURPOSE: &str = "Content-Disposition: form-data; name=\"purpose\"";
    const FILE: &str = "content-disposition: form-data; name=\"file\"; filename=\"a; b.jsonl\"\r\n\
        Content-Type: application/octet-stream";

    #[test]
    fn a_form_is_read_as_it_was_put_together() {
        let body = form(&[(PURPOSE, "batch"), (FILE, "{}\r\n--c\r\n")]);
        let parts = read(TYPE, body.as_bytes()).unwrap();
        let seen: Vec<_> = parts.iter().map(|it| (it.name, it.is_file, it.body)).collect();
        let expected: [(_, _, &[u8]); 2] =
            [("purpose", false, b"batch"), ("file", true, b"{}\r\n--c\r\n")];
        assert_eq!(seen, expected);
    }

    #[test]
    fn what_could_be_read_otherwise_is_refused() {
        let good = form(&[(PURPOSE, "batch")]);
        for (kind, body, why) in [
            ("application/json", good.clone(), Malformed::Boundary),
            ("multipart/form-data", good.clone(), Malformed::Boundary),
            ("multipart/form-data; boundary=a b", good.clone(), Malformed::Boundary),
            ("multipart/form-data; boundary=x; boundary=b", good.clone(), Malformed::Boundary),
            ("multipart/form-data; charset=b", good.clone(), Malformed::Boundary),
            (TYPE, format!("preamble\r\n{good}"), Malformed::Frame),
            (TYPE, format!("{good}epilogue"), Malformed::Frame),
            (TYPE, good.replace("--b--", "--b"), Malformed::Frame),
            (TYPE, "--b--".into(), Malformed::Frame),
            (TYPE, form(&[(PURPOSE, "a"), (PURPOSE, "b")]), Malformed::Parts),
            (TYPE, form(&[("Content-Type: text/plain", "a")]), Malformed::Head),
            (TYPE, form(&[(&format!("{PURPOSE}; name=\"x\""), "a")]), Malformed::Head),
            (TYPE, form(&[(&format!("{PURPOSE}; filename*=\"x\""), "a")]), Malformed::Head),
            (TYPE, form(&[(&format!("{PURPOSE}x"), "a")]), Malformed::Head),
            (TYPE, form(&[(&PURPOSE.replace("pur", "p\\ur"), "a")]), Malformed::Head),
            (
                TYPE,
                form(&[(&format!("{PURPOSE}\r\nContent-Transfer-Encoding: base64"), "a")]),
                Malformed::Head,
            ),
        ] {
            assert_eq!(read(kind, body.as_bytes()), Err(why), "{kind} {body}");
        }
    }
}
