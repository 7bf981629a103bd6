//! One question to many servers at once. The slowest is waited for only so long, and whoever does
//! not answer keeps nobody else from it.

use std::sync::Arc;
use std::time::Duration;

use bailiwick_wire::mcp::federation::Hello;
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::queue::Writer;

use super::ask::{Interims, ask};
use crate::federated::{Came, Federated, Member, Silence};
use crate::gate::Gate;

/// A round of questions.
#[derive(Clone)]
pub(crate) struct Round {
    gate: Arc<Gate>,
    all: Arc<Federated>,
    interims: Interims,
}

/// What one server is asked.
pub(crate) struct Question {
    /// The server.
    pub(crate) member: Arc<Member>,
    /// The message; absent when the server is only to be opened.
    pub(crate) body: Option<Bytes>,
    /// Whether a server that says this of itself has anything to answer.
    pub(crate) wanted: fn(&Hello) -> bool,
}

impl Round {
    /// A round whose interim messages go to the client at once.
    pub(crate) fn new(gate: &Arc<Gate>, all: &Arc<Federated>, now: Writer) -> Self {
        let (gate, all) = (Arc::clone(gate), Arc::clone(all));
        Self { gate, all, interims: Interims::Now(now) }
    }

    /// A round whose interim messages wait until the client listens.
    pub(crate) fn aside(gate: &Arc<Gate>, all: &Arc<Federated>) -> Self {
        let interims = Interims::Later(all.aside.clone());
        Self { gate: Arc::clone(gate), all: Arc::clone(all), interims }
    }

    /// Ask all, and give back what came of it, in the order of the questions.
    pub(crate) async fn all(self, questions: Vec<Question>) -> Vec<(Arc<Member>, Came)> {
        let ends = tokio::time::Instant::now() + self.patience();
        let asked: Vec<_> = questions
            .into_iter()
            .map(|it| (Arc::clone(&it.member), tokio::spawn(self.clone().one(it))))
            .collect();
        let mut came = Vec::with_capacity(asked.len());
        for (member, answer) in asked {
            // Whoever is late goes on by itself: what was asked owes the log its outcome.
            let answer = tokio::time::timeout_at(ends, answer).await;
            let answer = match answer {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => Came::Withheld,
                Err(_) => Came::Silent(Silence::Late),
            };
            match &answer {
                Came::Silent(why) => member.missed(&self.gate, Some(*why)),
                Came::Answered(..) | Came::Erred(..) | Came::NotOffered => {
                    member.missed(&self.gate, None);
                }
                // What one caller may not have says nothing of the server.
                Came::Accepted(_) | Came::Denied(_) | Came::Withheld => {}
            }
            came.push((member, answer));
        }
        came
    }

    /// Ask all, and give back the first answer; where there is none, what says most of why: that
    /// one failed, that one gave no answer, that policy forbids it, that none has it.
    pub(crate) async fn first(self, questions: Vec<Question>) -> Option<Came> {
        let patience = self.patience();
        let (tell, mut told) = mpsc::channel(questions.len().max(1));
        for question in questions {
            let (round, tell) = (self.clone(), tell.clone());
            // Nobody may be interested any more; the outcome is on record all the same.
            tokio::spawn(async move { drop(tell.send(round.one(question).await).await) });
        }
        drop((tell, self));
        let mut best = None;
        let all = async {
            while let Some(came) = told.recv().await {
                if best.as_ref().is_none_or(|it| says(&came) > says(it)) {
                    best = Some(came);
                }
                if matches!(best, Some(Came::Answered(..))) {
                    return;
                }
            }
        };
        let in_time = tokio::time::timeout(patience, all).await.is_ok();
        // Whoever is late might have said more than that it is forbidden, or not there.
        best.filter(|it| in_time || says(it) > says(&Came::Withheld))
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(self.gate.settings().limits.gather_seconds)
    }

    async fn one(self, question: Question) -> Came {
        let Question { member, body, wanted } = question;
        // A session that turns out to be dead is opened anew, once: nothing was answered in it.
        let mut tries = 2;
        loop {
            tries -= 1;
            let open = match member.open(&self.gate, &self.all).await {
                Ok(open) => open,
                Err(came) => return came,
            };
            let Some(body) = body.clone().filter(|_| wanted(&open.hello)) else {
                return Came::NotOffered;
            };
            let patience = Some(self.patience());
            let came = ask(&self.gate, &open, body, patience, &self.interims).await;
            let died = matches!(came, Came::Silent(_)) && open.session.upstream.is_dead();
            if !died || tries == 0 {
                return came;
            }
        }
    }
}

/// How much it says of what all are asked together.
const fn says(came: &Came) -> u8 {
    match came {
        Came::Answered(..) => 4,
        Came::Erred(..) => 3,
        Came::Accepted(_) | Came::Withheld | Came::Silent(_) => 2,
        Came::Denied(_) => 1,
        Came::NotOffered => 0,
    }
}
