//! A gateway before the built-in provider of models, each a process of its own.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use crate::real_servers::house_with;
use crate::support::house::{House, free_port};
use crate::support::process::{program, wait_for};

/// The provider. It is killed when it goes out of scope.
pub(crate) struct Provider {
    pub(crate) address: String,
    child: Child,
}

impl Provider {
    pub(crate) fn start() -> Self {
        Self::at(&format!("127.0.0.1:{}", free_port()))
    }

    pub(crate) fn at(address: &str) -> Self {
        let mut command = Command::new(program());
        command.args(["parrot", "--listen", address]).stderr(Stdio::null());
        let child = command.spawn().unwrap();
        wait_for("the provider", || TcpStream::connect(address).ok());
        Self { address: address.to_owned(), child }
    }

    /// End it in the middle of whatever it says.
    pub(crate) fn dies(mut self) -> String {
        self.end();
        self.address.clone()
    }

    fn end(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.end();
    }
}

/// A house in which everybody may ask the provider in both dialects.
pub(crate) struct Lab {
    pub(crate) house: House,
}

impl Lab {
    /// With these lines of `[spending]`. A word of an answer costs a tenth of a cent.
    pub(crate) fn new(provider: &Provider, spending: &str) -> Self {
        let section = |name: &str, api: &str| {
            format!(
                "[providers.{name}]\napi = \"{api}\"\nurl = \"http://{}/v1\"\n",
                provider.address
            )
        };
        let (chats, messages) = (section("parrot", "openai"), section("heron", "anthropic"));
        let spending = format!("[spending]\nprices = [\"prices.toml\"]\n{spending}");
        let house = house_with(&format!("{chats}{messages}{spending}"));
        fs::write(house.path("prices.toml"), prices("10", "1000")).unwrap();
        Self { house }
    }
}

/// A table in which every token costs so much, in dollars for a million.
pub(crate) fn prices(input: &str, output: &str) -> String {
    format!(
        "[[price]]\nprovider = \"*\"\nmodel = \"*\"\n\
         per_million = {{ input = \"{input}\", output = \"{output}\" }}\n"
    )
}
