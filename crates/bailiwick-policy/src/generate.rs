//! Generated policy sets of any size with questions to put to them, and Cedar alone to compare
//! with: for benches and tests.
//!
//! A set has six guardrails, four of which have no narrow scope; the rest name an agent or a team,
//! a tool or three, and often a server, and one in ten forbids. There are a fifth as many tools as
//! policies, and about as many policies match a question at every size.

use std::fmt::Write as _;

use bailiwick_core::{
    Action, AgentId, Authenticator, Call, Effect, Evidence, ExchangeId, Identified, Interpreted,
    Link, Number, PersonId, Principal, Resource, ServerId, TenantId, Timestamp, Unproved, Value,
    identify,
};
use bytes::Bytes;
use cedar_policy::{
    Authorizer, Context, Decision, Entities, EntityUid, PolicySet as CedarSet, Request,
};
use serde_json::{Value as Json, json};

/// A generated set and questions to put to it.
#[derive(Debug)]
pub struct Generated {
    /// The text of the policies: one file.
    pub policies: String,
    /// The operator's entities, as JSON.
    pub entities: String,
    /// The questions.
    pub asks: Vec<Asked>,
    tools: usize,
    servers: usize,
}

/// One question: an agent, for a person, calls a tool.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The person.
    pub person: String,
    /// The agent.
    pub agent: String,
    /// The server.
    pub server: String,
    /// The tool's name there.
    pub tool: String,
    /// What the tool does to the world.
    pub effect: Effect,
    /// The request: an MCP `tools/call`, about 300 bytes of JSON.
    pub body: String,
    /// The same question for Cedar alone: `principal`, `action`, `resource`, `context` as JSON.
    pub cedar: String,
}

/// The tenth of microseconds do not matter: when every question comes in.
pub const NOW: Timestamp = Timestamp::from_ns(1_795_255_200_000_000_000);

/// Small, repeatable pseudo-random numbers (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let sides = sides.max(1) as u64;
        usize::try_from((mixed ^ (mixed >> 31)) % sides).unwrap_or(0)
    }
}

const GUARDRAILS: &str = r#"
@id("g0") permit(principal, action == Action::"discover", resource);
@id("g1") permit(principal in Team::"staff", action, resource);
@id("g2") forbid(principal, action in Action::"invoke", resource)
  when { context.findings.contains("secret.github_token") };
@id("g3") forbid(principal, action in Action::"write", resource in Env::"prod")
  unless { context.input has approved && context.input.approved };
@id("g4") forbid(principal, action in Action::"write", resource)
  when { context.input has path && context.input.path like "*/.git/*" };
@id("g5") forbid(principal is Agent, action, resource) when { principal.suspended };
"#;

/// A set of at least ten policies, and questions of which most meet one of them.
pub fn scenario(policies: usize, questions: usize, seed: u64) -> Generated {
    let mut dice = Dice(seed);
    let count = policies.max(10);
    let (tools, agents) = ((count / 5).max(4), (count / 5).max(6));
    let (teams, servers) = ((count / 25).max(3), (count / 100).max(2));
    let mut text = GUARDRAILS.to_owned();
    let mut hints = Vec::new();
    for number in 0..count - 6 {
        let (agent, tool, any) = (dice.below(agents), dice.below(tools), dice.below(10_000));
        let action = |tool: usize| format!("Action::\"srv-{}/tool-{tool}\"", tool % servers);
        let condition = condition(any, number);
        let team = agent % teams;
        let (effect, principal, action, resource) = match number % 10 {
            0..=3 => (
                "permit",
                format!("principal == Agent::\"agent-{agent}\""),
                format!("action == {}", action(tool)),
                format!("resource in Server::\"srv-{}\"", tool % servers),
            ),
            8 => (
                "permit",
                format!("principal in Team::\"team-{team}\""),
                format!(
                    "action in [{}, {}, {}]",
                    action(tool),
                    action((tool + 1) % tools),
                    action((tool + 2) % tools)
                ),
                format!("resource in Server::\"srv-{}\"", tool % servers),
            ),
            kind => (
                if kind == 9 { "forbid" } else { "permit" },
                format!("principal in Team::\"team-{team}\""),
                format!("action == {}", action(tool)),
                "resource".to_owned(),
            ),
        };
        let scope = format!("{principal}, {action}, {resource}");
        // Writing to a String cannot fail.
        let _ = writeln!(text, "@id(\"p{number}\") {effect}({scope})\n  when {{ {condition} }};");
        hints.push((agent, tool));
    }
    let asks = (0..questions)
        .map(|_| {
            let hint = hints.get(dice.below(hints.len())).copied().unwrap_or_default();
            let random = (dice.below(agents), dice.below(tools));
            let (agent, tool) = if dice.below(10) < 7 { hint } else { random };
            asked(&mut dice, agent, tool, servers)
        })
        .collect();
    let entities = entities(agents, teams, servers).to_string();
    Generated { policies: text, entities, asks, tools, servers }
}

