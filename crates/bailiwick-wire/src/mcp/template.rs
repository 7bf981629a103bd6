//! Which URIs a URI template (RFC 6570) stands for. When in doubt, none.
//!
//! A template becomes a small program of byte classes and forks that runs in lock step over the
//! URI: no backtracking, at most template times URI steps, and what many templates may take
//! together is limited too. A variable takes
//! one byte or more, but no delimiter that servers' own matchers stop at; nothing with a dot
//! segment in it matches, plain or percent-encoded, because servers resolve those.

/// The longest template and URI that are matched, in bytes.
const TEMPLATE_BYTES_MAX: usize = 1024;
const URI_BYTES_MAX: usize = 8192;

/// What a byte of a variable's value may be.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Class {
    /// Anything visible but the delimiters of URIs and of lists.
    Simple,
    /// Anything visible but quotes, brackets of templates and the fragment's mark.
    Reserved,
    /// As simple, less what separates the pairs of a query.
    Pair,
}

impl Class {
    const fn holds(self, byte: u8) -> bool {
        let is_visible = byte > b' ' && byte != 0x7f;
        let is_foreign =
            matches!(byte, b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}');
        let is_delimiter = match self {
            Self::Simple => matches!(byte, b'/' | b'?' | b'#' | b','),
            Self::Reserved => byte == b'#',
            Self::Pair => matches!(byte, b'/' | b'?' | b'#' | b',' | b'&' | b'='),
        };
        is_visible && !is_foreign && !is_delimiter
    }
}

/// One step of a template's program.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Step {
    /// Take this byte.
    Byte(u8),
    /// Take a byte of the class.
    Any(Class),
    /// Go on with the next step and with that one.
    Fork(usize),
    /// Go on with that step.
    Jump(usize),
}

/// A template, ready to be matched.
///
/// Levels 1 to 3 of RFC 6570 and `*` on path-like variables are known; a variable cannot be empty,
/// except that query pairs (`{?a,b}`, `{&a}`) may be left out. Query pairs stand in the order of
/// the template. A template that is malformed, too long or uses anything else matches nothing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Template(Option<Vec<Step>>);

impl Template {
    /// The template that this text is.
    pub fn read(text: &str) -> Self {
        Self(if text.len() > TEMPLATE_BYTES_MAX { None } else { compile(text) })
    }
}

/// A URI that is compared with one template after another, in so many steps for all.
#[derive(Clone, Copy, Debug)]
pub struct Search<'u> {
    /// Absent where no template may match.
    uri: Option<&'u [u8]>,
    steps: usize,
}

impl<'u> Search<'u> {
    /// A search that may take so many steps: each is one place of a template that is compared with
    /// one byte of the URI.
    pub fn new(uri: &'u str, steps: usize) -> Self {
        let may_match = uri.len() <= URI_BYTES_MAX && !has_dot_segment(uri);
        Self { uri: may_match.then_some(uri.as_bytes()), steps }
    }

    /// Whether the template stands for the URI. Not, when there are no steps left to tell.
    pub fn is_of(&mut self, template: &Template) -> bool {
        let (Some(program), Some(uri)) = (&template.0, self.uri) else { return false };
        run(program, uri, &mut self.steps)
    }

    /// How many steps are left.
    pub const fn left(&self) -> usize {
        self.steps
    }
}

/// Whether `uri` is one that `template` stands for.
pub fn matches(template: &str, uri: &str) -> bool {
    Search::new(uri, usize::MAX).is_of(&Template::read(template))
}

/// Whether a segment of the URI is `.` or `..`, also where it is percent-encoded.
fn has_dot_segment(uri: &str) -> bool {
    let plain = |segment: &str| segment.replace("%2e", ".").replace("%2E", ".");
    let folded =
        uri.replace("%2f", "/").replace("%2F", "/").replace("%5c", "/").replace("%5C", "/");
    folded
        .split(['/', '\\', '?', '#', '&', '=', ',', ';'])
        .any(|it| matches!(&*plain(it), "." | ".."))
}

fn compile(template: &str) -> Option<Vec<Step>> {
    let mut program = Vec::new();
    let mut rest = template;
    while let Some((literal, expression)) = rest.split_once('{') {
        put_literal(&mut program, literal)?;
        let (expression, tail) = expression.split_once('}')?;
        put_expression(&mut program, expression)?;
        rest = tail;
    }
    put_literal(&mut program, rest)?;
    Some(program)
}

fn put_literal(program: &mut Vec<Step>, literal: &str) -> Option<()> {
    program.extend(literal.bytes().map(Step::Byte));
    (!literal.contains('}')).then_some(())
}

