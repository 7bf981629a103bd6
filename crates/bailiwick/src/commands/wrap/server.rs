//! The one server of a wrap, as its command line means it.

use std::collections::BTreeMap;

use bailiwick_gateway::config::{
    Launch, SecretRef, ServerSettings, Transport, address_of, is_header, is_server_name,
};

use super::{Arguments, Way, name};
use crate::output::Failure;

/// Our own variables are nothing to a server.
const OURS: &str = "BAILIWICK_";

/// What the arguments mean.
///
/// # Errors
/// [`Failure`] with what is wrong in them.
pub(super) fn meant_by(arguments: &Arguments) -> Result<ServerSettings, Failure> {
    let name = named(arguments)?;
    let launch = match &arguments.url {
        Some(url) => {
            let way = arguments.transport.map(|it| match it {
                Way::StreamableHttp => Transport::StreamableHttp,
                Way::Sse => Transport::Sse,
            });
            Launch::Http(address_of(url).map_err(Failure)?, way)
        }
        None => child(arguments)?,
    };
    let open = arguments.header.iter().map(|(name, value)| (name, value.as_str()));
    let secret = arguments.secret_header.iter().map(|(name, _)| (name, ""));
    if let Some((name, _)) = open.chain(secret).find(|(name, value)| !is_header(name, value)) {
        let rule = "it is not one, its value is none, or the protocol sets it";
        return Err(Failure(format!("`{name}` cannot be a header here: {rule}")));
    }
    Ok(ServerSettings {
        name: name.as_str().into(),
        launch,
        headers: arguments.header.iter().cloned().collect(),
        egress: None,
        secret_environment: in_files(&arguments.secret_env),
        secret_headers: in_files(&arguments.secret_header),
    })
}

fn named(arguments: &Arguments) -> Result<String, Failure> {
    let told = match &arguments.url {
        Some(url) => name::of_address(url),
        None => name::of_command(&arguments.command),
    };
    let name = arguments.name.clone().or(told);
    let name = name.ok_or_else(|| Failure("nothing tells a name: give one with --name".into()))?;
    if !is_server_name(&name) {
        let rule = "use letters, digits, `-` and single `_`";
        return Err(Failure(format!("`{name}` cannot be a server's name: {rule}")));
    }
    Ok(name)
}

fn child(arguments: &Arguments) -> Result<Launch, Failure> {
    let (program, rest) =
        arguments.command.split_first().ok_or_else(|| Failure("no command is given".into()))?;
    let mut environment = environment(&arguments.variables);
    // An entry that a client still has for it says nothing any more.
    arguments.secret_env.iter().for_each(|(name, _)| drop(environment.remove(name)));
    Ok(Launch::Child {
        program: program.clone(),
        arguments: rest.to_vec(),
        directory: std::env::current_dir()?,
        environment,
        shares_stderr: true,
    })
}

/// A client adds its server's variables to its own: which are which cannot be told, so the server
/// gets what it would have got without us, or what is named.
fn environment(named: &[String]) -> BTreeMap<String, String> {
    let all = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let passes = |name: &String| {
        let wanted = named.is_empty() || named.contains(name);
        wanted && !name.starts_with(OURS)
    };
    all.filter(|(name, _)| passes(name)).collect()
}

fn in_files(said: &[(String, String)]) -> BTreeMap<String, SecretRef> {
    let file = |file: &String| SecretRef::File { file: file.clone(), prefix: String::new() };
    said.iter().map(|(name, it)| (name.clone(), file(it))).collect()
}
