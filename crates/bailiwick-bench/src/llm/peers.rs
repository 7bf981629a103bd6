//! Gateways of others, as their packages ship them, with whatever they do besides passing on
//! switched off as far as they let it be: no observability, no database, no cache.
//!
//! Each is asked once before it is measured. One that is not installed, or does not answer, is
//! told and left out.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::client::{Client, chat};
use super::target::{Target, request};
use super::{MEASURED, MODEL};
use crate::Done;
use crate::process::{self, Part};

/// One of them.
pub(super) struct Peer {
    pub(super) keys: &'static Keys,
    pub(super) target: Target,
    pub(super) part: Part,
}

/// What its figures are called, with what they say.
pub(super) struct Keys {
    pub(super) name: &'static str,
    pub(super) ratio: (&'static str, &'static str),
    pub(super) cpu: &'static str,
    pub(super) p99: &'static str,
    program: &'static str,
    /// Start it for the provider at this address. The folder is for its configuration.
    start: fn(PathBuf, &Path, SocketAddr) -> Done<Part>,
    path: &'static str,
    /// What it calls the model.
    model: &'static str,
    head: fn(SocketAddr) -> String,
}

/// All that are compared with.
pub(super) const ALL: [Keys; 3] = [
    Keys {
        name: "TensorZero",
        ratio: ("vs_tensorzero", "governed calls a core over TensorZero's (at least 2.5)"),
        cpu: "tensorzero_cpu_us",
        p99: "tensorzero_p99_us",
        program: "venv-gateways/bin/python",
        start: tensorzero,
        path: "/openai/v1/chat/completions",
        model: "tensorzero::model_name::bench-1",
        head: |_| String::new(),
    },
    Keys {
        name: "Portkey",
        ratio: ("vs_portkey", "governed calls a core over Portkey's (at least 15)"),
        cpu: "portkey_cpu_us",
        p99: "portkey_p99_us",
        program: "gateways/node_modules/@portkey-ai/gateway/build/start-server.js",
        start: portkey,
        path: "/v1/chat/completions",
        model: MODEL,
        head: |far| {
            format!(
                "x-portkey-provider: openai\r\nx-portkey-custom-host: http://127.0.0.1:{}/v1\r\n",
                far.port()
            )
        },
    },
    Keys {
        name: "LiteLLM",
        ratio: ("vs_litellm", "governed calls a core over LiteLLM's (at least 100)"),
        cpu: "litellm_cpu_us",
        p99: "litellm_p99_us",
        program: "venv-gateways/bin/litellm",
        start: litellm,
        path: "/v1/chat/completions",
        model: MODEL,
        head: |_| String::new(),
    },
];

/// Start it; `None`, and a word about it, when it cannot be compared with.
pub(super) async fn start(keys: &'static Keys, folder: &Path, far: SocketAddr) -> Option<Peer> {
    match started(keys, folder, far).await {
        Ok(peer) => Some(peer),
        Err(why) => {
            eprintln!("\nMISSING: {} is not compared with: {why}\n", keys.name);
            None
        }
    }
}

async fn started(keys: &'static Keys, folder: &Path, far: SocketAddr) -> Done<Peer> {
    let installed = std::env::var_os("BAILIWICK_PEERS").map(PathBuf::from).unwrap_or_default();
    let program = installed.join(keys.program);
    if !program.is_file() {
        return Err("it is not installed".into());
    }
    let folder = folder.join(keys.name);
    std::fs::create_dir_all(&folder)?;
    let part = (keys.start)(program, &folder, far)?;
    let (key, head) = ("none".to_owned(), (keys.head)(far));
    let Keys { path, model, .. } = *keys;
    let target = Target { address: part.address, path, key, model, head };
    let ask = request(&target, &chat(target.model, 1 << 10, false));
    Client::connect(target.address).await?.whole(&ask).await?;
    Ok(Peer { keys, target, part })
}

/// The Rust gateway inside of the Python package, which tells where it listens.
fn tensorzero(program: PathBuf, folder: &Path, far: SocketAddr) -> Done<Part> {
    const SERVE: &str = r"
import asyncio, sys
from tensorzero import tensorzero
async def serve():
    none = dict(clickhouse_url=None, postgres_url=None, valkey_url=None)
    start = tensorzero._start_http_gateway
    gateway = await start(config_file=sys.argv[1], async_setup=True, **none)
    print(gateway.base_url, flush=True)
    await asyncio.Event().wait()
asyncio.run(serve())
";
    let config = folder.join("tensorzero.toml");
    let text = format!(
        "[gateway]\nobservability.enabled = false\n\
         [models.{MODEL}]\nrouting = [\"bench\"]\n\
         [models.{MODEL}.providers.bench]\ntype = \"openai\"\nmodel_name = \"{MODEL}\"\n\
         api_base = \"http://{far}/v1/\"\napi_key_location = \"none\"\n"
    );
    std::fs::write(&config, text)?;
    let mut command = Command::new(program);
    command.args(["-c", SERVE]).arg(config);
    command.env("TENSORZERO_DISABLE_PSEUDONYMOUS_USAGE_ANALYTICS", "1");
    let mut command = process::on_core(command, MEASURED);
    Part::telling(command.stderr(Stdio::null()), |line| {
        line.trim().strip_prefix("http://")?.split('/').next()?.parse().ok()
    })
}

fn portkey(program: PathBuf, _: &Path, _: SocketAddr) -> Done<Part> {
    let mut command = Command::new("node");
    command.arg(program).arg("--headless").env("NODE_ENV", "production");
    listening(command, |port| format!("--port={port}"))
}

/// One worker, as it is one core that is measured.
fn litellm(program: PathBuf, folder: &Path, far: SocketAddr) -> Done<Part> {
    let config = folder.join("litellm.yaml");
    let text = format!(
        "model_list:\n  - model_name: {MODEL}\n    litellm_params:\n      \
         model: openai/{MODEL}\n      api_base: http://{far}/v1\n      api_key: none\n"
    );
    std::fs::write(&config, text)?;
    let mut command = Command::new(program);
    command.arg("--config").arg(config).args(["--host", "127.0.0.1", "--num_workers", "1"]);
    command.env("LITELLM_LOCAL_MODEL_COST_MAP", "true").env("LITELLM_OFFLINE_MODE", "true");
    // Otherwise it does not begin without a key of its own and a database.
    command.env("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true");
    listening(command, |port| format!("--port={port}"))
}

/// Start a program on a port that was free a moment ago, told in an argument.
fn listening(mut command: Command, argument: fn(u16) -> String) -> Done<Part> {
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    command.arg(argument(address.port()));
    Part::told(&mut process::on_core(command, MEASURED), address)
}
