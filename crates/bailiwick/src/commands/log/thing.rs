//! Things as people name them, `Customer::"c_42"` or `Customer[tier=2]`, and what they counted as.

use bailiwick_core::{Classed, Token};
use bailiwick_log::Sought;
use serde_json::{Map, Value, json};

use crate::commands::settings;
use crate::output::{Common, Failure};

/// What somebody asks for.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Asked<'a> {
    /// A thing of a type, by its id.
    One { kind: &'a str, id: &'a str },
    /// Those of a type that counted as this.
    Counted { kind: &'a str, attribute: &'a str, value: &'a str },
}

impl<'a> Asked<'a> {
    pub(super) fn parse(text: &'a str) -> Result<Self, Failure> {
        let one = || {
            let (kind, id) = text.split_once("::\"").or_else(|| text.rsplit_once("::"))?;
            let id = id.strip_suffix('"').unwrap_or(id);
            Some(Self::One { kind, id }).filter(|_| !kind.is_empty() && !id.is_empty())
        };
        let counted = || {
            let (kind, class) = text.strip_suffix(']')?.split_once('[')?;
            let (attribute, value) = class.split_once('=')?;
            let bare = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
            // Two at once are not asked for: that would be another value, and quietly find nothing.
            let is_one = bare.is_some() || !(value.contains(',') && value.contains('='));
            let value = bare.unwrap_or(value);
            let is_full = !kind.is_empty() && !attribute.is_empty() && !value.is_empty();
            (is_one && is_full && !kind.contains(':')).then_some(Self::Counted {
                kind,
                attribute,
                value,
            })
        };
        counted().or_else(one).ok_or_else(|| {
            Failure(format!(
                "`{text}` is no thing; write it as Customer::\"c_42\", or as Customer[tier=2], \
                 with one attribute, for all that counted as that"
            ))
        })
    }
}

/// Whether what is asked for is put on record at all: where it is not, nothing is certain.
pub(super) fn doubt(common: &Common, sought: &Sought) -> Option<String> {
    let classing = settings::load(common).ok()?.classing;
    let (kind, attribute) = (&*sought.kind, &*sought.attribute);
    let known = classing.get(kind);
    if known.is_some_and(|it| it.contains(attribute)) {
        return None;
    }
    let has = known.map_or_else(
        || format!("[classes] has no `{kind}`"),
        |it| {
            let names: Vec<_> = it.iter().map(String::as_str).collect();
            format!("[classes] has only {} of {kind}", names.join(", "))
        },
    );
    Some(format!(
        "no record is certain to be about a {kind} with this `{attribute}`, and {has}: is it \
         spelled as meant?"
    ))
}

/// What things counted as, in a line: `Customer tier 2, tenant unknown`. Empty where no class is on
/// record.
pub(in crate::commands) fn in_words(named: &[(Box<str>, Token)], classes: &[Classed]) -> String {
    let each = classes.iter().map(|it| {
        let kind = kind_of(named, it.thing);
        let classes = it.classes.iter().map(|class| {
            format!("{} {}", class.attribute, class.value.as_deref().unwrap_or("unknown"))
        });
        format!("{kind} {}", classes.collect::<Vec<_>>().join(", "))
    });
    each.collect::<Vec<_>>().join("; ")
}

/// The things that a record names, with what each counted as.
pub(in crate::commands) fn as_json(named: &[(Box<str>, Token)], classes: &[Classed]) -> Vec<Value> {
    let each = (0..).zip(named).map(|(place, (kind, token))| {
        let of = classes.iter().find(|it| it.thing == place);
        let of = of.into_iter().flat_map(|it| &it.classes);
        let class: Map<String, Value> =
            of.map(|it| (it.attribute.to_string(), json!(it.value))).collect();
        json!({ "type": kind, "pseudonym": token.to_string(), "class": class })
    });
    each.collect()
}

fn kind_of(named: &[(Box<str>, Token)], thing: u64) -> &str {
    let place = usize::try_from(thing).ok();
    place.and_then(|it| named.get(it)).map_or("thing", |(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let one = Some(Asked::One { kind: "Customer", id: "c_42" });
        let counted = Some(Asked::Counted { kind: "Customer", attribute: "tier", value: "2" });
        let odd = Some(Asked::One { kind: "Order", id: "a::b[c=d]" });
        for (text, asked) in [
            ("Customer::\"c_42\"", one),
            ("Customer::c_42", Some(Asked::One { kind: "Customer", id: "c_42" })),
            ("Customer[tier=2]", counted),
            ("Order::\"a::b[c=d]\"", odd),
            ("Customer", None),
            ("Customer[tier]", None),
            ("Customer[tier=2,tenant=acme]", None),
            ("[tier=2]", None),
            ("::x", None),
        ] {
            assert_eq!(Asked::parse(text).ok(), asked, "{text}");
        }
    }
}
