//! A path within a root, by its letters alone: what stands on the disk (links, mounts) is for
//! whoever opens it. So that letters suffice, nothing passes that any reader would resolve.

use super::misfits::misfits;

const LENGTH_MAX: usize = 4096;
const SEGMENT_MAX: usize = 255;
const SEGMENTS_MAX: usize = 64;

misfits! {
    /// Why a text is not a path within its roots.
    NotAPath {
        Length "path.length" "is empty, too long or too deep"
        Relative "path.relative" "does not begin with one `/`"
        Letter "path.letter" "has a character that some reader takes for more than itself"
        Escape "path.escape" "has a percent escape"
        Climbs "path.climbs" "has an empty, `.` or `..` part"
        Edge "path.edge" "has a part that begins with `~` or a space, or ends with `.` or a space"
        Outside "path.outside" "is outside the folders that the contract lists"
    }
}

/// Whether a text is a path within one of the roots.
pub(super) fn check(roots: &[String], text: &str) -> Result<(), NotAPath> {
    let path = text.strip_suffix('/').unwrap_or(text);
    is_plain(path)?;
    let is_within = |root: &String| {
        let rest = path.strip_prefix(root.trim_end_matches('/'));
        rest.is_some_and(|it| it.is_empty() || it.starts_with('/'))
    };
    if roots.iter().any(is_within) { Ok(()) } else { Err(NotAPath::Outside) }
}

/// Whether every reader takes a path for the same one.
fn is_plain(path: &str) -> Result<(), NotAPath> {
    if path.is_empty() || path.len() > LENGTH_MAX {
        return Err(NotAPath::Length);
    }
    let rest = path.strip_prefix('/').ok_or(NotAPath::Relative)?;
    if rest.split('/').count() > SEGMENTS_MAX {
        return Err(NotAPath::Length);
    }
    rest.split('/').try_for_each(check_segment)
}

fn check_segment(segment: &str) -> Result<(), NotAPath> {
    if matches!(segment, "" | "." | "..") {
        return Err(NotAPath::Climbs);
    }
    if segment.len() > SEGMENT_MAX {
        return Err(NotAPath::Length);
    }
    if !segment.chars().all(is_letter) {
        return Err(NotAPath::Letter);
    }
    let is_code = |it: char| it.is_ascii_hexdigit() || it == 'u' || it == '%';
    if segment.split('%').skip(1).any(|it| it.starts_with(is_code)) {
        return Err(NotAPath::Escape);
    }
    if segment.starts_with(['~', ' ']) || segment.ends_with(['.', ' ']) {
        return Err(NotAPath::Edge);
    }
    Ok(())
}

/// Whether a character is one in every reader's eyes. Beyond ASCII only letters are: what looks
/// like a separator, or becomes one when it is normalised, is none.
fn is_letter(letter: char) -> bool {
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric() || " !#%&'()+,-.=@[]^_{}~".contains(letter);
    }
    letter.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&letter)
}

/// What is wrong with the roots of a contract.
pub(super) fn fault(roots: &[String]) -> Option<String> {
    if roots.is_empty() {
        return Some("a path needs its `roots`, such as [\"/srv/documents\"]".to_owned());
    }
    let odd = roots.iter().find(|it| is_plain(it.strip_suffix('/').unwrap_or(it)).is_err())?;
    Some(format!(
        "`{odd}` is no root: write an absolute folder without `.` and `..`, below `/`, such as \
         \"/srv/documents\""
    ))
}
