//! Resources: what an action is done to, and what its arguments name.

use crate::names::ServerId;

/// What an action is done to.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub enum Resource {
    /// A server as a whole.
    Server(ServerId),
    /// A tool of a server.
    Tool {
        /// The server that offers it.
        server: ServerId,
        /// Its name there.
        name: Box<str>,
    },
    /// A prompt of a server.
    Prompt {
        /// The server that offers it.
        server: ServerId,
        /// Its name there.
        name: Box<str>,
    },
    /// A resource of a server.
    Document {
        /// The server that offers it.
        server: ServerId,
        /// Its URI.
        uri: Box<str>,
    },
    /// A resource template of a server.
    Template {
        /// The server that offers it.
        server: ServerId,
        /// The URI template.
        uri: Box<str>,
    },
    /// A model of a provider.
    Model {
        /// The provider that serves it.
        server: ServerId,
        /// Its name there.
        name: Box<str>,
    },
    /// What a provider keeps for its callers, of one kind.
    State {
        /// The provider that keeps it.
        server: ServerId,
        /// The kind: `files`, `batches`.
        name: Box<str>,
    },
    /// The client of a person, of which a server asks something.
    Client {
        /// The server that asks.
        server: ServerId,
    },
    /// A method that this build does not know.
    Method {
        /// The server that it is sent to.
        server: ServerId,
        /// The method's name.
        name: Box<str>,
    },
}

impl Resource {
    /// The server that it belongs to.
    pub const fn server(&self) -> &ServerId {
        match self {
            Self::Server(server)
            | Self::Tool { server, .. }
            | Self::Prompt { server, .. }
            | Self::Document { server, .. }
            | Self::Template { server, .. }
            | Self::Model { server, .. }
            | Self::State { server, .. }
            | Self::Client { server }
            | Self::Method { server, .. } => server,
        }
    }

    /// The type's name in policies and records.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Server(_) => "Server",
            Self::Tool { .. } => "Tool",
            Self::Prompt { .. } => "Prompt",
            Self::Document { .. } => "Document",
            Self::Template { .. } => "Template",
            Self::Model { .. } => "Model",
            Self::State { .. } => "State",
            Self::Client { .. } => "Client",
            Self::Method { .. } => "Method",
        }
    }

    /// The name within its server; empty for the server itself and for a client.
    pub fn name(&self) -> &str {
        match self {
            Self::Server(_) | Self::Client { .. } => "",
            Self::Tool { name, .. }
            | Self::Prompt { name, .. }
            | Self::Model { name, .. }
            | Self::State { name, .. }
            | Self::Method { name, .. } => name,
            Self::Document { uri, .. } | Self::Template { uri, .. } => uri,
        }
    }
}

/// A thing that an argument names, such as `Customer::"c_42"`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct NamedResource {
    /// The argument that names it.
    pub argument: Box<str>,
    /// Its type, as the contract says.
    pub kind: Box<str>,
    /// Its id, as the argument gives it.
    pub id: Box<str>,
}
