//! What a server's process started, wherever it went: a process that leaves its group (`setsid`) is
//! not ended with the group.
//!
//! The kernel says of each process which it started. That is looked at while they live, and kept
//! after those in between are gone. Where `/proc` does not say it (no Linux, or a kernel without
//! `CONFIG_PROC_CHILDREN`) only the group is ended.

use std::collections::HashMap;
use std::path::Path;

use rustix::process::Pid;
#[cfg(target_os = "linux")]
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::disk;

/// How many processes of one server are kept in mind.
const KIN_MAX: usize = 1024;
/// How often one looks for those that were started while others were ended.
const ROUNDS: usize = 8;
/// The longest file of `/proc` that is read.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// The processes that a server's process started, and those that they started.
#[derive(Default)]
pub(super) struct Kin(HashMap<i32, Born>);

/// When a process began. A number is given again, the two together are not.
type Born = u64;

impl Kin {
    /// See who is there now.
    pub(super) fn look(&mut self, root: Option<Pid>) {
        self.0.retain(|&id, &mut born| self::born(id) == Some(born));
        let known: Vec<i32> = self.0.keys().copied().collect();
        let mut todo: Vec<i32> = root.map(Pid::as_raw_pid).into_iter().chain(known).collect();
        while let Some(parent) = todo.pop() {
            for id in children(parent) {
                if self.0.len() < KIN_MAX
                    && !self.0.contains_key(&id)
                    && let Some(born) = born(id)
                {
                    self.0.insert(id, born);
                    todo.push(id);
                }
            }
        }
    }

    /// End them all, and what they start meanwhile.
    pub(super) fn end(&mut self) {
        for _ in 0..ROUNDS {
            self.look(None);
            if self.0.is_empty() {
                return;
            }
            self.0.iter().for_each(|(&id, &born)| kill(id, born));
        }
    }
}

/// End a process, unless its number is another's by now.
#[cfg(target_os = "linux")]
fn kill(id: i32, born: Born) {
    let Some(pid) = Pid::from_raw(id) else { return };
    // From here on it is this process that is meant, whatever becomes of its number.
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else { return };
    if self::born(id) == Some(born) {
        // An error says that it is gone, which is what is wanted.
        let _ = pidfd_send_signal(&handle, Signal::KILL);
    }
}

/// Elsewhere none is found, so there is none to end.
#[cfg(not(target_os = "linux"))]
fn kill(_: i32, _: Born) {}

/// The processes that each thread of a process started.
fn children(id: i32) -> Vec<i32> {
    let threads = disk::names(Path::new(&format!("/proc/{id}/task"))).unwrap_or_default();
    let listed = threads.iter().filter_map(|thread| {
        let file = format!("/proc/{id}/task/{thread}/children");
        disk::read_up_to(Path::new(&file), FILE_BYTES_MAX).ok()
    });
    let listed: Vec<u8> = listed.flatten().collect();
    String::from_utf8_lossy(&listed).split_whitespace().filter_map(|it| it.parse().ok()).collect()
}

/// When a process began; `None` when it is gone, or only its end is left.
fn born(id: i32) -> Option<Born> {
    let stat = disk::read_up_to(Path::new(&format!("/proc/{id}/stat")), FILE_BYTES_MAX).ok()?;
    // Its name stands in brackets, and may be anything.
    let rest = stat.get(stat.iter().rposition(|it| *it == b')')? + 1..)?;
    let mut fields = std::str::from_utf8(rest).ok()?.split_whitespace();
    let state = fields.next()?;
    // The state is the third field of all, the beginning the twenty-second.
    fields.nth(18)?.parse().ok().filter(|_| state != "Z")
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::process::{Child, Command};

    use super::*;

    fn pid(child: &Child) -> Pid {
        Pid::from_child(child)
    }

    #[test]
    fn who_left_the_group_and_lost_its_parent_is_found() {
        // The middle one starts another in a session of its own, and ends.
        let script = "setsid sleep 600 & echo $!; wait";
        let mut top = Command::new("sh")
            .args(["-c", &format!("sh -c '{script}'; sleep 600")])
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = top.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line).unwrap();
        let far: i32 = line.trim().parse().unwrap();
        let mut kin = Kin::default();
        kin.look(Some(pid(&top)));
        assert!(kin.0.contains_key(&far), "{:?} lacks {far}", kin.0);
        top.kill().unwrap();
        top.wait().unwrap();
        assert!(born(far).is_some());
        kin.end();
        let wait = std::time::Duration::from_millis(20);
        let gone = (0..200).any(|_| {
            std::thread::park_timeout(wait);
            born(far).is_none()
        });
        assert!(gone, "it lives on");
    }

    #[test]
    fn a_number_that_was_given_again_is_left_alone() {
        let mut other = Command::new("sleep").arg("600").spawn().unwrap();
        let id = pid(&other).as_raw_pid();
        let mut kin = Kin(HashMap::from([(id, born(id).unwrap() - 1)]));
        kin.end();
        kill(id, born(id).unwrap() - 1);
        assert!(other.try_wait().unwrap().is_none());
        other.kill().unwrap();
        other.wait().unwrap();
    }
}
