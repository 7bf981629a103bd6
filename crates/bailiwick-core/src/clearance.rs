//! Record and oblige: a decision goes on record, its duties are met, and the permit becomes a
//! clearance. Nothing but a clearance reaches an upstream or a secret.

use crate::action::Action;
use crate::answer::{Duties, Pending, Released};
use crate::call::{Call, Effect};
use crate::decision::{Cause, Decision, Denial, Mode, Permit};
use crate::identity::{Link, Principal};
use crate::inputs::Inputs;
use crate::ledger::{Appended, Ledger, Sealed, Unrecorded};
use crate::names::{Digest, Timestamp, Token};
use crate::obligation::Obligation;
use crate::payload::Payload;
use crate::record::{DecisionRecord, Durability, Record, Subject};
use crate::resource::Resource;

/// The most bytes of inputs that are sealed for a refusal. Whoever may do nothing must not be able
/// to fill the log; the digest of the ask stands in the record all the same.
const REFUSED_INPUTS_MAX: usize = 16 << 10;

/// A decision that is on record.
#[derive(Debug)]
pub enum Ruling {
    /// It may proceed once its duties are met.
    Permitted(PermitOnRecord),
    /// It may not.
    Refused(RefusalOnRecord),
}

/// A permit whose decision is on record.
#[derive(Debug)]
pub struct PermitOnRecord {
    permit: Permit,
    appended: Appended,
    durability: Durability,
    decided: Timestamp,
}

/// A denial that is on record, and so may be told.
#[derive(Debug)]
pub struct RefusalOnRecord {
    denial: Denial,
    appended: Appended,
}

impl Decision {
    /// Put the decision on record, with its inputs sealed beside it. `class` says how firmly that
    /// record must stand before the call goes out; an obligation can only raise it.
    ///
    /// # Errors
    /// [`Unrecorded`]: then the decision is void.
    pub fn record(
        self,
        ledger: &dyn Ledger,
        now: Timestamp,
        class: impl FnOnce(&Call) -> Durability,
    ) -> Result<Ruling, Unrecorded> {
        let call = match &self {
            Self::Permit(permit) => permit.call(),
            Self::Denial(denial) => denial.call(),
        };
        let mut durability = class(call);
        if let Self::Permit(permit) = &self
            && permit.obligations.contains(&Obligation::Durable)
        {
            durability = Durability::Durable;
        }
        let refused = matches!(self, Self::Denial(_));
        let sealed = seal_inputs(ledger, call, refused)?;
        let record = describe(&self, ledger, now, durability, &sealed)?;
        let record = Record::Decision(Box::new(record));
        let appended = Appended::write(ledger, now, call.id(), &record, &sealed)?;
        Ok(match self {
            Self::Permit(permit) => {
                Ruling::Permitted(PermitOnRecord { permit, appended, durability, decided: now })
            }
            Self::Denial(denial) => Ruling::Refused(RefusalOnRecord { denial, appended }),
        })
    }
}

impl RefusalOnRecord {
    /// The denial.
    pub const fn denial(&self) -> &Denial {
        &self.denial
    }

    /// Where its record stands.
    pub const fn appended(&self) -> &Appended {
        &self.appended
    }

    /// The refusal, free to leave: its decision's record is all the record that it needs.
    pub fn release(self) -> Released {
        Released::refused(self.denial, self.appended)
    }
}

/// The clearance is not to be had, yet or at all.
#[derive(Debug)]
pub enum Unclear {
    /// The record must be durable first, and is not by now.
    NotDurable(Box<PermitOnRecord>),
    /// A duty was not met. The refusal must still go on record.
    Unmet(Box<Pending>),
}

impl PermitOnRecord {
    /// The call that was permitted.
    pub fn call(&self) -> &Call {
        self.permit.call()
    }

    /// Where the decision's record stands.
    pub const fn appended(&self) -> &Appended {
        &self.appended
    }

    /// The time at which it was decided, which its record bears.
    pub const fn decided(&self) -> Timestamp {
        self.decided
    }

    /// How firmly that record must stand before the call goes out.
    pub const fn durability(&self) -> Durability {
        self.durability
    }

