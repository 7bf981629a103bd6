//! Before the parser: only texts that it and the database cut into the same words, and none that
//! costs more to read than a statement is worth.

use super::{Dialect, NotSql};

const LENGTH_MAX: usize = 16 << 10;
const WORDS_MAX: usize = 2048;
/// Parentheses in parentheses: each level doubles what a parser may try.
const NESTING_MAX: usize = 12;
/// Signs and words that make a tree one step deeper.
const STEPS_MAX: usize = 256;
/// PostgreSQL cuts longer names off.
const NAME_MAX: usize = 63;

/// Words with which a statement begins. Others may hold statements in statements, at a cost that
/// the parser does not bound.
const FIRST: &[&str] = &["select", "with", "insert", "update", "delete"];

/// Words that join, negate or wrap what stands beside them.
const STEPS: &[&str] = &[
    "and",
    "or",
    "xor",
    "not",
    "union",
    "except",
    "intersect",
    "case",
    "is",
    "isnull",
    "notnull",
    "like",
    "ilike",
    "between",
    "collate",
    "at",
    "in",
    "div",
    "mod",
    "regexp",
    "rlike",
    "glob",
    "match",
    "similar",
    "escape",
    "overlaps",
];

/// Words that the parser follows without counting how deep it is, and how many steps each is worth.
const PREFIXES: &[&str] =
    &["interval", "prior", "binary", "connect_by_root", "lateral", "join", "straight_join"];
const PREFIX_STEPS: usize = 16;

/// The statement without the semicolon that may end it.
pub(super) fn check(dialect: Dialect, text: &str) -> Result<&str, NotSql> {
    if text.len() > LENGTH_MAX {
        return Err(NotSql::Length);
    }
    let text = text.trim_matches(is_space);
    let text = text.strip_suffix(';').unwrap_or(text);
    if text.is_empty() {
        return Err(NotSql::Length);
    }
    if text.contains('\\') || text.contains(|it: char| it.is_control() && !is_space(it)) {
        return Err(NotSql::Letter);
    }
    let mut cut = Cut { dialect, rest: text, before: ' ', depth: 0, words: 0, steps: 0 };
    while !cut.rest.is_empty() {
        cut.next()?;
        if cut.words > WORDS_MAX || cut.depth > NESTING_MAX || cut.steps > STEPS_MAX {
            return Err(NotSql::Length);
        }
    }
    let first = text.trim_start_matches(|it| it == '(' || is_space(it));
    let first = first.split(|it| !is_word(it)).next().unwrap_or_default();
    let is_known = FIRST.iter().any(|it| it.eq_ignore_ascii_case(first));
    if is_known { Ok(text) } else { Err(NotSql::Kind) }
}

const fn is_space(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\n' | '\r')
}

const fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// What is left to cut, and how much there was.
struct Cut<'a> {
    dialect: Dialect,
    rest: &'a str,
    /// The character before.
    before: char,
    depth: usize,
    words: usize,
    steps: usize,
}

impl<'a> Cut<'a> {
    fn next(&mut self) -> Result<(), NotSql> {
        let Some(first) = self.rest.chars().next() else { return Ok(()) };
        self.words += usize::from(!is_space(first));
        match first {
            '\'' | '"' | '`' => self.quoted(first),
            '(' | '[' => {
                self.depth += 1;
                self.steps += usize::from(first == '[');
                self.sign(first)
            }
            ')' | ']' => {
                self.depth = self.depth.saturating_sub(1);
                self.sign(first)
            }
            first if first.is_ascii_digit() => self.number(),
            first if is_word(first) => self.word(),
            first if is_space(first) || first == ',' || first == '.' => {
                self.take(1);
                Ok(())
            }
            first => {
                self.steps += 1;
                self.sign(first)
            }
        }
    }

    /// Take so many bytes, all of them ASCII or of whole characters.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.before = taken.chars().next_back().unwrap_or(' ');
        self.rest = rest;
        taken
    }

    fn run(&mut self) -> &'a str {
        let end = self.rest.find(|it| !is_word(it)).unwrap_or(self.rest.len());
        self.take(end)
    }

    fn word(&mut self) -> Result<(), NotSql> {
        let word = self.run();
        if word.len() > NAME_MAX {
            return Err(NotSql::Length);
        }
        let is_of = |list: &[&str]| list.iter().any(|it| it.eq_ignore_ascii_case(word));
        self.steps += usize::from(is_of(STEPS)) + PREFIX_STEPS * usize::from(is_of(PREFIXES));
        Ok(())
    }

    /// Digits, a point, digits. Letters behind them are a name to MySQL and a word to others, and
    /// `1.secrets` is a number and a name, or a name and its column.
    fn number(&mut self) -> Result<(), NotSql> {
        let whole = self.run();
        let is_number = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
        if !is_number(whole) {
            return Err(NotSql::Letter);
        }
        if let Some(rest) = self.rest.strip_prefix('.') {
            if !rest.starts_with(|it: char| it.is_ascii_digit()) {
                return Err(NotSql::Letter);
            }
            self.take(1);
            if !is_number(self.run()) {
                return Err(NotSql::Letter);
            }
        }
        Ok(())
    }

    /// A text or a name in quotes. Two quotes in a text are one; a name has none.
    fn quoted(&mut self, quote: char) -> Result<(), NotSql> {
        // A letter before it makes it another kind of text: E'', U&'', X'', _utf8''.
        if is_word(self.before) || matches!(self.before, '&' | '\'' | '"' | '`' | '@') {
            return Err(NotSql::Quote);
        }
        let is_known = match (self.dialect, quote) {
            (_, '\'') | (Dialect::Sqlite, _) => true,
            (Dialect::PostgreSql, quote) => quote == '"',
            // Which of both quotes a name depends on the server's mode.
            (Dialect::MySql, quote) => quote == '`',
        };
        if !is_known {
            return Err(NotSql::Quote);
        }
        self.take(1);
        let end = self.rest.find(quote).ok_or(NotSql::Quote)?;
        let inner = self.take(end);
        self.take(1);
        if quote != '\'' {
            let is_name = |it: char| is_word(it) || it == '-' || it == ' ';
            if inner.is_empty() || inner.len() > NAME_MAX || !inner.chars().all(is_name) {
                return Err(NotSql::Quote);
            }
            return Ok(());
        }
        while self.rest.starts_with('\'') {
            let end = self.rest.get(1..).and_then(|it| it.find('\'')).ok_or(NotSql::Quote)?;
            self.take(end + 2);
        }
        Ok(())
    }

    /// One sign. What begins a comment, a parameter, a variable or another kind of text does not
    /// pass.
    fn sign(&mut self, sign: char) -> Result<(), NotSql> {
        let ahead = self.rest.get(sign.len_utf8()..).and_then(|it| it.chars().next());
        match (sign, ahead) {
            ('-', Some('-')) | ('/', Some('*')) => return Err(NotSql::Comment),
            ('#', _) if self.dialect == Dialect::MySql => return Err(NotSql::Comment),
            (';', _) => return Err(NotSql::Several),
            (_, _) => {}
        }
        let of_all = "()+-*/%<>=!|";
        let is_known = match self.dialect {
            _ if of_all.contains(sign) => true,
            Dialect::PostgreSql if sign == ':' => ahead == Some(':') || self.before == ':',
            Dialect::PostgreSql => "[]~@#&".contains(sign),
            Dialect::Sqlite | Dialect::MySql => "&~".contains(sign),
        };
        if !is_known {
            return Err(NotSql::Letter);
        }
        self.take(sign.len_utf8());
        Ok(())
    }
}
