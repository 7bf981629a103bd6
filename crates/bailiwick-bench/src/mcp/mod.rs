//! `bench mcp`: `tools/call` through the gateway with policy and log on, against (a) the server
//! itself, (b) a proxy that forwards bytes and (c) Envoy.
//!
//! Each is a process of its own, so that its CPU time and memory are its own. The variants take
//! turns within one run and ratios are taken round by round, so that other work on the machine
//! weighs on all alike.

pub(crate) mod load;
mod rounds;

use std::path::Path;

use self::load::Target;
use self::rounds::Variants;
use crate::clock::now;
use crate::envoy;
use crate::gateway::{self, Plan, Site, TOOL};
use crate::parts;
use crate::process::Part;
use crate::protocol::CALL;
use crate::report::Report;
use crate::{Done, on_one_thread};

/// Where the gateway serves it.
const GOVERNED: &str = "/mcp/bench";

/// The figures of the gateway.
pub(crate) fn run() -> Done<Report> {
    on_one_thread(measured())
}

async fn measured() -> Done<Report> {
    let mut report = Report::default();
    let folder = tempfile::tempdir()?;
    let upstream = parts::start("upstream", "")?;
    let byte_proxy = parts::start("byte-proxy", &upstream.address.to_string())?;
    let envoy = envoy::start(upstream.address, None)?;
    if envoy.is_none() {
        eprintln!("\nMISSING: Envoy is not there; throughput_vs_envoy is not measured\n");
    }
    let site = place(&folder.path().join("default"), &upstream, "appended")?;
    let begun = now();
    let gateway = site.start()?;
    let governed = target(&gateway, GOVERNED, &site);
    first_calls(&governed).await?;
    let ready_ms = begun.elapsed().as_secs_f64() * 1e3;
    site.approve()?;
    // Listing is over and nothing is under way: this is what it holds while nobody calls.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let idle_mib = gateway.rss_mib()?;
    let durable_site = place(&folder.path().join("durable"), &upstream, "durable")?;
    let durable_gateway = durable_site.start()?;
    let durable = target(&durable_gateway, GOVERNED, &durable_site);
    first_calls(&durable).await?;
    durable_site.approve()?;
    let plain = |part: &Part| target(part, "/mcp", &site);
    let variants = Variants {
        direct: plain(&upstream),
        byte_proxy: (plain(&byte_proxy), &byte_proxy),
        envoy: envoy.as_ref().map(|part| (plain(part), part)),
        gateway: (governed, &gateway),
        durable,
    };
    rounds::throughput(&variants, &mut report).await?;
    rounds::one_connection(&variants, &mut report).await?;
    rounds::paced(&variants, &mut report).await?;
    report.add("rss_idle_mib", idle_mib, "resident, idle (at most 30)");
    rounds::crowd(&variants, &mut report).await?;
    report.add("start_to_ready_ms", ready_ms, "start to the first governed reply (under 200)");
    let binary_bytes = std::fs::metadata(gateway::binary()?)?.len();
    report.add("binary_mib", binary_bytes as f64 / f64::from(1 << 20), "size of the binary");
    Ok(report)
}

/// A gateway whose decisions on reads must stand so firmly before the call goes out.
fn place(folder: &Path, upstream: &Part, reads: &str) -> Done<Site> {
    let servers = [("bench".to_owned(), format!("http://{}/mcp", upstream.address))];
    let settings = format!("[durability]\nread = \"{reads}\"\n");
    Site::new(folder, &Plan { servers: &servers, settings: &settings, tools: TOOL })
}

fn target(part: &Part, path: &'static str, site: &Site) -> Target {
    Target { address: part.address, path, key: site.key.clone(), call: CALL }
}

/// Two calls, of which each must be on record: what is measured is governed.
async fn first_calls(target: &Target) -> Done {
    let mut callers = target.callers(1).await?;
    let mut leaves = Vec::new();
    for caller in &mut callers {
        for _ in 0..2 {
            let leaf = caller.call("bailiwick-leaf").await?;
            leaves.push(leaf.ok_or("a reply without its record")?.parse::<u64>()?);
        }
    }
    match leaves.as_slice() {
        // Between two decisions stands at least the outcome of the first.
        [first, second] if *second >= *first + 2 => Ok(()),
        other => Err(format!("the calls are not on record: leaves {other:?}").into()),
    }
}
