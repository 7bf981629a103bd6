//! The names that policies may use: entity types, action words and the groups that they are in.

use bailiwick_core::{Action, Effect};
use cedar_policy_core::ast::{EntityType, Name};

/// The type of the entities that stand for the effects of tools. They are the second, computed
/// parent of a tool's action; no policy and no entities file may name them.
pub(super) const CLASS_TYPE: &str = "Bailiwick::Class";

/// The groups that actions are in.
pub(crate) const GROUPS: [&str; 12] = [
    "session",
    "invoke",
    "use_model",
    "use_state",
    "call_tool",
    "read",
    "write",
    "reversible_write",
    "irreversible_write",
    "destructive",
    "outbound",
    "unknown_effect",
];

/// The groups that say what a tool does to the world.
pub(super) const EFFECT_GROUPS: [&str; 8] = [
    "call_tool",
    "read",
    "write",
    "reversible_write",
    "irreversible_write",
    "destructive",
    "outbound",
    "unknown_effect",
];

/// The action of the verb `discover`.
pub(super) const DISCOVER: &str = "discover";

/// The words of the actions that are not tools, in the order of the enum.
pub(crate) const CORE_WORDS: [Action; 23] = [
    Action::Connect,
    Action::ListTools,
    Action::ListResources,
    Action::ListTemplates,
    Action::ListPrompts,
    Action::ReadResource,
    Action::Subscribe,
    Action::GetPrompt,
    Action::CompleteArgument,
    Action::SetLogLevel,
    Action::Ping,
    Action::Notify,
    Action::Disconnect,
    Action::Sample,
    Action::Elicit,
    Action::ListRoots,
    Action::Complete,
    Action::Embed,
    Action::ListModels,
    Action::CreateState,
    Action::ReadState,
    Action::DeleteState,
    Action::Other,
];

/// The groups of an action that is not a tool's.
pub(super) const fn groups_of(action: Action) -> &'static [&'static str] {
    match action {
        Action::Connect
        | Action::ListTools
        | Action::ListResources
        | Action::ListTemplates
        | Action::ListPrompts
        | Action::SetLogLevel
        | Action::Ping
        | Action::Notify
        | Action::Disconnect
        | Action::ListModels => &["session"],
        Action::ReadResource | Action::Subscribe | Action::GetPrompt | Action::CompleteArgument => {
            &["invoke", "read"]
        }
        Action::Sample | Action::Elicit | Action::Other => &["invoke", "write"],
        Action::ListRoots => &["invoke"],
        Action::Complete | Action::Embed => &["invoke", "use_model"],
        Action::ReadState => &["invoke", "use_state", "read"],
        Action::CreateState | Action::DeleteState => &["invoke", "use_state", "write"],
        // A tool has an action of its own; the bare word is nobody's action.
        Action::InvokeTool => &[],
    }
}

/// The groups of a tool's action, by its effect.
pub(super) const fn groups_of_effect(effect: Effect) -> &'static [&'static str] {
    match effect {
        Effect::Read => &["invoke", "call_tool", "read"],
        Effect::ReversibleWrite => &["invoke", "call_tool", "write", "reversible_write"],
        Effect::IrreversibleWrite => &["invoke", "call_tool", "write", "irreversible_write"],
        Effect::Destructive => &["invoke", "call_tool", "write", "destructive"],
        Effect::Outbound => &["invoke", "call_tool", "write", "outbound"],
        Effect::Unknown => &["invoke", "call_tool", "write", "unknown_effect"],
    }
}

/// Whether the word is an action or a group of ours, so that nobody else may define it.
pub(crate) fn is_word(word: &str) -> bool {
    word == DISCOVER || GROUPS.contains(&word) || CORE_WORDS.iter().any(|it| it.as_str() == word)
}

/// The number of each entity type of the model. Types of the operator's follow.
pub(super) mod kind {
    pub(in crate::cedar) const PERSON: u32 = 0;
    pub(in crate::cedar) const AGENT: u32 = 1;
    pub(in crate::cedar) const SYSTEM: u32 = 2;
    pub(in crate::cedar) const SERVER: u32 = 3;
    pub(in crate::cedar) const TOOL: u32 = 4;
    pub(in crate::cedar) const PROMPT: u32 = 5;
    pub(in crate::cedar) const DOCUMENT: u32 = 6;
    pub(in crate::cedar) const TEMPLATE: u32 = 7;
    pub(in crate::cedar) const CLIENT: u32 = 8;
    pub(in crate::cedar) const METHOD: u32 = 9;
    pub(in crate::cedar) const MODEL: u32 = 10;
    pub(in crate::cedar) const STATE: u32 = 11;
    pub(in crate::cedar) const ACTION: u32 = 12;
    pub(in crate::cedar) const CLASS: u32 = 13;
}

/// The entity types of the model.
#[derive(Debug)]
pub(super) struct Types {
    pub(super) person: EntityType,
    pub(super) agent: EntityType,
    pub(super) system: EntityType,
    pub(super) server: EntityType,
    pub(super) tool: EntityType,
    pub(super) prompt: EntityType,
    pub(super) document: EntityType,
    pub(super) template: EntityType,
    pub(super) client: EntityType,
    pub(super) method: EntityType,
    pub(super) model: EntityType,
    pub(super) state: EntityType,
    pub(super) action: EntityType,
    pub(super) class: EntityType,
}

impl Types {
    /// The types; `None` if Cedar no longer took these names, which a test rules out.
    pub(super) fn new() -> Option<Self> {
        let plain = |name: &str| Name::parse_unqualified_name(name).ok().map(EntityType::from);
        Some(Self {
            person: plain("Person")?,
            agent: plain("Agent")?,
            system: plain("System")?,
            server: plain("Server")?,
            tool: plain("Tool")?,
            prompt: plain("Prompt")?,
            document: plain("Document")?,
            template: plain("Template")?,
            client: plain("Client")?,
            method: plain("Method")?,
            model: plain("Model")?,
            state: plain("State")?,
            action: plain("Action")?,
            class: CLASS_TYPE.parse().ok()?,
        })
    }

    /// The types in the order of their numbers.
    pub(super) const fn in_order(&self) -> [&EntityType; 14] {
        [
            &self.person,
            &self.agent,
            &self.system,
            &self.server,
            &self.tool,
            &self.prompt,
            &self.document,
            &self.template,
            &self.client,
            &self.method,
            &self.model,
            &self.state,
            &self.action,
            &self.class,
        ]
    }

    /// Whether entities of this type get a parent that no file writes down.
    pub(super) fn has_computed_parent(&self, kind: &EntityType) -> bool {
        [
            &self.action,
            &self.tool,
            &self.prompt,
            &self.document,
            &self.template,
            &self.client,
            &self.method,
            &self.model,
            &self.state,
        ]
        .contains(&kind)
    }
}
