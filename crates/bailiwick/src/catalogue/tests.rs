//! Every entry is what docs/catalogue.md asks for, and every form of a command is known.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bailiwick_contracts::{Contract, EffectWord, Filled, inventory, unpinned};

use super::*;

/// What an installation decides: no entry can say it.
const THEIRS: [&str; 6] =
    ["approved", "owner", "on_call", "tells_customers", "data_in", "data_out"];

fn folder() -> PathBuf {
    PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../../catalogue")
}

fn words(command: &str) -> Vec<String> {
    command.split(' ').map(str::to_owned).collect()
}

#[test]
fn every_folder_is_an_entry_and_every_entry_a_folder() {
    let mut found = BTreeSet::new();
    let mut open = vec![folder()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.ends_with("about.toml") {
                found.insert(std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let known: BTreeSet<_> = CATALOGUE.iter().map(|it| it.about.to_owned()).collect();
    assert_eq!(found, known);
    for entry in all().unwrap() {
        let (registry, package) = entry.about.registry();
        let place = folder().join(registry).join(package).join("contract.toml");
        assert_eq!(std::fs::read_to_string(place).unwrap(), entry.contract);
    }
}

#[test]
fn every_cell_of_every_entry_is_verified_with_its_evidence() {
    let day = "2026-11-23".parse().unwrap();
    for entry in all().unwrap() {
        let name = &entry.about.package;
        let contract = Contract::read(entry.contract).unwrap();
        let tools: BTreeSet<_> = contract.tools.keys().collect();
        assert_eq!(tools, entry.about.pins.keys().collect(), "{name}: a pin for each tool");
        for row in inventory(Some(&contract), None, day) {
            for cell in &row.cells {
                let is_theirs = THEIRS.contains(&cell.name) && cell.filled == Filled::Missing;
                let is_said = matches!(cell.filled, Filled::Said { .. });
                assert!(is_said || is_theirs, "{name} {}: {cell:?}", row.tool);
            }
        }
        for line in entry.contract.lines().filter(|it| it.contains(" = { value = ")) {
            let good = line.contains(", evidence = \"") && line.contains(VERIFIED);
            assert!(good, "{name}: {line}");
        }
        assert!(contract.standing.unwrap().review_by.is_some(), "{name}");
        assert!(!entry.about.remains.is_empty() && !entry.about.licence.is_empty(), "{name}");
    }
}

/// A program that somebody else names may do anything: no verified `read` ends in one.
#[test]
fn what_runs_programs_that_others_name_is_destructive() {
    let mut found = 0;
    for entry in all().unwrap() {
        for (name, tool) in Contract::read(entry.contract).unwrap().tools {
            let runs = tool.worst_case.is_some_and(|it| it.said().contains("program that"));
            let runs = runs || tool.effect.evidence().is_some_and(|it| it.contains("git starts"));
            let is_destructive = *tool.effect.said() == EffectWord::Destructive;
            assert!(!runs || is_destructive, "{} {name}", entry.about.package);
            found += usize::from(runs);
        }
    }
    assert_eq!(found, 11, "all of git's but git_reset, which destroys by itself");
}

/// How every cell of an entry ends: for a year.
const VERIFIED: &str = "verified = true, verified_on = \"2026-11-23\", expires = \"2027-11-23\" }";

#[test]
fn every_entry_is_started_in_a_version_that_was_verified() {
    let entries = all().unwrap();
    for entry in &entries {
        let about = &entry.about;
        assert_eq!(unpinned(&about.command), None, "{}", about.package);
        let found = of_command(&entries, &about.command, Path::new("/")).unwrap();
        assert_eq!(found.about.package, about.package);
        match about.registry().0 {
            "bailiwick" => assert_eq!(about.versions, [env!("CARGO_PKG_VERSION")]),
            _ => {
                let version = entry.version(&about.command, Path::new("/"));
                assert_eq!(version.as_ref(), about.versions.last(), "{}", about.package);
            }
        }
    }
}

#[test]
fn an_entry_falls_into_its_parts_and_together_they_are_the_whole() {
    for entry in all().unwrap() {
        let contract = Contract::read(entry.contract).unwrap();
        let all = parts(entry.contract);
        assert_eq!(all.iter().map(|it| it.1).collect::<String>(), entry.contract);
        let tools = all.iter().filter(|it| matches!(it.0, Part::Tool(_))).count();
        assert_eq!(tools, contract.tools.len());
        let doubted: String = all.iter().map(|it| unverified(it.1)).collect();
        assert!(!doubted.contains("verified = true"));
        let doubted = Contract::read(&doubted).unwrap();
        assert!(doubted.tools.values().all(|it| it.effect.verified().is_none()));
        // What is left to the operator is written out, and right once it is filled in.
        let filled = entry.contract.replace("\n# arguments.", "\narguments.");
        Contract::read(&filled).unwrap();
    }
}

#[test]
fn what_is_there_is_kept_and_what_is_lacking_is_added() {
    let entries = all().unwrap();
    let git = entries.iter().find(|it| it.about.is_named("mcp-server-git")).unwrap();
    let parts: Vec<_> = parts(git.contract).into_iter().map(|(a, b)| (a, b.to_owned())).collect();
    let mine = "# mine\nserver = \"repo\"\n[tools.git_log]\neffect = \"destructive\"";
    let (text, added) = added_to(mine, "repo", &parts).unwrap();
    assert!(text.starts_with(mine) && added.len() == git.about.pins.len() - 1, "{added:?}");
    let again = added_to(&text, "repo", &parts).unwrap();
    assert_eq!(again, (text.clone(), Vec::new()));
    // What was added unverified is verified later, and what somebody wrote himself is left.
    let doubted: Vec<_> = parts.iter().map(|(part, its)| (*part, unverified(its))).collect();
    let (doubted, _) = added_to(mine, "repo", &doubted).unwrap();
    let verified = parts.iter().fold(doubted.clone(), |all, (_, its)| raised(&all, its));
    assert!(doubted.contains("verified = false") && verified == text);
    let edited = doubted.replacen("evidence", "evidence_of_mine", 1);
    let raised = parts.iter().fold(edited, |all, (_, its)| raised(&all, its));
    assert!(raised.contains("evidence_of_mine") && raised.contains("verified = false"));
    assert!(added_to(mine, "other", &parts).unwrap_err().what.contains("`repo`"));
    assert!(headed(&parts[0].1, "re\"po").contains("server = 're\"po'"));
}

#[test]
fn what_a_command_starts_is_known_by_its_words() {
    let entries = all().unwrap();
    for (command, package, version) in [
        ("npx -y @modelcontextprotocol/server-memory@1.2.3", "server-memory", Some("1.2.3")),
        ("npx -y @modelcontextprotocol/server-memory", "server-memory", None),
        ("cmd /c npx -y @modelcontextprotocol/server-memory", "server-memory", None),
        ("pnpm dlx @modelcontextprotocol/server-memory@1", "server-memory", Some("1")),
        ("env A=b npx @modelcontextprotocol/server-memory", "server-memory", None),
        ("uvx mcp-server-git==1.2.3 -r /mcp-server-time", "mcp-server-git", Some("1.2.3")),
        ("uvx --from mcp_server_git@2.0 mcp-server-git", "mcp-server-git", Some("2.0")),
        ("pipx run mcp-server-time", "mcp-server-time", None),
        // Another registry, another program, other code: nobody knows which version that is.
        ("uvx --index-url http://x/ --from mcp-server-git==1.2.3 git", "mcp-server-git", None),
        ("uvx --from mcp-server-git==1.2.3 other", "mcp-server-git", None),
        ("npx -p @modelcontextprotocol/server-memory@1.2.3 -c evil", "server-memory", None),
        ("python3 -m mcp_server_fetch", "mcp-server-fetch", None),
        ("/opt/tools/mcp-server-sqlite --db-path x", "mcp-server-sqlite", None),
        ("node /x/node_modules/@modelcontextprotocol/server-memory/a.js", "server-memory", None),
        ("bailiwick helpdesk", "helpdesk", None),
    ] {
        let found = of_command(&entries, &words(command), Path::new("/nowhere"));
        let found = found.unwrap_or_else(|| panic!("{command}"));
        assert!(found.about.is_named(package), "{command}: {}", found.about.package);
        let known = found.version(&words(command), Path::new("/nowhere"));
        assert_eq!(known.as_deref(), version, "{command}");
    }
    for command in [
        "npx -y @evil/server-memory@1.2.3",
        "npx other /x/node_modules/@modelcontextprotocol/server-memory/a.js",
        "node server.js mcp-server-git",
        "node -r evil /x/node_modules/@modelcontextprotocol/server-memory/a.js",
        "uvx mcp-server-github",
        "bailiwick up",
        "",
    ] {
        assert!(of_command(&entries, &words(command), Path::new("/")).is_none(), "{command}");
    }
}
