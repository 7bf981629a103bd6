//! What is kept of an answer, and what becomes of one that cannot be kept.

use std::sync::Mutex;

use super::*;
use crate::finding::Inspector;
use crate::inputs::tests::call;
use crate::ledger::Position;
use crate::names::Token;
use crate::value::Value;

/// A ledger that has no room for what is sealed, where it is told so.
#[derive(Default)]
struct Book {
    refuses: Option<Unrecorded>,
    written: Mutex<Vec<(OutcomeRecord, Vec<u8>)>>,
}

impl Ledger for Book {
    fn append(
        &self,
        _: Timestamp,
        record: &Record,
        sealed: &Sealed,
    ) -> Result<Position, Unrecorded> {
        if let (Some(why), false) = (self.refuses, sealed.ciphertext.is_empty()) {
            return Err(why);
        }
        let mut written = self.written.lock().unwrap();
        if let Record::Outcome(it) = record {
            written.push((it.clone(), sealed.ciphertext.clone()));
        }
        Ok(Position::at(written.len() as u64))
    }

    fn durable_end(&self) -> u64 {
        0
    }

    fn token(&self, _: &TenantId, _: &str, _: &str) -> Result<Token, Unrecorded> {
        Ok(Token::from_bytes([0; 16]))
    }

    fn keyed_digest(&self, _: &TenantId, content: &Digest) -> Result<Digest, Unrecorded> {
        Ok(*content)
    }

    fn seal(&self, _: &TenantId, subject: &str, clear: &[u8]) -> Result<Sealed, Unrecorded> {
        assert_eq!(subject, "ada");
        Ok(Sealed { ciphertext: clear.to_vec(), commitment: Some(Digest::of(clear)) })
    }
}

/// Withholds what says `no`.
struct No;

impl Inspector for No {
    fn name(&self) -> &'static str {
        "no"
    }

    fn purpose(&self) -> &'static str {
        "A word that must not pass."
    }

    fn scan(&self, seen: &Seen<'_>, findings: &mut Findings) {
        if seen.bytes == b"no" {
            let severity = crate::finding::Severity::Withhold;
            findings.push(crate::finding::Finding {
                kind: "no".into(),
                severity,
                offset: 0,
                length: 2,
            });
        }
    }
}

fn inspectors() -> Inspectors<'static> {
    Inspectors::of(&No, &[])
}

/// A call that went out, of whose answer so much is kept.
fn owed(book: &Book, keeps: Option<usize>) -> Result<Pending, Unrecorded> {
    let call = call(Value::Null, b"the ask");
    let call = if let Some(max) = keeps { call.keeping(max) } else { call };
    let id = call.id();
    let appended =
        Appended::write(book, Timestamp::default(), id, &Record::Stopped, &Sealed::default())?;
    Ok(Pending::new(call, (appended, Timestamp::default()), Duties::default()))
}

/// The outcome's record, what was sealed beside it, and what left, of an answer in these pieces of
/// which at most so much is kept.
fn answered(
    book: &Book,
    keeps: Option<usize>,
    pieces: &[&'static str],
) -> Result<(OutcomeRecord, Option<Payload>, Bytes), Unrecorded> {
    let mut owed = owed(book, keeps)?;
    let (last, before) = pieces.split_last().unwrap();
    for piece in before {
        let _ = owed.interim(inspectors(), Bytes::from_static(piece.as_bytes()));
    }
    let last = Bytes::from_static(last.as_bytes());
    let inspected = owed.last(inspectors(), last, Disposition::Answered);
    let released = inspected.record(book, Timestamp::default())?;
    let (record, sealed) = book.written.lock().unwrap().pop().unwrap();
    assert_eq!(released.disposition().unwrap().as_str(), &*record.disposition);
    let payload = (!sealed.is_empty()).then(|| Payload::of_answer(&sealed).unwrap());
    Ok((record, payload, released.into_bytes()))
}

#[test]
fn what_left_is_kept_and_nothing_else() {
    let book = Book::default();
    for (keeps, pieces, kept, total) in [
        (None, &["a", "b"][..], None, 0),
        (Some(9), &["ab", "c"], Some(&b"abc"[..]), 3),
        (Some(2), &["a", "bc"], Some(b"ab"), 3),
        (Some(9), &[""], None, 0),
        // What was withheld did not leave.
        (Some(9), &["a", "no"], Some(b"a"), 1),
        (Some(9), &["no"], None, 0),
    ] {
        let (record, payload, _) = answered(&book, keeps, pieces).unwrap();
        assert_eq!(record.sealed.is_some(), kept.is_some(), "{pieces:?}");
        assert_eq!(payload.as_ref().map(Payload::bytes), kept, "{pieces:?}");
        assert_eq!(payload.map_or(0, |it| it.total()), total, "{pieces:?}");
    }
}

#[test]
fn an_answer_that_cannot_be_kept_is_withheld_on_record() {
    for why in [Unrecorded::Full, Unrecorded::TooLarge, Unrecorded::NoKey] {
        let book = Book { refuses: Some(why), ..Book::default() };
        let (record, payload, out) = answered(&book, Some(9), &["a", "b"]).unwrap();
        assert_eq!((&*record.disposition, out.len()), ("withheld", 0), "{why}");
        assert!(payload.is_none() && record.sealed.is_none(), "{why}");
        let (record, _, out) = answered(&book, None, &["a", "b"]).unwrap();
        assert_eq!((&*record.disposition, &out[..]), ("answered", &b"b"[..]), "{why}");
    }
    // What was stopped on its way stays what it was, whether or not what left of it can be kept.
    let book = Book { refuses: Some(Unrecorded::Full), ..Book::default() };
    let mut owed = owed(&book, Some(9)).unwrap();
    let _ = owed.interim(inspectors(), Bytes::from_static(b"a"));
    let inspected = owed.failed(Disposition::Killed);
    inspected.record(&book, Timestamp::default()).unwrap();
    let (record, _) = book.written.lock().unwrap().pop().unwrap();
    assert_eq!((&*record.disposition, record.sealed.is_some()), ("killed", false));
    let stopped = Book { refuses: Some(Unrecorded::Stopped), ..Book::default() };
    assert_eq!(answered(&stopped, Some(9), &["a"]).unwrap_err(), Unrecorded::Stopped);
}
