//! All that decides a call, as far as it can be known without being the gateway: rules, facts, who
//! has used a server, and what operators have ordered.

use bailiwick_core::{Day, Inputs, Timestamp};
use bailiwick_gateway::config::Settings;
use bailiwick_gateway::dry_run::{Answer, Around, Besides, dry_run};
use bailiwick_gateway::facts::Looked;
use bailiwick_gateway::health::Users;
use bailiwick_gateway::store::Store;
use bailiwick_gateway::{Rules, paths};
use bailiwick_log::Reader;

use crate::output::Failure;

/// What is known, and what is not.
pub(super) struct Surroundings {
    rules: Rules,
    facts: Looked,
    users: Option<Users>,
    /// What of it might have been decided by, and was not looked at or could not be found out.
    pub(super) unknown: Vec<String>,
}

impl Surroundings {
    /// What is known of these inputs' call at a time.
    ///
    /// # Errors
    /// [`Failure`] where nothing can be asked at all.
    pub(super) fn of(
        (settings, rules): (&Settings, Rules),
        inputs: &Inputs,
        asks_sources: bool,
        now: Timestamp,
    ) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let facts = runtime.block_on(Looked::at(settings, asks_sources, now));
        let mut unknown = facts.unknown(&inputs.named, now);
        let rules = match facts.known_to(&rules, settings, now) {
            Ok(knowing) => knowing,
            Err(bad) => {
                let why = bad.0.join("; ");
                unknown.push(format!("no facts are known, since they cannot be in force: {why}"));
                rules
            }
        };
        let server = inputs.resource.server();
        let mut users = None;
        if rules.health.takes_no_new_agents(server, Day::of(now)) {
            let log = paths::log(&settings.data);
            let read = || Users::before(server, &Reader::open(&log)?, now);
            // Where nothing was ever on record, nobody has used anything.
            match if log.exists() { read() } else { Ok(Users::default()) } {
                Ok(read) => users = Some(read),
                Err(problem) => unknown.push(format!(
                    "`{server}` takes no new agents, and whether this one has used it cannot be \
                     read in the log: {problem}"
                )),
            }
        }
        Ok(Self { rules, facts, users, unknown })
    }

    /// Decide by it.
    ///
    /// # Errors
    /// [`Failure`] when nobody asks.
    pub(super) fn decide(
        &self,
        state: Option<&Store>,
        inputs: &Inputs,
        besides: Besides,
        now: Timestamp,
    ) -> Result<Answer, Failure> {
        let around = Around { state, users: self.users.as_ref(), facts: Some(&self.facts) };
        Ok(dry_run(&self.rules, around, inputs, besides, now)?)
    }
}
