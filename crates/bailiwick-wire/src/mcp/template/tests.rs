//! Which URIs a template stands for.

use proptest::prelude::*;

use super::*;

#[test]
fn a_template_stands_for_its_expansions_and_no_more() {
    for (template, yes, no) in [
        ("a://b", &["a://b"][..], &["a://", "a://bc", "", "A://b"][..]),
        ("a://{x}", &["a://1", "a://%20é"], &["a://", "a://1/2", "a://1?q", "a://1#f", "a://1,2"]),
        ("a://{x}/b", &["a://1/b"], &["a://1/bb", "a:///b", "a://1/2/b"]),
        ("{x}{y}", &["ab", "abc"], &["a", ""]),
        ("{x,y}", &["a,b"], &["a", "a,b,c", "a,"]),
        ("{x*}", &["a", "a,b,c"], &["a,,b", ","]),
        ("f://{+p}", &["f://a/b?c=d,e"], &["f://", "f://a#b"]),
        ("f://{+p,q}", &["f://a/b,c"], &["f://a"]),
        ("x{#f}", &["x#a/b"], &["x", "xa"]),
        ("x{.e}", &["x.txt"], &["x", "x.", "xtxt"]),
        ("x{.e*}", &["x.tar", "x.tar.gz"], &["x", "x."]),
        ("x{/a}", &["x/1"], &["x", "x/", "x/1/2"]),
        ("x{/a,b}", &["x/1/2"], &["x/1", "x/1/2/3"]),
        ("x{/a*}", &["x/1", "x/1/2/3"], &["x", "x//", "x/1/"]),
        ("x{?a}", &["x", "x?a=1"], &["x?", "x?a=", "x?b=1", "x&a=1", "x?a=1&a=2"]),
        (
            "x{?a,bc}",
            &["x", "x?a=1", "x?bc=2", "x?a=1&bc=2"],
            &["x?bc=2&a=1", "x?a=1?bc=2", "x?a=1&", "x&bc=2", "x?a=1&bc=2&a=3", "x?a=1&b=2"],
        ),
        ("x{?a,b}/y", &["x/y", "x?a=1/y"], &["x?a=1"]),
        ("x?k=1{&a,b}", &["x?k=1", "x?k=1&a=2", "x?k=1&b=2", "x?k=1&a=2&b=3"], &["x?k=1?a=2"]),
        ("{a}-{b}-{c}", &["1-2-3", "1-2-3-4", "---1-2"], &["1-2", "-"]),
        ("é{x}", &["éa"], &["ea", "é"]),
    ] {
        yes.iter().for_each(|uri| assert!(matches(template, uri), "{template} is not {uri}"));
        no.iter().for_each(|uri| assert!(!matches(template, uri), "{template} is {uri}"));
    }
}

#[test]
fn nothing_that_climbs_matches() {
    for uri in [
        "f://..",
        "f://a/../b",
        "f://a/.",
        "f://%2e%2E",
        "f://a%2f..%2Fb",
        "f://a\\..\\b",
        "f://a/..?x",
        "f://a%5c..",
        "f://x?a=../b",
        "f://../",
    ] {
        assert!(!matches("f://{+p}", uri) && !matches("f://{p}", uri), "{uri}");
        assert!(!matches(uri, uri), "{uri}");
    }
    for uri in ["f://a..b", "f://...", "f://.hidden"] {
        assert!(matches("f://{p}", uri), "{uri}");
    }
}

#[test]
fn a_malformed_template_stands_for_nothing() {
    for template in [
        "{", "}", "{}", "a}b", "{a", "{a{b}}", "{a b}", "{+}", "{?}", "{a,}", "{a:3}", "{;a}",
        "{=a}", "{|a}", "{?a*}", "{é}", "{**}",
    ] {
        for uri in ["a", "", "ab", "{", "}", template, "a?a=1", ";a"] {
            assert!(!matches(template, uri), "{template} is {uri}");
        }
    }
}

#[test]
fn limits_hold_and_the_worst_is_quick() {
    let long = "a".repeat(URI_BYTES_MAX);
    assert!(matches("{x}", &long));
    assert!(!matches("{x}", &(long.clone() + "a")));
    assert!(!matches(&"a".repeat(TEMPLATE_BYTES_MAX + 1), &"a".repeat(TEMPLATE_BYTES_MAX + 1)));
    // A matcher that goes back would not come back from this.
    assert!(!matches(&"{x}".repeat(TEMPLATE_BYTES_MAX / 3), &(long[1..].to_owned() + "#")));
}

proptest! {
    #[test]
    fn an_expansion_matches_and_hostile_text_does_no_harm(
        value in "[a-zA-Z0-9_~-]{1,12}",
        other in "[a-zA-Z0-9_~-]{1,12}",
        template in "[{}a+#./;?&,*:é-]{0,20}",
        uri in "[a{}+#./;?&,*=é-]{0,20}",
    ) {
        let plain = format!("s://h/{value}/x/{other}");
        assert!(matches("s://h/{a}/x/{b}", &plain));
        assert!(matches("s://h{/a*}", &plain));
        assert!(matches("s://{+all}", &plain));
        let query = format!("s://h?a={value}&b={other}");
        assert!(matches("s://h{?a,b}", &query));
        let _ = matches(&template, &uri);
        // A template without expressions stands for itself alone.
        if !template.contains(['{', '}']) {
            prop_assert_eq!(matches(&template, &uri), template == uri && !has_dot_segment(&uri));
        }
    }
}

#[test]
fn a_search_ends_when_its_steps_are_used_up() {
    let (crowd, uri) = (Template::read(&"{a0}{a1}{a2}{a3}x".repeat(30)), "x".repeat(8000));
    let mut search = Search::new(&uri, 1 << 20);
    let begun = (0..1000).take_while(|_| search.left() > 0 && !search.is_of(&crowd)).count();
    assert!(begun < 100 && search.left() == 0, "{begun} templates were tried");
    // And what would match is not found any more.
    assert!(!search.is_of(&Template::read("{a}")));
    assert!(Search::new(&uri, 1 << 20).is_of(&Template::read("{a}")));
    // Those that begin otherwise cost next to nothing.
    let mut search = Search::new(&uri, 10_000);
    for _ in 0..1000 {
        assert!(!search.is_of(&Template::read("file:///{path}")));
    }
    assert_eq!(search.left(), 9_000);
}
