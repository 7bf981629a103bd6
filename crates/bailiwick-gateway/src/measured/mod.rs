//! The digest of what a command launches, as far as files on this machine can prove it.
//!
//! Covered are: the program; the script, where the program is an interpreter; and, where one of
//! them was installed as a package (its path leads through a `node_modules`, or it lies in a
//! virtual environment of Python, whose `pyvenv.cfg` counts, too), all that was installed with
//! it. One file's digest is what
//! `sha256sum` says. For an image it is the digest in its reference, which the daemon checks.
//!
//! What is exchanged between the look and the start is not seen, nor what a program loads from
//! elsewhere: libraries of the system, modules on another path, what it fetches itself.

mod kept;
mod tree;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use bailiwick_contracts::{Launched, launched};
use ring::digest::{Context, SHA256};

use self::tree::Trees;
use crate::config::{Launch, ServerSettings};
use crate::disk;

pub(crate) use kept::Kept;

/// What is launched, by its digest.
#[derive(Clone, Debug)]
pub struct Measured {
    /// `sha256:...`.
    pub digest: String,
    /// What it covers: files, folders with all that is in them, or an image.
    pub covers: Vec<String>,
    /// The program's file, where it was looked for.
    pub(crate) program: Option<PathBuf>,
}

/// What a server's command launches.
///
/// # Errors
/// Why nobody can say, and what to write instead.
pub fn measured(server: &ServerSettings) -> Result<Measured, String> {
    match &server.launch {
        Launch::Child { program, arguments, directory, environment, .. } => {
            let words: Vec<_> = std::iter::once(program).chain(arguments).cloned().collect();
            measure(&words, directory, environment)
        }
        Launch::Http(..) => Err("it is at an address, and nothing is launched".into()),
    }
}

/// What a command launches that starts in this folder.
fn measure(
    words: &[String],
    folder: &Path,
    environment: &BTreeMap<String, String>,
) -> Result<Measured, String> {
    let covered = Covered::by(words, folder, environment)?;
    covered.measured(&covered.look()?)
}

/// What the digest of a command covers.
enum Covered {
    Image(String),
    Files {
        program: PathBuf,
        /// Each by itself: what is run, and what says from where that loads.
        files: Vec<PathBuf>,
        /// With all that is in them.
        folders: Vec<PathBuf>,
    },
}

impl Covered {
    fn by(
        words: &[String],
        folder: &Path,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, String> {
        let named = words.first().map_or("", String::as_str);
        let find = || {
            let path = environment.get("PATH").map(OsString::from);
            let path = path.or_else(|| std::env::var_os("PATH"));
            resolved(named, folder, path).ok_or_else(|| format!("there is no program `{named}`"))
        };
        let (program, script) = match launched(words)? {
            Launched::Image(digest) => return Ok(Self::Image(digest)),
            Launched::Program => (find()?, None),
            Launched::Script(script) => (find()?, Some(folder.join(script))),
        };
        let mut files: Vec<PathBuf> = std::iter::once(program.clone()).chain(script).collect();
        let installed: Vec<Installed> = files.iter().filter_map(|it| installed(it)).collect();
        let mut settings: Vec<_> = installed.iter().filter_map(|it| it.settings.clone()).collect();
        let mut folders: Vec<_> = installed.into_iter().map(|it| it.folder).collect();
        for all in [&mut settings, &mut folders] {
            all.sort();
            all.dedup();
        }
        files.extend(settings);
        Ok(Self::Files { program, files, folders })
    }

    fn look(&self) -> Result<Trees, String> {
        match self {
            Self::Image(_) => Ok(Trees::default()),
            Self::Files { files, folders, .. } => Trees::look(files, folders),
        }
    }

    fn measured(&self, trees: &Trees) -> Result<Measured, String> {
        let (program, files, folders) = match self {
            Self::Image(digest) => {
                let covers = vec!["the image, as its reference names it".to_owned()];
                return Ok(Measured { digest: digest.clone(), covers, program: None });
            }
            Self::Files { program, files, folders } => (program.clone(), files, folders),
        };
        let digests = trees.digests()?;
        let digest = match digests.as_slice() {
            [one] => hex(one),
            all => {
                let mut whole = Context::new(&SHA256);
                all.iter().for_each(|it| whole.update(format!("{}\n", hex(it)).as_bytes()));
                hex(whole.finish().as_ref())
            }
        };
        let mut covers: Vec<String> = files.iter().map(|it| it.display().to_string()).collect();
        covers.extend(folders.iter().map(|it| format!("{}/**", it.display())));
        Ok(Measured { digest: format!("sha256:{digest}"), covers, program: Some(program) })
    }
}

/// The file that a program's name means, links not followed: some programs go by their name.
pub fn resolved(program: &str, folder: &Path, path: Option<OsString>) -> Option<PathBuf> {
    if program.contains('/') {
        return Some(folder.join(program)).filter(|it| disk::is_program(it));
    }
    let path = path?;
    std::env::split_paths(&path)
        .map(|it| folder.join(it).join(program))
        .find(|it| disk::is_program(it))
}

/// What a file was installed with.
struct Installed {
    /// All of it.
    folder: PathBuf,
    /// The file that says from where an interpreter loads besides.
    settings: Option<PathBuf>,
}

fn installed(file: &Path) -> Option<Installed> {
    // Entries in a package's `.bin` are links into the package.
    let real = disk::real(file).ok()?;
    let mut folder = PathBuf::new();
    for part in real.components() {
        folder.push(part);
        if part == Component::Normal("node_modules".as_ref()) {
            return Some(Installed { folder, settings: None });
        }
    }
    // A virtual environment's interpreter is a link out of it, so the link's own place counts.
    let environment = file.parent()?.parent()?;
    let settings = Some(environment.join("pyvenv.cfg")).filter(|it| it.is_file())?;
    Some(Installed { folder: environment.join("lib"), settings: Some(settings) })
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|it| format!("{it:02x}")).collect()
}
