//! Statements that must not pass. `secrets` is on no list.

use bailiwick_contracts::Meaning;

use crate::sql::{reading, writing};
use crate::{all_fit, fits, none_fits};

/// In every dialect.
const HOSTILE: &[&str] = &[
    // Nothing, or no statement.
    "",
    " ",
    ";",
    "hello",
    "SELECT",
    // Another table, wherever a table can stand.
    "SELECT * FROM secrets LIMIT 1",
    "SELECT * FROM orders, secrets LIMIT 1",
    "SELECT * FROM orders JOIN secrets ON true LIMIT 1",
    "SELECT * FROM orders NATURAL JOIN secrets LIMIT 1",
    "SELECT * FROM orders CROSS JOIN secrets LIMIT 1",
    "SELECT * FROM (orders JOIN (secrets) ON 1 = 1) LIMIT 1",
    "SELECT * FROM (SELECT * FROM secrets) AS orders LIMIT 1",
    "SELECT (SELECT password FROM secrets LIMIT 1) FROM orders LIMIT 1",
    "SELECT id FROM orders WHERE id IN (SELECT id FROM secrets) LIMIT 1",
    "SELECT id FROM orders WHERE EXISTS (SELECT 1 FROM secrets) LIMIT 1",
    "SELECT id FROM orders WHERE id = (SELECT max(id) FROM secrets) LIMIT 1",
    "SELECT id FROM orders GROUP BY id HAVING count(*) > (SELECT count(*) FROM secrets) LIMIT 1",
    "SELECT id FROM orders ORDER BY (SELECT 1 FROM secrets) LIMIT 1",
    "SELECT id FROM orders LIMIT (SELECT count(*) FROM secrets)",
    "SELECT id FROM orders LIMIT 1 OFFSET (SELECT count(*) FROM secrets)",
    "SELECT id FROM orders UNION SELECT password FROM secrets LIMIT 1",
    "SELECT id FROM orders UNION ALL (SELECT password FROM secrets) LIMIT 1",
    "SELECT id FROM orders EXCEPT SELECT id FROM secrets LIMIT 1",
    "SELECT id FROM orders INTERSECT SELECT id FROM secrets LIMIT 1",
    "SELECT CASE WHEN (SELECT 1 FROM secrets) = 1 THEN 1 END FROM orders LIMIT 1",
    "SELECT coalesce((SELECT password FROM secrets), 'x') LIMIT 1",
    "SELECT sum(total) OVER (ORDER BY (SELECT 1 FROM secrets)) FROM orders LIMIT 1",
    "SELECT * FROM orders JOIN customers ON (SELECT 1 FROM secrets) = 1 LIMIT 1",
    "WITH a AS (SELECT * FROM secrets) SELECT * FROM a LIMIT 1",
    "WITH a AS (SELECT 1), b AS (SELECT * FROM secrets) SELECT * FROM a LIMIT 1",
    "SELECT * FROM (WITH a AS (SELECT * FROM secrets) SELECT * FROM a) AS x LIMIT 1",
    // A name that is given, taken for another's.
    "WITH secrets AS (SELECT * FROM secrets) SELECT * FROM secrets LIMIT 1",
    "WITH a AS (SELECT * FROM secrets), secrets AS (SELECT 1) SELECT * FROM a LIMIT 1",
    "WITH orders AS (SELECT 1) SELECT * FROM orders LIMIT 1",
    "WITH Orders AS (SELECT 1) SELECT * FROM orders LIMIT 1",
    "SELECT * FROM (WITH secrets AS (SELECT 1) SELECT * FROM secrets) x, secrets LIMIT 1",
    "SELECT * FROM other.secrets LIMIT 1",
    "WITH secrets AS (SELECT 1) SELECT * FROM public.secrets LIMIT 1",
    "SELECT * FROM orders AS secrets, secrets AS orders LIMIT 1",
    "WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT 1 FROM a) SELECT * FROM a LIMIT 1",
    "WITH a AS (SELECT 1 UNION ALL SELECT 1 FROM a) SELECT * FROM a LIMIT 1",
    // Schemas.
    "SELECT * FROM public.orders LIMIT 1",
    "SELECT * FROM items LIMIT 1",
    "SELECT * FROM shop.orders LIMIT 1",
    "SELECT * FROM a.b.orders LIMIT 1",
    "SELECT * FROM information_schema.tables LIMIT 1",
    "SELECT * FROM pg_catalog.pg_shadow LIMIT 1",
    "SELECT * FROM sqlite_master LIMIT 1",
    "SELECT * FROM mysql.user LIMIT 1",
    // Several statements.
    "SELECT 1 LIMIT 1; DROP TABLE orders",
    "SELECT 1 LIMIT 1;;",
    "; SELECT 1 LIMIT 1",
    "SELECT 1 LIMIT 1 ; SELECT 2 LIMIT 1",
    "SELECT ';' LIMIT 1; DELETE FROM orders WHERE id = 1",
    // Other kinds.
    "DROP TABLE orders",
    "drop/**/table orders",
    "TRUNCATE orders",
    "CREATE TABLE x (id int)",
    "CREATE TABLE x AS SELECT * FROM orders LIMIT 1",
    "ALTER TABLE orders ADD x int",
    "INSERT INTO orders (id) VALUES (1)",
    "UPDATE orders SET id = 1 WHERE id = 2",
    "DELETE FROM orders WHERE id = 1",
    "MERGE INTO orders USING customers ON true WHEN MATCHED THEN DELETE",
    "EXPLAIN SELECT * FROM orders LIMIT 1",
    "EXPLAIN ANALYZE DELETE FROM orders WHERE id = 1",
    "COPY orders TO '/var/x'",
    "COPY orders FROM PROGRAM 'id'",
    "CALL wipe()",
    "DO 'x'",
    "SET search_path = secret",
    "SET ROLE admin",
    "LOCK TABLE orders",
    "GRANT ALL ON orders TO public",
    "PRAGMA table_info(orders)",
    "ATTACH DATABASE 'x' AS y",
    "VACUUM",
    "BEGIN",
    "COMMIT",
    "SHOW TABLES",
    "DESCRIBE orders",
    "USE other",
    "PREPARE a AS SELECT 1",
    "EXECUTE a",
    "LOAD DATA INFILE 'x' INTO TABLE orders",
    "HANDLER orders OPEN",
    "LISTEN x",
    "TABLE orders LIMIT 1",
    "VALUES (1) UNION TABLE secrets LIMIT 1",
    "SELECT * FROM (TABLE secrets) x LIMIT 1",
    "SELECT id FROM orders UNION TABLE secrets LIMIT 1",
    "FROM orders SELECT * LIMIT 1",
    // Clauses that write or lock.
    "SELECT * INTO copy FROM orders LIMIT 1",
    "SELECT * INTO OUTFILE '/var/x' FROM orders LIMIT 1",
    "SELECT * FROM orders LIMIT 1 INTO OUTFILE '/var/x'",
    "SELECT * FROM orders LIMIT 1 FOR UPDATE",
    "SELECT * FROM orders LIMIT 1 FOR SHARE",
    "SELECT * FROM orders LIMIT 1 LOCK IN SHARE MODE",
    "WITH d AS (DELETE FROM orders WHERE id = 1 RETURNING *) SELECT * FROM d LIMIT 1",
    "WITH i AS (INSERT INTO orders VALUES (1) RETURNING *) SELECT * FROM i LIMIT 1",
    // Limits.
    "SELECT * FROM orders",
    "SELECT * FROM orders LIMIT 101",
    "SELECT * FROM orders LIMIT ALL",
    "SELECT * FROM orders LIMIT NULL",
    "SELECT * FROM orders LIMIT -1",
    "SELECT * FROM orders LIMIT +1",
    "SELECT * FROM orders LIMIT (1)",
    "SELECT * FROM orders LIMIT 1 + 1000",
    "SELECT * FROM orders LIMIT 1e9",
    "SELECT * FROM orders LIMIT 0x7fffffff",
    "SELECT * FROM orders LIMIT 99999999999999999999999999",
    "SELECT * FROM orders LIMIT '5'",
    "SELECT * FROM orders LIMIT 5.0",
    "SELECT * FROM orders LIMIT ?",
    "SELECT * FROM orders LIMIT $1",
    "SELECT * FROM orders LIMIT :n",
    "SELECT * FROM orders LIMIT @n",
    "SELECT * FROM orders OFFSET 5",
    "(SELECT id FROM orders LIMIT 1) UNION ALL (SELECT id FROM orders LIMIT 1)",
    "SELECT * FROM (SELECT * FROM orders LIMIT 1) x",
    "SELECT 'LIMIT 1' FROM orders",
    "SELECT * FROM orders FETCH FIRST 101 ROWS ONLY",
    "SELECT * FROM orders FETCH FIRST 5 PERCENT ROWS ONLY",
    "SELECT * FROM orders FETCH FIRST 5 ROWS WITH TIES",
    "SELECT * FROM orders LIMIT 5 BY id",
    // Functions.
    "SELECT pg_sleep(10) LIMIT 1",
    "SELECT sleep(10) LIMIT 1",
    "SELECT benchmark(1000000, 1) LIMIT 1",
    "SELECT pg_read_file('/etc/passwd') LIMIT 1",
    "SELECT lo_import('/etc/passwd') LIMIT 1",
    "SELECT load_file('/etc/passwd') LIMIT 1",
    "SELECT load_extension('x') LIMIT 1",
    "SELECT readfile('x') LIMIT 1",
    "SELECT writefile('x', 'y') LIMIT 1",
    "SELECT randomblob(1000000000) LIMIT 1",
    "SELECT repeat('x', 1000000000) LIMIT 1",
    "SELECT current_setting('x') LIMIT 1",
    "SELECT set_config('x', 'y', false) LIMIT 1",
    "SELECT pg_terminate_backend(1) LIMIT 1",
    "SELECT query_to_xml('SELECT * FROM secrets', true, true, '') LIMIT 1",
    "SELECT database_to_xml(true, true, '') LIMIT 1",
    "SELECT dblink('x', 'y') LIMIT 1",
    "SELECT * FROM dblink('x', 'y') AS t(a int) LIMIT 1",
    "SELECT * FROM generate_series(1, 1000000000) LIMIT 1",
    "SELECT * FROM pragma_table_info('secrets') LIMIT 1",
    "SELECT * FROM json_each('[1]') LIMIT 1",
    "SELECT * FROM LATERAL pg_ls_dir('/') LIMIT 1",
    "SELECT nextval('s') LIMIT 1",
    "SELECT xp_cmdshell('x') LIMIT 1",
    "SELECT version() LIMIT 1",
    "SELECT updatexml(1, 'x', 1) LIMIT 1",
    "SELECT extractvalue(1, 'x') LIMIT 1",
    "SELECT get_lock('x', 10) LIMIT 1",
    "SELECT master_pos_wait('x', 1) LIMIT 1",
    "SELECT id FROM orders ORDER BY pg_sleep(1) LIMIT 1",
    "SELECT id FROM orders WHERE count(pg_sleep(1)) > 1 LIMIT 1",
    "SELECT pg_catalog.pg_sleep(1) LIMIT 1",
    "SELECT other.count(1) LIMIT 1",
    "SELECT count(DISTINCT lo_get(1)) LIMIT 1",
    "SELECT my_own(1) LIMIT 1",
    // Comments and quotations.
    "SELECT * FROM orders /* x */ LIMIT 1",
    "SELECT * FROM orders LIMIT 1 -- x",
    "SELECT * FROM orders LIMIT 1 --",
    "SELECT * FROM orders LIMIT 1 /*",
    "SELECT /*!50000 * FROM secrets */ LIMIT 1",
    "SELECT /*+ x */ 1 LIMIT 1",
    "SELECT 1 /*! UNION SELECT password FROM secrets */ LIMIT 1",
    "SELECT '\\' FROM secrets LIMIT 1 -- '",
    "SELECT 'a\\'b' LIMIT 1",
    "SELECT E'a' LIMIT 1",
    "SELECT U&'a' LIMIT 1",
    "SELECT x'41' LIMIT 1",
    "SELECT _utf8'a' LIMIT 1",
    "SELECT $$a$$ LIMIT 1",
    "SELECT $x$ a $x$ LIMIT 1",
    "SELECT 'a LIMIT 1",
    "SELECT \"a LIMIT 1",
    "SELECT * FROM \"sec\"\"rets\" LIMIT 1",
    "SELECT * FROM U&\"secrets\" LIMIT 1",
    "SELECT * FROM [secrets] LIMIT 1",
    "SELECT * FROM 'secrets' LIMIT 1",
    "SELECT {fn now()} LIMIT 1",
    // Letters.
    "SELECT * FROM orders\u{0} LIMIT 1",
    "SELECT * FROM\u{a0}orders LIMIT 1",
    "SELECT * FROM\u{b}orders LIMIT 1",
    "SELECT * FROM\u{c}orders LIMIT 1",
    "SELECT * FROM ｏrders LIMIT 1",
    "SELECT * FROM о\u{200b}rders LIMIT 1",
    "SELECT * FROM \"оrders\" LIMIT 1",
    "SELECT\u{3000}1 LIMIT 1",
    "SELECT 'a\u{1b}' LIMIT 1",
    "SELECT 1FROM secrets LIMIT 1",
    "SELECT * FROM 1.secrets LIMIT 1",
    "SELECT @@version LIMIT 1",
    "SELECT @a := 1 LIMIT 1",
    // Tables behind words that parsers take for aliases.
    "SELECT * FROM ONLY secrets LIMIT 1",
    "SELECT * FROM ONLY (secrets) LIMIT 1",
    "SELECT id FROM orders WHERE id IN secrets LIMIT 1",
    "SELECT * FROM orders STRAIGHT_JOIN secrets LIMIT 1",
    "SELECT * FROM orders TABLESAMPLE SYSTEM (1) LIMIT 1",
    "SELECT * FROM orders LEFT JOIN LATERAL (SELECT * FROM secrets) x ON true LIMIT 1",
    "SELECT CAST('secrets' AS regclass) LIMIT 1",
    "SELECT CAST('x' AS mytype) LIMIT 1",
];

