//! What is wrong with a policy set, or doubtful about it, with its place and what to do.

use std::fmt;

/// A place in a source. Lines and columns count from one, columns in characters.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct Place {
    /// The source's name, as it was given.
    pub file: String,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// Where the lines of a text begin, so that finding the place of a byte does not read it all.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    file: &'a str,
    text: &'a str,
    begin: Vec<usize>,
}

impl<'a> Lines<'a> {
    /// The lines of a file.
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let ends = text.match_indices('\n').map(|(offset, _)| offset + 1);
        Self { file, text, begin: std::iter::once(0).chain(ends).collect() }
    }

    /// The place of a byte; the end when the text is shorter.
    pub(crate) fn place(&self, offset: usize) -> Place {
        let line = self.begin.partition_point(|it| *it <= offset).max(1);
        let begin = self.begin.get(line - 1).copied().unwrap_or(0);
        let before = self.text.get(begin..offset.min(self.text.len())).unwrap_or("");
        Place { file: self.file.to_owned(), line, column: before.chars().count() + 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One reason why a policy set does not load.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("{place}: {message}{}", helped(.help.as_deref()))]
pub struct LoadError {
    /// Where.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// What to do about it, where that can be said.
    pub help: Option<String>,
}

/// Every reason why a policy set does not load. Never empty.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct LoadErrors(pub Vec<LoadError>);

impl fmt::Display for LoadErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, error) in self.0.iter().enumerate() {
            if number > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for LoadErrors {}

/// Something that loads and is probably not meant.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Warning {
    /// Where.
    pub place: Place,
    /// What is doubtful, and what to do.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

fn helped(help: Option<&str>) -> String {
    help.map(|it| format!(" (help: {it})")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_has_its_line_and_column() {
        let lines = Lines::new("f", "ab\né\n\nx");
        let places = [
            (0, (1, 1)),
            (2, (1, 3)),
            (3, (2, 1)),
            (5, (2, 2)),
            (6, (3, 1)),
            (7, (4, 1)),
            (8, (4, 2)),
            (99, (4, 2)),
        ];
        for (offset, (line, column)) in places {
            let place = lines.place(offset);
            assert_eq!((place.line, place.column), (line, column), "{offset}");
        }
    }
}
