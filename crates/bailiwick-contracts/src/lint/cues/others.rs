//! What to do with other tools.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::SpeaksOfOtherTools,
    message: "it says what to do with other tools, which only their own definitions should: do \
              not approve it before you know why",
    phrases: &[
        (
            10,
            "\\bthe ['\\x22`]?[a-z0-9]+(?:[_-][a-z0-9]+)+['\\x22`]? (?:tool|\
             function)(?: has been| have been| is now| was| now| is deprecated| should not| \
             must not| will be| requires| needs)",
        ),
        (
            10,
            "['\\x22`][\\w-]+['\\x22`] (?:tool|function) (?:has been|is now|was|\
             is) (?:\\w+ )?(?:deprecated|replaced|removed|upgraded|optimized|enhanced|\
             superseded|disabled|compromised|unsafe|insecure|broken|unreliable)",
        ),
        (
            6,
            "\\b(?:must|always|required to|have to|need to|critical to) (?:also |first |then |\
             always |immediately |now )*(?:call|use|invoke|run|execute|\
             redirect to)\\b (?:the )?['\\x22`]?[a-z0-9]+(?:[_-][a-z0-9]+)+",
        ),
        (
            6,
            "\\b(?:must|always|required to|have to|need to) (?:also |first |then |always |\
             immediately )+(?:call|use|invoke) (?:the )?['\\x22`]?\\w+['\\x22`]? (?:tool|\
             function)\\b",
        ),
        (
            6,
            "\\b(?:must|has to|needs to|have to) (?:also |first |then |always |\
             immediately )+(?:call|use|invoke) ['\\x22`]\\w+",
        ),
        (
            5,
            "\\bby calling ['\\x22`][\\w-]+['\\x22`]|\
             \\bcall(?:ing)? ['\\x22`][\\w-]+['\\x22`] (?:with|for|to)\\b",
        ),
        (
            6,
            "\\b(?:redirect|switch|migrate|move|route)\\b[^.]{0,40}\\b(?:to )?(?:the )?(?:new|\
             secure|other|following|improved) (?:\\w+ )?tool\\b",
        ),
        (
            8,
            "\\b(?:do not|don't|never|avoid|stop) (?:use|using|call|calling|invoke|invoking|\
             trust|trusting) (?:the |any )?(?:other |original |old |existing |standard |\
             ['\\x22`]?[a-z0-9]+(?:[_-][a-z0-9]+)+['\\x22`]? )(?:\\w+ )?(?:tool|function|\
             server|version)s?\\b",
        ),
        (
            8,
            "\\b(?:instead of|rather than|replaces|supersedes|takes precedence over|\
             in place of|over) (?:the |any |all )?(?:other|original|standard|built-in|existing|\
             default|similar) (?:\\w+ )?(?:tool|function|server)s?\\b",
        ),
        (
            8,
            "\\bwhen(?:ever)? (?:the )?['\\x22`]?[a-z0-9]+(?:[_-][a-z0-9]+)+['\\x22`]? (?:tool \
             |function )?is (?:called|used|invoked|available|present)\\b",
        ),
        (4, r"\b(?:has been|was|is) deprecated\b"),
        (3, r"\bdue to (?:security|performance|compliance|known|critical)\b"),
        (
            3,
            "\\b(?:same functionality|same parameters|enhanced security|\
             drop-in replacement)\\b",
        ),
        (3, r"\bsupplement\w*\b|\bholistic\b|\bindicator' to the user\b"),
    ],
};