#[test]
fn hostile_statements_fail_in_every_dialect() {
    for dialect in ["postgresql", "sqlite", "mysql"] {
        none_fits(&reading(dialect), HOSTILE);
    }
}

#[test]
fn hostile_statements_fail_in_their_dialect() {
    none_fits(
        &reading("postgresql"),
        &[
            "SELECT * FROM \"Orders\" LIMIT 1",
            "SELECT * FROM \"ORDERS\" LIMIT 1",
            "SELECT * FROM \"orders \" LIMIT 1",
            "SELECT * FROM \"shop.items\" LIMIT 1",
            "SELECT * FROM `orders` LIMIT 1",
            "SELECT * FROM orders LIMIT 5, 1",
            "SELECT 'secrets'::regclass LIMIT 1",
            "SELECT '1'::my.type LIMIT 1",
            "SELECT 1 OPERATOR(pg_catalog.+) 1 LIMIT 1",
            "SELECT current_user LIMIT 1",
            "SELECT user LIMIT 1",
            "SELECT session_user FROM orders LIMIT 1",
            "SELECT * FROM ROWS FROM (pg_ls_dir('/')) LIMIT 1",
            "SELECT * FROM XMLTABLE('x' PASSING 'y' COLUMNS a int) LIMIT 1",
            "SELECT count(*) FILTER (WHERE (SELECT 1 FROM secrets) = 1) FROM orders LIMIT 1",
            "SELECT ARRAY(SELECT password FROM secrets) LIMIT 1",
            "SELECT ARRAY[(SELECT password FROM secrets)] LIMIT 1",
            "SELECT DISTINCT ON ((SELECT 1 FROM secrets)) id FROM orders LIMIT 1",
            "SELECT id FROM orders WINDOW w AS (ORDER BY (SELECT 1 FROM secrets)) LIMIT 1",
            "SELECT (secrets).* FROM orders LIMIT 1",
            "SELECT id FROM orders WHERE id = ANY(SELECT id FROM secrets) LIMIT 1",
            "SELECT * FROM orders LIMIT 1 FOR NO KEY UPDATE",
            "WITH a AS MATERIALIZED (SELECT * FROM secrets) SELECT * FROM a LIMIT 1",
            "SELECT \"pg_sleep\"(1) LIMIT 1",
            "SELECT interval (SELECT 1 FROM secrets) LIMIT 1",
        ],
    );
    none_fits(
        &reading("mysql"),
        &[
            "SELECT * FROM ORDERS LIMIT 1",
            "SELECT * FROM `Orders` LIMIT 1",
            "SELECT * FROM orders LIMIT 1, 101",
            "SELECT * FROM orders LIMIT 1 # x",
            "SELECT \"x\" LIMIT 1",
            "SELECT SQL_CALC_FOUND_ROWS * FROM orders LIMIT 1",
            "SELECT * FROM orders PARTITION (p0) LIMIT 1",
            "SELECT * FROM orders PROCEDURE ANALYSE() LIMIT 1",
            "SELECT CONVERT('x' USING utf8) LIMIT 1",
            "REPLACE INTO orders VALUES (1)",
            "SELECT * FROM JSON_TABLE('[]', '$' COLUMNS (a INT PATH '$')) t LIMIT 1",
        ],
    );
    none_fits(
        &reading("sqlite"),
        &[
            "SELECT * FROM temp.orders LIMIT 1",
            "SELECT * FROM main.secrets LIMIT 1",
            "SELECT * FROM `secrets` LIMIT 1",
            "SELECT * FROM orders LIMIT 1, 101",
            "SELECT * FROM orders LIMIT 101, 1000",
            "REPLACE INTO orders VALUES (1)",
            "SELECT fts3_tokenizer('x') LIMIT 1",
            "SELECT edit('x') LIMIT 1",
        ],
    );
}

