//! Snapshots of the purse: bytes that restore are the only bytes of that purse.
#![no_main]

use bailiwick_facts::Purse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(purse) = Purse::restored(bytes) {
        assert_eq!(purse.snapshot(), bytes, "two spellings of one purse: {purse:?}");
    }
});
