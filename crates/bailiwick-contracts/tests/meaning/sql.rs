//! Honest statements, what they touch, and bombs.

use std::collections::BTreeMap;

use bailiwick_contracts::{Meaning, NotSql, Reason};

use crate::{all_fit, fits, strings};

/// A SELECT of at most 100 rows.
pub(crate) fn reading(dialect: &str) -> Meaning {
    Meaning::Sql {
        dialect: dialect.to_owned(),
        statements: Vec::new(),
        tables: strings(&["orders", "customers", "shop.items"]),
        types: BTreeMap::new(),
        rows_max: Some(100),
    }
}

/// Any statement of any number of rows.
pub(crate) fn writing(dialect: &str) -> Meaning {
    Meaning::Sql {
        dialect: dialect.to_owned(),
        statements: strings(&["select", "insert", "update", "delete"]),
        tables: strings(&["orders", "customers"]),
        types: BTreeMap::new(),
        rows_max: None,
    }
}

/// What people ask, in all three dialects.
const HONEST: &[&str] = &[
    "SELECT * FROM orders LIMIT 10",
    "select id, total from orders where customer_id = 'c_42' limit 100;",
    "SELECT id\nFROM orders\nWHERE total > 10.50\nORDER BY total DESC\nLIMIT 5 OFFSET 20",
    "SELECT c.name, o.total FROM customers c JOIN orders AS o ON o.customer_id = c.id LIMIT 50",
    "SELECT c.name, COUNT(*) AS n FROM customers c LEFT JOIN orders o ON o.customer_id = c.id \
     GROUP BY c.name HAVING COUNT(*) > 3 ORDER BY n DESC LIMIT 10",
    "SELECT name FROM customers WHERE id IN (SELECT customer_id FROM orders) LIMIT 10",
    "SELECT name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE total > 5) LIMIT 10",
    "WITH big AS (SELECT * FROM orders WHERE total > 100) SELECT * FROM big LIMIT 10",
    "WITH a AS (SELECT id FROM orders), b AS (SELECT id FROM a) SELECT * FROM b LIMIT 1",
    "SELECT id FROM orders UNION SELECT id FROM customers LIMIT 20",
    "SELECT id FROM orders UNION ALL SELECT id FROM customers ORDER BY id LIMIT 20",
    "SELECT * FROM (SELECT id, total FROM orders) AS o LIMIT 3",
    "SELECT CASE WHEN total > 10 THEN 'big' ELSE 'small' END FROM orders LIMIT 9",
    "SELECT COALESCE(note, 'a -- b; /* c */ # d') FROM orders LIMIT 9",
    "SELECT 'it''s; DROP TABLE orders' FROM orders LIMIT 1",
    "SELECT DISTINCT status FROM orders LIMIT 30",
    "SELECT SUM(total), AVG(total), MIN(total), MAX(total) FROM orders LIMIT 1",
    "SELECT id, ROW_NUMBER() OVER (PARTITION BY customer_id ORDER BY id) FROM orders LIMIT 10",
    "SELECT UPPER(name), LENGTH(name) FROM customers WHERE name LIKE 'A%' LIMIT 10",
    "SELECT * FROM orders WHERE created BETWEEN '2026-01-01' AND '2026-02-01' LIMIT 10",
    "SELECT * FROM orders WHERE note IS NOT NULL AND NOT (total < 5 OR total > 9) LIMIT 10",
    "SELECT CAST(total AS INTEGER) FROM orders LIMIT 10",
    "SELECT i.name FROM shop.items i LIMIT 10",
    "SELECT id FROM orders WHERE total IN (1, 2, 3, -4) LIMIT 10",
    "SELECT name AS \u{09}kunde FROM customers WHERE name = 'Jürgen Müller' LIMIT 1",
    "SELECT (SELECT MAX(total) FROM orders) AS most LIMIT 1",
    "SELECT a.id FROM orders a, orders b WHERE a.id = b.id LIMIT 2",
    "SELECT 1 LIMIT 1",
];

#[test]
fn honest_statements_pass_in_every_dialect() {
    for dialect in ["postgresql", "sqlite", "mysql"] {
        all_fit(&reading(dialect), HONEST);
    }
}

