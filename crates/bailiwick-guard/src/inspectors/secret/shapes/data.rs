//! Databases as a service, documents, designs and work.

use super::{
    DASH, DOT, LINE, Shape, alnum, base64, behind, digits, dotted, dotted_from, hex, labelled,
    padded, text, upper, url,
};

pub(super) static SHAPES: &[Shape] = &[
    behind("secret.airtable_token", &["pat"], &[alnum(14, 14), DOT, hex(64, 64)]),
    labelled(
        "secret.algolia_admin_key",
        &["ALGOLIA_ADMIN_KEY", "ALGOLIA_ADMIN_API_KEY", "ALGOLIA_API_KEY"],
        &[hex(32, 32)],
    ),
    labelled(
        "secret.asana_token",
        &["ASANA_ACCESS_TOKEN", "ASANA_TOKEN", "asana_token"],
        &[digits(1, 1), text("/"), digits(14, 18), text(":"), hex(32, 32)],
    ),
    labelled(
        "secret.asana_token",
        &["ASANA_ACCESS_TOKEN", "ASANA_TOKEN"],
        &[
            digits(1, 1),
            text("/"),
            digits(14, 18),
            text("/"),
            digits(14, 18),
            text(":"),
            hex(32, 32),
        ],
    ),
    behind("secret.clickhouse_key", &["4b1d"], &[alnum(38, 38)]),
    behind("secret.clickup_token", &["pk_"], &[digits(6, 10), LINE, upper(32, 32)]),
    behind("secret.cockroach_key", &["CCDB1_"], &[alnum(22, 22), LINE, alnum(40, 40)]),
    labelled(
        "secret.confluent_secret",
        &["CONFLUENT_CLOUD_API_SECRET", "CONFLUENT_API_SECRET"],
        &[base64(64, 64)],
    ),
    behind("secret.contentful_token", &["CFPAT-"], &[url(43, 43)]),
    behind("secret.dropbox_token", &["sl."], &[dotted_from(130)]),
    labelled(
        "secret.elastic_key",
        &["ELASTIC_API_KEY", "ELASTICSEARCH_API_KEY", "elastic_api_key"],
        &[padded(56, 80)],
    ),
    behind("secret.figma_token", &["figd_", "figo_", "figu_"], &[url(36, 80)]),
    behind(
        "secret.jetbrains_token",
        &["perm:", "perm-"],
        &[padded(8, 80), DOT, padded(4, 80), DOT, alnum(28, 34)],
    ),
    labelled(
        "secret.jira_token",
        &["JIRA_API_TOKEN", "CONFLUENCE_API_TOKEN", "jira_api_token"],
        &[alnum(24, 24)],
    ),
    behind("secret.linear_key", &["lin_api_", "lin_oauth_"], &[alnum(40, 64)]),
    behind("secret.mapbox_token", &["sk.eyJ"], &[url(60, 120), DOT, url(22, 22)]),
    behind("secret.mongodb_atlas_key", &["mdb_sa_sk_"], &[url(40, 48)]),
    behind("secret.notion_token", &["ntn_"], &[alnum(43, 50)]),
    behind("secret.notion_token", &["secret_"], &[alnum(43, 43)]),
    behind("secret.postman_key", &["PMAK-"], &[hex(24, 24), DASH, hex(34, 34)]),
    labelled("secret.qdrant_key", &["QDRANT_API_KEY", "qdrant_api_key"], &[dotted(40, 400)]),
    behind("secret.readme_key", &["rdme_"], &[alnum(60, 80)]),
    behind("secret.salesforce_token", &["00D"], &[alnum(12, 15), text("!"), dotted(80, 120)]),
    behind("secret.trello_token", &["ATTA"], &[hex(64, 64), alnum(8, 8)]),
    behind("secret.typeform_token", &["tfp_"], &[dotted(40, 72)]),
    labelled(
        "secret.upstash_token",
        &["UPSTASH_REDIS_REST_TOKEN", "UPSTASH_VECTOR_REST_TOKEN", "KV_REST_API_TOKEN"],
        &[padded(40, 160)],
    ),
    labelled("secret.weaviate_key", &["WEAVIATE_API_KEY", "weaviate_api_key"], &[alnum(36, 60)]),
    labelled(
        "secret.zilliz_key",
        &["ZILLIZ_API_KEY", "ZILLIZ_CLOUD_API_KEY", "ZILLIZ_TOKEN"],
        &[hex(80, 80)],
    ),
];
