//! `bailiwick ask`: a dry run. Would this be allowed, and why? Nothing is carried out.

use bailiwick_core::{Action, Effect, Inputs, Link, Number, Principal, Resource, ServerId, Value};
use bailiwick_gateway::Rules;
use bailiwick_gateway::approving::ToolStands;
use bailiwick_gateway::config::Settings;
use bailiwick_gateway::dry_run::{Besides, ToolCall, tool_call};
use bailiwick_gateway::store::Store;
use bailiwick_wire::json::{Document, Limits};
use clap::Args;
use serde_json::json;

use super::admin::Remote;
use super::around::Surroundings;
use super::{settings, why};
use crate::output::{Common, Failure, Outcome};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The agent that would call.
    #[arg(long)]
    agent: String,
    /// The person on whose behalf.
    #[arg(long)]
    person: String,
    /// The tenant.
    #[arg(long, default_value = "default")]
    tenant: String,
    /// What would be called: `server/tool`. It is taken to exist.
    #[arg(long, required_unless_present_any = ["resource", "prompt", "model"])]
    #[arg(conflicts_with_all = ["resource", "prompt", "model"])]
    tool: Option<String>,
    /// What would be read: `server/uri`.
    #[arg(long, conflicts_with_all = ["prompt", "model"])]
    resource: Option<String>,
    /// Which prompt: `server/prompt`.
    #[arg(long, conflicts_with = "model")]
    prompt: Option<String>,
    /// Which model would write on: `provider/model`, or another name of `[models]`.
    #[arg(long)]
    model: Option<String>,
    /// The arguments, as a JSON object; of a model the members that policies read (docs/models.md),
    /// in place of a plain chat's.
    #[arg(long, default_value = "{}")]
    arguments: String,
    /// Ask the addresses of `[facts]`, too. Files and databases are always asked.
    #[arg(long)]
    ask_sources: bool,
}

pub(crate) fn run(common: &Common, arguments: &Arguments) -> Outcome {
    let settings = settings::load(common)?;
    let rules = Rules::read(&settings).map_err(|bad| Failure(bad.0.join("\n")))?;
    let now = bailiwick_gateway::now();
    let (inputs, mut besides) = inputs(arguments, &rules, &settings)?;
    let mut notes = notes(&inputs, &settings);
    if matches!(inputs.resource, Resource::Tool { .. }) && besides.pin.is_none() {
        notes.push("nobody approved this tool, so its schema is not looked at".into());
    }
    notes.extend(shown(&settings, &inputs, &mut besides));
    notes.extend(besides.misfit.iter().map(|it| format!("what does not fit: {it}")));
    let state = Store::find(&settings.data).unwrap_or_else(|problem| {
        notes.push(format!("{problem}: what was killed is not looked at"));
        None
    });
    let around = Surroundings::of((&settings, rules), &inputs, arguments.ask_sources, now)?;
    let answer = around.decide(state.as_ref(), &inputs, besides, now)?;
    notes.extend(why::orders(state.as_ref(), inputs.resource.server(), &answer));
    why::print(common, &inputs, &answer, (&notes, &around.unknown))
}

/// Which definition of a tool its server shows, where a gateway runs that sees it: a call would be
/// of that one.
fn shown(settings: &Settings, inputs: &Inputs, besides: &mut Besides) -> Option<String> {
    let Resource::Tool { server, name } = &inputs.resource else { return None };
    // Without one, or without its token, what was approved is believed to be as it was.
    let gateway = Remote::find(settings).ok()??;
    let path = format!("/admin/v1/contracts/{server}");
    match gateway.call::<Vec<ToolStands>>("GET", &path, &json!(null)) {
        Ok(stands) => match stands.into_iter().find(|it| it.name == **name) {
            Some(it) => {
                besides.pin = Some(it.pin.digest());
                None
            }
            None => Some(format!("`{server}` shows no tool `{name}` now: a call would find none")),
        },
        Err(Failure(why)) => Some(why),
    }
}

/// What the answer rests on, where that is probably not what was meant.
fn notes(inputs: &Inputs, settings: &Settings) -> Vec<String> {
    let server = inputs.resource.server();
    let is_known = |name: &ServerId| settings.servers.iter().any(|it| it.name == *name);
    let mut notes = Vec::new();
    // Where there are none, `wrap` brings them.
    let is_model = matches!(inputs.resource, Resource::Model { .. });
    if !settings.servers.is_empty() && !is_model && !is_known(server) {
        notes.push(format!("[servers] has no `{server}`: a call would find no such server"));
    }
    let has_provider = || settings.models.providers.iter().any(|it| it.name == *server);
    if is_model && !has_provider() {
        notes.push(format!("[providers] has no `{server}`: a call would find no such model"));
    }
    if inputs.effect == Effect::Unknown {
        let (tool, folder) = (inputs.resource.name(), settings.contracts.display());
        notes.push(format!(
            "no contract in {folder} says what `{tool}` of `{server}` does, so it counts as \
             the worst"
        ));
    }
    notes
}