#[test]
fn writes_reach_no_further_than_their_tables_and_rows() {
    for dialect in ["postgresql", "sqlite", "mysql"] {
        none_fits(
            &writing(dialect),
            &[
                "UPDATE orders SET total = 0",
                "DELETE FROM orders",
                "UPDATE secrets SET a = 1 WHERE id = 1",
                "DELETE FROM secrets WHERE id = 1",
                "INSERT INTO secrets VALUES (1)",
                "INSERT INTO orders SELECT * FROM secrets",
                "INSERT INTO orders VALUES ((SELECT password FROM secrets))",
                "UPDATE orders SET note = (SELECT password FROM secrets) WHERE id = 1",
                "UPDATE orders SET total = 1 WHERE id IN (SELECT id FROM secrets)",
                "DELETE FROM orders WHERE id IN (SELECT id FROM secrets)",
                "UPDATE orders JOIN secrets ON true SET total = 1 WHERE 1 = 1",
                "UPDATE orders SET total = 1 FROM secrets WHERE orders.id = secrets.id",
                "DELETE FROM orders USING secrets WHERE orders.id = secrets.id",
                "DELETE secrets FROM orders JOIN secrets ON true WHERE 1 = 1",
                "INSERT OR REPLACE INTO orders VALUES (1)",
                "INSERT INTO orders VALUES (1) RETURNING (SELECT password FROM secrets)",
                "DELETE FROM orders WHERE id = 1 RETURNING (SELECT password FROM secrets)",
                "INSERT OVERWRITE orders SELECT 1",
                "INSERT INTO TABLE orders VALUES (1)",
                "REPLACE INTO orders VALUES (1)",
            ],
        );
    }
}

