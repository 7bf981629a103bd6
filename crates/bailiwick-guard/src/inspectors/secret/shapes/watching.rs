//! Monitoring, logs and analytics.

use super::{
    DOT, LINE, Shape, UUID, alnum, around, base64, before, behind, hex, labelled, padded, upper,
    url,
};
use crate::inspectors::secret::check::grafana;
use crate::inspectors::word::hex as is_hex;

pub(super) static SHAPES: &[Shape] = &[
    behind("secret.axiom_token", &["xaat-", "xapt-"], UUID),
    behind("secret.checkly_key", &["cu_"], &[hex(32, 32)]),
    labelled(
        "secret.datadog_key",
        &["DD_API_KEY", "DATADOG_API_KEY", "DD-API-KEY", "dd_api_key", "datadog_api_key"],
        &[hex(32, 32)],
    ),
    labelled(
        "secret.datadog_key",
        &["DD_APP_KEY", "DATADOG_APP_KEY", "DD_APPLICATION_KEY", "DD-APPLICATION-KEY"],
        &[hex(40, 40)],
    ),
    behind(
        "secret.dynatrace_token",
        &["dt0c01.", "dt0s01.", "dt0s02.", "dt0s16."],
        &[upper(24, 24), DOT, upper(64, 64)],
    ),
    behind("secret.grafana_token", &["glsa_"], &[alnum(32, 32), LINE, hex(8, 8)]).checked(grafana),
    behind("secret.grafana_token", &["glc_eyJ"], &[padded(50, 400)]),
    behind("secret.honeycomb_key", &["hcaik_", "hcxik_", "hcaix_", "hcamk_"], &[alnum(52, 64)]),
    around("secret.newrelic_key", &["NRAL"], before(is_hex, 36, 36), &[]),
    behind("secret.newrelic_key", &["NRAK-"], &[upper(27, 27)]),
    behind("secret.newrelic_key", &["NRII-", "NRRA-", "NRSP-"], &[url(32, 42)]),
    labelled("secret.opsgenie_key", &["OPSGENIE_API_KEY", "opsgenie_api_key", "GenieKey"], UUID),
    labelled(
        "secret.pagerduty_key",
        &["PAGERDUTY_TOKEN", "PAGERDUTY_API_KEY", "PAGERDUTY_API_TOKEN", "Token token"],
        &[url(20, 20)],
    ),
    behind("secret.posthog_key", &["phx_"], &[alnum(40, 60)]),
    behind("secret.sentry_token", &["sntrys_eyJ"], &[padded(57, 400), LINE, base64(43, 43)]),
    behind("secret.sentry_token", &["sntryu_"], &[hex(64, 64)]),
    labelled(
        "secret.splunk_hec_token",
        &["SPLUNK_HEC_TOKEN", "SPLUNK_TOKEN", "Authorization: Splunk"],
        UUID,
    ),
    behind("secret.statsig_key", &["secret-"], &[alnum(43, 60)]),
    labelled(
        "secret.sumologic_key",
        &["SUMO_ACCESS_KEY", "SUMOLOGIC_ACCESSKEY", "sumologic_access_key"],
        &[alnum(64, 64)],
    ),
    behind("secret.logfire_token", &["pylf_v1_us_", "pylf_v1_eu_"], &[alnum(40, 60)]),
];
