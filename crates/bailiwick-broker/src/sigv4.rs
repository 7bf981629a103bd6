//! AWS Signature Version 4: a request shown to come from whoever has the secret key, which itself
//! stays here.

use std::fmt::Write as _;

use ring::digest::{SHA256, digest};
use ring::hmac::{HMAC_SHA256, Key, sign};

use crate::secret::Secret;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// The service that models are asked of.
const SERVICE: &str = "bedrock";

/// A key of an AWS account.
pub struct AwsKey {
    /// The access key's id.
    pub id: Secret,
    /// The secret access key.
    pub secret: Secret,
    /// The token of a temporary key.
    pub session: Option<Secret>,
    /// The region that is asked.
    pub region: String,
}

/// What of a request is signed, besides the bytes of its call.
#[derive(Clone, Copy, Debug)]
pub struct Signing<'a> {
    /// Its method.
    pub method: &'a str,
    /// Its path, escaped as it is sent.
    pub path: &'a str,
    /// Its query, escaped as it is sent, without the question mark.
    pub query: &'a str,
    /// Headers, names in lower case; `host` is one of them.
    pub headers: &'a [(&'a str, &'a str)],
    /// When, in UTC: `20150830T123600Z`.
    pub at: &'a str,
}

impl AwsKey {
    /// The headers to be added to a request with this body.
    pub(crate) fn sign(&self, request: &Signing<'_>, body: &[u8]) -> Vec<(&'static str, String)> {
        self.sign_for(SERVICE, request, body)
    }

    fn sign_for(
        &self,
        service: &str,
        request: &Signing<'_>,
        body: &[u8],
    ) -> Vec<(&'static str, String)> {
        let mut added = vec![("x-amz-date", request.at.to_owned())];
        let session = self.session.as_ref();
        added.extend(session.map(|it| ("x-amz-security-token", it.expose().to_owned())));
        let of_ours = added.iter().map(|(name, value)| (*name, value.as_str()));
        let mut headers: Vec<_> = request.headers.iter().copied().chain(of_ours).collect();
        headers.sort_unstable();
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let canonical = canonical(request, &headers, &names, body);
        let day = request.at.get(..8).unwrap_or(request.at);
        let scope = format!("{day}/{}/{service}/aws4_request", self.region);
        let text = format!("{ALGORITHM}\n{}\n{scope}\n{}", request.at, hash(canonical.as_bytes()));
        let first = zeroize::Zeroizing::new(format!("AWS4{}", self.secret.expose()));
        let first = sign(&Key::new(HMAC_SHA256, first.as_bytes()), day.as_bytes());
        let steps = [&self.region, service, "aws4_request", &text];
        let last = steps
            .iter()
            .fold(first, |key, step| sign(&Key::new(HMAC_SHA256, key.as_ref()), step.as_bytes()));
        let (id, signature) = (self.id.expose(), hex(last.as_ref()));
        let value = format!(
            "{ALGORITHM} Credential={id}/{scope}, SignedHeaders={names}, Signature={signature}"
        );
        added.push(("authorization", value));
        added
    }
}

/// A request in the one form in which it is signed.
fn canonical(request: &Signing<'_>, headers: &[(&str, &str)], names: &str, body: &[u8]) -> String {
    let mut query: Vec<&str> = request.query.split('&').filter(|it| !it.is_empty()).collect();
    query.sort_unstable();
    let (path, query) = (escaped(request.path), query.join("&"));
    let mut out = format!("{}\n{path}\n{query}\n", request.method);
    for (name, value) in headers {
        let words: Vec<&str> = value.split_ascii_whitespace().collect();
        let _ = writeln!(out, "{name}:{}", words.join(" "));
    }
    let _ = write!(out, "\n{names}\n{}", hash(body));
    out
}

/// A path that is escaped already, escaped once more: every service but one wants it so.
fn escaped(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}

fn hash(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: &str = "20150830T123600Z";

    fn key(session: Option<&str>) -> AwsKey {
        let secret = |text: &str| Secret::new(text.to_owned());
        AwsKey {
            id: secret("AKIDEXAMPLE"),
            secret: secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            session: session.map(secret),
            region: "us-east-1".to_owned(),
        }
    }

    #[track_caller]
    fn check(service: &str, request: &Signing<'_>, names: &str, signature: &str) {
        let added = key(None).sign_for(service, request, b"");
        let expected = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/{service}/aws4_request, \
             SignedHeaders={names}, Signature={signature}"
        );
        assert_eq!(added[0], ("x-amz-date", AT.to_owned()));
        assert_eq!(added[1], ("authorization", expected));
    }

    #[test]
    fn signatures_are_those_that_amazon_publishes() {
        let headers = [
            ("host", "iam.amazonaws.com"),
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
        ];
        let query = "Action=ListUsers&Version=2010-05-08";
        let request = Signing { method: "GET", path: "/", query, headers: &headers, at: AT };
        let signature = "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7";
        check("iam", &request, "content-type;host;x-amz-date", signature);
        // The order in which parameters are sent makes no difference.
        let turned = Signing { query: "Version=2010-05-08&Action=ListUsers", ..request };
        check("iam", &turned, "content-type;host;x-amz-date", signature);

        let headers = [("host", "example.amazonaws.com")];
        let vanilla = Signing { query: "", headers: &headers, ..request };
        let signature = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
        check("service", &vanilla, "host;x-amz-date", signature);
        let post = Signing { method: "POST", ..vanilla };
        let signature = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
        check("service", &post, "host;x-amz-date", signature);
    }

    #[test]
    fn what_is_signed_is_all_that_matters() {
        let headers = [("host", "bedrock-runtime.us-east-1.amazonaws.com")];
        let path = "/model/anthropic.claude-v2%3A1/invoke";
        let request = Signing { method: "POST", path, query: "", headers: &headers, at: AT };
        let signed = |key: &AwsKey, request: &Signing<'_>, body: &[u8]| {
            key.sign(request, body).pop().map(|(_, value)| value).unwrap()
        };
        let one = signed(&key(None), &request, b"{}");
        assert!(one.contains("/us-east-1/bedrock/aws4_request"), "{one}");
        assert!(!one.contains("EXAMPLEKEY"), "{one}");
        let session = key(Some("token"));
        assert_eq!(session.sign(&request, b"{}")[1], ("x-amz-security-token", "token".into()));
        assert!(signed(&session, &request, b"{}").contains("host;x-amz-date;x-amz-security-token"));
        let elsewhere = AwsKey { region: "eu-west-1".into(), ..key(None) };
        let others = [
            signed(&session, &request, b"{}"),
            signed(&elsewhere, &request, b"{}"),
            signed(&key(None), &request, b"{ }"),
            signed(&key(None), &Signing { path: "/model/other/invoke", ..request }, b"{}"),
            signed(&key(None), &Signing { at: "20150830T123601Z", ..request }, b"{}"),
        ];
        let signature = |it: &str| it.split("Signature=").nth(1).unwrap().to_owned();
        assert!(others.iter().all(|it| signature(it) != signature(&one)), "{others:?}");
    }

    #[test]
    fn a_path_is_escaped_twice() {
        assert_eq!(escaped("/model/a%3A0/invoke"), "/model/a%253A0/invoke");
    }
}
