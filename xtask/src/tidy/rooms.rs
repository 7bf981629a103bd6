//! Every line of a table has its corpus, and every corpus its line.

use std::collections::BTreeSet;

use super::{Fault, Repository};

/// A table whose rooms have corpora.
struct Hall {
    table: &'static str,
    /// The file that holds the table and names the rooms as its modules.
    file: &'static str,
    corpora: &'static str,
}

const HALLS: &[Hall] = &[Hall {
    table: "INSPECTORS",
    file: "crates/bailiwick-guard/src/inspectors/mod.rs",
    corpora: "crates/bailiwick-guard/corpus",
}];

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    HALLS.iter().flat_map(|hall| check_hall(repository, hall)).collect()
}

fn check_hall(repository: &Repository<'_>, hall: &Hall) -> Vec<Fault> {
    let corpora: BTreeSet<_> = repository
        .tree
        .below(hall.corpora)
        .filter_map(|(path, _)| path.strip_prefix(hall.corpora)?.strip_prefix('/'))
        .filter_map(|inside| inside.split_once('/'))
        .map(|(folder, _)| folder)
        .collect();
    let Some(source) = repository.sources.get(hall.file) else {
        let why = format!("the table {} is not here: tell xtask/src/tidy/rooms.rs", hall.table);
        let is_lost = !corpora.is_empty();
        return is_lost.then(|| Fault::new("corpus", hall.file, why)).into_iter().collect();
    };
    let names = source.modules.iter().map(|module| module.name.as_str());
    let rooms: BTreeSet<_> = names.filter(|name| source.in_tables.contains(*name)).collect();
    let bare = rooms.difference(&corpora).map(|room| {
        let why = format!(
            "the line `{room}` of {} has no corpus, so it is a claim without evidence: put what \
             it must find and what it must leave alone into {}/{room}/",
            hall.table, hall.corpora
        );
        Fault::new("corpus", hall.file, why)
    });
    let left_over = corpora.difference(&rooms).map(|corpus| {
        let why = format!("no line of {} has this name: rename or delete it", hall.table);
        Fault::new("corpus", format!("{}/{corpus}", hall.corpora), why)
    });
    bare.chain(left_over).collect()
}
