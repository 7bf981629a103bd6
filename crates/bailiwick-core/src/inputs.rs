//! Decision inputs: what policy could read of a call, sealed beside its record, so that a decision
//! can be explained and made again later. What is not here was not read.

use crate::action::Action;
use crate::call::{Call, Effect};
use crate::cbor::{CborError, Reader, Writer};
use crate::identity::{Link, Principal, Purpose};
use crate::payload::Payload;
use crate::record::RecordError;
use crate::resource::{NamedResource, Resource};
use crate::value::{Number, Value};

/// The version that this build writes.
const VERSION: u64 = 1;
const ITEMS: usize = 13;
/// The version with what was asked behind the inputs.
const WITH_PAYLOAD: u64 = 2;
/// How deep arguments may nest when they are read back.
const DEPTH_MAX: u32 = 128;

/// What policy could read of a call, besides the time and findings that its record holds.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Inputs {
    /// Who asked; task and session too.
    pub principal: Principal,
    /// What was asked.
    pub action: Action,
    /// What it touched.
    pub resource: Resource,
    /// What it does to the world, as the contract said then.
    pub effect: Effect,
    /// Whether the target was known to exist.
    pub exists: bool,
    /// The things that its arguments named.
    pub named: Vec<NamedResource>,
    /// The arguments.
    pub arguments: Value,
}

impl Inputs {
    /// Append the inputs of a call, and what was asked where that is kept:
    /// `[1, tenant, chain, task, session, action, resource type, server, name, effect, exists,
    /// named, arguments]`, or
    /// `[2, ..., arguments, payload]`.
    pub(crate) fn write(call: &Call, payload: Option<&Payload>, out: &mut Vec<u8>) {
        let principal = call.who().principal();
        let mut w = Writer(out);
        w.array(ITEMS + usize::from(payload.is_some()));
        w.uint(if payload.is_some() { WITH_PAYLOAD } else { VERSION });
        w.text(principal.tenant.as_str());
        w.array(principal.chain.len());
        for link in &principal.chain {
            let (kind, name) = match link {
                Link::Person(it) => ("Person", it.as_str()),
                Link::Agent(it) => ("Agent", it.as_str()),
                Link::System(it) => ("System", it.as_str()),
                Link::Server(it) => ("Server", it.as_str()),
            };
            w.array(2);
            w.text(kind);
            w.text(name);
        }
        optional(&mut w, principal.task.as_ref().map(|it| it.as_str()));
        optional(&mut w, principal.session.as_ref().map(|it| it.as_str()));
        w.text(call.action().as_str());
        w.text(call.resource().kind());
        w.text(call.resource().server().as_str());
        w.text(call.resource().name());
        w.text(call.effect().as_str());
        w.bool(call.exists());
        w.array(call.named().len());
        for it in call.named() {
            w.array(3);
            w.text(&it.argument);
            w.text(&it.kind);
            w.text(&it.id);
        }
        value(&mut w, call.arguments());
        if let Some(payload) = payload {
            payload.write(&mut w);
        }
    }