fn put_expression(program: &mut Vec<Step>, expression: &str) -> Option<()> {
    let operator = expression.chars().next()?;
    let names = expression.strip_prefix(['+', '#', '.', '/', ';', '?', '&']).unwrap_or(expression);
    let (class, first, separator) = match operator {
        '+' => (Class::Reserved, None, b','),
        '#' => (Class::Reserved, Some(b'#'), b','),
        '.' => (Class::Simple, Some(b'.'), b'.'),
        '/' => (Class::Simple, Some(b'/'), b'/'),
        '?' | '&' => return put_pairs(program, names, operator == '?'),
        'a'..='z' | 'A'..='Z' | '0'..='9' | '_' | '%' => (Class::Simple, None, b','),
        _ => return None,
    };
    program.extend(first.map(Step::Byte));
    for (index, name) in names.split(',').enumerate() {
        if index > 0 {
            program.push(Step::Byte(separator));
        }
        let plain = name.strip_suffix('*').unwrap_or(name);
        is_name(plain).then_some(())?;
        let start = program.len();
        put_value(program, class);
        if plain.len() < name.len() {
            // One value or more: after a value, maybe a separator and the next.
            program.push(Step::Fork(start + 6));
            program.push(Step::Byte(separator));
            program.push(Step::Jump(start));
        }
    }
    Some(())
}

/// One byte or more of the class: three steps.
fn put_value(program: &mut Vec<Step>, class: Class) {
    let start = program.len();
    program.push(Step::Any(class));
    program.push(Step::Fork(start + 3));
    program.push(Step::Jump(start));
}

/// Pairs that may each be left out. Two tracks: the first is run until a pair was there, because
/// the first pair may begin with another byte than the rest.
fn put_pairs(program: &mut Vec<Step>, names: &str, is_query: bool) -> Option<()> {
    let names: Vec<&str> = names.split(',').collect();
    names.iter().all(|it| is_name(it)).then_some(())?;
    let width = |name: &str| name.len() + 6;
    let track: usize = names.iter().map(|it| width(it)).sum();
    let begin = program.len();
    let end = begin + 2 * track + 1;
    for lead in [if is_query { b'?' } else { b'&' }, b'&'] {
        let is_first = program.len() == begin;
        for name in &names {
            let start = program.len();
            program.push(Step::Fork(start + width(name)));
            program.push(Step::Byte(lead));
            program.extend(name.bytes().map(Step::Byte));
            program.push(Step::Byte(b'='));
            put_value(program, Class::Pair);
            // A pair of the first track goes on behind its twin in the second.
            if is_first {
                let behind = start + width(name) + track + 1;
                if let Some(step) = program.get_mut(start + width(name) - 2) {
                    *step = Step::Fork(behind);
                }
            }
        }
        if is_first {
            program.push(Step::Jump(end));
        }
    }
    Some(())
}

/// Whether it is a variable's name as RFC 6570 has it.
fn is_name(name: &str) -> bool {
    let is_char = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.' | b'%');
    !name.is_empty() && name.bytes().all(is_char)
}

/// Run the program over all bytes at once. It matches when it stands at its end after the last.
fn run(program: &[Step], uri: &[u8], steps: &mut usize) -> bool {
    // Most templates are told by what they begin with, before anything is made ready.
    let differs = |(step, byte): (&Step, &u8)| matches!(step, Step::Byte(it) if it != byte);
    let plain = program.iter().take_while(|it| matches!(it, Step::Byte(_)));
    let seen = plain.zip(uri).take_while(|it| !differs(*it)).count();
    *steps = steps.saturating_sub(seen + 1);
    if program.iter().zip(uri).nth(seen).is_some_and(differs) || *steps == 0 {
        return false;
    }
    let mut now = Threads::new(program.len());
    let mut next = Threads::new(program.len());
    now.reach(program, 0);
    for byte in uri {
        let Some(left) = steps.checked_sub(now.list.len()) else {
            *steps = 0;
            return false;
        };
        *steps = left;
        for at in &now.list {
            let takes = match program.get(*at) {
                Some(Step::Byte(it)) => it == byte,
                Some(Step::Any(class)) => class.holds(*byte),
                Some(Step::Fork(_) | Step::Jump(_)) | None => false,
            };
            if takes {
                next.reach(program, *at + 1);
            }
        }
        std::mem::swap(&mut now, &mut next);
        next.clear();
        if now.list.is_empty() {
            return false;
        }
    }
    now.list.contains(&program.len())
}

/// The steps at which the program stands.
struct Threads {
    list: Vec<usize>,
    is_here: Vec<bool>,
    marked: Vec<usize>,
    waiting: Vec<usize>,
}

impl Threads {
    fn new(steps: usize) -> Self {
        Self {
            list: Vec::new(),
            is_here: vec![false; steps + 1],
            marked: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Stand at a step, and wherever its forks lead.
    fn reach(&mut self, program: &[Step], at: usize) {
        self.waiting.push(at);
        while let Some(at) = self.waiting.pop() {
            match self.is_here.get_mut(at) {
                Some(here) if !*here => *here = true,
                Some(_) | None => continue,
            }
            self.marked.push(at);
            match program.get(at) {
                Some(Step::Fork(other)) => self.waiting.extend([at + 1, *other]),
                Some(Step::Jump(other)) => self.waiting.push(*other),
                Some(Step::Byte(_) | Step::Any(_)) | None => self.list.push(at),
            }
        }
    }

    fn clear(&mut self) {
        self.list.clear();
        for at in self.marked.drain(..) {
            if let Some(here) = self.is_here.get_mut(at) {
                *here = false;
            }
        }
    }
}

#[cfg(test)]
mod tests;
