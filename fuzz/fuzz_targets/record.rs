//! Records: bytes that decode are the only bytes that the record encodes to; those of an older
//! version say the same in this one.
#![no_main]

use bailiwick_core::{RECORD_VERSION, Record};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::decode(bytes) {
        let mut again = Vec::new();
        record.encode(&mut again);
        if Record::version_of(bytes) == Ok(RECORD_VERSION) {
            assert_eq!(again, bytes, "two spellings of one record: {record:?}");
        }
        assert_eq!(Record::decode(&again), Ok(record));
    }
});
