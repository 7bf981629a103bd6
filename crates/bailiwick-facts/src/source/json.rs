//! Things as JSON: `[{"type": "Customer", "id": "c_42", "tier": 2}]`.

use std::fmt;

use bailiwick_core::Thing;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::csv::COLUMNS_MAX;
use super::table::{Cell, Expected, Odd, Table};

/// The things of a JSON array of objects, each as flat as a row.
///
/// # Errors
/// [`Odd`] when the bytes are anything else.
pub fn read_json(bytes: &[u8], expected: &Expected) -> Result<Vec<Thing>, Odd> {
    let rows: Rows = serde_json::from_slice(bytes).map_err(|problem| {
        // Its own words may hold a value.
        let at = format!("line {}, column {}", problem.line(), problem.column());
        Odd::Format(format!("it is no JSON array of objects without repeated names ({at})"))
    })?;
    let mut table = Table::new(expected);
    for Row(cells) in rows.0 {
        table.row(cells)?;
    }
    table.finish()
}

struct Rows(Vec<Row>);

/// An object, in which no name stands twice: readers would differ in which holds.
struct Row(Vec<(String, Cell)>);

impl<'de> Deserialize<'de> for Rows {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Each;
        impl<'de> Visitor<'de> for Each {
            type Value = Rows;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of objects")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Rows, A::Error> {
                let mut rows = Vec::new();
                while let Some(row) = items.next_element()? {
                    rows.push(row);
                }
                Ok(Rows(rows))
            }
        }
        from.deserialize_seq(Each)
    }
}

impl<'de> Deserialize<'de> for Row {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;
        impl<'de> Visitor<'de> for Members {
            type Value = Row;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Row, A::Error> {
                let mut cells: Vec<(String, Cell)> = Vec::new();
                while let Some((name, cell)) = members.next_entry()? {
                    // Each name is compared with all others, so there may not be many.
                    if cells.len() >= COLUMNS_MAX || cells.iter().any(|(other, _)| *other == name) {
                        return Err(Error::custom("too many names, or one twice"));
                    }
                    cells.push((name, cell));
                }
                Ok(Row(cells))
            }
        }
        from.deserialize_map(Members)
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Plain)
    }
}

/// Reads a cell. What is no plain value is looked over, and none of it is held.
struct Plain;

impl<'de> Visitor<'de> for Plain {
    type Value = Cell;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<Cell, E> {
        Ok(Cell::Empty)
    }

    fn visit_bool<E: Error>(self, it: bool) -> Result<Cell, E> {
        Ok(Cell::Flag(it))
    }

    fn visit_i64<E: Error>(self, it: i64) -> Result<Cell, E> {
        Ok(Cell::Number(it))
    }

    fn visit_u64<E: Error>(self, it: u64) -> Result<Cell, E> {
        Ok(i64::try_from(it).map_or(Cell::Other, Cell::Number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Cell, E> {
        Ok(Cell::Other)
    }

    fn visit_str<E: Error>(self, it: &str) -> Result<Cell, E> {
        Ok(Cell::Text(it.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Cell, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Cell::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Cell, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Cell::Other)
    }
}
