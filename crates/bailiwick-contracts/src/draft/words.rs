//! Names as words: `getUserById`, `get-user-by-id` and `crm.get_user` begin with the same word.

/// The most words of one name or sentence that are looked at.
const WORDS_MAX: usize = 64;

/// The words of a name, in small letters, without those that only repeat the server's name.
pub(super) fn of_name(server: &str, name: &str) -> Vec<String> {
    let (server, words) = (split(server), split(name));
    let is_prefix = |it: &&String| server.contains(it) && super::verbs::of(it).is_none();
    let bare: Vec<_> = words.iter().skip_while(is_prefix).cloned().collect();
    if bare.is_empty() { words } else { bare }
}

/// The words of a name, in small letters.
pub(crate) fn split(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        if !letter.is_alphanumeric() {
            words.push(String::new());
        } else {
            // `getURL`, `HTTPServer`: a capital begins a word after a small letter, or before one.
            let ends_capitals =
                before.is_uppercase() && letters.peek().is_some_and(|next| next.is_lowercase());
            if letter.is_uppercase()
                && (before.is_lowercase() || before.is_ascii_digit() || ends_capitals)
            {
                words.push(String::new());
            }
            if let Some(last) = words.last_mut() {
                last.extend(letter.to_lowercase());
            }
        }
        before = letter;
    }
    words.retain(|it| !it.is_empty());
    words.truncate(WORDS_MAX);
    words
}

/// The first sentences of a text that say anything: words in small letters, and each comma, slash
/// and colon as a word of its own, since a list of verbs is told by them.
pub(super) fn sentences(text: &str, most: usize) -> Vec<String> {
    let (mut left, mut begun) = (most, 0);
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    for letter in text.chars().take(2000) {
        if letter.is_alphanumeric() || (letter == '-' && !word.is_empty()) || letter == '\'' {
            word.extend(letter.to_lowercase());
            continue;
        }
        if !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        let ends = matches!(letter, '.' | '!' | '?' | '\n' | '。' | '！');
        if ends && words.len() > begun + 1 {
            (left, begun) = (left.saturating_sub(1), words.len());
        }
        if left == 0 || words.len() >= WORDS_MAX {
            break;
        }
        if matches!(letter, ',' | '/' | ':' | '、') {
            words.push(letter.to_string());
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

/// The forms that an English verb may have in a sentence, the likeliest first.
pub(super) fn stems(word: &str) -> impl Iterator<Item = String> {
    let cut = |end: &str, put: &str| {
        let stem = word.strip_suffix(end)?;
        (stem.len() > 1).then(|| format!("{stem}{put}"))
    };
    let doubled = || {
        let stem = word.strip_suffix("ing").or_else(|| word.strip_suffix("ped"))?;
        let mut letters = stem.chars().rev();
        (letters.next() == letters.next()).then(|| stem.get(..stem.len() - 1)).flatten()
    };
    let forms = [
        Some(word.to_owned()),
        cut("ies", "y"),
        cut("es", "e"),
        cut("es", ""),
        cut("s", ""),
        cut("ing", "e"),
        cut("ing", ""),
        doubled().map(str::to_owned),
    ];
    forms.into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_split_where_people_would_split_them() {
        for (name, words) in [
            ("getUserByID", "get user by id"),
            ("HTTPRequest", "http request"),
            ("crm.list-all_contacts", "crm list all contacts"),
            ("查询_user", "查询 user"),
        ] {
            assert_eq!(split(name).join(" "), words);
        }
        assert_eq!(of_name("@acme/crm-server", "crm_get_contact"), ["get", "contact"]);
        assert_eq!(of_name("search", "search"), ["search"]);
        assert_eq!(of_name("weather", "weather"), ["weather"]);
    }

    #[test]
    fn a_sentence_ends_where_it_ends() {
        let words = sentences("\n\n  Create, update or delete rows. Then more.", 1);
        assert_eq!(words.join(" "), "create , update or delete rows");
        assert!(stems("deletes").any(|it| it == "delete"));
        assert!(stems("removing").any(|it| it == "remove"));
        assert!(stems("getting").any(|it| it == "get"));
        assert!(stems("modifies").any(|it| it == "modify"));
    }
}
