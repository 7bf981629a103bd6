//! `contracts/<server>.toml`: the format, and what is wrong with a text that is not of it.

use std::collections::BTreeMap;
use std::ops::Range;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::binding::COLLECTION;
use crate::canary::{self, Canary};
use crate::cell::{Cell, Date};
use crate::definition::Definition;
use crate::effect::{EffectWord, Recipient, Trust};
use crate::exception::Exception;
use crate::standing::Standing;

/// `contracts/<server>.toml`.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Contract {
    /// The server that it is about.
    pub server: String,
    /// Who made it, who answers for it, what it may reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Standing>,
    /// What is known of each tool, by name.
    #[serde(default)]
    pub tools: BTreeMap<String, Tool>,
}

/// What is known of one tool.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Tool {
    /// What it does to the world. What nobody verified counts as the worst.
    pub effect: Cell<EffectWord>,
    /// Which argument names what: argument to type, such as `customer_id = "Customer"`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, String>,
    /// Which values of its answer name what: a path such as `/customers/*/id`, to a type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub results: BTreeMap<String, String>,
    /// The types of which it touches every member, such as `["Customer"]` for a search.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub collections: Vec<String>,
    /// Which argument holds whom it sends to.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub recipients: BTreeMap<String, Cell<Recipient>>,
    /// The classes of data that it is given: `personal`, `financial`, `health`, `secret`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_in: Option<Cell<Vec<String>>>,
    /// The classes of data that come back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_out: Option<Cell<Vec<String>>>,
    /// How far what comes back is trusted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trust: Option<Cell<Trust>>,
    /// Who answers for it, where that is not who answers for its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Cell<String>>,
    /// Whom to call at night, where that is not who is called for its server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_call: Option<Cell<String>>,
    /// The system that is changed or read in the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system: Option<Cell<String>>,
    /// Where that system's own audit log is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audit_log: Option<Cell<String>>,
    /// The credential that it uses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<Cell<String>>,
    /// What else that credential reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reaches: Option<Cell<Vec<String>>>,
    /// How a call is undone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undo: Option<Cell<Undo>>,
    /// The worst that one call can do, and an hour of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worst_case: Option<Cell<String>>,
    /// Who tells those whom it harmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tells_customers: Option<Cell<String>>,
    /// What its arguments may say, beyond its own schema.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, Argument>,
    /// The narrower tools as which it is shown instead of itself, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub views: BTreeMap<String, Viewed>,
    /// Calls that the gateway makes now and then, of which the answer is known, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub canaries: BTreeMap<String, Canary>,
}

/// How a call is undone.
#[derive(Clone, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// In words.
    pub how: String,
    /// The tool that does it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<String>,
    /// For how long after the call: `30m`, `24h`, `30d`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<String>,
    /// Who must agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<String>,
    /// When it was last tried.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tested: Option<Date>,
}

/// One of the narrower tools as which a tool is shown.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Viewed {
    /// What it does to the world; where that is left out, what the tool does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<Cell<EffectWord>>,
    /// What models are told that it does, instead of what the server tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What its arguments may say, beyond what the tool's may.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: BTreeMap<String, Argument>,
}

/// What one argument may say, beyond its own schema.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(default, deny_unknown_fields)]
pub struct Argument {
    /// It is always this; models neither see nor give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fixed: Option<serde_json::Value>,
    /// Models neither see nor give it, and it is not sent.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// It is always what is known of the caller; models neither see nor give it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<Bound>,
    /// One of these.
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<serde_json::Value>>,
    /// At least this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minimum: Option<serde_json::Number>,
    /// At most this.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub maximum: Option<serde_json::Number>,
    /// At most so many characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_length: Option<u64>,
    /// A regular expression that the whole text must match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What it means, where it is more than a text or a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<Meaning>,
}

/// What is known of the caller, and goes into an argument.
#[derive(Clone, Copy, Debug, Deserialize, Eq, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// The tenant's name.
    Tenant,
    /// The person's name.
    Person,
    /// The agent's name.
    Agent,
}

/// What an argument means.
#[derive(Clone, Debug, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "a", deny_unknown_fields)]
pub enum Meaning {
    /// One statement of SQL.
    Sql {
        /// Whose SQL: `postgresql`, `sqlite`, `mysql`.
        dialect: String,
        /// What it may be: `select`, `insert`, `update`, `delete`. Left out: `select`.
        #[serde(default)]
        statements: Vec<String>,
        /// The tables that it may touch, as `table` or `schema.table`. Left out: none.
        #[serde(default)]
        tables: Vec<String>,
        /// What the rows of a table are, such as `{ customers = "Customer" }`: a statement on it
        /// touches every one.
        #[serde(default)]
        types: BTreeMap<String, String>,
        /// The most rows: the statement must say a limit, and none above this.
        #[serde(default)]
        rows_max: Option<u64>,
    },
    /// A URL, never of a private or local network.
    Url {
        /// `https` where this is left out.
        #[serde(default)]
        schemes: Vec<String>,
        /// The hosts, as `example.com` or `*.example.com`; all where this is left out.
        #[serde(default)]
        hosts: Vec<String>,
    },
    /// A path of a file.
    Path {
        /// The folders within which it must be.
        roots: Vec<String>,
    },
    /// An amount of money.
    Money {
        /// The most, in units of the currency: `"250.00"`.
        cap: String,
        /// The currency: `EUR`.
        currency: String,
        /// The argument that names the currency, where there is one.
        #[serde(default)]
        currency_argument: Option<String>,
        /// How many of the argument's units are one of the currency: 100 for cents.
        #[serde(default)]
        units: Option<u32>,
    },
    /// Addresses of e-mail, one or a list.
    Email {
        /// The domains; all where this is left out.
        #[serde(default)]
        domains: Vec<String>,
        /// The most addresses in one call.
        #[serde(default)]
        most: Option<u32>,
    },
    /// A text that no shell takes for more than one word.
    NoShell,
}

