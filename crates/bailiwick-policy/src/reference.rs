//! A small, obvious evaluator: Cedar's own `is_authorized` over the whole set, once for each link
//! and verb, with the question written out as JSON and the entities of the question added to a
//! copy of the store. Slow, and what the fast one is compared with.

use std::collections::HashMap;

use bailiwick_core::{
    Action, Call, Digest, Effect, Link, LinkVote, Obligation, Permitting, Policy, PolicyId,
    Question, Resource, Value, Verb, Votes,
};
use cedar_policy::{
    AuthorizationError, Authorizer, Context, Entities, EntityUid, PolicySet as CedarSet, Request,
};
use serde_json::{Map, Value as Json, json};

use crate::load::Source;

/// The reference evaluator.
#[derive(Debug)]
pub struct Reference {
    permits: CedarSet,
    /// Apart, because Cedar's reasons name the forbids or the permits, and both are wanted.
    forbids: CedarSet,
    entities: Vec<Json>,
}

impl Reference {
    /// A reference over sources that [`PolicySet::load`](crate::PolicySet::load) accepts.
    ///
    /// # Errors
    /// What Cedar says of them.
    pub fn load(
        policies: &[Source<'_>],
        entities: Option<Source<'_>>,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let (mut permits, mut forbids) = (CedarSet::new(), CedarSet::new());
        for source in policies {
            let parsed: CedarSet = source.text.parse()?;
            for (position, policy) in in_order(&parsed).enumerate() {
                let id = match policy.annotation("id") {
                    Some(id) => id.to_owned(),
                    None => format!("{}#{}", source.name, position + 1),
                };
                let set = match policy.effect() {
                    cedar_policy::Effect::Permit => &mut permits,
                    cedar_policy::Effect::Forbid => &mut forbids,
                };
                set.add(policy.new_id(id.parse()?))?;
            }
        }
        let entities = entities.map_or("[]", |source| source.text);
        Ok(Self { permits, forbids, entities: serde_json::from_str(entities)? })
    }

    fn votes(
        &self,
        question: &Question<'_>,
        verb: Verb,
    ) -> Result<Votes, Box<dyn std::error::Error>> {
        let resource = resource_json(question.resource);
        let (action, groups) = match verb {
            Verb::Discover => ("discover".to_owned(), vec![]),
            Verb::Invoke => action_groups(question),
        };
        let call = question.call.filter(|_| verb == Verb::Invoke);
        let entities = Entities::from_json_value(self.store(&action, &groups, question), None)?;
        let chain = &question.who.principal().chain;
        let context = context_json(question, call);
        let mut votes = Votes::new();
        for link in chain {
            let uid = |json: Json| EntityUid::from_json(json).map_err(Box::new);
            let request = Request::new(
                uid(link_json(link))?,
                uid(json!({"type": "Action", "id": action}))?,
                uid(resource.clone())?,
                Context::from_json_value(context.clone(), None)?,
                None,
            )?;
            let mut vote = LinkVote::default();
            for set in [&self.permits, &self.forbids] {
                let answer = Authorizer::new().is_authorized(&request, set, &entities);
                for AuthorizationError::PolicyEvaluationError(error) in
                    answer.diagnostics().errors()
                {
                    vote.errors.push((policy_id(error.policy_id()), error.to_string().into()));
                }
                for id in answer.diagnostics().reason() {
                    match set.policy(id).map(|policy| (policy.effect(), policy)) {
                        Some((cedar_policy::Effect::Permit, policy)) => {
                            vote.permits.push(permitting(policy));
                        }
                        _ => vote.forbids.push(policy_id(id)),
                    }
                }
            }
            vote.permits.sort_by(|a, b| a.policy.cmp(&b.policy));
            vote.forbids.sort();
            vote.errors.sort();
            votes.push(vote);
        }
        Ok(votes)
    }

    /// The operator's entities, the gateway's actions, and the action and resource of a question.
    fn store(&self, action: &str, groups: &[&str], question: &Question<'_>) -> Json {
        let mut all: HashMap<String, Json> = HashMap::new();
        let mut add = |entity: Json| {
            let part = |name: &str| entity.get(name).cloned().unwrap_or_default();
            let key = part("uid").to_string();
            let Some(known) = all.get_mut(&key).and_then(|it| it.get_mut("parents")) else {
                all.insert(key, entity);
                return;
            };
            if let (Json::Array(parents), Json::Array(more)) = (known, part("parents")) {
                parents.extend(more);
            }
        };
        let of =
            |uid: Json, parents: Vec<Json>| json!({"uid": uid, "attrs": {}, "parents": parents});
        let word = |it: &str| json!({"type": "Action", "id": it});
        self.entities.iter().cloned().for_each(&mut add);
        for core in Action::ALL.into_iter().filter(|it| *it != Action::InvokeTool) {
            add(of(word(core.as_str()), core_groups(core).iter().map(|it| word(it)).collect()));
        }
        add(of(word("discover"), vec![]));
        if question.action == Action::InvokeTool {
            add(of(word(action), groups.iter().map(|it| word(it)).collect()));
        }
        let server = json!({"type": "Server", "id": question.resource.server().as_str()});
        let whole = matches!(question.resource, Resource::Server(_));
        let parents = if whole { vec![] } else { vec![server] };
        add(of(resource_json(question.resource), parents));
        Json::Array(all.into_values().collect())
    }
}

impl Policy for Reference {
    fn vote(&self, question: &Question<'_>, verb: Verb) -> Votes {
        let broken = |error: Box<dyn std::error::Error>| {
            vec![LinkVote {
                errors: vec![(PolicyId::from("reference"), error.to_string().into())],
                ..LinkVote::default()
            }]
        };
        let verb = if question.action.is_session() { Verb::Invoke } else { verb };
        self.votes(question, verb).unwrap_or_else(broken)
    }

