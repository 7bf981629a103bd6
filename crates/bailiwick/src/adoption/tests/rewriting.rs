//! What is written into clients' files, and what stays as it was.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::super::{Standing, diff};
use super::{FILES, Home, corpus};

/// Every entry of a file with its standing, as one line each.
fn standings(home: &Home, place: &str) -> Vec<String> {
    let plan = home.plan();
    let file = plan.files.iter().find(|it| it.found.file == home.file(place)).unwrap();
    assert_eq!(file.problem, None);
    let line = |standing: &Standing| match standing {
        Standing::Governed(it) => format!("governed as {}", it.name.clone().unwrap()),
        Standing::Doubted(_, doubt) => format!("doubted: {}", doubt.words()),
        Standing::Change(name) => format!("as {name}"),
        Standing::LeftAlone(why) => format!("left alone: {why}"),
    };
    file.entries.iter().map(|(it, standing)| format!("{}: {}", it.name, line(standing))).collect()
}

fn rewritten(home: &Home, place: &str) -> String {
    fs::read_to_string(home.file(place)).unwrap()
}

#[test]
fn each_entry_is_taken_over_or_left_alone_for_a_reason() {
    let home = Home::new();
    let of = |place: usize| standings(&home, FILES[place].0);
    assert_eq!(
        of(0),
        [
            "filesystem: as filesystem",
            "GitHub Server: as GitHub-Server",
            "time: as time",
            "bare: as bare",
            "empty: as empty",
        ]
    );
    assert_eq!(
        of(1),
        [
            "memory: as memory",
            "linear: left alone: it has no key of its own, so the client may have signed in by \
             itself",
            "db: as db",
            // Another data base under the same name is another server.
            "db: as db-2",
            "issues: as issues",
            "vars: left alone: it is filled in by the client, which only the client can do",
            // The same program for another mailbox is another server.
            "mail: as mail",
            "mail2: as mail2",
            "keyed: left alone: its address holds a key, which would stand on a command line",
            "old: as old",
        ]
    );
    assert_eq!(of(2), ["playwright: as playwright", "local: as local"]);
    assert_eq!(of(3)[0], "fetch: as fetch");
    assert_eq!(of(3)[1], "search: as search");
    assert!(of(3)[2].starts_with("prompted: left alone: it is filled in"), "{:?}", of(3));
    assert_eq!(
        of(4),
        [
            // The same launch is the same server, whoever starts it.
            "bare: as bare",
            "dotted name: as dotted-name",
            "figma: left alone: it takes its key from a variable, which only the client is given",
            "git: as git",
            "wiki: as wiki",
        ]
    );
    assert_eq!(of(5)[..2], ["slack: as slack", "crm: as crm"]);
    assert_eq!(of(5)[2], "odd: left alone: its arguments are not a list of texts");
    assert_eq!(of(5)[3], "nothing: left alone: it names neither a command nor an address");
}

#[test]
fn only_what_starts_a_server_changes() {
    let home = Home::new();
    home.adopt();
    let text = rewritten(&home, FILES[2].0);
    // Comments, tabs and trailing commas are where they were; ours stands in front.
    let expected = "\t\t\t\"command\": \"/opt/b/bailiwick\", // pinned on purpose\n\
        \t\t\t\"args\": [ /* keep */\n\
        \t\t\t\t\"wrap\",\n\t\t\t\t\"--config\",\n\t\t\t\t\"/srv/b/bailiwick.toml\",\n\
        \t\t\t\t\"--name\",\n\t\t\t\t\"playwright\",\n\t\t\t\t\"--agent\",\n\t\t\t\t\"cursor\",\n\t\t\t\t\"--observe\",\n\
        \t\t\t\t\"--until\",\n\t\t\t\t\"2026-12-06\",\n\t\t\t\t\"--\",\n\t\t\t\t\"npx\",\n\
        \t\t\t\t\"@playwright/mcp@0.0.41\",\n\t\t\t\t// \"--headless\",\n\t\t\t\t\"--isolated\",\n";
    assert!(text.contains(expected), "{text}");
    let local = "\t\t\t\"command\": \"/opt/b/bailiwick\",\n\t\t\t\"args\": [\"wrap\", \
        \"--config\", \"/srv/b/bailiwick.toml\", \"--name\", \"local\", \"--agent\", \"cursor\", \"--observe\", \
        \"--until\", \"2026-12-06\", \"--url\", \"http://localhost:3845/mcp\"], /* the design";
    assert!(text.contains(local), "{text}");

    let text = rewritten(&home, FILES[4].0);
    for line in corpus(FILES[4].1).lines().filter(|it| it.contains('#')) {
        let comment = &line[line.find('#').unwrap()..];
        assert!(text.contains(comment), "{comment} is missing in {text}");
    }
    for line in [
        "command = \"/opt/b/bailiwick\"             # runs in a venv of its own",
        "\"uvx\", \"mcp-server-git\", \"--repository\", 'C:\\repo']",
        "  command = \"/opt/b/bailiwick\"\n  args = [\"wrap\", ",
        "  \"node\",\n  \"server.js\", # the only file\n",
        "\"X-Key=",
    ] {
        assert!(text.contains(line), "{line} is missing in {text}");
    }
    // A second reader agrees that it is TOML, and that nothing else changed.
    let (mut before, mut after): (toml::Table, toml::Table) =
        (corpus(FILES[4].1).parse().unwrap(), text.parse().unwrap());
    for table in [&mut before, &mut after] {
        for (_, server) in table["mcp_servers"].as_table_mut().unwrap() {
            let server = server.as_table_mut().unwrap();
            ["command", "args", "url", "http_headers", "env"].iter().for_each(|it| {
                server.remove(*it);
            });
            if server.contains_key("bearer_token_env_var") {
                server.clear();
            }
        }
    }
    assert_eq!(before, after);
}

