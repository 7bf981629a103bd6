//! The files that a digest covers: looked at first, which is quick, and bounded before any is read.

use std::path::{Path, PathBuf};

use ring::digest::{Context, SHA256, digest};

use super::hex;
use crate::disk::{self, Kind, Mark};

/// How many files may be covered, how deep their folders may lie, and how many bytes all may have.
const FILES_MAX: usize = 200_000;
const DEPTH_MAX: usize = 64;
const BYTES_MAX: u64 = 4 << 30;
/// How long nothing must have changed before what was seen is believed to be the same by its mark:
/// a file's time of change is no finer than a tick, and a mapping is written back after half a
/// minute.
const SETTLED_NS: i128 = 60_000_000_000;

/// A file, or a link and where it leads, with what changes when it does.
struct Entry {
    /// Below its root; empty where the file itself is covered.
    path: PathBuf,
    link: Option<PathBuf>,
    mark: Mark,
}

/// What was found at one place.
struct Found {
    root: PathBuf,
    is_folder: bool,
    entries: Vec<Entry>,
}

/// All that is covered, as it was found without reading it.
#[derive(Default)]
pub(super) struct Trees {
    found: Vec<Found>,
    files: usize,
    bytes: u64,
}

impl Trees {
    /// Look at single files and at folders with all that is in them.
    pub(super) fn look(files: &[PathBuf], folders: &[PathBuf]) -> Result<Self, String> {
        let mut trees = Self::default();
        for file in files {
            let mark = disk::mark(file, true).map_err(|it| told(file, &it.to_string()))?;
            let entry = Entry { path: PathBuf::new(), link: None, mark };
            let mut found = Found { root: file.clone(), is_folder: false, entries: Vec::new() };
            trees.add(&mut found, entry)?;
            trees.found.push(found);
        }
        for folder in folders {
            trees.walk(folder)?;
        }
        Ok(trees)
    }

    fn walk(&mut self, root: &Path) -> Result<(), String> {
        let told = |what: &str| told(root, what);
        let within = disk::real(root).map_err(|it| told(&it.to_string()))?;
        let mut found = Found { root: root.to_owned(), is_folder: true, entries: Vec::new() };
        let mut todo = vec![(PathBuf::new(), 0)];
        while let Some((folder, depth)) = todo.pop() {
            let entries = disk::entries(&root.join(&folder)).map_err(|it| told(&it.to_string()))?;
            for (name, kind) in entries {
                let path = folder.join(name);
                let link = match kind {
                    Kind::Folder if depth >= DEPTH_MAX => return Err(told("it is too deep")),
                    Kind::Folder => {
                        todo.push((path, depth + 1));
                        continue;
                    }
                    Kind::File => None,
                    Kind::Link(to) => Some(to),
                    Kind::Other => return Err(told("it holds what is no file")),
                };
                let full = root.join(&path);
                if link.is_some() && !disk::real(&full).is_ok_and(|it| it.starts_with(&within)) {
                    let what = format!(
                        "`{}` is a link that leads out of it, so what is behind that would not be \
                         covered: install the package itself there",
                        path.display()
                    );
                    return Err(told(&what));
                }
                let mark = disk::mark(&full, false).map_err(|it| told(&it.to_string()))?;
                self.add(&mut found, Entry { path, link, mark })?;
            }
        }
        found.entries.sort_by(|a, b| a.path.cmp(&b.path));
        self.found.push(found);
        Ok(())
    }

    fn add(&mut self, found: &mut Found, entry: Entry) -> Result<(), String> {
        self.files += 1;
        self.bytes = self.bytes.saturating_add(entry.mark.bytes);
        if self.files > FILES_MAX {
            return Err(told(&found.root, "it has too many files"));
        }
        if self.bytes > BYTES_MAX {
            return Err(told(&found.root, "it is too large: all of it may have 4 GiB"));
        }
        found.entries.push(entry);
        Ok(())
    }

    /// What is another when any path, link or mark is.
    pub(super) fn fingerprint(&self) -> Vec<u8> {
        let mut whole = Context::new(&SHA256);
        let mut part = |bytes: &[u8]| {
            whole.update(&(bytes.len() as u64).to_be_bytes());
            whole.update(bytes);
        };
        for found in &self.found {
            part(found.root.as_os_str().as_encoded_bytes());
            part(&(found.entries.len() as u64).to_be_bytes());
            for Entry { path, link, mark } in &found.entries {
                part(path.as_os_str().as_encoded_bytes());
                part(link.as_ref().map_or(b"", |it| it.as_os_str().as_encoded_bytes()));
                part(format!("{mark:?}").as_bytes());
            }
        }
        whole.finish().as_ref().to_vec()
    }

    /// Whether nothing changed lately, so that the fingerprint tells of each change to come.
    pub(super) fn is_settled(&self, now_ns: u64) -> bool {
        let all = self.found.iter().flat_map(|it| &it.entries);
        let newest = all.map(|it| it.mark.changed_ns).max();
        newest.is_none_or(|it| it + SETTLED_NS <= i128::from(now_ns))
    }

    /// The digests of what is covered, in its order.
    pub(super) fn digests(&self) -> Result<Vec<Vec<u8>>, String> {
        // Files may grow between the look and now.
        let mut left = BYTES_MAX;
        self.found.iter().map(|it| it.digest(&mut left)).collect()
    }
}

impl Found {
    /// A file's digest is that of its bytes, a folder's that of every path and what is there.
    fn digest(&self, left: &mut u64) -> Result<Vec<u8>, String> {
        let mut lines = Vec::new();
        for Entry { path, link, .. } in &self.entries {
            if !self.is_folder {
                return of_file(&self.root, left);
            }
            let (mark, sum) = match link {
                Some(to) => {
                    ("link", digest(&SHA256, to.as_os_str().as_encoded_bytes()).as_ref().to_vec())
                }
                None => ("file", of_file(&self.root.join(path), left)?),
            };
            let path = path.as_os_str().as_encoded_bytes();
            lines.push([path, b"\0", mark.as_bytes(), hex(&sum).as_bytes(), b"\n"].concat());
        }
        lines.sort();
        let mut whole = Context::new(&SHA256);
        lines.iter().for_each(|it| whole.update(it));
        Ok(whole.finish().as_ref().to_vec())
    }
}

fn of_file(file: &Path, left: &mut u64) -> Result<Vec<u8>, String> {
    let (mut whole, mut read) = (Context::new(&SHA256), 0);
    let hear = |it: &[u8]| {
        whole.update(it);
        read += it.len() as u64;
    };
    disk::each_piece(file, *left, hear).map_err(|it| told(file, &it.to_string()))?;
    *left = left.saturating_sub(read);
    Ok(whole.finish().as_ref().to_vec())
}

fn told(place: &Path, what: &str) -> String {
    format!("{} cannot be measured: {what}", place.display())
}
