//! The shapes of credentials: one line for each anchor. A new one is a line here and in the corpus.

use crate::inspectors::word::{Alphabet, alphanumeric, base32, base64, dotted, hex, url_safe};

/// One shape of credential.
pub(super) struct Shape {
    /// The bytes by which it is noticed, at least four: with shorter ones the search is four times
    /// slower on ordinary text (`cargo bench -p bailiwick-guard`).
    pub(super) anchor: &'static str,
    /// The kind of finding that it makes.
    pub(super) kind: &'static str,
    /// What must stand around the anchor.
    pub(super) body: Body,
}

/// What must stand around an anchor.
pub(super) enum Body {
    /// Behind it a whole run of an alphabet, with its least and greatest length.
    Run { alphabet: Alphabet, min: usize, max: usize },
    /// Behind it a run of parts that are joined with dashes, the first of them a number.
    Parts { min: usize, max: usize },
    /// Behind it quotes and separators, then a run of exactly this length.
    Value { alphabet: Alphabet, length: usize },
    /// It is the middle of a key: a prefix and a run before it, and as long a run behind it.
    Middle { prefix: &'static [u8], alphabet: Alphabet, length: usize },
    /// It is the seam between the header and the payload of a signed JSON Web Token.
    Jwt,
    /// Behind it the rest of a private key in PEM.
    PrivateKey,
}

const fn shape(anchor: &'static str, kind: &'static str, body: Body) -> Shape {
    Shape { anchor, kind, body }
}

const fn run(alphabet: Alphabet, min: usize, max: usize) -> Body {
    Body::Run { alphabet, min, max }
}

const AWS_KEY: Body = run(base32, 16, 16);
const AWS_SECRET: Body = Body::Value { alphabet: base64, length: 40 };
const GITHUB: Body = run(alphanumeric, 36, 255);
const GITLAB: Body = run(dotted, 20, 128);
const SLACK: Body = Body::Parts { min: 20, max: 255 };
const STRIPE: Body = run(alphanumeric, 24, 255);
const OPENAI: Body = run(url_safe, 40, 255);
const OPENAI_OLD: Body = Body::Middle { prefix: b"sk-", alphabet: alphanumeric, length: 20 };

/// Every shape. No anchor is the beginning of another.
pub(super) static SHAPES: &[Shape] = &[
    shape("AKIA", "secret.aws_access_key", AWS_KEY),
    shape("ASIA", "secret.aws_access_key", AWS_KEY),
    shape("ABIA", "secret.aws_access_key", AWS_KEY),
    shape("ACCA", "secret.aws_access_key", AWS_KEY),
    shape("aws_secret_access_key", "secret.aws_secret_key", AWS_SECRET),
    shape("AWS_SECRET_ACCESS_KEY", "secret.aws_secret_key", AWS_SECRET),
    shape("SecretAccessKey", "secret.aws_secret_key", AWS_SECRET),
    shape("secretAccessKey", "secret.aws_secret_key", AWS_SECRET),
    shape("ghp_", "secret.github_token", GITHUB),
    shape("gho_", "secret.github_token", GITHUB),
    shape("ghu_", "secret.github_token", GITHUB),
    shape("ghs_", "secret.github_token", GITHUB),
    shape("ghr_", "secret.github_token", GITHUB),
    shape("github_pat_", "secret.github_token", run(url_safe, 60, 255)),
    shape("glpat-", "secret.gitlab_token", GITLAB),
    shape("gldt-", "secret.gitlab_token", GITLAB),
    shape("glrt-", "secret.gitlab_token", GITLAB),
    shape("glptt-", "secret.gitlab_token", GITLAB),
    shape("xoxb-", "secret.slack_token", SLACK),
    shape("xoxp-", "secret.slack_token", SLACK),
    shape("xoxa-", "secret.slack_token", SLACK),
    shape("xoxr-", "secret.slack_token", SLACK),
    shape("xoxs-", "secret.slack_token", SLACK),
    shape("xapp-", "secret.slack_token", SLACK),
    shape("https://hooks.slack.com/services/T", "secret.slack_webhook", run(base64, 30, 128)),
    shape("sk_live_", "secret.stripe_key", STRIPE),
    shape("sk_test_", "secret.stripe_key", STRIPE),
    shape("rk_live_", "secret.stripe_key", STRIPE),
    shape("rk_test_", "secret.stripe_key", STRIPE),
    shape("whsec_", "secret.stripe_key", run(base64, 32, 128)),
    shape("sk-ant-", "secret.anthropic_key", run(url_safe, 40, 255)),
    shape("sk-proj-", "secret.openai_key", OPENAI),
    shape("sk-svcacct-", "secret.openai_key", OPENAI),
    shape("sk-admin-", "secret.openai_key", OPENAI),
    shape("T3BlbkFJ", "secret.openai_key", OPENAI_OLD),
    shape("AIza", "secret.google_api_key", run(url_safe, 35, 35)),
    shape("ya29.", "secret.google_oauth_token", run(url_safe, 30, 2_048)),
    shape("GOCSPX-", "secret.google_client_secret", run(url_safe, 28, 28)),
    shape("npm_", "secret.npm_token", run(alphanumeric, 36, 36)),
    shape("pypi-AgEIcHlwaS5vcmc", "secret.pypi_token", run(url_safe, 50, 512)),
    shape("dop_v1_", "secret.digitalocean_token", run(hex, 64, 64)),
    shape("hvs.", "secret.vault_token", run(url_safe, 24, 255)),
    shape(".eyJ", "secret.jwt", Body::Jwt),
    shape("-----BEGIN ", "secret.private_key", Body::PrivateKey),
];

/// Every kind that the shapes make, and the one that says that nothing could be looked at.
pub(super) static KINDS: &[&str] = &[
    "secret.anthropic_key",
    "secret.aws_access_key",
    "secret.aws_secret_key",
    "secret.digitalocean_token",
    "secret.github_token",
    "secret.gitlab_token",
    "secret.google_api_key",
    "secret.google_client_secret",
    "secret.google_oauth_token",
    "secret.jwt",
    "secret.not_scanned",
    "secret.npm_token",
    "secret.openai_key",
    "secret.private_key",
    "secret.pypi_token",
    "secret.slack_token",
    "secret.slack_webhook",
    "secret.stripe_key",
    "secret.vault_token",
];
