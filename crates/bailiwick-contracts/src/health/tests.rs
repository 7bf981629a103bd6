//! Servers of every kind of neglect, each on days of its own.

use bailiwick_core::Day;

use super::{Feed, Heard, Looked, Severity, Signals, State, Terms, Timeline};
use crate::contract::Contract;

const FEED: &str = r#"{
    "servers": {
        "crm": {
            "as_of": "2026-11-20", "last_commit": "2026-03-20", "last_release": "2026-01-09",
            "archived": false, "open_issues": 47, "open_security_issues": 12,
            "maintainer_active": "2026-03-20", "security_policy": false,
            "vulnerabilities": [
                { "id": "CVE-2026-1", "severity": "low", "since": "2026-02-01" },
                { "id": "CVE-2026-2", "severity": "high", "since": "2026-09-01" }
            ]
        },
        "quick": { "as_of": "2026-11-20", "last_release": "2026-11-01" }
    }
}"#;

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn contract(standing: &str) -> Contract {
    Contract::read(&format!("server = 'crm'\n[standing]\n{standing}")).unwrap()
}

/// How a server stands on some days: `active`, or `abandoned as stale` where it is treated so.
#[track_caller]
fn check(feed: &str, standing: &str, expected: &[(&str, &str)]) {
    let (feed, contract, terms) = (Feed::read(feed).unwrap(), contract(standing), Terms::default());
    let looked = Looked {
        contract: Some(&contract),
        signals: feed.servers.get("crm"),
        is_watched: true,
        people: feed.people.as_ref(),
        terms: &terms,
    };
    let timeline = Timeline::of(&looked);
    for (on, expected) in expected {
        let verdict = looked.judge(day(on));
        let told = if verdict.state == verdict.acts {
            verdict.state.as_str().to_owned()
        } else {
            format!("{} as {}", verdict.state.as_str(), verdict.acts.as_str())
        };
        assert_eq!(told, *expected, "{on}: {verdict:?}");
        // What is looked up is what would be judged.
        let stage = timeline.on(day(on));
        assert_eq!((stage.state, stage.acts), (verdict.state, verdict.acts), "{on}: {stage:?}");
    }
}

#[test]
fn a_server_grows_old_by_the_calendar_alone() {
    let feed = |more: &str| {
        format!(
            r#"{{"servers":{{"crm":{{"as_of":"2026-06-01","last_commit":"2026-05-01"{more}}}}}}}"#
        )
    };
    let by_age = [
        ("2026-06-01", "active"),
        // Signals of more than thirty days ago say nothing good any more.
        ("2026-07-01", "active"),
        ("2026-07-02", "unknown"),
        ("2026-07-29", "unknown"),
        ("2026-07-30", "stale"),
        ("2026-10-28", "stale"),
        ("2026-10-29", "abandoned"),
        ("2031-01-01", "abandoned"),
    ];
    check(&feed(""), "", &by_age);
    check(&feed(r#", "archived": true"#), "", &[("2026-06-01", "abandoned")]);
    check(
        &feed(r#", "last_release": "2026-10-30""#),
        "",
        &[
            // A day that is still to come is not believed.
            ("2026-07-30", "stale"),
            ("2026-10-28", "stale"),
            ("2026-10-29", "unknown"),
        ],
    );
    check(r#"{"servers":{}}"#, "", &[("2026-06-01", "unknown")]);
}

#[test]
fn a_vulnerability_that_nobody_mends_is_quarantined_after_the_grace() {
    check(
        FEED,
        "",
        &[
            ("2026-04-01", "stale"),
            ("2026-09-16", "stale"),
            ("2026-09-17", "abandoned"),
            ("2026-09-30", "abandoned"),
            ("2026-10-01", "quarantined"),
        ],
    );
    let known_late = FEED.replace("2026-09-01", "2026-11-21");
    check(&known_late, "", &[("2026-12-04", "abandoned"), ("2026-12-05", "quarantined")]);
    let mild = FEED.replace("\"high\"", "\"medium\"");
    check(&mild, "", &[("2026-12-05", "abandoned")]);
    let nobody_says = FEED.replace("\"high\"", "\"unknown\"");
    check(&nobody_says, "", &[("2026-12-05", "quarantined")]);
    // Since when a source is archived nobody knows: the grace begins with the vulnerability.
    let archived = r#"{"servers":{"crm":{"as_of":"2026-11-20","archived":true,"vulnerabilities":[
        {"id":"CVE-2026-2","severity":"critical","since":"2026-11-10"}]}}}"#;
    check(archived, "", &[("2026-11-23", "abandoned"), ("2026-11-24", "quarantined")]);
}