    /// Trade the permit for a clearance, if its record stands firmly enough and every duty is met.
    ///
    /// # Errors
    /// [`Unclear`] with what is left to do.
    pub fn clear(
        self,
        ledger: &dyn Ledger,
        mut meet: impl FnMut(&Obligation) -> bool,
    ) -> Result<Cleared, Unclear> {
        if self.durability == Durability::Durable && !self.appended.is_durable(ledger) {
            return Err(Unclear::NotDurable(Box::new(self)));
        }
        // What costs money is paid for, whether or not a policy says so.
        let costs = self.call().action().asks_model() || self.call().model().is_some();
        let paid = !costs || meet(&Obligation::Reserve);
        let met = self.permit.obligations.iter().all(|duty| match duty {
            Obligation::Durable => self.appended.is_durable(ledger),
            // Paid above.
            Obligation::Reserve => true,
            // Met on the answer, by whoever holds its debt; asked is whether that will see it.
            Obligation::Mask | Obligation::Block | Obligation::Unknown(_) => meet(duty),
        });
        let cleared = Cleared { permitted: self };
        if paid && met { Ok(cleared) } else { Err(Unclear::Unmet(Box::new(cleared.owe()))) }
    }
}

/// A permitted call, on record, its duties met. The only thing that an upstream accepts, and
/// accepting it uses it up.
#[derive(Debug)]
pub struct Cleared {
    permitted: PermitOnRecord,
}

impl Cleared {
    /// The call to carry out.
    pub fn call(&self) -> &Call {
        self.permitted.call()
    }

    /// Use the clearance up. What is left is the duty to inspect and record the answer.
    pub fn owe(self) -> Pending {
        let PermitOnRecord { permit, appended, decided, .. } = self.permitted;
        let has = |duty| permit.obligations.contains(&duty);
        let duties = Duties { mask: has(Obligation::Mask), block: has(Obligation::Block) };
        Pending::new(permit.screened.call, (appended, decided), duties)
    }
}

fn describe(
    decision: &Decision,
    ledger: &dyn Ledger,
    now: Timestamp,
    durability: Durability,
    sealed: &Sealed,
) -> Result<DecisionRecord, Unrecorded> {
    let (screened, policies, obligations, policy_set, classes) = match decision {
        Decision::Permit(it) => {
            (&it.screened, &it.policies, it.obligations.as_slice(), it.policy_set, &it.classes)
        }
        Decision::Denial(it) => {
            (&it.screened, &it.policies, [].as_slice(), it.policy_set, &it.classes)
        }
    };
    let (permitted, cause, visible) = match decision {
        Decision::Permit(it) => match it.mode {
            Mode::Enforced => (true, None, true),
            Mode::Observed { would_deny, .. } => (true, Some(observed(would_deny)), true),
        },
        Decision::Denial(it) => (false, Some(it.cause.as_str()), it.visible),
    };
    let call = &screened.call;
    let principal = call.who().principal();
    let tenant = &principal.tenant;
    let token = |kind: &str, name: &str| ledger.token(tenant, kind, name);
    let maybe = |kind: &str, name: Option<&str>| name.map(|it| token(kind, it)).transpose();
    let resource = call.resource();
    let named = call.named().iter().map(|it| Ok((it.kind.clone(), token(&it.kind, &it.id)?)));
    Ok(DecisionRecord {
        exchange: call.id(),
        tenant: tenant.clone(),
        chain: subjects(principal, token)?,
        credential: principal.credential.clone(),
        task: maybe("Task", principal.task.as_ref().map(|it| it.as_str()))?,
        session: maybe("Session", principal.session.as_ref().map(|it| it.as_str()))?,
        trace: maybe("Trace", call.trace())?,
        action: call.action().as_str().into(),
        resource_kind: resource.kind().into(),
        server: resource.server().clone(),
        name: clear_name(call),
        name_token: token(resource.kind(), resource.name())?,
        named: named.collect::<Result<_, Unrecorded>>()?,
        effect: call.effect().as_str().into(),
        pin: call.pin(),
        ask: ledger.keyed_digest(tenant, &Digest::of(call.ask()))?,
        permitted,
        cause: cause.map(Into::into),
        visible,
        policies: policies.clone(),
        obligations: obligations.iter().map(|it| it.as_str().into()).collect(),
        policy_set,
        durability,
        findings: screened.findings.kept().to_vec(),
        latency_ns: now.since_ns(call.at()),
        sealed: sealed.commitment,
        parent: call.parent(),
        bound: call.model().and_then(|it| it.bound),
        view: call.model().and_then(|it| it.view),
        items: ledger.keyed_digests(tenant, call.model().map_or(&[], |it| &it.items))?,
        items_dropped: call.model().map_or(0, |it| it.items_dropped),
        classes: classes.clone(),
    })
}

