//! Entries: bytes that are an entry are the only bytes of it.
#![no_main]

use bailiwick_core::{RECORD_VERSION, Record};
use bailiwick_log::{Entry, Stamp};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok((stamp, record)) = Stamp::split(bytes) {
        assert_eq!([stamp.encode().as_slice(), record].concat(), bytes);
    }
    if let Ok(entry) = Entry::parse(bytes) {
        let (stamp, rest) = Stamp::split(bytes).expect("an entry has a stamp");
        let mut record = Vec::new();
        entry.record.encode(&mut record);
        assert_eq!((entry.index, entry.at, entry.boot), (stamp.index, stamp.at, stamp.boot));
        if Record::version_of(rest) == Ok(RECORD_VERSION) {
            assert_eq!(record, rest, "two spellings of one entry: {entry:?}");
        }
        assert_eq!(Record::decode(&record), Ok(entry.record));
    }
});
