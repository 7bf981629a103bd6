//! Tests of the set: the model, the chain, the two verbs, what does not load, and the comparison
//! with the reference.

mod differential;
mod knowing;
mod loading;

use bailiwick_core::{
    Action, AgentId, Call, Context, Decision, Effect, ExchangeId, Finding, Findings, Identified,
    Inspector, Inspectors, Interpreted, Link, NamedResource, Obligation, PersonId, Policy, Purpose,
    Question, Resource, Seen, ServerId, Severity, Stance, Timestamp, Verb, decide, screen, visible,
};

use crate::generate::{NOW, identified, value};
use crate::{PolicySet, Source, Standing};

const ENTITIES: &str = r#"[
  {"uid": {"type": "Person", "id": "ada"}, "attrs": {"clearance": 3},
   "parents": [{"type": "Team", "id": "support"}]},
  {"uid": {"type": "Person", "id": "bob"}, "attrs": {"clearance": 1},
   "parents": [{"type": "Team", "id": "sales"}]},
  {"uid": {"type": "Team", "id": "support"}, "attrs": {},
   "parents": [{"type": "Team", "id": "staff"}]},
  {"uid": {"type": "Team", "id": "sales"}, "attrs": {},
   "parents": [{"type": "Team", "id": "staff"}]},
  {"uid": {"type": "Agent", "id": "bot"}, "attrs": {"class": "assistant"},
   "parents": [{"type": "AgentClass", "id": "reviewed"}]},
  {"uid": {"type": "Customer", "id": "c_1"}, "attrs": {"tier": 1, "tenant": "acme"},
   "parents": []},
  {"uid": {"type": "Customer", "id": "c_2"}, "attrs": {"tier": 2, "tenant": "acme"},
   "parents": []},
  {"uid": {"type": "Server", "id": "helpdesk"}, "attrs": {},
   "parents": [{"type": "Env", "id": "prod"}]},
  {"uid": {"type": "Action", "id": "helpdesk/refund"}, "attrs": {},
   "parents": [{"type": "Action", "id": "money"}]}
]"#;

fn set(text: &str) -> PolicySet {
    let source = Source { name: "test.cedar", text };
    PolicySet::load(&[source], Some(Source { name: "entities.json", text: ENTITIES }))
        .unwrap_or_else(|errors| panic!("{errors}"))
}

fn person(name: &str) -> Link {
    Link::Person(PersonId::from(name))
}

fn agent(name: &str) -> Link {
    Link::Agent(AgentId::from(name))
}

fn who(chain: &[Link]) -> Identified {
    identified(chain.to_vec(), "acme").unwrap()
}

fn tool(name: &str) -> Resource {
    Resource::Tool { server: ServerId::from("helpdesk"), name: name.into() }
}

/// What a test asks, with a plain tool call as default.
#[derive(Clone)]
struct Trial {
    chain: Vec<Link>,
    action: Action,
    resource: Resource,
    effect: Effect,
    arguments: &'static str,
    named: Vec<NamedResource>,
    findings: Vec<&'static str>,
    now: Timestamp,
}

impl Default for Trial {
    fn default() -> Self {
        Self {
            chain: vec![person("ada"), agent("bot")],
            action: Action::InvokeTool,
            resource: tool("get_billing"),
            effect: Effect::Read,
            arguments: "{}",
            named: vec![],
            findings: vec![],
            now: NOW,
        }
    }
}

/// Finds what the test says.
struct Planted(Vec<&'static str>);

impl Inspector for Planted {
    fn name(&self) -> &'static str {
        "planted"
    }

    fn purpose(&self) -> &'static str {
        "what a test wants found"
    }

    fn scan(&self, _: &Seen<'_>, findings: &mut Findings) {
        for kind in &self.0 {
            let severity = Severity::Note;
            findings.push(Finding { kind: (*kind).into(), severity, offset: 0, length: 1 });
        }
    }
}

impl Trial {
    fn call(&self) -> Call {
        let what = Interpreted {
            action: self.action,
            resource: self.resource.clone(),
            arguments: value(&serde_json::from_str(self.arguments).unwrap()),
            ask: self.arguments.into(),
            effect: self.effect,
            named: self.named.clone(),
            exists: true,
            pin: None,
            trace: None,
            model: None,
        };
        Call::new(ExchangeId::new(self.now, [0; 10]), self.now, who(&self.chain), what)
    }

