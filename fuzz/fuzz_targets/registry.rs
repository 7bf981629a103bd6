//! What registries answer: whatever it is, it is refused or makes signals that a feed may hold.
#![no_main]

use bailiwick_contracts::health::{Feed, Looked, Terms, Timeline, registry};
use bailiwick_core::Day;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|answer: &[u8]| {
    let today = Day::from_number(20_780);
    let _ = registry::issues(answer);
    let packages = [registry::npm(answer, Some("1.0.0"), today), registry::pypi(answer, today)];
    let packages = packages.into_iter().flatten().map(|it| it.signals);
    for signals in packages.chain(registry::repository(answer, today)) {
        let mut feed = Feed::default();
        feed.servers.insert("crm".to_owned(), signals);
        let written = serde_json::to_string(&feed).expect("a feed is JSON");
        let feed = Feed::read(&written).expect("what is written is read");
        let terms = Terms::default();
        let signals = feed.servers.get("crm");
        let looked =
            Looked { contract: None, signals, is_watched: true, people: None, terms: &terms };
        let timeline = Timeline::of(&looked);
        assert_eq!(timeline.on(today).state, looked.judge(today).state);
    }
});
