//! Commands that the model is to run.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::CommandToModel,
    message: "it wants a command to be run: do not approve it",
    phrases: &[
        (
            8,
            "\\b(?:must|please|should|need to|have to|required to|first|also|then|\
             always) (?:also |first |then |always |now )*(?:execute|run|perform|launch|issue|\
             type) (?:the |this |these |a |an |following )*[^.:]{0,60}(?:command|script|check|\
             code|validation|verification|shell)",
        ),
        (
            8,
            "\\b(?:please|must|should|always|first|then) (?:also |first )?(?:run|\
             execute)\\b[^.]{0,8}:",
        ),
        (
            6,
            "&& ?echo|\\|\\| ?echo|\\|\\s*(?:ba|z)?sh\\b|\\brm -rf?\\b|\\bsudo -?\\w|\
             \\bchmod [+0-7]|\\bwget -|\\bcurl -[a-z]|\\bcurl https?:|\\bbash -[ci]|\
             \\bpowershell -|\\bbase64 -d|\\bnc -[a-z]|\\$\\([a-z]|\\bos\\.system\\(|\
             \\bsubprocess\\.|\\beval\\(|\\bexport [a-z_]+=|\\becho \\$|/dev/tcp/",
        ),
        (
            5,
            "\\b(?:adding|add|append|write|inserting) (?:the )?following (?:line|entry|code|\
             text)s?\\b[^.]{0,40}\\b(?:to|into|in)\\b",
        ),
        (
            4,
            "\\b(?:system|shell|terminal|verification|validation|environment|privilege|\
             security|setup|check) commands?\\b",
        ),
    ],
};
