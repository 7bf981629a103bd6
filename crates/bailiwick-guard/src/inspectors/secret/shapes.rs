//! The shapes of credentials: facts that their issuers made public, one line each.
//!
//! A new one is a line in the file of its trade, and a hit and a miss in `corpus/secret`. It says
//! the kind, the anchors by which it is noticed, and the parts that follow with their lengths:
//!
//! - [`behind`]: a prefix and what follows it, `gsk_` and 52 letters and digits;
//! - [`labelled`]: a value without a mark of its own, behind the name of its variable;
//! - [`around`]: an anchor with something before it, too;
//! - [`address`]: the password in `scheme://user:password@host`.
//!
//! Lengths are of the whole part: a run that is one byte too long is no secret. Where an issuer
//! does not promise a length the range is wide, or without an end (`alnum_from`): then nothing that
//! is glued to a secret hides it.

mod ci;
mod clouds;
mod code;
mod data;
mod keys;
mod messages;
mod models;
mod payments;
mod watching;

use super::address::is_password;
use super::check::{any, varied};
use super::shape::{Before, Body, Check, Shape, Step};
use crate::inspectors::word::{self, Alphabet};

/// Every table, by trade.
pub(super) static TABLES: [(&str, &[Shape]); 9] = [
    ("Model providers and what agents use", models::SHAPES),
    ("Clouds and hosting", clouds::SHAPES),
    ("Code hosts and package registries", code::SHAPES),
    ("Builds, delivery and identity", ci::SHAPES),
    ("Data, documents and work", data::SHAPES),
    ("Chat, mail and telephony", messages::SHAPES),
    ("Payments and shops", payments::SHAPES),
    ("Monitoring and analytics", watching::SHAPES),
    ("Private keys, tokens and passwords of no one service", keys::SHAPES),
];

/// Every shape.
pub(super) fn all() -> impl Iterator<Item = &'static Shape> {
    TABLES.iter().flat_map(|(_, shapes)| shapes.iter())
}

type Anchors = &'static [&'static str];
type Steps = &'static [Step];

/// A prefix that begins a word, and what follows it.
const fn behind(kind: &'static str, anchors: Anchors, steps: Steps) -> Shape {
    Shape { kind, anchors, body: Body::Behind(steps), check: varied }
}

/// A value behind the name of its variable.
const fn labelled(kind: &'static str, anchors: Anchors, steps: Steps) -> Shape {
    Shape { kind, anchors, body: Body::Labelled(steps), check: varied }
}

/// An anchor in the middle.
const fn around(kind: &'static str, anchors: Anchors, it: Before, steps: Steps) -> Shape {
    Shape { kind, anchors, body: Body::Around(it, steps), check: varied }
}

/// An address with a password in it.
const fn address(kind: &'static str, anchors: Anchors) -> Shape {
    Shape { kind, anchors, body: Body::Address, check: is_password }
}

/// A form of its own.
const fn special(kind: &'static str, anchors: Anchors, body: Body) -> Shape {
    Shape { kind, anchors, body, check: any }
}

impl Shape {
    /// The same shape, where the secret must also be like this.
    const fn checked(mut self, check: Check) -> Self {
        self.check = check;
        self
    }
}

const fn alnum(min: usize, max: usize) -> Step {
    Step::Run(word::alphanumeric, min, max)
}

const fn url(min: usize, max: usize) -> Step {
    Step::Run(word::url_safe, min, max)
}

/// So many letters and digits, or more.
const fn alnum_from(min: usize) -> Step {
    Step::Long(word::alphanumeric, min)
}

/// So many bytes of base64url, or more.
const fn url_from(min: usize) -> Step {
    Step::Long(word::url_safe, min)
}

/// So many bytes of base64url and dots, or more.
const fn dotted_from(min: usize) -> Step {
    Step::Long(word::dotted, min)
}

const fn dotted(min: usize, max: usize) -> Step {
    Step::Run(word::dotted, min, max)
}

const fn base64(min: usize, max: usize) -> Step {
    Step::Run(word::base64, min, max)
}

const fn padded(min: usize, max: usize) -> Step {
    Step::Run(word::padded, min, max)
}

const fn base32(min: usize, max: usize) -> Step {
    Step::Run(word::base32, min, max)
}

const fn hex(min: usize, max: usize) -> Step {
    Step::Run(word::hex, min, max)
}

const fn upper(min: usize, max: usize) -> Step {
    Step::Run(word::upper, min, max)
}

const fn lower(min: usize, max: usize) -> Step {
    Step::Run(word::lower, min, max)
}

const fn digits(min: usize, max: usize) -> Step {
    Step::Run(word::digit, min, max)
}

/// Base64 with the escapes of an address, where a `+` is `%2B`.
const fn escaped(min: usize, max: usize) -> Step {
    Step::Run(|byte| word::url_safe(byte) || byte == b'%', min, max)
}

/// A value of a connection string.
const fn word_of(min: usize, max: usize) -> Step {
    Step::Run(|byte| byte.is_ascii_graphic() && !b"\"'`<>;\\".contains(&byte), min, max)
}

const fn text(text: &'static str) -> Step {
    Step::Text(text)
}

/// So many bytes before an anchor.
const fn before(alphabet: Alphabet, min: usize, max: usize) -> Before {
    Before { prefix: "", alphabet, min, max }
}

const DASH: Step = text("-");
const DOT: Step = text(".");
const LINE: Step = text("_");

/// A UUID, as many services give out for a key.
const UUID: Steps =
    &[hex(8, 8), DASH, hex(4, 4), DASH, hex(4, 4), DASH, hex(4, 4), DASH, hex(12, 12)];
