//! What the gateway says itself, and lists of models.

use super::*;

#[test]
fn errors_are_what_the_sdks_read() {
    for (dialect, status, kind) in [
        (Dialect::OpenAi, 401, "authentication_error"),
        (Dialect::OpenAi, 404, "invalid_request_error"),
        (Dialect::OpenAi, 429, "rate_limit_error"),
        (Dialect::OpenAi, 503, "server_error"),
        (Dialect::Anthropic, 400, "invalid_request_error"),
        (Dialect::Anthropic, 403, "permission_error"),
        (Dialect::Anthropic, 404, "not_found_error"),
        (Dialect::Anthropic, 413, "request_too_large"),
        (Dialect::Anthropic, 500, "api_error"),
    ] {
        let body = error_body(dialect, status, "no_budget", "Nothing \"left\"");
        let document = Document::parse(&body, Limits::default()).unwrap();
        let error = document.root().member("error").unwrap();
        assert!(error.member("type").unwrap().says(kind), "{status}");
        assert!(error.member("message").unwrap().says("Nothing \"left\""));
        assert!(error.member("code").unwrap().says("no_budget"));
        let is_anthropic = document.root().member("type").is_some_and(|it| it.says("error"));
        assert_eq!(is_anthropic, dialect == Dialect::Anthropic);
    }
}

#[test]
fn lists_of_models_are_cut() {
    let openai = Bytes::from_static(
        br#"{"object":"list","data":[{"id":"a","object":"model"}, {"id":"b"},{"id":3}]}"#,
    );
    let cut = models(Dialect::OpenAi, &openai, |it| it == "b").unwrap();
    assert_eq!(cut, r#"{"object":"list","data":[{"id":"b"}]}"#);
    let anthropic = Bytes::from_static(
        br#"{"data":[{"type":"model","id":"a"},{"type":"model","id":"b"}],"first_id":"a","has_more":false,"last_id":"b"}"#,
    );
    let cut = models(Dialect::Anthropic, &anthropic, |it| it == "a").unwrap();
    assert_eq!(
        cut,
        r#"{"data":[{"type":"model","id":"a"}],"first_id":"a","has_more":false,"last_id":"a"}"#
    );
    let none = models(Dialect::Anthropic, &anthropic, |_| false).unwrap();
    assert_eq!(none, r#"{"data":[],"first_id":null,"has_more":false,"last_id":null}"#);
    let all = models(Dialect::Anthropic, &anthropic, |_| true).unwrap();
    assert_eq!(all.as_ptr(), anthropic.as_ptr());
    for other in [&b"{"[..], b"[]", b"{\"data\":{}}", b"{\"data\":[],\"Data\":[{\"id\":\"x\"}]}"] {
        assert_eq!(models(Dialect::OpenAi, &Bytes::from_static(other), |_| true), None);
    }
}

#[test]
fn our_own_list_reads_as_a_list() {
    for dialect in [Dialect::OpenAi, Dialect::Anthropic] {
        for names in [&[][..], &["a"], &["a", "b\"c"]] {
            let list = list_models(dialect, names);
            let mut seen = Vec::new();
            let same = models(dialect, &list, |it| {
                seen.push(it.to_owned());
                true
            });
            assert_eq!((same, seen), (Some(list), names.iter().map(|&it| it.to_owned()).collect()));
        }
    }
}
