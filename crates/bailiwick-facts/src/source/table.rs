//! Rows of a source, which become things or are refused.

use std::collections::{BTreeMap, HashSet};

use bailiwick_core::{Fact, Thing};

/// The longest id, and the longest text of an attribute, in bytes.
const TEXT_BYTES_MAX: usize = 1024;

/// What an attribute is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum FactKind {
    /// True or false.
    Flag,
    /// A whole number.
    Number,
    /// A text.
    Text,
}

/// What a source may say.
#[derive(Clone, Debug)]
pub struct Expected {
    /// The types of things. Where there is one, rows need not say it.
    pub types: Vec<String>,
    /// The attributes. Others are passed over.
    pub attributes: BTreeMap<String, FactKind>,
    /// The most things.
    pub things_max: usize,
}

/// What stands in one place of a row.
#[derive(Clone, Debug)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// True or false.
    Flag(bool),
    /// A whole number.
    Number(i64),
    /// A text.
    Text(String),
    /// A text that may stand for a number or a flag, since its format knows nothing else.
    Letters(String),
    /// Something else.
    Other,
}

/// What is wrong with what a source says. It holds no value.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum Odd {
    /// The whole is not of its format.
    #[error("{0}")]
    Format(String),
    /// A row is not as it should be.
    #[error("row {row}: {what}")]
    Row {
        /// Which, counted from 1.
        row: usize,
        /// What is wrong.
        what: String,
    },
    /// A declared attribute is nowhere in it.
    #[error(
        "nothing in it is called `{0}`, which `attributes` declares: what a condition asks for \
         would be gone from every thing, so nothing of it is believed"
    )]
    Lacks(String),
    /// There are too many.
    #[error("it says more than {0} things: raise `things_max`, or ask for fewer")]
    TooMany(usize),
}

/// Things in the making.
#[derive(Debug)]
pub struct Table<'a> {
    expected: &'a Expected,
    things: Vec<Thing>,
    /// The declared attributes that nothing was called as yet.
    lacking: Vec<&'a str>,
    seen: HashSet<(Box<str>, Box<str>)>,
}

impl<'a> Table<'a> {
    /// An empty one.
    pub fn new(expected: &'a Expected) -> Self {
        let lacking = expected.attributes.keys().map(String::as_str).collect();
        Self { expected, things: Vec::new(), lacking, seen: HashSet::new() }
    }

