//! URLs.

use bailiwick_contracts::Meaning;
use proptest::prelude::{any as arbitrary, prop_assert, proptest};

use crate::{all_fit, fits, none_fits, strings};

fn any() -> Meaning {
    Meaning::Url { schemes: Vec::new(), hosts: Vec::new() }
}

fn listed() -> Meaning {
    let hosts = ["example.com", "*.example.org", "api.example.net:8443", "93.184.216.34"];
    Meaning::Url { schemes: strings(&["https", "http"]), hosts: strings(&hosts) }
}

const HOSTILE: &[&str] = &[
    "",
    "https://",
    "https:///",
    "https:example.com",
    "https:/example.com",
    "//example.com/",
    "/etc/passwd",
    "example.com",
    // Schemes.
    "http://example.com/",
    "file:///etc/passwd",
    "file://example.com/etc",
    "ftp://example.com/",
    "gopher://example.com/",
    "dict://example.com/",
    "data:text/html,x",
    "javascript:alert(1)",
    "jar:https://example.com/",
    "view-source:https://example.com/",
    " https://example.com/",
    "https ://example.com/",
    "ht\ttps://example.com/",
    // Users, passwords, and what parsers take for a host.
    "https://user@example.com/",
    "https://user:pass@example.com/",
    "https://example.com@evil.com/",
    "https://example.com:443@evil.com/",
    "https://evil.com\\@example.com/",
    "https://example.com\\.evil.com/",
    "https:\\\\example.com/",
    "https://example.com#@evil.com/",
    "https://example.com?@evil.com/",
    "https://example.com;@evil.com/",
    "https://example.com,evil.com/",
    "https://[example.com]/",
    "https://example.com%2f@evil.com/",
    "https://example.com%00.evil.com/",
    "https://ex%61mple.com/",
    "https://example.com /",
    "https://exam\nple.com/",
    "https://example.com/\r\nHost: evil.com",
    "https://example.com/%0d%0aHost:%20evil.com",
    "https://example.com/%00",
    "https://example.com/%zz",
    "https://example.com/%",
    "https://example.com/a b",
    "https://example.com/<x>",
    "https://example.com/ü",
    // IPv4, plain and in disguise.
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.0.1.:443/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://127.0.0.01/",
    "https://017700000001/",
    "https://127.0.1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://256.0.0.1/",
    "https://1.2.3.4.5/",
    "https://example.1/",
    "https://example.0x1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    // IPv6.
    "https://[::1]/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fc00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2001::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[100::1]/",
    "https://[::1/",
    "https://::1/",
    "https://[v1.x]/",
    // Names.
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://x.localhost/",
    "https://localhost.localdomain/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://router.lan/",
    "https://x.home.arpa/",
    "https://x.onion/",
    "https://127.0.0.1.nip.io/",
    "https://a.localtest.me/",
    "https://intranet/",
    "https://example.com./",
    "https://.example.com/",
    "https://example..com/",
    "https://-example.com/",
    "https://example-.com/",
    "https://exa_mple.com/",
    "https://xn--exmple-cua.com/",
    "https://еxample.com/",
    "https://example.com\u{ad}/",
    "https://ｅxample.com/",
    // Ports.
    "https://example.com:22/",
    "https://example.com:8443/",
    "https://example.com:/",
    "https://example.com:0/",
    "https://example.com:0443/",
    "https://example.com:+443/",
    "https://example.com:65536/",
    "https://example.com:443:443/",
    "https://example.com:443x/",
];

#[test]
fn hostile_urls_fail() {
    none_fits(&any(), HOSTILE);
    none_fits(&any(), &[&format!("https://example.com/{}", "a".repeat(2048))]);
    none_fits(
        &listed(),
        &[
            "https://evil.com/",
            "https://example.com.evil.com/",
            "https://evilexample.com/",
            "https://example.org/",
            "https://evilexample.org/",
            "https://xn--80ak6aa92e.example.org/",
            "https://example.com:8443/",
            "https://api.example.net/",
            "http://api.example.net:443/",
            "https://93.184.216.35/",
            "https://1571862562/",
            "wss://example.com/",
        ],
    );
}

#[test]
fn honest_urls_pass() {
    all_fit(
        &any(),
        &[
            "https://example.com",
            "https://example.com/",
            "HTTPS://Example.COM/Path",
            "https://example.com:443/",
            "https://a.b-c.example.co.uk/a/b.html?x=1&y=%C3%BC#z",
            "https://example.com/@user/post;v=1",
            "https://example.com/%E4%BD%A0",
            "https://93.184.216.34/",
            "https://[2606:2800:220:1::1]/",
            "https://[2606:2800:220:1::1]:443/x",
            "https://mylocal.com/",
            "https://9gag.com/",
        ],
    );
    all_fit(
        &listed(),
        &[
            "http://example.com/",
            "https://a.example.org/",
            "https://a.b.example.org/x",
            "https://api.example.net:8443/",
            "https://93.184.216.34/",
        ],
    );
}

#[test]
fn a_contract_that_says_nonsense_of_urls_is_at_fault() {
    assert_eq!(listed().fault(), None);
    let url = |scheme: &str, host: &str| Meaning::Url {
        schemes: strings(&[scheme]),
        hosts: strings(&[host]),
    };
    for odd in [
        url("file", "example.com"),
        url("HTTPS", "example.com"),
        url("https", "https://example.com"),
        url("https", "example.com/x"),
        url("https", "*"),
        url("https", "*.*.com"),
        url("https", "Example.com"),
        url("https", "localhost"),
        url("https", "10.0.0.1"),
    ] {
        assert!(odd.fault().is_some(), "{odd:?}");
    }
}

proptest! {
    #[test]
    fn whatever_passes_is_read_alike_by_a_naive_reader(text in "https?://[-a-z0-9.:@/?#\\[\\]%\\\\]{0,40}") {
        let hosts = Meaning::Url { schemes: strings(&["https", "http"]), hosts: strings(&["good.com"]) };
        if fits(&hosts, &text).is_ok() {
            // By the last `@`, by the first `/`, by the first `?`: always the same host.
            let rest = text.split_once("//").expect("it has one").1;
            for ends in [&['/'][..], &['/', '?', '#'], &['/', '?', '#', ':', '\\']] {
                let host = rest.split(|it| ends.contains(&it)).next().unwrap_or_default();
                let host = host.rsplit('@').next().unwrap_or_default();
                prop_assert!(host == "good.com" || host.starts_with("good.com:"), "{text}");
            }
        }
    }

    #[test]
    fn no_text_makes_it_fall(text in ".{0,80}") {
        let _ = fits(&any(), &text);
    }

    #[test]
    fn no_address_of_a_private_network_passes(tail in arbitrary::<(u8, u8, u8)>()) {
        let (b, c, d) = tail;
        for address in [
            format!("10.{b}.{c}.{d}"),
            format!("127.{b}.{c}.{d}"),
            format!("192.168.{c}.{d}"),
            format!("169.254.{c}.{d}"),
            format!("172.{}.{c}.{d}", 16 + b % 16),
            format!("[::ffff:10.{b}.{c}.{d}]"),
            format!("[fd{b:02x}::{c:x}]"),
        ] {
            let text = format!("https://{address}/");
            prop_assert!(fits(&any(), &text).is_err(), "{text}");
        }
    }
}
