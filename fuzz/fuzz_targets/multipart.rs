//! Forms and batches: what is read of them stands in them as it was read.
#![no_main]

use bailiwick_wire::{llm, multipart};
use bytes::Bytes;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(parts) = multipart::read("multipart/form-data; boundary=b", bytes) {
        let whole: usize = parts.iter().map(|it| it.body.len()).sum();
        assert!(!parts.is_empty() && whole < bytes.len());
        for part in &parts {
            assert!(!part.body.windows(5).any(|it| it == b"\r\n--b"));
        }
    }
    let file = Bytes::copy_from_slice(bytes);
    for read in [llm::file_lines(&file, "/v1/responses"), llm::body_lines(&file)] {
        for line in read.into_iter().flatten() {
            assert!(line.body.starts_with(b"{") && line.body.ends_with(b"}"));
        }
    }
    let _ = llm::kept(bytes);
    let _ = llm::page_of(&[file], (Some("a"), None), 7);
});