#[test]
fn an_exception_lets_one_state_pass_until_its_day() {
    let exception = |state: &str, until: &str| {
        format!(
            "[[standing.exceptions]]\nstate = '{state}'\nuntil = {until}\napprover = 'ada'\n\
             why = 'the fork is tested'\n"
        )
    };
    let one = exception("quarantined", "2026-12-01");
    check(FEED, &one, &[("2026-11-30", "quarantined as abandoned"), ("2026-12-01", "quarantined")]);
    let both = one + &exception("abandoned", "2026-11-25");
    check(
        FEED,
        &both,
        &[("2026-11-24", "quarantined as stale"), ("2026-11-25", "quarantined as abandoned")],
    );
    // Whoever approved it must be there.
    let people = |who: &str| FEED.replacen("\"servers\"", &format!("{who}, \"servers\""), 1);
    check(&people(r#""people": ["ada"]"#), &both, &[("2026-11-24", "quarantined as stale")]);
    check(&people(r#""people": ["bob"]"#), &both, &[("2026-11-24", "quarantined")]);
    for (text, said) in [
        (exception("abandoned", "2026-12-01").replace("'ada'", "' '"), "approver"),
        (exception("active", "2026-12-01"), "excuses nothing"),
        (exception("abandoned", "2026-12-01").replace("until", "til"), "unknown field"),
    ] {
        let fault = Contract::read(&format!("server = 'crm'\n[standing]\n{text}")).unwrap_err();
        assert!(fault.what.contains(said), "{text}: {fault}");
    }
}

#[test]
fn whoever_answers_for_it_must_be_there_and_look_again() {
    let quick = r#"{"people":["ada","pager: crm"],
        "servers":{"crm":{"as_of":"2026-11-20","last_commit":"2026-11-01"}}}"#;
    let on = |expected| [("2026-11-23", expected)];
    check(quick, "owner = 'ada'\non_call = 'pager: crm'\n", &on("active"));
    check(quick, "owner = 'bob'\n", &on("orphaned"));
    check(quick, "owner = 'ada'\non_call = 'pager: old'\n", &on("stale"));
    check(quick, "[tools.look]\neffect = 'read'\nowner = 'bob'\n", &on("stale"));
    let review = "owner = 'ada'\nreview_by = 2026-11-24\n";
    check(quick, review, &[("2026-11-23", "active"), ("2026-11-24", "stale")]);
}

#[test]
fn the_score_falls_day_by_day_and_every_point_has_its_reason() {
    let (feed, terms) = (Feed::read(FEED).unwrap(), Terms::default());
    let of = |name: &str, on: &str| {
        let signals = feed.servers.get(name);
        let looked =
            Looked { contract: None, signals, is_watched: true, people: None, terms: &terms };
        looked.judge(day(on))
    };
    let score = |on: &str| of("quick", on).score.unwrap();
    assert_eq!(score("2026-11-20"), 94);
    assert_eq!(score("2026-12-10"), 87);
    let dead = of("crm", "2026-11-23");
    assert_eq!(dead.score, Some(0));
    assert_eq!(dead.reasons[0].state, State::Quarantined);
    assert!(dead.reasons.iter().any(|it| it.what.contains("12 of 47")), "{dead:?}");
    assert_eq!(of("nobody", "2026-11-23").score, None);
}

#[test]
fn two_feeds_are_put_together() {
    let one = Feed::read(FEED).unwrap();
    let other = r#"{"people": ["ada"], "servers": {"crm": {"as_of": "2026-11-22",
        "last_commit": "2026-11-21", "vulnerabilities": [
            {"id": "CVE-2026-2", "severity": "critical", "since": "2026-10-01"}]}}}"#;
    let other = Feed::read(other).unwrap();
    for all in
        [one.clone().with(other.clone(), day("2026-11-23")), other.with(one, day("2026-11-23"))]
    {
        let crm = &all.servers["crm"];
        assert_eq!(crm.last_commit.unwrap().0, day("2026-11-21"));
        assert_eq!((crm.open_issues, crm.vulnerabilities.len()), (Some(47), 2));
        assert!(crm.vulnerabilities.iter().any(|it| it.since.0 == day("2026-09-01")));
        assert!(all.servers.contains_key("quick") && all.people.is_some());
    }
}

