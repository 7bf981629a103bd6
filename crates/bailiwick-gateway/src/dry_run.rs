//! Dry runs: would this be allowed, and why. The same kernel decides; nothing is carried out,
//! since a decision that is not on record clears nothing.

use bailiwick_core::{
    Authenticator, Call, Context, Decision, Evidence, ExchangeId, Findings, Inputs, Interpreted,
    Policy, Principal, Question, Stance, Timestamp, Unproved, Verb, decide, identify, screen,
};
use bailiwick_policy::Explanation;
use bytes::Bytes;

use crate::admission::Admission;
use crate::orders::Ordered;
use crate::rules::Rules;
use crate::store::Store;

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

/// Decide on these inputs as if they came in `now`. Where a gateway's state is at hand, what its
/// operators have ordered holds besides.
///
/// # Errors
/// [`Unproved`] when the chain is empty.
pub fn dry_run(
    rules: &Rules,
    state: Option<&Store>,
    inputs: &Inputs,
    now: Timestamp,
) -> Result<Answer, Unproved> {
    let asserted = Asserted(inputs.principal.clone());
    let who = identify(&[&asserted], &Evidence::Nothing { loopback: true }, now)?;
    let what = Interpreted {
        action: inputs.action,
        resource: inputs.resource.clone(),
        arguments: inputs.arguments.clone(),
        ask: Bytes::new(),
        effect: inputs.effect,
        named: inputs.named.clone(),
        exists: inputs.exists,
        pin: None,
        trace: None,
        model: None,
    };
    let call = Call::new(ExchangeId::from_bytes([0; 16]), now, who, what);
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
    let admission = || Admission { contracts: &rules.contracts, servers: None, is_open };
    let ordered =
        state.map(|store| Ordered { policies: &rules.policies, admission: admission(), store });
    let decides = ordered.as_ref().map_or(&rules.policies as &dyn Policy, |it| it);
    let decision = decide(decides, screened, now, Stance::Enforce);
    Ok(describe(&decision, discover, invoke))
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
