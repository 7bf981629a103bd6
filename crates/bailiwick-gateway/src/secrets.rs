//! Fetching the secrets that the configuration refers to, straight into the vault.

use bailiwick_broker::{AwsKey, Credential, Secret, Vault};

use hyper::header::HeaderValue;

use crate::config::{AwsSettings, SecretRef, Settings};

/// Fill a vault with every secret that the configuration refers to.
///
/// # Errors
/// A line for each secret that cannot be had. It names the place, never the value.
pub(crate) fn fetch(settings: &Settings) -> Result<Vault, Vec<String>> {
    let mut vault = Vault::default();
    let mut missing = Vec::new();
    for server in &settings.servers {
        for (name, value) in &server.headers {
            let (name, value) = (name.clone(), value.clone());
            vault.keep(server.name.clone(), Credential::OpenHeader { name, value });
        }
        let headers = server.secret_headers.iter().map(|it| (true, it));
        let variables = server.secret_environment.iter().map(|it| (false, it));
        for (is_header, (name, reference)) in headers.chain(variables) {
            let name = name.clone();
            match read(reference) {
                Ok(value) if is_header => {
                    vault.keep(server.name.clone(), Credential::Header { name, value });
                }
                Ok(value) => {
                    vault.keep(server.name.clone(), Credential::Environment { name, value });
                }
                Err(why) => missing.push(format!("[servers.{}] {name}: {why}", server.name)),
            }
        }
    }
    for provider in &settings.models.providers {
        for (name, reference) in &provider.secret_headers {
            let name = name.clone();
            match read(reference) {
                Ok(value) => {
                    vault.keep(provider.name.clone(), Credential::Header { name, value });
                }
                Err(why) => missing.push(format!("[providers.{}] {name}: {why}", provider.name)),
            }
        }
        match provider.aws.as_ref().map(aws_key).transpose() {
            Ok(key) => key.into_iter().for_each(|it| {
                vault.keep(provider.name.clone(), Credential::Aws(it));
            }),
            Err(why) => missing.push(format!("[providers.{}] aws: {why}", provider.name)),
        }
    }
    if missing.is_empty() { Ok(vault) } else { Err(missing) }
}

/// A line for each secret that the configuration refers to and that cannot be had here and now.
pub fn missing_secrets(settings: &Settings) -> Vec<String> {
    fetch(settings).err().unwrap_or_default()
}

fn aws_key(said: &AwsSettings) -> Result<AwsKey, String> {
    Ok(AwsKey {
        id: read(&said.access_key_id)?,
        secret: read(&said.secret_access_key)?,
        session: said.session_token.as_ref().map(read).transpose()?,
        region: said.region.clone(),
    })
}

/// A secret as the value of a header, for what is asked outside of any call: facts that decisions
/// rest on. Nobody sees it in a log or an error.
pub(crate) fn header(reference: &SecretRef) -> Result<HeaderValue, String> {
    let secret = text(reference)?;
    let value = HeaderValue::from_str(&secret);
    let mut value = value.map_err(|_| "it holds what no header can".to_owned())?;
    value.set_sensitive(true);
    Ok(value)
}

fn read(reference: &SecretRef) -> Result<Secret, String> {
    text(reference).map(Secret::new)
}

fn text(reference: &SecretRef) -> Result<String, String> {
    match reference {
        SecretRef::Environment { env, prefix } => match std::env::var(env) {
            Ok(text) => Ok(format!("{prefix}{text}")),
            Err(_) => Err(format!("the variable {env} is not set")),
        },
        SecretRef::File { file, prefix } => match std::fs::read_to_string(file) {
            Ok(text) => Ok(format!("{prefix}{}", without_end(&text))),
            Err(problem) => Err(format!("{file}: {problem}")),
        },
    }
}

/// A text without its last line break, which editors add.
fn without_end(text: &str) -> &str {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix('\n')).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_break_is_the_editors_and_more_are_the_secrets() {
        for (file, secret) in
            [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("\n", ""), ("", "")]
        {
            assert_eq!(without_end(file), secret, "{file:?}");
        }
    }
}
