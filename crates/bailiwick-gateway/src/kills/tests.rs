//! What is killed is stopped, and nothing else.

use bailiwick_core::{Authenticator, Evidence, Principal, Purpose, Timestamp, Unproved, identify};

use super::*;

struct Known(Principal);

impl Authenticator for Known {
    fn name(&self) -> &'static str {
        "known"
    }

    fn authenticate(&self, _: &Evidence<'_>, _: Timestamp) -> Option<Result<Principal, Unproved>> {
        Some(Ok(self.0.clone()))
    }
}

fn who(chain: Vec<Link>) -> Identified {
    let known = Known(Principal {
        chain,
        tenant: "acme".into(),
        credential: Some("k1".into()),
        task: None,
        session: None,
    });
    identify(&[&known], &Evidence::Bearer(""), Timestamp::from_ns(1)).unwrap()
}

fn kill(kind: KillKind, name: &str) -> Kill {
    Kill {
        kind,
        name: name.into(),
        order: format!("kill:{}:{name}", kind.as_str()),
        reason: "because".into(),
        operator: "ada".into(),
        since_ns: 1,
    }
}

#[test]
fn each_kind_stops_what_it_names_and_nothing_else() {
    let bot = who(vec![Link::Person("ada".into()), Link::Agent("bot".into())]);
    let asker = who(vec![Link::Person("ada".into()), Link::Server("fs".into())]);
    let own = who(vec![Link::System(Purpose::Catalogue)]);
    let (fs, git) = (Resource::Server("fs".into()), Resource::Server("git".into()));
    let tool = Resource::Tool { server: "fs".into(), name: "write".into() };
    let other = Resource::Tool { server: "fs".into(), name: "read".into() };
    let model = Resource::Model { server: "openai".into(), name: "gpt/4o".into() };
    for (kind, name, stopped, free) in [
        (KillKind::Agent, "bot", vec![(&bot, &fs), (&bot, &model)], vec![(&asker, &git)]),
        (KillKind::Person, "ada", vec![(&bot, &fs), (&asker, &git)], vec![(&own, &fs)]),
        (KillKind::Key, "k1", vec![(&bot, &fs)], vec![]),
        (KillKind::Tenant, "acme", vec![(&bot, &fs), (&asker, &git)], vec![]),
        (KillKind::Server, "fs", vec![(&bot, &tool), (&own, &fs)], vec![(&bot, &git)]),
        (KillKind::Server, "fs", vec![(&asker, &git)], vec![(&bot, &model)]),
        (KillKind::Tool, "fs/write", vec![(&bot, &tool)], vec![(&bot, &other), (&bot, &fs)]),
        (KillKind::Model, "openai/gpt/4o", vec![(&bot, &model)], vec![(&bot, &tool)]),
        // The same word for another kind of thing.
        (KillKind::Agent, "ada", vec![], vec![(&bot, &fs)]),
        (KillKind::Person, "bot", vec![], vec![(&bot, &fs)]),
    ] {
        let kills = Kills::default();
        kills.replace(&[kill(kind, name)]);
        for (who, what) in stopped {
            let by = kills.stops_from(who, what).unwrap();
            assert_eq!(by.as_str(), format!("kill:{}:{name}", kind.as_str()));
            let stops = kills.all_from(who, what).unwrap();
            assert!(stops.each.iter().flatten().chain(&stops.all).any(|it| *it == by));
        }
        for (who, what) in free {
            assert_eq!(kills.stops_from(who, what), None, "{kind:?} {name}: {what:?}");
        }
    }
}

#[test]
fn only_the_links_that_are_meant_are_stopped() {
    let bot = who(vec![Link::Person("ada".into()), Link::Agent("bot".into())]);
    let kills = Kills::default();
    let fs = Resource::Server("fs".into());
    assert!(kills.all_from(&bot, &fs).is_none());
    kills.replace(&[kill(KillKind::Agent, "bot"), kill(KillKind::Key, "k1")]);
    let Stops { each, all } = kills.all_from(&bot, &fs).unwrap();
    assert_eq!(each, [None, Some("kill:agent:bot".into())]);
    assert_eq!(all, ["kill:key:k1".into()]);
    assert!(kills.stops_caller(&bot).is_some() && !kills.is_empty());
    kills.replace(&[]);
    assert!(kills.stops_caller(&bot).is_none() && kills.is_empty());
}

#[test]
fn what_is_in_a_server_is_named_with_it() {
    for (kind, name, can) in [
        (KillKind::Tool, "fs/write", true),
        (KillKind::Tool, "write", false),
        (KillKind::Tool, "fs/", false),
        (KillKind::Model, "/gpt", false),
        (KillKind::Agent, "bot", true),
        (KillKind::Agent, "", false),
        (KillKind::Person, "ada\n", false),
        (KillKind::Person, &"a".repeat(257), false),
    ] {
        assert_eq!(kind.can_be_named(name), can, "{kind:?} {name}");
    }
}
