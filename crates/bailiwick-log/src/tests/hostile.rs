//! Hostile bytes: whatever is read from outside is refused without a panic, and what is written
//! reads back.

use proptest::prelude::*;

use super::{ORIGIN, decision};
use crate::frame::{Frame, FrameKind, Place, parse_frame};
use crate::tile::{parse_entries, parse_hashes, parse_seals, push_seal};
use crate::{
    Checkpoint, Entry, Head, KeyChain, NoFrame, Note, Proof, Seal, SegmentHeader, SigningKey,
    Stamp, Succession, TileName, VerifierKey, leaf_hash,
};

fn note() -> String {
    let key = SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap();
    let head = Head { size: 12, root: [5; 32] };
    Checkpoint { origin: ORIGIN.into(), head }.sign(&[&key])
}

fn frame(place: Place) -> Vec<u8> {
    let (body, sealed) = (b"an entry of some bytes", b"sealed");
    let mut out = Vec::new();
    let kind = FrameKind::Entry;
    let frame = Frame { kind, index: 7, durable: 3, body, sealed };
    frame.encode(place, &leaf_hash(body), &mut out);
    out
}

#[test]
fn a_note_and_its_key_have_the_form_that_the_standard_shows() {
    // The example of C2SP signed-note.
    let key = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    let text = "If you think cryptography is the answer to your problem,\n\
                then you don't know what your problem is.\n";
    let signature = "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKv\
                     qfqdngotpRZb6KE6RyyBwJnAM=";
    let note = format!("{text}\n\u{2014} PeterNeumann {signature}\n");
    let trusted = [VerifierKey::parse(key).unwrap()];
    assert_eq!(trusted[0].to_string(), key);
    let parsed = Note::parse(note.as_bytes()).unwrap();
    assert_eq!(parsed.verify(&trusted).unwrap().text, text);
    let changed = note.replace("answer", "Answer");
    assert!(Note::parse(changed.as_bytes()).unwrap().verify(&trusted).is_err());
}

#[test]
fn a_frame_reads_back_only_where_it_was_written() {
    let place = Place { segment: 4, offset: 64 };
    let bytes = frame(place);
    let (read, len, _) = parse_frame(place, &bytes).unwrap();
    assert_eq!((read.index, read.sealed, len), (7, &b"sealed"[..], bytes.len()));
    for other in [Place { segment: 5, ..place }, Place { offset: 72, ..place }] {
        assert_eq!(parse_frame(other, &bytes), Err(NoFrame::Invalid));
    }
    for at in 0..48 + 22 + 6 {
        let mut bad = bytes.clone();
        bad[at] ^= 0x10;
        assert!(parse_frame(place, &bad).is_err(), "byte {at} is not covered");
    }
    for len in 0..bytes.len() {
        assert!(parse_frame(place, &bytes[..len]).is_err());
    }
}

#[test]
fn tile_names_have_one_spelling() {
    for path in ["tile/0/000", "tile/2/x001/x234/067", "tile/entries/x012/345.p/255", "seal/007"] {
        let name = TileName::parse(path).unwrap();
        assert_eq!(name.path().to_str(), Some(path));
    }
    for path in [
        "tile/0/0",
        "tile/00/000",
        "tile/64/000",
        "tile/0/x000/001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/entries",
        "tile/0/x001",
        "tile/0/1000",
        "seal/",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/999",
        "tile/0/000/",
        "tile/+1/000",
    ] {
        assert_eq!(TileName::parse(path), None, "{path}");
    }
}

#[test]
fn seals_read_back_and_odd_states_are_refused() {
    let mut bundle = Vec::new();
    push_seal(&mut bundle, b"abc");
    push_seal(&mut bundle, b"");
    assert_eq!(parse_seals(&bundle, 2).unwrap(), [Seal::Kept(b"abc"), Seal::None]);
    assert!(parse_seals(&bundle, 1).is_err() && parse_seals(&bundle, 3).is_err());
    assert_eq!(parse_seals(&[2, 0, 0, 0, 0], 1).unwrap(), [Seal::Erased]);
    assert!(parse_seals(&[3, 0, 0, 0, 0], 1).is_err());
    assert!(parse_seals(&[0, 0, 0, 0, 1, 9], 1).is_err());
    assert!(parse_seals(&[1, 0xff, 0xff, 0xff, 0xff], 1).is_err());
}

proptest! {
    #[test]
    fn nothing_panics(bytes in proptest::collection::vec(any::<u8>(), 0..400), width in 0u16..300) {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let _ = (Note::parse(&bytes), VerifierKey::parse(&text), Proof::parse(&text));
        let _ = (Checkpoint::parse_body(&text), KeyChain::parse(&text), Succession::parse(&text));
        let _ = (parse_entries(&bytes, width), parse_seals(&bytes, width));
        let _ = (parse_hashes(&bytes, width), TileName::parse(&text), Entry::parse(&bytes));
        let place = Place { segment: 1, offset: 64 };
        let _ = (parse_frame(place, &bytes), SegmentHeader::parse(&bytes), Stamp::split(&bytes));
    }

    #[test]
    fn nearly_good_bytes_do_not_panic_or_pass(at in 0usize..260, with in any::<u8>()) {
        let key = SigningKey::from_seed(ORIGIN, &[1; 32]).unwrap();
        let good = note();
        let mut bytes = good.clone().into_bytes();
        let at = at % bytes.len();
        bytes[at] = with;
        if bytes != good.as_bytes()
            && let Ok(opened) = Checkpoint::open(&bytes, &[key.verifier().clone()])
        {
            prop_assert!(false, "{opened:?} out of {:?}", String::from_utf8_lossy(&bytes));
        }
        let text = format!("c2sp.org/tlog-proof@v1\nindex 3\n\n{good}");
        let mut bytes = text.into_bytes();
        bytes[at] = with;
        let _ = Proof::parse(&String::from_utf8_lossy(&bytes));
        let place = Place { segment: 1, offset: 64 };
        let mut bytes = frame(place);
        let at = at % bytes.len();
        bytes[at] = with;
        let _ = parse_frame(place, &bytes);
    }

    #[test]
    fn entries_read_back(n in any::<u64>(), boot in any::<u64>(), index in any::<u64>()) {
        let at = bailiwick_core::Timestamp::from_ns(n);
        let record = decision(n % 1000, &bailiwick_core::Sealed::default());
        let mut bytes = Stamp { boot, index, at }.encode().to_vec();
        record.encode(&mut bytes);
        prop_assert_eq!(Entry::parse(&bytes), Ok(Entry { index, at, boot, record }));
    }
}
