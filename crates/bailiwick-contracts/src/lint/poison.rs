//! Texts that were written to steer the model: weighed by what they say, since one phrase alone is
//! often honest.

use std::sync::LazyLock;

use regex::bytes::{RegexSet, RegexSetBuilder};

use super::cues::{self, Cues};
use super::texts::Text;
use super::{Notes, Rule};
use crate::draft::words::split;

/// What the cues of one rule must weigh together, for a remark.
const ENOUGH: u32 = 10;
/// What the cues of all rules must weigh together.
const ENOUGH_OF_ALL: u32 = 11;

struct Compiled {
    cues: &'static Cues,
    set: RegexSet,
}

static ALL: LazyLock<Vec<Compiled>> = LazyLock::new(|| {
    let compile = |cues: &'static Cues| Some(Compiled { cues, set: compiled(cues.phrases)? });
    cues::ALL.iter().filter_map(compile).collect()
});
static SHOUTS: LazyLock<Option<RegexSet>> = LazyLock::new(|| compiled(cues::SHOUTS));

/// Bytes, not letters: phrases are of ASCII, and gaps are counted in bytes, which keeps automata
/// small.
fn compiled(phrases: &[(u32, &str)]) -> Option<RegexSet> {
    let phrases = phrases.iter().map(|(_, phrase)| phrase);
    RegexSetBuilder::new(phrases).unicode(false).dot_matches_new_line(true).build().ok()
}

pub(super) fn look(texts: &[Text<'_>], notes: &mut Notes<'_>) {
    for text in texts {
        let is_name = text.at == "/name" || text.at == "/title";
        if text.plain.len() < 6 {
            continue;
        }
        let shouts = weight(SHOUTS.as_ref(), cues::SHOUTS, text.said.as_bytes());
        let mut all = shouts;
        let mut is_told = false;
        for Compiled { cues, set } in ALL.iter() {
            let mut found = weight(Some(set), cues.phrases, text.plain.as_bytes());
            if cues.rule == Rule::InstructionToModel {
                found += shouts;
            }
            if cues.rule == Rule::Superlative && is_name {
                found += praise(text.said);
            }
            if found >= ENOUGH {
                notes.remark(cues.rule, &text.at, cues.message);
                is_told |= cues.rule != Rule::Superlative;
            }
            if cues.rule != Rule::Superlative {
                all += if cues.rule == Rule::InstructionToModel { found - shouts } else { found };
            }
        }
        if all >= ENOUGH_OF_ALL && !is_told {
            notes.remark(Rule::InstructionToModel, &text.at, cues::ALTOGETHER);
        }
    }
}

fn weight(set: Option<&RegexSet>, phrases: &[(u32, &str)], text: &[u8]) -> u32 {
    let Some(set) = set else { return 0 };
    let found = set.matches(text);
    found.iter().filter_map(|it| phrases.get(it)).map(|(weight, _)| weight).sum()
}

/// What a name praises: its first word, as in `best_search`, or its last, as in `search_pro`. A
/// `risk_premium` is no praise.
fn praise(name: &str) -> u32 {
    let words = split(name);
    if words.len() < 2 {
        return 0;
    }
    let weight = |word: Option<&String>| {
        let found = word.and_then(|word| cues::PRAISING.iter().find(|(it, _)| it == word));
        found.map_or(0, |it| it.1)
    };
    weight(words.first()) + weight(words.last().filter(|it| *it != "premium"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_phrase_is_one() {
        for cues in cues::ALL {
            for (_, phrase) in cues.phrases {
                assert!(compiled(&[(1, phrase)]).is_some(), "{phrase}");
            }
        }
        assert_eq!(ALL.len(), cues::ALL.len());
        assert!(SHOUTS.is_some());
    }
}