#[test]
fn one_row_does_not_hold_the_values_of_all() {
    for (dialect, statement) in [
        ("postgresql", "SELECT string_agg(name, ', ') FROM customers LIMIT 1"),
        ("postgresql", "SELECT array_agg(name) FROM customers LIMIT 1"),
        ("postgresql", "SELECT id, (SELECT JSON_AGG(name) FROM customers) FROM orders LIMIT 1"),
        ("sqlite", "SELECT group_concat(name) FROM customers LIMIT 1"),
        ("mysql", "SELECT JSON_ARRAYAGG(name) FROM customers LIMIT 1"),
    ] {
        let refused = fits(&reading(dialect), statement).unwrap_err();
        assert_eq!(refused.reason.code(), "sql.collects", "{statement}");
        assert!(fits(&writing(dialect), statement).is_ok(), "{statement}");
    }
}

#[test]
fn a_limit_of_rows_binds_writes_too() {
    let Meaning::Sql { dialect, statements, tables, types, .. } = writing("mysql") else {
        unreachable!("it is SQL")
    };
    let few = Meaning::Sql { dialect, statements, tables, types, rows_max: Some(2) };
    all_fit(
        &few,
        &[
            "INSERT INTO orders (id) VALUES (1), (2)",
            "INSERT INTO orders (id) SELECT id FROM customers LIMIT 2",
            "UPDATE orders SET total = 1 WHERE id = 7 LIMIT 1",
            "DELETE FROM orders WHERE id = 7 LIMIT 2",
        ],
    );
    none_fits(
        &few,
        &[
            "INSERT INTO orders (id) VALUES (1), (2), (3)",
            "INSERT INTO orders (id) SELECT id FROM customers",
            "UPDATE orders SET total = 1 WHERE id = 7",
            "UPDATE orders SET total = 1 WHERE id = 7 LIMIT 3",
            "DELETE FROM orders WHERE id = 7",
        ],
    );
}