    /// What the kernel makes of it: `permit`, or the cause of the denial.
    fn verdict(&self, policy: &dyn Policy) -> String {
        let planted = Planted(self.findings.clone());
        let table: [&dyn Inspector; 1] = [&planted];
        let screened = screen(Inspectors::new(&table).unwrap(), self.call());
        match decide(policy, screened, self.now, Stance::Enforce) {
            Decision::Permit(_) => "permit".to_owned(),
            Decision::Denial(denial) if denial.visible() => denial.cause().as_str().to_owned(),
            Decision::Denial(denial) => format!("hidden {}", denial.cause().as_str()),
        }
    }

    fn listed(&self, policy: &dyn Policy) -> bool {
        let context = Context { now: self.now, findings: Findings::default() };
        let who = who(&self.chain);
        let (action, resource) = (self.action, &self.resource);
        let question = Question { who: &who, action, resource, call: None, context: &context };
        visible(policy, &question, Stance::Enforce)
    }
}

/// Everybody may know and do everything; `also` is added to it.
fn open_but(also: &str) -> PolicySet {
    set(&format!("@id(\"open\") permit(principal, action, resource);\n{also}"))
}

/// Everybody may know everything; `also` says what may be done.
fn known_and(also: &str) -> PolicySet {
    set(&format!("permit(principal, action == Action::\"discover\", resource);\n{also}"))
}

