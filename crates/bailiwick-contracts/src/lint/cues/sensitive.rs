//! Files of keys, passwords and settings.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::SensitivePath,
    message: "it names a file of keys, passwords or settings: do not approve it before you know \
              why a tool's text has to",
    phrases: &[
        (10, r"~?/?\.ssh/|\bid_(?:rsa|ed25519|ecdsa|dsa)\b|\bauthorized_keys\b"),
        (10, r"/etc/(?:passwd|shadow|sudoers|hosts\b|cron)|/proc/self/environ|/ro[o]t/\."),
        (
            10,
            "\\.aws/credentials|\\.kube/config|\\.git-credentials|\\.netrc\\b|\\.pypirc\\b|\
             \\.docker/config|\\.gnupg/|\\bwallet\\.dat\\b",
        ),
        (10, r"\.(?:bash|zsh|fish|sh)_?(?:rc|history|profile)\b|\.bash_profile\b"),
        (
            10,
            "\\.cursor/mcp\\.json|\\bclaude_desktop_config|~/\\.claude|\\.config/(?:claude|\
             cursor)",
        ),
        (
            10,
            "(?:read|open|cat|access|load|contents? of)[^.]{0,40}(?:~/|/|\\b)(?:\\.env\\b|\
             mcp\\.json|secrets?\\.(?:json|ya?ml|toml)|credentials\\.(?:json|ini)|\\.npmrc)",
        ),
    ],
};
