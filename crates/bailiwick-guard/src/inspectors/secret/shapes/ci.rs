//! Builds, delivery, identity, and the vaults of others.

use super::{
    DOT, LINE, Shape, UUID, alnum, around, before, behind, dotted, hex, labelled, padded, upper,
    url, url_from,
};
use crate::inspectors::word::alphanumeric;

pub(super) static SHAPES: &[Shape] = &[
    behind("secret.buildkite_token", &["bkua_"], &[hex(40, 40)]),
    behind("secret.circleci_token", &["CCIPAT_", "CCIPRJ_"], &[alnum(20, 24), LINE, hex(40, 40)]),
    labelled(
        "secret.circleci_token",
        &["CIRCLECI_TOKEN", "CIRCLE_TOKEN", "CIRCLECI_CLI_TOKEN"],
        &[hex(40, 40)],
    ),
    behind(
        "secret.doppler_token",
        &["dp.pt.", "dp.ct.", "dp.sa.", "dp.scim.", "dp.audit."],
        &[alnum(40, 44)],
    ),
    behind("secret.doppler_token", &["dp.st."], &[dotted(40, 90)]),
    labelled("secret.drone_token", &["DRONE_TOKEN", "drone_token"], &[alnum(32, 32)]),
    labelled("secret.expo_token", &["EXPO_TOKEN", "expo_token"], &[url(40, 40)]),
    behind(
        "secret.harness_token",
        &["pat.", "sat."],
        &[url(22, 22), DOT, hex(24, 24), DOT, alnum(20, 20)],
    ),
    behind("secret.infracost_key", &["ico-"], &[alnum(32, 32)]),
    labelled(
        "secret.jenkins_token",
        &["JENKINS_API_TOKEN", "JENKINS_TOKEN", "jenkins_token"],
        &[hex(32, 34)],
    ),
    behind("secret.launchdarkly_key", &["sdk-", "api-"], UUID),
    behind("secret.octopus_key", &["API-"], &[upper(26, 36)]),
    labelled("secret.okta_token", &["OKTA_API_TOKEN", "okta_api_token", "SSWS"], &[url(42, 42)]),
    behind("secret.onepassword_token", &["ops_eyJ"], &[padded(200, 4_096)]),
    behind("secret.prefect_key", &["pnu_", "pnb_"], &[alnum(36, 36)]),
    behind("secret.pulumi_token", &["pul-"], &[hex(40, 40)]),
    labelled("secret.semgrep_token", &["SEMGREP_APP_TOKEN", "semgrep_app_token"], &[hex(64, 64)]),
    behind("secret.teamcity_token", &["eyJ0eXAiOiAiVENWMiJ9."], &[url(36, 36), DOT, url(48, 48)]),
    around("secret.terraform_token", &[".atlasv1."], before(alphanumeric, 14, 14), &[url(60, 70)]),
    labelled(
        "secret.travis_token",
        &["TRAVIS_API_TOKEN", "TRAVIS_TOKEN", "travis_token"],
        &[url(20, 22)],
    ),
    behind("secret.vault_token", &["hvs.", "hvb.", "hvr."], &[url_from(24)]),
];
