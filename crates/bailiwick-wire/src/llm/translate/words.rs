//! Words that the two dialects have for the same thing.

/// Why an answer ended: a chat's word, and the message's.
pub(super) fn stop_of_message(chat: &str) -> &'static str {
    match chat {
        "length" => "max_tokens",
        "tool_calls" | "function_call" => "tool_use",
        "content_filter" => "refusal",
        _ => "end_turn",
    }
}

/// Why an answer ended: a message's word, and the chat's.
pub(super) fn stop_of_chat(message: &str) -> &'static str {
    match message {
        "max_tokens" | "model_context_window_exceeded" => "length",
        "tool_use" => "tool_calls",
        "refusal" => "content_filter",
        _ => "stop",
    }
}

/// How hard to think: the same words in both.
pub(super) const EFFORTS: &[(&str, &str)] = &[
    ("low", r#""low""#),
    ("medium", r#""medium""#),
    ("high", r#""high""#),
    ("xhigh", r#""xhigh""#),
    ("max", r#""max""#),
];

/// Tiers of service: a chat's word, and the message's.
pub(super) const TIERS: &[(&str, &str)] =
    &[("auto", r#""auto""#), ("default", r#""standard_only""#)];

/// Tiers of service: a message's word, and the chat's.
pub(super) const CHAT_TIERS: &[(&str, &str)] =
    &[("auto", r#""auto""#), ("standard_only", r#""default""#)];
