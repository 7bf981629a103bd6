//! Class: what a thing counted as when a call that names it was decided, such as `tier` 2. It is on
//! record, because facts change: what was a small customer then may be a large one today.

/// How many attributes of one thing are on record.
const ATTRIBUTES_MAX: usize = 8;
/// How many things of one record have their classes on record.
const THINGS_MAX: usize = 256;
/// The longest value on record, in bytes.
const VALUE_BYTES_MAX: usize = 64;
/// The most of all of one record, in bytes, about: an entry of the log holds 64 KiB.
const BYTES_MAX: usize = 16 << 10;

/// One attribute of a thing.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Class {
    /// The attribute.
    pub attribute: Box<str>,
    /// Its value: a text, a number in its digits, `true` or `false`. `None`: nobody knew.
    pub value: Option<Box<str>>,
}

/// The classes of one of the things that a record names.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Classed {
    /// Its place among them, counted from 0.
    pub thing: u64,
    /// Its classes.
    pub classes: Vec<Class>,
}

impl Class {
    /// One attribute; a value that is too long for the record is not known there.
    pub fn new(attribute: &str, value: Option<&str>) -> Self {
        let value = value.filter(|it| it.len() <= VALUE_BYTES_MAX);
        Self { attribute: attribute.into(), value: value.map(Into::into) }
    }
}

/// As many as a record has room for. Of what is left out nothing is known, which a search takes for
/// a match.
pub(crate) fn fitting(mut all: Vec<Classed>) -> Vec<Classed> {
    all.truncate(THINGS_MAX);
    let mut left = BYTES_MAX;
    let mut fits = |it: &mut Classed| {
        it.classes.truncate(ATTRIBUTES_MAX);
        let rest = left.checked_sub(it.classes.iter().map(size).sum());
        left = rest.unwrap_or(0);
        rest.is_some()
    };
    let count = all.iter_mut().map_while(|it| fits(it).then_some(())).count();
    all.truncate(count);
    all
}

fn size(class: &Class) -> usize {
    class.attribute.len() + class.value.as_ref().map_or(0, |it| it.len()) + 8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_has_room_for_so_many() {
        let class = |n: usize| Class::new(&format!("attribute{n}"), Some("gold"));
        let classed = |thing| Classed { thing, classes: (0..20).map(class).collect() };
        let all = fitting((0..1000).map(classed).collect());
        assert!(all.len() > 50 && all.len() <= THINGS_MAX, "{}", all.len());
        assert!(all.iter().all(|it| it.classes.len() == ATTRIBUTES_MAX));
        let bytes: usize = all.iter().flat_map(|it| &it.classes).map(|it| it.attribute.len()).sum();
        assert!(bytes < BYTES_MAX);
        assert_eq!(Class::new("tier", Some(&"x".repeat(VALUE_BYTES_MAX + 1))).value, None);
    }
}
