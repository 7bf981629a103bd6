//! Clouds and hosting.

use super::{
    Shape, Step, UUID, alnum, around, base32, base64, before, behind, escaped, hex, labelled,
    padded, text, upper, url, url_from,
};
use crate::inspectors::secret::check::not_example;
use crate::inspectors::word::{alphanumeric, url_safe};

/// What a client secret of Entra may hold besides letters and digits.
fn entra(byte: u8) -> bool {
    url_safe(byte) || byte == b'.' || byte == b'~'
}

pub(super) static SHAPES: &[Shape] = &[
    behind("secret.aiven_password", &["AVNS_"], &[url(19, 24)]),
    behind("secret.alibaba_access_key", &["LTAI"], &[alnum(12, 26)]),
    labelled(
        "secret.alibaba_secret_key",
        &["ALIBABA_CLOUD_ACCESS_KEY_SECRET", "accessKeySecret"],
        &[alnum(30, 30)],
    ),
    behind("secret.aws_access_key", &["AKIA", "ASIA", "ABIA", "ACCA"], &[base32(16, 16)])
        .checked(not_example),
    labelled(
        "secret.aws_secret_key",
        &["aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "SecretAccessKey", "secretAccessKey"],
        &[base64(40, 40)],
    )
    .checked(not_example),
    labelled(
        "secret.aws_session_token",
        &["aws_session_token", "AWS_SESSION_TOKEN", "SessionToken", "sessionToken"],
        &[padded(100, 2_048)],
    ),
    labelled(
        "secret.azure_account_key",
        &["AccountKey", "accountKey"],
        &[base64(86, 86), text("==")],
    ),
    around(
        "secret.azure_client_secret",
        &["0Q~", "1Q~", "2Q~", "3Q~", "4Q~", "5Q~", "6Q~", "7Q~", "8Q~", "9Q~"],
        before(entra, 3, 3),
        &[Step::Run(entra, 31, 34)],
    ),
    around("secret.azure_devops_token", &["AZDO"], before(alphanumeric, 76, 76), &[alnum(4, 4)]),
    around("secret.azure_key", &["JQQJ99"], before(alphanumeric, 52, 52), &[alnum(26, 34)]),
    behind("secret.azure_sas_token", &["&sig=", "?sig="], &[escaped(43, 64)]),
    labelled("secret.azure_shared_access_key", &["SharedAccessKey"], &[base64(43, 43), text("=")]),
    behind("secret.cloudflare_token", &["cfut_", "cfat_", "cfk_"], &[alnum(48, 48)]),
    labelled("secret.cloudflare_token", &["CLOUDFLARE_API_TOKEN", "CF_API_TOKEN"], &[url(40, 40)]),
    behind("secret.cloudflare_origin_ca_key", &["v1.0-"], &[hex(24, 24), text("-"), hex(146, 146)]),
    behind("secret.databricks_token", &["dapi"], &[hex(32, 32)]),
    behind("secret.digitalocean_token", &["dop_v1_", "doo_v1_", "dor_v1_"], &[hex(64, 64)]),
    behind("secret.fly_token", &["fm1r_", "fm1a_", "fm2_"], &[padded(100, 2_048)]),
    behind("secret.google_client_secret", &["GOCSPX-"], &[url(28, 28)]),
    behind("secret.google_oauth_token", &["ya29."], &[url_from(30)]),
    behind("secret.google_refresh_token", &["1//0"], &[url(40, 120)]),
    behind("secret.heroku_key", &["HRKU-"], &[url(36, 64)]),
    labelled("secret.heroku_key", &["HEROKU_API_KEY", "heroku_api_key"], UUID),
    labelled("secret.hetzner_token", &["HCLOUD_TOKEN", "hcloud_token"], &[alnum(64, 64)]),
    labelled(
        "secret.ibm_cloud_key",
        &["IBMCLOUD_API_KEY", "IBM_CLOUD_API_KEY", "ibmcloud_api_key"],
        &[url(44, 44)],
    ),
    labelled(
        "secret.linode_token",
        &["LINODE_TOKEN", "LINODE_CLI_TOKEN", "linode_token"],
        &[hex(64, 64)],
    ),
    behind("secret.neon_key", &["napi_"], &[alnum(60, 70)]),
    behind("secret.netlify_token", &["nfp_", "nfc_", "nfo_", "nfu_"], &[alnum(36, 40)]),
    behind("secret.ngrok_key", &["ngrok_api_"], &[alnum(40, 60)]),
    labelled(
        "secret.ngrok_key",
        &["NGROK_AUTHTOKEN", "NGROK_API_KEY", "ngrok_authtoken"],
        &[url(40, 60)],
    ),
    behind(
        "secret.planetscale_token",
        &["pscale_tkn_", "pscale_oauth_", "pscale_pw_"],
        &[url(32, 64)],
    ),
    labelled("secret.railway_token", &["RAILWAY_TOKEN", "RAILWAY_API_TOKEN"], UUID),
    behind("secret.render_key", &["rnd_"], &[alnum(28, 40)]),
    labelled("secret.scaleway_secret_key", &["SCW_SECRET_KEY", "scw_secret_key"], UUID),
    behind("secret.supabase_key", &["sbp_"], &[hex(40, 40)]),
    behind("secret.supabase_key", &["sb_secret_"], &[url(28, 48)]),
    behind("secret.tailscale_key", &["tskey-"], &[url(24, 80)]),
    behind("secret.tencent_secret_id", &["AKID"], &[alnum(32, 32)]),
    labelled(
        "secret.tencent_secret_key",
        &["TENCENTCLOUD_SECRET_KEY", "tencentcloud_secret_key"],
        &[alnum(32, 32)],
    ),
    behind("secret.vercel_token", &["vcp_", "vci_", "vca_", "vcr_", "vck_"], &[alnum(50, 64)]),
    labelled("secret.vercel_token", &["VERCEL_TOKEN", "vercel_token"], &[alnum(24, 24)]),
    labelled("secret.vultr_key", &["VULTR_API_KEY", "vultr_api_key"], &[upper(36, 36)]),
    behind("secret.yandex_key", &["AQVN"], &[url(35, 40)]),
    behind("secret.yandex_oauth_token", &["y0_"], &[url(50, 62)]),
];
