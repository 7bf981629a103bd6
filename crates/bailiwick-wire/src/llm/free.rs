//! Which tools of a provider's cost their tokens and no more.

/// Kinds of tools, without versions. Of all others somebody has to say what a use costs.
const FREE: [&str; 8] = [
    "apply_patch",
    "computer_use",
    "local_shell",
    "mcp",
    "shell",
    "tool_search_tool_bm25",
    "tool_search_tool_regex",
    "web_fetch",
];

/// Whether a use of this kind of tool costs its tokens and no more, wherever it is offered.
pub fn is_free(kind: &str) -> bool {
    FREE.contains(&kind)
}
