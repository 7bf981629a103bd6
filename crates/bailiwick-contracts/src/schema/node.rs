//! Values as the engine sees them: as they came, without a copy, and with a fixed amount of work
//! for all that is asked of them.

use std::borrow::Cow;
use std::collections::HashSet;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};

use bailiwick_core::{Number, Value};
use jsonschema::JsonType;
use jsonschema::json::{Array, Json, JsonNumber, Node, NodeIdentity, Object};
use serde_json::Value as Foreign;

use super::decimal::Decimal;
use super::exact::{self, Exact};

/// How much work one check may take: about as many looks at a value, or bytes of a text that is
/// matched with a small pattern.
const WORK_MAX: u64 = 20_000_000;

/// The largest compiled pattern of names, in bytes, and what a byte of a name costs for each.
pub(super) const NAME_PROGRAM_MAX: usize = 32 << 10;
const NAME_PATTERN_PRICE: u64 = 32;

/// The work that is left for one check. When it is out, every container looks empty, so that the
/// engine comes to an end; what it then says is not believed.
#[derive(Debug)]
pub(super) struct Fuel {
    left: AtomicU64,
    /// What a byte of a member's name costs: patterns may be matched with it.
    name_price: u64,
}

impl Fuel {
    /// As much as a check may take, where so many patterns of names are in the schema.
    pub(super) fn of(name_patterns: u64) -> Self {
        let name_price = 1 + name_patterns.saturating_mul(NAME_PATTERN_PRICE);
        Self { left: AtomicU64::new(WORK_MAX), name_price }
    }

    /// Take so much of it; whether there was as much.
    pub(super) fn pay(&self, work: u64) -> bool {
        let left = self.left.load(Ordering::Relaxed).saturating_sub(work);
        self.left.store(left, Ordering::Relaxed);
        left > 0
    }

    pub(super) fn is_out(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }
}

/// The representation.
#[derive(Debug)]
pub(super) struct Tree;

/// How often a number may be read where it is looked at once.
const LOOKS: u64 = 8;

/// A value that is checked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'a> {
    pub(super) value: &'a Value,
    pub(super) fuel: &'a Fuel,
}

/// An object that is checked.
pub(super) struct Members<'a> {
    members: &'a [(Box<str>, Value)],
    fuel: &'a Fuel,
}

/// An array that is checked.
pub(super) struct Items<'a> {
    items: &'a [Value],
    fuel: &'a Fuel,
}

/// The number of a value, by its spelling.
pub(super) struct Spelled<'a>(&'a Number);

/// How deep a value is nested.
pub(super) fn depth(value: &Value) -> usize {
    let below = match value {
        Value::List(items) => items.iter().map(depth).max(),
        Value::Record(members) => members.iter().map(|(_, it)| depth(it)).max(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) => None,
    };
    1 + below.unwrap_or(0)
}

impl Json for Tree {
    type Node<'a> = Place<'a>;
    type PreparedKey = Box<str>;
    type StringBuffer = Value;

    /// A value that was parsed contains no value twice.
    const ACYCLIC: bool = true;

    fn prepare_key(key: &str) -> Box<str> {
        key.into()
    }

    fn with_string_node<T>(buffer: &mut Value, text: &str, f: impl FnOnce(Place<'_>) -> T) -> T {
        *buffer = Value::Text(text.into());
        f(Place { value: buffer, fuel: &Fuel::of(0) })
    }
}

impl Place<'_> {
    /// Its number, by its digits.
    pub(super) fn decimal(&self) -> Option<Decimal> {
        let Value::Number(number) = self.value else { return None };
        self.fuel.pay(1 + number.lexeme().len() as u64);
        Some(Decimal::of(number.lexeme()))
    }

    /// What it says, when there is work left for looking at all of it.
    pub(super) fn exact(&self) -> Option<Exact> {
        self.fuel.pay(exact::size(self.value)).then(|| Exact::of(self.value))
    }
}

