//! What the people who run the gateway are told of: its stance, its rules and what is odd in them.

use std::collections::BTreeSet;

use bailiwick_core::{AdminAct, Noticed, Record, note};

use crate::admission::Admitted;
use crate::gate::Gate;
use crate::rules::Change;
use crate::server::Server;
use crate::warnings::standing_so;

/// How many changed tools of one listing go on record.
const CHANGED_MAX: usize = 64;

/// That nothing is refused is told at every start.
pub(crate) fn tell_stance(gate: &Gate) {
    let Some(day) = gate.settings().observe_until else { return };
    let diary = &gate.parts.diary;
    if gate.observes() {
        diary.tell(&format!(
            "OBSERVING until {day}: policy refuses nothing and hides nothing; what it would have \
             refused is shown by `bailiwick log query --decision would-deny --config {}`",
            gate.settings().file.display()
        ));
    } else {
        diary.tell(&format!("observing ended on {day}: what policy denies is refused"));
    }
}

/// That tools may be used which nobody approved is told at every start.
pub(crate) fn tell_admission(gate: &Gate) {
    let Some(day) = gate.settings().open_until else { return };
    gate.parts.diary.tell(&if gate.rules().admit_unapproved(gate.now()) {
        format!(
            "OPEN until {day}: tools that nobody approved may be used; `bailiwick contracts \
             approve` approves them"
        )
    } else {
        format!("since {day} tools are held that nobody approved")
    });
}

/// What was told of the tools that are held of one server.
#[derive(Default)]
pub(crate) struct ToldHeld {
    lines: Vec<String>,
    changed: BTreeSet<String>,
}

/// Which tools of a server are held, when that is not what was told before. One that changed since
/// it was approved goes on record, too.
pub(crate) fn tell_held(gate: &Gate, server: &Server, before: ToldHeld) -> ToldHeld {
    let rules = gate.rules();
    let lines = gate.held_of(&rules, server);
    if lines != before.lines {
        tell_warnings(gate, &lines);
    }
    let changed = standing_so(&rules, server, Admitted::Changed);
    for tool in changed.difference(&before.changed).take(CHANGED_MAX) {
        notice(
            gate,
            Noticed {
                server: server.name.clone(),
                tool: Some(tool.as_str().into()),
                what: "contract.changed".into(),
                detail: "its definition is not the one that was approved: it is held".into(),
            },
        );
    }
    ToldHeld { lines, changed }
}

/// What is right and will surprise.
pub(crate) fn tell_warnings(gate: &Gate, warnings: &[String]) {
    warnings.iter().for_each(|it| gate.parts.diary.tell(&format!("warning: {it}")));
}

/// The client of a wrap was let into no session. What became of a process is told as it happens.
pub(crate) fn tell_unopened(gate: &Gate, server: &Server) {
    let name = &server.name;
    let why = server.trouble().known().map(|it| gate.means().vault.blot(&it));
    gate.parts.diary.tell(&why.map_or_else(
        || {
            format!(
                "server {name}: the client has no session with it; where policy denies that, \
                 `bailiwick log query` tells by which decision, and `bailiwick why` explains it"
            )
        },
        |why| format!("server {name}: the client has no session with it: {why}"),
    ));
}

/// A change of the rules goes on record, and to the terminal.
pub(crate) fn tell(gate: &Gate, change: Change) {
    let (act, target, done) = match change {
        Change::Loaded(what) => {
            gate.parts.diary.tell(&format!("rules loaded: {what}"));
            tell_warnings(gate, &gate.warnings());
            ("rules.loaded", what, true)
        }
        Change::Refused(bad) => {
            gate.parts.diary.tell("the edited rules are faulty; the former ones stay in force:");
            bad.0.iter().for_each(|fault| gate.parts.diary.tell(&format!("  {fault}")));
            ("rules.loaded", format!("{} faults", bad.0.len()), false)
        }
    };
    let act = AdminAct {
        operator: "system".into(),
        role: "system".into(),
        act: act.into(),
        target: target.into(),
        done,
    };
    if note(gate.log(), gate.now(), &Record::Admin(act)).is_err() {
        gate.parts.diary.tell("the change of rules could not be recorded");
    }
}

/// Something was found about a server: on record, and to the terminal.
pub(crate) fn notice(gate: &Gate, noticed: Noticed) {
    let tool = noticed.tool.as_deref().map(|it| format!("/{it}")).unwrap_or_default();
    let Noticed { server, what, detail, .. } = &noticed;
    gate.parts.diary.tell(&format!("server {server}{tool}: {what}: {detail}"));
    if note(gate.log(), gate.now(), &Record::Noticed(noticed)).is_err() {
        gate.parts.diary.tell("what was noticed could not be recorded");
    }
}