    /// Read the inputs back.
    ///
    /// # Errors
    /// [`RecordError`] when the bytes are anything else.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        Ok(Self::read(bytes)?.0)
    }

    /// What was asked, behind the inputs; `None` when it was not kept.
    ///
    /// # Errors
    /// [`RecordError`] when the bytes are anything else.
    pub fn asked(bytes: &[u8]) -> Result<Option<Payload>, RecordError> {
        Ok(Self::read(bytes)?.1)
    }

    fn read(bytes: &[u8]) -> Result<(Self, Option<Payload>), RecordError> {
        let mut r = Reader::new(bytes);
        let items = r.array()?;
        let version = r.uint()?;
        let has_payload = match version {
            VERSION => false,
            WITH_PAYLOAD => true,
            other => return Err(RecordError::Version(other)),
        };
        if items != ITEMS + usize::from(has_payload) {
            return Err(CborError::Kind.into());
        }
        let tenant = r.text()?.into();
        let links = r.array()?;
        let chain = (0..links).map(|_| read_link(&mut r)).collect::<Result<_, _>>()?;
        let task = read_optional(&mut r)?.map(Into::into);
        let session = read_optional(&mut r)?.map(Into::into);
        let action = Action::parse(r.text()?).ok_or(RecordError::Word)?;
        let resource = read_resource(&mut r)?;
        let effect = Effect::parse(r.text()?).ok_or(RecordError::Word)?;
        let exists = r.bool()?;
        let count = r.array()?;
        let named = (0..count).map(|_| read_named(&mut r)).collect::<Result<_, _>>()?;
        let arguments = read_value(&mut r, DEPTH_MAX)?;
        let payload = if has_payload { Some(Payload::read(&mut r)?) } else { None };
        r.end()?;
        let principal = Principal { chain, tenant, credential: None, task, session };
        let inputs = Self { principal, action, resource, effect, exists, named, arguments };
        Ok((inputs, payload))
    }
}

fn optional(w: &mut Writer<'_>, text: Option<&str>) {
    match text {
        Some(text) => w.text(text),
        None => w.null(),
    }
}

fn read_optional<'a>(r: &mut Reader<'a>) -> Result<Option<&'a str>, CborError> {
    if r.null() { Ok(None) } else { r.text().map(Some) }
}

fn items(r: &mut Reader<'_>, due: usize) -> Result<(), CborError> {
    if r.array()? == due { Ok(()) } else { Err(CborError::Kind) }
}

fn read_link(r: &mut Reader<'_>) -> Result<Link, RecordError> {
    items(r, 2)?;
    let (kind, name) = (r.text()?, r.text()?);
    match kind {
        "Person" => Ok(Link::Person(name.into())),
        "Agent" => Ok(Link::Agent(name.into())),
        "System" => Purpose::parse(name).map(Link::System).ok_or(RecordError::Word),
        "Server" => Ok(Link::Server(name.into())),
        _ => Err(RecordError::Word),
    }
}

fn read_resource(r: &mut Reader<'_>) -> Result<Resource, RecordError> {
    let (kind, server, name) = (r.text()?, r.text()?.into(), r.text()?.into());
    Ok(match kind {
        "Server" => Resource::Server(server),
        "Tool" => Resource::Tool { server, name },
        "Prompt" => Resource::Prompt { server, name },
        "Document" => Resource::Document { server, uri: name },
        "Template" => Resource::Template { server, uri: name },
        "Model" => Resource::Model { server, name },
        "State" => Resource::State { server, name },
        "Client" => Resource::Client { server },
        "Method" => Resource::Method { server, name },
        _ => return Err(RecordError::Word),
    })
}

fn read_named(r: &mut Reader<'_>) -> Result<NamedResource, RecordError> {
    items(r, 3)?;
    Ok(NamedResource { argument: r.text()?.into(), kind: r.text()?.into(), id: r.text()?.into() })
}

/// A value: null, true, false and text as themselves; a number as `[lexeme]`, so that its spelling
/// is kept; a list as `[false, [items]]`; an object as `[true, [name, value, name, value, ...]]`.
fn value(w: &mut Writer<'_>, it: &Value) {
    match it {
        Value::Null => w.null(),
        Value::Bool(flag) => w.bool(*flag),
        Value::Number(number) => {
            w.array(1);
            w.text(number.lexeme());
        }
        Value::Text(text) => w.text(text),
        Value::List(items) => {
            w.array(2);
            w.bool(false);
            w.array(items.len());
            items.iter().for_each(|item| value(w, item));
        }
        Value::Record(members) => {
            w.array(2);
            w.bool(true);
            w.array(members.len() * 2);
            for (name, member) in members {
                w.text(name);
                value(w, member);
            }
        }
    }
}

