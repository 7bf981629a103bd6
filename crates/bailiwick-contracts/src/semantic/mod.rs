//! What an argument means, beyond its shape: a statement of SQL, a URL, a path, money, recipients.
//!
//! The value is never repaired and never copied: it fits as it is, or the call is refused. Where
//! two readers of a text could differ, it does not fit.

mod email;
pub(crate) mod host;
mod misfits;
mod money;
mod not_meant;
mod path;
mod shell;
mod sql;
mod url;

use std::collections::{BTreeMap, BTreeSet};

use bailiwick_core::Value;

use crate::contract::{Argument, Meaning, is_type};
use crate::spelling::is_twin;

pub use email::NotEmail;
pub use money::NotMoney;
pub use not_meant::{NotMeant, Reason};
pub use path::NotAPath;
pub use shell::NotAWord;
pub use sql::NotSql;
pub use url::NotAUrl;

/// How many values a list may hold that all mean something.
const LIST_MAX: usize = 256;

/// What the arguments of a call turned out to mean.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Meant {
    /// The tables that its SQL touches, as the contract writes them. Each is a whole collection:
    /// nobody can say which of its members a statement leaves out.
    pub tables: BTreeSet<String>,
    /// The types of which it touches every member: those of its tables' rows, or the tables.
    pub collections: BTreeSet<String>,
    /// The kinds of its statements: `select`, `insert`, `update`, `delete`.
    pub statements: BTreeSet<&'static str>,
    /// How many addresses it sends to.
    pub recipients: usize,
}

/// What is said of each argument, by its name.
type Arguments = BTreeMap<String, Argument>;

/// What the arguments of a call mean, by what a contract says of each: of a view, both what the
/// view says and what its tool does. An argument that is not given means nothing: whether it must
/// be there is for the tool's schema to say.
///
/// # Errors
/// The first [`NotMeant`].
pub fn check(said: &[&Arguments], given: &Value) -> Result<Meant, NotMeant> {
    let mut meant = Meant::default();
    let mut sent_to = BTreeMap::new();
    for (name, meaning) in meanings(said) {
        let misfit = |reason| NotMeant::new(name, meaning, reason);
        let currency = match meaning {
            Meaning::Money { currency_argument: Some(argument), .. } => Some(argument),
            Meaning::Money { .. }
            | Meaning::Sql { .. }
            | Meaning::Url { .. }
            | Meaning::Path { .. }
            | Meaning::Email { .. }
            | Meaning::NoShell => None,
        };
        if is_spelled_twice(name, given) || currency.is_some_and(|it| is_spelled_twice(it, given)) {
            return Err(misfit(Reason::Alike));
        }
        let Some(value) = given.member(name) else { continue };
        let currency = currency_named(meaning, said, given);
        check_one(meaning, value, currency, &mut meant).map_err(misfit)?;
        if matches!(meaning, Meaning::Email { .. }) {
            sent_to.insert(name, listed(value).map_or(0, <[Value]>::len));
        }
    }
    // Who puts some into `to` and some into `cc` sends to all of them.
    meant.recipients = sent_to.values().sum();
    for (name, meaning) in meanings(said) {
        if let Meaning::Email { most, .. } = meaning
            && meant.recipients > email::most(*most)
        {
            return Err(NotMeant::new(name, meaning, NotEmail::TooMany.into()));
        }
    }
    Ok(meant)
}

/// The types of which the statements of SQL among the arguments touch every member. One that does
/// not fit may touch whatever is listed.
pub fn touched(said: &[&Arguments], given: &Value) -> BTreeSet<String> {
    let mut touched = BTreeSet::new();
    for (name, meaning) in meanings(said) {
        let Meaning::Sql { tables, types, .. } = meaning else { continue };
        let Some(value) = given.member(name) else { continue };
        let mut meant = Meant::default();
        if check_one(meaning, value, None, &mut meant).is_err() {
            let of = |it: &String| types.get(it).unwrap_or(it).clone();
            meant.collections.extend(tables.iter().map(of));
        }
        touched.extend(meant.collections);
    }
    touched
}

fn meanings<'a>(said: &[&'a Arguments]) -> impl Iterator<Item = (&'a str, &'a Meaning)> {
    let all = said.iter().flat_map(|it| it.iter());
    all.filter_map(|(name, said)| Some((name.as_str(), said.is.as_ref()?)))
}

/// Whether another argument has the same name in other letters: a server that ignores case would
/// take that one for this.
fn is_spelled_twice(name: &str, given: &Value) -> bool {
    let Value::Record(members) = given else { return false };
    members.iter().any(|(it, _)| is_twin(it, name))
}

