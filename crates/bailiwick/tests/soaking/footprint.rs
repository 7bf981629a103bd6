//! What a gateway holds when nobody asks anything of it.

use crate::support::house::{House, Running};
use crate::support::process::{children, wait_for};

/// How much resident memory may grow while the log does, in KiB.
const GROWTH_KIB: u64 = 8 << 10;

/// What is held at rest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Footprint {
    sessions: u64,
    children: usize,
    descriptors: usize,
    threads: usize,
    rss_kib: u64,
}

impl Footprint {
    /// Wait until nothing is under way any more, and look.
    pub(super) fn at_rest(house: &House, running: &Running) -> Self {
        let mut rest: Vec<Self> = Vec::new();
        let mut held = wait_for("the gateway to come to rest", || {
            let now = Self::look(house, running);
            let is_same = |it: &Self| it.children == now.children && it.threads == now.threads;
            if now.sessions > 0 || !rest.last().is_none_or(is_same) {
                rest.clear();
            }
            rest.push(now);
            // Half a second in which nobody has a session, and nothing changes.
            (rest.len() >= 50).then_some(now)
        });
        // The question itself takes one, which may be closed by now or not.
        held.descriptors = rest.iter().map(|it| it.descriptors).min().unwrap_or_default();
        held
    }

    fn look(house: &House, running: &Running) -> Self {
        let process = format!("/proc/{}", running.id());
        let count = |what: &str| std::fs::read_dir(format!("{process}/{what}")).unwrap().count();
        let status = std::fs::read_to_string(format!("{process}/status")).unwrap();
        let rss = status.lines().find_map(|it| it.strip_prefix("VmRSS:")).unwrap();
        Self {
            sessions: house.readiness().1["sessions"].as_u64().unwrap(),
            children: children(running.id()).len(),
            descriptors: count("fd"),
            threads: count("task"),
            rss_kib: rss.trim().trim_end_matches("kB").trim().parse().unwrap(),
        }
    }
}

/// Nothing of what is held at rest may grow from part to part. The first part is when caches fill.
pub(super) fn check(seen: &[Footprint]) {
    let [_, first, rest @ ..] = seen else { panic!("too short: {seen:?}") };
    for it in rest {
        assert!(it.children <= first.children, "children are left: {seen:#?}");
        // A segment of the log may just be made ready, and a connection to an operator closed.
        assert!(it.descriptors <= first.descriptors + 3, "descriptors are left: {seen:#?}");
        assert!(it.threads <= first.threads + 2, "threads are left: {seen:#?}");
    }
    let last = rest.last().unwrap_or(first);
    assert!(last.rss_kib <= first.rss_kib + GROWTH_KIB, "memory grows: {seen:#?}");
}
