//! A server's process reaches the hosts of its contract and nothing else, and is what was approved.

mod far;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use self::far::{Ear, Far};
use crate::support::agent::Agent;
use crate::support::house::{House, Running};
use crate::support::process::{program, run, wait_for};

const PERMIT: &str = "@id(\"all\") permit (principal, action, resource);";

/// A house with the prober, which gets as far as this.
fn house(server: &str, standing: &str) -> House {
    let python = ["/usr/bin/python3", "/usr/local/bin/python3", "/opt/homebrew/bin/python3"];
    let python = python.iter().find(|it| Path::new(it).exists()).unwrap_or(&"python3");
    let section = format!("[servers.prober]\ncommand = [{python:?}, \"prober.py\"]\n{server}\n");
    let house = House::new("", &section);
    fs::write(house.path("prober.py"), include_str!("prober.py")).unwrap();
    fs::write(house.path("policies/all.cedar"), PERMIT).unwrap();
    contract(&house, standing);
    house
}

fn contract(house: &House, standing: &str) {
    let text = format!(
        "server = \"prober\"\n\n[standing]\n{standing}\n\n[tools.reach]\neffect = \"read\"\n"
    );
    fs::write(house.path("contracts/prober.toml"), text).unwrap();
}

/// A tried mechanism of this kernel; a kernel without it is told of, and fails where all must run.
fn is_given(by: &str) -> bool {
    let tried = run(&["confine", "--probe", "--by", by]);
    if tried.code == 0 {
        return true;
    }
    eprintln!("SKIPPED: this kernel gives no {by}: {}", tried.out.trim());
    assert!(
        std::env::var_os("BAILIWICK_REQUIRE_ALL").is_none_or(|it| it != "1"),
        "all tests were to run"
    );
    false
}

fn agent(house: &House) -> Agent {
    Agent::open(&house.agents(), "prober", &house.key("bot", "ada", "acme"))
}

#[track_caller]
fn reach(agent: &mut Agent, how: &str, host: &str, port: u16) -> String {
    let said = agent.call("reach", &json!({ "how": how, "host": host, "port": port }));
    said.result()["content"][0]["text"].as_str().unwrap().to_owned()
}

#[test]
fn a_process_reaches_its_hosts_by_the_proxy_and_nothing_else() {
    if !is_given("namespace") {
        return;
    }
    let (four, six, other) = (Far::at("127.0.0.1"), Far::at("::1"), Far::at("127.0.0.1"));
    let ear = Ear::new();
    let standing = format!("hosts = [\"127.0.0.1:{}\", \"[::1]:{}\"]", four.port(), six.port());
    let house = house("", &standing);
    let running = house.up();
    let mut agent = agent(&house);

    // What it asks the proxy for passes where it is listed.
    assert_eq!(reach(&mut agent, "http", "127.0.0.1", four.port()), "hello");
    assert_eq!(reach(&mut agent, "tunnel", "127.0.0.1", four.port()), "hello");
    assert_eq!(reach(&mut agent, "http", "::1", six.port()), "hello");
    assert_eq!(reach(&mut agent, "tunnel", "::1", six.port()), "hello");
    assert_eq!(reach(&mut agent, "child-http", "127.0.0.1", four.port()), "hello");

    // What it does not ask the proxy for leads nowhere, listed or not.
    let before = (four.count(), six.count());
    for (how, host, port) in [
        ("tcp", "127.0.0.1", four.port()),
        ("tcp", "::1", six.port()),
        ("tcp", "127.0.0.1", other.port()),
        ("child-tcp", "127.0.0.1", four.port()),
        ("child-tcp", "::1", six.port()),
        ("tcp", "192.0.2.1", 443),
        ("udp", "192.0.2.1", 53),
        ("tcp", "2001:db8::1", 443),
    ] {
        let said = reach(&mut agent, how, host, port);
        assert!(said.starts_with("failed"), "{how} {host}: {said}");
    }
    reach(&mut agent, "udp", "127.0.0.1", ear.port());
    assert!(!ear.heard(), "a datagram got out");
    assert_eq!((four.count(), six.count()), before);

    // What is not listed is refused, and on record.
    let said = reach(&mut agent, "http", "127.0.0.1", other.port());
    assert!(said.starts_with("403 bailiwick: "), "{said}");
    let said = reach(&mut agent, "tunnel", "secret.evil.example", 443);
    assert!(said.contains(" 403"), "{said}");
    assert_eq!(other.count(), 0);
    wait_for("the notice", || running.told().contains("*.evil.example:443").then_some(()));
    assert!(!running.told().contains("secret.evil"), "{}", running.told());

    // A name that is listed leads to no private address that is not.
    contract(&house, &format!("hosts = [\"localhost:{}\"]", four.port()));
    let said = wait_for("the edit", || {
        let said = reach(&mut agent, "http", "localhost", four.port());
        (!said.contains("not among")).then_some(said)
    });
    assert!(said.starts_with("403") && said.contains("private address"), "{said}");
    let said = reach(&mut agent, "http", "127.0.0.1", four.port());
    assert!(said.contains("not among"), "{said}");
    drop(running);
    let noticed = house.query(&["--kind", "noticed"]);
    assert!(noticed.iter().any(|it| it["record"]["what"] == "egress.refused"), "{noticed:?}");
    house.verified();
}

