//! Code hosts and package registries.

use super::{
    Shape, UUID, alnum, alnum_from, base64, behind, dotted_from, hex, labelled, lower, text, upper,
    url, url_from,
};
use crate::inspectors::secret::check::{crc_base62, gitlab};

pub(super) static SHAPES: &[Shape] = &[
    behind("secret.artifactory_token", &["AKCp", "cmVmdGtuOj"], &[alnum(54, 80)]),
    behind(
        "secret.atlassian_token",
        &["ATATT3xFf", "ATCTT3xFf", "ATSTT3xFf"],
        &[url(100, 255), text("="), upper(8, 8)],
    ),
    behind("secret.bitbucket_token", &["ATBB"], &[alnum(28, 40)]),
    behind("secret.bitbucket_token", &["BBDC-"], &[base64(40, 60)]),
    behind("secret.clojars_token", &["CLOJARS_"], &[hex(60, 60)]),
    labelled("secret.codecov_token", &["CODECOV_TOKEN", "codecov_token"], UUID),
    behind("secret.crates_io_token", &["cio"], &[alnum(32, 32)]),
    behind("secret.docker_token", &["dckr_pat_", "dckr_oat_"], &[url(27, 40)]),
    labelled(
        "secret.gitea_token",
        &["GITEA_TOKEN", "FORGEJO_TOKEN", "CODEBERG_TOKEN", "gitea_token"],
        &[hex(40, 40)],
    ),
    behind("secret.github_token", &["ghp_", "gho_", "ghu_", "ghs_", "ghr_"], &[alnum_from(36)])
        .checked(crc_base62),
    behind("secret.github_token", &["github_pat_"], &[url_from(60)]),
    behind(
        "secret.gitlab_token",
        &[
            "glpat-",
            "gldt-",
            "glrt-",
            "glptt-",
            "glcbt-",
            "gloas-",
            "glimt-",
            "glsoat-",
            "glffct-",
            "glft-",
            "glagent-",
            "GR1348941",
        ],
        &[dotted_from(20)],
    )
    .checked(gitlab),
    labelled("secret.hex_pm_key", &["HEX_API_KEY", "hex_api_key"], &[hex(32, 64)]),
    behind("secret.npm_token", &["npm_"], &[alnum(36, 36)]).checked(crc_base62),
    behind("secret.nuget_key", &["oy2"], &[lower(43, 43)]),
    behind(
        "secret.packagist_token",
        &["packagist_ort_", "packagist_out_", "packagist_oat_", "packagist_uat_"],
        &[hex(60, 80)],
    ),
    behind(
        "secret.pypi_token",
        &["pypi-AgEIcHlwaS5vcmc", "pypi-AgENdGVzdC5weXBpLm9yZ"],
        &[url_from(50)],
    ),
    behind("secret.rubygems_key", &["rubygems_"], &[hex(48, 48)]),
    labelled("secret.snyk_token", &["SNYK_TOKEN", "snyk_token"], UUID),
    behind("secret.sonar_token", &["sqp_", "squ_", "sqa_"], &[hex(40, 40)]),
    behind("secret.sourcegraph_token", &["sgp_", "slk_", "sgd_"], &[hex(40, 64)]),
    behind("secret.sourcegraph_token", &["sgp_"], &[alnum(5, 16), text("_"), hex(40, 40)]),
];