#[test]
fn each_dialect_has_its_own_spellings() {
    all_fit(
        &reading("postgresql"),
        &[
            "SELECT \"orders\".id FROM \"orders\" LIMIT 1",
            "SELECT * FROM ORDERS FETCH FIRST 10 ROWS ONLY",
            "SELECT id FROM orders OFFSET 5 FETCH NEXT 10 ROWS ONLY",
            "SELECT created::date, date_trunc('month', created) FROM orders LIMIT 3",
            "SELECT data->>'name' FROM customers WHERE data @> '{\"a\": 1}' LIMIT 3",
            "SELECT id FROM orders WHERE id = ANY(ARRAY[1, 2]) LIMIT 3",
            "SELECT count(*) FILTER (WHERE total > 5) FROM orders LIMIT 1",
            "SELECT * FROM orders WHERE created > now() - interval '7 days' LIMIT 10",
            "SELECT * FROM customers c, LATERAL (SELECT id FROM orders) o LIMIT 3",
            "SELECT DISTINCT ON (customer_id) id FROM orders LIMIT 3",
            "SELECT max(name) FROM customers WHERE name ~* '^a' LIMIT 1",
        ],
    );
    all_fit(
        &reading("sqlite"),
        &[
            "SELECT * FROM [orders] LIMIT 1".replace(['[', ']'], "\"").as_str(),
            "SELECT * FROM `orders` LIMIT 5, 10",
            "SELECT * FROM Orders LIMIT 1",
            "SELECT strftime('%Y', created), date('now') FROM orders LIMIT 1",
        ],
    );
    all_fit(
        &reading("mysql"),
        &[
            "SELECT `id` FROM `orders` LIMIT 5, 10",
            "SELECT IFNULL(note, '') FROM orders LIMIT 1",
            "SELECT DATE_FORMAT(created, '%Y') FROM orders LIMIT 1",
            "SELECT * FROM orders WHERE created > NOW() - INTERVAL 7 DAY LIMIT 1",
        ],
    );
}

#[test]
fn writes_pass_where_they_are_listed_and_say_which_rows() {
    for dialect in ["postgresql", "sqlite", "mysql"] {
        all_fit(
            &writing(dialect),
            &[
                "SELECT * FROM orders",
                "INSERT INTO orders (id, total) VALUES (1, 2.5), (2, 3.5)",
                "INSERT INTO orders (id) SELECT id FROM customers",
                "UPDATE orders SET total = total + 1, note = 'x' WHERE id = 7",
                "DELETE FROM orders WHERE id = 7",
            ],
        );
    }
    all_fit(
        &writing("postgresql"),
        &[
            "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET total = 2",
            "UPDATE orders SET total = 1 FROM customers c WHERE c.id = orders.customer_id",
            "DELETE FROM orders USING customers c WHERE c.id = orders.customer_id RETURNING id",
            "WITH d AS (DELETE FROM orders WHERE id = 1 RETURNING *) SELECT * FROM d",
        ],
    );
    let meant = fits(
        &writing("postgresql"),
        "WITH d AS (DELETE FROM orders WHERE id = 1 RETURNING *) INSERT INTO customers SELECT * FROM d",
    );
    let meant = meant.expect("both kinds are listed");
    assert_eq!(Vec::from_iter(meant.statements), ["delete", "insert"]);
    assert_eq!(Vec::from_iter(meant.tables), ["customers", "orders"]);
}

#[test]
fn a_statement_says_which_tables_it_touches() {
    let text = "SELECT * FROM Customers WHERE id IN (SELECT customer_id FROM orders) LIMIT 1";
    let meant = fits(&reading("sqlite"), text).expect("both are listed");
    assert_eq!(Vec::from_iter(meant.tables), ["customers", "orders"]);
    assert_eq!(Vec::from_iter(meant.statements), ["select"]);
}