/// A gateway in a user namespace that has no more of them to give.
fn weaker(house: &House) -> Running {
    let script = "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$0\" up";
    let mut command = Command::new("unshare");
    command.args(["--user", "--map-root-user", "sh", "-c", script]).arg(program());
    command.env("BAILIWICK_CONFIG", house.path("bailiwick.toml"));
    command.current_dir(house.path(""));
    house.launch_as(command)
}

#[test]
fn where_the_kernel_cannot_hold_it_it_is_not_started_unless_that_is_said() {
    if !is_given("namespace") || !is_given("landlock") {
        return;
    }
    let far = Far::at("127.0.0.1");
    let standing = format!("hosts = [\"127.0.0.1:{}\"]", far.port());
    let strict = house("", &standing);
    let running = weaker(&strict);
    wait_for("the refusal", || {
        running.told().contains("cannot keep it to the hosts").then_some(())
    });
    assert_eq!(strict.readiness().1["servers"][0]["listed"], false);
    drop(running);

    let house = house("egress = \"best_effort\"", &standing);
    let running = weaker(&house);
    wait_for("the notice", || running.told().contains("egress.weaker").then_some(()));
    wait_for("the server", || (house.readiness().1["servers"][0]["listed"] == true).then_some(()));
    let mut agent = agent(&house);
    assert_eq!(reach(&mut agent, "http", "127.0.0.1", far.port()), "hello");
    for how in ["tcp", "child-tcp"] {
        let said = reach(&mut agent, how, "127.0.0.1", far.port());
        assert!(said.contains("Permission denied"), "{how}: {said}");
    }
}

#[test]
fn what_needs_no_confinement_has_none() {
    let far = Far::at("127.0.0.1");
    let house = house("egress = \"open\"", "hosts = [\"example.com\"]");
    let running = house.up();
    let mut agent = agent(&house);
    assert_eq!(reach(&mut agent, "tcp", "127.0.0.1", far.port()), "connected");
    assert_eq!(reach(&mut agent, "env", "HTTP_PROXY", 0), "");
    drop(running);
}

#[test]
fn check_tells_what_lets_nothing_pass() {
    let house = house("", "hosts = [\"Stripe, EU\"]");
    let said = house.run(&["check"]).expect(0).out;
    assert!(said.contains("`Stripe, EU` in [standing] hosts is no host"), "{said}");
    assert!(said.contains("it reaches nothing"), "{said}");
    contract(&house, "hosts = []");
    let said = house.run(&["check"]).expect(0).out;
    assert!(!said.contains("it reaches nothing"), "{said}");
    // It is the user who could edit that.
    fs::create_dir_all(house.path("data")).unwrap();
    let doctor = house.run(&["doctor"]).out;
    let owns = "prober runs as the gateway's user, who owns policies, contracts, data";
    assert!(doctor.contains(owns), "{doctor}");
    contract(&house, "");
    let doctor = house.run(&["doctor"]).out;
    assert!(doctor.contains("egress") && !doctor.contains(owns), "{doctor}");
}

/// A program that calls somebody as soon as it is started.
fn calling(port: u16) -> String {
    format!(
        "import socket\n\ntry:\n    socket.create_connection((\"127.0.0.1\", {port}), 5).close()\n\
         except OSError:\n    pass\n\nimport prober\n"
    )
}

#[test]
fn a_candidate_that_nobody_looked_at_reaches_nothing_also_where_one_only_observes() {
    if !is_given("namespace") {
        return;
    }
    let far = Far::at("127.0.0.1");
    let section = |name: &str, more: &str| {
        format!("\n[servers.{name}]\ncommand = [\"python3\", \"fork.py\"]\n{more}")
    };
    let sections = section("known", "egress = \"open\"\n") + &section("unsaid", "");
    let house = house(&sections, "");
    house.shadow_until("2500-01-01");
    fs::write(house.path("fork.py"), calling(far.port())).unwrap();
    let running = house.up();
    house.run(&["contracts", "approve", "prober", "--all", "--why", "read"]).expect(0);
    drop(running);

    let script = house.path("fork.py").display().to_string();
    let before = far.count();
    for words in [&["--", "python3", script.as_str()][..], &["--with", "unsaid"]] {
        let told = house.json(0, &[&["contracts", "compare", "prober"], words].concat());
        assert_eq!(told["same"], true);
    }
    assert_eq!(far.count(), before, "it got out");
    house.json(0, &["contracts", "compare", "prober", "--with", "known"]);
    assert!(far.count() > before);
}

