//! A server that cannot be listed: why, wherever one looks.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use crate::support::house::{House, free_port};
use crate::support::process::wait_for;

/// A server that answers everything with 401.
fn unauthorized() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming() {
            let mut socket = socket.unwrap();
            let _ = socket.read(&mut [0; 65536]);
            let _ = socket.write_all(
                b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }
    });
    port
}

#[test]
fn a_server_that_cannot_be_listed_says_why() {
    let (locked, closed) = (unauthorized(), free_port());
    let servers = format!(
        "[servers.locked]\nurl = \"http://127.0.0.1:{locked}/mcp\"\n\
         [servers.closed]\nurl = \"http://127.0.0.1:{closed}/mcp\"\n\
         [servers.gone]\ncommand = [\"/nowhere/at/all\"]\n\
         [servers.broken]\ncommand = [\"sh\", \"-c\", \"echo boom >&2; exit 3\"]\n"
    );
    let house = House::new("", &servers);
    let running = house.launch();
    let expected = [
        "it answered 401 Unauthorized: is a header with its key missing or wrong?",
        "Connection refused",
        "`/nowhere/at/all` cannot be started: No such file",
        "its process ended: exit status: 3; it said: boom",
    ];
    let all = |told: &str| expected.iter().all(|it| told.contains(it));
    wait_for("status to say why", || all(&house.run(&["status"]).out).then_some(()));
    wait_for("the terminal to say why", || all(&running.told()).then_some(()));
    let looked = house.run(&["doctor"]).out;
    assert!(all(&looked), "{looked}");
}

#[test]
fn a_wrap_says_on_standard_error_why_there_is_no_session() {
    let house = House::new("", "");
    let permit = "@id(\"all\") permit (principal, action, resource);";
    let url = format!("http://127.0.0.1:{}/mcp", free_port());
    let told = |house: &House| {
        let mut command = house.command(&["wrap", "--name", "crm", "--url", &url]);
        let piped = std::process::Stdio::piped;
        command.stdin(piped()).stdout(piped()).stderr(piped());
        let mut child = command.spawn().unwrap();
        let shake = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{
            "protocolVersion":"2025-11-25","capabilities":{},
            "clientInfo":{"name":"a","version":"1"}}}"#;
        let mut input = child.stdin.take().unwrap();
        writeln!(input, "{}", shake.replace('\n', "")).unwrap();
        let mut answer = String::new();
        let mut output = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut output, &mut answer).unwrap();
        drop(input);
        let told = child.wait_with_output().unwrap().stderr;
        assert!(!answer.contains("refused") && answer.contains("error"), "{answer}");
        String::from_utf8(told).unwrap()
    };
    let denied = told(&house);
    assert!(denied.contains("`bailiwick log query` tells by which decision"), "{denied}");
    std::fs::write(house.path("policies/all.cedar"), permit).unwrap();
    let unreachable = told(&house);
    assert!(unreachable.contains("cannot be reached: Connection refused"), "{unreachable}");
}
