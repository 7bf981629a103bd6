//! A message's request as a chat's.

use super::parts::{each, neutral, only, word};
use super::words::{CHAT_TIERS, EFFORTS};
use super::write::{Object, array};
use super::{Done, Untranslatable};
use crate::Unintelligible;
use crate::json::{Kind, Node, quote};
use crate::llm::fields::{count, flag, given, inner, list, needed, text};

const KNOWN: &[&str] = &[
    "model",
    "messages",
    "max_tokens",
    "system",
    "stream",
    "temperature",
    "top_p",
    "stop_sequences",
    "tools",
    "tool_choice",
    "output_config",
    "thinking",
    "metadata",
    "service_tier",
];

/// Chats stop at no more texts.
const STOPS_MAX: usize = 4;

pub(super) fn request(root: Node<'_>) -> Done<String> {
    only(root, "body", KNOWN)?;
    // How much is thought is the model's own choice in both, unless it is told.
    neutral(root, "thinking", &[r#"{"type":"adaptive"}"#, r#"{"type": "adaptive"}"#])?;
    let most = count(root, "max_tokens")?.ok_or(Unintelligible::Missing("max_tokens"))?;
    let mut out = Object::new()
        .text("model", &needed(root, "model")?)
        .number("max_completion_tokens", most)
        .raw("messages", &array(&messages(root)?))
        .copy("stream", given(root, "stream"));
    if flag(root, "stream")? == Some(true) {
        out = out.raw("stream_options", r#"{"include_usage":true}"#);
    }
    out = out.copy("temperature", given(root, "temperature")).copy("top_p", given(root, "top_p"));
    if let Some(stops) = list(root, "stop_sequences")? {
        if stops.elements().count() > STOPS_MAX {
            return Err(Untranslatable::member("stop_sequences"));
        }
        out = out.raw("stop", stops.raw());
    }
    if let Some(tools) = list(root, "tools")? {
        out = out.list("tools", &each(tools, "tools", tool)?);
    }
    out = choice(root, out)?;
    out = config(root, out)?;
    if let Some(metadata) = inner(root, "metadata")? {
        only(metadata, "metadata", &["user_id"]).map_err(|why| why.within("metadata"))?;
        if let Some(user) = text(metadata, "user_id")? {
            out = out.text("user", &user);
        }
    }
    if let Some(tier) = word(root, "service_tier", CHAT_TIERS)? {
        out = out.raw("service_tier", tier);
    }
    Ok(out.done())
}

fn tool(tool: Node<'_>) -> Done<String> {
    only(tool, "tools", &["type", "name", "description", "input_schema", "strict"])?;
    neutral(tool, "type", &[r#""custom""#])?;
    let schema = given(tool, "input_schema").ok_or(Unintelligible::Missing("input_schema"))?;
    let function = Object::new()
        .text("name", &needed(tool, "name")?)
        .copy("description", given(tool, "description"))
        .raw("parameters", schema.raw())
        .copy("strict", given(tool, "strict"));
    Ok(Object::new().text("type", "function").raw("function", &function.done()).done())
}

fn choice(root: Node<'_>, out: Object) -> Done<Object> {
    let Some(choice) = inner(root, "tool_choice")? else { return Ok(out) };
    only(choice, "tool_choice", &["type", "name", "disable_parallel_tool_use"])
        .map_err(|why| why.within("tool_choice"))?;
    let said = match &*needed(choice, "type")? {
        "auto" => r#""auto""#.to_owned(),
        "any" => r#""required""#.to_owned(),
        "none" => r#""none""#.to_owned(),
        "tool" => {
            let function = Object::new().text("name", &needed(choice, "name")?).done();
            Object::new().text("type", "function").raw("function", &function).done()
        }
        _ => return Err(Untranslatable::member("tool_choice.type")),
    };
    let out = out.raw("tool_choice", &said);
    let one = flag(choice, "disable_parallel_tool_use")? == Some(true);
    Ok(if one { out.raw("parallel_tool_calls", "false") } else { out })
}

fn config(root: Node<'_>, mut out: Object) -> Done<Object> {
    let Some(config) = inner(root, "output_config")? else { return Ok(out) };
    let here = |why: Untranslatable| why.within("output_config");
    only(config, "output_config", &["effort", "format"]).map_err(here)?;
    if let Some(effort) = word(config, "effort", EFFORTS).map_err(here)? {
        out = out.raw("reasoning_effort", effort);
    }
    let Some(format) = inner(config, "format")? else { return Ok(out) };
    only(format, "format", &["type", "schema"])
        .and_then(|()| neutral(format, "type", &[r#""json_schema""#]))
        .map_err(|why| here(why.within("format")))?;
    let schema = given(format, "schema").ok_or(Unintelligible::Missing("schema"))?;
    // A chat wants a label for it.
    let schema =
        Object::new().text("name", "answer").raw("strict", "true").raw("schema", schema.raw());
    let format = Object::new().text("type", "json_schema").raw("json_schema", &schema.done());
    Ok(out.raw("response_format", &format.done()))
}

fn messages(root: Node<'_>) -> Done<Vec<String>> {
    let mut messages = Vec::new();
    if let Some(system) = given(root, "system") {
        let content = content(system, "system", false)?;
        messages.push(turn("system", &content));
    }
    let list = list(root, "messages")?.ok_or(Unintelligible::Missing("messages"))?;
    let turns = each(list, "messages", |message| {
        only(message, "messages", &["role", "content"])?;
        let content = given(message, "content").ok_or(Unintelligible::Missing("content"))?;
        match &*needed(message, "role")? {
            "user" => user(content),
            "assistant" => Ok(vec![assistant(content)?]),
            _ => Err(Untranslatable::member("role")),
        }
    })?;
    messages.extend(turns.into_iter().flatten());
    Ok(messages)
}

fn turn(role: &str, content: &str) -> String {
    Object::new().text("role", role).raw("content", content).done()
}

/// A content as a chat has it: a text, or parts.
fn content(content: Node<'_>, name: &str, may_show: bool) -> Done<String> {
    match content.kind() {
        Kind::String => Ok(content.raw().to_owned()),
        Kind::Array => Ok(array(&each(content, name, |it| part(it, may_show))?)),
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
            Err(Unintelligible::IllTyped("content").into())
        }
    }
}

/// What a user says: results of tools are messages of their own, and come first.
fn user(said: Node<'_>) -> Done<Vec<String>> {
    let is_result = |it: Node<'_>| it.member("type").is_some_and(|it| it.says("tool_result"));
    if !said.elements().any(is_result) {
        return Ok(vec![turn("user", &content(said, "content", true)?)]);
    }
    let (mut turns, mut parts) = (Vec::new(), Vec::new());
    each(said, "content", |block| {
        if !is_result(block) {
            parts.push(part(block, true)?);
        } else if parts.is_empty() {
            turns.push(result(block)?);
        } else {
            // In a chat the results would have to come before what was said.
            return Err(Untranslatable::member("type"));
        }
        Ok(())
    })?;
    if !parts.is_empty() {
        turns.push(turn("user", &array(&parts)));
    }
    Ok(turns)
}

/// What a tool answered. A chat cannot tell that it failed, nor show what it showed.
fn result(block: Node<'_>) -> Done<String> {
    only(block, "content", &["type", "tool_use_id", "content", "is_error"])?;
    neutral(block, "is_error", &["false"])?;
    let said = match given(block, "content") {
        Some(said) => content(said, "content", false)?,
        None => quote(""),
    };
    let out = Object::new().text("role", "tool");
    let out = out.text("tool_call_id", &needed(block, "tool_use_id")?);
    Ok(out.raw("content", &said).done())
}

/// What the model said: texts, then calls.
fn assistant(said: Node<'_>) -> Done<String> {
    if said.kind() == Kind::String {
        return Ok(turn("assistant", said.raw()));
    }
    let (mut parts, mut calls) = (Vec::new(), Vec::new());
    each(said, "content", |block| {
        if block.member("type").is_some_and(|it| it.says("tool_use")) {
            calls.push(call(block)?);
        } else if calls.is_empty() {
            parts.push(part(block, false)?);
        } else {
            return Err(Untranslatable::member("type"));
        }
        Ok(())
    })?;
    let content = if parts.is_empty() { "null".to_owned() } else { array(&parts) };
    let out = Object::new().text("role", "assistant").raw("content", &content);
    Ok(out.list("tool_calls", &calls).done())
}

fn call(block: Node<'_>) -> Done<String> {
    only(block, "content", &["type", "id", "name", "input"])?;
    let input = given(block, "input").filter(|it| it.is_object());
    let input = input.ok_or(Unintelligible::IllTyped("input"))?;
    let function =
        Object::new().text("name", &needed(block, "name")?).text("arguments", input.raw()).done();
    let out = Object::new().text("id", &needed(block, "id")?).text("type", "function");
    Ok(out.raw("function", &function).done())
}

fn part(block: Node<'_>, may_show: bool) -> Done<String> {
    let out = match &*needed(block, "type")? {
        "text" => {
            only(block, "content", &["type", "text", "cache_control"])?;
            Object::new().text("type", "text").text("text", &needed(block, "text")?)
        }
        "image" if may_show => {
            only(block, "content", &["type", "source", "cache_control"])?;
            let image = Object::new().text("url", &url(block, &["base64", "url"])?).done();
            Object::new().text("type", "image_url").raw("image_url", &image)
        }
        "document" if may_show => {
            only(block, "content", &["type", "source", "title", "cache_control"])?;
            let name = text(block, "title")?;
            let file = Object::new()
                .text("filename", name.as_deref().unwrap_or("document.pdf"))
                .text("file_data", &url(block, &["base64"])?);
            Object::new().text("type", "file").raw("file", &file.done())
        }
        _ => return Err(Untranslatable::member("type")),
    };
    Ok(cached(block, out)?.done())
}

/// Both dialects mark the end of what is worth caching; how long it is kept they count differently.
fn cached(block: Node<'_>, out: Object) -> Done<Object> {
    let Some(mark) = given(block, "cache_control") else { return Ok(out) };
    only(mark, "cache_control", &["type"]).map_err(|why| why.within("cache_control"))?;
    Ok(out.raw("prompt_cache_breakpoint", r#"{"mode":"explicit"}"#))
}

/// The URL that a block's source is, where it is of one of these kinds.
fn url(block: Node<'_>, kinds: &[&str]) -> Done<String> {
    let source = inner(block, "source")?.ok_or(Unintelligible::Missing("source"))?;
    let kind = needed(source, "type")?;
    if !kinds.contains(&&*kind) {
        return Err(Untranslatable::member("source.type"));
    }
    only(source, "source", &["type", "media_type", "data", "url"])
        .map_err(|why| why.within("source"))?;
    if kind == "url" {
        return Ok(needed(source, "url")?.into_owned());
    }
    Ok(format!("data:{};base64,{}", needed(source, "media_type")?, needed(source, "data")?))
}
