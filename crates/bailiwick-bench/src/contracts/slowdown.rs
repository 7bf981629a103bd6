//! What contracts cost a governed call: a hundred tools whose schemas are kept to and whose
//! arguments mean something, over one tool of which nothing is said but its effect.
//!
//! Two gateways take turns within one run, each with one connection and then with sixteen. The
//! calls are the same bytes.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use crate::gateway::{Plan, Site, TOOL};
use crate::mcp::load::{Caller, Target, flood};
use crate::parts::{self, BARE, STRICT, STRICT_TOOLS};
use crate::process::Part;
use crate::protocol::{MEANT_CALL, tool_name};
use crate::report::{Report, median};
use crate::{Done, on_one_thread};

const ROUNDS: usize = 9;
const ROUND: Duration = Duration::from_millis(800);
const WARM_UP: Duration = Duration::from_millis(400);
const CROWD: usize = 16;

/// What a contract says of each tool.
const MEANT: &str = r#"
effect = "read"
collections = ["Document"]
[tools.NAME.arguments.limit]
maximum = 50
[tools.NAME.arguments.site]
is = { a = "url", hosts = ["docs.example.com", "*.example.org"] }
[tools.NAME.arguments.file]
is = { a = "path", roots = ["/srv/documents"] }
[tools.NAME.arguments.reply_to]
is = { a = "email", domains = ["example.com"], most = 1 }
[tools.NAME.arguments.budget]
is = { a = "money", cap = "250.00", currency = "EUR" }
"#;

/// What a call takes, over what it takes without contracts; absent where no gateway is told.
pub(super) fn measure(report: &mut Report) -> Done {
    if std::env::var_os("BAILIWICK_BIN").is_none() {
        eprintln!("no gateway: mcp_slowdown is not measured; run this by `cargo xtask bench`");
        report.add("mcp_slowdown", None, "a governed call with contracts, over one without");
        return Ok(());
    }
    report.join(on_one_thread(measured())?);
    Ok(())
}

/// A gateway, and what its calls came to in each round.
struct Lane {
    gateway: Part,
    one: Vec<Caller>,
    crowd: Vec<Caller>,
    p50_us: Vec<f64>,
    cpu_us: Vec<f64>,
}

async fn measured() -> Done<Report> {
    let folder = tempfile::tempdir()?;
    let upstream = parts::start("upstream", "")?;
    let mut meant = String::new();
    for name in (0..STRICT_TOOLS).map(tool_name) {
        let _ = writeln!(meant, "[tools.{name}]{}", MEANT.replace("NAME", &name));
    }
    let mut without = Lane::new(&folder.path().join("without"), &upstream, BARE, TOOL).await?;
    let mut with = Lane::new(&folder.path().join("with"), &upstream, STRICT, &meant).await?;
    for _ in 0..ROUNDS {
        for lane in [&mut without, &mut with] {
            lane.round().await?;
        }
    }
    let over = |with: &[f64], without: &[f64]| {
        median(with.iter().zip(without).map(|(with, without)| with / without).collect())
    };
    let mut report = Report::default();
    let note = "a governed call with contracts, over one without: median, one connection (<= 1.15)";
    report.add("mcp_slowdown", over(&with.p50_us, &without.p50_us), note);
    let note = "the same: the gateway's CPU, 16 connections";
    report.add("mcp_slowdown_cpu", over(&with.cpu_us, &without.cpu_us), note);
    report.add("mcp_p50_us", median(with.p50_us), "a governed call with contracts");
    report.add("mcp_cpu_us", median(with.cpu_us), "the gateway's CPU for it");
    Ok(report)
}

impl Lane {
    async fn new(folder: &Path, upstream: &Part, path: &str, tools: &str) -> Done<Self> {
        let servers = [("bench".to_owned(), format!("http://{}{path}", upstream.address))];
        let site = Site::new(folder, &Plan { servers: &servers, settings: "", tools })?;
        let gateway = site.start()?;
        let (path, call) = ("/mcp/bench", MEANT_CALL);
        let target = Target { address: gateway.address, path, key: site.key.clone(), call };
        // The first call waits for the listing, which there must be before anything is approved.
        let mut one = target.callers(1).await?;
        flood(&mut one, WARM_UP).await?;
        site.approve()?;
        let mut crowd = target.callers(CROWD).await?;
        flood(&mut crowd, WARM_UP).await?;
        let (p50_us, cpu_us) = Default::default();
        Ok(Self { gateway, one, crowd, p50_us, cpu_us })
    }

    async fn round(&mut self) -> Done {
        self.p50_us.push(flood(&mut self.one, ROUND).await?.percentile_us(50));
        let before = self.gateway.cpu_us()?;
        let flow = flood(&mut self.crowd, ROUND).await?;
        self.cpu_us.push((self.gateway.cpu_us()? - before) / flow.calls);
        Ok(())
    }
}
