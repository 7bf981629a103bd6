//! The list of signing keys: what is read is written back as it was, and every key in it is of the
//! same origin.
#![no_main]

use bailiwick_log::KeyChain;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let Ok(chain) = KeyChain::parse(text) else { return };
    let again = KeyChain::parse(&chain.text()).expect("what was written is read");
    assert_eq!(chain.text(), again.text(), "read {text:?}");
    assert!(chain.all().iter().all(|key| key.name() == chain.origin()), "{text:?}");
    assert_eq!(chain.all().last(), Some(chain.newest()), "{text:?}");
});
