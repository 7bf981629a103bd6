//! What a name says that its tool does.

use super::verbs::{self, Does, Verb};

/// What a verb was read from, and what it says.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Said {
    pub(super) does: Does,
    /// The verb.
    pub(super) word: String,
    /// Whether it can hardly be anything but the verb.
    pub(super) is_sure: bool,
}

/// Verbs that name a thing where another verb is beside them: `comment_list`, `email_search`.
const THINGS: &str = "email mail message note comment post order tag label record log page contact \
    script block quote text draft trade book stage track store place report review test profile \
    sample issue file type run launch schedule call alert share stake star vote access script \
    shell press fill tap";
/// What is read when a name ends in it and has no verb.
const READ_NOUNS: &str = "info information details detail status history list summary stats \
    statistics metrics price prices forecast weather news docs documentation schema schemas help \
    version health profile report reports analysis results result lookup overview trends calendar \
    time date balance balances leaderboard standings rankings ranking definition me id ids count \
    quote quotes calculator contents logs snapshot tree types categories options example examples \
    available feed usage reference references guide tutorial rates rate index statement";

/// What follows these is a thing: `list_by_type`.
const BEFORE_THINGS: [&str; 8] = ["by", "for", "from", "with", "of", "in", "on", "as"];

/// What the words of a name say, when they say anything.
pub(super) fn said(words: &[String]) -> Option<Said> {
    let is_thing = |at: usize| {
        let before = at.checked_sub(1).and_then(|it| words.get(it));
        before.is_some_and(|it| BEFORE_THINGS.contains(&it.as_str()))
    };
    let verbs: Vec<(usize, &String, Verb)> = words
        .iter()
        .enumerate()
        .filter(|(at, _)| !is_thing(*at))
        .filter_map(|(at, word)| Some((at, word, verbs::of(word)?)))
        .collect();
    let Some(&(at, first, verb)) = verbs.first() else { return noun(words) };
    let chosen = |(_, word, verb): (usize, &String, Verb), is_sure: bool| {
        Some(Said { does: verb.does, word: word.clone(), is_sure })
    };
    // `find_and_delete`, `create_or_update`: whatever is worse.
    if words.iter().any(|it| matches!(it.as_str(), "and" | "or" | "then")) {
        let plain =
            verbs.iter().filter(|it| it.0 == 0 || !THINGS.split(' ').any(|word| word == it.1));
        if let Some(worst) = plain.max_by_key(|it| it.2.does) {
            return chosen(*worst, true);
        }
    }
    if at == 0 && !verb.is_noun_too {
        return chosen((at, first, verb), true);
    }
    let is_thing = THINGS.split(' ').any(|it| it == first);
    let looks = at == 0 && verb.does == Does::Look && !is_thing;
    // `list_connect_accounts` lists, and `search_replace` replaces.
    let is_plain =
        |it: &&(usize, &String, Verb)| !it.2.is_noun_too && (!looks || it.0 + 1 == words.len());
    if let Some(plain) = verbs.iter().find(is_plain) {
        return chosen(*plain, true);
    }
    if at == 0 && is_thing {
        if let Some(other) = verbs.get(1..).and_then(<[_]>::last) {
            return chosen(*other, true);
        }
        if words.len() > 1 && ends_in_noun(words) {
            return noun(words);
        }
    }
    let last = verbs.last().filter(|it| it.0 + 1 == words.len() && at > 0);
    let one = last.copied().unwrap_or((at, first, verb));
    let is_plain = !THINGS.split(' ').any(|it| it == one.1);
    chosen(one, is_plain && (one.0 == 0 || one.2.does >= Does::Destroy))
}

fn ends_in_noun(words: &[String]) -> bool {
    words.last().is_some_and(|last| READ_NOUNS.split(' ').any(|it| it == last))
}

fn noun(words: &[String]) -> Option<Said> {
    if let Some([(_, _), (word, does)]) = verbs::unspaced(&words.concat()) {
        return Some(Said { does, word: word.to_owned(), is_sure: true });
    }
    let word = words.last().filter(|_| ends_in_noun(words))?.clone();
    Some(Said { does: Does::Look, word, is_sure: false })
}

#[cfg(test)]
mod tests {
    use super::super::words::split;
    use super::*;

    #[test]
    fn the_verb_of_a_name_is_found_wherever_it_stands() {
        for (name, does) in [
            ("getDeletedItems", Does::Look),
            ("comment_list", Does::Look),
            ("list_comment", Does::Look),
            ("order_cancel", Does::Overwrite),
            ("find_and_delete", Does::Destroy),
            ("saveOrUpdate", Does::Overwrite),
            ("post_tweet", Does::Send),
            ("orderHistory", Does::Look),
            ("search_replace", Does::Overwrite),
            ("data_purge", Does::Destroy),
            ("删除用户", Does::Destroy),
        ] {
            assert_eq!(said(&split(name)).map(|it| it.does), Some(does), "{name}");
        }
        assert_eq!(said(&split("frobnicate_widget")), None);
    }
}
