//! The configuration in its file beside the one that is served by: an edit of it comes into force
//! with a restart only, and until then that is told.

use std::sync::{Arc, Mutex, PoisonError};

use crate::config::{self, Settings};
use crate::diary::Diary;
use crate::{disk, edits};

/// Whether the file says something else than what is served by, in words.
#[derive(Default)]
pub(crate) struct Outdated(Mutex<Option<String>>);

impl Outdated {
    /// What people should know of it.
    pub(crate) fn warning(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// This is so now. True when that is news.
    fn is_news(&self, warning: Option<String>) -> bool {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *known != warning;
        *known = warning;
        is_news
    }
}

/// Look at the file, and again after each edit, for as long as the gateway serves.
pub(crate) async fn keep(settings: Settings, outdated: Arc<Outdated>, diary: Arc<Diary>) {
    let (settings, file) = (Arc::new(settings.clone()), settings.file);
    let mut seen = None;
    loop {
        let (settings, looked) = (Arc::clone(&settings), Arc::clone(&outdated));
        let look = move || looked.is_news(difference(&settings));
        if tokio::task::spawn_blocking(look).await.unwrap_or(false) {
            let words = || "the configuration's file says again what is served by".to_owned();
            let told = outdated.warning().map_or_else(words, |it| format!("warning: {it}"));
            diary.tell(&told);
        }
        let file = file.clone();
        edits::next(&mut seen, move || disk::stamp(&file)).await;
    }
}

/// How the file differs from what is served by, if it does.
fn difference(settings: &Settings) -> Option<String> {
    let file = settings.file.display();
    let edited = format!("{file} is not what the gateway runs by since it was edited");
    match config::load(&settings.file) {
        Ok(now) if now.said == settings.said => None,
        Ok(_) => Some(format!("{edited}: restart the gateway to use it")),
        Err(faults) => {
            let first = faults.first().map_or_else(String::new, ToString::to_string);
            Some(format!("{edited}, and with it the gateway would not start again: {first}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_that_means_something_is_told_and_a_comment_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bailiwick.toml");
        std::fs::write(&file, "[health]\nstale_days = 90\n").unwrap();
        let settings = config::load(&file).unwrap();
        for (text, told) in [
            ("[health]\nstale_days = 90\n", None),
            ("# Much better.\n[health]\nstale_days=90", None),
            ("[health]\nstale_days = 80\n", Some("restart the gateway to use it")),
            ("[health]\nstale_days = 0\n", Some("would not start again")),
            ("[health", Some("would not start again")),
        ] {
            std::fs::write(&file, text).unwrap();
            let difference = difference(&settings);
            let is_so = |it: &String| told.is_some_and(|told| it.contains(told));
            assert_eq!(difference.as_ref().is_some_and(is_so), told.is_some(), "{difference:?}");
            assert_eq!(difference.is_some(), told.is_some(), "{difference:?}");
        }
    }
}
