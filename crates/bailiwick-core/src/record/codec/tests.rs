//! Every kind of record reads back, and nothing else reads.

use super::*;
use crate::class::{Class, Classed};
use crate::finding::{Finding, Severity};
use crate::names::{Digest, ServerId};
use crate::record::Meter;

fn decision() -> Record {
    Record::Decision(Box::new(DecisionRecord {
        exchange: ExchangeId::from_bytes([7; 16]),
        tenant: "acme".into(),
        chain: vec![
            Subject::Person(Token::from_bytes([1; 16])),
            Subject::Agent("support-bot".into()),
            Subject::System("catalogue".into()),
            Subject::Server("helpdesk".into()),
        ],
        credential: Some("k1".into()),
        task: None,
        session: Some(Token::from_bytes([2; 16])),
        trace: None,
        action: "invoke_tool".into(),
        resource_kind: "Tool".into(),
        server: "helpdesk".into(),
        name: Some("get_billing".into()),
        name_token: Token::from_bytes([3; 16]),
        named: vec![("Customer".into(), Token::from_bytes([4; 16]))],
        effect: "read".into(),
        pin: Some(Digest::of(b"definition")),
        ask: Digest::of(b"ask"),
        permitted: false,
        cause: Some("forbidden".into()),
        visible: true,
        policies: vec!["no-tier-2".into()],
        obligations: vec!["durable".into()],
        policy_set: Digest::of(b"set"),
        durability: Durability::Durable,
        findings: vec![Finding {
            kind: "secret.github_token".into(),
            severity: Severity::Alert,
            offset: 17,
            length: 40,
        }],
        latency_ns: 123_456,
        sealed: Some(Digest::of(b"sealed")),
        parent: Some(ExchangeId::from_bytes([6; 16])),
        bound: Some(1_250_000),
        view: Some(Digest::of(b"tools")),
        items: vec![Digest::of(b"hello"), Digest::of(b"a result")],
        items_dropped: 3,
        classes: classes(),
    }))
}

fn classes() -> Vec<Classed> {
    let classes = vec![Class::new("tenant", None), Class::new("tier", Some("2"))];
    vec![Classed { thing: 0, classes }]
}

fn samples() -> Vec<Record> {
    vec![
        decision(),
        Record::Outcome(OutcomeRecord {
            exchange: ExchangeId::from_bytes([7; 16]),
            decision: 41,
            disposition: "answered".into(),
            answer: Digest::of(b"answer"),
            answer_bytes: 6,
            chunks: 1,
            findings: vec![],
            findings_dropped: 0,
            latency_ns: 9,
            meter: Some(Box::new(Meter {
                model: Some("model-2026-01-01".into()),
                input: 900,
                cached: 500,
                cache_write: 100,
                output: 70,
                reasoning: 20,
                estimated: true,
                cost: Some(4_321),
                prices: Some(Digest::of(b"prices")),
                stop: Some("length".into()),
                status: 200,
                first_ns: 77,
                ..Meter::default()
            })),
            items: vec![Digest::of(b"answer")],
            sealed: Some(Digest::of(b"kept")),
            named: vec![("Customer".into(), Token::from_bytes([4; 16]))],
            classes: classes(),
        }),
        Record::Outcome(metered(Meter { audio_output: 3, ..Meter::default() })),
        Record::Outcome(metered(Meter {
            cache_write_long: 4,
            class: Some("fast+us".into()),
            uses: vec![("web_search".into(), 2)],
            ..Meter::default()
        })),
        Record::Refusal(RefusalRecord::new(
            ExchangeId::from_bytes([8; 16]),
            RefusalReason::Unidentified,
            "agents",
        )),
        Record::Admin(AdminAct {
            operator: "ada".into(),
            role: "admin".into(),
            act: "keys.new".into(),
            target: "k1".into(),
            done: true,
        }),
        Record::Noticed(Noticed {
            server: ServerId::from("crm"),
            tool: Some("find".into()),
            what: "drift.shape".into(),
            detail: "3 of 20 answers".into(),
        }),
        Record::Started { version: "0.1.0".into() },
        Record::Stopped,
        Record::Heartbeat,
    ]
}

fn metered(meter: Meter) -> OutcomeRecord {
    OutcomeRecord {
        exchange: ExchangeId::from_bytes([7; 16]),
        decision: 41,
        disposition: "answered".into(),
        answer: Digest::of(b""),
        answer_bytes: 0,
        chunks: 0,
        findings: vec![],
        findings_dropped: 0,
        latency_ns: 9,
        meter: Some(Box::new(meter)),
        items: vec![],
        sealed: None,
        named: vec![],
        classes: vec![],
    }
}