#[test]
fn a_launch_that_is_not_what_was_approved_is_not_started() {
    let house = house("", "");
    let script = house.path("prober.py");
    let found = house.json(0, &["contracts", "digest", "prober"]);
    let digest = found["digest"].as_str().unwrap().to_owned();
    assert_eq!(found["covers"].as_array().unwrap().len(), 2, "{found}");
    contract(&house, &format!("digest = \"{digest}\""));
    house.run(&["contracts", "digest", "prober"]).expect(0);

    // Between the approval and the start.
    let text = fs::read_to_string(&script).unwrap();
    fs::write(&script, format!("{text}# changed\n")).unwrap();
    house.run(&["contracts", "digest", "prober"]).expect(1);
    let running = house.launch();
    wait_for("the refusal", || running.told().contains("launch.digest").then_some(()));
    let (_, ready) = house.readiness();
    let why = ready["servers"][0]["absent"].to_string();
    assert!(why.contains("is not what was approved"), "{ready}");

    // As it was, it is started; what was started goes on, and the next is not.
    fs::write(&script, &text).unwrap();
    wait_for("the server", || (house.readiness().1["servers"][0]["listed"] == true).then_some(()));
    let mut before = agent(&house);
    fs::write(&script, format!("{text}# changed again\n")).unwrap();
    assert_eq!(reach(&mut before, "env", "PYTHONDONTWRITEBYTECODE", 0), "1");
    let mut after = Agent::new(&house.agents(), "prober", &house.key("bot", "eve", "acme"));
    let _ = after.try_open();
    assert!(!after.is_open());
    drop(running);
    house.verified();
}

#[test]
fn a_package_is_measured_with_all_that_was_installed_with_it() {
    let house =
        House::new("", "[servers.tool]\ncommand = [\"sh\", \"node_modules/tool/run.sh\"]\n");
    for name in ["tool", "below"] {
        fs::create_dir_all(house.path("node_modules").join(name)).unwrap();
    }
    fs::write(house.path("node_modules/tool/run.sh"), "exit 0\n").unwrap();
    fs::write(house.path("node_modules/below/part.js"), "one\n").unwrap();
    let digest = || {
        let found = house.json(0, &["contracts", "digest", "tool"]);
        assert!(found["covers"].to_string().contains("node_modules/**"), "{found}");
        found["digest"].as_str().unwrap().to_owned()
    };
    let first = digest();
    assert_eq!(first, digest());
    fs::write(house.path("node_modules/below/part.js"), "two\n").unwrap();
    assert_ne!(first, digest());
    fs::write(house.path("node_modules/below/part.js"), "one\n").unwrap();
    assert_eq!(first, digest());
    std::os::unix::fs::symlink("tool", house.path("node_modules/link")).unwrap();
    assert_ne!(first, digest());

    // What is behind a link that leads out of it could be exchanged.
    let refused = |why: &str| {
        let told = house.run(&["contracts", "digest", "tool"]).expect(2).err;
        assert!(told.contains(why), "{told}");
    };
    let out = house.path("node_modules/out");
    std::os::unix::fs::symlink("../policies", &out).unwrap();
    refused("leads out of it");
    fs::remove_file(&out).unwrap();
    // Holes are quickly made and slowly read.
    for name in ["one", "two"] {
        let hole = fs::File::create(house.path("node_modules").join(name)).unwrap();
        hole.set_len(3 << 30).unwrap();
    }
    refused("too large");
}

#[test]
fn an_environment_of_python_is_measured_with_what_says_from_where_it_loads() {
    let house = House::new("", "[servers.tool]\ncommand = [\"venv/bin/tool\"]\n");
    fs::create_dir_all(house.path("venv/bin")).unwrap();
    fs::create_dir_all(house.path("venv/lib")).unwrap();
    let tool = house.path("venv/bin/tool");
    fs::write(&tool, "#!/bin/sh\n").unwrap();
    fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
    let measured = |home: &str| {
        fs::write(house.path("venv/pyvenv.cfg"), format!("home = {home}\n")).unwrap();
        let found = house.json(0, &["contracts", "digest", "tool"]);
        assert!(found["covers"].to_string().contains("pyvenv.cfg"), "{found}");
        found["digest"].clone()
    };
    assert_ne!(measured("/usr/bin"), measured("/opt/bin"));
}

#[test]
fn what_cannot_be_measured_is_said() {
    let sections = "[servers.package]\ncommand = [\"npx\", \"-y\", \"server@1.2.3\"]\n\
                    [servers.image]\ncommand = [\"docker\", \"run\", \"-i\", \"git@sha256:\
                    0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef\"]\n";
    let house = House::new("", sections);
    let told = house.run(&["contracts", "digest", "package"]).expect(2).err;
    assert!(told.contains("install the package"), "{told}");
    let digest = "server = \"package\"\n\n[standing]\ndigest = \"sha256:00\"\n";
    fs::write(house.path("contracts/package.toml"), digest).unwrap();
    let checked = house.run(&["check"]).expect(0).out;
    assert!(checked.contains("server package: it is not started"), "{checked}");
    let image = house.json(0, &["contracts", "digest", "image"]);
    assert!(image["digest"].as_str().unwrap().ends_with("cdef"), "{image}");
    house.run(&["contracts", "digest", "nobody"]).expect(2);
}
