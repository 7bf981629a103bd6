//! The kernel, one line per case.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::call::{Effect, Interpreted};
use crate::finding::{Inspector, Inspectors, Seen};
use crate::identity::{Authenticator, Evidence, Link, Principal, Unproved, identify};
use crate::names::ExchangeId;
use crate::screening::screen;
use crate::value::Value;

/// What one link's policies say, in short: P permits, D permits with a known duty, U permits with
/// an unknown one, F forbids, E errs, O forbids by an operator's order.
fn vote(says: &str) -> LinkVote {
    let mut vote = LinkVote::default();
    for (n, letter) in says.chars().enumerate() {
        let policy = PolicyId::from(format!("{letter}{n}").as_str());
        let permit = |obligations| Permitting { policy: policy.clone(), obligations };
        match letter {
            'P' => vote.permits.push(permit(vec![])),
            'D' => vote.permits.push(permit(vec![Obligation::parse("durable")])),
            'U' => vote.permits.push(permit(vec![Obligation::parse("fax")])),
            'F' => vote.forbids.push(policy),
            'O' => vote.orders.push(policy),
            'E' => vote.errors.push((policy, "overflow".into())),
            other => panic!("{other}"),
        }
    }
    vote
}

struct Says {
    discover: Vec<&'static str>,
    invoke: Vec<&'static str>,
}

impl Policy for Says {
    fn vote(&self, _: &Question<'_>, verb: Verb) -> Votes {
        let said = match verb {
            Verb::Discover => &self.discover,
            Verb::Invoke => &self.invoke,
        };
        said.iter().map(|says| vote(says)).collect()
    }

    fn digest(&self) -> Digest {
        Digest::of(b"says")
    }
}

struct Anyone;
impl Authenticator for Anyone {
    fn name(&self) -> &'static str {
        "anyone"
    }

    fn authenticate(&self, _: &Evidence<'_>, _: Timestamp) -> Option<Result<Principal, Unproved>> {
        Some(Ok(Principal {
            chain: vec![Link::Person("ada".into()), Link::Agent("bot".into())],
            tenant: "acme".into(),
            credential: None,
            task: None,
            session: None,
        }))
    }
}

struct Blind;
impl Inspector for Blind {
    fn name(&self) -> &'static str {
        "blind"
    }

    fn purpose(&self) -> &'static str {
        "Sees nothing."
    }

    fn scan(&self, _: &Seen<'_>, _: &mut Findings) {}
}

fn call(exists: bool) -> Screened {
    let now = Timestamp::from_ns(5);
    let who = identify(&[&Anyone], &Evidence::Bearer("x"), now).unwrap();
    let what = Interpreted {
        action: Action::InvokeTool,
        resource: Resource::Tool { server: "s".into(), name: "t".into() },
        arguments: Value::Null,
        ask: bytes::Bytes::from_static(b"{}"),
        effect: Effect::Read,
        named: vec![],
        exists,
        pin: None,
        trace: None,
        model: None,
    };
    let call = Call::new(ExchangeId::from_bytes([1; 16]), now, who, what);
    screen(Inspectors::new(&[&Blind]).unwrap(), call)
}

/// Says yes, and counts how often each verb is asked.
#[derive(Default)]
struct Counts {
    discover: AtomicUsize,
    invoke: AtomicUsize,
    set: u8,
}

impl Policy for Counts {
    fn vote(&self, _: &Question<'_>, verb: Verb) -> Votes {
        let count = match verb {
            Verb::Discover => &self.discover,
            Verb::Invoke => &self.invoke,
        };
        count.fetch_add(1, Ordering::Relaxed);
        vec![vote("P"), vote("P")]
    }

    fn digest(&self) -> Digest {
        Digest::of(&[self.set])
    }
}

#[test]
fn what_was_glimpsed_is_not_asked_twice_and_nothing_else_is_believed() {
    let context = Context { now: Timestamp::from_ns(5), findings: Findings::default() };
    let tool = |name: &str| Resource::Tool { server: "s".into(), name: name.into() };
    for (name, action, set, asked) in [
        ("t", Action::InvokeTool, 1, 1),
        // Of another thing, of another action, by other policies.
        ("u", Action::InvokeTool, 1, 2),
        ("t", Action::ReadResource, 1, 2),
        ("t", Action::InvokeTool, 2, 2),
    ] {
        let policy = Counts { set: 1, ..Counts::default() };
        let before = Counts { set, ..Counts::default() };
        let Screened { call, findings } = call(true);
        let what = tool(name);
        let question = Question { action, ..listing(call.who(), &what, &context) };
        let seen = glimpse(if set == 1 { &policy } else { &before }, &question);
        assert!(seen.shows(Stance::Enforce, context.now));
        let screened = Screened { call: call.glimpsed(seen), findings };
        let decision = decide(&policy, screened, context.now, Stance::Enforce);
        assert!(matches!(decision, Decision::Permit(_)));
        let counts = [&policy.discover, &before.discover].map(|it| it.load(Ordering::Relaxed));
        assert_eq!(counts.iter().sum::<usize>(), asked, "{name} {action:?} {set}");
        assert_eq!(policy.invoke.load(Ordering::Relaxed), 1);
    }
}

