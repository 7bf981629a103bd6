//! Words for a shell.

use bailiwick_contracts::Meaning;
use bailiwick_core::{Number, Value};

use crate::{all_fit, fits_value, none_fits};

#[test]
fn what_a_shell_may_take_for_more_than_a_word_fails() {
    none_fits(
        &Meaning::NoShell,
        &[
            "",
            " ",
            "a b",
            "a\tb",
            "a\nb",
            "a\r",
            "a;b",
            "a|b",
            "a&b",
            "a&&b",
            "a>b",
            "a<b",
            "$a",
            "${a}",
            "$(a)",
            "`a`",
            "a'b",
            "a\"b",
            "a\\b",
            "a*",
            "a?",
            "[a]",
            "{a,b}",
            "~",
            "~root",
            "!a",
            "a!",
            "#a",
            "a^b",
            "%PATH%",
            "a=b",
            "-rf",
            "--help",
            "+x",
            "@a",
            ":a",
            "a,b",
            "(a)",
            "a\u{0}",
            "a\u{1b}[2J",
            "a\u{a0}b",
            "a\u{2028}b",
            "a\u{3000}b",
            "a；b",
            "a｜b",
            "a\u{202e}",
            "=ls",
            "–rf",
        ],
    );
}

#[test]
fn a_word_is_one_word_to_every_shell() {
    all_fit(
        &Meaning::NoShell,
        &[
            "main",
            "v1.2.3",
            "feature/x-1",
            "./a.txt",
            "/srv/a",
            "a@b.com",
            "x:y",
            "Größe",
            "_a",
            "7",
        ],
    );
    let number = |it: &str| Value::Number(Number::from_lexeme(it));
    assert!(fits_value(&Meaning::NoShell, number("7")).is_ok());
    assert!(fits_value(&Meaning::NoShell, number("-7")).is_err());
    assert!(fits_value(&Meaning::NoShell, Value::Bool(true)).is_ok());
    assert!(fits_value(&Meaning::NoShell, Value::Null).is_err());
}