/// What would be decided on. Contracts say what a tool's call comes to.
fn inputs(
    asked: &Arguments,
    rules: &Rules,
    settings: &Settings,
) -> Result<(Inputs, Besides), Failure> {
    let document = Document::parse(asked.arguments.as_bytes(), Limits::default())
        .map_err(|problem| Failure(format!("--arguments: {problem}")))?;
    let Value::Record(mut arguments) = document.root().to_value() else {
        return Err(Failure("--arguments must be a JSON object, such as '{\"id\": 1}'".into()));
    };
    let (action, resource) = target(asked, settings)?;
    if let Resource::Model { server, .. } = &resource {
        as_a_chat(&mut arguments, server, settings);
    }
    let (arguments, principal) = (Value::Record(arguments), principal(asked));
    if let Resource::Tool { server, name } = &resource {
        let call =
            tool_call(rules, &principal, (server, name), arguments, bailiwick_gateway::now())?;
        let ToolCall { resource, arguments, effect, exists, besides } = call;
        let named =
            rules.contracts.named(server, resource.name(), &arguments).ok_or_else(|| {
                Failure(
                    "an argument that should name something does not; it would be refused".into(),
                )
            })?;
        let inputs = Inputs { principal, action, resource, effect, exists, named, arguments };
        return Ok((inputs, besides));
    }
    let is_model = matches!(resource, Resource::Model { .. });
    let effect = if is_model { Effect::Outbound } else { Effect::Read };
    let (exists, named) = (true, Vec::new());
    let inputs = Inputs { principal, action, resource, effect, exists, named, arguments };
    Ok((inputs, Besides::default()))
}

fn principal(asked: &Arguments) -> Principal {
    Principal {
        chain: vec![
            Link::Person(asked.person.as_str().into()),
            Link::Agent(asked.agent.as_str().into()),
        ],
        tenant: asked.tenant.as_str().into(),
        credential: None,
        task: None,
        session: None,
    }
}

/// What policies may read of a plain chat, where nothing else was said.
fn as_a_chat(said: &mut Vec<(Box<str>, Value)>, provider: &ServerId, settings: &Settings) {
    let count = |it: u64| Value::Number(Number::from_lexeme(&it.to_string()));
    let provider = settings.models.providers.iter().find(|it| it.name == *provider);
    let most = provider.map(|it| ("output_max", count(it.output_tokens)));
    let plain = [
        ("stream", Value::Bool(false)),
        ("choices", count(1)),
        ("messages", count(1)),
        ("images", count(0)),
        ("files", count(0)),
        ("tools", Value::List(Vec::new())),
        ("hosted_tools", Value::List(Vec::new())),
        ("operation", Value::Text("chat".into())),
    ];
    for (name, value) in plain.into_iter().chain(most) {
        if !said.iter().any(|(it, _)| **it == *name) {
            said.push((name.into(), value));
        }
    }
}

fn target(asked: &Arguments, settings: &Settings) -> Result<(Action, Resource), Failure> {
    let split = |text: &str| {
        let (server, name) = text.split_once('/').ok_or_else(|| {
            Failure(format!("`{text}` must be `server/name`, such as `helpdesk/get_billing`"))
        })?;
        Ok::<_, Failure>((server.into(), name.into()))
    };
    match (&asked.tool, &asked.resource, &asked.prompt) {
        (Some(tool), ..) => {
            let (server, name) = split(tool)?;
            Ok((Action::InvokeTool, Resource::Tool { server, name }))
        }
        (None, Some(resource), _) => {
            let (server, uri) = split(resource)?;
            Ok((Action::ReadResource, Resource::Document { server, uri }))
        }
        (None, None, Some(prompt)) => {
            let (server, name) = split(prompt)?;
            Ok((Action::GetPrompt, Resource::Prompt { server, name }))
        }
        (None, None, None) => {
            let words = "name a --tool, a --resource, a --prompt or a --model";
            let model = asked.model.as_ref().ok_or_else(|| Failure(words.into()))?;
            // Another name is what it leads to, as in a call.
            let (server, name) = match settings.models.aliases.get(model) {
                Some((provider, model)) => (provider.clone(), model.as_str().into()),
                None => split(model)?,
            };
            Ok((Action::Complete, Resource::Model { server, name }))
        }
    }
}
