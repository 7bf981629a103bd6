//! URI templates: matching ends, a plain template matches itself alone, and a path with dots never.
#![no_main]

use bailiwick_wire::mcp::template::matches;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (template, uri) = input;
    let matched = matches(template, uri);
    if matched && !template.contains('{') {
        assert_eq!(template, uri);
    }
    if uri.contains("/../") || uri.ends_with("/..") {
        assert!(!matched, "{template} let {uri} climb");
    }
});
