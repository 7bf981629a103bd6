//! Keys and tokens stand where their owners put them, and nowhere else; and keys are made, listed
//! and revoked while no gateway runs.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::support::agent::Agent;
use crate::support::house::House;
use crate::support::process::Ran;

/// The files below a folder that hold these bytes. Segments of a log are large: grep is quick.
fn holding(folder: &Path, secret: &str) -> Vec<PathBuf> {
    let mut grep = Command::new("grep");
    let ran = Ran::of(grep.args(["-rlaF", "--", secret]).arg(folder));
    assert!(matches!(ran.code, 0 | 1), "{ran:?}");
    ran.out.lines().map(PathBuf::from).collect()
}

#[test]
fn secrets_stand_in_no_record_and_no_file() {
    let secret = "sk-upstream-secret-3f7a9b";
    let program = crate::support::process::program();
    let house = House::new(
        "",
        &format!(
            "[servers.helpdesk]\ncommand = [{program:?}, \"helpdesk\"]\n\
             secret_environment = {{ TOKEN = {{ file = \"{secret_file}\" }} }}\n",
            secret_file = "upstream.secret"
        ),
    );
    house.add_helpdesk_rules();
    fs::write(house.path("upstream.secret"), format!("{secret}\n")).unwrap();
    let key = house.key("support-bot", "ada", "acme");
    let running = house.up();
    let operator = house.json(0, &["operators", "new", "ann", "--role", "operator"]);
    let token = operator["token"].as_str().unwrap();
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);
    agent.call("get_billing", &json!({ "customer_id": "c_41" }));
    agent.call("get_billing", &json!({ "customer_id": "c_42" }));
    house.operator("GET /readyz", token, "").unwrap();
    // A wrong key that is nearly right is refused, and written down nowhere either.
    let wrong = format!("{}x", &key[..key.len() - 1]);
    assert_eq!(
        Agent::new(&house.agents(), "helpdesk", &wrong).try_open().unwrap().http.status,
        401
    );

    for at_rest in [false, true] {
        for secret in [key.as_str(), token, wrong.as_str()] {
            assert_eq!(holding(&house.path(""), secret), Vec::<PathBuf>::new(), "{at_rest}");
        }
        // The part of a key that is secret, without the part that names it.
        let tail = &key[key.len() - 20..];
        assert_eq!(holding(&house.path(""), tail), Vec::<PathBuf>::new());
        assert_eq!(holding(&house.path(""), secret), [house.path("upstream.secret")]);
        let admin = house.admin().unwrap();
        assert_eq!(holding(&house.path(""), &admin), [house.path("data/admin.token")]);
        if !at_rest {
            crate::support::process::signal(running.id(), "TERM");
            crate::support::process::wait_for("the end", || {
                running.told().contains("\nstopped").then_some(())
            });
        }
    }
    // What is private is private to its owner.
    use std::os::unix::fs::PermissionsExt as _;
    for name in ["data/admin.token", "data/log/key"] {
        let mode = fs::metadata(house.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{name} has the mode {mode:o}");
    }
    let mode = fs::metadata(house.path("data")).unwrap().permissions().mode();
    assert_eq!(mode & 0o077, 0, "data has the mode {mode:o}");
}

#[test]
fn keys_and_operators_are_kept_while_nothing_runs() {
    let house = House::helpdesk();
    let key = house.key("support-bot", "ada", "acme");
    let short = house.json(0, &["keys", "new", "--agent", "a", "--person", "p", "--days", "30"]);
    let id = short["id"].as_str().unwrap();
    house.json(0, &["operators", "new", "ann", "--role", "auditor"]);
    let told = house.run(&["keys", "list"]).expect(0).out;
    assert!(told.contains("support-bot") && told.contains("in force"), "{told}");
    assert!(told.lines().any(|it| it.starts_with(id) && it.contains("until 2")), "{told}");
    house.run(&["keys", "revoke", id]).expect(0);
    house.run(&["operators", "revoke", "ann"]).expect(0);
    for words in [["keys", "revoke", "nonsense"], ["operators", "revoke", "nonsense"]] {
        assert_eq!(house.run(&words).code, 2, "{words:?}");
    }

    let running = house.up();
    let mut agent = Agent::open(&house.agents(), "helpdesk", &key);
    assert!(agent.call("get_billing", &json!({ "customer_id": "c_41" })).is_done());
    assert_eq!(running.stop(), 0);
    let acts = house.query(&["--kind", "admin"]);
    let acts: Vec<_> = acts
        .iter()
        .filter(|it| it["record"]["operator"] == "command-line")
        .map(|it| (it["record"]["act"].as_str().unwrap(), it["record"]["done"] == true))
        .collect();
    let expected = [
        ("keys.new", true),
        ("keys.new", true),
        ("operators.new", true),
        ("keys.revoke", true),
        ("operators.revoke", true),
        ("keys.revoke", true),
        ("keys.revoke", false),
        ("operators.revoke", true),
        ("operators.revoke", false),
    ];
    assert_eq!(acts, expected);
    house.verified();
}
