//! What processes that share a log say to each other: nothing that can be read twice.
#![no_main]

use bailiwick_log::{Handed, Taken};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match Handed::parse(bytes) {
        Ok(Handed::Append { at, record, sealed }) => {
            // A record of an older version goes on in this one.
            let again = Handed::append(at, &record, &sealed);
            assert_eq!(Handed::parse(&again), Ok(Handed::Append { at, record, sealed }));
        }
        Ok(Handed::Durable(index)) => assert_eq!(Handed::durable(index), bytes),
        Ok(Handed::MakeWay) => assert_eq!(Handed::make_way(), bytes),
        Err(_) => {}
    }
    if let Ok(taken) = Taken::parse(bytes) {
        assert_eq!(taken.encode(), bytes);
    }
});
