//! Notes, verifier keys and checkpoints: nothing verifies that we did not sign, and what we write
//! is read back as what it was.
#![no_main]

use bailiwick_log::{Checkpoint, Note, NoteError, SigningKey, VerifierKey};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let key = SigningKey::from_seed("fuzzed.example/log", &[7; 32]).expect("a good name");
    let trusted = [key.verifier().clone()];
    if let Ok(note) = Note::parse(bytes) {
        // A seed may hold a note of this very key; no other bytes may pass as one.
        assert!(note.verify(&trusted).is_err() || is_ours(bytes, &key), "forged");
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(read) = VerifierKey::parse(text) {
        assert_eq!(VerifierKey::parse(&read.to_string()).as_ref(), Ok(&read));
    }
    if let Ok(checkpoint) = Checkpoint::parse_body(text) {
        assert!(text.starts_with(&checkpoint.body()), "another spelling of {checkpoint:?}");
        let signed = checkpoint.sign(&[&key]);
        match Checkpoint::open(signed.as_bytes(), &trusted) {
            Ok(opened) => assert_eq!(opened, checkpoint),
            Err(error) => assert_ne!(error, NoteError::Forged, "our own signature"),
        }
    }
});

fn is_ours(bytes: &[u8], key: &SigningKey) -> bool {
    let text = String::from_utf8_lossy(bytes);
    text.split_once("\n\n").is_some_and(|(text, signatures)| {
        let again = bailiwick_log::sign_note(&format!("{text}\n"), &[key]);
        again.split_once("\n\n").is_some_and(|(_, ours)| signatures.contains(ours.trim_end()))
    })
}