/// What few meters say stands there only where it says something: older readers read the others.
#[test]
fn a_meter_says_nothing_in_one_way() {
    let written = |meter| {
        let mut bytes = Vec::new();
        Record::Outcome(metered(meter)).encode(&mut bytes);
        bytes
    };
    let plain = written(Meter { first_ns: 7, ..Meter::default() });
    let said = written(Meter { first_ns: 7, audio_input: 1, ..Meter::default() });
    // The array has 12 items or 17; what follows `first_ns` is `0, 1, 0, null, []`.
    let (at, end) = (said.iter().position(|it| *it == 0x91).unwrap(), said.len() - 4);
    assert_eq!((plain[at], &said[end - 5..end]), (0x8c, &[0, 1, 0, 0xf6, 0x80][..]));
    let mut empty = said;
    empty[end - 4] = 0;
    assert!(Record::decode(&empty).is_err());
}

#[test]
fn every_record_reads_back() {
    for record in samples() {
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        assert_eq!(Record::decode(&bytes), Ok(record));
    }
}

/// The bytes of a decision that says nothing of models, less its last fields and in this version.
fn older(version: u8, fields: u8, cut: usize) -> (Vec<u8>, DecisionRecord) {
    let Record::Decision(mut decision) = decision() else { panic!() };
    (decision.bound, decision.view) = (None, None);
    (decision.items, decision.items_dropped) = (Vec::new(), 0);
    decision.classes = Vec::new();
    let mut bytes = Vec::new();
    Record::Decision(decision.clone()).encode(&mut bytes);
    bytes.truncate(bytes.len() - cut);
    // `[1]` counts, since there are more than 23 items; `[2]` is the version.
    bytes[1] = 2 + fields;
    bytes[2] = version;
    (bytes, *decision)
}

/// As they were written before a decision named its parent, and before there were models and
/// classes.
#[test]
fn records_of_older_versions_are_read() {
    let (of_models, parent) = (5, 17);
    for (version, fields, cut) in
        [(1, 26, of_models + parent), (2, 27, of_models), (3, 31, 1), (5, 31, 1)]
    {
        let (mut bytes, mut expected) = older(version, fields, cut);
        let Ok(Record::Decision(read)) = Record::decode(&bytes) else { panic!("{bytes:?}") };
        if version == 1 {
            expected.parent = None;
        }
        assert_eq!(*read, expected);
        // Versions 3 to 5 have the same decisions.
        bytes[2] = if version == 3 { 6 } else { version + 1 };
        assert!(Record::decode(&bytes).is_err());
        bytes[2] = 0;
        assert_eq!(Record::decode(&bytes), Err(RecordError::Version(0)));
    }
}

#[test]
fn outcomes_of_older_versions_are_read() {
    for (version, fields, cut) in [(2, 9, 5), (3, 11, 3), (4, 12, 2), (5, 13, 1)] {
        let Some(Record::Outcome(mut expected)) = samples().into_iter().nth(1) else { panic!() };
        (expected.sealed, expected.named) = (None, Vec::new());
        expected.classes = Vec::new();
        if version == 2 {
            (expected.meter, expected.items) = (None, Vec::new());
        }
        let mut bytes = Vec::new();
        Record::Outcome(expected.clone()).encode(&mut bytes);
        bytes.truncate(bytes.len() - cut);
        // An array of less than 24 items.
        bytes[0] = 0x80 + 2 + fields;
        bytes[1] = version;
        assert_eq!(Record::decode(&bytes), Ok(Record::Outcome(expected)), "{version}");
        bytes[1] = version + 1;
        assert!(Record::decode(&bytes).is_err(), "{version}");
    }
}

#[test]
fn a_cut_or_longer_record_is_refused() {
    for record in samples() {
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        for end in 0..bytes.len() {
            assert!(Record::decode(&bytes[..end]).is_err(), "{end} of {record:?}");
        }
        bytes.push(0);
        assert!(Record::decode(&bytes).is_err());
    }
}

#[test]
fn a_later_version_or_unknown_kind_is_named() {
    let mut bytes = Vec::new();
    Record::Heartbeat.encode(&mut bytes);
    bytes[1] = 9;
    assert_eq!(Record::decode(&bytes), Err(RecordError::Version(9)));
    bytes[1] = 1;
    bytes[2] = 22;
    assert_eq!(Record::decode(&bytes), Err(RecordError::Kind(22)));
}