/// What is wrong with a contract.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{what}")]
pub struct Fault {
    /// The bytes of the text that are wrong, where they are known.
    pub span: Option<Range<usize>>,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Contract {
    /// Read a contract.
    ///
    /// # Errors
    /// The first [`Fault`].
    pub fn read(text: &str) -> Result<Self, Fault> {
        let read: Self = toml::from_str(text).map_err(|problem| Fault {
            span: problem.span(),
            what: problem.message().to_owned(),
        })?;
        let exceptions = read.standing.iter().flat_map(|it| &it.exceptions);
        let mut faults = exceptions.filter_map(Exception::fault);
        let of_tools = || read.tools.iter().find_map(|(name, tool)| tool.fault(name));
        match faults.next().or_else(of_tools) {
            Some(what) => Err(Fault { span: None, what }),
            None => Ok(read),
        }
    }

    /// The contract as a text that [`read`](Self::read) reads.
    ///
    /// # Errors
    /// A [`Fault`] where a value has no form in TOML, such as a JSON `null`.
    pub fn write(&self) -> Result<String, Fault> {
        let failed = |problem: toml::ser::Error| Fault { span: None, what: problem.to_string() };
        toml::to_string(self).map_err(failed)
    }
}

impl Tool {
    /// A tool of which no more is known than its effect.
    pub fn new(effect: Cell<EffectWord>) -> Self {
        Self {
            effect,
            resources: BTreeMap::new(),
            results: BTreeMap::new(),
            collections: Vec::new(),
            recipients: BTreeMap::new(),
            data_in: None,
            data_out: None,
            trust: None,
            owner: None,
            on_call: None,
            system: None,
            audit_log: None,
            credential: None,
            reaches: None,
            undo: None,
            worst_case: None,
            tells_customers: None,
            arguments: BTreeMap::new(),
            views: BTreeMap::new(),
            canaries: BTreeMap::new(),
        }
    }

    /// The types of what its arguments and answers name.
    pub fn types(&self) -> impl Iterator<Item = &str> {
        let types = self.resources.values().chain(self.results.values()).chain(&self.collections);
        let of_all = self.arguments.values().filter_map(|it| it.is.as_ref());
        let of_rows = of_all.flat_map(Meaning::types);
        types.map(String::as_str).chain(of_rows)
    }

    /// An argument of which it speaks and that the tool's definition does not have: misspelt, it
    /// would bind nothing. A definition that takes more than it names may have any.
    pub fn stranger(&self, definition: &Definition) -> Option<&str> {
        if !definition.is_closed() {
            return None;
        }
        let has = |name: &str| definition.properties().any(|(it, _)| it == name);
        let said = self.resources.keys().chain(self.recipients.keys()).chain(self.arguments.keys());
        let of_views = self.views.values().flat_map(|it| it.arguments.keys());
        said.chain(of_views).map(String::as_str).find(|it| !has(it))
    }

    fn fault(&self, name: &str) -> Option<String> {
        if let Some(odd) = self.types().find(|it| !is_type(it)) {
            return Some(format!(
                "tool `{name}`: `{odd}` is no type: resources map an argument to a type such as \
                 \"Customer\""
            ));
        }
        if let Some(path) = self.results.keys().find(|it| !it.starts_with('/')) {
            return Some(format!(
                "tool `{name}`: `{path}` is no path: write it as `/customers/*/id`"
            ));
        }
        let is_read = self.effect.verified() == Some(&EffectWord::Read);
        if let Some(what) = canary::fault(&self.canaries, is_read) {
            return Some(format!("tool `{name}`: {what}"));
        }
        let of_views = self.views.values().flat_map(|it| &it.arguments);
        self.arguments.iter().chain(of_views).find_map(|(argument, said)| {
            let what = said.is.as_ref()?.fault()?;
            Some(format!("tool `{name}`, argument `{argument}`: {what}"))
        })
    }
}

/// Whether a word can be a type in policies.
pub(crate) fn is_type(word: &str) -> bool {
    let mut letters = word.chars();
    // Of this type is what holds all of another.
    word != COLLECTION
        && letters.next().is_some_and(|first| first.is_ascii_uppercase())
        && letters.all(|rest| rest.is_ascii_alphanumeric() || rest == '_')
}

const fn is_false(said: &bool) -> bool {
    !*said
}

/// The JSON Schema of a contract, made from the structs that read it.
pub fn contract_schema() -> serde_json::Value {
    schemars::schema_for!(Contract).to_value()
}
