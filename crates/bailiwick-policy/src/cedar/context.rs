//! The context that conditions read: built for each question, and only what some candidate reads.

use std::collections::BTreeMap;
use std::sync::Arc;

use bailiwick_core::{Link, Number, Question, Resource, Timestamp, Value as Argument};
use cedar_policy_core::ast::{Context, Name, PartialValue, Value};
use cedar_policy_core::extensions::Extensions;
use smol_str::{SmolStr, format_smolstr};

use super::reads::{InputReads, members as m};
use super::store::{Named, Store};

/// How deep arguments may be nested where a policy reads them.
const DEPTH_MAX: usize = 48;

/// What is asked, as the context needs to know it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    /// The question.
    pub(crate) question: &'a Question<'a>,
    /// The links of its chain.
    pub(crate) links: &'a [Named],
    /// Whether the call's arguments, effect and findings are shown. They are not for `discover`:
    /// what may be known must not depend on what is asked, or lists and calls would disagree.
    pub(crate) shows_call: bool,
}

/// The members that were asked for.
///
/// # Errors
/// Why they cannot be built; every candidate that reads them then fails.
pub(crate) fn build(
    occasion: &Occasion<'_>,
    wanted: u16,
    input: &InputReads,
    store: &Store,
) -> Result<Context, &'static str> {
    if wanted == 0 {
        return Ok(Context::empty());
    }
    let mut built = BTreeMap::new();
    let mut put = |bit: u16, name: &'static str, value: &dyn Fn() -> Option<Value>| {
        if wanted & bit != 0
            && let Some(value) = value()
        {
            built.insert(SmolStr::new_static(name), value);
        }
    };
    let question = occasion.question;
    let (resource, who) = (question.resource, question.who.principal());
    let call = question.call.filter(|_| occasion.shows_call);
    let link_of = |wanted: fn(&Link) -> bool, last: bool| {
        let mut found = who.chain.iter().zip(occasion.links).filter(|(link, _)| wanted(link));
        let found = if last { found.next_back() } else { found.next() };
        found.map(|(_, link)| Value::from(Arc::clone(&link.uid)))
    };
    put(m::CHAIN, "chain", &|| {
        Some(Value::set(occasion.links.iter().map(|link| Value::from(Arc::clone(&link.uid))), None))
    });
    put(m::PERSON, "person", &|| link_of(|link| matches!(link, Link::Person(_)), false));
    put(m::AGENT, "agent", &|| link_of(|link| matches!(link, Link::Agent(_)), true));
    put(m::TENANT, "tenant", &|| Some(text(who.tenant.as_str())));
    put(m::SERVER, "server", &|| Some(text(resource.server().as_str())));
    put(m::NAME, "name", &|| Some(text(resource.name())));
    put(m::TOOL, "tool", &|| {
        matches!(resource, Resource::Tool { .. }).then(|| text(resource.name()))
    });
    put(m::EFFECT, "effect", &|| call.map(|call| text(call.effect().as_str())));
    put(m::RESOURCES, "resources", &|| {
        // An argument that names several things is a set of them: none may hide behind another.
        let mut named = BTreeMap::<SmolStr, Vec<Value>>::new();
        for it in call.map_or(&[][..], |call| call.named()) {
            let entity = Value::from(store.argument(&it.kind, &it.id)?);
            named.entry(SmolStr::from(&*it.argument)).or_default().push(entity);
        }
        let entities = named.into_iter().map(|(argument, mut entities)| {
            let value = match (entities.len(), entities.pop()) {
                (1, Some(only)) => only,
                (_, last) => Value::set(entities.into_iter().chain(last), None),
            };
            (argument, value)
        });
        Some(record(entities.collect()))
    });
    put(m::FINDINGS, "findings", &|| {
        let findings = &question.context.findings;
        let kept = if call.is_some() { findings.kept() } else { &[] };
        Some(Value::set(kept.iter().map(|finding| text(&finding.kind)), None))
    });
    put(m::NOW, "now", &|| datetime(question.context.now));
    put(m::TIME, "time", &|| Some(time(question.context.now)));
    if wanted & m::INPUT != 0 {
        let arguments = call.map(|call| call.arguments());
        built.insert(SmolStr::new_static("input"), input_record(arguments, input)?);
    }
    Ok(Context::Value(Arc::new(built)))
}

/// The arguments that some policy reads.
fn input_record(arguments: Option<&Argument>, reads: &InputReads) -> Result<Value, &'static str> {
    let mut built = BTreeMap::new();
    if let Some(Argument::Record(arguments)) = arguments {
        for (name, argument) in arguments.iter().filter(|(name, _)| reads.wants(name)) {
            if let Some(value) = value(argument, DEPTH_MAX)? {
                built.insert(SmolStr::from(&**name), value);
            }
        }
    }
    Ok(record(built))
}