fn condition(any: usize, number: usize) -> String {
    match number % 5 {
        0 => format!("context.input.path like \"/workspace/p{}/*\"", any % 7),
        1 => format!(
            "[\"api.example.com\", \"h{}.example.com\"].contains(context.input.host)",
            any % 5
        ),
        2 => format!("context.input has amount && context.input.amount <= {}", 10 + any % 90),
        3 => "context.tenant == \"acme\" && context.input.dry_run".to_owned(),
        _ => format!(
            "context.input.rows < {} && !(context.input.branch == \"main\")",
            50 + any % 500
        ),
    }
}

const fn effect_of(tool: usize) -> Effect {
    match tool % 6 {
        0 => Effect::ReversibleWrite,
        3 => Effect::IrreversibleWrite,
        5 => Effect::Outbound,
        _ => Effect::Read,
    }
}

fn asked(dice: &mut Dice, agent: usize, tool: usize, servers: usize) -> Asked {
    let server = format!("srv-{}", tool % servers);
    let path = match dice.below(4) {
        0 => format!("/public/readme-{}.md", dice.below(100)),
        1 => "/workspace/p3/.git/config".to_owned(),
        _ => format!("/workspace/p{}/src/mod_{}.rs", dice.below(7), dice.below(500)),
    };
    let host = match dice.below(2) {
        0 => "api.example.com".to_owned(),
        _ => format!("h{}.example.com", dice.below(9)),
    };
    let mut arguments = json!({
        "path": path, "host": host, "rows": dice.below(600),
        "branch": if dice.below(3) == 0 { "main" } else { "feature/fix" },
        "dry_run": dice.below(2) == 0, "approved": dice.below(2) == 0,
        "turn": dice.below(205), "labels": ["a", "b", "c"],
    });
    if dice.below(3) > 0
        && let Some(arguments) = arguments.as_object_mut()
    {
        arguments.insert("amount".to_owned(), dice.below(150).into());
    }
    let (person, agent) = (format!("person-{}", dice.below(50)), format!("agent-{agent}"));
    let entity = |kind: &str, id: String| json!({"type": kind, "id": id});
    let tool_id = format!("{server}/tool-{tool}");
    let cedar = json!({
        "principal": entity("Agent", agent.clone()),
        "action": entity("Action", tool_id.clone()),
        "resource": entity("Tool", tool_id),
        "context": {"input": arguments, "tenant": "acme", "server": server, "findings": []},
    });
    let tool_name = format!("tool-{tool}");
    let body = json!({
        "jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": tool_name, "arguments": arguments},
    });
    Asked {
        person,
        agent,
        server,
        tool: tool_name,
        effect: effect_of(tool),
        body: body.to_string(),
        cedar: cedar.to_string(),
    }
}

fn entities(agents: usize, teams: usize, servers: usize) -> Json {
    let entity = |kind: &str, id: String, attrs: Json, parents: Json| {
        let uid = json!({"type": kind, "id": id});
        json!({"uid": uid, "attrs": attrs, "parents": parents})
    };
    let team = |id: String| json!([{"type": "Team", "id": id}]);
    let mut all = vec![entity("Team", "staff".to_owned(), json!({}), json!([]))];
    all.extend((0..teams).map(|it| entity("Team", format!("team-{it}"), json!({}), json!([]))));
    all.extend((0..agents).map(|it| {
        let attrs = json!({"suspended": it % 53 == 52, "risk": it % 100});
        entity("Agent", format!("agent-{it}"), attrs, team(format!("team-{}", it % teams)))
    }));
    all.extend(
        (0..50).map(|it| {
            entity("Person", format!("person-{it}"), json!({}), team("staff".to_owned()))
        }),
    );
    all.extend((0..servers).map(|it| {
        let env = if it % 4 == 3 { "prod" } else { "dev" };
        let parents = json!([{"type": "Env", "id": env}]);
        entity("Server", format!("srv-{it}"), json!({"tier": "std"}), parents)
    }));
    Json::Array(all)
}