#[test]
fn roles_are_what_gates_and_who_is_in_one_knows_it() {
    let set = set(r#"
        permit (principal in Team::"support", action, resource);
        permit (principal, action, resource) when { context.person in Team::"sales" };
        permit (principal in Role::"on-call", action, resource);
        permit (principal == Person::"ada", action, resource in Env::"prod");
        permit (principal, action, resource == Customer::"c_1");
    "#);
    let beyond = |person: &str| {
        let chain = [Link::Person(person.into()), Link::Agent("bot".into())];
        set.roles_beyond(&chain).map(str::to_owned).collect::<Vec<_>>()
    };
    // What things are in is no role, and neither is a person or a thing.
    assert_eq!(beyond("ada"), ["on-call", "sales"]);
    assert_eq!(beyond("bob"), ["on-call", "support"]);
    assert_eq!(beyond("eve"), ["on-call", "sales", "support"]);
}

#[test]
fn nothing_is_permitted_by_nobody() {
    assert_eq!(Trial::default().verdict(&set("")), "hidden no_permit");
    assert_eq!(Trial::default().verdict(&known_and("")), "no_permit");
    assert_eq!(Trial::default().verdict(&open_but("")), "permit");
}

#[test]
fn a_tool_is_in_the_groups_of_its_effect() {
    for (group, effects) in [
        ("invoke", &Effect::ALL[..]),
        ("call_tool", &Effect::ALL[..]),
        ("read", &[Effect::Read]),
        ("write", &Effect::ALL[1..]),
        ("reversible_write", &[Effect::ReversibleWrite]),
        ("irreversible_write", &[Effect::IrreversibleWrite]),
        ("destructive", &[Effect::Destructive]),
        ("outbound", &[Effect::Outbound]),
        ("unknown_effect", &[Effect::Unknown]),
        ("session", &[]),
        ("money", &[]),
        ("helpdesk/get_billing", &Effect::ALL[..]),
        ("helpdesk/other", &[]),
    ] {
        let scoped =
            known_and(&format!("permit(principal, action in Action::\"{group}\", resource);"));
        let tested = known_and(&format!(
            "permit(principal, action, resource) when {{ action in [Action::\"{group}\"] }};"
        ));
        for effect in Effect::ALL {
            let trial = Trial { effect, ..Trial::default() };
            let expected = if effects.contains(&effect) { "permit" } else { "no_permit" };
            assert_eq!(trial.verdict(&scoped), expected, "{group} {effect:?}");
            assert_eq!(trial.verdict(&tested), expected, "{group} {effect:?} in a condition");
        }
    }
}

#[test]
fn other_actions_are_in_their_groups() {
    let server = ServerId::from("helpdesk");
    for action in Action::ALL.into_iter().filter(|it| *it != Action::InvokeTool) {
        let reads = ["read_resource", "subscribe", "get_prompt", "complete_argument", "read_state"];
        let writes = ["sample", "elicit", "other", "create_state", "delete_state"];
        let word = action.as_str();
        for (group, expected) in [
            ("session", action.is_session()),
            ("invoke", !action.is_session()),
            ("read", reads.contains(&word)),
            ("write", writes.contains(&word)),
            ("use_state", action.uses_state()),
            ("use_model", action.asks_model()),
            ("call_tool", false),
            (word, true),
        ] {
            let policies =
                known_and(&format!("permit(principal, action in Action::\"{group}\", resource);"));
            let resource = Resource::Server(server.clone());
            let trial = Trial { action, resource, effect: Effect::Unknown, ..Trial::default() };
            assert_eq!(trial.verdict(&policies) == "permit", expected, "{word} {group}");
        }
    }
}

#[test]
fn an_operator_groups_tools() {
    let policies = known_and("permit(principal, action in Action::\"money\", resource);");
    let refund = Trial { resource: tool("refund"), ..Trial::default() };
    assert_eq!(refund.verdict(&policies), "permit");
    assert_eq!(Trial::default().verdict(&policies), "no_permit");
}

#[test]
fn what_is_in_a_server_is_in_what_the_server_is_in() {
    for scope in [
        "resource in Server::\"helpdesk\"",
        "resource in Env::\"prod\"",
        "resource is Tool in Env::\"prod\"",
        "resource == Tool::\"helpdesk/get_billing\"",
        "resource is Tool",
        "resource) when { resource in Server::\"helpdesk\" }; \
         forbid(principal, action, resource is X",
        "resource) when { [resource, principal].contains(resource) && \
         (if true then resource else principal) in Env::\"prod\" }; \
         forbid(principal, action, resource is X",
    ] {
        let policies =
            known_and(&format!("permit(principal, action in Action::\"invoke\", {scope});"));
        assert_eq!(Trial::default().verdict(&policies), "permit", "{scope}");
        let elsewhere = Resource::Tool { server: "crm".into(), name: "get_billing".into() };
        let trial = Trial { resource: elsewhere, ..Trial::default() };
        let expected = if scope == "resource is Tool" { "permit" } else { "no_permit" };
        assert_eq!(trial.verdict(&policies), expected, "{scope}");
    }
}

#[test]
fn authority_is_the_intersection_of_the_links() {
    let both = "permit(principal == Person::\"ada\", action in Action::\"invoke\", resource);
                permit(principal in AgentClass::\"reviewed\",
                       action in Action::\"read\", resource);";
    let policies = known_and(both);
    let read = Trial::default();
    assert_eq!(read.verdict(&policies), "permit");
    let write = Trial { effect: Effect::Destructive, ..Trial::default() };
    assert_eq!(write.verdict(&policies), "no_permit");
    let other = Trial { chain: vec![person("bob"), agent("bot")], ..Trial::default() };
    assert_eq!(other.verdict(&policies), "no_permit");
    let alone = Trial { chain: vec![person("ada")], effect: Effect::Outbound, ..Trial::default() };
    assert_eq!(alone.verdict(&policies), "permit");
}

#[test]
fn conditions_read_the_call() {
    let customer = |id: &str| NamedResource {
        argument: "customer_id".into(),
        kind: "Customer".into(),
        id: id.into(),
    };
    let trial = Trial {
        arguments: r#"{"amount": 50.0, "cents": 12.5, "note": null, "big": 1e30, "tags": ["a", "b"],
                       "deep": {"x": [{"y": 1}]}, "flag": true, "customer_id": "c_2"}"#,
        named: vec![customer("c_2")],
        findings: vec!["secret.github_token"],
        // Saturday, 21 November 2026, 10:00:00 UTC.
        now: Timestamp::from_ns(1_795_255_200_123_000_000),
        ..Trial::default()
    };
    for (condition, expected) in [
        ("context.input.amount == 50", "permit"),
        ("context.input.amount < 50", "no_permit"),
        ("context.input.cents.lessThan(decimal(\"12.6\"))", "permit"),
        ("context.input.cents < 13", "error"),
        ("context.input has note", "no_permit"),
        ("context.input.big > 5", "error"),
        ("context.input.big like \"1e*30\"", "permit"),
        ("context.input.tags.containsAll([\"b\", \"a\"])", "permit"),
        ("context.input.deep.x.contains({y: 1})", "permit"),
        ("context.input has deep.x", "permit"),
        ("context.input has deep.z", "no_permit"),
        ("context has input.flag && context.input.flag", "permit"),
        ("context.input.nothing == 1", "error"),
        ("context.resources.customer_id == Customer::\"c_2\"", "permit"),
        ("context.resources.customer_id.tier == 2", "permit"),
        ("context.resources.order == Customer::\"c_2\"", "error"),
        ("context.findings.contains(\"secret.github_token\")", "permit"),
        ("context.chain.contains(Person::\"ada\")", "permit"),
        ("context.chain.contains(Person::\"bob\")", "no_permit"),
        ("context.person == Person::\"ada\" && context.agent == Agent::\"bot\"", "permit"),
        ("context.person.clearance >= 3 && context.agent.class == \"assistant\"", "permit"),
        ("context.tenant == \"acme\" && context.server == \"helpdesk\"", "permit"),
        ("context.name == \"get_billing\" && context.tool == context.name", "permit"),
        ("context.effect == \"read\"", "permit"),
        ("context.now == datetime(\"2026-11-21T10:00:00.123Z\")", "permit"),
        ("context.time.hour == 10 && context.time.minute == 0", "permit"),
        ("context.time.weekday == 6 && context.time.unix_ms == 1795255200123", "permit"),
        ("context has other", "no_permit"),
        ("context == {}", "no_permit"),
        ("principal is Person || context.agent == principal", "permit"),
    ] {
        let policies = known_and(&format!(
            "permit(principal, action in Action::\"invoke\", resource) when {{ {condition} }};"
        ));
        assert_eq!(trial.verdict(&policies), expected, "{condition}");
    }
}

#[test]
fn an_error_denies_whatever_else_permits() {
    for effect in ["permit", "forbid"] {
        let policies = open_but(&format!(
            "{effect}(principal, action in Action::\"call_tool\", resource)
               when {{ context.input.amount > 5 }};"
        ));
        assert_eq!(Trial::default().verdict(&policies), "error", "{effect}");
        let small = Trial { arguments: "{\"amount\": 1}", ..Trial::default() };
        assert_eq!(small.verdict(&policies), "permit", "{effect}");
        // Discovery does not see arguments, and is not in the scope.
        assert!(Trial::default().listed(&policies));
    }
}

#[test]
fn arguments_nested_too_deeply_are_an_error() {
    let deep: &'static str =
        Box::leak(format!("{{\"x\": {}1{}}}", "[".repeat(60), "]".repeat(60)).into());
    let policies = open_but(
        "forbid(principal, action in Action::\"invoke\", resource) when { context.input.x == 1 };",
    );
    assert_eq!(Trial { arguments: deep, ..Trial::default() }.verdict(&policies), "error");
    let unread = open_but(
        "forbid(principal, action in Action::\"invoke\", resource) when { context.input has y };",
    );
    assert_eq!(Trial { arguments: deep, ..Trial::default() }.verdict(&unread), "permit");
}

#[test]
fn what_is_listed_is_what_is_visible_when_called() {
    let policies =
        set("permit(principal, action in Action::\"session\", resource == Server::\"helpdesk\");
         permit(principal, action == Action::\"discover\",
                resource == Tool::\"helpdesk/get_billing\");
         permit(principal, action in Action::\"invoke\", resource)
           unless { context.findings.contains(\"x.y\") };");
    let seen = Trial::default();
    let hidden = Trial { resource: tool("refund"), ..Trial::default() };
    assert!(seen.listed(&policies) && !hidden.listed(&policies));
    assert_eq!(seen.verdict(&policies), "permit");
    assert_eq!(hidden.verdict(&policies), "hidden no_permit");
    // What is found in an ask does not make the tool disappear.
    assert_eq!(Trial { findings: vec!["x.y"], ..seen }.verdict(&policies), "no_permit");
    // Sessions need no discover of their own.
    for (server, expected) in [("helpdesk", "permit"), ("crm", "hidden no_permit")] {
        let resource = Resource::Server(ServerId::from(server));
        for action in Action::ALL.into_iter().filter(|it| it.is_session()) {
            let trial = Trial { action, resource: resource.clone(), ..Trial::default() };
            assert_eq!(trial.verdict(&policies), expected, "{action:?}");
            assert_eq!(trial.listed(&policies), expected == "permit", "{action:?}");
        }
    }
}

#[test]
fn the_gateway_and_servers_are_principals_too() {
    let policies =
        set("permit(principal == System::\"catalogue\", action in Action::\"session\", resource);
         permit(principal == Server::\"helpdesk\", action == Action::\"elicit\",
                resource is Client);
         permit(principal, action == Action::\"discover\", resource);");
    let catalogue = Trial {
        chain: vec![Link::System(Purpose::Catalogue)],
        action: Action::ListTools,
        resource: Resource::Server(ServerId::from("helpdesk")),
        ..Trial::default()
    };
    assert_eq!(catalogue.verdict(&policies), "permit");
    let ask = |action| Trial {
        chain: vec![Link::Server(ServerId::from("helpdesk"))],
        action,
        resource: Resource::Client { server: ServerId::from("helpdesk") },
        ..Trial::default()
    };
    assert_eq!(ask(Action::Elicit).verdict(&policies), "permit");
    assert_eq!(ask(Action::Sample).verdict(&policies), "no_permit");
}

#[test]
fn an_obligation_comes_with_the_permit() {
    let policies = open_but(
        "@id(\"careful\") @obligation(\"durable\") @note(\"any\")
         permit(principal, action in Action::\"write\", resource);",
    );
    let call = Trial { effect: Effect::Destructive, ..Trial::default() }.call();
    let context = Context { now: NOW, findings: Findings::default() };
    let question = Question {
        who: call.who(),
        action: call.action(),
        resource: call.resource(),
        call: Some(&call),
        context: &context,
    };
    let duties = |verb| {
        let votes = policies.vote(&question, verb);
        assert_eq!(votes.len(), 2, "one of each link");
        let permits = votes.into_iter().flat_map(|it| it.permits);
        permits.flat_map(|it| it.obligations).collect::<Vec<_>>()
    };
    assert_eq!(duties(Verb::Invoke), [Obligation::Durable, Obligation::Durable]);
    assert_eq!(duties(Verb::Discover), []);
}

#[test]
fn an_explanation_names_every_policy_that_had_a_say() {
    let policies = set(
        "@id(\"a\") permit(principal in Team::\"staff\", action in Action::\"read\", resource);\n\
         @id(\"b\") forbid(principal, action in Action::\"read\", resource)\n  \
           when { context.input.amount > 5 };\n\
         @id(\"c\") permit(principal is Agent, action in Action::\"write\", resource);",
    );
    let call = Trial { arguments: "{\"amount\": 5}", ..Trial::default() }.call();
    let context = Context { now: NOW, findings: Findings::default() };
    let question = Question {
        who: call.who(),
        action: call.action(),
        resource: call.resource(),
        call: Some(&call),
        context: &context,
    };
    let explanation = policies.explain(&question, Verb::Invoke);
    assert_eq!(explanation.action, "Action::\"helpdesk/get_billing\"");
    assert_eq!(explanation.resource, "Tool::\"helpdesk/get_billing\"");
    let told: Vec<Vec<_>> = explanation
        .links
        .iter()
        .map(|link| {
            let candidates = link.candidates.iter();
            candidates.map(|it| (it.policy.id.as_str(), it.policy.line, &it.standing)).collect()
        })
        .collect();
    let (yes, no) = (&Standing::Matched, &Standing::NotMatched);
    assert_eq!(told, [vec![("a", 1, yes), ("b", 2, no)], vec![("b", 2, no)]]);
    assert_eq!(explanation.links[1].principal, "Agent::\"bot\"");
    assert!(explanation.links[0].candidates[1].policy.text.starts_with("@id(\"b\") forbid("));
}