#[test]
fn strict_files_stay_strict_and_keep_all_else() {
    let home = Home::new();
    home.adopt();
    for at in [0, 1, 5] {
        let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let (before, after) = (corpus(FILES[at].1), rewritten(&home, FILES[at].0));
        let (mut before, mut after) = (read(&before), read(&after));
        for value in [&mut before, &mut after] {
            strip(value);
        }
        assert_eq!(before, after, "{}", FILES[at].0);
    }
    // Numbers that no parser could hold are untouched, because nobody wrote them anew.
    assert!(
        rewritten(&home, FILES[0].0).contains("\"ratio\": 1.50, \"big\": 12345678901234567890")
    );
}

/// Take away what adoption may change.
fn strip(value: &mut serde_json::Value) {
    if let Some(object) = value.as_object_mut() {
        for name in ["command", "args", "url", "serverUrl", "headers", "type", "env"] {
            object.remove(name);
        }
        object.values_mut().for_each(strip);
    }
}

#[test]
fn secrets_of_remote_servers_move_into_private_files() {
    let home = Home::new();
    home.adopt();
    let secrets = home.machine.journal.join("secrets");
    let file = secrets.join("issues.Authorization");
    assert_eq!(fs::read_to_string(&file).unwrap(), "Bearer sk-live-0123456789abcdef");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    let named = |text: &str| text.contains(&format!("Authorization={}", file.display()));
    let text = rewritten(&home, FILES[1].0);
    assert!(named(&text));
    // What is no secret stays where it can be seen, and the older way is not guessed at.
    assert!(text.contains("\"--header\", \"X-Team=blue-team\""), "{text}");
    let old = "\"https://old.example/sse\", \"--transport\", \"sse\", \"--header\", \"X=y\"";
    assert!(text.contains(old), "{text}");
    for secret in ["sk-live-0123", "k-9f8e7d6c5b4a", "wiki-secret-0001", "crm-0123456789"] {
        for (place, _) in FILES {
            assert!(!rewritten(&home, place).contains(secret), "{secret} is in {place}");
        }
    }
    for path in home.all().iter().filter(|it| it.starts_with(&home.machine.journal)) {
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{}", path.display());
    }
}

#[test]
fn keys_of_programs_move_and_all_else_stays_in_the_entry() {
    let home = Home::new();
    home.adopt();
    let secrets = home.machine.journal.join("secrets");
    for (place, line, file, value) in [
        (
            0,
            "\"env\": { \"GITHUB_PERSONAL_ACCESS_TOKEN\": \"\", \"GITHUB_HOST\": \
             \"github.example\", \"RETRIES\": 3 },",
            "GitHub-Server.GITHUB_PERSONAL_ACCESS_TOKEN",
            "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",
        ),
        // A line break that belongs to the secret is followed by one that does not.
        (
            1,
            "\"env\":{\"MAIL_PASSWORD\":\"\",\"MAIL_USER\":\"ada\"}",
            "mail.MAIL_PASSWORD",
            "mail-pass-ß \"one\"\n\n",
        ),
        (3, "\"env\": { \"API_KEY\": \"${input:key}\" }", "", ""),
        (
            4,
            "GIT_TRACE = \"0\"\n  GIT_HTTP_TOKEN = \"\"   # from the vault",
            "git.GIT_HTTP_TOKEN",
            "codex-git-token-0001",
        ),
        (5, "\"SLACK_TOKEN\": \"\"\n", "slack.SLACK_TOKEN", "xoxb-1234567890-abcdefghij"),
    ] {
        let text = rewritten(&home, FILES[place].0);
        assert!(text.contains(line), "{line} is missing in {text}");
        if file.is_empty() {
            continue;
        }
        let file = secrets.join(file);
        assert_eq!(fs::read_to_string(&file).unwrap(), value);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        let (_, variable) = file.to_str().unwrap().rsplit_once('.').unwrap();
        let named = format!("\"--secret-env\", \"{variable}={}\"", file.display());
        let spaced = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(spaced.contains(&named), "{named} is missing in {text}");
    }
    let all: String = FILES.iter().map(|(place, _)| rewritten(&home, place)).collect();
    for secret in ["ghp_", "mail-pass", "codex-git-token", "xoxb-"] {
        assert!(!all.contains(secret), "{secret} is still there");
    }
}