fn listing<'a>(who: &'a Identified, what: &'a Resource, context: &'a Context) -> Question<'a> {
    Question { who, action: Action::InvokeTool, resource: what, call: None, context }
}

fn outcome(discover: &[&'static str], invoke: &[&'static str], exists: bool) -> String {
    let policy = Says { discover: discover.to_vec(), invoke: invoke.to_vec() };
    match decide(&policy, call(exists), Timestamp::from_ns(6), Stance::Enforce) {
        Decision::Permit(permit) => format!("permit {:?}", permit.mode()),
        Decision::Denial(denial) => {
            let shown = if denial.visible() { "visible" } else { "hidden" };
            format!("deny {} {shown}", denial.cause().as_str())
        }
    }
}

#[test]
fn the_kernel_fails_closed() {
    let known = ["P", "P"];
    for (invoke, expected) in [
        (["P", "P"], "permit Enforced"),
        (["PP", "P"], "permit Enforced"),
        (["P", "D"], "permit Enforced"),
        (["", ""], "deny no_permit visible"),
        (["P", ""], "deny no_permit visible"),
        (["", "P"], "deny no_permit visible"),
        (["P", "PF"], "deny forbidden visible"),
        (["F", "P"], "deny forbidden visible"),
        (["P", "PE"], "deny error visible"),
        (["PE", "P"], "deny error visible"),
        (["P", "PFE"], "deny error visible"),
        (["P", "U"], "deny unknown_obligation visible"),
        (["P", "PU"], "deny unknown_obligation visible"),
        (["U", "PF"], "deny unknown_obligation visible"),
        (["PO", "P"], "deny ordered visible"),
        (["P", "PFEO"], "deny ordered visible"),
        (["F", "PO"], "deny ordered visible"),
        (["PO", "F"], "deny ordered visible"),
    ] {
        assert_eq!(outcome(&known, &invoke, true), expected, "{invoke:?}");
    }
}

#[test]
fn what_may_not_be_discovered_cannot_be_invoked_and_is_hidden() {
    for discover in [["", "P"], ["P", ""], ["PF", "P"], ["PE", "P"], ["U", "P"]] {
        let got = outcome(&discover, &["P", "P"], true);
        assert!(got.starts_with("deny") && got.ends_with("hidden"), "{discover:?}: {got}");
    }
}

#[test]
fn what_does_not_exist_is_denied_and_hidden_even_when_permitted() {
    assert_eq!(outcome(&["P", "P"], &["P", "P"], false), "deny nonexistent hidden");
    assert_eq!(outcome(&["P", "P"], &["F", "P"], false), "deny forbidden hidden");
    assert_eq!(outcome(&["", ""], &["", ""], false), "deny no_permit hidden");
}

#[test]
fn what_does_not_fit_is_refused_after_all_else_is_permitted() {
    for (discover, invoke, exists, cause, shown) in [
        ("P", "P", true, "unfit", true),
        ("P", "F", true, "forbidden", true),
        ("F", "P", true, "forbidden", false),
        ("P", "P", false, "nonexistent", false),
    ] {
        let policy = Says { discover: vec![discover, "P"], invoke: vec![invoke, "P"] };
        let Screened { call, findings } = call(exists);
        let unfit = Screened { call: call.unfit("/a: type".into()), findings };
        let decision = decide(&policy, unfit, Timestamp::from_ns(9), Stance::Enforce);
        let Decision::Denial(denial) = decision else { panic!("{decision:?}") };
        assert_eq!((denial.cause().as_str(), denial.visible()), (cause, shown), "{invoke}");
        let named = denial.policies().iter().any(|it| it.as_str() == "schema: /a: type");
        assert_eq!(named, cause == "unfit");
    }
}

