//! Addresses of e-mail.

use bailiwick_contracts::{Argument, Meaning, NotEmail, Reason, meant};
use bailiwick_core::Value;
use proptest::prelude::{prop_assert, proptest};

use crate::{all_fit, fits, fits_value, none_fits, strings};

fn of(domains: &[&str], most: Option<u32>) -> Meaning {
    Meaning::Email { domains: strings(domains), most }
}

fn texts(texts: &[&str]) -> Value {
    Value::List(texts.iter().map(|it| Value::Text((*it).into())).collect())
}

const HOSTILE: &[&str] = &[
    "",
    " ",
    "anna",
    "@firm.com",
    "anna@",
    "anna@@firm.com",
    "anna@firm.com@evil.com",
    "anna@evil.com@firm.com",
    // Several in one text.
    "anna@firm.com,eve@evil.com",
    "anna@firm.com, eve@evil.com",
    "anna@firm.com;eve@evil.com",
    "anna@firm.com eve@evil.com",
    "anna@firm.com\neve@evil.com",
    "staff:anna@firm.com,eve@evil.com;",
    "undisclosed-recipients:;",
    // Names, comments, quotes.
    "Anna <anna@firm.com>",
    "\"anna@firm.com\" <eve@evil.com>",
    "anna@firm.com <eve@evil.com>",
    "<anna@firm.com>",
    "anna@firm.com>",
    "(anna@firm.com)eve@evil.com",
    "anna(x)@firm.com",
    "anna@firm.com(x)",
    "\"anna\"@firm.com",
    "\"eve@evil.com,\"@firm.com",
    "\"a\\\"b\"@firm.com",
    "=?utf-8?q?anna?=@firm.com",
    "<@evil.com:anna@firm.com>",
    "@evil.com:anna@firm.com",
    "mailto:anna@firm.com",
    "anna@firm.com?bcc=eve@evil.com",
    // Headers and ends.
    "anna@firm.com\r\nBcc: eve@evil.com",
    "anna@firm.com\nBcc: eve@evil.com",
    "anna@firm.com%0aBcc:eve@evil.com",
    "anna@firm.com\u{0}",
    "anna@firm.com\u{2028}",
    " anna@firm.com",
    "anna@firm.com ",
    "anna @firm.com",
    "anna@ firm.com",
    // Routes of old, and options of commands.
    "eve%evil.com@firm.com",
    "evil.com!eve@firm.com",
    "-oQ/tmp@firm.com",
    "--help@firm.com",
    "|id@firm.com",
    "/dev/null@firm.com",
    "$(id)@firm.com",
    "`id`@firm.com",
    ".anna@firm.com",
    "anna.@firm.com",
    "an..na@firm.com",
    // Domains.
    "anna@firm",
    "anna@localhost",
    "anna@firm.com.",
    "anna@.firm.com",
    "anna@firm..com",
    "anna@firm_x.com",
    "anna@-firm.com",
    "anna@[127.0.0.1]",
    "anna@[IPv6:::1]",
    "anna@127.0.0.1",
    "anna@2130706433",
    "anna@evil.com",
    "anna@evilfirm.com",
    "anna@firm.com.evil.com",
    "anna@firm.co",
    "anna@sub.firm.com",
    "anna@xn--frm-qma.com",
    "anna@fіrm.com",
    "anna@ﬁrm.com",
    "anna@firm\u{ad}.com",
    "аnna@firm.com",
    "anna@firm。com",
    "anna＠firm.com",
];

#[test]
fn hostile_addresses_fail() {
    none_fits(&of(&["firm.com", "*.partner.org"], None), HOSTILE);
    let any = of(&[], None);
    let elsewhere =
        ["anna@evil.com", "anna@evilfirm.com", "anna@firm.com.evil.com", "anna@firm.co"];
    let of_all = |it: &&&str| !elsewhere.contains(it) && **it != "anna@sub.firm.com";
    let hostile: Vec<&str> = HOSTILE.iter().filter(of_all).copied().collect();
    none_fits(&any, &hostile);
    none_fits(&any, &["anna@firm.local", "anna@firm.invalid", "anna@x.localhost"]);
    none_fits(&any, &[&format!("{}@firm.com", "a".repeat(65))]);
    none_fits(&any, &[&format!("a@{}.com", "a".repeat(64))]);
}

