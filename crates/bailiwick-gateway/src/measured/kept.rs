//! What was measured for one server, for as long as what it covers is the same: a start that
//! measures as the one before it is a look at its files, and reads none.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use bailiwick_core::Timestamp;

use super::{Covered, Measured};

/// What was measured last, with the fingerprint of what it covers.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Option<(Vec<u8>, Measured)>>);

impl Kept {
    /// What a command launches that starts in this folder. One measures at a time; others wait,
    /// for what they then mostly need not measure. Anybody may start sessions.
    pub(crate) fn measure(
        &self,
        words: &[String],
        folder: &Path,
        environment: &BTreeMap<String, String>,
        now: Timestamp,
    ) -> Result<Measured, String> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let covered = Covered::by(words, folder, environment)?;
        let trees = covered.look()?;
        let print = trees.fingerprint();
        if let Some((_, measured)) = kept.as_ref().filter(|(known, _)| *known == print) {
            return Ok(measured.clone());
        }
        let measured = covered.measured(&trees)?;
        // What changed while it was read, or just before, may change again unseen.
        let is_same = trees.is_settled(now.ns()) && covered.look()?.fingerprint() == print;
        *kept = is_same.then(|| (print, measured.clone()));
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_the_same_is_not_read_again_and_what_changed_is() {
        let folder = tempfile::tempdir().unwrap();
        let package = folder.path().join("node_modules/tool");
        fs::create_dir_all(&package).unwrap();
        let script = package.join("run.sh");
        fs::write(&script, "exit 0\n").unwrap();
        let words = ["sh", "node_modules/tool/run.sh"].map(str::to_owned);
        let (kept, mut now) = (Kept::default(), crate::clock::now());
        let measure = |now| kept.measure(&words, folder.path(), &BTreeMap::new(), now);
        let first = measure(now).unwrap();
        assert!(kept.0.lock().unwrap().is_none(), "it may change again within the tick");

        now = Timestamp::from_ns(now.ns() + 120_000_000_000);
        assert_eq!(measure(now).unwrap().digest, first.digest);
        kept.0.lock().unwrap().as_mut().unwrap().1.digest = "as it was".into();
        assert_eq!(measure(now).unwrap().digest, "as it was");

        // Of the same size, and with the old time of its contents.
        let modified = fs::metadata(&script).unwrap().modified().unwrap();
        fs::write(&script, "exit 1\n").unwrap();
        fs::File::options().write(true).open(&script).unwrap().set_modified(modified).unwrap();
        let second = measure(now).unwrap();
        assert!(second.digest.starts_with("sha256:") && second.digest != first.digest);
        fs::write(package.join("more"), "").unwrap();
        assert_ne!(measure(now).unwrap().digest, second.digest);
    }
}
