//! The processes of the benchmark: started, measured from outside, and ended with it.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};

use crate::Done;

/// Linux counts the CPU time of processes in hundredths of a second, on every machine.
const TICK_US: f64 = 10_000.0;

/// The same command, on one core alone, where a core is named.
pub(crate) fn on_core(command: Command, core: Option<usize>) -> Command {
    let Some(core) = core else { return command };
    let mut pinned = Command::new("taskset");
    pinned.args(["-c", &core.to_string()]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            pinned.env(name, value);
        }
    }
    pinned
}

/// A process that serves, ended when this is dropped.
pub(crate) struct Part {
    child: Child,
    /// Read until the address was told, then only held open: whoever writes to it must not fail.
    _said: Option<BufReader<ChildStdout>>,
    /// Where it serves.
    pub(crate) address: SocketAddr,
}

impl Drop for Part {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Part {
    /// Start a process that tells its address in a line of its standard output.
    pub(crate) fn telling(
        command: &mut Command,
        address_in: impl Fn(&str) -> Option<SocketAddr>,
    ) -> Done<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = BufReader::new(child.stdout.take().ok_or("no standard output")?);
        let mut line = String::new();
        loop {
            line.clear();
            if said.read_line(&mut line)? == 0 {
                let ended = child.wait()?;
                return Err(format!("{command:?} ended before it served: {ended}").into());
            }
            if let Some(address) = address_in(&line) {
                return Ok(Self { child, _said: Some(said), address });
            }
        }
    }

    /// Start a process that was told its address. Some load for a minute.
    pub(crate) fn told(command: &mut Command, address: SocketAddr) -> Done<Self> {
        let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut part = Self { child: quiet.spawn()?, _said: None, address };
        for _ in 0..2_400 {
            if std::net::TcpStream::connect(address).is_ok() {
                return Ok(part);
            }
            if let Some(ended) = part.child.try_wait()? {
                return Err(format!("{command:?} ended before it served: {ended}").into());
            }
            std::thread::park_timeout(std::time::Duration::from_millis(50));
        }
        Err(format!("{command:?} does not serve").into())
    }

    /// The CPU time that it took so far, in microseconds: its own and the system's for it.
    pub(crate) fn cpu_us(&self) -> Done<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        cpu_us(&stat).ok_or_else(|| "the process's stat cannot be read".into())
    }

    /// How much memory it holds, in MiB.
    pub(crate) fn rss_mib(&self) -> Done<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        rss_mib(&status).ok_or_else(|| "the process's status cannot be read".into())
    }
}

fn cpu_us(stat: &str) -> Option<f64> {
    // The name in parentheses may hold anything; what follows it is numbers.
    let (_, fields) = stat.rsplit_once(')')?;
    let mut times = fields.split_whitespace().skip(11).map(|it| it.parse::<f64>().ok());
    Some((times.next()?? + times.next()??) * TICK_US)
}

fn rss_mib(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|it| it.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_linux_tells_of_a_process_is_read() {
        let stat = "17 (a) b) S 1 17 17 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 1000 1 2";
        assert_eq!(cpu_us(stat), Some(3_000_000.0));
        assert_eq!(cpu_us("17"), None);
        assert_eq!(rss_mib("Name:\tx\nVmRSS:\t    2048 kB\nThreads: 1\n"), Some(2.0));
        assert_eq!(rss_mib("Name:\tx\n"), None);
    }
}