#[test]
fn honest_addresses_pass() {
    let honest = [
        "anna@firm.com",
        "Anna.Berg@FIRM.com",
        "anna+orders@firm.com",
        "o'hara@firm.com",
        "a_b-c@firm.com",
        "42@firm.com",
        "x@a.partner.org",
        "x@b.a.partner.org",
    ];
    all_fit(&of(&["firm.com", "*.partner.org"], None), &honest);
    all_fit(&of(&[], None), &honest);
    all_fit(&of(&["mail.firm.local"], None), &["anna@mail.firm.local"]);
}

#[test]
fn addresses_are_counted_over_the_whole_call() {
    let few = of(&["firm.com"], Some(2));
    assert!(fits_value(&few, texts(&["a@firm.com", "b@firm.com"])).is_ok());
    let many = fits_value(&few, texts(&["a@firm.com", "b@firm.com", "c@firm.com"]));
    assert_eq!(many.unwrap_err().reason, Reason::Email(NotEmail::TooMany));
    assert!(fits_value(&few, texts(&["a@firm.com", "b@evil.com"])).is_err());
    assert!(fits_value(&few, texts(&[])).is_err());
    assert!(fits_value(&few, Value::List(vec![texts(&["a@firm.com"])])).is_err());

    let said = Argument { is: Some(few), ..Argument::default() };
    let wide = Argument { is: Some(of(&[], Some(50))), ..Argument::default() };
    let arguments = [("cc".to_owned(), wide), ("to".to_owned(), said)].into();
    let call = |to: &[&str], cc: &[&str]| {
        let given = vec![("to".into(), texts(to)), ("cc".into(), texts(cc))];
        meant(&[&arguments], &Value::Record(given))
    };
    assert_eq!(call(&["a@firm.com"], &["b@firm.com"]).map(|it| it.recipients), Ok(2));
    let spread = call(&["a@firm.com"], &["b@firm.com", "c@firm.com"]).unwrap_err();
    assert_eq!((spread.argument.as_str(), spread.reason.code()), ("to", "email.most"));

    // What a view says of one argument and its tool of another bounds all that the call sends to.
    let only = |name: &str| {
        let one = |(it, said): (&String, &Argument)| {
            (it == name).then(|| (name.to_owned(), said.clone()))
        };
        arguments.iter().filter_map(one).collect()
    };
    let (tool, view) = (only("to"), only("cc"));
    let given = vec![
        ("to".into(), texts(&["a@firm.com"])),
        ("cc".into(), texts(&["b@firm.com", "c@firm.com"])),
    ];
    let spread = meant(&[&tool, &view], &Value::Record(given)).unwrap_err();
    assert_eq!(spread.reason.code(), "email.most");
}

#[test]
fn a_contract_that_says_nonsense_of_addresses_is_at_fault() {
    assert_eq!(of(&["firm.com", "*.firm.com"], Some(1)).fault(), None);
    for odd in ["Firm.com", "firm", "@firm.com", "a@firm.com", "*", "*.com.", "*firm.com", ""] {
        assert!(of(&[odd], None).fault().is_some(), "{odd}");
    }
    assert!(of(&[], Some(0)).fault().is_some());
}

proptest! {
    #[test]
    fn whatever_passes_is_one_address_to_the_crudest_mailer(
        text in "[-a-z.@,;<>\"() \r\n:%+=]{1,12}(@firm.com)?[,; <>\"\r\n]?",
    ) {
        if fits(&of(&["firm.com"], None), &text).is_ok() {
            prop_assert!(text.matches('@').count() == 1 && text.ends_with("@firm.com"), "{text}");
            prop_assert!(!text.contains([',', ';', '<', '"', ' ', '\r', '\n', ':']), "{text}");
        }
    }
}
