//! `bench llm`: chats through the gateway with key, budget, policy, scan, meter and log, against
//! the provider itself, a proxy that forwards bytes (ungoverned), Envoy, and gateways of others.
//!
//! What is measured has one core, and what loads it and answers it the other. "A core" in a figure
//! is reckoned from the CPU time of a call, so that it holds whoever is the bottleneck.

mod client;
mod peers;
mod rounds;
mod target;

use std::path::Path;

use self::peers::Peer;
use self::rounds::Variants;
use self::target::Target;
use crate::gateway::{Plan, Site, TOOL};
use crate::report::Report;
use crate::{Done, envoy, on_one_thread, parts, scan};

/// The core of what is measured, and that of all else.
const MEASURED: Option<usize> = Some(0);
const REST: Option<usize> = Some(1);
const MODEL: &str = "bench-1";

const SETTINGS: &str = r#"
[providers.bench]
url = "http://ADDRESS/v1"

[spending]
prices = ["prices.toml"]
key_day = "1000000"
tenant_day = "1000000"
"#;

const PRICES: &str = r#"
[[price]]
provider = "bench"
model = "*"
per_million = { input = "0.15", cached = "0.075", output = "0.60" }
"#;

const POLICIES: &str = r#"
@id("agents_ask")
permit (
    principal == Agent::"bench-agent",
    action in [Action::"discover", Action::"session", Action::"use_model"],
    resource in Server::"bench"
)
when { !context.findings.contains("secret.openai_key") };

@id("people_ask")
permit (
    principal == Person::"bench-person",
    action in [Action::"discover", Action::"session", Action::"use_model"],
    resource in Server::"bench"
);
"#;

/// The figures of the model path.
pub(crate) fn run() -> Done<Report> {
    on_one_thread(measured())
}

async fn measured() -> Done<Report> {
    let mut report = Report::default();
    let folder = tempfile::tempdir()?;
    let far = parts::start_on(REST, "provider", "")?;
    let byte_proxy = parts::start_on(MEASURED, "byte-proxy", &far.address.to_string())?;
    let envoy = envoy::start(far.address, MEASURED)?;
    if envoy.is_none() {
        eprintln!("\nMISSING: Envoy is not there; vs_envoy is not measured\n");
    }
    let site = place(folder.path(), &far.address.to_string())?;
    let gateway = site.start_on(MEASURED)?;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    report.add("rss_idle_mib", gateway.rss_mib()?, "resident, idle (at most 50)");
    let mut peers: Vec<Peer> = Vec::new();
    for keys in &peers::ALL {
        peers.extend(peers::start(keys, folder.path(), far.address).await);
    }
    let target = |address, path: &'static str| {
        let (key, head) = (site.key.clone(), String::new());
        Target { address, path, key, model: MODEL, head }
    };
    let plain = "/v1/chat/completions";
    let variants = Variants {
        direct: target(far.address, plain),
        byte_proxy: (target(byte_proxy.address, plain), &byte_proxy),
        envoy: envoy.as_ref().map(|part| (target(part.address, plain), part)),
        gateway: (target(gateway.address, "/openai/v1/chat/completions"), &gateway),
        peers: &peers,
    };
    rounds::whole(&variants, &mut report).await?;
    rounds::streams(&variants, &mut report).await?;
    rounds::crowd(&variants, &mut report).await?;
    report.add("scan_mb_s", scan::rate()?, "secrets looked for in mixed text, MB/s (at least 100)");
    Ok(report)
}

fn place(folder: &Path, far: &str) -> Done<Site> {
    std::fs::create_dir_all(folder.join("policies"))?;
    std::fs::write(folder.join("policies/models.cedar"), POLICIES)?;
    std::fs::write(folder.join("prices.toml"), PRICES)?;
    let settings = SETTINGS.replace("ADDRESS", far);
    Site::new(folder, &Plan { servers: &[], settings: &settings, tools: TOOL })
}
