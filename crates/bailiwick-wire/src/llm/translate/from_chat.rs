//! A chat's request as a message's.

use super::parts::{data_url, each, neutral, only, word};
use super::words::{EFFORTS, TIERS};
use super::write::{Object, array};
use super::{Done, Untranslatable};
use crate::Unintelligible;
use crate::json::{Document, Kind, Limits, Node, quote};
use crate::llm::fields::{count, flag, given, list, needed, text};

/// Members with a word of their own in a message, and those whose usual value says nothing.
const KNOWN: &[&str] = &[
    "model",
    "messages",
    "max_completion_tokens",
    "max_tokens",
    "stream",
    "stream_options",
    "temperature",
    "top_p",
    "stop",
    "tools",
    "tool_choice",
    "parallel_tool_calls",
    "reasoning_effort",
    "response_format",
    "user",
    "service_tier",
    "n",
    "store",
    "logprobs",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "modalities",
];

pub(super) fn request(root: Node<'_>) -> Done<String> {
    only(root, "body", KNOWN)?;
    for (name, harmless) in [
        ("n", &["1"][..]),
        ("store", &["false"]),
        ("logprobs", &["false"]),
        ("frequency_penalty", &["0", "0.0"]),
        ("presence_penalty", &["0", "0.0"]),
        ("logit_bias", &["{}"]),
        ("modalities", &[r#"["text"]"#]),
    ] {
        neutral(root, name, harmless)?;
    }
    let most = count(root, "max_completion_tokens")?.max(count(root, "max_tokens")?);
    let most = most.ok_or(Unintelligible::Missing("max_completion_tokens"))?;
    let (system, messages) = messages(root)?;
    let mut out = Object::new()
        .text("model", &needed(root, "model")?)
        .number("max_tokens", most)
        .list("system", &system)
        .raw("messages", &array(&messages))
        .copy("stream", stream(root)?)
        .copy("temperature", temperature(root)?)
        .copy("top_p", given(root, "top_p"));
    if let Some(stop) = given(root, "stop") {
        let stop = if stop.kind() == Kind::String {
            format!("[{}]", stop.raw())
        } else {
            stop.raw().into()
        };
        out = out.raw("stop_sequences", &stop);
    }
    if let Some(tools) = list(root, "tools")? {
        out = out.list("tools", &each(tools, "tools", tool)?);
    }
    if let Some(choice) = choice(root)? {
        out = out.raw("tool_choice", &choice);
    }
    let config = Object::new();
    let effort = word(root, "reasoning_effort", EFFORTS)?;
    let config = if let Some(effort) = effort { config.raw("effort", effort) } else { config };
    let format = format(root)?;
    let config = if let Some(it) = &format { config.raw("format", it) } else { config };
    if effort.is_some() || format.is_some() {
        out = out.raw("output_config", &config.done());
    }
    if let Some(user) = text(root, "user")? {
        out = out.raw("metadata", &Object::new().text("user_id", &user).done());
    }
    if let Some(tier) = word(root, "service_tier", TIERS)? {
        out = out.raw("service_tier", tier);
    }
    Ok(out.done())
}

/// A message always tells its usage, and whether a chat does is for who translates its answer.
fn stream(root: Node<'_>) -> Done<Option<Node<'_>>> {
    if let Some(options) = given(root, "stream_options") {
        only(options, "stream_options", &["include_usage", "include_obfuscation"])
            .and_then(|()| neutral(options, "include_obfuscation", &["false"]))
            .map_err(|why| why.within("stream_options"))?;
    }
    flag(root, "stream")?;
    Ok(given(root, "stream"))
}

/// Chats go up to 2, messages to 1.
fn temperature(root: Node<'_>) -> Done<Option<Node<'_>>> {
    let Some(node) = given(root, "temperature") else { return Ok(None) };
    let value = node.lexeme().and_then(|it| it.parse::<f64>().ok());
    if value.is_some_and(|it| (0.0..=1.0).contains(&it)) {
        Ok(Some(node))
    } else {
        Err(Untranslatable::member("temperature"))
    }
}

fn tool(tool: Node<'_>) -> Done<String> {
    only(tool, "tools", &["type", "function"])?;
    if !tool.member("type").is_some_and(|it| it.says("function")) {
        return Err(Untranslatable::member("type"));
    }
    let function = given(tool, "function").ok_or(Unintelligible::Missing("function"))?;
    only(function, "function", &["name", "description", "parameters", "strict"])
        .map_err(|why| why.within("function"))?;
    let schema = given(function, "parameters");
    let schema = schema.map_or(r#"{"type":"object","properties":{}}"#, Node::raw);
    let out = Object::new()
        .text("name", &needed(function, "name")?)
        .copy("description", given(function, "description"))
        .raw("input_schema", schema);
    Ok(out.copy("strict", given(function, "strict")).done())
}

/// What must be called, and whether several tools may be at once.
fn choice(root: Node<'_>) -> Done<Option<String>> {
    let one = flag(root, "parallel_tool_calls")? == Some(false);
    let (kind, name) = match given(root, "tool_choice") {
        None if one && given(root, "tools").is_some() => ("auto", None),
        None => return Ok(None),
        Some(choice) if choice.says("none") => {
            return Ok(Some(r#"{"type":"none"}"#.to_owned()));
        }
        Some(choice) if choice.says("auto") => ("auto", None),
        Some(choice) if choice.says("required") => ("any", None),
        Some(choice) => {
            let named = given(choice, "function")
                .filter(|_| choice.member("type").is_some_and(|it| it.says("function")))
                .ok_or_else(|| Untranslatable::member("tool_choice"))?;
            ("tool", Some(needed(named, "name")?))
        }
    };
    let mut out = Object::new().text("type", kind);
    if let Some(name) = name {
        out = out.text("name", &name);
    }
    let out = if one { out.raw("disable_parallel_tool_use", "true") } else { out };
    Ok(Some(out.done()))
}

/// Only a schema that must be kept to has a counterpart; its name is nothing but a label.
fn format(root: Node<'_>) -> Done<Option<String>> {
    let Some(format) = given(root, "response_format") else { return Ok(None) };
    let kind = format.member("type");
    if kind.is_some_and(|it| it.says("text")) {
        return Ok(None);
    }
    let schema = given(format, "json_schema")
        .filter(|_| kind.is_some_and(|it| it.says("json_schema")))
        .ok_or_else(|| Untranslatable::member("response_format"))?;
    let place = "response_format.json_schema";
    only(schema, "json_schema", &["name", "strict", "schema"]).map_err(|why| why.within(place))?;
    if flag(schema, "strict")? != Some(true) {
        return Err(Untranslatable::member("strict").within(place));
    }
    let body = given(schema, "schema").ok_or(Unintelligible::Missing("schema"))?;
    Ok(Some(Object::new().text("type", "json_schema").raw("schema", body.raw()).done()))
}

/// The system's texts, which stand apart, and the messages.
fn messages(root: Node<'_>) -> Done<(Vec<String>, Vec<String>)> {
    let list = list(root, "messages")?.ok_or(Unintelligible::Missing("messages"))?;
    let mut turns = Turns::default();
    each(list, "messages", |message| turns.message(message))?;
    turns.flush();
    Ok((turns.system, turns.messages))
}

#[derive(Default)]
struct Turns {
    system: Vec<String>,
    messages: Vec<String>,
    /// Results of tools, which must stand together in one message of the user's.
    results: Vec<String>,
}

impl Turns {
    fn message(&mut self, message: Node<'_>) -> Done<()> {
        let role = needed(message, "role")?;
        match &*role {
            "tool" => {
                self.results.push(result(message)?);
                return Ok(());
            }
            "system" | "developer" if self.messages.is_empty() && self.results.is_empty() => {
                only(message, "messages", &["role", "content"])?;
                self.system.extend(content(message, false)?);
                return Ok(());
            }
            // What the system says later has no place in a message.
            _ => self.flush(),
        }
        let blocks = match &*role {
            "user" => {
                only(message, "messages", &["role", "content"])?;
                content(message, true)?
            }
            "assistant" => {
                only(message, "messages", &["role", "content", "tool_calls"])?;
                let mut blocks = content(message, false)?;
                if let Some(calls) = list(message, "tool_calls")? {
                    blocks.extend(each(calls, "tool_calls", call)?);
                }
                blocks
            }
            _ => return Err(Untranslatable::member("role")),
        };
        self.turn(&role, &blocks);
        Ok(())
    }

    fn flush(&mut self) {
        let results = std::mem::take(&mut self.results);
        if !results.is_empty() {
            self.turn("user", &results);
        }
    }

    fn turn(&mut self, role: &str, blocks: &[String]) {
        let turn = Object::new().text("role", role).raw("content", &array(blocks));
        self.messages.push(turn.done());
    }
}

/// The blocks of a content. An empty text is none: messages have no empty ones.
fn content(message: Node<'_>, may_show: bool) -> Done<Vec<String>> {
    let Some(content) = given(message, "content") else { return Ok(Vec::new()) };
    match content.kind() {
        Kind::String if content.raw() == r#""""# => Ok(Vec::new()),
        Kind::String => {
            Ok(vec![Object::new().text("type", "text").raw("text", content.raw()).done()])
        }
        Kind::Array => {
            let blocks = each(content, "content", |it| part(it, may_show))?;
            Ok(blocks.into_iter().flatten().collect())
        }
        Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
            Err(Unintelligible::IllTyped("content").into())
        }
    }
}

fn part(part: Node<'_>, may_show: bool) -> Done<Option<String>> {
    let kind = needed(part, "type")?;
    let out = match &*kind {
        "text" => {
            only(part, "content", &["type", "text", "prompt_cache_breakpoint"])?;
            if needed(part, "text")?.is_empty() {
                return Ok(None);
            }
            Object::new().text("type", "text").copy("text", part.member("text"))
        }
        "image_url" if may_show => {
            only(part, "content", &["type", "image_url", "prompt_cache_breakpoint"])?;
            Object::new().text("type", "image").raw("source", &image(part)?)
        }
        "file" if may_show => {
            only(part, "content", &["type", "file", "prompt_cache_breakpoint"])?;
            file(part).map_err(|why| why.within("file"))?
        }
        _ => return Err(Untranslatable::member("type")),
    };
    Ok(Some(cached(part, out)?.done()))
}

/// Both dialects mark the end of what is worth caching; how long it is kept they count differently.
fn cached(part: Node<'_>, out: Object) -> Done<Object> {
    let Some(mark) = given(part, "prompt_cache_breakpoint") else { return Ok(out) };
    only(mark, "prompt_cache_breakpoint", &["mode"])
        .map_err(|why| why.within("prompt_cache_breakpoint"))?;
    Ok(out.raw("cache_control", r#"{"type":"ephemeral"}"#))
}

fn image(part: Node<'_>) -> Done<String> {
    let image = given(part, "image_url").ok_or(Unintelligible::Missing("image_url"))?;
    only(image, "image_url", &["url", "detail"])
        .and_then(|()| neutral(image, "detail", &[r#""auto""#]))
        .map_err(|why| why.within("image_url"))?;
    source(&needed(image, "url")?).ok_or_else(|| Untranslatable::member("url").within("image_url"))
}

/// Where a block has its data from.
fn source(url: &str) -> Option<String> {
    if let Some((kind, data)) = data_url(url) {
        let out = Object::new().text("type", "base64").text("media_type", kind);
        return Some(out.text("data", data).done());
    }
    let is_remote = url.starts_with("https://") || url.starts_with("http://");
    is_remote.then(|| Object::new().text("type", "url").text("url", url).done())
}

fn file(part: Node<'_>) -> Done<Object> {
    let file = given(part, "file").ok_or(Unintelligible::Missing("file"))?;
    only(file, "file", &["file_data", "filename"])?;
    let data = needed(file, "file_data")?;
    match data_url(&data) {
        Some(("application/pdf", _)) => {}
        Some(_) | None => return Err(Untranslatable::member("file_data")),
    }
    let source = source(&data).ok_or_else(|| Untranslatable::member("file_data"))?;
    let out = Object::new().text("type", "document").raw("source", &source);
    Ok(out.copy("title", given(file, "filename")))
}

/// A call that the model made. Its arguments are a text that must say an object.
fn call(call: Node<'_>) -> Done<String> {
    only(call, "tool_calls", &["id", "type", "function"])?;
    neutral(call, "type", &[r#""function""#])?;
    let function = given(call, "function").ok_or_else(|| Untranslatable::member("type"))?;
    only(function, "function", &["name", "arguments"]).map_err(|why| why.within("function"))?;
    let arguments = needed(function, "arguments")?;
    let input = input(&arguments).ok_or_else(|| Untranslatable::member("function.arguments"))?;
    let out = Object::new().text("type", "tool_use").text("id", &needed(call, "id")?);
    Ok(out.text("name", &needed(function, "name")?).raw("input", &input).done())
}

/// The object that the arguments of a call say; none are an empty one.
pub(super) fn input(arguments: &str) -> Option<String> {
    if arguments.trim().is_empty() {
        return Some("{}".to_owned());
    }
    let document = Document::parse(arguments.as_bytes(), Limits::default()).ok()?;
    document.root().is_object().then(|| document.root().raw().to_owned())
}

/// What a tool answered.
fn result(message: Node<'_>) -> Done<String> {
    only(message, "messages", &["role", "content", "tool_call_id"])?;
    let out = Object::new()
        .text("type", "tool_result")
        .text("tool_use_id", &needed(message, "tool_call_id")?);
    let content = match given(message, "content") {
        Some(text) if text.kind() == Kind::String => quote(&needed(message, "content")?),
        _ => array(&content(message, false)?),
    };
    Ok(out.raw("content", &content).done())
}
