//! Envoy as a plain proxy: one listener, one cluster, no filters but the router.

use std::ffi::OsStr;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::Done;
use crate::process::{self, Part};

/// Start Envoy, on this core alone if one is named; `None` when it is not installed.
pub(crate) fn start(to: SocketAddr, core: Option<usize>) -> Done<Option<Part>> {
    let Some(program) = program() else { return Ok(None) };
    // A port that was free a moment ago: Envoy does not tell which one it took.
    let address = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let mut command = process::on_core(Command::new(program), core);
    if core.is_some() {
        command.args(["--concurrency", "1"]);
    }
    command.args(["--disable-hot-restart", "--log-level", "off", "--config-yaml"]);
    command.arg(configuration(address, to).to_string());
    Part::told(&mut command, address).map(Some)
}

/// The binary that the Python package brings.
fn program() -> Option<PathBuf> {
    let peers = std::env::var_os("BAILIWICK_PEERS").map(PathBuf::from)?;
    let pythons = std::fs::read_dir(peers.join("venv-bench/lib")).ok()?;
    let binary = Path::new("site-packages/envoy/_bin/envoy");
    let is_python = |it: &OsStr| it.to_string_lossy().starts_with("python3");
    let found = pythons.flatten().filter(|it| is_python(&it.file_name()));
    found.map(|it| it.path().join(binary)).find(|it| it.is_file())
}

fn configuration(at: SocketAddr, to: SocketAddr) -> Value {
    let socket = |it: SocketAddr| {
        let (address, port) = (it.ip().to_string(), it.port());
        json!({"socket_address": {"address": address, "port_value": port}})
    };
    let kind = |it: &str| format!("type.googleapis.com/envoy.extensions.filters.{it}");
    let router = json!({"name": "envoy.filters.http.router",
        "typed_config": {"@type": kind("http.router.v3.Router")}});
    let route = json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}});
    let host = json!({"name": "all", "domains": ["*"], "routes": [route]});
    let manager = json!({
        "@type": kind("network.http_connection_manager.v3.HttpConnectionManager"),
        "stat_prefix": "bench", "http_filters": [router],
        "route_config": {"virtual_hosts": [host]}
    });
    let filter = json!({"name": "envoy.filters.network.http_connection_manager",
        "typed_config": manager});
    let endpoint = json!({"endpoint": {"address": socket(to)}});
    json!({"static_resources": {
        "listeners": [{"address": socket(at), "filter_chains": [{"filters": [filter]}]}],
        "clusters": [{"name": "upstream", "connect_timeout": "1s", "type": "STATIC",
            "load_assignment": {"cluster_name": "upstream",
                "endpoints": [{"lb_endpoints": [endpoint]}]}}],
    }})
}
