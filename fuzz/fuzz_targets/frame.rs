//! The journal: whatever a disk gives back, reading a frame ends, stays inside, and is bound to its
//! place.
#![no_main]

use bailiwick_log::{NoFrame, Place, SegmentHeader, parse_frame};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (u8, u8, &[u8])| {
    let (segment, offset, bytes) = input;
    let place = Place { segment: segment.into(), offset: u64::from(offset) * 8 };
    match parse_frame(place, bytes) {
        Ok((frame, len, _)) => {
            assert!(len <= bytes.len() && frame.body.len() + frame.sealed.len() < len);
            let elsewhere = Place { segment: place.segment + 1, ..place };
            assert!(parse_frame(elsewhere, bytes).is_err(), "a frame of another place");
        }
        Err(NoFrame::Short(needed)) => assert!(needed > bytes.len(), "all of it is there"),
        Err(NoFrame::Invalid) => {}
    }
    let _ = SegmentHeader::parse(bytes);
});