fn read_value(r: &mut Reader<'_>, depth: u32) -> Result<Value, RecordError> {
    let depth = depth.checked_sub(1).ok_or(RecordError::Word)?;
    if r.null() {
        return Ok(Value::Null);
    }
    if let Ok(flag) = r.clone().bool() {
        r.bool()?;
        return Ok(Value::Bool(flag));
    }
    if let Ok(text) = r.clone().text() {
        r.text()?;
        return Ok(Value::Text(text.into()));
    }
    if r.array()? == 1 {
        return Ok(Value::Number(Number::from_lexeme(r.text()?)));
    }
    let is_record = r.bool()?;
    let count = r.array()?;
    if !is_record {
        let items = (0..count).map(|_| read_value(r, depth));
        return items.collect::<Result<_, _>>().map(Value::List);
    }
    let members = (0..count / 2).map(|_| Ok((r.text()?.into(), read_value(r, depth)?)));
    members.collect::<Result<_, _>>().map(Value::Record)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::call::Interpreted;
    use crate::identity::{Authenticator, Evidence, Unproved, identify};
    use crate::names::{ExchangeId, Timestamp};

    struct Ada;
    impl Authenticator for Ada {
        fn name(&self) -> &'static str {
            "ada"
        }

        fn authenticate(
            &self,
            _: &Evidence<'_>,
            _: Timestamp,
        ) -> Option<Result<Principal, Unproved>> {
            Some(Ok(Principal {
                chain: vec![
                    Link::Person("ada".into()),
                    Link::Agent("bot".into()),
                    Link::System(Purpose::Catalogue),
                    Link::Server("helpdesk".into()),
                ],
                tenant: "acme".into(),
                credential: None,
                task: None,
                session: Some("s-1".into()),
            }))
        }
    }

    /// A call of a tool by Ada, with this ask.
    pub(crate) fn call(arguments: Value, ask: &'static [u8]) -> Call {
        let who = identify(&[&Ada], &Evidence::Bearer(""), Timestamp::default()).unwrap();
        let what = Interpreted {
            action: Action::InvokeTool,
            resource: Resource::Tool { server: "helpdesk".into(), name: "refund".into() },
            arguments,
            ask: bytes::Bytes::from_static(ask),
            effect: Effect::IrreversibleWrite,
            named: vec![NamedResource {
                argument: "order".into(),
                kind: "Order".into(),
                id: "4821".into(),
            }],
            exists: true,
            pin: None,
            trace: None,
            model: None,
        };
        let id = ExchangeId::from_bytes([1; 16]);
        Call::new(id, Timestamp::default(), who, what)
    }

    #[test]
    fn inputs_read_back_and_nothing_shorter_does() {
        let number = Value::Number(Number::from_lexeme("5e1"));
        let list = Value::List(vec![Value::Null, Value::Bool(true), number]);
        let arguments =
            Value::Record(vec![("a".into(), list), ("b".into(), Value::Text("x".into()))]);
        let call = call(arguments.clone(), b"the ask");
        let mut bytes = Vec::new();
        Inputs::write(&call, None, &mut bytes);
        let inputs = Inputs::decode(&bytes).unwrap();
        assert_eq!(inputs.principal, *call.who().principal());
        assert_eq!(inputs.arguments, arguments);
        assert_eq!(inputs.named, call.named());
        assert_eq!(inputs.resource, *call.resource());
        for end in 0..bytes.len() {
            assert!(Inputs::decode(&bytes[..end]).is_err(), "{end}");
        }
        assert_eq!(Inputs::asked(&bytes), Ok(None));
        // Behind them stands what was asked, where it is kept.
        let asked = Payload::of(call.ask(), 3);
        let mut bytes = Vec::new();
        Inputs::write(&call, Some(&asked), &mut bytes);
        assert_eq!(Inputs::decode(&bytes), Ok(inputs));
        assert_eq!(Inputs::asked(&bytes), Ok(Some(asked)));
        for end in 0..bytes.len() {
            assert!(Inputs::decode(&bytes[..end]).is_err(), "{end}");
        }
    }
}