/// What stands in the record of a call that went on because the gateway only observes.
const fn observed(would_deny: Option<Cause>) -> &'static str {
    match would_deny {
        None => "observed:permit",
        Some(Cause::NoPermit) => "observed:no_permit",
        Some(Cause::Forbidden) => "observed:forbidden",
        // It never goes on: an order refuses in every stance.
        Some(Cause::Ordered) => "observed:ordered",
        Some(Cause::Error) => "observed:error",
        Some(Cause::UnknownObligation) => "observed:unknown_obligation",
        Some(Cause::Nonexistent) => "observed:nonexistent",
        Some(Cause::Unfit) => "observed:unfit",
        Some(Cause::Unmet) => "observed:unmet",
    }
}

/// The target's name, where it is the operator's word and not the caller's: only names that are
/// known to exist stand in the clear, since a made-up name may hold anything.
fn clear_name(call: &Call) -> Option<Box<str>> {
    let named_by_operator = match call.resource() {
        Resource::Tool { .. }
        | Resource::Prompt { .. }
        | Resource::Template { .. }
        | Resource::Model { .. }
        | Resource::State { .. } => true,
        Resource::Server(_)
        | Resource::Document { .. }
        | Resource::Client { .. }
        | Resource::Method { .. } => false,
    };
    (named_by_operator && call.exists()).then(|| call.resource().name().into())
}

fn subjects(
    principal: &Principal,
    token: impl Fn(&str, &str) -> Result<Token, Unrecorded>,
) -> Result<Vec<Subject>, Unrecorded> {
    let subjects = principal.chain.iter().map(|link| {
        Ok(match link {
            Link::Person(person) => Subject::Person(token("Person", person.as_str())?),
            Link::Agent(agent) => Subject::Agent(agent.clone()),
            Link::System(purpose) => Subject::System(purpose.as_str().into()),
            Link::Server(server) => Subject::Server(server.clone()),
        })
    });
    subjects.collect()
}

/// The decision's inputs, and what was asked where that is kept, sealed under the key of the person
/// at the root (or of whoever acts).
fn seal_inputs(ledger: &dyn Ledger, call: &Call, refused: bool) -> Result<Sealed, Unrecorded> {
    let principal = call.who().principal();
    let subject = call.who().person().map_or("", |it| it.as_str());
    let mut clear = Vec::with_capacity(256);
    // Whoever may do nothing has nothing kept for it.
    let kept = call.keeps().filter(|_| !refused).map(|max| Payload::of(call.ask(), max));
    Inputs::write(call, kept.as_ref(), &mut clear);
    if refused && clear.len() > REFUSED_INPUTS_MAX {
        return Ok(Sealed::default());
    }
    ledger.seal(&principal.tenant, subject, &clear)
}

/// How firmly a call's record must stand by default: reads survive the process, all else survives
/// a loss of power.
impl Durability {
    /// The default class of a call.
    pub fn of(call: &Call) -> Self {
        let reads = match call.action() {
            Action::Connect
            | Action::ListTools
            | Action::ListResources
            | Action::ListTemplates
            | Action::ListPrompts
            | Action::ReadResource
            | Action::Subscribe
            | Action::GetPrompt
            | Action::CompleteArgument
            | Action::SetLogLevel
            | Action::Ping
            | Action::Notify
            | Action::Disconnect
            | Action::ListRoots
            // What a model is asked changes nothing in the world; what it costs is in the purse.
            | Action::Complete
            | Action::Embed
            | Action::ListModels
            | Action::ReadState => true,
            Action::InvokeTool => call.effect() == Effect::Read,
            Action::Sample
            | Action::Elicit
            | Action::CreateState
            | Action::DeleteState
            | Action::Other => false,
        };
        if reads { Self::Appended } else { Self::Durable }
    }
}
