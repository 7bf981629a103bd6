//! All schemas within a schema, and which of them are asked of the same value.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use super::super::held::Held;
use super::super::place::{escaped, place};
use super::Names;

/// The most schemas within one.
const SCHEMAS_MAX: usize = 4_000;
/// How long the way may be from the outermost schema to the innermost, through references that are
/// each followed once. The compiler goes it on the stack.
const PATH_MAX: usize = 400;
/// The most patterns, and the most bytes of each.
const PATTERNS_MAX: usize = 64;
const PATTERN_BYTES_MAX: usize = 1_000;

/// Keywords whose schemas are asked of the same value: one, a list, or a map.
const HERE: [&str; 9] =
    ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "dependencies"];
/// Keywords whose schemas are asked of what the value holds.
const BELOW: [&str; 11] = [
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "additionalItems",
    "unevaluatedItems",
    "contains",
    "contentSchema",
];
/// Keywords of maps from names to schemas.
const MAPS: [&str; 4] = ["properties", "patternProperties", "dependentSchemas", "dependencies"];
/// Keywords that look at what all others have evaluated.
const AGAIN: [&str; 2] = ["unevaluatedProperties", "unevaluatedItems"];
/// Keywords that change what references mean.
const REBASING: [&str; 4] = ["$dynamicRef", "$recursiveRef", "$dynamicAnchor", "$recursiveAnchor"];

/// One schema within a schema.
pub(super) struct Within<'a> {
    /// Where it stands, as a JSON pointer.
    pub(super) at: String,
    says: Option<&'a Map<String, Json>>,
    /// The schemas that are asked of the same value.
    pub(super) here: Vec<usize>,
    pub(super) looks_again: bool,
    /// How deep the schemas within it are nested.
    height: usize,
}

/// All schemas that a schema leads to. The first is the schema itself.
pub(super) struct Walk<'a> {
    pub(super) places: Vec<Within<'a>>,
    pub(super) properties: HashSet<Box<str>>,
    by_place: HashMap<String, usize>,
    references: Vec<(usize, String)>,
    patterns: Vec<&'a str>,
    /// How many of them are of names.
    pub(super) name_patterns: u64,
}

impl<'a> Walk<'a> {
    /// Walk through a schema.
    ///
    /// # Errors
    /// [`Held`] where that leads too far.
    pub(super) fn of(root: &'a Json) -> Result<Self, Held> {
        let mut walk = Self {
            places: Vec::new(),
            properties: HashSet::new(),
            by_place: HashMap::new(),
            references: Vec::new(),
            patterns: Vec::new(),
            name_patterns: 0,
        };
        let top = walk.visit(root, String::new())?;
        let mut followed = HashSet::from([top]);
        while let Some((from, target)) = walk.references.pop() {
            let known = walk.by_place.get(&target).copied();
            let n = match (known, root.pointer(&target)) {
                (Some(n), _) => n,
                (None, Some(schema)) => walk.visit(schema, target)?,
                (None, None) => {
                    let at = walk.places.get(from).map_or("", |it| it.at.as_str());
                    return Err(Held::Unresolved(place(at)));
                }
            };
            if let Some(from) = walk.places.get_mut(from) {
                from.here.push(n);
            }
            followed.insert(n);
        }
        let heights = followed.iter().filter_map(|n| walk.places.get(*n)).map(|it| it.height);
        if heights.sum::<usize>() > PATH_MAX { Err(Held::TooDeep) } else { Ok(walk) }
    }

