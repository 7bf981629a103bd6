//! Tags and marks that speak to a model.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::HiddenTag,
    message: "a tag or mark speaks to the model behind people's back: do not approve it",
    phrases: &[
        (
            10,
            "<\\s*/?\\s*(?:important|hidden|secret|system|admin|override|prompt|assistant|\
             internal|critical|private|instructions?|invisible|ai|llm|model|agent|sys|\
             confidential|do_not_show)(?:[ _-](?:note|notes|instruction|instructions|prompt|\
             message|only|reminder|rule|rules|directive))?\\s*>",
        ),
        (10, r"<!--"),
        (10, r"<\|?(?:im_start|im_end|system|assistant|endoftext|begin_of_text)\|?>"),
        (
            10,
            "\\[/?(?:system|inst|hidden|secret|admin|override|internal)(?: (?:prompt|message|\
             instruction|note))?\\]",
        ),
        (
            10,
            "(?:###|---|===|\\*\\*\\*) ?(?:system|hidden|secret|admin) ?(?:prompt|instruction|\
             message|override|note)?s? ?(?::|###|---|===|\\*\\*\\*)",
        ),
        (10, r"\bnote (?:to|for) (?:the )?(?:ai|llm|model|assistant|agent)s?\b ?(?:only)?:"),
    ],
};
