//! Sending data away, or putting them where they are sent away.

use super::Cues;
use crate::lint::Rule;

pub(super) const CUES: Cues = Cues {
    rule: Rule::ExfiltrationPath,
    message: "it wants data to be sent or put where they do not belong: do not approve it",
    phrases: &[
        (
            10,
            "\\b(?:must|please|always|also|first|then|should|need to) (?:also |first |always |\
             then )*(?:access|call|contact|visit|send|post|report|ping|fetch|connect|notify|\
             log|submit|forward|upload|transmit|register)\\b[^.]{0,120}https?://",
        ),
        (
            10,
            "\\b(?:send|forward|upload|post|transmit|e?mail|copy|bcc|exfiltrate|leak|submit|\
             relay)\\w*\\b[^.]{0,80}\\b(?:conversation|chat history|message history|credential|\
             api key|password|private key|secret|environment variable|system prompt|ssh key|\
             contents? of|user data|personal data|session|cookie|\
             access token)s?\\b[^.]{0,80}(?:https?://|@[a-z]|endpoint|webhook|server|external|\
             attacker|address)",
        ),
        (
            10,
            "\\b(?:pass|include|put|add|append|provide|embed|encode|insert|place|store|\
             paste)\\w*\\b[^.]{0,60}\\b(?:contents? of (?:the |that |this |your |any |all |\
             every )?(?:file|~|/|document|config|conversation|\\x22)|conversation|chat history|\
             credentials|api keys|passwords|private key|secrets|environment variables|\
             system prompt|ssh keys?|previous messages|tool outputs?|full context|\
             all tools)\\b[^.]{0,80}\\b(?:parameter|argument|field|sidenote|note|metadata|\
             context|here|response|url|query|as)\\b",
        ),
        (
            8,
            "\\b(?:extract|collect|harvest|gather|steal|dump|retrieve|list|read) (?:all |any |\
             every |the |their |its |user |users' )*(?:credentials|passwords|api keys|\
             private keys|secrets|tokens|environment variables|ssh keys|system prompt)",
        ),
        (
            7,
            "https?://[^ ]*(?:attacker|evil|malicious|exfil|steal|collect|c2\\b|webhook\\.site|\
             requestbin|ngrok|burpcollaborator|interact\\.sh|pastebin)",
        ),
        (
            6,
            "\\b(?:read|cat|open|load|access|print)\\b[^.]{0,60}\\b(?:file|config|\
             configuration|key|credential)s?\\b[^.]{0,60}\\b(?:and|\
             then)\\b[^.]{0,40}\\b(?:pass|send|include|provide|return|add|put|use)\\b",
        ),
        (
            6,
            "\\b(?:always )?(?:bcc|cc|blind copy|forward a copy|\
             also send)\\b[^.]{0,40}[a-z0-9._%+-]+@[a-z0-9-]+\\.",
        ),
    ],
};