#[test]
fn a_missing_vote_is_a_denial() {
    assert_eq!(outcome(&["P"], &["P", "P"], true), "deny no_permit hidden");
    assert_eq!(outcome(&["P", "P"], &["P"], true), "deny no_permit visible");
    assert_eq!(outcome(&["P", "P"], &["P", "P", "P"], true), "deny no_permit visible");
    assert_eq!(outcome(&[], &[], true), "deny no_permit hidden");
}

#[test]
fn observing_lets_pass_until_its_date_and_says_what_it_would_have_done() {
    let policy = Says { discover: vec!["P", "P"], invoke: vec!["F", "P"] };
    let stance = Stance::Observe { until: Timestamp::from_ns(10) };
    let early = decide(&policy, call(true), Timestamp::from_ns(9), stance);
    let Decision::Permit(permit) = early else { panic!("{early:?}") };
    let until = Timestamp::from_ns(10);
    assert_eq!(permit.mode(), Mode::Observed { would_deny: Some(Cause::Forbidden), until });
    // Neither a duty that nobody can meet nor a name that never was refuses anything.
    for (invoke, exists, cause) in [
        ("U", true, Some(Cause::UnknownObligation)),
        ("P", false, Some(Cause::Nonexistent)),
        ("D", true, None),
    ] {
        let policy = Says { discover: vec!["P", "P"], invoke: vec![invoke, "P"] };
        let decision = decide(&policy, call(exists), Timestamp::from_ns(9), stance);
        let Decision::Permit(permit) = decision else { panic!("{decision:?}") };
        assert_eq!(permit.mode(), Mode::Observed { would_deny: cause, until });
        assert!(permit.obligations().iter().all(|it| *it == Obligation::Durable));
    }
    let late = decide(&policy, call(true), Timestamp::from_ns(10), stance);
    assert!(matches!(late, Decision::Denial(_)));
}

#[test]
fn an_order_refuses_whatever_the_stance() {
    let stance = Stance::Observe { until: Timestamp::from_ns(10) };
    for (discover, invoke, shown) in [
        (["P", "P"], ["PO", "P"], true),
        (["P", "P"], ["F", "PO"], true),
        (["PO", "P"], ["PO", "P"], false),
        (["", "P"], ["P", "PO"], false),
        (["O", "P"], ["P", "P"], false),
    ] {
        let policy = Says { discover: discover.to_vec(), invoke: invoke.to_vec() };
        let decision = decide(&policy, call(true), Timestamp::from_ns(9), stance);
        let Decision::Denial(denial) = decision else { panic!("{decision:?}") };
        assert_eq!((denial.cause().as_str(), denial.visible()), ("ordered", shown), "{invoke:?}");
        assert!(denial.policies().iter().any(|it| it.as_str().starts_with('O')), "{denial:?}");
    }
}

#[test]
fn what_is_ordered_away_is_not_listed_even_while_observing() {
    let who = identify(&[&Anyone], &Evidence::Bearer("x"), Timestamp::from_ns(5)).unwrap();
    let tool = Resource::Tool { server: "s".into(), name: "t".into() };
    let context = Context { now: Timestamp::from_ns(9), findings: Findings::default() };
    let asked = listing(&who, &tool, &context);
    let observing = Stance::Observe { until: Timestamp::from_ns(10) };
    let over = Stance::Observe { until: Timestamp::from_ns(9) };
    for (discover, stance, shown) in [
        (["P", "P"], Stance::Enforce, true),
        (["P", ""], Stance::Enforce, false),
        (["F", "P"], observing, true),
        (["F", "P"], over, false),
        (["PO", "P"], Stance::Enforce, false),
        (["PO", "P"], observing, false),
        (["F", "O"], observing, false),
    ] {
        let policy = Says { discover: discover.to_vec(), invoke: vec![] };
        let seen = visible(&policy, &asked, stance);
        assert_eq!(seen, shown, "{discover:?} {stance:?}");
    }
}

#[test]
fn listing_and_calling_ask_the_same() {
    let context = Context { now: Timestamp::from_ns(1), findings: Findings::default() };
    let who = identify(&[&Anyone], &Evidence::Bearer("x"), context.now).unwrap();
    let tool = Resource::Tool { server: "s".into(), name: "t".into() };
    let asked = listing(&who, &tool, &context);
    for (discover, shown) in [(["P", "P"], true), (["P", "F"], false), (["P", "PE"], false)] {
        let policy = Says { discover: discover.to_vec(), invoke: vec!["P", "P"] };
        let seen = visible(&policy, &asked, Stance::Enforce);
        assert_eq!(seen, shown);
        assert_eq!(outcome(&discover, &["P", "P"], true).starts_with("permit"), shown);
    }
}