impl Asked {
    /// Whoever asks: the agent for the person, or with `alone` the person's link left out.
    pub fn who(&self, alone: bool) -> Option<Identified> {
        let person = Link::Person(PersonId::from(self.person.as_str()));
        let agent = Link::Agent(AgentId::from(self.agent.as_str()));
        identified(if alone { vec![agent] } else { vec![person, agent] }, "acme")
    }

    /// The call that the body asks for, parsed from its bytes; `None` when it is no such call.
    pub fn call(&self, who: &Identified) -> Option<Call> {
        let message: Json = serde_json::from_str(&self.body).ok()?;
        let params = message.get("params")?;
        let resource = Resource::Tool {
            server: ServerId::from(self.server.as_str()),
            name: params.get("name")?.as_str()?.into(),
        };
        let what = Interpreted {
            action: Action::InvokeTool,
            resource,
            arguments: value(params.get("arguments")?),
            ask: Bytes::copy_from_slice(self.body.as_bytes()),
            effect: self.effect,
            named: Vec::new(),
            exists: true,
            pin: None,
            trace: None,
            model: None,
        };
        Some(Call::new(ExchangeId::new(NOW, [0; 10]), NOW, who.clone(), what))
    }
}

/// Arguments as policy sees them.
pub fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(it) => Value::Bool(*it),
        Json::Number(it) => Value::Number(Number::from_lexeme(&it.to_string())),
        Json::String(it) => Value::Text(it.as_str().into()),
        Json::Array(items) => Value::List(items.iter().map(value).collect()),
        Json::Object(members) => Value::Record(
            members.iter().map(|(name, it)| (name.as_str().into(), value(it))).collect(),
        ),
    }
}

/// Takes everybody for this chain. For benches and tests only: it checks nothing.
struct Claimed(Principal);

impl Authenticator for Claimed {
    fn name(&self) -> &'static str {
        "claimed"
    }

    fn authenticate(&self, _: &Evidence<'_>, _: Timestamp) -> Option<Result<Principal, Unproved>> {
        Some(Ok(self.0.clone()))
    }
}

/// Whoever the chain claims to be; `None` when it is empty.
pub fn identified(chain: Vec<Link>, tenant: &str) -> Option<Identified> {
    let principal = Principal {
        chain,
        tenant: TenantId::from(tenant),
        credential: None,
        task: None,
        session: None,
    };
    let evidence = Evidence::Nothing { loopback: true };
    identify(&[&Claimed(principal)], &evidence, NOW).ok()
}

/// Cedar alone on the same set: every entity and action group in one store, the whole set walked
/// for each question, one link.
#[derive(Debug)]
pub struct Plain {
    set: CedarSet,
    entities: Entities,
}

impl Plain {
    /// Cedar with everything that a generated set needs.
    ///
    /// # Errors
    /// What Cedar says.
    pub fn load(generated: &Generated) -> Result<Self, Box<dyn std::error::Error>> {
        let mut entities: Vec<Json> = serde_json::from_str(&generated.entities)?;
        for tool in 0..generated.tools {
            let server = format!("srv-{}", tool % generated.servers);
            let id = format!("{server}/tool-{tool}");
            let mut groups = vec!["invoke", "call_tool", effect_of(tool).as_str()];
            groups.extend((effect_of(tool) != Effect::Read).then_some("write"));
            let groups: Vec<_> =
                groups.into_iter().map(|it| json!({"type": "Action", "id": it})).collect();
            let within = json!([{"type": "Server", "id": server}]);
            entities.push(json!({"uid": {"type": "Action", "id": id}, "attrs": {},
                                 "parents": groups}));
            entities.push(json!({"uid": {"type": "Tool", "id": id}, "attrs": {},
                                 "parents": within}));
        }
        Ok(Self {
            set: generated.policies.parse()?,
            entities: Entities::from_json_value(Json::Array(entities), None)?,
        })
    }

    /// Whether Cedar allows it, from the bytes of [`Asked::cedar`].
    ///
    /// # Errors
    /// What Cedar says of the bytes.
    pub fn decide(&self, request: &str) -> Result<bool, Box<dyn std::error::Error>> {
        let json: Json = serde_json::from_str(request)?;
        let part = |name: &str| json.get(name).cloned().unwrap_or_default();
        let request = Request::new(
            EntityUid::from_json(part("principal"))?,
            EntityUid::from_json(part("action"))?,
            EntityUid::from_json(part("resource"))?,
            Context::from_json_value(part("context"), None)?,
            None,
        )?;
        let answer = Authorizer::new().is_authorized(&request, &self.set, &self.entities);
        Ok(answer.decision() == Decision::Allow)
    }
}