#[test]
fn a_diff_shows_the_change_and_no_secret() {
    let home = Home::new();
    let plan = home.plan();
    let told: Vec<String> = plan.changes().flat_map(diff).collect();
    let told = told.join("\n");
    for secret in [
        "sk-live-0123",
        "k-9f8e7d6c5b4a",
        "ghp_",
        "wiki-secret-0001",
        "crm-0123456789",
        "mail-pass",
        "codex-git-token",
    ] {
        assert!(!told.contains(secret), "{secret} is in {told}");
    }
    assert!(told.contains("@@ line 5 @@ mcpServers.filesystem"), "{told}");
    assert!(told.contains("-      \"command\": \"npx\""), "{told}");
    assert!(told.contains("+      \"command\": \"/opt/b/bailiwick\""), "{told}");
}

#[test]
fn twice_is_once() {
    let home = Home::new();
    home.adopt();
    let once = home.files();
    let again = home.plan();
    assert_eq!(again.changes().count(), 0);
    assert!(standings(&home, FILES[1].0).contains(&"db: governed as db-2".to_owned()));
    home.adopt();
    assert_eq!(home.files(), once);
}

#[test]
fn marks_and_line_ends_stay() {
    let home = Home::with(|text| format!("\u{feff}{}", text.replace('\n', "\r\n")));
    home.adopt();
    for (place, name) in FILES {
        let text = rewritten(&home, place);
        assert!(text.starts_with('\u{feff}'), "{place}");
        let lone = text.replace("\r\n", "").contains('\n');
        assert!(!lone, "{place} has a line end of another kind");
        assert_ne!(text, format!("\u{feff}{}", corpus(name).replace('\n', "\r\n")), "{place}");
    }
}

#[test]
fn what_cannot_be_read_is_left_alone_with_its_line() {
    let home = Home::new();
    fs::write(home.file(FILES[0].0), "{\n  \"mcpServers\": {\n    oops\n").unwrap();
    fs::write(home.file(FILES[4].0), "a = 1\nb = = 2\n").unwrap();
    fs::write(home.file(FILES[5].0), [b'{', 0xff]).unwrap();
    fs::write(home.file(FILES[2].0), " \n").unwrap();
    let before = home.files();
    let plan = home.plan();
    let problem = |place: &str| {
        let file = plan.files.iter().find(|it| it.found.file == home.file(place)).unwrap();
        file.problem.clone().unwrap_or_default()
    };
    assert!(problem(FILES[0].0).starts_with("line 3: "), "{}", problem(FILES[0].0));
    assert!(problem(FILES[4].0).starts_with("line 2: "), "{}", problem(FILES[4].0));
    assert_eq!(problem(FILES[5].0), "it is not UTF-8");
    assert_eq!(problem(FILES[2].0), "");
    home.adopt();
    for at in [0, 2, 4, 5] {
        assert_eq!(home.files()[at], before[at]);
    }
}

#[test]
fn the_same_launch_with_the_same_key_has_one_name_in_a_later_run_too() {
    let home = Home::new();
    home.adopt();
    let slack = corpus(FILES[5].1);
    let begin = slack.find("\"slack\"").unwrap();
    let end = begin + slack[begin..].find("\n    }").unwrap() + "\n    }".len();
    let entry = slack[begin..end].to_owned();
    let file = home.file(FILES[0].0);
    let text = rewritten(&home, FILES[0].0);
    let added = text.replace("\"mcpServers\": {", &format!("\"mcpServers\": {{ {entry},"));
    fs::write(&file, &added).unwrap();
    assert_eq!(standings(&home, FILES[0].0)[0], "slack: as slack");
    // With another key it is another server.
    fs::write(&file, added.replace("xoxb-", "xoxb-1")).unwrap();
    assert_eq!(standings(&home, FILES[0].0)[0], "slack: as slack-2");
}

#[test]
fn what_only_calls_itself_bailiwick_takes_no_name() {
    let evil = r#""evil": {"command": "/repo/bailiwick-evil", "args": ["wrap", "--config",
        "/srv/b/bailiwick.toml", "--name", "filesystem", "--", "x"]},"#;
    let lax = r#""lax": {"command": "/opt/b/bailiwick", "args": ["wrap", "--config",
        "/repo/bailiwick.toml", "--name", "time", "--", "x"]},"#;
    let home = Home::with(|it| {
        it.replacen("\"mcpServers\": {", &format!("\"mcpServers\": {{{evil}{lax}"), 1)
    });
    let told = standings(&home, FILES[0].0);
    for line in [
        "evil: doubted: it runs another program that calls itself bailiwick",
        "lax: doubted: it goes through Bailiwick by another configuration",
        "filesystem: as filesystem",
        "time: as time",
    ] {
        assert!(told.iter().any(|it| it == line), "no {line} in {told:#?}");
    }
    home.adopt();
    let text = rewritten(&home, FILES[0].0);
    assert!(text.contains(evil) && text.contains(lax), "they stay as they are: {text}");
}
