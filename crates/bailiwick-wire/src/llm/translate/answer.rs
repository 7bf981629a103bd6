//! Whole answers, and errors, in the client's dialect.

use bytes::Bytes;

use super::from_chat::input;
use super::words::{stop_of_chat, stop_of_message};
use super::write::{Object, array};
use super::{Done, Untranslatable};
use crate::Unintelligible;
use crate::json::{Node, quote};
use crate::llm::fields::{given, list, needed, text, whole};
use crate::llm::operation::{Dialect, Operation};
use crate::llm::reply::error_body;
use crate::llm::usage::{self, Usage};

/// A chat's answer as a message's.
pub(super) fn into_message(root: Node<'_>) -> Done<String> {
    if given(root, "error").is_some() {
        return Ok(error(Dialect::Anthropic, root));
    }
    let choices = list(root, "choices")?.ok_or(Unintelligible::Missing("choices"))?;
    let mut choices = choices.elements();
    let choice = choices.next().ok_or(Unintelligible::Missing("choices"))?;
    if choices.next().is_some() {
        return Err(Untranslatable::member("choices[1]"));
    }
    let message = given(choice, "message").ok_or(Unintelligible::Missing("message"))?;
    let mut blocks = Vec::new();
    for name in ["content", "refusal"] {
        if let Some(said) = text(message, name)?.filter(|it| !it.is_empty()) {
            blocks.push(Object::new().text("type", "text").text("text", &said).done());
        }
    }
    for call in list(message, "tool_calls")?.into_iter().flat_map(Node::elements) {
        blocks.push(tool_use(call).map_err(|why| why.within("tool_calls"))?);
    }
    if given(message, "audio").is_some() {
        return Err(Untranslatable::member("audio"));
    }
    let is_refused = text(message, "refusal")?.is_some_and(|it| !it.is_empty());
    let reason = text(choice, "finish_reason")?.unwrap_or_default();
    let reason = if is_refused { "refusal" } else { stop_of_message(&reason) };
    let usage = given(root, "usage").and_then(|it| usage::read(Operation::Chat, it));
    let out = Object::new()
        .text("id", &text(root, "id")?.unwrap_or_default())
        .text("type", "message")
        .text("role", "assistant")
        .text("model", &text(root, "model")?.unwrap_or_default())
        .raw("content", &array(&blocks))
        .text("stop_reason", reason)
        .raw("stop_sequence", "null");
    Ok(out.raw("usage", &message_usage(usage.unwrap_or_default())).done())
}

fn tool_use(call: Node<'_>) -> Done<String> {
    let function = given(call, "function").ok_or_else(|| Untranslatable::member("type"))?;
    let arguments = text(function, "arguments")?.unwrap_or_default();
    let input = input(&arguments).ok_or_else(|| Untranslatable::member("function.arguments"))?;
    let out = Object::new().text("type", "tool_use").text("id", &needed(call, "id")?);
    Ok(out.text("name", &needed(function, "name")?).raw("input", &input).done())
}

/// Usage as a message tells it: what is cached stands apart.
pub(super) fn message_usage(usage: Usage) -> String {
    let plain = usage.input.saturating_sub(usage.cached.saturating_add(usage.cache_write));
    let out = Object::new()
        .number("input_tokens", plain)
        .number("cache_creation_input_tokens", usage.cache_write)
        .number("cache_read_input_tokens", usage.cached)
        .number("output_tokens", usage.output);
    let details = Object::new().number("thinking_tokens", usage.reasoning).done();
    out.raw("output_tokens_details", &details).done()
}

/// A message's answer as a chat's.
pub(super) fn into_chat(root: Node<'_>, created: u64) -> Done<String> {
    if given(root, "error").is_some() {
        return Ok(error(Dialect::OpenAi, root));
    }
    let content = list(root, "content")?.ok_or(Unintelligible::Missing("content"))?;
    let (mut said, mut calls) = (String::new(), Vec::new());
    for block in content.elements() {
        match &*needed(block, "type")? {
            "text" => said.push_str(&needed(block, "text")?),
            "tool_use" => calls.push(tool_call(block)?),
            "thinking" | "redacted_thinking" => {}
            kind => return Err(Untranslatable::member(kind).within("content")),
        }
    }
    let text_of = if said.is_empty() { "null".to_owned() } else { quote(&said) };
    let message = Object::new()
        .text("role", "assistant")
        .raw("content", &text_of)
        .raw("refusal", "null")
        .list("tool_calls", &calls);
    let reason = text(root, "stop_reason")?.unwrap_or_default();
    let choice = Object::new()
        .number("index", 0)
        .raw("message", &message.done())
        .raw("logprobs", "null")
        .text("finish_reason", stop_of_chat(&reason));
    let usage = given(root, "usage").and_then(|it| usage::read(Operation::Messages, it));
    let out = Object::new()
        .text("id", &text(root, "id")?.unwrap_or_default())
        .text("object", "chat.completion")
        .number("created", root.member("created").and_then(whole).unwrap_or(created))
        .text("model", &text(root, "model")?.unwrap_or_default())
        .raw("choices", &array(&[choice.done()]));
    Ok(out.raw("usage", &chat_usage(usage.unwrap_or_default())).done())
}

fn tool_call(block: Node<'_>) -> Done<String> {
    let input = given(block, "input").map_or("{}", Node::raw);
    let function = Object::new().text("name", &needed(block, "name")?).text("arguments", input);
    let out = Object::new().text("id", &needed(block, "id")?).text("type", "function");
    Ok(out.raw("function", &function.done()).done())
}

/// Usage as a chat tells it: what is cached is part of the prompt.
pub(super) fn chat_usage(usage: Usage) -> String {
    let read = Object::new()
        .number("cached_tokens", usage.cached)
        .number("cache_write_tokens", usage.cache_write);
    let written = Object::new().number("reasoning_tokens", usage.reasoning);
    Object::new()
        .number("prompt_tokens", usage.input)
        .number("completion_tokens", usage.output)
        .number("total_tokens", usage.input.saturating_add(usage.output))
        .raw("prompt_tokens_details", &read.done())
        .raw("completion_tokens_details", &written.done())
        .done()
}

/// An error in the words of a dialect: the status is not known here, but its type tells it.
pub(super) fn error(dialect: Dialect, root: Node<'_>) -> String {
    let error = given(root, "error").unwrap_or(root);
    let said = |name: &str| error.member(name).and_then(Node::text).unwrap_or_default();
    let (kind, code) = (said("type"), said("code"));
    let status = match (&*kind, &*code) {
        ("authentication_error", _) | (_, "invalid_api_key") => 401,
        ("billing_error", _) | (_, "insufficient_quota") | ("insufficient_quota", _) => 402,
        ("permission_error", _) => 403,
        ("not_found_error", _) | (_, "model_not_found") => 404,
        ("request_too_large", _) => 413,
        ("rate_limit_error", _) | (_, "rate_limit_exceeded") => 429,
        ("overloaded_error", _) => 529,
        ("timeout_error", _) => 504,
        ("invalid_request_error", _) => 400,
        _ => 500,
    };
    String::from_utf8_lossy(&error_of(dialect, status, root)).into_owned()
}

/// An error whose status is known.
pub(super) fn error_of(dialect: Dialect, status: u16, root: Node<'_>) -> Bytes {
    let error = given(root, "error").unwrap_or(root);
    let said = |name: &str| error.member(name).and_then(Node::text).unwrap_or_default();
    let (kind, code) = (said("type"), said("code"));
    let word = if code.is_empty() { &kind } else { &code };
    error_body(dialect, status, word, &said("message"))
}
