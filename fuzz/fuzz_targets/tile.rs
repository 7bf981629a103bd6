//! Tiles and bundles: a name has one spelling, and a bundle is used up to its last byte.
#![no_main]

use bailiwick_log::{Seal, TileName, parse_entries, parse_hashes, parse_seals};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, &[u8])| {
    let (width, bytes) = (u16::from(input.0), input.1);
    if let Some(name) = std::str::from_utf8(bytes).ok().and_then(TileName::parse) {
        assert_eq!(name.path().to_str().map(str::as_bytes), Some(bytes), "{name:?}");
    }
    if let Ok(entries) = parse_entries(bytes, width) {
        assert_eq!(entries.len(), usize::from(width));
        assert_eq!(entries.iter().map(|entry| entry.len() + 2).sum::<usize>(), bytes.len());
    }
    if let Ok(hashes) = parse_hashes(bytes, width) {
        assert_eq!(hashes.as_flattened(), bytes);
    }
    if let Ok(seals) = parse_seals(bytes, width) {
        let size = |seal: &Seal<'_>| if let Seal::Kept(kept) = seal { kept.len() + 5 } else { 5 };
        assert_eq!(seals.iter().map(size).sum::<usize>(), bytes.len());
    }
});
