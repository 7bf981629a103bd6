//! Dry runs: would this be allowed, and why. The same kernel decides; nothing is carried out,
//! since a decision that is not on record clears nothing.

use bailiwick_core::{
    Authenticator, Call, Context, Decision, Digest, Effect, Evidence, ExchangeId, Findings,
    Identified, Inputs, Interpreted, Principal, Question, Resource, ServerId, Stance, Timestamp,
    Unproved, Value, Verb, decide, identify, screen,
};
use bailiwick_policy::Explanation;
use bytes::Bytes;

use crate::admission::{Admission, CHANGED, UNAPPROVED};
use crate::facts::{Looked, STALE};
use crate::fitting::Fittings;
use crate::health::{ABANDONED, BARE, ORPHANED, QUARANTINED, Tended, Users};
use crate::meaning;
use crate::narrowed;
use crate::orders::Ordered;
use crate::rules::Rules;
use crate::store::Store;
use crate::widened::{Wide, wide};

/// What a dry run came to.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Whether it would be permitted.
    pub permitted: bool,
    /// Why not.
    pub cause: Option<&'static str>,
    /// Whether the caller would be told that the thing exists.
    pub visible: bool,
    /// The determining policies.
    pub policies: Vec<String>,
    /// What could not be evaluated.
    pub errors: Vec<(String, String)>,
    /// The duties of the permit.
    pub obligations: Vec<String>,
    /// Every policy that had a say on discovering it.
    pub discover: Explanation,
    /// Every policy that had a say on doing it.
    pub invoke: Explanation,
}

/// Whoever asks for a dry run says on whose behalf; nothing is proven and nothing can be done.
struct Asserted(Principal);

impl Authenticator for Asserted {
    fn name(&self) -> &'static str {
        "asserted"
    }

    fn authenticate(&self, _: &Evidence<'_>, _: Timestamp) -> Option<Result<Principal, Unproved>> {
        Some(Ok(self.0.clone()))
    }
}

/// What a decision rests on besides its inputs.
#[derive(Clone, Debug, Default)]
pub struct Besides {
    /// The digest of the tool's definition, where it is known.
    pub pin: Option<Digest>,
    /// Why the arguments do not fit the tool, if they do not.
    pub misfit: Option<Box<str>>,
}

/// What is known besides the rules.
#[derive(Clone, Copy, Default)]
pub struct Around<'a> {
    /// What operators have ordered; absent where no gateway's state is at hand.
    pub state: Option<&'a Store>,
    /// Who has used the server; absent where that is not known: then nobody is new.
    pub users: Option<&'a Users>,
    /// What sources of facts say, which the rules know already; absent: none refuses.
    pub facts: Option<&'a Looked>,
}

/// What it means that one of these forbids something: they stand beside the policies.
pub fn in_words(policy: &str) -> Option<&'static str> {
    Some(match policy {
        UNAPPROVED => "nobody approved this tool",
        CHANGED => "another definition of this tool was approved",
        QUARANTINED => "nobody looks after its server, which is known to be vulnerable: it is off",
        ABANDONED => "nobody looks after its server, which can only be read, and not by new agents",
        ORPHANED => "nobody answers for its server, which takes no new agents",
        BARE => "its server has no whole record, and is off",
        STALE => "facts about what it names are too old, or were never known",
        _ => return None,
    })
}

