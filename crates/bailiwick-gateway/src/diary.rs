//! What the gateway tells the people who run it: on the terminal, and on `/readyz` for a while.
//!
//! This is no record: nothing is proven by it, and it is lost with the process.

use std::collections::VecDeque;
use std::io::Write as _;
use std::sync::{Mutex, PoisonError};

/// How many lines are kept.
const KEPT_MAX: usize = 200;
/// The longest line that is kept, in characters.
const LINE_MAX: usize = 1000;

/// The last lines that were told or kept.
#[derive(Default)]
pub struct Diary {
    kept: Mutex<VecDeque<String>>,
    is_quiet: bool,
}

impl Diary {
    /// One that prints nothing: for a gateway that only looks.
    pub fn quiet() -> Self {
        Self { is_quiet: true, ..Self::default() }
    }

    /// Print a line on standard error, and keep it.
    pub fn tell(&self, line: &str) {
        let line = printable(line);
        if !self.is_quiet {
            // A closed terminal is no reason to stop serving.
            let _ = writeln!(std::io::stderr(), "bailiwick: {line}");
        }
        self.push(line);
    }

    /// Keep a line without printing it: what servers say on standard error.
    pub fn keep(&self, line: &str) {
        self.push(printable(line));
    }

    /// The lines that are kept, oldest first.
    pub fn lines(&self) -> Vec<String> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn push(&self, line: String) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() == KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back(line);
    }
}

/// What others wrote must not drive the terminal.
fn printable(line: &str) -> String {
    let clean = line.chars().take(LINE_MAX);
    clean.map(|it| if it.is_control() { '\u{fffd}' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_the_oldest_and_keeps_control_characters_out() {
        let diary = Diary::default();
        for n in 0..KEPT_MAX + 1 {
            diary.keep(&format!("line {n}\u{1b}[31m"));
        }
        assert_eq!(diary.lines().len(), KEPT_MAX);
        assert_eq!(diary.lines()[0], "line 1\u{fffd}[31m");
    }
}