impl<'a> Node<'a, Tree> for Place<'a> {
    type Object = Members<'a>;
    type Array = Items<'a>;
    type Number = Spelled<'a>;

    fn as_object(&self) -> Option<Members<'a>> {
        let Value::Record(members) = self.value else { return None };
        self.fuel.pay(1).then_some(Members { members, fuel: self.fuel })
    }

    fn as_array(&self) -> Option<Items<'a>> {
        let Value::List(items) = self.value else { return None };
        self.fuel.pay(1).then_some(Items { items, fuel: self.fuel })
    }

    fn as_string(&self) -> Option<Cow<'a, str>> {
        let Value::Text(text) = self.value else { return None };
        // Most look at its length or compare it.
        self.fuel.pay(1 + text.len() as u64 / 16);
        Some(Cow::Borrowed(text))
    }

    fn as_number(&self) -> Option<Spelled<'a>> {
        let Value::Number(number) = self.value else { return None };
        // Each look at a number reads all of its digits, and there may be some looks at one.
        self.fuel.pay(1 + LOOKS * number.lexeme().len() as u64);
        Some(Spelled(number))
    }

    fn as_boolean(&self) -> Option<bool> {
        let Value::Bool(said) = self.value else { return None };
        Some(*said)
    }

    fn is_null(&self) -> bool {
        *self.value == Value::Null
    }

    fn json_type(&self) -> JsonType {
        self.fuel.pay(1);
        match self.value {
            Value::Null => JsonType::Null,
            Value::Bool(_) => JsonType::Boolean,
            Value::Number(_) => JsonType::Number,
            Value::Text(_) => JsonType::String,
            Value::List(_) => JsonType::Array,
            Value::Record(_) => JsonType::Object,
        }
    }

    fn equals_value(&self, expected: &Foreign) -> bool {
        self.exact().is_some_and(|it| it == Exact::of_json(expected))
    }

    /// Nothing of a value goes into an error.
    fn to_value(&self) -> Cow<'a, Foreign> {
        Cow::Owned(Foreign::Null)
    }

    fn identity(&self) -> Option<NodeIdentity> {
        Some(NodeIdentity::new(std::ptr::from_ref(self.value) as usize))
    }
}

impl<'a> Object<'a, Tree> for Members<'a> {
    type Node = Place<'a>;
    type MemberName = &'a str;
    type MembersIter = Pairs<'a>;

    fn len(&self) -> usize {
        self.members.len()
    }

    fn get(&self, key: &Box<str>) -> Option<Place<'a>> {
        if !self.fuel.pay(1 + self.members.len() as u64 / 4) {
            return None;
        }
        let value = self.members.iter().find(|(name, _)| name == key).map(|(_, value)| value)?;
        Some(Place { value, fuel: self.fuel })
    }

    fn members(&self) -> Pairs<'a> {
        Pairs { members: self.members.iter(), fuel: self.fuel }
    }

    fn try_for_each_name_node<B>(
        &self,
        buffer: &mut Value,
        mut f: impl FnMut(Place<'_>) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        for (name, _) in self.members() {
            *buffer = Value::Text(name.into());
            f(Place { value: buffer, fuel: self.fuel })?;
        }
        ControlFlow::Continue(())
    }
}

impl<'a> Array<'a, Tree> for Items<'a> {
    type Node = Place<'a>;
    type ElementsIter = Elements<'a>;

    fn len(&self) -> usize {
        self.items.len()
    }

    fn elements(&self) -> Elements<'a> {
        Elements { items: self.items.iter(), fuel: self.fuel }
    }

    fn is_unique(&self) -> bool {
        let mut seen = HashSet::new();
        self.elements().all(|it| it.exact().is_some_and(|it| seen.insert(it)))
    }
}

/// The members of an object, until the work is out.
pub(super) struct Pairs<'a> {
    members: std::slice::Iter<'a, (Box<str>, Value)>,
    fuel: &'a Fuel,
}

impl<'a> Iterator for Pairs<'a> {
    type Item = (&'a str, Place<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.members.next()?;
        let place = Place { value, fuel: self.fuel };
        // Names are looked up and matched, too.
        let work = self.fuel.name_price.saturating_mul(name.len() as u64);
        self.fuel.pay(1 + work).then_some((name, place))
    }
}

/// The items of an array, until the work is out.
pub(super) struct Elements<'a> {
    items: std::slice::Iter<'a, Value>,
    fuel: &'a Fuel,
}

impl<'a> Iterator for Elements<'a> {
    type Item = Place<'a>;

    fn next(&mut self) -> Option<Place<'a>> {
        let value = self.items.next()?;
        self.fuel.pay(1).then_some(Place { value, fuel: self.fuel })
    }
}

impl JsonNumber for Spelled<'_> {
    fn as_u64(&self) -> Option<u64> {
        let whole = self.0.lexeme().parse().ok();
        whole.or_else(|| u64::try_from(self.0.as_i64()?).ok())
    }

    fn as_i64(&self) -> Option<i64> {
        self.0.lexeme().parse().ok().or_else(|| self.0.as_i64())
    }

    fn as_f64(&self) -> Option<f64> {
        self.0.lexeme().parse::<f64>().ok().filter(|it| it.is_finite())
    }

    fn as_str(&self) -> Cow<'_, str> {
        Cow::Borrowed(self.0.lexeme())
    }

    fn to_number(&self) -> Cow<'_, serde_json::Number> {
        let float = || self.as_f64().and_then(serde_json::Number::from_f64);
        let whole = self.as_i64().map(Into::into).or_else(|| self.as_u64().map(Into::into));
        Cow::Owned(whole.or_else(float).unwrap_or_else(|| 0.into()))
    }

    fn is_integer(&self) -> bool {
        Decimal::of(self.0.lexeme()).is_whole()
    }
}
