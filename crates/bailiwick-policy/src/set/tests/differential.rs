//! The set against the reference, on generated sets of many policies: same permits, forbids and
//! errors, for every link and both verbs.

use bailiwick_core::{
    Action, Call, Context, Effect, Findings, Link, LinkVote, NamedResource, Policy as _, Purpose,
    Question, Resource, Verb, Votes,
};

use super::{Trial, agent, person};
use crate::generate::{NOW, Plain, scenario};
use crate::reference::Reference;
use crate::{PolicySet, Source};

/// A small world in which everything meets often: few names, deep and shared hierarchies, groups
/// that are principals, entities that nobody lists.
const WORLD: &str = r#"[
  {"uid": {"type": "Team", "id": "t0"}, "attrs": {"n": 1},
   "parents": [{"type": "Team", "id": "t1"}]},
  {"uid": {"type": "Team", "id": "t1"}, "attrs": {}, "parents": [{"type": "Team", "id": "t2"}]},
  {"uid": {"type": "Person", "id": "p0"},
   "attrs": {"n": 1, "best": {"__entity": {"type": "Tool", "id": "s0/a"}}},
   "parents": [{"type": "Team", "id": "t0"}, {"type": "Team", "id": "t3"}]},
  {"uid": {"type": "Person", "id": "p1"}, "attrs": {"n": 2},
   "parents": [{"type": "Person", "id": "p0"}]},
  {"uid": {"type": "Agent", "id": "a0"}, "attrs": {"n": 2},
   "parents": [{"type": "Team", "id": "t1"}]},
  {"uid": {"type": "Agent", "id": "a1"}, "attrs": {},
   "parents": [{"type": "Server", "id": "s0"}]},
  {"uid": {"type": "Server", "id": "s0"}, "attrs": {"n": 1},
   "parents": [{"type": "Team", "id": "t3"}]},
  {"uid": {"type": "Tool", "id": "s0/a"}, "attrs": {"n": 3},
   "parents": [{"type": "Team", "id": "t2"}]},
  {"uid": {"type": "Tool", "id": "s0/b"}, "attrs": {},
   "parents": [{"type": "Tool", "id": "s0/a"}]},
  {"uid": {"type": "Action", "id": "s0/a"}, "attrs": {},
   "parents": [{"type": "Action", "id": "mine"}]},
  {"uid": {"type": "Action", "id": "mine"}, "attrs": {},
   "parents": [{"type": "Action", "id": "ours"}]}
]"#;

const PRINCIPALS: [&str; 8] = [
    "Person::\"p0\"",
    "Person::\"p1\"",
    "Person::\"p2\"",
    "Agent::\"a0\"",
    "Team::\"t0\"",
    "Team::\"t2\"",
    "Team::\"t3\"",
    "Server::\"s0\"",
];
const RESOURCES: [&str; 8] = [
    "Tool::\"s0/a\"",
    "Tool::\"s0/b\"",
    "Tool::\"s1/a\"",
    "Server::\"s0\"",
    "Server::\"s1\"",
    "Team::\"t2\"",
    "Team::\"t3\"",
    "Client::\"s0\"",
];
const ACTIONS: [&str; 14] = [
    "s0/a",
    "s0/b",
    "s1/a",
    "invoke",
    "read",
    "write",
    "destructive",
    "call_tool",
    "session",
    "list_tools",
    "read_resource",
    "discover",
    "mine",
    "ours",
];
const TYPES: [&str; 4] = ["Person", "Agent", "Tool", "Server"];
const CONDITIONS: [&str; 30] = [
    "true",
    "false",
    "principal.n == 1",
    "principal has n && principal.n == 2",
    "principal in [Team::\"t1\", Team::\"t3\"]",
    "resource in Team::\"t3\"",
    "resource in Server::\"s1\"",
    "resource == principal",
    "resource.n > 2",
    "resource has n",
    "action in [Action::\"read\", Action::\"session\"]",
    "action in Action::\"ours\"",
    "action == Action::\"s0/a\"",
    "Action::\"s0/a\" in Action::\"write\"",
    "Tool::\"s1/a\" in Server::\"s1\"",
    "principal.best in Server::\"s0\"",
    "principal has best && principal.best in Server::\"s0\"",
    "(if context.input has x then resource else principal) in Team::\"t3\"",
    "(if context.input has x then action else Action::\"s0/a\") in Action::\"call_tool\"",
    "context.input.x < 3",
    "context.input has x && context.input.x >= 2",
    "context.input has d.e && context.input.d.e like \"*z*\"",
    "context.input.l.contains(1)",
    "context.chain.contains(Person::\"p0\") && context has person",
    "context.person in Team::\"t0\"",
    "context.resources has r && context.resources.r in Team::\"t2\"",
    "context.effect == \"read\"",
    "context.now > datetime(\"2026-11-21\") && context.time.weekday == 6",
    "principal in resource",
    "1 + context.time.hour == 11 || context == {}",
];

struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % sides
    }

    fn of<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }

    fn constraint(&mut self, name: &str, uids: &[&str]) -> String {
        let (uid, kind) = (*self.of(uids), *self.of(&TYPES));
        match self.below(6) {
            0 | 1 => name.to_owned(),
            2 => format!("{name} == {uid}"),
            3 => format!("{name} in {uid}"),
            4 => format!("{name} is {kind}"),
            _ => format!("{name} is {kind} in {uid}"),
        }
    }

    fn policy(&mut self) -> String {
        let effect = if self.below(4) == 0 { "forbid" } else { "permit" };
        let principal = self.constraint("principal", &PRINCIPALS);
        let resource = self.constraint("resource", &RESOURCES);
        let word = |dice: &mut Self| format!("Action::\"{}\"", dice.of(&ACTIONS));
        let action = match self.below(5) {
            0 => "action".to_owned(),
            1 => format!("action == {}", word(self)),
            2 | 3 => format!("action in {}", word(self)),
            _ => format!("action in [{}, {}, {}]", word(self), word(self), word(self)),
        };
        let mut text = format!("{effect}({principal}, {action}, {resource})");
        for clause in ["when", "unless"] {
            if self.below(3) == 0 {
                text += &format!(" {clause} {{ {} }}", self.of(&CONDITIONS));
            }
        }
        text + ";\n"
    }

    fn trial(&mut self) -> Trial {
        let link = |dice: &mut Self| match dice.below(7) {
            0..=2 => person(&format!("p{}", dice.below(3))),
            3..=4 => agent(&format!("a{}", dice.below(3))),
            5 => Link::Server(format!("s{}", dice.below(2)).as_str().into()),
            _ => Link::System(Purpose::Catalogue),
        };
        let server = format!("s{}", self.below(2)).as_str().into();
        let name = (*self.of(&["a", "b", "c"])).into();
        let (action, resource) = match self.below(8) {
            0 => (Action::ListTools, Resource::Server(server)),
            1 => (Action::ReadResource, Resource::Document { server, uri: name }),
            2 => (Action::Sample, Resource::Client { server }),
            3 => (Action::GetPrompt, Resource::Prompt { server, name }),
            _ => (Action::InvokeTool, Resource::Tool { server, name }),
        };
        let arguments = [
            "{}",
            r#"{"x": 2, "l": [1, 2], "d": {"e": "xyz"}}"#,
            r#"{"x": 2.5, "l": [], "d": 1}"#,
            r#"{"x": null, "l": 3, "d": {"e": 4}}"#,
        ];
        let named = (0..self.below(3)).map(|_| NamedResource {
            argument: "r".into(),
            kind: (*self.of(&["Tool", "Team"])).into(),
            id: (*self.of(&["s0/a", "t1", "t9"])).into(),
        });
        let named = named.collect();
        Trial {
            chain: (0..=self.below(3)).map(|_| link(self)).collect(),
            action,
            resource,
            effect: *self.of(&Effect::ALL),
            arguments: self.of::<&str>(&arguments),
            named,
            ..Trial::default()
        }
    }
}