    fn digest(&self) -> Digest {
        Digest::of(format!("{}{}", self.permits, self.forbids).as_bytes())
    }
}

fn policy_id(id: &cedar_policy::PolicyId) -> PolicyId {
    PolicyId::from(AsRef::<str>::as_ref(id))
}

fn permitting(policy: &cedar_policy::Policy) -> Permitting {
    let words = policy.annotation("obligation").into_iter().flat_map(|it| it.split(','));
    Permitting {
        policy: policy_id(policy.id()),
        obligations: words.map(|it| Obligation::parse(it.trim())).collect(),
    }
}

/// The policies of one file. Cedar numbers them in the order of the text.
fn in_order(set: &CedarSet) -> impl Iterator<Item = &cedar_policy::Policy> {
    let mut all: Vec<_> = set.policies().collect();
    let number = |policy: &cedar_policy::Policy| {
        AsRef::<str>::as_ref(policy.id()).trim_start_matches("policy").parse::<usize>().ok()
    };
    all.sort_by_key(|policy| number(policy));
    all.into_iter()
}

fn link_json(link: &Link) -> Json {
    match link {
        Link::Person(it) => json!({"type": "Person", "id": it.as_str()}),
        Link::Agent(it) => json!({"type": "Agent", "id": it.as_str()}),
        Link::System(it) => json!({"type": "System", "id": it.as_str()}),
        Link::Server(it) => json!({"type": "Server", "id": it.as_str()}),
    }
}

fn resource_json(resource: &Resource) -> Json {
    let server = resource.server();
    let whole = matches!(resource, Resource::Server(_) | Resource::Client { .. });
    let id = if whole { server.to_string() } else { format!("{server}/{}", resource.name()) };
    json!({"type": resource.kind(), "id": id})
}

fn core_groups(action: Action) -> &'static [&'static str] {
    match action.as_str() {
        "read_resource" | "subscribe" | "get_prompt" | "complete_argument" => &["invoke", "read"],
        "sample" | "elicit" | "other" => &["invoke", "write"],
        "list_roots" => &["invoke"],
        "complete" | "embed" => &["invoke", "use_model"],
        "read_state" => &["invoke", "use_state", "read"],
        "create_state" | "delete_state" => &["invoke", "use_state", "write"],
        _ => &["session"],
    }
}

