//! Modules of one crate form no circle.
//!
//! A file and the files below it are one room: what a parent and its children say to each other
//! does not count. Between the rooms of one folder the arrows must have an order. A path through
//! a re-export counts as a path to where the thing is defined, so a circle cannot hide there.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::manifests::members;
use super::reach::{self, FileModule};
use super::source::Use;
use super::{Fault, Repository};

/// Arrows between the rooms of one folder: from, to, and one place where it is drawn.
type Rooms = BTreeMap<String, BTreeMap<String, String>>;

/// Re-exports of re-exports are followed this far; a longer chain counts as nothing.
const HOPS_MAX: usize = 8;

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for member in members(repository.tree) {
        for (root, for_tests) in reach::roots(repository, &member.folder) {
            if !for_tests {
                faults.extend(check_crate(repository, &root));
            }
        }
    }
    faults
}

fn check_crate(repository: &Repository<'_>, root: &str) -> Vec<Fault> {
    let files = reach::modules(repository, root, false);
    let atlas = Atlas::new(repository, &files);
    let mut folders: BTreeMap<Vec<String>, Rooms> = BTreeMap::new();
    for module in files.iter().filter(|module| !module.for_tests) {
        let Some(source) = repository.sources.get(module.file.as_str()) else { continue };
        for used in &source.uses {
            let Some(to) = atlas.target(module, used) else { continue };
            let Some((folder, from, to)) = siblings(&module.path, &to) else { continue };
            let place = format!("{}:{}", module.file, used.line);
            let rooms = folders.entry(folder).or_default();
            rooms.entry(from).or_default().entry(to).or_insert(place);
        }
    }
    folders.values().flat_map(|rooms| circles(root, rooms)).collect()
}

/// Where the two paths part: their common folder, and the room of each in it.
fn siblings(from: &[String], to: &[String]) -> Option<(Vec<String>, String, String)> {
    let common = from.iter().zip(to).take_while(|(a, b)| a == b).count();
    let folder = from.get(..common)?.to_vec();
    Some((folder, from.get(common)?.clone(), to.get(common)?.clone()))
}

/// The modules of one crate, and what each brings into scope at its top.
struct Atlas<'a> {
    modules: BTreeSet<&'a [String]>,
    imports: BTreeMap<(&'a [String], &'a str), &'a [String]>,
}

impl<'a> Atlas<'a> {
    fn new(repository: &'a Repository<'_>, files: &'a [FileModule]) -> Self {
        let modules = files.iter().map(|module| module.path.as_slice()).collect();
        let mut imports = BTreeMap::new();
        for module in files {
            let Some(source) = repository.sources.get(module.file.as_str()) else { continue };
            for (name, path) in &source.imports {
                imports.insert((module.path.as_slice(), name.as_str()), path.as_slice());
            }
        }
        Self { modules, imports }
    }

    /// The module in which the thing that a path names is defined.
    fn target(&self, module: &FileModule, used: &Use) -> Option<Vec<String>> {
        let mut from = module.path.clone();
        from.extend(used.within.iter().cloned());
        self.find(&absolute(&from, &used.path)?, HOPS_MAX)
    }

    fn find(&self, path: &[String], hops: usize) -> Option<Vec<String>> {
        let mut here: &[String] = &[];
        for (depth, name) in path.iter().enumerate() {
            let deeper = path.get(..=depth)?;
            if self.modules.contains(deeper) {
                here = deeper;
                continue;
            }
            let Some(import) = self.imports.get(&(here, name.as_str())) else { break };
            let rest = path.get(depth + 1..)?;
            let mut onward = self.locate(here, import)?;
            onward.extend(rest.iter().cloned());
            return self.find(&onward, hops.checked_sub(1)?);
        }
        Some(here.to_vec())
    }

    /// An import's path from the root; none when it leads out of the crate.
    fn locate(&self, here: &[String], import: &[String]) -> Option<Vec<String>> {
        if let Some(path) = absolute(here, import) {
            return Some(path);
        }
        let mut path = here.to_vec();
        path.push(import.first()?.clone());
        let is_child = self.modules.contains(path.as_slice());
        path.extend(import.iter().skip(1).cloned());
        is_child.then_some(path)
    }
}

/// A path that starts at `crate`, `self` or `super`, counted from the root.
fn absolute(from: &[String], path: &[String]) -> Option<Vec<String>> {
    let (first, mut rest) = path.split_first()?;
    let mut place = match first.as_str() {
        "crate" => Vec::new(),
        "self" => from.to_vec(),
        "super" => from.get(..from.len().checked_sub(1)?)?.to_vec(),
        _ => return None,
    };
    while let Some((_, further)) = rest.split_first().filter(|(step, _)| *step == "super") {
        place.pop();
        rest = further;
    }
    place.extend(rest.iter().cloned());
    Some(place)
}

/// One fault for each knot of rooms, showing its shortest circle.
fn circles(root: &str, rooms: &Rooms) -> Vec<Fault> {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut faults = Vec::new();
    let mut rings: Vec<_> = rooms.keys().filter_map(|room| ring(rooms, room)).collect();
    rings.sort_by_key(Vec::len);
    for ring in rings {
        if ring.iter().any(|room| told.contains(room)) {
            continue;
        }
        told.extend(&ring);
        let steps = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(from, to)| {
            let place = rooms.get(*from).and_then(|arrows| arrows.get(*to));
            format!("{from} -> {to} ({})", place.map_or("", String::as_str))
        });
        let why = format!(
            "these modules run in a circle: {}; move what both need into a third module, or pass \
             it as an argument",
            steps.collect::<Vec<_>>().join(", ")
        );
        faults.push(Fault::new("circle", root, why));
    }
    faults
}

/// The shortest way from a room back to itself.
fn ring<'a>(rooms: &'a Rooms, start: &'a str) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(room) = queue.pop_front() {
        for to in rooms.get(room).into_iter().flat_map(BTreeMap::keys) {
            if to == start {
                let back = std::iter::successors(Some(room), |r| came_from.get(r).copied());
                let mut way: Vec<_> = back.collect();
                way.reverse();
                return Some(way);
            }
            if !came_from.contains_key(to.as_str()) {
                came_from.insert(to, room);
                queue.push_back(to);
            }
        }
    }
    None
}
