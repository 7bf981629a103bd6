//! What was learned, kept for the next start: a line of JSON for each tool and each canary. What of
//! it cannot be read is learned anew, and told.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use bailiwick_contracts::Behaviour;
use bailiwick_core::ServerId;
use serde::{Deserialize, Serialize};

use super::{Learned, OF_SERVER_MAX, Sung, TOOLS_MAX};
use crate::config::Settings;
use crate::diary::Diary;
use crate::{disk, paths};

/// The largest file that is read, in bytes.
const BYTES_MAX: u64 = 128 << 20;

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Tool { server: String, name: Box<str>, behaviour: Behaviour },
    Canary { server: String, tool: String, name: String, sung: Sung },
}

impl Line {
    fn server(&self) -> &str {
        match self {
            Self::Tool { server, .. } | Self::Canary { server, .. } => server,
        }
    }
}

impl Learned {
    /// What was kept in the data folder, as far as it can be read.
    pub(crate) fn open(settings: &Settings, diary: &Diary) -> Self {
        let learned = Self { learn: settings.drift.learn_answers, ..Self::default() };
        let file = paths::learned(&settings.data);
        let text = match disk::read_up_to(&file, BYTES_MAX) {
            Ok(text) => text,
            Err(problem) if problem.kind() == std::io::ErrorKind::NotFound => return learned,
            Err(problem) => {
                let file = file.display();
                diary.tell(&format!("{file}: {problem}: how tools answer is learned anew"));
                return learned;
            }
        };
        let is_served = |name: &str| settings.servers.iter().any(|it| it.name.as_str() == name);
        let mut lost = 0;
        for line in text.split(|it| *it == b'\n').filter(|it| !it.is_empty()) {
            match serde_json::from_slice::<Line>(line) {
                // What is known of a server that is gone would only take the room of others.
                Ok(line) if !is_served(line.server()) => {}
                Ok(line) => learned.restore(line),
                Err(_) => lost += 1,
            }
        }
        if lost > 0 {
            let file = file.display();
            diary.tell(&format!(
                "{file}: {lost} lines cannot be read: how the tools in them answer is learned anew"
            ));
        }
        learned
    }

    fn restore(&self, line: Line) {
        match line {
            Line::Tool { server, name, behaviour } => {
                let mut servers = self.servers.write().unwrap_or_else(PoisonError::into_inner);
                let all: usize = servers.values().map(|it| it.len()).sum();
                let tools = servers.entry(ServerId::from(server.as_str())).or_default();
                if tools.len() < OF_SERVER_MAX && all < TOOLS_MAX {
                    tools.insert(name, Arc::new(Mutex::new(behaviour.restored())));
                }
            }
            Line::Canary { server, tool, name, sung } => {
                self.sung(&ServerId::from(server.as_str()), (&tool, &name), sung);
            }
        }
    }

    /// Keep what was learned since it was last kept.
    pub(crate) fn keep(&self, data: &Path, diary: &Diary) {
        if !self.is_news.swap(false, Ordering::Relaxed) {
            return;
        }
        let text: Result<Vec<String>, _> = self.lines().iter().map(serde_json::to_string).collect();
        let file = paths::learned(data);
        let kept = text
            .map_err(std::io::Error::from)
            .and_then(|lines| disk::replace(&file, format!("{}\n", lines.join("\n")).as_bytes()));
        if let Err(problem) = kept {
            self.is_news.store(true, Ordering::Relaxed);
            let file = file.display();
            diary.tell(&format!("{file}: {problem}: a restart will not know how tools answer"));
        }
    }

    fn lines(&self) -> Vec<Line> {
        let mut lines = Vec::new();
        for (server, name, tool) in self.all() {
            let behaviour = tool.lock().unwrap_or_else(PoisonError::into_inner).clone();
            lines.push(Line::Tool { server: server.to_string(), name, behaviour });
        }
        let canaries = self.canaries.read().unwrap_or_else(PoisonError::into_inner);
        for ((server, tool), them) in &*canaries {
            for (name, sung) in them {
                let (tool, name, sung) = (tool.clone(), name.clone(), sung.clone());
                lines.push(Line::Canary { server: server.to_string(), tool, name, sung });
            }
        }
        lines
    }
}
