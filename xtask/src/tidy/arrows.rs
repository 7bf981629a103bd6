//! Arrows between crates: who may depend on whom, and who may know the outside world.

use toml::{Table, Value};

use super::manifests::{Member, members};
use super::{Fault, Repository};

/// What one crate may depend on.
pub(super) struct Arrows {
    pub(super) from: &'static str,
    to: &'static [&'static str],
    /// A pure crate has no runtime, socket or database: time and bytes are its arguments.
    pub(super) pure: bool,
}

const CORE: &[&str] = &["bailiwick-core"];

const CORE_AND_PETALS: &[&str] = &[
    "bailiwick-core",
    "bailiwick-wire",
    "bailiwick-policy",
    "bailiwick-log",
    "bailiwick-guard",
    "bailiwick-facts",
    "bailiwick-tokens",
    "bailiwick-contracts",
    "bailiwick-broker",
];

const ALL_BUT_THE_BINARY: &[&str] = &[
    "bailiwick-core",
    "bailiwick-wire",
    "bailiwick-policy",
    "bailiwick-log",
    "bailiwick-guard",
    "bailiwick-facts",
    "bailiwick-tokens",
    "bailiwick-contracts",
    "bailiwick-broker",
    "bailiwick-gateway",
];

/// The arrows of DESIGN: a centre, petals that do not know each other, an edge.
pub(super) const ARROWS: &[Arrows] = &[
    Arrows { from: "bailiwick-core", to: &[], pure: true },
    Arrows { from: "bailiwick-wire", to: CORE, pure: true },
    Arrows { from: "bailiwick-policy", to: CORE, pure: true },
    Arrows { from: "bailiwick-log", to: CORE, pure: true },
    Arrows { from: "bailiwick-guard", to: CORE, pure: true },
    Arrows { from: "bailiwick-facts", to: CORE, pure: true },
    // It knows texts only.
    Arrows { from: "bailiwick-tokens", to: &[], pure: true },
    Arrows { from: "bailiwick-contracts", to: CORE, pure: true },
    Arrows { from: "bailiwick-broker", to: CORE, pure: true },
    Arrows { from: "bailiwick-gateway", to: CORE_AND_PETALS, pure: false },
    Arrows {
        from: "bailiwick",
        // The gateway, and the petals that verbs work on while nothing is served.
        to: &[
            "bailiwick-contracts",
            "bailiwick-core",
            "bailiwick-facts",
            "bailiwick-gateway",
            "bailiwick-log",
            "bailiwick-policy",
            "bailiwick-wire",
        ],
        pure: false,
    },
    Arrows { from: "bailiwick-bench", to: ALL_BUT_THE_BINARY, pure: false },
    Arrows { from: "bailiwick-sim", to: ALL_BUT_THE_BINARY, pure: false },
    Arrows { from: "xtask", to: &[], pure: false },
];

/// The simulation may be used by any crate's tests, and by nothing else.
const TESTS_ONLY: &str = "bailiwick-sim";

/// Crates that touch the world, which pure crates must not have.
const WORLDLY: &[&str] =
    &["tokio", "mio", "async-std", "smol", "hyper", "axum", "reqwest", "rustls", "rusqlite"];

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let members = members(repository.tree);
    let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
    members.iter().flat_map(|member| check_member(member, &names)).collect()
}

fn check_member(member: &Member, names: &[&str]) -> Vec<Fault> {
    let path = format!("{}/Cargo.toml", member.folder);
    let fault = |why: String| Fault::new("arrow", path.clone(), why);
    let name = &member.name;
    let Some(allowed) = ARROWS.iter().find(|arrows| arrows.from == name) else {
        return vec![fault(format!(
            "{name} is not in the table of arrows: write a decision record, then add it to \
             xtask/src/tidy/arrows.rs"
        ))];
    };
    let mut faults = Vec::new();
    for Dependency { name: to, for_tests } in dependencies(&member.manifest) {
        let ours = names.contains(&to.as_str()) || ARROWS.iter().any(|known| known.from == to);
        let in_table = allowed.to.contains(&to.as_str());
        if ours && !in_table && !(for_tests && to == TESTS_ONLY) {
            faults.push(fault(format!(
                "the arrow {name} -> {to} is not in the table: petals know only the core and \
                 meet in the gateway; move the shared part into bailiwick-core, or write a \
                 decision record and change xtask/src/tidy/arrows.rs"
            )));
        }
        if allowed.pure && !for_tests && WORLDLY.contains(&to.as_str()) {
            faults.push(fault(format!(
                "{name} is pure and {to} touches the world: take time and bytes as arguments, \
                 return what should be done, and let bailiwick-gateway do it"
            )));
        }
    }
    faults
}

struct Dependency {
    name: String,
    for_tests: bool,
}

fn dependencies(manifest: &Table) -> Vec<Dependency> {
    let mut found = listed(manifest);
    let targets = manifest.get("target").and_then(Value::as_table);
    for target in targets.into_iter().flat_map(Table::values) {
        found.extend(target.as_table().map(listed).unwrap_or_default());
    }
    found
}

fn listed(table: &Table) -> Vec<Dependency> {
    let sections =
        [("dependencies", false), ("build-dependencies", false), ("dev-dependencies", true)];
    let mut found = Vec::new();
    for (section, for_tests) in sections {
        let Some(section) = table.get(section).and_then(Value::as_table) else { continue };
        for (key, value) in section {
            // A renamed dependency is known by its package, not by its key.
            let package = value.get("package").and_then(Value::as_str).unwrap_or(key);
            found.push(Dependency { name: package.to_owned(), for_tests });
        }
    }
    found
}