#[test]
fn a_bomb_is_refused_at_once() {
    let deep = |open: &str, close: &str, times: usize| {
        format!("SELECT {}1{} LIMIT 1", open.repeat(times), close.repeat(times))
    };
    let bombs = [
        deep("(", ")", 12),
        deep("(", ")", 5_000),
        deep("(SELECT ", ")", 12),
        deep("(SELECT * FROM (SELECT ", "))", 200),
        deep("NOT ", "", 3_000),
        deep("- ", "", 3_000),
        deep("CASE WHEN ", " THEN 1 END", 12),
        deep("CASE WHEN ", " THEN 1 END", 500),
        deep("abs(", ")", 400),
        deep("ABS((SELECT ", "))", 6),
        deep("EXISTS (SELECT 1 WHERE ", ")", 11),
        deep("interval ", "", 200),
        deep("interval ", "", 15),
        deep("prior ", "", 200),
        deep("binary ", "", 200),
        deep("NOT ", "", 200),
        deep("- ", "", 200),
        format!("SELECT 1{} LIMIT 1", " + 1".repeat(150)),
        format!("SELECT 1{} LIMIT 1", " + 1".repeat(250)),
        format!("SELECT a{} LIMIT 1", " IS NULL".repeat(250)),
        format!("SELECT 1{} LIMIT 1", " UNION SELECT 1".repeat(250)),
        format!("SELECT * FROM orders{} LIMIT 1", " JOIN orders".repeat(250)),
        format!("SELECT 1{} LIMIT 1", "+1".repeat(4_000)),
        format!("SELECT 1{} LIMIT 1", " AND 1".repeat(2_000)),
        format!("SELECT a{} LIMIT 1", "::int".repeat(2_000)),
        format!("SELECT 1{} LIMIT 1", " UNION SELECT 1".repeat(1_000)),
        format!("SELECT a{} LIMIT 1", " IS NULL".repeat(1_500)),
        format!("SELECT a{} LIMIT 1", "[1]".repeat(2_000)),
        format!("SELECT a{} LIMIT 1", " COLLATE x".repeat(1_200)),
        format!("SELECT {} LIMIT 1", "f(".repeat(3_000)),
        format!("SELECT * FROM {}orders{} LIMIT 1", "(".repeat(900), ")".repeat(900)),
        format!("SELECT * FROM orders{} LIMIT 1", " JOIN orders".repeat(1_000)),
        format!("{}SELECT 1", "EXPLAIN ".repeat(1_000)),
        format!("{}SELECT 1", "WITH a AS (".repeat(1_000)),
        format!("SELECT '{}' LIMIT 1", "x".repeat(20_000)),
        format!("SELECT a AS {} LIMIT 1", "x".repeat(64)),
    ];
    // Less than two thirds of what a worker of the gateway has, without optimisation.
    let thread = std::thread::Builder::new().stack_size(1_310_720);
    let run = thread.spawn(move || {
        for dialect in ["postgresql", "sqlite", "mysql"] {
            for bomb in &bombs {
                let read = fits(&reading(dialect), bomb);
                let head: String = bomb.chars().take(40).collect();
                assert!(read.is_err() || bomb.len() < 5_000, "{head}");
            }
        }
    });
    run.expect("a thread starts").join().expect("no bomb goes off");
}

#[test]
fn a_refusal_tells_what_would_be_right() {
    let misfit = fits(&reading("mysql"), "DROP TABLE orders").unwrap_err();
    assert_eq!(misfit.reason, Reason::Sql(NotSql::Kind));
    assert_eq!(misfit.reason.code(), "sql.kind");
    assert_eq!(
        misfit.to_string(),
        "`it` is a kind of statement that the contract does not list; it should be one select of \
         mysql on orders, customers, shop.items, with a LIMIT of at most 100, without comments and \
         backslashes"
    );
}

#[test]
fn a_contract_that_says_nonsense_of_sql_is_at_fault() {
    let sql = |dialect: &str, statement: &str, table: &str, rows_max| Meaning::Sql {
        dialect: dialect.to_owned(),
        statements: strings(&[statement]),
        tables: strings(&[table]),
        types: BTreeMap::new(),
        rows_max,
    };
    assert_eq!(sql("sqlite", "select", "a.b", Some(1)).fault(), None);
    for odd in [
        sql("oracle", "select", "a", None),
        sql("PostgreSQL", "select", "a", None),
        sql("sqlite", "drop", "a", None),
        sql("sqlite", "SELECT", "a", None),
        sql("sqlite", "select", "a.b.c", None),
        sql("sqlite", "select", "\"a\"", None),
        sql("sqlite", "select", "only", None),
        sql("sqlite", "select", "", None),
        sql("sqlite", "select", "a", Some(0)),
    ] {
        assert!(odd.fault().is_some(), "{odd:?}");
    }
}
