//! Putting back: byte for byte, and with care where somebody edited since.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use super::super::{RealDisk, Undone, undo};
use super::{FILES, Home};

fn put_back(home: &Home, force: bool) -> Vec<Undone> {
    undo(&RealDisk, &home.machine.journal, force).unwrap()
}

#[test]
fn every_byte_comes_back() {
    for made in [|it: String| it, |it: String| format!("\u{feff}{}", it.replace('\n', "\r\n"))] {
        let home = Home::with(made);
        let wide = fs::Permissions::from_mode(0o640);
        fs::set_permissions(home.file(FILES[0].0), wide).unwrap();
        let before = home.files();
        home.adopt();
        assert_ne!(home.files(), before);
        let undone = put_back(&home, false);
        assert!(undone.iter().all(|it| matches!(it, Undone::Restored(_))), "{undone:?}");
        assert_eq!(undone.len(), FILES.len());
        assert_eq!(home.files(), before);
        let mode = fs::metadata(home.file(FILES[0].0)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        // Nothing is left over: no backup, no secret, no journal.
        assert_eq!(home.all().len(), FILES.len(), "{:?}", home.all());
        assert!(put_back(&home, false).is_empty());
    }
}

#[test]
fn an_edited_file_is_refused_and_the_rest_comes_back() {
    let home = Home::new();
    let before = home.files();
    home.adopt();
    let file = home.file(FILES[0].0);
    let edited = fs::read_to_string(&file).unwrap().replace("Ctrl+Space", "Ctrl+K");
    fs::write(&file, &edited).unwrap();
    let undone = put_back(&home, false);
    let refused: Vec<String> = undone
        .iter()
        .filter_map(|it| match it {
            Undone::Refused { why, .. } => Some(why.clone()),
            Undone::Restored(_) | Undone::TakenBack { .. } => None,
        })
        .collect();
    assert_eq!(refused.len(), 1);
    assert!(refused[0].contains("edited since: lines 2 to 2"), "{refused:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), edited);
    assert_eq!(home.files()[1..], before[1..]);

    // With force our entries go, the edit stays, and what it was is kept.
    let undone = put_back(&home, true);
    let Undone::TakenBack { copy, lost, .. } = &undone[0] else { panic!("{undone:?}") };
    assert!(lost.is_empty());
    assert_eq!(fs::read_to_string(copy).unwrap(), edited);
    let expected = String::from_utf8(before[0].clone()).unwrap().replace("Ctrl+Space", "Ctrl+K");
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
    assert!(put_back(&home, false).is_empty());
}

/// An entry that somebody changed after us cannot be taken back: what it needs must not go.
#[test]
fn an_entry_that_is_not_found_keeps_its_secrets() {
    let home = Home::new();
    home.adopt();
    let file = home.file(FILES[5].0);
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("mcp/slack:1.2.3", "mcp/slack:1.2.4")).unwrap();
    let secret = home.machine.journal.join("secrets/slack.SLACK_TOKEN");
    for _ in 0..2 {
        let undone = put_back(&home, true);
        let Undone::TakenBack { lost, .. } = &undone[0] else { panic!("{undone:?}") };
        assert_eq!(lost, &["mcpServers.slack"]);
        assert!(fs::read_to_string(&secret).unwrap().starts_with("xoxb-"));
    }
    // Put back by hand, it is as it was, and nothing is left over.
    fs::write(&file, super::corpus(FILES[5].1)).unwrap();
    assert!(matches!(&put_back(&home, false)[..], [Undone::Restored(_)]));
    assert!(!secret.exists() && !home.machine.journal.join("manifest.json").exists());
}

#[test]
fn a_server_added_later_is_adopted_and_undone_too() {
    let home = Home::new();
    home.adopt();
    let file = home.file(FILES[0].0);
    let added = "\"mcpServers\": {\n    \"late\": { \"command\": \"late-server\" },";
    let text = fs::read_to_string(&file).unwrap().replace("\"mcpServers\": {", added);
    fs::write(&file, &text).unwrap();
    home.adopt();
    assert_eq!(home.plan().changes().count(), 0);
    // The last change is taken back by its backup; the first needs force, for an edit followed it.
    let undone = put_back(&home, false);
    assert!(matches!(undone[0], Undone::Restored(_)), "{undone:?}");
    assert_eq!(fs::read_to_string(&file).unwrap(), text);
    assert!(undone.iter().any(|it| matches!(it, Undone::Refused { .. })));
    put_back(&home, true);
    let expected = super::corpus(FILES[0].1).replace("\"mcpServers\": {", added);
    assert_eq!(fs::read_to_string(&file).unwrap(), expected);
}

#[test]
fn a_file_that_is_gone_comes_back_only_by_force() {
    let home = Home::new();
    let before = home.files();
    home.adopt();
    fs::remove_file(home.file(FILES[3].0)).unwrap();
    let undone = put_back(&home, false);
    assert!(undone.iter().any(|it| matches!(it, Undone::Refused { .. })), "{undone:?}");
    put_back(&home, true);
    assert_eq!(home.files(), before);
}

#[test]
fn a_backup_that_was_changed_is_not_put_back() {
    let home = Home::new();
    home.adopt();
    let adopted = home.files();
    for backup in fs::read_dir(home.machine.journal.join("before")).unwrap() {
        fs::write(backup.unwrap().path(), "{}").unwrap();
    }
    let undone = put_back(&home, true);
    assert!(undone.iter().all(|it| matches!(it, Undone::Refused { .. })), "{undone:?}");
    assert_eq!(home.files(), adopted);
}
