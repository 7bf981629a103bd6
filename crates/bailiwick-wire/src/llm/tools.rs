//! The tools that a body offers the model, wherever it offers them; and the body without some.

use std::borrow::Cow;

use super::fields::{Read, count, given, list, needed, object, text};
use super::operation::Operation;
use crate::Unintelligible;
use crate::json::{Kind, Node};
use crate::splice::Splice;

/// More are not decided on in one call.
const TOOLS_MAX: usize = 4096;

/// A tool that the model is offered.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct OfferedTool {
    /// What it is called; a tool of a namespace is `namespace.name`. For a remote MCP server its
    /// label; for other tools that have no name of their own, the kind.
    pub name: Box<str>,
    /// Who runs it.
    pub kind: ToolKind,
    /// How often a tool of the provider's may be used at most, where the body says it.
    pub uses_max: Option<u64>,
}

/// Who runs a tool.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum ToolKind {
    /// The client, which is asked to.
    Function,
    /// The provider. The kind is without version, such as `web_search` or `mcp`; what is not known
    /// counts as hosted.
    Hosted(Box<str>),
}

/// One place in which a body offers tools.
struct Shelf<'d> {
    tools: Node<'d>,
    form: Form,
    place: Place<'d>,
}

/// How the tools of a shelf are written.
#[derive(Clone, Copy)]
enum Form {
    /// An array of tools.
    Tools,
    /// An array of functions, as chats had it before there were tools.
    Functions,
    /// An array of remote MCP servers.
    Servers,
    /// An array of what a broker of models adds, such as a search.
    Plugins,
    /// The options of a web search, which are a tool by being there.
    Search,
    /// The same, switched on by a flag.
    Switch,
    /// An array of what Azure looks things up in, by itself and with its own rights: one tool.
    Sources,
}

/// What goes when nothing is left on a shelf.
enum Place<'d> {
    /// A member of the body.
    Member(&'static str),
    /// An element of the input.
    Element(Node<'d>, usize),
}

/// The members of a body that offer tools.
const fn members(operation: Operation) -> &'static [(&'static str, Form)] {
    match operation {
        Operation::Chat => &[
            ("tools", Form::Tools),
            ("functions", Form::Functions),
            ("web_search_options", Form::Search),
            ("search_parameters", Form::Search),
            ("plugins", Form::Plugins),
            ("data_sources", Form::Sources),
            ("dataSources", Form::Sources),
            ("enable_search", Form::Switch),
        ],
        Operation::Responses => &[("tools", Form::Tools)],
        Operation::Messages | Operation::CountTokens => {
            &[("tools", Form::Tools), ("mcp_servers", Form::Servers)]
        }
        Operation::Embeddings => &[],
    }
}