/// Decide on these inputs as if they came in `now`, by all that decides a call: what is not at hand
/// of it refuses nothing.
///
/// # Errors
/// [`Unproved`] when the chain is empty.
pub fn dry_run(
    rules: &Rules,
    around: Around<'_>,
    inputs: &Inputs,
    besides: Besides,
    now: Timestamp,
) -> Result<Answer, Unproved> {
    let who = asserted(&inputs.principal, now)?;
    let what = Interpreted {
        action: inputs.action,
        resource: inputs.resource.clone(),
        arguments: inputs.arguments.clone(),
        ask: Bytes::new(),
        effect: inputs.effect,
        named: inputs.named.clone(),
        exists: inputs.exists,
        pin: besides.pin,
        trace: None,
        model: None,
    };
    let call = Call::new(ExchangeId::from_bytes([0; 16]), now, who, what);
    let call = match besides.misfit {
        Some(why) => call.unfit(why),
        None => call,
    };
    let context = Context { now, findings: Findings::default() };
    let question = Question {
        who: call.who(),
        action: call.action(),
        resource: call.resource(),
        call: Some(&call),
        context: &context,
    };
    let discover = rules.policies.explain(&question, Verb::Discover);
    let invoke = rules.policies.explain(&question, Verb::Invoke);
    let screened = screen(bailiwick_guard::inspectors(), call);
    let is_open = rules.admit_unapproved(now);
    let (contracts, health) = (&*rules.contracts, &*rules.health);
    let ordered = Ordered {
        policies: &rules.policies,
        admission: Admission { contracts, servers: None, is_open },
        tended: Tended { health, contracts, users: around.users },
        store: around.state,
        facts: around.facts.map(|it| it.freshness(rules)),
    };
    let decision = decide(&ordered, screened, now, Stance::Enforce);
    Ok(describe(&decision, discover, invoke))
}

fn asserted(principal: &Principal, now: Timestamp) -> Result<Identified, Unproved> {
    let asserted = Asserted(principal.clone());
    identify(&[&asserted], &Evidence::Nothing { loopback: true }, now)
}

/// A call of a tool as it would be decided: of the server's own tool, with what contracts put in.
#[derive(Clone, Debug)]
pub struct ToolCall {
    /// The server's tool.
    pub resource: Resource,
    /// What it would be sent.
    pub arguments: Value,
    /// What that does to the world.
    pub effect: Effect,
    /// Whether there is such a tool: one that is shown by its views only is not called by its name.
    pub exists: bool,
    /// Of which definition it is: the one that was approved, where one was.
    pub besides: Besides,
}

/// What a call of a tool comes to, as far as the files say: its contract, and the definition that
/// was approved.
///
/// # Errors
/// [`Unproved`] when the chain is empty.
pub fn tool_call(
    rules: &Rules,
    principal: &Principal,
    (server, name): (&ServerId, &str),
    mut arguments: Value,
    now: Timestamp,
) -> Result<ToolCall, Unproved> {
    let (who, contracts) = (asserted(principal, now)?, &rules.contracts);
    let unmeant = meaning::misfit(contracts, server, name, &arguments);
    let wide = wide(contracts, &who, (server, name), &mut arguments);
    let (tool, shown, narrow) = match wide {
        Wide::Own | Wide::Gone => (name.into(), None, None),
        Wide::View { ref tool, effect, ref misfit, .. } => {
            (tool.clone(), Some(effect), misfit.clone())
        }
    };
    let approved = contracts.lock(server).and_then(|it| it.tools.get(&*tool));
    let definition = approved.and_then(|it| narrowed::definition(&it.definition));
    let pin = approved.map(|it| it.pin);
    let fits = || Fittings::default().misfit(pin?, definition.as_ref()?, &arguments);
    let misfit = narrow.or(unmeant).or_else(fits);
    Ok(ToolCall {
        effect: shown.unwrap_or_else(|| contracts.effect(server, &tool)),
        resource: Resource::Tool { server: server.clone(), name: tool },
        exists: !matches!(wide, Wide::Gone),
        besides: Besides { pin: pin.map(|it| it.digest()), misfit },
        arguments,
    })
}

fn describe(decision: &Decision, discover: Explanation, invoke: Explanation) -> Answer {
    let mut answer = Answer {
        permitted: false,
        cause: None,
        visible: true,
        policies: Vec::new(),
        errors: Vec::new(),
        obligations: Vec::new(),
        discover,
        invoke,
    };
    match decision {
        Decision::Permit(permit) => {
            answer.permitted = true;
            answer.policies = permit.policies().iter().map(ToString::to_string).collect();
            answer.obligations =
                permit.obligations().iter().map(|it| it.as_str().to_owned()).collect();
        }
        Decision::Denial(denial) => {
            answer.cause = Some(denial.cause().as_str());
            answer.visible = denial.visible();
            answer.policies = denial.policies().iter().map(ToString::to_string).collect();
            let errors = denial.errors().iter();
            answer.errors = errors.map(|(p, why)| (p.to_string(), why.to_string())).collect();
        }
    }
    answer
}
