//! Renewing a certificate: on record, and told on the terminal, whether it came into force or not.

use std::sync::Arc;

use bailiwick_core::{AdminAct, Record, note};

use crate::gate::Gate;

/// Watch the certificate's files for as long as the gateway serves.
pub(crate) async fn keep(gate: Arc<Gate>) {
    let Some(tls) = &gate.parts.tls else { return };
    let mut seen = tls.seen();
    loop {
        tls.edited(&mut seen).await;
        let (told, done) = match tls.renew() {
            Ok(()) => ("a new certificate is in force".to_owned(), true),
            Err(bad) => (format!("the former certificate stays in force: {bad}"), false),
        };
        gate.parts.diary.tell(&told);
        let act = AdminAct {
            operator: "system".into(),
            role: "system".into(),
            act: "tls.loaded".into(),
            target: told.into(),
            done,
        };
        if note(gate.log(), gate.now(), &Record::Admin(act)).is_err() {
            gate.parts.diary.tell("the change of certificates could not be recorded");
        }
    }
}
