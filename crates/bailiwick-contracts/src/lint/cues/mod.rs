//! Phrases by which a text steers a model, with what each weighs: 10 is enough by itself. Written
//! from what such texts want, in the words in which one can want it.

mod commands;
mod exfiltration;
mod orders;
mod others;
mod praise;
mod sensitive;
mod tags;
mod tampering;

use super::Rule;

/// The phrases of one rule.
pub(super) struct Cues {
    pub(super) rule: Rule,
    /// What to say and do when they are found.
    pub(super) message: &'static str,
    pub(super) phrases: &'static [(u32, &'static str)],
}

/// What is said when no rule alone has enough.
pub(super) const ALTOGETHER: &str = "it speaks to the model more than of the tool: read it as an \
    order to a servant, and do not approve it before you know why";

/// Headlines in capital letters that claim an authority.
pub(super) const SHOUTS: &[(u32, &str)] = &[
    (
        6,
        "\\b(?:[A-Z]{3,} ){0,3}(?:SYSTEM|SECURITY|INTERNAL|PRIVILEGE|ENVIRONMENT|COMPLIANCE|\
         AUDIT|EMERGENCY|ADMIN|DEV|OVERRIDE|PERFORMANCE|NETWORK|DATA)(?: [A-Z]{3,}){0,3}:",
    ),
    (
        4,
        "\\b(?:CRITICAL|URGENT|MANDATORY|IMPORTANT|ATTENTION|\
         WARNING) (?:[A-Z]{3,} ){0,2}(?:NOTICE|UPDATE|ALERT|ANNOUNCEMENT|DIRECTIVE|INSTRUCTION|\
         OVERRIDE|ACTION|PROTOCOL)S?:",
    ),
];

/// Words of a name that praise the tool.
pub(super) const PRAISING: &[(&str, u32)] = &[
    ("best", 10),
    ("ultimate", 10),
    ("premium", 10),
    ("super", 10),
    ("superior", 10),
    ("perfect", 10),
    ("trusted", 10),
    ("recommended", 6),
    ("preferred", 10),
    ("improved", 6),
    ("better", 10),
    ("fastest", 10),
    ("smartest", 10),
    ("supreme", 10),
    ("elite", 10),
    ("official", 6),
    ("enhanced", 6),
    ("optimized", 6),
    ("advanced", 5),
    ("pro", 5),
    ("verified", 5),
    ("secure", 4),
];

/// All of them.
pub(super) const ALL: &[Cues] = &[
    tags::CUES,
    orders::CUES,
    tampering::CUES,
    commands::CUES,
    exfiltration::CUES,
    sensitive::CUES,
    others::CUES,
    praise::CUES,
];
