//! Interpret: what can be asked at all.

/// What a call does. Closed: a new action makes the compiler list every place that must think.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Action {
    /// Open a session with a server.
    Connect,
    /// List the tools of a server.
    ListTools,
    /// List the resources of a server.
    ListResources,
    /// List the resource templates of a server.
    ListTemplates,
    /// List the prompts of a server.
    ListPrompts,
    /// Call a tool.
    InvokeTool,
    /// Read a resource.
    ReadResource,
    /// Be told when a resource changes, or no longer.
    Subscribe,
    /// Get a prompt.
    GetPrompt,
    /// Complete an argument of a prompt or template.
    CompleteArgument,
    /// Set how much a server logs.
    SetLogLevel,
    /// See if the other side is there.
    Ping,
    /// Send a notification.
    Notify,
    /// End a session.
    Disconnect,
    /// A server asks the client's model for a completion.
    Sample,
    /// A server asks the person something.
    Elicit,
    /// A server asks which folders the client works in.
    ListRoots,
    /// Have a model write on: chats, responses, messages.
    Complete,
    /// Have a model turn text into numbers.
    Embed,
    /// List the models of a provider.
    ListModels,
    /// Have a provider keep something: a file, a batch, a container, a job.
    CreateState,
    /// Read or list what a provider keeps for the caller.
    ReadState,
    /// Have a provider delete or stop what it keeps for the caller.
    DeleteState,
    /// A method that this build does not know.
    Other,
}

impl Action {
    /// Whether it has a model work, which costs.
    pub const fn asks_model(self) -> bool {
        matches!(self, Self::Complete | Self::Embed)
    }

    /// Whether it is about what a provider keeps for its caller.
    pub const fn uses_state(self) -> bool {
        matches!(self, Self::CreateState | Self::ReadState | Self::DeleteState)
    }

    /// The word for it in policies, records and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::ListTools => "list_tools",
            Self::ListResources => "list_resources",
            Self::ListTemplates => "list_templates",
            Self::ListPrompts => "list_prompts",
            Self::InvokeTool => "invoke_tool",
            Self::ReadResource => "read_resource",
            Self::Subscribe => "subscribe",
            Self::GetPrompt => "get_prompt",
            Self::CompleteArgument => "complete_argument",
            Self::SetLogLevel => "set_log_level",
            Self::Ping => "ping",
            Self::Notify => "notify",
            Self::Disconnect => "disconnect",
            Self::Sample => "sample",
            Self::Elicit => "elicit",
            Self::ListRoots => "list_roots",
            Self::Complete => "complete",
            Self::Embed => "embed",
            Self::ListModels => "list_models",
            Self::CreateState => "create_state",
            Self::ReadState => "read_state",
            Self::DeleteState => "delete_state",
            Self::Other => "other",
        }
    }

    /// Every action, in the order of the enum.
    pub const ALL: [Self; 24] = [
        Self::Connect,
        Self::ListTools,
        Self::ListResources,
        Self::ListTemplates,
        Self::ListPrompts,
        Self::InvokeTool,
        Self::ReadResource,
        Self::Subscribe,
        Self::GetPrompt,
        Self::CompleteArgument,
        Self::SetLogLevel,
        Self::Ping,
        Self::Notify,
        Self::Disconnect,
        Self::Sample,
        Self::Elicit,
        Self::ListRoots,
        Self::Complete,
        Self::Embed,
        Self::ListModels,
        Self::CreateState,
        Self::ReadState,
        Self::DeleteState,
        Self::Other,
    ];

    /// The action that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }

    /// Whether it only keeps a session going: connecting, listing, pinging and the like. What a
    /// list shows is decided for each entry besides.
    pub const fn is_session(self) -> bool {
        match self {
            Self::Connect
            | Self::ListTools
            | Self::ListResources
            | Self::ListTemplates
            | Self::ListPrompts
            | Self::SetLogLevel
            | Self::Ping
            | Self::Notify
            | Self::Disconnect
            | Self::ListModels => true,
            Self::InvokeTool
            | Self::ReadResource
            | Self::Subscribe
            | Self::GetPrompt
            | Self::CompleteArgument
            | Self::Sample
            | Self::Elicit
            | Self::ListRoots
            | Self::Complete
            | Self::Embed
            | Self::CreateState
            | Self::ReadState
            | Self::DeleteState
            | Self::Other => false,
        }
    }
}
