//! Chat, mail and telephony.

use super::{
    DASH, DOT, LINE, Shape, UUID, alnum, around, base64, before, behind, digits, dotted, escaped,
    hex, labelled, lower, padded, text, url, url_from,
};
use crate::inspectors::word::{digit, hex as is_hex};

pub(super) static SHAPES: &[Shape] = &[
    behind("secret.brevo_key", &["xkeysib-", "xsmtpsib-"], &[hex(64, 64), DASH, alnum(16, 16)]),
    labelled(
        "secret.discord_bot_token",
        &["DISCORD_TOKEN", "DISCORD_BOT_TOKEN", "discord_token", "Authorization: Bot"],
        &[url(23, 28), DOT, url(6, 7), DOT, url(27, 40)],
    ),
    behind(
        "secret.discord_webhook",
        &["https://discord.com/api/webhooks/", "https://discordapp.com/api/webhooks/"],
        &[digits(17, 20), text("/"), url(60, 80)],
    ),
    behind(
        "secret.facebook_token",
        &["EAAA", "EAAB", "EAAC", "EAAD", "EAAG", "EAAI", "EAAJ", "EAAM"],
        &[base64(90, 300)],
    ),
    behind(
        "secret.google_chat_webhook",
        &["https://chat.googleapis.com/v1/spaces/"],
        &[url(8, 20), text("/messages?key="), url(39, 39), text("&token="), escaped(40, 60)],
    ),
    behind("secret.hubspot_token", &["pat-na1-", "pat-na2-", "pat-eu1-", "pat-ap1-"], UUID),
    behind("secret.intercom_token", &["dG9rOj"], &[padded(50, 60)]),
    behind("secret.klaviyo_key", &["pk_"], &[hex(34, 34)]),
    labelled(
        "secret.line_channel_token",
        &["LINE_CHANNEL_ACCESS_TOKEN", "CHANNEL_ACCESS_TOKEN"],
        &[padded(150, 190)],
    ),
    around("secret.mailchimp_key", &["-us"], before(is_hex, 32, 32), &[digits(1, 2)]),
    behind("secret.mailersend_key", &["mlsn."], &[hex(64, 64)]),
    behind("secret.mailgun_key", &["key-"], &[lower(32, 32)]),
    labelled(
        "secret.mailgun_key",
        &["MAILGUN_API_KEY", "mailgun_api_key"],
        &[hex(32, 32), DASH, hex(8, 8), DASH, hex(8, 8)],
    ),
    behind("secret.mandrill_key", &["md-"], &[url(22, 22)]),
    labelled(
        "secret.postmark_token",
        &["POSTMARK_API_TOKEN", "POSTMARK_SERVER_TOKEN", "X-Postmark-Server-Token"],
        UUID,
    ),
    behind("secret.resend_key", &["re_"], &[alnum(8, 8), LINE, alnum(24, 24)]),
    behind("secret.sendgrid_key", &["SG."], &[url(22, 22), DOT, url(43, 43)]),
    behind(
        "secret.slack_token",
        &["xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"],
        &[digits(1, 16), DASH, url_from(18)],
    ),
    behind("secret.slack_token", &["xoxe-", "xoxc-", "xoxd-"], &[url_from(20)]),
    behind(
        "secret.slack_webhook",
        &[
            "https://hooks.slack.com/services/T",
            "https://hooks.slack.com/workflows/T",
            "https://hooks.slack.com/triggers/T",
        ],
        &[base64(30, 128)],
    ),
    labelled("secret.sparkpost_key", &["SPARKPOST_API_KEY", "sparkpost_api_key"], &[hex(40, 40)]),
    behind(
        "secret.teams_webhook",
        &[".webhook.office.com/webhookb2/"],
        &[url(36, 36), text("@"), url(36, 36), text("/IncomingWebhook/"), hex(32, 32)],
    ),
    around("secret.telegram_bot_token", &[":AA"], before(digit, 8, 10), &[url(33, 33)]),
    behind("secret.twilio_key", &["SK"], &[hex(32, 32)]),
    labelled(
        "secret.twilio_key",
        &["TWILIO_AUTH_TOKEN", "twilio_auth_token", "TWILIO_API_SECRET"],
        &[alnum(32, 32)],
    ),
    behind("secret.twitter_token", &["AAAAAAAAAAAAAAAAAAAA"], &[escaped(80, 120)]),
    behind(
        "secret.zapier_webhook",
        &["https://hooks.zapier.com/hooks/catch/"],
        &[digits(4, 10), text("/"), alnum(6, 12)],
    ),
    labelled(
        "secret.zendesk_token",
        &["ZENDESK_API_TOKEN", "ZENDESK_TOKEN", "zendesk_api_token"],
        &[dotted(40, 40)],
    ),
];
