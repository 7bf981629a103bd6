//! Every kind of record reads back, and nothing else reads.

use super::*;

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
    }))
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
        }),
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
        Record::Started { version: "0.1.0".into() },
        Record::Stopped,
        Record::Heartbeat,
    ]
}

#[test]
fn every_record_reads_back() {
    for record in samples() {
        let mut bytes = Vec::new();
        record.encode(&mut bytes);
        assert_eq!(Record::decode(&bytes), Ok(record));
    }
}

/// As it was written before a decision named its parent.
#[test]
fn a_record_of_version_1_is_read() {
    let mut bytes = Vec::new();
    decision().encode(&mut bytes);
    // One field less, and none at the end.
    let parent = 17;
    bytes.truncate(bytes.len() - parent);
    bytes[1] -= 1;
    bytes[2] = 1;
    let Ok(Record::Decision(read)) = Record::decode(&bytes) else { panic!("{bytes:?}") };
    let Record::Decision(mut expected) = decision() else { panic!() };
    expected.parent = None;
    assert_eq!(read, expected);
    bytes[2] = 2;
    assert!(Record::decode(&bytes).is_err());
    bytes[2] = 0;
    assert_eq!(Record::decode(&bytes), Err(RecordError::Version(0)));
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
