//! A server at an address that hears everything and says next to nothing: what waits for it has an
//! end, which is on record.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use serde_json::json;

use super::client::Client;
use super::{house, house_with, permissive};
use crate::support::house::House;
use crate::support::process::{signal, wait_for};

const INITIALIZED: &str = "notifications/initialized";

/// Answers the handshake, takes the notifications that it `takes`, and leaves all else unanswered.
struct Silent {
    address: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Silent {
    fn new(takes: &'static [&'static str]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/mcp", listener.local_addr().unwrap());
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let hears = Arc::clone(&heard);
        std::thread::spawn(move || {
            for socket in listener.incoming() {
                let (socket, hears) = (socket.unwrap(), Arc::clone(&hears));
                std::thread::spawn(move || serve(&socket, takes, &hears));
            }
        });
        Self { address, heard }
    }

    /// Wait until so many messages hold this word.
    fn hears(&self, word: &str, times: usize) {
        wait_for(word, || {
            let heard = self.heard.lock().unwrap();
            (heard.iter().filter(|it| it.contains(word)).count() >= times).then_some(())
        });
    }
}

fn serve(socket: &TcpStream, takes: &[&str], hears: &Mutex<Vec<String>>) {
    let (mut input, mut output) = (BufReader::new(socket), socket);
    while let Some((head, message)) = request(&mut input) {
        hears.lock().unwrap().push(message.clone());
        let reply = if message.contains("\"initialize\"") {
            let answer = r#"{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"s","version":"1"}}}"#;
            format!(
                "200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{answer}",
                answer.len()
            )
        } else if head.starts_with("GET ") {
            "405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else if takes.iter().any(|it| message.contains(it)) {
            "202 Accepted\r\ncontent-length: 0\r\n\r\n".to_owned()
        } else {
            continue;
        };
        if output.write_all(format!("HTTP/1.1 {reply}").as_bytes()).is_err() {
            return;
        }
    }
}

/// The first line and the body of the next request.
fn request(input: &mut impl std::io::BufRead) -> Option<(String, String)> {
    let lines = input.lines().map_while(Result::ok).take_while(|it| !it.is_empty());
    let head: Vec<String> = lines.collect();
    let length = head.iter().find_map(|it| {
        let (name, value) = it.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().ok())?
    });
    let mut body = vec![0; length.unwrap_or(0)];
    input.read_exact(&mut body).ok()?;
    Some((head.first()?.clone(), String::from_utf8(body).ok()?))
}

fn wrapped(house: &House, silent: &Silent) -> Client {
    permissive(house);
    Client::start(house, &["--name", "silent", "--url", &silent.address])
}

#[test]
fn at_the_end_each_call_under_way_has_its_outcome() {
    let (house, silent) = (house(), Silent::new(&[INITIALIZED]));
    let mut client = wrapped(&house, &silent).open();
    client.begin("ping", &json!({}));
    silent.hears("\"ping\"", 1);
    // What we ask for ourselves is owed its outcome too.
    silent.hears("tools/list", 1);
    assert_eq!(client.close(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}

#[test]
fn it_can_be_told_to_end_while_a_message_waits_to_be_taken() {
    for by_signal in [true, false] {
        let (house, silent) = (house(), Silent::new(&[]));
        let mut client = wrapped(&house, &silent).open();
        silent.hears(INITIALIZED, 1);
        if by_signal {
            signal(client.id(), "TERM");
            assert_eq!(client.ended(), 0);
        } else {
            assert_eq!(client.close(), 0);
        }
        assert_eq!(house.verified()["in_doubt"], 0);
    }
}

#[test]
fn one_call_too_many_is_told_so_and_one_called_off_makes_room() {
    let house = house_with("[limits]\ncalls_per_session = 4\n");
    let silent = Silent::new(&["notifications/"]);
    let mut client = wrapped(&house, &silent).open();
    let first = client.begin("ping", &json!({}));
    client.begin("ping", &json!({}));
    let one_more = client.ask("ping", &json!({}));
    assert_eq!(one_more["error"]["message"], "Too many calls are under way", "{one_more}");
    assert_eq!(house.query(&["--kind", "refusal"]).len(), 1);
    let off = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled",
        "params": { "requestId": first } });
    client.say(&off.to_string());
    client.answer(first);
    client.begin("ping", &json!({}));
    silent.hears("\"ping\"", 3);
    assert_eq!(client.close(), 0);
    assert_eq!(house.verified()["in_doubt"], 0);
}