/// The votes without the wording of errors, in a fixed order.
fn plain(votes: Votes) -> Votes {
    let plain = |mut vote: LinkVote| {
        vote.permits.sort_by(|a, b| a.policy.cmp(&b.policy));
        vote.forbids.sort();
        vote.errors.iter_mut().for_each(|(_, reason)| *reason = Box::default());
        vote.errors.sort();
        vote
    };
    votes.into_iter().map(plain).collect()
}

/// A set and its reference, which have to agree.
struct Pair {
    set: PolicySet,
    reference: Reference,
}

impl Pair {
    fn new(policies: &str) -> Self {
        let sources = [Source { name: "p", text: policies }];
        let entities = Some(Source { name: "e", text: WORLD });
        let set = PolicySet::load(&sources, entities).unwrap_or_else(|it| panic!("{it}"));
        Self { set, reference: Reference::load(&sources, entities).unwrap() }
    }

    /// The votes that both give, for either verb.
    fn agree(&self, call: &Call, told: &str) -> [Votes; 2] {
        let context = Context { now: NOW, findings: Findings::default() };
        let question = Question {
            who: call.who(),
            action: call.action(),
            resource: call.resource(),
            call: Some(call),
            context: &context,
        };
        let listing = Question { call: None, ..question };
        let votes = |question: &Question<'_>, verb| {
            let found = plain(self.set.vote(question, verb));
            let expected = plain(self.reference.vote(question, verb));
            assert_eq!(found, expected, "{call:?}\n{told}");
            found
        };
        let discover = votes(&question, Verb::Discover);
        let listed = votes(&listing, Verb::Discover);
        if !call.action().is_session() {
            assert_eq!(listed, discover, "a list and a call disagree: {told}");
        }
        [discover, votes(&question, Verb::Invoke)]
    }
}

#[test]
fn generated_sets_vote_as_the_reference_does() {
    let (mut permits, mut forbids, mut errors, mut quiet) = (0, 0, 0, 0);
    for seed in 1..=80 {
        let mut dice = Dice(seed * 0x9e37_79b9);
        // Large enough in places that buckets become maps.
        let count = if seed % 10 == 0 { 300 } else { 25 };
        let text: String = (0..count).map(|_| dice.policy()).collect();
        let pair = Pair::new(&text);
        for _ in 0..6 {
            let found = pair.agree(&dice.trial().call(), &text);
            for vote in found.iter().flatten() {
                permits += vote.permits.len();
                forbids += vote.forbids.len();
                errors += vote.errors.len();
                quiet += usize::from(*vote == LinkVote::default());
            }
        }
    }
    // A comparison of nothing with nothing would pass: all of these must have been met often.
    for (what, count) in
        [("permits", permits), ("forbids", forbids), ("errors", errors), ("silence", quiet)]
    {
        assert!(count > 100, "{what}: {count}");
    }
}

#[test]
fn the_generated_scenario_means_the_same_to_cedar_alone() {
    let generated = scenario(200, 60, 7);
    let sources = [Source { name: "generated.cedar", text: &generated.policies }];
    let entities = Some(Source { name: "entities.json", text: &generated.entities });
    let set = PolicySet::load(&sources, entities).unwrap();
    assert_eq!(set.len(), 200);
    let plain = Plain::load(&generated).unwrap();
    let (mut allowed, mut denied) = (0, 0);
    for ask in &generated.asks {
        let call = ask.call(&ask.who(true).unwrap()).unwrap();
        let context = Context { now: NOW, findings: Findings::default() };
        let question = Question {
            who: call.who(),
            action: call.action(),
            resource: call.resource(),
            call: Some(&call),
            context: &context,
        };
        let votes = set.vote(&question, Verb::Invoke);
        let [vote] = &votes[..] else { panic!("one link, one vote") };
        // Cedar skips what fails; the kernel denies it. Compare below the kernel.
        let allows = vote.forbids.is_empty() && !vote.permits.is_empty();
        assert_eq!(allows, plain.decide(&ask.cedar).unwrap(), "{ask:?}");
        *(if allows { &mut allowed } else { &mut denied }) += 1;
    }
    assert!(allowed > 5 && denied > 5, "{allowed} {denied}");
}
