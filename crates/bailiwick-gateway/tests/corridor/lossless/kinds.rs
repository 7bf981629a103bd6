//! Every kind of message of MCP, and some of no kind that anybody knows.

use super::dice::Dice;

/// A method with the members that its parameters must have.
pub(super) type Kind = (&'static str, &'static [(&'static str, &'static str)]);

const TOKEN: (&str, &str) = ("progressToken", "\"p\\u002d1\"");

/// What a client asks: the method, its parameters, and the members that its result must have.
pub(super) const ASKED: [(Kind, &[(&str, &str)]); 16] = [
    (("ping", &[]), &[]),
    (("tools/list", &[]), &[("tools", r#"[ {"inputSchema":{"x":1.0} ,"name":"look"}]"#)]),
    (("prompts/list", &[]), &[("prompts", r#"[{"name":"greet","x":null} ]"#)]),
    (("resources/list", &[]), &[("resources", r#"[{"uri":"crm:\/\/open","name":"o"}]"#)]),
    (
        ("resources/templates/list", &[]),
        &[("resourceTemplates", r#"[{"name":"i","uriTemplate":"crm://item/{id}"}]"#)],
    ),
    (("tools/call", &[("name", "\"look\""), ("arguments", "{\"a\":1e2}")]), &[("content", "[ ]")]),
    (("tools/call", &[("name", "\"lo\\u006fk\"")]), &[("content", "[]"), ("isError", "true")]),
    (("prompts/get", &[("name", "\"greet\"")]), &[("messages", "[ ]")]),
    (("resources/read", &[("uri", "\"crm://open\"")]), &[("contents", "[ ]")]),
    (("resources/unsubscribe", &[("uri", "\"crm://open\"")]), &[]),
    (("resources/subscribe", &[("uri", "\"crm:\\/\\/open\"")]), &[]),
    (
        (
            "completion/complete",
            &[
                ("ref", r#"{ "name":"greet","type":"ref/prompt"}"#),
                ("argument", r#"{"value":"1","name":"a"}"#),
            ],
        ),
        &[("completion", r#"{"values":[ ]}"#)],
    ),
    (("logging/setLevel", &[("level", "\"info\"")]), &[]),
    (("vendor/made-up", &[]), &[]),
    (("tools/of\\u0020a \\ud83d\\ude00", &[]), &[]),
    (("", &[]), &[]),
];

/// What a client tells.
pub(super) const TOLD: [Kind; 5] = [
    ("notifications/roots/list_changed", &[]),
    ("notifications/progress", &[TOKEN, ("progress", "1.0")]),
    ("notifications/vendor/made-up", &[]),
    ("notifications/\\u0078", &[]),
    ("vendor/told", &[]),
];

/// The call that all that comes back belongs to.
pub(super) const CALL: Kind =
    ("tools/call", &[("name", "\"stream\""), ("_meta", r#"{"progressToken":"p\u002d1"}"#)]);

/// What a server tells while it works.
pub(super) const TOLD_BACK: [Kind; 5] = [
    ("notifications/progress", &[TOKEN, ("progress", "1.0"), ("total", "1e2")]),
    ("notifications/message", &[("level", "\"info\""), ("data", "[1.0 , null]")]),
    ("notifications/elicitation/complete", &[("elicitationId", "\"e\"")]),
    ("notifications/vendor/made-up", &[]),
    ("notifications/\\u0078", &[]),
];

/// What a server tells whoever follows it, whatever it works on.
pub(super) const TOLD_FOLLOWERS: Kind =
    ("notifications/resources/updated", &[("uri", "\"crm:\\/\\/open\"")]);

/// What a server asks.
pub(super) const ASKED_BACK: [Kind; 5] = [
    ("ping", &[]),
    ("roots/list", &[]),
    ("sampling/createMessage", &[("messages", "[ ]"), ("maxTokens", "1e2")]),
    ("elicitation/create", &[("message", "\"\\u003f\""), ("requestedSchema", "{}")]),
    ("vendor/made-up", &[]),
];

fn owned(members: &[(&'static str, &'static str)]) -> Vec<(&'static str, String)> {
    members.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

impl Dice {
    /// A whole message, which carries a mark that nothing else has.
    pub(super) fn message(&mut self, mark: &str, members: &[(&str, String)]) -> String {
        let own = [("jsonrpc", "\"2.0\"".to_owned()), ("mark", format!("\"{mark}\""))];
        self.object(&[&own, members].concat())
    }

    pub(super) fn request(&mut self, mark: &str, id: &str, kind: Kind) -> String {
        let (method, params) = kind;
        let params = self.object(&owned(params));
        let members =
            [("id", id.to_owned()), ("method", format!("\"{method}\"")), ("params", params)];
        self.message(mark, &members)
    }

    pub(super) fn notification(&mut self, mark: &str, kind: Kind) -> String {
        let (method, params) = kind;
        let params = self.object(&owned(params));
        self.message(mark, &[("method", format!("\"{method}\"")), ("params", params)])
    }

    pub(super) fn result(
        &mut self,
        mark: &str,
        id: &str,
        members: &[(&'static str, &'static str)],
    ) -> String {
        let result = self.object(&owned(members));
        self.message(mark, &[("id", id.to_owned()), ("result", result)])
    }

    pub(super) fn error(&mut self, mark: &str, id: &str) -> String {
        let code = ["-32000", "-32601", "-1e3", "7"][self.below(4) as usize].to_owned();
        let data = self.value(4);
        let members = [("code", code), ("message", "\"n\\u006f\"".to_owned()), ("data", data)];
        let error = self.object(&members);
        self.message(mark, &[("id", id.to_owned()), ("error", error)])
    }
}
