//! Whatever needs no change leaves as it came, byte for byte: generated messages of every kind, both
//! ways, through the real front, with a server over HTTP and one over standard input and output.

mod corpora;
mod dice;
mod kinds;
mod server;

use self::dice::Dice;
use self::kinds::{ASKED, ASKED_BACK, CALL, TOLD, TOLD_BACK, TOLD_FOLLOWERS};
use self::server::Server;

/// How many messages of each kind go each way through each kind of server.
const ROUNDS: u64 = 3;

/// The name by which the server knows what to say.
fn known_as(method: &str) -> String {
    let method: String = serde_json::from_str(&format!("\"{method}\"")).unwrap();
    if method == "tools/call" { "look".to_owned() } else { method }
}

/// Requests, each answered by an error and then by a result.
async fn requests(server: &Server, dice: &mut Dice, round: u64) {
    for (n, (kind, result)) in ASKED.into_iter().enumerate() {
        for fails in [true, false] {
            let (mark, id) = (format!("mark-asked-{round}-{n}-{fails}"), dice.id());
            let ask = dice.request(&mark, &id, kind);
            let answer =
                if fails { dice.error("no", &id) } else { dice.result("yes", &id, result) };
            server.asked(&known_as(kind.0), &mark, &ask, &answer).await;
        }
    }
}

/// What the client tells.
async fn notifications(server: &Server, dice: &mut Dice, round: u64) {
    for (n, kind) in TOLD.into_iter().enumerate() {
        let mark = format!("mark-told-{round}-{n}");
        let tell = dice.notification(&mark, kind);
        server.told(&mark, &tell).await;
    }
}

/// What the server tells and asks while it works on a call, and what the client answers to it.
async fn the_way_back(server: &Server, dice: &mut Dice, round: u64) {
    let (call, id) = (format!("mark-call-{round}"), dice.id());
    let ask = dice.request(&call, &id, CALL);
    let mut says: Vec<_> = TOLD_BACK.map(|kind| dice.notification("told", kind)).into();
    let ids = ASKED_BACK.map(|_| dice.id());
    let questions = ASKED_BACK.iter().zip(&ids);
    let mut then: Vec<_> = questions.map(|(kind, id)| dice.request("asked", id, *kind)).collect();
    then.push(dice.result("answer", &id, &[("content", "[ ]")]));
    says.push(then[0].clone());
    let mut call = server.during(&call, &ask, &says).await;
    for said in &says {
        assert_eq!(call.events.next().await.as_ref(), Some(said));
    }
    for (n, (id, then)) in ids.iter().zip(&then[1..]).enumerate() {
        let mark = format!("mark-answer-{round}-{n}");
        let answer = match (round + n as u64) % 2 {
            0 => dice.error(&mark, id),
            _ => dice.result(&mark, id, &[("roots", "[ ]")]),
        };
        call.answered(&mark, &answer, then).await;
        assert_eq!(call.events.next().await.as_ref(), Some(then));
    }
    assert_eq!(call.events.next().await, None);
}

async fn every_kind(server: &Server) {
    for round in 1..=ROUNDS {
        let mut dice = Dice::of(round);
        requests(server, &mut dice, round).await;
        notifications(server, &mut dice, round).await;
        the_way_back(server, &mut dice, round).await;
    }
    let mut dice = Dice::of(ROUNDS);
    let tell = dice.notification("mark-follow", TOLD[0]);
    let says = dice.notification("told", TOLD_FOLLOWERS);
    server.follows("mark-follow", &tell, &says).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_http() {
    every_kind(&Server::over_http().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_standard_input_and_output() {
    every_kind(&Server::over_standard_input_and_output().await).await;
}
