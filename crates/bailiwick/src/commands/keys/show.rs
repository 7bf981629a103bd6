//! How keys are shown: what they prove and on which terms, never the keys themselves.

use bailiwick_core::Timestamp;
use bailiwick_gateway::store::AgentKey;

use super::terms::in_words;
use crate::output::{self, Common, Outcome, YES, instant, say};

pub(super) fn list(common: &Common, keys: &[AgentKey]) -> Outcome {
    if common.json {
        output::json(&keys)?;
        return YES;
    }
    let [id, agent, person, tenant] = ["id", "agent", "person", "tenant"];
    say(format!("{id:<14} {agent:<20} {person:<20} {tenant:<14} {:<18} terms", "state"));
    let now = bailiwick_gateway::now();
    for key in keys {
        let AgentKey { id, agent, person, tenant, .. } = key;
        let state = state(time(key.revoked_ns), time(key.expires_ns), now);
        let label = key.label.iter().map(|it| format!("\"{it}\""));
        let terms: Vec<String> = label.chain(in_words(&key.terms)).collect();
        let terms = terms.join("; ");
        let line = format!("{id:<14} {agent:<20} {person:<20} {tenant:<14} {state:<18} {terms}");
        say(line.trim_end());
    }
    YES
}

pub(super) fn one(common: &Common, key: &AgentKey) -> Outcome {
    if common.json {
        output::json(key)?;
        return YES;
    }
    let day = |ns| instant(Timestamp::from_ns(ns));
    say(format!("id       {}", key.id));
    if let Some(label) = &key.label {
        say(format!("label    {label}"));
    }
    say(format!("agent    {}", key.agent));
    say(format!("person   {}", key.person));
    say(format!("tenant   {}", key.tenant));
    say(format!("made     {}", day(key.created_ns)));
    if key.line != key.id {
        say(format!("since    {} (it was rotated, and spends as that one)", key.line));
    }
    let state = state(time(key.revoked_ns), time(key.expires_ns), bailiwick_gateway::now());
    say(format!("state    {state}"));
    let terms = in_words(&key.terms);
    if terms.is_empty() {
        say("terms    what policy permits");
    }
    terms.iter().for_each(|it| say(format!("terms    {it}")));
    YES
}

fn time(ns: Option<u64>) -> Option<Timestamp> {
    ns.map(Timestamp::from_ns)
}

/// Whether a key can be used, and the day on which that changes or changed.
fn state(revoked: Option<Timestamp>, ends: Option<Timestamp>, now: Timestamp) -> String {
    let day = |at: Timestamp| instant(at).split('T').next().unwrap_or_default().to_owned();
    match (revoked, ends) {
        (Some(at), _) => format!("revoked {}", day(at)),
        (None, Some(at)) if at <= now => format!("ended {}", day(at)),
        (None, Some(at)) => format!("until {}", day(at)),
        (None, None) => "in force".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_says_whether_and_how_long_it_can_be_used() {
        let day = |it: u64| Some(Timestamp::from_ns(it * 86_400_000_000_000));
        let now = Timestamp::from_ns(2 * 86_400_000_000_000);
        assert_eq!(state(None, None, now), "in force");
        assert_eq!(state(None, day(3), now), "until 1970-01-04");
        assert_eq!(state(None, day(2), now), "ended 1970-01-03");
        assert_eq!(state(day(1), day(3), now), "revoked 1970-01-02");
    }
}
