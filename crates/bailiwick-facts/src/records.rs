//! Records with which tests begin.

use bailiwick_core::{
    DecisionRecord, Digest, Durability, ExchangeId, OutcomeRecord, Subject, Token,
};

/// A permitted call of the agent `a` of the tenant `t`, with its bound in micro-dollars.
pub(crate) fn decision(exchange: ExchangeId, bound: u64) -> DecisionRecord {
    DecisionRecord {
        exchange,
        tenant: "t".into(),
        chain: vec![Subject::Agent("a".into())],
        credential: None,
        task: None,
        session: None,
        trace: None,
        action: "complete".into(),
        resource_kind: "Model".into(),
        server: "provider".into(),
        name: Some("model".into()),
        name_token: Token::from_bytes([0; 16]),
        named: Vec::new(),
        effect: "unknown".into(),
        pin: None,
        ask: Digest::of(b""),
        permitted: true,
        cause: None,
        visible: true,
        policies: Vec::new(),
        obligations: Vec::new(),
        policy_set: Digest::of(b""),
        durability: Durability::Appended,
        findings: Vec::new(),
        latency_ns: 0,
        sealed: None,
        parent: None,
        bound: Some(bound),
        view: None,
        items: Vec::new(),
        items_dropped: 0,
        classes: Vec::new(),
    }
}

/// What came of it, without a meter.
pub(crate) fn outcome(exchange: ExchangeId, disposition: &str) -> OutcomeRecord {
    OutcomeRecord {
        exchange,
        decision: 0,
        disposition: disposition.into(),
        answer: Digest::of(b""),
        answer_bytes: 0,
        chunks: 0,
        findings: Vec::new(),
        findings_dropped: 0,
        latency_ns: 0,
        meter: None,
        items: Vec::new(),
        sealed: None,
        named: Vec::new(),
        classes: Vec::new(),
    }
}