/// The shelves of a body in the order in which their tools are counted: those of its members, then
/// those of the input's items.
fn shelves(operation: Operation, root: Node<'_>) -> Read<Vec<Shelf<'_>>> {
    let mut shelves = Vec::new();
    for (name, form) in members(operation).iter().copied() {
        let Some(tools) = given(root, name) else { continue };
        let kind = match form {
            Form::Tools | Form::Functions | Form::Servers | Form::Plugins | Form::Sources => {
                Kind::Array
            }
            Form::Search => Kind::Object,
            Form::Switch => Kind::Bool,
        };
        if tools.kind() != kind {
            return Err(Unintelligible::IllTyped(name));
        }
        // What is switched off is not there.
        if matches!(form, Form::Switch) && tools.raw() == "false" {
            continue;
        }
        shelves.push(Shelf { tools, form, place: Place::Member(name) });
    }
    if let (Operation::Responses, Some(input)) = (operation, given(root, "input")) {
        for (index, item) in input.elements().enumerate() {
            let kind = item.member("type").and_then(Node::text).unwrap_or_default();
            if !matches!(&*kind, "additional_tools" | "tool_search_output") {
                continue;
            }
            object(item, "input", &["type", "tools"])?;
            if let Some(tools) = list(item, "tools")? {
                let place = Place::Element(input, index);
                shelves.push(Shelf { tools, form: Form::Tools, place });
            }
        }
    }
    Ok(shelves)
}

/// The tools that a body offers.
pub(super) fn offered(operation: Operation, root: Node<'_>) -> Read<Vec<OfferedTool>> {
    let mut offered = Vec::new();
    for shelf in shelves(operation, root)? {
        match shelf.form {
            Form::Tools => collect(operation, shelf.tools, "", &mut offered)?,
            // Models that search in a chat do so once.
            Form::Search | Form::Switch => {
                offered.push(hosted("web_search", None).at_most(Some(1)));
            }
            // It looks once into each.
            Form::Sources => {
                let sources = shelf.tools.elements().count() as u64;
                offered.push(hosted("data_sources", None).at_most(Some(sources)));
            }
            Form::Functions => {
                for function in shelf.tools.elements() {
                    let function = object(function, "functions", &["name"])?;
                    offered.push(run_by_client(needed(function, "name")?));
                }
            }
            Form::Plugins => {
                for plugin in shelf.tools.elements() {
                    let plugin = object(plugin, "plugins", &["id"])?;
                    offered.push(hosted(&needed(plugin, "id")?, None));
                }
            }
            Form::Servers => {
                for server in shelf.tools.elements() {
                    let server = object(server, "mcp_servers", &["name"])?;
                    offered.push(hosted("mcp", Some(needed(server, "name")?)));
                }
            }
        }
        if offered.len() > TOOLS_MAX {
            return Err(Unintelligible::TooMany("tools"));
        }
    }
    Ok(offered)
}

/// The elements that are tools the provider runs: they may name what it keeps.
pub(super) fn hosted_nodes(operation: Operation, root: Node<'_>) -> Read<Vec<Node<'_>>> {
    let shelves = shelves(operation, root)?;
    let tools = shelves.iter().flat_map(|it| it.tools.elements());
    Ok(tools
        .filter(|tool| {
            let kind = tool.member("type").and_then(Node::text);
            kind.is_some_and(|it| !matches!(&*it, "function" | "custom"))
        })
        .collect())
}

const KNOWN: &[&str] =
    &["type", "name", "function", "custom", "tools", "server_label", "mcp_server_name", "max_uses"];

fn collect(
    operation: Operation,
    tools: Node<'_>,
    namespace: &str,
    into: &mut Vec<OfferedTool>,
) -> Read<()> {
    for tool in tools.elements() {
        object(tool, "tools", KNOWN)?;
        if let Some(inner) = namespaced(tool) {
            let name = format!("{namespace}{}.", needed(tool, "name")?);
            collect(operation, inner, &name, into)?;
        } else {
            let mut read = read(operation, tool)?;
            if !namespace.is_empty() {
                read.name = [namespace, &read.name].concat().into();
            }
            into.push(read);
        }
    }
    Ok(())
}

/// The tools of a namespace.
fn namespaced(tool: Node<'_>) -> Option<Node<'_>> {
    tool.member("type").filter(|it| it.says("namespace"))?;
    tool.member("tools").filter(|it| it.kind() == Kind::Array)
}

/// One tool as the operation writes it: a server reads the name where it is looked for here.
fn read(operation: Operation, tool: Node<'_>) -> Read<OfferedTool> {
    let kind = text(tool, "type")?;
    match operation {
        Operation::Chat => match kind.as_deref() {
            None | Some("function") => described(tool, "function"),
            Some("custom") => described(tool, "custom"),
            Some(kind) => Ok(hosted(kind, None)),
        },
        Operation::Responses | Operation::Embeddings => match kind.as_deref() {
            None | Some("function" | "custom") => Ok(run_by_client(needed(tool, "name")?)),
            Some("mcp") => Ok(hosted("mcp", Some(needed(tool, "server_label")?))),
            Some(kind) => Ok(hosted(kind, None)),
        },
        Operation::Messages | Operation::CountTokens => match kind.as_deref() {
            None | Some("custom") => Ok(run_by_client(needed(tool, "name")?)),
            Some("mcp_toolset") => Ok(hosted("mcp", Some(needed(tool, "mcp_server_name")?))),
            Some(kind) => {
                let name = text(tool, "name")?;
                let is_ours = RUN_BY_CLIENT.contains(&family(kind));
                let own = || Cow::Borrowed(family(kind));
                Ok(if is_ours {
                    run_by_client(name.unwrap_or_else(own))
                } else {
                    hosted(kind, name).at_most(count(tool, "max_uses")?)
                })
            }
        },
    }
}

/// Tools that Anthropic describes and the client carries out.
const RUN_BY_CLIENT: [&str; 6] =
    ["bash", "text_editor", "computer", "memory", "computer_toolset", "browser_toolset"];

/// In chats, what describes a tool stands in an object of its own.
fn described(tool: Node<'_>, name: &'static str) -> Read<OfferedTool> {
    let inner = given(tool, name).ok_or(Unintelligible::Missing(name))?;
    Ok(run_by_client(needed(object(inner, name, &["name"])?, "name")?))
}

fn run_by_client(name: Cow<'_, str>) -> OfferedTool {
    OfferedTool { name: name.into(), kind: ToolKind::Function, uses_max: None }
}

impl OfferedTool {
    /// The same, used so often at most, if there is a bound.
    #[must_use]
    pub(super) fn at_most(mut self, uses: Option<u64>) -> Self {
        let bounds = [self.uses_max, uses];
        self.uses_max = bounds.into_iter().flatten().min();
        self
    }
}

fn hosted(kind: &str, name: Option<Cow<'_, str>>) -> OfferedTool {
    let kind = family(kind);
    let name = name.unwrap_or(Cow::Borrowed(kind)).into();
    OfferedTool { name, kind: ToolKind::Hosted(kind.into()), uses_max: None }
}

/// A kind without its version: `web_search` for `web_search_20250305`, for `web_search_preview` and
/// for `web_search_preview_2025_03_11`.
pub(super) fn family(kind: &str) -> &str {
    let is_digit = |at: usize| kind.as_bytes().get(at).is_some_and(u8::is_ascii_digit);
    let dated = |form: &str| {
        let start = kind.len().checked_sub(form.len())?;
        let fits = form.bytes().enumerate().all(|(at, it)| {
            if it == b'_' {
                kind.as_bytes().get(start + at) == Some(&b'_')
            } else {
                is_digit(start + at)
            }
        });
        if fits { kind.get(..start) } else { None }
    };
    let base = dated("_20250305").or_else(|| dated("_2025_03_11")).unwrap_or(kind);
    base.strip_suffix("_preview").filter(|it| !it.is_empty()).unwrap_or(base)
}

/// Take out the tools whose flag in `keep` is not set; flags are those of [`offered`], and what
/// they say nothing about goes.
pub(super) fn cut(
    operation: Operation,
    root: Node<'_>,
    keep: &[bool],
    splice: &mut Splice<'_>,
) -> Read<()> {
    let mut flags = keep.iter().copied();
    for shelf in shelves(operation, root)? {
        let is_left = match shelf.form {
            Form::Search | Form::Switch | Form::Sources => flags.next().unwrap_or(false),
            Form::Tools | Form::Functions | Form::Servers | Form::Plugins => {
                thin(shelf.tools, &mut flags, splice)
            }
        };
        if !is_left {
            match shelf.place {
                Place::Member(name) => splice.remove_member(root, name),
                Place::Element(input, index) => splice.remove_element(input, index),
            };
        }
    }
    Ok(())
}

/// Thin an array out; a namespace of which nothing is left goes, too. Whether any tool is left.
fn thin(array: Node<'_>, flags: &mut impl Iterator<Item = bool>, splice: &mut Splice<'_>) -> bool {
    let kept: Vec<bool> = array
        .elements()
        .map(|tool| match namespaced(tool) {
            Some(inner) => thin(inner, flags, splice),
            None => flags.next().unwrap_or(false),
        })
        .collect();
    if kept.contains(&false) {
        splice.remove_elements(array, &kept);
    }
    kept.contains(&true)
}
