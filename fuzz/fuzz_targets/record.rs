//! Records: bytes that decode are the only bytes that the record encodes to.
#![no_main]

use bailiwick_core::Record;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(record) = Record::decode(bytes) {
        let mut again = Vec::new();
        record.encode(&mut again);
        assert_eq!(again, bytes, "two spellings of one record: {record:?}");
    }
});