    /// A schema and what stands within it; what it refers to is left for later.
    fn visit(&mut self, schema: &'a Json, at: String) -> Result<usize, Held> {
        if let Some(n) = self.by_place.get(&at) {
            return Ok(*n);
        }
        if self.places.len() >= SCHEMAS_MAX {
            return Err(Held::TooMany);
        }
        let n = self.places.len();
        self.by_place.insert(at.clone(), n);
        let says = schema.as_object();
        let looks_again = says.is_some_and(|it| AGAIN.iter().any(|word| it.contains_key(*word)));
        self.places.push(Within { at: at.clone(), says, here: Vec::new(), looks_again, height: 1 });
        let Some(says) = says else { return Ok(n) };
        let is_rebased = !at.is_empty() && says.contains_key("$id");
        if is_rebased || REBASING.iter().any(|word| says.contains_key(*word)) {
            return Err(Held::Rebased(place(&at)));
        }
        if let Some(target) = says.get("$ref") {
            let target = reference(target).ok_or_else(|| Held::Remote(place(&at)))?;
            self.references.push((n, target));
        }
        if let Some(Json::String(pattern)) = says.get("pattern") {
            self.pattern(pattern, &at)?;
        }
        for (keyword, value) in says {
            let is_here = HERE.contains(&keyword.as_str());
            if !is_here && !BELOW.contains(&keyword.as_str()) {
                continue;
            }
            for (name, child) in children(keyword, value) {
                let at = match &name {
                    Some(name) => format!("{at}/{keyword}/{}", escaped(name)),
                    None => format!("{at}/{keyword}"),
                };
                self.named(keyword, name, &at)?;
                let child = self.visit(child, at)?;
                let height = self.places.get(child).map_or(0, |it| it.height) + 1;
                if let Some(within) = self.places.get_mut(n) {
                    within.height = within.height.max(height);
                    within.here.extend(is_here.then_some(child));
                }
            }
        }
        Ok(n)
    }

    fn named(&mut self, keyword: &str, name: Option<Cow<'a, str>>, at: &str) -> Result<(), Held> {
        match (keyword, name) {
            ("properties", Some(name)) => {
                self.properties.insert(name.into());
                Ok(())
            }
            ("patternProperties", Some(Cow::Borrowed(name))) => {
                self.name_patterns += 1;
                self.pattern(name, at)
            }
            (_, _) => Ok(()),
        }
    }

    fn pattern(&mut self, pattern: &'a str, at: &str) -> Result<(), Held> {
        // Each place is compiled by itself, also where two say the same.
        self.patterns.push(pattern);
        let is_too_much = self.patterns.len() > PATTERNS_MAX || pattern.len() > PATTERN_BYTES_MAX;
        if is_too_much { Err(Held::TooManyPatterns(place(at))) } else { Ok(()) }
    }

    /// What is named at the top, by whichever schema is asked there, where none of them says what
    /// else there may be and one of them names something.
    pub(super) fn names_at_top(&self) -> Option<Names> {
        let mut names = Names::default();
        let (mut next, mut seen) = (vec![0], HashSet::new());
        let mut says_something = false;
        while let Some(n) = next.pop() {
            let Some(within) = self.places.get(n).filter(|_| seen.insert(n)) else { continue };
            next.extend(&within.here);
            let Some(says) = within.says else { continue };
            let members = |keyword| says.get(keyword).and_then(Json::as_object);
            if says.contains_key("additionalProperties")
                || says.contains_key("unevaluatedProperties")
            {
                return None;
            }
            for (keyword, into) in
                [("properties", &mut names.said), ("patternProperties", &mut names.patterns)]
            {
                says_something |= says.contains_key(keyword);
                into.extend(
                    members(keyword).into_iter().flatten().map(|(it, _)| it.as_str().into()),
                );
            }
        }
        says_something.then_some(names)
    }
}

/// The schemas that a keyword holds, with their names or numbers.
fn children<'a>(keyword: &str, value: &'a Json) -> Vec<(Option<Cow<'a, str>>, &'a Json)> {
    match value {
        Json::Object(members) if MAPS.contains(&keyword) => members
            .iter()
            .filter(|(_, it)| it.is_object() || it.is_boolean())
            .map(|(name, it)| (Some(name.as_str().into()), it))
            .collect(),
        Json::Array(items) => {
            items.iter().enumerate().map(|(n, it)| (Some(n.to_string().into()), it)).collect()
        }
        Json::Object(_) | Json::Bool(_) => vec![(None, value)],
        Json::Null | Json::Number(_) | Json::String(_) => Vec::new(),
    }
}

/// The pointer of a reference within the same document.
fn reference(said: &Json) -> Option<String> {
    let fragment = said.as_str()?.strip_prefix('#')?;
    let mut bytes = Vec::new();
    let mut rest = fragment.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    let pointer = String::from_utf8(bytes).ok()?;
    // An anchor leads nowhere that is known here, which is told as a pointer that leads nowhere.
    Some(if pointer.is_empty() || pointer.starts_with('/') { pointer } else { "/\0".into() })
}
