//! The books as canonical CBOR and back. What is reserved stands in the open reservations only, so
//! that no two parts of a snapshot can say different things of it.

use bailiwick_core::cbor::{CborError, Reader, Writer};
use bailiwick_core::{AgentId, ExchangeId, KeyId, TenantId, Token};

use super::account::Account;
use super::books::{Books, Reservation};
use crate::money::MicroDollars;
use crate::scope::Scope;
use bailiwick_core::Day;

/// Why some bytes are no snapshot of a purse.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SnapshotError {
    /// They are not deterministic CBOR of the right form.
    #[error("the bytes are not a purse: {0}")]
    Cbor(#[from] CborError),
    /// They were written by another build.
    #[error("the purse has version {0}, which this build does not know")]
    Version(u64),
    /// What they say cannot be, or is not said in the one way.
    #[error("the parts of the purse do not agree")]
    Disagrees,
}

/// 2: what is spent with a key is on the account of the first key of its line.
const VERSION: u64 = 2;

impl Books {
    pub(super) fn encoded(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut w = Writer(&mut bytes);
        w.array(4);
        w.uint(VERSION);
        w.uint(self.swept.number().into());
        let mut accounts: Vec<_> = self.accounts.iter().collect();
        accounts.sort_unstable_by_key(|&(scope, _)| scope);
        w.array(accounts.len());
        for (scope, account) in accounts {
            w.array(5);
            write_scope(&mut w, scope);
            w.uint(account.day.number().into());
            for sum in [account.of_day, account.of_month, account.total] {
                w.uint(sum.spent.micro());
            }
        }
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_unstable_by_key(|&(exchange, _)| exchange);
        w.array(open.len());
        for (exchange, reservation) in open {
            write_reservation(&mut w, exchange, reservation);
        }
        bytes
    }

    pub(super) fn decoded(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let mut r = Reader::new(bytes);
        expect(&mut r, 4)?;
        let version = r.uint()?;
        if version != VERSION {
            return Err(SnapshotError::Version(version));
        }
        let mut books = Self { swept: read_day(&mut r)?, ..Self::default() };
        let mut before = None;
        for _ in 0..r.array()? {
            let (scope, account) = read_account(&mut r)?;
            ascending(&mut before, &scope)?;
            books.accounts.insert(scope, account);
        }
        let mut before = None;
        for _ in 0..r.array()? {
            let (exchange, reservation) = read_reservation(&mut r)?;
            ascending(&mut before, &exchange)?;
            books.hold_again(&reservation)?;
            books.open.insert(exchange, reservation);
        }
        r.end()?;
        // An account on which nothing is would have been dropped.
        if books.accounts.values().any(Account::is_empty) {
            return Err(SnapshotError::Disagrees);
        }
        Ok(books)
    }

    fn hold_again(&mut self, reservation: &Reservation) -> Result<(), SnapshotError> {
        for (scope, made) in &reservation.held {
            let account = self.accounts.get_mut(scope).filter(|it| *made <= it.day);
            account.ok_or(SnapshotError::Disagrees)?.hold(*made, reservation.amount);
        }
        Ok(())
    }
}

fn write_reservation(w: &mut Writer<'_>, exchange: &ExchangeId, reservation: &Reservation) {
    w.array(4);
    w.bytes(exchange.as_bytes());
    w.uint(reservation.made.number().into());
    w.uint(reservation.amount.micro());
    w.array(reservation.held.len());
    for (scope, day) in &reservation.held {
        w.array(2);
        write_scope(w, scope);
        w.uint(day.number().into());
    }
}

fn read_reservation(r: &mut Reader<'_>) -> Result<(ExchangeId, Reservation), SnapshotError> {
    expect(r, 4)?;
    let exchange = ExchangeId::from_bytes(r.array_of()?);
    let (made, amount) = (read_day(r)?, read_money(r)?);
    let mut held = Vec::new();
    let mut before = None;
    for _ in 0..r.array()? {
        expect(r, 2)?;
        let (scope, day) = (read_scope(r)?, read_day(r)?);
        ascending(&mut before, &scope)?;
        held.push((scope, day));
    }
    Ok((exchange, Reservation { made, amount, held: held.into() }))
}

fn read_account(r: &mut Reader<'_>) -> Result<(Scope, Account), SnapshotError> {
    expect(r, 5)?;
    let (scope, day) = (read_scope(r)?, read_day(r)?);
    let [of_day, of_month, total] = [read_money(r)?, read_money(r)?, read_money(r)?];
    if of_day > of_month || of_month > total {
        return Err(SnapshotError::Disagrees);
    }
    Ok((scope, Account::of(day, [of_day, of_month, total])))
}

fn write_scope(w: &mut Writer<'_>, scope: &Scope) {
    match scope {
        Scope::Tenant(tenant) => {
            w.array(2);
            w.uint(0);
            w.text(tenant.as_str());
        }
        Scope::Person(tenant, token) => {
            w.array(3);
            w.uint(1);
            w.text(tenant.as_str());
            w.bytes(token.as_bytes());
        }
        Scope::Agent(tenant, agent) => {
            w.array(3);
            w.uint(2);
            w.text(tenant.as_str());
            w.text(agent.as_str());
        }
        Scope::Key(key) => {
            w.array(2);
            w.uint(3);
            w.text(key.as_str());
        }
        Scope::Task(tenant, token) => {
            w.array(3);
            w.uint(4);
            w.text(tenant.as_str());
            w.bytes(token.as_bytes());
        }
    }
}

fn read_scope(r: &mut Reader<'_>) -> Result<Scope, SnapshotError> {
    let (items, kind) = (r.array()?, r.uint()?);
    let name = r.text()?;
    match (kind, items) {
        (0, 2) => Ok(Scope::Tenant(name.into())),
        (1, 3) => Ok(Scope::Person(name.into(), Token::from_bytes(r.array_of()?))),
        (2, 3) => Ok(Scope::Agent(TenantId::from(name), AgentId::from(r.text()?))),
        (3, 2) => Ok(Scope::Key(KeyId::from(name))),
        (4, 3) => Ok(Scope::Task(name.into(), Token::from_bytes(r.array_of()?))),
        _ => Err(SnapshotError::Cbor(CborError::Kind)),
    }
}

fn read_day(r: &mut Reader<'_>) -> Result<Day, SnapshotError> {
    let number = u32::try_from(r.uint()?).map_err(|_| SnapshotError::Disagrees)?;
    Ok(Day::from_number(number))
}

fn read_money(r: &mut Reader<'_>) -> Result<MicroDollars, SnapshotError> {
    Ok(MicroDollars::from_micro(r.uint()?))
}

fn expect(r: &mut Reader<'_>, items: usize) -> Result<(), SnapshotError> {
    if r.array()? == items { Ok(()) } else { Err(SnapshotError::Cbor(CborError::Kind)) }
}

/// The one order in which things stand, and each once.
fn ascending<T: Clone + Ord>(before: &mut Option<T>, it: &T) -> Result<(), SnapshotError> {
    if before.as_ref().is_some_and(|before| before >= it) {
        return Err(SnapshotError::Disagrees);
    }
    *before = Some(it.clone());
    Ok(())
}
