//! Contracts: what the operator knows of each tool. Read from `contracts/<server>.toml`.
//!
//! A tool that no contract names has the effect `unknown`, which policy and durability treat as
//! the worst. A server's own annotations are never read here.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use bailiwick_core::{Effect, NamedResource, ServerId, Value};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::{self, ConfigError};

/// How many things the arguments of one call may name.
const NAMED_MAX: usize = 256;

/// `contracts/<server>.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The server that it is about.
    pub server: String,
    /// What is known of each tool, by name.
    #[serde(default)]
    pub tools: BTreeMap<String, Tool>,
}

/// What is known of one tool.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// What it does to the world.
    pub effect: EffectWord,
    /// Which argument names what: argument to type, such as `customer_id = "Customer"`.
    #[serde(default)]
    pub resources: BTreeMap<String, String>,
}

/// What a tool does to the world.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EffectWord {
    /// It changes nothing.
    Read,
    /// It can be undone.
    ReversibleWrite,
    /// It cannot be undone.
    IrreversibleWrite,
    /// It destroys something.
    Destructive,
    /// It sends something to somebody.
    Outbound,
}

impl From<EffectWord> for Effect {
    fn from(word: EffectWord) -> Self {
        match word {
            EffectWord::Read => Self::Read,
            EffectWord::ReversibleWrite => Self::ReversibleWrite,
            EffectWord::IrreversibleWrite => Self::IrreversibleWrite,
            EffectWord::Destructive => Self::Destructive,
            EffectWord::Outbound => Self::Outbound,
        }
    }
}

/// The JSON Schema of a contract, made from the structs that read it.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Contract).to_value()
}

/// All contracts that were read.
#[derive(Clone, Debug, Default)]
pub struct Contracts {
    by_server: HashMap<ServerId, BTreeMap<String, Tool>>,
}

impl Contracts {
    /// Read every `*.toml` of a folder. A folder that is not there holds none; one that cannot be
    /// read is a fault, since contracts that are gone would take what policies read with them.
    ///
    /// # Errors
    /// Every [`ConfigError`] that was found.
    pub fn read(folder: &Path) -> Result<Self, Vec<ConfigError>> {
        let mut contracts = Self::default();
        let mut errors = Vec::new();
        let files = crate::disk::files(folder, "toml").or_else(|problem| {
            if problem.kind() == std::io::ErrorKind::NotFound {
                Ok(Vec::new())
            } else {
                Err(problem)
            }
        });
        let files = files.map_err(|problem| {
            let what = format!("cannot be read: {problem}");
            vec![ConfigError { file: folder.to_owned(), at: None, what }]
        })?;
        for file in files {
            let error = |at, what: String| ConfigError { file: file.clone(), at, what };
            let read = std::fs::read_to_string(&file)
                .map_err(|problem| error(None, format!("cannot be read: {problem}")))
                .and_then(|text| {
                    toml::from_str::<Contract>(&text).map_err(|problem| {
                        let at = problem.span().map(|span| config::place(&text, span.start));
                        error(at, problem.message().to_owned())
                    })
                });
            match read {
                Ok(contract) if contract.resources_are_types() => {
                    let server = ServerId::from(contract.server.as_str());
                    if contracts.by_server.insert(server, contract.tools).is_some() {
                        let what = format!("another contract is about `{}`, too", contract.server);
                        errors.push(error(None, what));
                    }
                }
                Ok(_) => errors.push(error(
                    None,
                    "resources must map an argument to a type such as \"Customer\"".to_owned(),
                )),
                Err(problem) => errors.push(problem),
            }
        }
        if errors.is_empty() { Ok(contracts) } else { Err(errors) }
    }

    /// What a tool does to the world.
    pub fn effect(&self, server: &ServerId, tool: &str) -> Effect {
        self.tool(server, tool).map_or(Effect::Unknown, |it| it.effect.into())
    }

    /// The things that the arguments of a call of this tool name. A list names several, a number
    /// is named as it is written. `None` when an argument that should name something does not, or
    /// names too much: then nobody can say what the call touches.
    pub fn named(
        &self,
        server: &ServerId,
        tool: &str,
        arguments: &Value,
    ) -> Option<Vec<NamedResource>> {
        let Some(tool) = self.tool(server, tool) else { return Some(Vec::new()) };
        let mut named = Vec::new();
        for (argument, kind) in &tool.resources {
            // A server that ignores case would take another argument for this one.
            if let Value::Record(members) = arguments {
                let alike = |it: &str| it != argument && it.eq_ignore_ascii_case(argument);
                if members.iter().any(|(name, _)| alike(name)) {
                    return None;
                }
            }
            let Some(value) = arguments.member(argument) else { continue };
            let ids = if let Value::List(items) = value {
                items.as_slice()
            } else {
                std::slice::from_ref(value)
            };
            for id in ids {
                let id = match id {
                    Value::Text(text) => text.clone(),
                    Value::Number(number) => match number.as_i64() {
                        Some(whole) => whole.to_string().into(),
                        None => number.lexeme().into(),
                    },
                    Value::Null | Value::Bool(_) | Value::List(_) | Value::Record(_) => {
                        return None;
                    }
                };
                let (argument, kind) = (argument.as_str().into(), kind.as_str().into());
                named.push(NamedResource { argument, kind, id });
            }
        }
        (named.len() <= NAMED_MAX).then_some(named)
    }

    /// The servers that there are contracts for.
    pub fn servers(&self) -> impl Iterator<Item = &str> {
        self.by_server.keys().map(ServerId::as_str)
    }

    /// The types of what arguments name.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        let tools = self.by_server.values().flat_map(BTreeMap::values);
        tools.flat_map(|it| it.resources.values().map(String::as_str))
    }

    fn tool(&self, server: &ServerId, tool: &str) -> Option<&Tool> {
        self.by_server.get(server)?.get(tool)
    }
}

impl Contract {
    fn resources_are_types(&self) -> bool {
        let mut types = self.tools.values().flat_map(|tool| tool.resources.values());
        types.all(|it| {
            let mut letters = it.chars();
            letters.next().is_some_and(|first| first.is_ascii_uppercase())
                && letters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_')
        })
    }
}
