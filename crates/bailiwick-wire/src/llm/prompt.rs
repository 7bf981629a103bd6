//! The content items of a prompt, in the order in which the model reads them.

use super::content::content;
use super::fields::{Read, given, inner, list, needed, object, text};
use super::item::{ItemKind, Items, Role};
use super::operation::Operation;
use super::state;
use crate::Unintelligible;
use crate::json::{Kind, Node};

/// What a prompt holds.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    pub(super) items: Items,
    /// How many messages, items or texts the body lists.
    pub(super) messages: u64,
    pub(super) state: Vec<Box<str>>,
}

/// Read the prompt of a body.
pub(super) fn read(operation: Operation, root: Node<'_>) -> Read<Prompt> {
    let mut prompt = Prompt::default();
    match operation {
        Operation::Chat => {
            for message in messages(root)? {
                prompt.chat(message)?;
            }
            // What the answer is expected to be is read and charged for, too.
            if let Some(it) = inner(root, "prediction")?.and_then(|it| given(it, "content")) {
                content(&mut prompt.items, Role::Assistant, ItemKind::Text, it)?;
            }
        }
        Operation::Messages | Operation::CountTokens => {
            if let Some(system) = given(root, "system") {
                prompt.system(system)?;
            }
            for message in messages(root)? {
                prompt.message(message)?;
            }
        }
        Operation::Responses => prompt.responses(root)?,
        Operation::Embeddings => prompt.embeddings(root)?,
    }
    Ok(prompt)
}

