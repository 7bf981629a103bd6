//! Asking a source once.

use super::came::{Came, Tag};
use super::{file, http, sqlite};
use crate::config::{FactsSettings, Origin};

/// Ask a source. `tag` names what is known from it.
///
/// # Errors
/// Why there is no answer, in words that hold nothing of one.
pub(crate) async fn fetch(source: &FactsSettings, tag: Option<&Tag>) -> Result<Came, String> {
    match &source.origin {
        Origin::File { file, ages } => {
            let (file, ages, source) = (file.clone(), *ages, source.clone());
            let read = tokio::task::spawn_blocking(move || file::read(&file, ages, &source)).await;
            read.unwrap_or_else(|_| Err("it could not be read".to_owned()))
        }
        Origin::Http { address, secrets } => {
            let asked = http::ask(source, address, secrets, tag);
            let late = || format!("no answer within {} s", source.timeout.as_secs());
            tokio::time::timeout(source.timeout, asked).await.unwrap_or_else(|_| Err(late()))
        }
        Origin::Sqlite { file, query } => sqlite::ask(source, file, query).await,
    }
}
