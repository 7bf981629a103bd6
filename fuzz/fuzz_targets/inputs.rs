//! Sealed decision inputs: whatever is read back is read the same again, and nothing panics.
#![no_main]

use bailiwick_core::Inputs;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let first = Inputs::decode(bytes);
    assert_eq!(first, Inputs::decode(bytes));
});
