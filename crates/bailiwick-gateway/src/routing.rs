//! The headers that repeat a part of the body: checked against it, and only then passed on.

use bailiwick_wire::json::Node;
use bailiwick_wire::mcp::modern::{self, Marked, agrees};
use bailiwick_wire::rpc::Message;
use hyper::header::{HeaderMap, HeaderName, HeaderValue};

use crate::upstream::Head;

const VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");
const PARAM: &str = "mcp-param-";
/// The longest value that is passed on.
const VALUE_BYTES_MAX: usize = 8 << 10;

/// Which header does not agree with the body, in words that may be told.
pub(crate) type Mismatch = &'static str;

/// Those headers of one request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Routing {
    version: Option<HeaderValue>,
    method: Option<HeaderValue>,
    name: Option<HeaderValue>,
    params: Vec<(HeaderName, HeaderValue)>,
    is_doubled: bool,
    /// Written by us: its client has no headers, so there is nothing to compare.
    is_ours: bool,
}

impl Routing {
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let one = |name: &HeaderName| headers.get(name).cloned();
        let params = headers.iter().filter(|(name, _)| name.as_str().starts_with(PARAM));
        let params: Vec<_> = params.map(|(name, it)| (name.clone(), it.clone())).collect();
        let twice = |name: &HeaderName| headers.get_all(name).iter().nth(1).is_some();
        let is_doubled =
            [VERSION, METHOD, NAME].iter().chain(params.iter().map(|it| &it.0)).any(twice);
        let (version, method, name) = (one(&VERSION), one(&METHOD), one(&NAME));
        Self { version, method, name, params, is_doubled, is_ours: false }
    }

    /// What a POST would have repeated of this message, for a client that does not POST.
    pub(crate) fn written(message: &Message<'_, '_>, marked: &[Marked]) -> Self {
        let value = |it: Node<'_>| HeaderValue::from_str(&modern::repeated(it)?).ok();
        let arguments = message.params().and_then(|it| it.member("arguments"));
        let param = |marked: &Marked| {
            let name = HeaderName::try_from(format!("{PARAM}{}", marked.header)).ok()?;
            Some((name, value(argument(marked, arguments)?)?))
        };
        Self {
            method: message.method().and_then(|it| HeaderValue::from_str(it).ok()),
            name: modern::name_of(message).and_then(value),
            params: marked.iter().filter_map(param).collect(),
            is_ours: true,
            ..Self::default()
        }
    }

    /// Whether the header names a version of the modern era, or a later one.
    pub(crate) fn is_modern(&self) -> bool {
        let version = self.version.as_ref().and_then(|it| it.to_str().ok());
        version.is_some_and(modern::is_modern_version)
    }

    /// What must agree whatever is called: the version, the method and the name.
    pub(crate) fn check(&self, message: &Message<'_, '_>, version: &str) -> Result<(), Mismatch> {
        let is = |header: &Option<HeaderValue>, text: &str| {
            header.as_ref().is_some_and(|it| it.as_bytes() == text.as_bytes())
        };
        if self.is_ours {
            return Ok(());
        }
        if self.is_doubled {
            return Err("A header was sent twice");
        }
        if !is(&self.version, version) {
            return Err("MCP-Protocol-Version does not agree with the body");
        }
        if !is(&self.method, message.method().unwrap_or_default()) {
            return Err("Mcp-Method does not agree with the body");
        }
        let named = modern::name_of(message);
        let agree = match (&self.name, named) {
            (Some(header), Some(body)) => agrees(header.as_bytes(), body),
            (None, None) => true,
            (Some(_), None) | (None, Some(_)) => false,
        };
        if agree { Ok(()) } else { Err("Mcp-Name does not agree with the body") }
    }

    /// What a notification's headers may say: its method, or nothing, and no name.
    pub(crate) fn check_told(&self, message: &Message<'_, '_>) -> Result<(), Mismatch> {
        if self.is_ours {
            return Ok(());
        }
        if self.is_doubled {
            return Err("A header was sent twice");
        }
        let method = message.method().unwrap_or_default();
        if self.method.as_ref().is_some_and(|it| it.as_bytes() != method.as_bytes()) {
            return Err("Mcp-Method does not agree with the body");
        }
        if self.name.is_some() { Err("Mcp-Name names nothing") } else { Ok(()) }
    }

    /// What must agree because the tool's schema says so.
    pub(crate) fn check_params(
        &self,
        marked: &[Marked],
        arguments: Option<Node<'_>>,
    ) -> Result<(), Mismatch> {
        let all_agree = marked.iter().all(|marked| {
            let header = self.param(&marked.header);
            let body = argument(marked, arguments);
            match (header, body) {
                (Some(header), Some(body)) => agrees(header.as_bytes(), body),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            }
        });
        if all_agree || self.is_ours {
            Ok(())
        } else {
            Err("A Mcp-Param header does not agree with the body")
        }
    }

    fn param(&self, name: &str) -> Option<&HeaderValue> {
        let is_it = |it: &HeaderName| it.as_str().strip_prefix(PARAM) == Some(name);
        self.params.iter().find(|(it, _)| is_it(it)).map(|(_, value)| value)
    }

    /// Parameters that no schema names go on too, outside of the body: these are to be inspected.
    pub(crate) fn unknown<'a>(
        &'a self,
        marked: &'a [Marked],
    ) -> impl Iterator<Item = &'a HeaderValue> {
        let is_known = |name: &HeaderName| {
            self.is_ours
                || marked.iter().any(|it| name.as_str().strip_prefix(PARAM) == Some(&*it.header))
        };
        self.params.iter().filter(move |(name, _)| !is_known(name)).map(|(_, value)| value)
    }

    /// The same of a message that calls what it names otherwise.
    pub(crate) fn renamed(&self, message: &Message<'_, '_>) -> Self {
        let name = modern::name_of(message).and_then(modern::repeated);
        let name = name.and_then(|it| HeaderValue::try_from(it).ok());
        Self { name, ..self.clone() }
    }

    /// The headers as they go to many servers: what is named is not theirs all.
    pub(crate) fn shared(&self) -> Head {
        Head(self.method.clone().map(|it| (METHOD, it)).into_iter().collect())
    }

    /// The headers as they go upstream, once they were checked.
    pub(crate) fn head(&self) -> Head {
        let named = [(METHOD, &self.method), (NAME, &self.name)].into_iter();
        let named = named.filter_map(|(name, value)| Some((name, value.clone()?)));
        let params = self.params.iter().filter(|(_, it)| it.len() <= VALUE_BYTES_MAX).cloned();
        Head(named.chain(params).collect())
    }
}

/// The argument that a header is to repeat.
fn argument<'d>(marked: &Marked, arguments: Option<Node<'d>>) -> Option<Node<'d>> {
    let mut value = arguments;
    for name in &marked.path {
        value = value.and_then(|it| it.member(name));
    }
    value.filter(|it| !it.is_null())
}
