//! Payments and shops.

use super::{
    LINE, Shape, UUID, alnum, alnum_from, base64, behind, dotted, hex, labelled, lower, text, url,
};

pub(super) static SHAPES: &[Shape] = &[
    behind(
        "secret.braintree_token",
        &["access_token$production$", "access_token$sandbox$"],
        &[lower(16, 16), text("$"), hex(32, 32)],
    ),
    behind("secret.duffel_token", &["duffel_live_", "duffel_test_"], &[url(43, 43)]),
    behind("secret.easypost_key", &["EZAK", "EZTK"], &[alnum(54, 54)]),
    behind("secret.flutterwave_key", &["FLWSECK-", "FLWSECK_TEST-"], &[alnum(32, 40)]),
    behind("secret.gocardless_token", &["live_", "sandbox_"], &[url(40, 40)]),
    behind("secret.lob_key", &["live_", "test_"], &[hex(35, 35)]),
    behind("secret.mercury_token", &["secret-token:mercury_production_"], &[dotted(30, 120)]),
    behind("secret.midtrans_key", &["Mid-server-"], &[url(24, 24)]),
    behind("secret.mollie_key", &["live_", "test_"], &[alnum(30, 30)]),
    behind(
        "secret.paddle_key",
        &["pdl_live_apikey_", "pdl_sdbx_apikey_"],
        &[lower(26, 26), LINE, alnum(22, 22), LINE, alnum(3, 3)],
    ),
    labelled(
        "secret.paypal_secret",
        &["PAYPAL_CLIENT_SECRET", "PAYPAL_SECRET", "paypal_client_secret"],
        &[url(80, 80)],
    ),
    behind(
        "secret.plaid_token",
        &["access-production-", "access-sandbox-", "access-development-"],
        UUID,
    ),
    behind("secret.polar_token", &["polar_oat_", "polar_pat_"], &[url(36, 60)]),
    labelled(
        "secret.razorpay_secret",
        &["RAZORPAY_KEY_SECRET", "razorpay_key_secret"],
        &[alnum(24, 24)],
    ),
    behind("secret.shippo_token", &["shippo_live_", "shippo_test_"], &[hex(40, 40)]),
    behind("secret.shopify_token", &["shpat_", "shpca_", "shppa_", "shpss_"], &[hex(32, 32)]),
    behind("secret.square_token", &["sq0atp-"], &[url(22, 22)]),
    behind("secret.square_token", &["sq0csp-"], &[url(43, 43)]),
    behind("secret.square_token", &["EAAA"], &[url(60, 60)]),
    behind(
        "secret.stripe_key",
        &["sk_live_", "sk_test_", "rk_live_", "rk_test_"],
        &[alnum_from(24)],
    ),
    behind("secret.stripe_key", &["whsec_"], &[base64(32, 128)]),
    behind("secret.xendit_key", &["xnd_production_", "xnd_development_"], &[alnum(40, 80)]),
];