    /// Take in how the columns are called, where that is said besides the rows.
    ///
    /// # Errors
    /// [`Odd`] when something that is asked for is not among them, or is there twice.
    pub fn columns<'b>(&mut self, names: impl Iterator<Item = &'b str> + Clone) -> Result<(), Odd> {
        let count = |name: &str| names.clone().filter(|it| *it == name).count();
        let attributes = self.expected.attributes.keys().map(String::as_str);
        if let Some(twice) = ["type", "id"].into_iter().chain(attributes).find(|it| count(it) > 1) {
            return Err(Odd::Format(format!("two of its columns are called `{twice}`")));
        }
        if count("id") == 0 {
            return Err(Odd::Format("none of its columns is called `id`".to_owned()));
        }
        self.lacking.retain(|it| count(it) == 0);
        self.is_whole()
    }

    fn is_whole(&self) -> Result<(), Odd> {
        match self.lacking.first() {
            Some(lacking) => Err(Odd::Lacks((*lacking).to_owned())),
            None => Ok(()),
        }
    }

    /// Take in one row.
    ///
    /// # Errors
    /// [`Odd`] when it says too much, the wrong, or something for the second time.
    pub fn row(&mut self, cells: Vec<(String, Cell)>) -> Result<(), Odd> {
        let row = self.things.len() + 1;
        if self.things.len() >= self.expected.things_max {
            return Err(Odd::TooMany(self.expected.things_max));
        }
        self.lacking.retain(|it| !cells.iter().any(|(name, _)| name == it));
        let thing = self.thing(cells).map_err(|what| Odd::Row { row, what })?;
        if !self.seen.insert((thing.kind.clone(), thing.id.clone())) {
            let what = "its thing has a row already: nobody could tell which holds".to_owned();
            return Err(Odd::Row { row, what });
        }
        self.things.push(thing);
        Ok(())
    }

    /// The things.
    ///
    /// # Errors
    /// [`Odd`] when none of them has an attribute that is declared, not even an empty one: its name
    /// changed, and a condition that asks for it with `has` would hold for nothing any more.
    pub fn finish(self) -> Result<Vec<Thing>, Odd> {
        if !self.things.is_empty() {
            self.is_whole()?;
        }
        Ok(self.things)
    }

    fn thing(&self, cells: Vec<(String, Cell)>) -> Result<Thing, String> {
        let (mut kind, mut id) = (None, None);
        let twice = |name: &str| format!("`{name}` stands there twice");
        let mut attributes: Vec<(Box<str>, Fact)> = Vec::new();
        for (name, cell) in cells {
            match name.as_str() {
                "type" if kind.is_some() => return Err(twice(&name)),
                "type" => kind = self.kind(cell)?,
                "id" if id.is_some() => return Err(twice(&name)),
                "id" => id = text(cell).filter(|it| (1..=TEXT_BYTES_MAX).contains(&it.len())),
                _ => {
                    let Some(expected) = self.expected.attributes.get(&name) else { continue };
                    if attributes.iter().any(|(other, _)| **other == *name) {
                        return Err(twice(&name));
                    }
                    if let Some(fact) =
                        fact(cell, *expected).map_err(|it| format!("`{name}` {it}"))?
                    {
                        attributes.push((name.into(), fact));
                    }
                }
            }
        }
        let kind = match (kind, self.expected.types.as_slice()) {
            (Some(kind), _) => kind,
            (None, [only]) => only.clone(),
            (None, _) => return Err(self.no_kind()),
        };
        let id = id.ok_or("it has no `id`, as a text of at most 1024 bytes or a whole number")?;
        Ok(Thing { kind: kind.into(), id: id.into(), attributes })
    }

    /// The type that a row says, if it says any. One that is not expected is no slip of the pen:
    /// its id would be taken for one of another type.
    fn kind(&self, cell: Cell) -> Result<Option<String>, String> {
        match cell {
            Cell::Empty => Ok(None),
            Cell::Letters(it) if it.is_empty() => Ok(None),
            Cell::Text(it) | Cell::Letters(it) if self.expected.types.contains(&it) => Ok(Some(it)),
            Cell::Text(_) | Cell::Letters(_) | Cell::Flag(_) | Cell::Number(_) | Cell::Other => {
                Err(self.no_kind())
            }
        }
    }

    fn no_kind(&self) -> String {
        format!("its `type` is none of {}", self.expected.types.join(", "))
    }
}

fn text(cell: Cell) -> Option<String> {
    match cell {
        Cell::Text(it) | Cell::Letters(it) => Some(it),
        Cell::Number(it) => Some(it.to_string()),
        Cell::Empty | Cell::Flag(_) | Cell::Other => None,
    }
}

fn fact(cell: Cell, kind: FactKind) -> Result<Option<Fact>, &'static str> {
    let fact = match (kind, cell) {
        (_, Cell::Empty) => return Ok(None),
        (_, Cell::Letters(it)) if it.is_empty() => return Ok(None),
        (FactKind::Flag, Cell::Flag(it)) => Fact::Flag(it),
        (FactKind::Flag, Cell::Letters(it)) if it == "true" => Fact::Flag(true),
        (FactKind::Flag, Cell::Letters(it)) if it == "false" => Fact::Flag(false),
        (FactKind::Flag, _) => return Err("is not true or false"),
        (FactKind::Number, Cell::Number(it)) => Fact::Number(it),
        (FactKind::Number, Cell::Letters(it)) => {
            // One number has one spelling.
            let number = it.parse::<i64>().ok().filter(|number| number.to_string() == it);
            Fact::Number(number.ok_or("is no whole number")?)
        }
        (FactKind::Number, _) => return Err("is no whole number"),
        (FactKind::Text, Cell::Text(it) | Cell::Letters(it)) if it.len() <= TEXT_BYTES_MAX => {
            Fact::Text(it.into())
        }
        (FactKind::Text, Cell::Text(_) | Cell::Letters(_)) => return Err("is too long"),
        (FactKind::Text, _) => return Err("is no text"),
    };
    Ok(Some(fact))
}
