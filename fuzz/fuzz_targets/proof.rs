//! Proofs: what is read is what is written, and no bytes prove what is in no log.
#![no_main]

use bailiwick_log::{Proof, SigningKey, verify_proof};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(proof) = Proof::parse(text) {
        let again = Proof::parse(&proof.to_string()).expect("what we write can be read");
        assert_eq!(again, proof);
    }
    // Nobody else has this key, so no checkpoint of it exists.
    let key = SigningKey::from_seed("fuzzed.example/log", &[7; 32]).expect("a good name");
    assert!(verify_proof(key.verifier(), b"an entry", text).is_err(), "forged");
});
