//! Statements put together at random: what passes touches no table that is not listed, and says
//! each that it touches. What each touches is known from how it was put together, not from a
//! parser.

use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::fits;
use crate::sql::reading;

/// A piece of a statement, and the tables that were put into it.
type Piece = (String, BTreeSet<&'static str>);

fn table() -> impl Strategy<Value = Piece> + Clone {
    let spelled = prop_oneof![
        4 => Just(("orders", "orders")),
        2 => Just(("customers", "customers")),
        1 => Just(("shop.items", "shop.items")),
        1 => Just(("secrets", "secrets")),
        1 => Just(("\"secrets\"", "secrets")),
        1 => Just(("public.orders", "public.orders")),
        1 => Just(("Secrets", "secrets")),
    ];
    spelled.prop_map(|(text, name)| (text.to_owned(), BTreeSet::from([name])))
}

fn join(pieces: &[&Piece], text: String) -> Piece {
    (text, pieces.iter().flat_map(|(_, tables)| tables.iter().copied()).collect())
}

fn query() -> impl Strategy<Value = Piece> {
    let leaf = table().prop_map(|t| join(&[&t], format!("SELECT id FROM {}", t.0)));
    leaf.prop_recursive(4, 12, 3, |inner| {
        let two = (inner.clone(), inner.clone());
        let with_table = (inner.clone(), table());
        prop_oneof![
            two.clone().prop_map(|(a, b)| join(&[&a, &b], format!("{} UNION {}", a.0, b.0))),
            two.prop_map(|(a, b)| {
                join(&[&a, &b], format!("WITH x AS ({}) SELECT id FROM x, ({}) y", a.0, b.0))
            }),
            with_table.clone().prop_map(|(q, t)| {
                join(&[&q, &t], format!("SELECT id FROM {} WHERE id IN ({})", t.0, q.0))
            }),
            with_table.clone().prop_map(|(q, t)| {
                join(&[&q, &t], format!("SELECT ({}), 'x' FROM {}", q.0, t.0))
            }),
            with_table.clone().prop_map(|(q, t)| {
                join(&[&q, &t], format!("SELECT a.id FROM {} a JOIN ({}) b ON 1 = 1", t.0, q.0))
            }),
            with_table.clone().prop_map(|(q, t)| {
                join(&[&q, &t], format!("SELECT max(id) FROM {} HAVING EXISTS ({})", t.0, q.0))
            }),
            with_table.prop_map(|(q, t)| {
                join(&[&q, &t], format!("WITH secrets AS ({}) SELECT id FROM {}", q.0, t.0))
            }),
        ]
    })
}

const LISTED: [&str; 3] = ["orders", "customers", "shop.items"];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_statement_that_passes_touches_another_table(
        (text, tables) in query(),
        dialect in prop_oneof![Just("postgresql"), Just("sqlite"), Just("mysql")],
    ) {
        let text = format!("{text} LIMIT 5");
        let read = fits(&reading(dialect), &text);
        let touched: BTreeSet<&str> = tables.iter().copied().collect();
        // Where a WITH gives the name, it stands for its query.
        let gives_it = text.contains("WITH secrets");
        if let Ok(meant) = read {
            let said: BTreeSet<&str> = meant.tables.iter().map(String::as_str).collect();
            prop_assert!(said.iter().all(|it| LISTED.contains(it)), "{text}");
            let others = touched.iter().filter(|it| !LISTED.contains(it));
            for other in others {
                prop_assert!(gives_it && *other == "secrets", "{text} reads {other}");
            }
            let listed: BTreeSet<&str> =
                touched.iter().copied().filter(|it| LISTED.contains(it)).collect();
            prop_assert_eq!(said, listed, "{}", text);
        } else if touched.iter().all(|it| LISTED.contains(it)) {
            // A piece may be too deep, or a WITH in a UNION no grammar; honest tables are not why.
            prop_assert_ne!(read.unwrap_err().reason.code(), "sql.table", "{}", text);
        }
    }

    #[test]
    fn no_text_makes_it_fall(text in ".{0,200}", dialect in "postgresql|sqlite|mysql") {
        let _ = fits(&reading(&dialect), &text);
    }

    #[test]
    fn no_words_make_it_fall(
        words in proptest::collection::vec(prop_oneof![
            Just("SELECT"), Just("FROM"), Just("orders"), Just("secrets"), Just("WHERE"), Just("("),
            Just(")"), Just(","), Just("*"), Just("UNION"), Just("WITH"), Just("AS"), Just("LIMIT"),
            Just("1"), Just("'x'"), Just("JOIN"), Just("ON"), Just("IN"), Just("EXISTS"), Just("="),
            Just("INSERT"), Just("INTO"), Just("VALUES"), Just("UPDATE"), Just("SET"), Just("ONLY"),
            Just("LATERAL"), Just("TABLE"), Just("NOT"), Just("CASE"), Just("END"), Just("::"),
        ], 0..40),
    ) {
        let text = words.join(" ");
        if let Ok(meant) = fits(&reading("postgresql"), &text) {
            prop_assert!(meant.tables.iter().all(|it| it == "orders"), "{text}");
            let reads = |it: &[&str]| matches!(it, ["FROM" | "JOIN" | "," | "INTO", "secrets"]);
            let is_read = words.windows(2).any(reads) && !text.contains("secrets AS");
            prop_assert!(!is_read || !text.contains("FROM secrets"), "{text}");
        }
    }
}
