//! Limits of size: a file, a function, a line. Test code is data for the most part, such as
//! messages that are one line on the wire: it is held to none of them.

use super::{Fault, Repository, reach};

const FILE_LINES_MAX: usize = 400;
const FUNCTION_LINES_MAX: usize = 70;
const LINE_COLUMNS_MAX: usize = 100;

pub(super) fn check(repository: &Repository<'_>) -> Vec<Fault> {
    let for_tests = reach::for_tests(repository);
    let mut faults = Vec::new();
    for (path, text) in repository.tree.with_ending(".rs") {
        if for_tests.contains(path) {
            continue;
        }
        faults.extend(long_line(path, text));
        let Some(source) = repository.sources.get(path) else { continue };
        let lines = text.lines().count().saturating_sub(source.test_lines);
        if lines > FILE_LINES_MAX {
            let why = format!(
                "{lines} lines without tests, the limit is {FILE_LINES_MAX}: split off the part \
                 that has a name of its own"
            );
            faults.push(Fault::new("file-lines", path, why).measured(lines));
        }
        for function in source.functions.iter().filter(|f| f.lines > FUNCTION_LINES_MAX) {
            let why = format!(
                "{} lines, the limit is {FUNCTION_LINES_MAX}, one screen: give a step of it a \
                 name and make that a function",
                function.lines
            );
            let subject = format!("{path}::{}", function.name);
            let fault = Fault::new("function-lines", subject, why).at(function.line);
            faults.push(fault.measured(function.lines));
        }
    }
    faults
}

/// The longest line, when it is too long: one fault for a file, so that it can be ratcheted.
fn long_line(path: &str, text: &str) -> Option<Fault> {
    let lengths = text.lines().enumerate().map(|(index, line)| (line.chars().count(), index + 1));
    let (columns, line) = lengths.max_by_key(|(columns, line)| (*columns, usize::MAX - line))?;
    let why = format!(
        "{columns} columns, the limit is {LINE_COLUMNS_MAX}: break the line (a string with `\\`)"
    );
    (columns > LINE_COLUMNS_MAX)
        .then(|| Fault::new("line-columns", path, why).at(line).measured(columns))
}
