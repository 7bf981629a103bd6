//! What belongs to no one service: private keys, signed tokens, passwords in addresses.

use super::{Shape, address, base64, behind, labelled, padded, special, text, upper, word_of};
use crate::inspectors::secret::address::is_password;
use crate::inspectors::secret::check::{age, basic};
use crate::inspectors::secret::jwt;
use crate::inspectors::secret::shape::Body;

pub(super) static SHAPES: &[Shape] = &[
    behind("secret.age_key", &["AGE-SECRET-KEY-1"], &[upper(58, 58)]).checked(age),
    address("secret.amqp_url", &["amqp://", "amqps://"]),
    labelled("secret.basic_auth", &["Basic", "basic"], &[padded(12, 512)]).checked(basic),
    address("secret.clickhouse_url", &["clickhouse://", "clickhouses://"]),
    address("secret.ftp_url", &["ftp://", "ftps://", "sftp://"]),
    special("secret.jwt", &[jwt::SEAM], Body::Jwt),
    address("secret.ldap_url", &["ldap://", "ldaps://"]),
    address("secret.mongodb_url", &["mongodb://", "mongodb+srv://"]),
    address("secret.mssql_url", &["mssql://", "sqlserver://", "mssql+pyodbc://"]),
    address("secret.mysql_url", &["mysql://", "mysql2://", "mysql+pymysql://", "mariadb://"]),
    address("secret.nats_url", &["nats://"]),
    address("secret.neo4j_url", &["neo4j://", "neo4j+s://", "bolt://"]),
    address("secret.oracle_url", &["oracle://", "oracle+cx_oracle://", "oracle+oracledb://"]),
    address(
        "secret.postgres_url",
        &[
            "postgres://",
            "postgresql://",
            "postgresql+psycopg2://",
            "postgresql+asyncpg://",
            "postgresql+psycopg://",
            "cockroachdb://",
            "redshift://",
        ],
    ),
    special("secret.private_key", &["-----BEGIN "], Body::PrivateKey),
    address("secret.redis_url", &["redis://", "rediss://", "valkey://"]),
    address("secret.smtp_url", &["smtp://", "smtps://"]),
    labelled(
        "secret.sql_password",
        &[";Password", ";Pwd", ";PWD", ";password"],
        &[word_of(5, 128), text(";")],
    )
    .checked(is_password),
    address("secret.url_password", &["https://", "http://"]),
    labelled("secret.wireguard_key", &["PrivateKey", "PresharedKey"], &[base64(43, 43), text("=")]),
];
