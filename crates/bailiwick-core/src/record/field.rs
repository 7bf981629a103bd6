//! The parts that fields are made of: what may be absent, lists, findings.

use super::error::RecordError;
use crate::cbor::{CborError, Reader, Writer};
use crate::class::{Class, Classed};
use crate::finding::{Finding, Severity};
use crate::names::{Digest, ExchangeId, Token};

pub(super) fn list<T>(
    r: &mut Reader<'_>,
    mut item: impl FnMut(&mut Reader<'_>) -> Result<T, RecordError>,
) -> Result<Vec<T>, RecordError> {
    let len = r.array()?;
    (0..len).map(|_| item(r)).collect()
}

pub(super) fn pair(r: &mut Reader<'_>) -> Result<(), RecordError> {
    if r.array()? == 2 { Ok(()) } else { Err(CborError::Kind.into()) }
}

pub(super) fn maybe_text(w: &mut Writer<'_>, text: Option<&str>) {
    match text {
        Some(text) => w.text(text),
        None => w.null(),
    }
}

pub(super) fn maybe_token(w: &mut Writer<'_>, token: Option<Token>) {
    match token {
        Some(token) => w.bytes(token.as_bytes()),
        None => w.null(),
    }
}

pub(super) fn maybe_digest(w: &mut Writer<'_>, digest: Option<Digest>) {
    match digest {
        Some(digest) => w.bytes(digest.as_bytes()),
        None => w.null(),
    }
}

pub(super) fn maybe_uint(w: &mut Writer<'_>, number: Option<u64>) {
    match number {
        Some(number) => w.uint(number),
        None => w.null(),
    }
}

pub(super) fn maybe_id(w: &mut Writer<'_>, id: Option<ExchangeId>) {
    match id {
        Some(id) => w.bytes(id.as_bytes()),
        None => w.null(),
    }
}

pub(super) fn read_maybe_text<'a>(r: &mut Reader<'a>) -> Result<Option<&'a str>, CborError> {
    if r.null() { Ok(None) } else { r.text().map(Some) }
}

pub(super) fn read_maybe_token(r: &mut Reader<'_>) -> Result<Option<Token>, CborError> {
    if r.null() { Ok(None) } else { Ok(Some(Token::from_bytes(r.array_of()?))) }
}

pub(super) fn read_maybe_digest(r: &mut Reader<'_>) -> Result<Option<Digest>, CborError> {
    if r.null() { Ok(None) } else { Ok(Some(Digest::from_bytes(r.array_of()?))) }
}

pub(super) fn read_maybe_uint(r: &mut Reader<'_>) -> Result<Option<u64>, CborError> {
    if r.null() { Ok(None) } else { r.uint().map(Some) }
}

pub(super) fn read_maybe_id(r: &mut Reader<'_>) -> Result<Option<ExchangeId>, CborError> {
    if r.null() { Ok(None) } else { Ok(Some(ExchangeId::from_bytes(r.array_of()?))) }
}

pub(super) fn digests(r: &mut Reader<'_>) -> Result<Vec<Digest>, RecordError> {
    list(r, |r| Ok(Digest::from_bytes(r.array_of()?)))
}

pub(super) fn named(w: &mut Writer<'_>, named: &[(Box<str>, Token)]) {
    w.array(named.len());
    for (kind, token) in named {
        w.array(2);
        w.text(kind);
        w.bytes(token.as_bytes());
    }
}

pub(super) fn read_named(r: &mut Reader<'_>) -> Result<(Box<str>, Token), RecordError> {
    pair(r)?;
    Ok((r.text()?.into(), Token::from_bytes(r.array_of()?)))
}

pub(super) fn findings(w: &mut Writer<'_>, findings: &[Finding]) {
    w.array(findings.len());
    for finding in findings {
        w.array(4);
        w.text(&finding.kind);
        w.text(finding.severity.as_str());
        w.uint(finding.offset);
        w.uint(u64::from(finding.length));
    }
}

pub(super) fn read_finding(r: &mut Reader<'_>) -> Result<Finding, RecordError> {
    if r.array()? != 4 {
        return Err(CborError::Kind.into());
    }
    Ok(Finding {
        kind: r.text()?.to_owned().into(),
        severity: Severity::parse(r.text()?).ok_or(RecordError::Word)?,
        offset: r.uint()?,
        length: u32::try_from(r.uint()?).map_err(|_| RecordError::Word)?,
    })
}

pub(super) fn classes(w: &mut Writer<'_>, all: &[Classed]) {
    w.array(all.len());
    for it in all {
        w.array(2);
        w.uint(it.thing);
        w.array(it.classes.len());
        for class in &it.classes {
            w.array(2);
            w.text(&class.attribute);
            maybe_text(w, class.value.as_deref());
        }
    }
}

pub(super) fn read_classed(r: &mut Reader<'_>) -> Result<Classed, RecordError> {
    pair(r)?;
    let thing = r.uint()?;
    let class = |r: &mut Reader<'_>| {
        pair(r)?;
        let attribute = r.text()?.into();
        Ok(Class { attribute, value: read_maybe_text(r)?.map(Into::into) })
    };
    Ok(Classed { thing, classes: list(r, class)? })
}
