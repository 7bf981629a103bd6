//! Whatever needs no change leaves as it came, byte for byte: generated messages, both ways,
//! through the real front, with a server over HTTP and one over standard input and output.

use std::fmt::Write as _;

use serde_json::json;

use crate::agent::Agent;
use crate::child;
use crate::house::House;

/// How many messages go each way through each kind of server.
const ROUNDS: u64 = 48;

/// What a seed gives, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, many: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % many
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn space(&mut self) -> &'static str {
        self.one_of(&["", "", "", " ", "  ", "\t"])
    }

    /// A value in one of the spellings that a typed model would lose.
    fn value(&mut self, depth: u32) -> String {
        let scalars = [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1.0",
            "1.10",
            "1e2",
            "1E+2",
            "-0.0e-0",
            "123456789012345678901234567890",
            "0.70",
            "\"\"",
            r#""\u00e9\/\ud83d\ude00""#,
            r#""\b\f\n\r\t\\\"""#,
            "\"é😀\u{2028}\"",
            "[]",
            "{}",
        ];
        if depth == 0 {
            return self.one_of(&scalars).to_owned();
        }
        match self.below(3) {
            0 => self.one_of(&scalars).to_owned(),
            1 => {
                let parts: Vec<_> = (0..self.below(4)).map(|_| self.spaced(depth)).collect();
                format!("[{}]", parts.join(","))
            }
            _ => {
                let mut parts = Vec::new();
                for n in 0..self.below(4) {
                    let name = self.one_of(&["z", "a", "_meta", r"\u0062", "x y", "é"]);
                    parts.push(format!(
                        "{}\"{name}{n}\"{}:{}",
                        self.space(),
                        self.space(),
                        self.spaced(depth)
                    ));
                }
                format!("{{{}}}", parts.join(","))
            }
        }
    }

    fn spaced(&mut self, depth: u32) -> String {
        format!("{}{}{}", self.space(), self.value(depth - 1), self.space())
    }

    /// An object with these members and some that nobody knows, in any order.
    fn object(&mut self, members: &[(&str, String)]) -> String {
        let mut all: Vec<_> =
            members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        for n in 0..self.below(3) {
            all.push((format!("vendor{n}"), self.value(3)));
        }
        let mut text = String::from("{");
        while !all.is_empty() {
            let at = usize::try_from(self.below(all.len() as u64)).unwrap();
            let (name, value) = all.swap_remove(at);
            let comma = if all.is_empty() { "" } else { "," };
            write!(
                text,
                "{}\"{name}\"{}:{}{value}{}{comma}",
                self.space(),
                self.space(),
                self.space(),
                self.space()
            )
            .unwrap();
        }
        text + "}"
    }

    fn id(&mut self) -> String {
        let n = self.below(1 << 40);
        match self.below(3) {
            0 => n.to_string(),
            1 => format!("\"{n}\\u0061\""),
            _ => format!("98765432109876543210{n}"),
        }
    }

    fn answer(&mut self, id: &str) -> String {
        let result = [("content", "[ ]".to_owned()), ("structuredContent", self.value(4))];
        let result = self.object(&result);
        self.object(&[("jsonrpc", "\"2.0\"".to_owned()), ("id", id.to_owned()), ("result", result)])
    }

    fn ask(&mut self, id: &str, tool: &str, arguments: &str) -> String {
        let params = [("name", format!("\"{tool}\"")), ("arguments", arguments.to_owned())];
        let params = self.object(&params);
        self.object(&[
            ("jsonrpc", "\"2.0\"".to_owned()),
            ("id", id.to_owned()),
            ("method", "\"tools/call\"".to_owned()),
            ("params", params),
        ])
    }
}

async fn said(agent: &Agent, server: &str, ask: &str) -> String {
    let said = agent.post(server, ask).await;
    assert_eq!(said.status, 200, "{ask}: {said:?}");
    said.text()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_http() {
    let (house, fixture) = House::crm().await;
    let agent = house.worker.in_session("crm").await;
    for seed in 1..=ROUNDS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let (id, arguments) = (dice.id(), format!("{{\"v\":{}}}", dice.value(5)));
        let (ask, answer) = (dice.ask(&id, "look", &arguments), dice.answer(&id));
        fixture.verbatim("look", &answer);
        assert_eq!(said(&agent, "crm", &ask).await, answer, "seed {seed}");
        assert_eq!(fixture.seen().pop().unwrap().text(), ask, "seed {seed}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_standard_input_and_output() {
    let house = child::plan().open().await;
    let agent = house.worker.in_session("kid").await;
    for seed in 1..=ROUNDS {
        let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let id = dice.id();
        let answer = dice.answer(&id);
        let arguments = format!("{{\"say\":{},\"v\":{}}}", json!(answer), dice.value(5));
        let ask = dice.ask(&id, "raw", &arguments);
        assert_eq!(said(&agent, "kid", &ask).await, answer, "seed {seed}");
        let heard = std::fs::read_to_string(house.folder.path().join("raw-line")).unwrap();
        assert_eq!(heard, ask, "seed {seed}");
    }
}