/// An argument as Cedar sees it. Null is absence, because Cedar has none.
fn value(argument: &Argument, depth: usize) -> Result<Option<Value>, &'static str> {
    let deeper = depth.checked_sub(1).ok_or("the arguments are nested too deeply")?;
    Ok(Some(match argument {
        Argument::Null => return Ok(None),
        Argument::Bool(it) => Value::from(*it),
        Argument::Number(number) => numeric(number),
        Argument::Text(it) => text(it),
        Argument::List(items) => {
            let items = items.iter().filter_map(|it| value(it, deeper).transpose());
            Value::set(items.collect::<Result<Vec<_>, _>>()?, None)
        }
        Argument::Record(members) => {
            let members = members.iter().filter_map(|(name, it)| {
                let it = value(it, deeper).transpose()?;
                Some(it.map(|it| (SmolStr::from(&**name), it)))
            });
            record(members.collect::<Result<_, _>>()?)
        }
    }))
}

/// A whole number, else a decimal with up to four places, else its spelling: a condition that
/// compares the spelling with a number is an error, and errors deny.
fn numeric(number: &Number) -> Value {
    if let Some(whole) = number.as_i64() {
        return Value::from(whole);
    }
    let decimal = number.as_ten_thousandths().and_then(|parts| {
        let sign = if parts < 0 { "-" } else { "" };
        let parts = parts.unsigned_abs();
        let spelled = format_smolstr!("{sign}{}.{:04}", parts / 10_000, parts % 10_000);
        extension("decimal", spelled)
    });
    decimal.unwrap_or_else(|| text(number.lexeme()))
}

fn text(it: &str) -> Value {
    Value::from(SmolStr::from(it))
}

fn record(members: BTreeMap<SmolStr, Value>) -> Value {
    Value::record_arc(Arc::new(members), None)
}

/// What one of Cedar's constructors makes of a text.
fn extension(constructor: &str, argument: SmolStr) -> Option<Value> {
    let name = Name::parse_unqualified_name(constructor).ok()?;
    let function = Extensions::all_available().func(&name).ok()?;
    match function.call(&[Value::from(argument)]).ok()? {
        PartialValue::Value(value) => Some(value),
        PartialValue::Residual(_) => None,
    }
}

const MS_PER_DAY: u64 = 86_400_000;

/// The time as Cedar's `datetime`.
fn datetime(now: Timestamp) -> Option<Value> {
    let (day, ms) = (now.ms() / MS_PER_DAY, now.ms() % MS_PER_DAY);
    let (year, month, day) = civil(day);
    let (hour, minute, second) = (ms / 3_600_000, ms / 60_000 % 60, ms / 1_000 % 60);
    let milli = ms % 1_000;
    let spelled = format_smolstr!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}Z"
    );
    extension("datetime", spelled)
}

/// The time in parts, UTC. Weekdays count from Monday, which is 1.
fn time(now: Timestamp) -> Value {
    let ms = now.ms();
    // 1 January 1970 was a Thursday.
    let weekday = (ms / MS_PER_DAY + 3) % 7 + 1;
    let part = |it: u64| Value::from(i64::try_from(it).unwrap_or(i64::MAX));
    record(BTreeMap::from([
        (SmolStr::new_static("hour"), part(ms / 3_600_000 % 24)),
        (SmolStr::new_static("minute"), part(ms / 60_000 % 60)),
        (SmolStr::new_static("weekday"), part(weekday)),
        (SmolStr::new_static("unix_ms"), part(ms)),
    ]))
}

/// Year, month and day of a number of days since 1970, by counting in eras of 400 years that
/// begin on 1 March.
const fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let (month, later) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (era * 400 + year + later, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_have_their_dates() {
        for (days, date) in [
            (0, (1970, 1, 1)),
            (58, (1970, 2, 28)),
            (59, (1970, 3, 1)),
            (11_016, (2000, 2, 29)),
            (20_778, (2026, 11, 21)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(civil(days), date, "{days}");
        }
    }

    #[test]
    fn numbers_mean_the_same_however_they_are_spelled() {
        let same = |lexeme, value: Value| {
            assert_eq!(numeric(&Number::from_lexeme(lexeme)), value, "{lexeme}");
        };
        let decimal = |spelled: &'static str| extension("decimal", spelled.into()).unwrap();
        same("50", Value::from(50));
        same("5e1", Value::from(50));
        same("50.0", Value::from(50));
        same("50.01", decimal("50.01"));
        same("-0.5", decimal("-0.5"));
        same("-922337203685477.5807", decimal("-922337203685477.5807"));
        same("0.00001", text("0.00001"));
        same("1e400", text("1e400"));
    }
}
