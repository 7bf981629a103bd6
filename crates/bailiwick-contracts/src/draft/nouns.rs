//! Types of things, from the words for them: `customer_id` names a `Customer`.

/// The type that a word names, in policies' spelling; `None` where it is not plain English letters.
pub(super) fn kind(words: &[String]) -> Option<String> {
    let mut kind = String::new();
    let last = words.len().checked_sub(1)?;
    for (at, word) in words.iter().enumerate() {
        let word = if at == last { singular(word) } else { word.clone() };
        let mut letters = word.chars();
        let first = letters.next()?;
        kind.push(first.to_ascii_uppercase());
        kind.extend(letters);
    }
    let is_type = kind.chars().next().is_some_and(|it| it.is_ascii_uppercase())
        && kind.chars().all(|it| it.is_ascii_alphanumeric());
    is_type.then_some(kind)
}

/// Whether a word stands for several things.
pub(super) fn is_plural(word: &str) -> bool {
    singular(word) != word
}

/// One of what a word stands for.
fn singular(word: &str) -> String {
    const ALIKE: [&str; 12] = [
        "status", "address", "news", "series", "analysis", "access", "process", "class",
        "business", "basis", "dns", "gps",
    ];
    if word.len() < 4 || ALIKE.contains(&word) || word.ends_with("ss") || word.ends_with("us") {
        return word.to_owned();
    }
    for (end, put) in [("ies", "y"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("sses", "ss")] {
        if let Some(stem) = word.strip_suffix(end) {
            return format!("{stem}{put}");
        }
    }
    word.strip_suffix('s').unwrap_or(word).to_owned()
}
