//! What drifts is told: on record, and to those who run the gateway. Nothing is refused for it.

use bailiwick_contracts::Drifting;
use bailiwick_core::{Call, Disposition, Noticed};
use bailiwick_wire::json::Document;

use crate::gate::Gate;
use crate::news;

impl Gate {
    /// Learn from an answer that was read, and tell what drifts.
    pub(crate) fn learn(&self, call: &Call, answer: &Document<'_>, disposition: Disposition) {
        let news = self.parts.learned.observe(call, answer, disposition, self.now());
        for Drifting { drift, raised } in news {
            let (what, detail) = match raised {
                Some(detail) => (format!("drift.{}", drift.as_str()), detail),
                None => ("drift.ended".into(), format!("{}: it is as usual", drift.as_str())),
            };
            let server = call.resource().server().clone();
            let tool = Some(call.resource().name().into());
            let (what, detail) = (what.into(), detail.into());
            news::notice(self, Noticed { server, tool, what, detail });
        }
    }

    /// Keep what was learned for the next start.
    pub(crate) fn keep_learned(&self) {
        self.parts.learned.keep(&self.settings().data, &self.parts.diary);
    }

    /// What of answers will surprise.
    pub(crate) fn drifting(&self) -> Vec<String> {
        let drifts = self.parts.learned.drifts().into_iter().map(|(server, tool, drift, how)| {
            format!(
                "server {server}: answers of {tool} drift ({}): {how}; see `bailiwick contracts \
                 drift {server}`, and let it be with `contracts relearn`",
                drift.as_str()
            )
        });
        let canaries = self.parts.learned.failing().into_iter().map(|(server, tool, name, why)| {
            format!("server {server}: canary {name} of {tool} failed: {why}")
        });
        drifts.chain(canaries).collect()
    }
}