fn action_groups(question: &Question<'_>) -> (String, Vec<&'static str>) {
    let Resource::Tool { server, name } = question.resource else {
        return (question.action.as_str().to_owned(), core_groups(question.action).to_vec());
    };
    if question.action != Action::InvokeTool {
        return (question.action.as_str().to_owned(), core_groups(question.action).to_vec());
    }
    let effect = question.call.map_or(Effect::Unknown, Call::effect);
    let mut groups = vec!["invoke", "call_tool"];
    groups.push(if effect == Effect::Unknown { "unknown_effect" } else { effect.as_str() });
    if effect != Effect::Read {
        groups.push("write");
    }
    (format!("{server}/{name}"), groups)
}

fn context_json(question: &Question<'_>, call: Option<&Call>) -> Json {
    let who = question.who.principal();
    let entity = |uid: Json| json!({ "__entity": uid });
    let mut context = Map::new();
    let mut put = |name: &str, value: Json| drop(context.insert(name.to_owned(), value));
    put("chain", who.chain.iter().map(|it| entity(link_json(it))).collect());
    if let Some(person) = question.who.person() {
        put("person", entity(json!({"type": "Person", "id": person.as_str()})));
    }
    if let Some(agent) = question.who.agent() {
        put("agent", entity(json!({"type": "Agent", "id": agent.as_str()})));
    }
    put("tenant", json!(who.tenant.as_str()));
    put("server", json!(question.resource.server().as_str()));
    put("name", json!(question.resource.name()));
    if let Resource::Tool { name, .. } = question.resource {
        put("tool", json!(name));
    }
    let mut resources = Map::new();
    for it in call.map_or(&[][..], Call::named) {
        let found = entity(json!({"type": it.kind, "id": it.id}));
        let known = match resources.remove(&*it.argument) {
            None => found,
            Some(Json::Array(mut several)) => {
                several.push(found);
                Json::Array(several)
            }
            Some(one) => json!([one, found]),
        };
        resources.insert(it.argument.to_string(), known);
    }
    put("resources", Json::Object(resources));
    put("input", call.and_then(|call| value_json(call.arguments())).unwrap_or_else(|| json!({})));
    let findings = question.context.findings.kept();
    let findings = if call.is_some() { findings } else { &[] };
    put("findings", findings.iter().map(|it| json!(it.kind)).collect());
    if let Some(call) = call {
        put("effect", json!(call.effect().as_str()));
    }
    let ms = question.context.now.ms();
    let since = json!({"__extn": {"fn": "offset", "args": [
        {"__extn": {"fn": "datetime", "arg": "1970-01-01"}},
        {"__extn": {"fn": "duration", "arg": format!("{ms}ms")}},
    ]}});
    put("now", since);
    let (minutes, days) = (ms / 60_000, ms / 86_400_000);
    put(
        "time",
        json!({"hour": minutes / 60 % 24, "minute": minutes % 60, "weekday": (days + 3) % 7 + 1,
               "unix_ms": ms}),
    );
    Json::Object(context)
}

fn value_json(value: &Value) -> Option<Json> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(it) => json!(it),
        Value::Text(it) => json!(it),
        Value::Number(it) => match (it.as_i64(), it.as_ten_thousandths()) {
            (Some(whole), _) => json!(whole),
            (None, Some(parts)) => {
                let sign = if parts < 0 { "-" } else { "" };
                let parts = parts.unsigned_abs();
                let spelled = format!("{sign}{}.{:04}", parts / 10_000, parts % 10_000);
                json!({"__extn": {"fn": "decimal", "arg": spelled}})
            }
            (None, None) => json!(it.lexeme()),
        },
        Value::List(items) => items.iter().filter_map(value_json).collect(),
        Value::Record(members) => Json::Object(
            members
                .iter()
                .filter_map(|(name, it)| Some((name.to_string(), value_json(it)?)))
                .collect(),
        ),
    })
}
