//! What this kernel gives to keep servers' processes to their hosts, and which of them need it; and
//! what they own, so that nothing keeps them from it.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use bailiwick_gateway::Rules;
use bailiwick_gateway::config::{Egress, Launch, Settings};
use bailiwick_gateway::confined::{Mechanism, given};
use bailiwick_gateway::warnings;

use super::check::Check;

const SUBJECT: &str = "egress";

pub(super) fn checks(settings: &Settings) -> Vec<Check> {
    let given = given();
    let mut checks = vec![match &given.namespace {
        Ok(()) => Check::good(SUBJECT, "this kernel gives processes networks of their own"),
        Err(why) => {
            let what = format!("this kernel gives no process a network of its own: {why}");
            let advice = "permit user namespaces, if servers are to be kept to their hosts";
            Check::note(SUBJECT, what, advice)
        }
    }];
    checks.push(match &given.landlock {
        Ok(()) => Check::good(SUBJECT, "this kernel has Landlock's rules for TCP"),
        Err(why) => {
            let what = format!("this kernel has no rules of Landlock for TCP: {why}");
            Check::note(SUBJECT, what, "Linux 6.7 and later have them, with `lsm=landlock`")
        }
    });
    let Ok(rules) = Rules::read(settings) else { return checks };
    let owned = owned(settings);
    let kept = settings.servers.iter().filter(|it| matches!(it.launch, Launch::Child { .. }));
    for server in kept {
        let name = &server.name;
        let standing = rules.contracts.of(name).and_then(|it| it.standing.as_ref());
        let is_held = standing.is_some_and(|it| it.hosts.is_some() || it.digest.is_some());
        if is_held && !owned.is_empty() {
            let what = format!(
                "{name} runs as the gateway's user, who owns {}: it can change them, its own \
                 contract and approvals with them, and end the gateway",
                owned.join(", ")
            );
            let advice = "give policies and contracts to another user; see docs/confinement.md, \
                          `What it does not cover`";
            checks.push(Check::warning(SUBJECT, what, advice));
        }
        match (warnings::egress(&rules, server), given.strongest()) {
            (Egress::Open, _) => {}
            (Egress::Declared | Egress::BestEffort, Mechanism::Namespace) => {
                checks.push(Check::good(SUBJECT, format!("{name} is kept to its hosts")));
            }
            (Egress::Declared, Mechanism::Landlock | Mechanism::Proxy) => {
                let what = format!("{name} cannot be kept to its hosts, so it is not started");
                let advice = "permit user namespaces, or say `egress = \"best_effort\"`";
                checks.push(Check::bad(SUBJECT, what, advice));
            }
            (Egress::BestEffort, by @ (Mechanism::Landlock | Mechanism::Proxy)) => {
                let what = format!("{name}: what keeps it to its hosts leaves {}", by.leaves());
                checks.push(Check::warning(SUBJECT, what, "permit user namespaces"));
            }
        }
    }
    checks
}

/// Which of the folders that decide belong to the gateway's user, as whom its servers run: whoever
/// owns its data.
fn owned(settings: &Settings) -> Vec<&'static str> {
    let owner = |folder: &Path| std::fs::metadata(folder).ok().map(|it| it.uid());
    let Some(user) = owner(&settings.data) else { return Vec::new() };
    let folders = [
        ("policies", &settings.policies),
        ("contracts", &settings.contracts),
        ("data", &settings.data),
    ];
    let its = folders.into_iter().filter(|(_, folder)| owner(folder) == Some(user));
    its.map(|(name, _)| name).collect()
}
