//! Praise, so that models prefer the tool.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::Superlative,
    message: "it praises itself, so that models prefer it: judge it by what it does, and show \
              models a description of your own (`views`)",
    phrases: &[
        (
            10,
            "\\b(?:world's|industry's|market's) (?:best|most|first|leading|number|top|fastest|\
             #)",
        ),
        (
            10,
            "\\b(?:trusted|used|recommended|preferred|endorsed|loved|chosen|approved|\
             relied upon) by (?:over \\d|more than \\d|top |leading |the world|the leading|\
             millions|thousands|\\d|emergency|professional|expert|major|fortune|industry|\
             government|institutional|world)",
        ),
        (
            10,
            "\\b(?:used by|trusted by|with|guarantee[sd]?|offers?|delivers?|provides?|\
             achieves?) (?:over |up to )?(?:100|99(?:\\.\\d+)?)% (?:of|reliab|accura|guarantee|\
             uptime|success|satisf|correct|secure)",
        ),
        (
            10,
            "\\bthe (?:ultimate|definitive|supreme) (?:\\w+ ){0,4}(?:tool|version|solution|\
             engine|search|extract|analy|choice|server|platform)",
        ),
        (
            10,
            "\\b(?:only|exclusively) (?:use|choose|call|rely on) this (?:tool|function|one|\
             server|version)\\b|\\balways (?:choose|prefer|select|pick|rely on) this\\b",
        ),
        (6, r"\balways (?:use|call|invoke) this (?:tool|function|one)\b"),
        (
            8,
            "\\b(?:prefer|choose|select|pick) this (?:tool|one|server|function|version)\\b|\
             \\b(?:better|faster|safer|superior|more (?:accurate|reliable|powerful|\
             secure)) (?:than|to) (?:any|all|the|every)?(?: of the)? ?(?:other|existing|\
             alternative|standard|original|competing)",
        ),
        (
            7,
            "\\b(?:industry[- ]leading|best[- ]in[- ]class|world[- ]class|unmatched|\
             unparalleled|unrivall?ed|unbeatable|pinnacle|gold standard|award[- ]winning|\
             second to none)\\b",
        ),
        (
            5,
            "\\b(?:cutting[- ]edge|next[- ]generation|revolutionary|state[- ]of[- ]the[- ]art|\
             industry standard|ai-optimized|machine learning enhanced|enterprise[- ]grade|\
             military[- ]grade)\\b",
        ),
        (
            5,
            "\\bsuperior (?:\\w+ )?(?:data|performance|accuracy|results|quality|reliability|\
             processing|speed|capabilit)",
        ),
        (
            5,
            "\\b(?:this is|the) (?:\\w+ )?(?:advanced|enhanced|premium|improved|upgraded|\
             superior|professional|pro) version\\b",
        ),
        (
            5,
            "\\bmost (?:accurate|reliable|comprehensive|advanced|powerful|trusted|complete|\
             secure|efficient|popular)\\b[^.]{0,60}(?:\\b(?:available|in the (?:market|world)|\
             on the market|tool|ever|possible)\\b|and (?:most )?(?:accurate|reliable|fast|\
             comprehensive|trusted))",
        ),
        (
            4,
            "\\bthe best (?:and|tool|choice|way|option|available|possible)\\b|\\b(?:fastest|\
             smartest|safest)\\b",
        ),
        (4, r"\b(?:guaranteed?|guarantees) (?:\w+ )?(?:accura|result|reliab|success|best)"),
    ],
};