/// The currency that the argument beside an amount names, or that the contract puts there.
fn currency_named<'a>(
    meaning: &Meaning,
    said: &[&'a Arguments],
    given: &'a Value,
) -> Option<&'a str> {
    let Meaning::Money { currency_argument: Some(argument), .. } = meaning else { return None };
    match given.member(argument) {
        Some(value) => value.as_text(),
        None => said.iter().find_map(|it| it.get(argument)?.fixed.as_ref())?.as_str(),
    }
}

fn check_one(
    meaning: &Meaning,
    value: &Value,
    named_currency: Option<&str>,
    meant: &mut Meant,
) -> Result<(), Reason> {
    let values = listed(value)?;
    match meaning {
        Meaning::Sql { dialect, statements, tables, rows_max, types } => {
            let wanted = sql::Wanted { dialect, statements, tables, rows_max: *rows_max };
            for value in values {
                sql::check(&wanted, text(value)?, meant)?;
            }
            let of = |it: &String| types.get(it).unwrap_or(it).clone();
            meant.collections.extend(meant.tables.iter().map(of));
        }
        Meaning::Url { schemes, hosts } => {
            for value in values {
                url::check(schemes, hosts, text(value)?)?;
            }
        }
        Meaning::Path { roots } => {
            for value in values {
                path::check(roots, text(value)?)?;
            }
        }
        Meaning::Money { cap, currency, currency_argument, units } => {
            let wanted = money::Wanted { cap, currency, units: *units };
            if currency_argument.is_some() {
                money::check_currency(currency, named_currency)?;
            }
            money::check(&wanted, values)?;
        }
        Meaning::Email { domains, most: _ } => {
            for value in values {
                email::check(domains, text(value)?)?;
            }
        }
        Meaning::NoShell => {
            for value in values {
                shell::check(value)?;
            }
        }
    }
    Ok(())
}

/// The values of an argument: itself, or the members of the list that it is.
fn listed(value: &Value) -> Result<&[Value], Reason> {
    match value {
        Value::List(items) if items.is_empty() || items.len() > LIST_MAX => Err(Reason::List),
        Value::List(items) => Ok(items),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Text(_) | Value::Record(_) => {
            Ok(std::slice::from_ref(value))
        }
    }
}

fn text(value: &Value) -> Result<&str, Reason> {
    value.as_text().ok_or(Reason::NotText)
}

impl Meaning {
    /// The types that it gives to what it touches.
    pub(crate) fn types(&self) -> impl Iterator<Item = &str> {
        let types = match self {
            Self::Sql { types, .. } => Some(types),
            Self::Url { .. } | Self::Path { .. } | Self::Money { .. } => None,
            Self::Email { .. } | Self::NoShell => None,
        };
        types.into_iter().flat_map(BTreeMap::values).map(String::as_str)
    }

    /// What is wrong with it, and what would be right.
    pub fn fault(&self) -> Option<String> {
        match self {
            Self::Sql { dialect, statements, tables, rows_max, types } => {
                let wanted = sql::Wanted { dialect, statements, tables, rows_max: *rows_max };
                let odd = types.iter().find(|(it, of)| !tables.contains(it) || !is_type(of));
                let odd = odd.map(|(it, of)| {
                    format!("`{it} = \"{of}\"` gives no listed table a type such as \"Customer\"")
                });
                sql::fault(&wanted).or(odd)
            }
            Self::Url { schemes, hosts } => url::fault(schemes, hosts),
            Self::Path { roots } => path::fault(roots),
            Self::Money { cap, currency, units, .. } => {
                money::fault(&money::Wanted { cap, currency, units: *units })
            }
            Self::Email { domains, most } => email::fault(domains, *most),
            Self::NoShell => None,
        }
    }

    /// What would be right, for whoever has to say it again.
    pub fn described(&self) -> String {
        match self {
            Self::Sql { dialect, statements, tables, rows_max, .. } => {
                let wanted = sql::Wanted { dialect, statements, tables, rows_max: *rows_max };
                sql::described(&wanted)
            }
            Self::Url { schemes, hosts } => url::described(schemes, hosts),
            Self::Path { roots } => format!("an absolute path within {}", roots.join(" or ")),
            Self::Money { cap, currency, units, .. } => {
                money::described(&money::Wanted { cap, currency, units: *units })
            }
            Self::Email { domains, most } => email::described(domains, *most),
            Self::NoShell => {
                "one word of letters, digits and `_ . / : @ + -` that begins with a letter, a \
                 digit, `_`, `.` or `/`"
                    .to_owned()
            }
        }
    }
}