#[test]
fn no_feed_lifts_what_another_warns_of() {
    let today = day("2026-11-23");
    let feed = |it: &str| Feed::read(&format!(r#"{{"servers":{{"crm":{{{it}}}}}}}"#)).unwrap();
    let bad = feed(
        r#""as_of":"2026-11-20","last_commit":"2026-03-20","archived":true,"security_policy":false,
        "vulnerabilities":[{"id":"CVE-X","severity":"critical","since":"2026-09-01"}]"#,
    );
    for as_of in ["2026-11-22", "2099-01-01"] {
        let good = feed(&format!(
            r#""as_of":"{as_of}","last_commit":"2099-01-01","last_release":"2099-01-01",
            "archived":false,"security_policy":true,
            "vulnerabilities":[{{"id":"CVE-X","severity":"low","since":"2026-11-01"}}]"#
        ));
        for all in [bad.clone().with(good.clone(), today), good.with(bad.clone(), today)] {
            let crm = &all.servers["crm"];
            assert_eq!((crm.archived, crm.security_policy), (Some(true), Some(false)), "{as_of}");
            // Days to come are none.
            let moved = crm.last_commit.map(|it| it.0);
            assert_eq!((moved, crm.last_release), (Some(day("2026-03-20")), None), "{as_of}");
            let hole = &crm.vulnerabilities[0];
            assert_eq!((hole.severity, hole.since.0), (Severity::Critical, day("2026-09-01")));
            let as_of = crm.as_of.0;
            assert!(as_of == day("2026-11-20") || as_of == day("2026-11-22"), "{as_of}");
        }
    }
}

#[test]
fn what_could_not_be_asked_again_stays_as_it_was() {
    let read = |text: &str| {
        let feed = Feed::read(&format!(r#"{{"servers":{{"crm":{{{text}}}}}}}"#)).unwrap();
        feed.servers["crm"].clone()
    };
    let before = read(
        r#""as_of":"2026-10-01","archived":true,"last_commit":"2026-03-20",
        "deprecated":[{"what":"version 1 of the API","from":"2026-12-31"},
            {"what":"the version was yanked, which","from":"2026-09-01"}],
        "vulnerabilities":[{"id":"CVE-X","severity":"high","since":"2026-09-01"}]"#,
    );
    let new = read(r#""as_of":"2026-11-23","last_release":"2026-11-01""#);
    let partial = Heard { deprecated: true, vulnerabilities: false, is_partial: true };
    let told = new.clone().after(Some(&before), partial);
    assert_eq!((told.archived, told.as_of), (Some(true), before.as_of));
    assert_eq!((told.last_commit, told.last_release), (before.last_commit, new.last_release));
    assert_eq!(told.vulnerabilities, before.vulnerabilities);
    // What a registry said is not said any more; what a person wrote stays.
    assert_eq!(told.deprecated, before.deprecated[..1]);
    // What was asked and had is believed.
    let whole = Heard { deprecated: true, vulnerabilities: true, is_partial: false };
    // What was never had whole is not as if somebody had looked today.
    let first = new.clone().after(None, partial);
    assert!(first.as_of < before.as_of && first.last_release == new.last_release);
    assert_eq!(new.clone().after(Some(&first), partial).as_of, first.as_of);
    assert_eq!(new.clone().after(Some(&first), whole).as_of, new.as_of);
    let told = Signals { archived: Some(false), ..new.clone() }.after(Some(&before), whole);
    assert_eq!((told.archived, told.as_of), (Some(false), new.as_of));
    assert!(told.vulnerabilities.is_empty());
}

#[test]
fn who_is_gone_is_told_apart_from_what_goes_on_record() {
    let feed = Feed::read(r#"{"people":["ada"],"servers":{}}"#).unwrap();
    let tool = "owner='eve'\non_call='eve'\n[tools.look]\neffect='read'\nowner='eve'\n";
    let (contract, terms) = (contract(tool), Terms::default());
    let people = feed.people.as_ref();
    let looked = Looked {
        contract: Some(&contract),
        signals: None,
        is_watched: true,
        people,
        terms: &terms,
    };
    let stage = Timeline::of(&looked).on(day("2026-11-23")).clone();
    assert!(stage.why.iter().all(|it| !it.what.contains("eve")), "{stage:?}");
    assert_eq!(stage.why.iter().filter(|it| it.to_string().contains("`eve`")).count(), 3);
}

#[test]
fn a_long_feed_makes_few_and_short_stages() {
    let ends = |count: u32| {
        let of = |it: u32| {
            format!(r#"{{"what":"part {it}","from":"{}"}}"#, Day::from_number(20_000 + it))
        };
        let all: Vec<_> = (0..count).map(of).collect();
        format!(
            r#"{{"servers":{{"crm":{{"as_of":"2026-11-20","deprecated":[{}]}}}}}}"#,
            all.join(",")
        )
    };
    assert!(Feed::read(&ends(33)).unwrap_err().what.contains("more than 32"));
    let (feed, terms) = (Feed::read(&ends(32)).unwrap(), Terms::default());
    let signals = feed.servers.get("crm");
    let looked = Looked { contract: None, signals, is_watched: true, people: None, terms: &terms };
    let timeline = Timeline::of(&looked);
    let stage = timeline.on(day("2026-11-23"));
    assert_eq!((stage.why.len(), stage.more), (8, 25), "{stage:?}");
    let mut stages = timeline.stages();
    let mut last = stages.next().unwrap().clone();
    for it in stages {
        last.from = it.from;
        assert_ne!(&last, it, "it is twice");
        last = it.clone();
    }
}

#[test]
fn what_is_no_feed_is_refused() {
    for (text, said) in [
        ("7", "struct Feed"),
        (r#"{"servers":{"a":{}}}"#, "as_of"),
        (r#"{"servers":{"a":{"as_of":"2026-13-01"}}}"#, "not a day"),
        (r#"{"servers":{"a":{"as_of":"2026-11-01","last_comit":"2026-11-01"}}}"#, "last_comit"),
        (r#"{"people":["a\u001b[2J"]}"#, "nobody sees"),
        (
            r#"{"servers":{"a":{"as_of":"2026-11-01","deprecated":[{"what":"","from":"2026-11-01"}]}}}"#,
            "empty",
        ),
    ] {
        let fault = Feed::read(text).unwrap_err();
        assert!(fault.what.contains(said), "{text}: {fault}");
    }
}

#[test]
fn a_record_is_whole_or_says_what_it_lacks() {
    let whole = "package = 'npm:crm@1.2.3'\nowner = 'ada'\non_call = 'pager'\ncredentials = []\n\
                 review_by = 2027-01-01\n";
    let gaps = |text: &str| super::record_gaps(Some(&contract(text)), day("2026-11-23"));
    assert!(gaps(whole).is_empty());
    assert_eq!(gaps(&whole.replace("'ada'", "{ value = 'ada' }")), ["owner"]);
    let expired = "{ value = 'ada', verified = true, expires = 2026-11-23 }";
    assert_eq!(gaps(&whole.replace("'ada'", expired)), ["owner"]);
    assert_eq!(gaps(""), ["repository or package", "owner", "on_call", "credentials", "review_by"]);
    assert_eq!(super::record_gaps(None, day("2026-11-23")).len(), 5);
}
