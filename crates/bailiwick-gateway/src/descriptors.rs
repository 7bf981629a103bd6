//! Files, sockets and pipes that this process may have open at once: whoever runs out of them takes
//! no connection and writes no record.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::Settings;

/// What the gateway has open besides: its log and state, operators, connections to servers and
/// those of confined processes.
const OTHERS: u64 = 1024;
/// What a session with a process has open: its input, output and standard error.
const OF_SESSION: u64 = 3;

/// How many may be open at once.
pub fn may_have() -> u64 {
    getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX)
}

/// How many the limits of a configuration come to.
fn needed(settings: &Settings) -> u64 {
    let of = |it: usize| u64::try_from(it).unwrap_or(u64::MAX);
    let sessions = of(settings.limits.sessions).saturating_mul(OF_SESSION);
    of(settings.limits.connections).saturating_add(sessions).saturating_add(OTHERS)
}

/// Take as many as are needed, as far as the system lets us: what a shell is given at first is far
/// less than what it may have.
pub(crate) fn raise(settings: &Settings) {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let wanted = needed(settings).min(maximum.unwrap_or(u64::MAX));
    if current.is_some_and(|it| it < wanted) {
        // Where it is refused, that is told with the warnings.
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum });
    }
}

/// What to do where they are too few.
pub const ADVICE: &str = "raise the hard limit (`ulimit -Hn`, LimitNOFILE=), or lower the limits";

/// What is too little for the limits of a configuration.
pub fn warning(settings: &Settings) -> Option<String> {
    let limit = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
    too_few(needed(settings), limit)
}

fn too_few(needed: u64, may_have: u64) -> Option<String> {
    (may_have < needed).then(|| {
        format!(
            "{may_have} files and sockets may be open at once, and [limits] connections and \
             sessions come to {needed}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_when_the_limits_come_to_more_than_may_be_open() {
        assert_eq!(too_few(1000, 1000), None);
        let told = too_few(21_504, 4096).unwrap();
        assert!(told.contains("4096 files") && told.contains("21504"), "{told}");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("bailiwick.toml");
        std::fs::write(&file, "[limits]\nconnections = 100\nsessions = 10\n").unwrap();
        let settings = crate::config::load(&file).unwrap();
        assert_eq!(needed(&settings), 100 + 30 + 1024);
        raise(&settings);
        let hard = getrlimit(Resource::Nofile).maximum.unwrap_or(u64::MAX);
        assert!(may_have() >= needed(&settings).min(hard));
    }
}
