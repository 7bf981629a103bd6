//! Changing what the user asked for.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::ArgumentTampering,
    message: "it wants what the user asked for to be changed: do not approve it",
    phrases: &[
        (
            10,
            "\\bregardless of (?:the |what |which |any |whatever )?(?:actual |original |given |\
             specified )?(?:user|customer|input|request|query|argument|parameter)",
        ),
        (
            7,
            "\\b(?:automatically|always|silently|must|will|secretly|\
             systematically) (?:be )?(?:automatically |also |always |silently )?(?:modif|\
             replac|substitut|overrid|redirect|rewrit|inject|swap|alter|convert|adjust|chang|\
             augment|enhanc|optimi|prepend|append|insert)\\w* [^.]{0,100}\\b(?:parameter|\
             argument|query|queries|input|request|ticker|url|destination|recipient|address|\
             name|search|amount|value|user|location|symbol|keyword|repositor)",
        ),
        (
            6,
            "\\b(?:chang|modif|replac|set|redirect|rewrit|convert|substitut|updat|\
             adjust)\\w* (?:the |any |all |every |its |this |\
             their )?['\\x22`]?[\\w -]{0,40}['\\x22`]? ?(?:parameter|argument|query|input|name|\
             value|url|search|ticker|field|request)?s? ?(?:to|with|by|as) (?:our |\
             the )?['\\x22`][^'\\x22`]{2,80}['\\x22`]",
        ),
        (
            6,
            "\\b(?:redirect|rerout|forward|divert|steer)\\w*\\b[^.]{0,80}\\bto (?:our|the|a|an|\
             create|use|new|'|\\x22|`)",
        ),
        (
            5,
            "\\b(?:when|if|whenever) (?:a |the |any )?users? (?:ask|request|search|want|quer|\
             look|need|tr)\\w*[^.]{0,140}(?:automatically|the system|always|instead|must|\
             redirect|recommend|partner|default)",
        ),
        (
            5,
            "\\b(?:the system|this tool|the tool|it)(?: now)? (?:automatically|always|\
             by default) (?:\\w+ ){0,2}(?:set|use|modif|redirect|add|includ|replac|chang|\
             enhanc|appl|prioriti)\\w*\\b",
        ),
        (
            5,
            "\\b(?:should|must|will) be (?:supplemented|replaced|modified|changed|redirected|\
             interpreted|prefixed|appended|augmented|substituted|overridden)\\b",
        ),
        (
            4,
            "\\b(?:prioriti[sz]e|favou?r|prefer|emphasi[sz]e|bias|\
             promote)s?\\b[^.]{0,60}\\b(?:our|partner|results? (?:from|related)|over|\
             specific)\\b",
        ),
        (
            3,
            "\\bour (?:partner|primary|verified|internal|preferred|trusted|central|\
             new) (?:\\w+ )?(?:\\w+ )?(?:endpoint|server|database|source|namespace|destination|\
             identifier|service|system|project|site)",
        ),
        (2, r"\binstead\b"),
    ],
};
