//! The record of a server: what must be known before anything is connected to it.

use bailiwick_core::Day;

use crate::cell::Cell;
use crate::contract::Contract;
use crate::standing::Standing;

/// What of a server's record is missing: nobody says it, nobody verified it, or that is too long
/// ago. Empty: the record is whole.
pub fn gaps(contract: Option<&Contract>, today: Day) -> Vec<&'static str> {
    let standing = contract.and_then(|it| it.standing.as_ref());
    let text = |pick: fn(&Standing) -> Option<&Cell<String>>| {
        let cell = standing.and_then(pick).filter(|it| !it.has_expired(today));
        cell.and_then(Cell::verified).is_some_and(|it| !it.trim().is_empty())
    };
    let source = text(|it| it.repository.as_ref()) || text(|it| it.package.as_ref());
    let credentials = standing.and_then(|it| it.credentials.as_ref());
    let credentials = credentials.filter(|it| !it.has_expired(today)).and_then(Cell::verified);
    let there = [
        ("repository or package", source),
        ("owner", text(|it| it.owner.as_ref())),
        ("on_call", text(|it| it.on_call.as_ref())),
        // Where there are none, that is said by an empty list.
        ("credentials", credentials.is_some()),
        ("review_by", standing.is_some_and(|it| it.review_by.is_some())),
    ];
    there.into_iter().filter(|(_, there)| !there).map(|(name, _)| name).collect()
}

/// The days on which something of it is not good any more.
pub(super) fn days(contract: Option<&Contract>) -> Vec<Day> {
    let Some(it) = contract.and_then(|it| it.standing.as_ref()) else { return Vec::new() };
    let texts = [&it.repository, &it.package, &it.owner, &it.on_call];
    let texts = texts.into_iter().flatten().filter_map(Cell::expires);
    texts.chain(it.credentials.as_ref().and_then(Cell::expires)).collect()
}
