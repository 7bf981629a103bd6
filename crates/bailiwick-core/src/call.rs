//! Interpret: what is asked. The action, what it touches, and the exact bytes that would be sent.

use bytes::Bytes;

use crate::action::Action;
use crate::glimpse::Glimpse;
use crate::identity::Identified;
use crate::model::ModelAsk;
use crate::names::{Digest, ExchangeId, Timestamp};
use crate::resource::{NamedResource, Resource};
use crate::value::Value;

/// What carrying out a call does to the world, as the operator's contract says. A server's own
/// annotations are hints and never set this.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub enum Effect {
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
    /// Nobody has said. Treated as the worst.
    Unknown,
}

impl Effect {
    /// Every effect, mildest first.
    pub const ALL: [Self; 6] = [
        Self::Read,
        Self::ReversibleWrite,
        Self::IrreversibleWrite,
        Self::Destructive,
        Self::Outbound,
        Self::Unknown,
    ];

    /// The word for it in contracts, policies and records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::ReversibleWrite => "reversible_write",
            Self::IrreversibleWrite => "irreversible_write",
            Self::Destructive => "destructive",
            Self::Outbound => "outbound",
            Self::Unknown => "unknown",
        }
    }

    /// The effect that the word names.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == word)
    }
}

/// What interpreting a message gave, before it is tied to a caller.
#[derive(Clone, Debug)]
pub struct Interpreted {
    /// What is asked.
    pub action: Action,
    /// What it touches.
    pub resource: Resource,
    /// The arguments that policy may read.
    pub arguments: Value,
    /// The exact bytes that go upstream when it is permitted.
    pub ask: Bytes,
    /// What it does to the world, as the contract says.
    pub effect: Effect,
    /// The things that its arguments name, as the contract says.
    pub named: Vec<NamedResource>,
    /// Whether the target is known to exist. What does not exist is refused like what is hidden.
    pub exists: bool,
    /// The digest of the tool's definition, where it is known.
    pub pin: Option<Digest>,
    /// The caller's trace id, where it sent one.
    pub trace: Option<Box<str>>,
    /// Of calls of a model: what is special about them.
    pub model: Option<Box<ModelAsk>>,
}

/// One call. Nothing rewrites or copies it: a changed call is a new call, and needs a new decision.
#[derive(Debug)]
pub struct Call(Box<Parts>);

/// On the heap, because a call is handed on at every step of the corridor.
#[derive(Debug)]
struct Parts {
    id: ExchangeId,
    at: Timestamp,
    who: Identified,
    what: Interpreted,
    parent: Option<ExchangeId>,
    keeps: Option<usize>,
    unfit: Option<Box<str>>,
    glimpse: Option<Glimpse>,
}

impl Call {
    /// The call that a known caller makes.
    pub fn new(id: ExchangeId, at: Timestamp, who: Identified, what: Interpreted) -> Self {
        let (parent, keeps, unfit, glimpse) = (None, None, None, None);
        Self(Box::new(Parts { id, at, who, what, parent, keeps, unfit, glimpse }))
    }

    /// The call of what its caller was seen to know of, or not: that is not asked twice.
    #[must_use]
    pub fn glimpsed(mut self, glimpse: Glimpse) -> Self {
        self.0.glimpse = Some(glimpse);
        self
    }

    pub(crate) fn take_glimpse(&mut self) -> Option<Glimpse> {
        self.0.glimpse.take()
    }

    /// The call as a part of another one, which is said when it is made.
    #[must_use]
    pub fn within(mut self, parent: ExchangeId) -> Self {
        self.0.parent = Some(parent);
        self
    }

    /// The call on a route that keeps what is asked and answered, of each at most so many bytes.
    #[must_use]
    pub fn keeping(mut self, bytes_max: usize) -> Self {
        self.0.keeps = Some(bytes_max);
        self
    }

    /// The call, whose arguments do not fit what its target takes: where and by which rule, in
    /// words that hold no value. It is refused, when policy does not refuse it already.
    #[must_use]
    pub fn unfit(mut self, why: Box<str>) -> Self {
        self.0.unfit = Some(why);
        self
    }

    /// Why its arguments do not fit, when they do not.
    pub fn misfit(&self) -> Option<&str> {
        self.0.unfit.as_deref()
    }

    /// How many bytes of what is asked and answered are kept; `None` when nothing is.
    pub fn keeps(&self) -> Option<usize> {
        self.0.keeps
    }

    /// The exchange's id, which is also its decision's.
    pub fn id(&self) -> ExchangeId {
        self.0.id
    }

    /// The exchange of which it is a part: the call during which a server asks, or the first leg of
    /// a call that is made in several.
    pub fn parent(&self) -> Option<ExchangeId> {
        self.0.parent
    }

    /// When it came in.
    pub fn at(&self) -> Timestamp {
        self.0.at
    }

    /// Who makes it.
    pub fn who(&self) -> &Identified {
        &self.0.who
    }

    /// What is asked.
    pub fn action(&self) -> Action {
        self.0.what.action
    }

    /// What it touches.
    pub fn resource(&self) -> &Resource {
        &self.0.what.resource
    }

    /// The arguments that policy may read.
    pub fn arguments(&self) -> &Value {
        &self.0.what.arguments
    }

    /// What it does to the world.
    pub fn effect(&self) -> Effect {
        self.0.what.effect
    }

    /// The things that its arguments name.
    pub fn named(&self) -> &[NamedResource] {
        &self.0.what.named
    }

    /// Whether the target is known to exist.
    pub fn exists(&self) -> bool {
        self.0.what.exists
    }

    /// The digest of the tool's definition, where it is known.
    pub fn pin(&self) -> Option<Digest> {
        self.0.what.pin
    }

    /// The caller's trace id, where it sent one.
    pub fn trace(&self) -> Option<&str> {
        self.0.what.trace.as_deref()
    }

    /// Of calls of a model: what is special about them.
    pub fn model(&self) -> Option<&ModelAsk> {
        self.0.what.model.as_deref()
    }

    /// The bytes that were asked. Reading them is free; sending them takes a clearance.
    pub fn ask(&self) -> &Bytes {
        &self.0.what.ask
    }
}