/// The messages of a body that must have some.
fn messages(root: Node<'_>) -> Read<impl Iterator<Item = Node<'_>>> {
    Ok(list(root, "messages")?.ok_or(Unintelligible::Missing("messages"))?.elements())
}

fn role(message: Node<'_>) -> Read<Role> {
    match &*needed(message, "role")? {
        "system" | "developer" => Ok(Role::System),
        "user" => Ok(Role::User),
        "assistant" => Ok(Role::Assistant),
        "tool" | "function" => Ok(Role::Tool),
        _ => Err(Unintelligible::IllTyped("role")),
    }
}

const fn kind_of(role: Role) -> ItemKind {
    match role {
        Role::Tool => ItemKind::ToolResult,
        Role::System | Role::User | Role::Assistant => ItemKind::Text,
    }
}

impl Prompt {
    fn system(&mut self, system: Node<'_>) -> Read<()> {
        content(&mut self.items, Role::System, ItemKind::Text, system)
    }

    /// A message of a chat.
    fn chat(&mut self, message: Node<'_>) -> Read<()> {
        const KNOWN: &[&str] = &["role", "content", "tool_calls", "function_call", "audio"];
        object(message, "messages", KNOWN)?;
        self.messages += 1;
        let role = role(message)?;
        if let Some(it) = given(message, "content") {
            content(&mut self.items, role, kind_of(role), it)?;
        }
        for member in ["reasoning_content", "refusal"] {
            if let Some(text) = text(message, member)? {
                self.items.text(role, ItemKind::Text, &text);
            }
        }
        for call in list(message, "tool_calls")?.into_iter().flat_map(Node::elements) {
            self.call(role, call.member("function").or_else(|| call.member("custom")));
        }
        if given(message, "function_call").is_some() {
            self.call(role, message.member("function_call"));
        }
        if let Some(id) = given(message, "audio").and_then(|it| it.member("id")) {
            state::push(id, &mut self.state);
        }
        state::within(message, &mut self.state)
    }

    /// What a call that the model made says.
    fn call(&mut self, role: Role, call: Option<Node<'_>>) {
        let said = call.and_then(|it| it.member("arguments").or_else(|| it.member("input")));
        match (said.and_then(Node::text), call) {
            (Some(text), _) => self.items.call(role, &text),
            (None, Some(call)) => self.items.call(role, call.raw()),
            (None, None) => {}
        }
    }

    /// A message of Anthropic's.
    fn message(&mut self, message: Node<'_>) -> Read<()> {
        object(message, "messages", &["role", "content"])?;
        self.messages += 1;
        let role = role(message)?;
        match given(message, "content") {
            Some(said) => content(&mut self.items, role, kind_of(role), said)?,
            // What the system says in between may be settings alone.
            None if role == Role::System => {}
            None => return Err(Unintelligible::Missing("content")),
        }
        state::within(message, &mut self.state)
    }

    fn responses(&mut self, root: Node<'_>) -> Read<()> {
        if let Some(text) = text(root, "instructions")? {
            self.items.text(Role::System, ItemKind::Text, &text);
        }
        let Some(input) = given(root, "input") else { return Ok(()) };
        match input.kind() {
            Kind::String => {
                self.messages = 1;
                content(&mut self.items, Role::User, ItemKind::Text, input)
            }
            Kind::Array => input.elements().try_for_each(|it| self.input(it)),
            Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
                Err(Unintelligible::IllTyped("input"))
            }
        }
    }

    /// An item of the input of a response.
    fn input(&mut self, item: Node<'_>) -> Read<()> {
        const KNOWN: &[&str] = &["type", "role", "content", "output", "id", "tools"];
        object(item, "input", KNOWN)?;
        self.messages += 1;
        let kind = text(item, "type")?;
        state::within(item, &mut self.state)?;
        state::of_item(item, kind.as_deref(), &mut self.state);
        match kind.as_deref() {
            None if item.member("role").is_none() => self.reference(item),
            None | Some("message") => {
                let role = role(item)?;
                let said = given(item, "content").ok_or(Unintelligible::Missing("content"))?;
                content(&mut self.items, role, kind_of(role), said)
            }
            Some("item_reference") => self.reference(item),
            Some("reasoning") => {
                for member in ["summary", "content"] {
                    if let Some(said) = list(item, member)? {
                        content(&mut self.items, Role::Assistant, ItemKind::Text, said)?;
                    }
                }
                Ok(())
            }
            Some("additional_tools" | "tool_search_output" | "configuration_update") => Ok(()),
            Some(kind) if kind.ends_with("_output") => self.output(item),
            Some("function_call" | "custom_tool_call" | "mcp_call") => {
                self.call(Role::Assistant, Some(item));
                self.output(item)
            }
            Some(_) => {
                self.items.call(Role::Assistant, item.raw());
                Ok(())
            }
        }
    }

    /// An item that the provider keeps.
    fn reference(&mut self, item: Node<'_>) -> Read<()> {
        self.state.push(needed(item, "id")?.into());
        Ok(())
    }

    /// What a tool answered.
    fn output(&mut self, item: Node<'_>) -> Read<()> {
        let output = given(item, "output").or_else(|| given(item, "result"));
        let Some(output) = output else { return Ok(()) };
        match output.kind() {
            // The outputs of a shell are no parts.
            Kind::Array if output.elements().any(|it| it.member("type").is_none()) => {
                self.items.raw(Role::Tool, ItemKind::ToolResult, output);
                Ok(())
            }
            Kind::Array | Kind::String => {
                content(&mut self.items, Role::Tool, ItemKind::ToolResult, output)
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
                self.items.raw(Role::Tool, ItemKind::ToolResult, output);
                Ok(())
            }
        }
    }

    fn embeddings(&mut self, root: Node<'_>) -> Read<()> {
        let input = given(root, "input").ok_or(Unintelligible::Missing("input"))?;
        let (items, role, kind) = (&mut self.items, Role::User, ItemKind::Text);
        match input.kind() {
            Kind::String => {
                self.messages = 1;
                content(items, role, kind, input)
            }
            // One text in tokens.
            Kind::Array if input.elements().next().is_some_and(|it| it.lexeme().is_some()) => {
                self.messages = 1;
                items.raw(role, kind, input);
                Ok(())
            }
            Kind::Array => {
                for it in input.elements() {
                    self.messages += 1;
                    match it.text() {
                        Some(text) => items.text(role, kind, &text),
                        None => items.raw(role, kind, it),
                    }
                }
                Ok(())
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::Object => {
                Err(Unintelligible::IllTyped("input"))
            }
        }
    }
}
