//! The commitment to a seal: only what is long enough has one, and no byte may change under it.
#![no_main]

use bailiwick_log::commitment;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], u16)| {
    let (sealed, at) = input;
    let Some(made) = commitment(sealed) else {
        assert!(sealed.len() < 32, "no commitment to {sealed:02x?}");
        return;
    };
    let mut other = sealed.to_vec();
    let at = usize::from(at) % other.len();
    other[at] ^= 1;
    assert_ne!(commitment(&other), Some(made), "byte {at} of {sealed:02x?} is free");
});
