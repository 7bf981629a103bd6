//! Frames are the same however they are cut, and nothing else is one.

use super::*;

fn two() -> Vec<u8> {
    let first = frame(&[(":event-type", "chunk"), (":message-type", "event")], b"{\"a\":1}");
    [first, frame(&[], b"")].concat()
}

/// What comes out of a stream in chunks of this size, and how it ends.
fn read(stream: &[u8], size: usize) -> (Vec<Frame>, Option<FrameError>) {
    let mut frames = Frames::new(1 << 10);
    let mut out = Vec::new();
    for chunk in stream.chunks(size) {
        frames.push(chunk);
        loop {
            match frames.next_frame() {
                Ok(Some(frame)) => out.push(frame),
                Ok(None) => break,
                Err(why) => return (out, Some(why)),
            }
        }
    }
    (out, None)
}

#[test]
fn the_checksum_is_the_usual_one() {
    assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
}

#[test]
fn a_frame_is_what_the_standard_says() {
    // The smallest: sixteen bytes, no header, no payload.
    let empty = b"\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff";
    assert_eq!(&frame(&[], b"")[..], empty);
    let (frames, end) = read(empty, 16);
    assert_eq!((frames, end), (vec![Frame { headers: vec![], payload: Bytes::new() }], None));
}

#[test]
fn torn_at_every_byte_it_is_the_same() {
    let stream = two();
    let (whole, end) = read(&stream, stream.len());
    assert_eq!((whole.len(), end), (2, None));
    assert_eq!(whole[0].header(":event-type"), Some("chunk"));
    assert_eq!((whole[0].header("x"), &whole[0].payload[..]), (None, &b"{\"a\":1}"[..]));
    for size in 1..stream.len() {
        assert_eq!(read(&stream, size), (whole.clone(), None), "{size}");
    }
    for cut in 0..stream.len() {
        let (frames, end) = read(&stream[..cut], cut.max(1));
        assert_eq!((&frames[..], end), (&whole[..frames.len()], None), "{cut}");
    }
}

#[test]
fn no_flipped_bit_passes() {
    let stream = frame(&[(":event-type", "chunk")], b"payload");
    for bit in 0..stream.len() * 8 {
        let mut bad = stream.to_vec();
        bad[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(read(&bad, bad.len()).1, Some(FrameError::Checksum), "{bit}");
    }
}

/// A frame whose lengths and headers are these, checksums right.
fn crafted(total: u32, headers: u32, rest: &[u8]) -> Vec<u8> {
    let mut out = [total.to_be_bytes(), headers.to_be_bytes()].concat();
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out.extend_from_slice(rest);
    out.extend_from_slice(&crc32(&out).to_be_bytes());
    out
}

#[test]
fn lengths_and_headers_are_not_believed() {
    let of_headers = |it: &[u8]| {
        let length = u32::try_from(it.len()).unwrap();
        crafted(16 + length, length, it)
    };
    let too_long = Some(FrameError::TooLong { max: 1 << 10 });
    for (stream, expected) in [
        (crafted(0, 0, b""), Some(FrameError::Malformed)),
        (crafted(15, 0, b""), Some(FrameError::Malformed)),
        (crafted(17, 2, b"a"), Some(FrameError::Malformed)),
        (crafted(u32::MAX, 0, b""), too_long),
        (crafted(1025, 0, b""), too_long),
        (of_headers(b"\x05ab"), Some(FrameError::Malformed)),
        (of_headers(b"\x00\x00"), Some(FrameError::Malformed)),
        (of_headers(b"\x01a\x0a"), Some(FrameError::Malformed)),
        (of_headers(b"\x01a\x07\xff\xffa"), Some(FrameError::Malformed)),
        (of_headers(b"\x01a\x07\x00\x01\xff"), Some(FrameError::Malformed)),
        (of_headers(b"\x01a\x00\x01a\x00"), Some(FrameError::Malformed)),
        // Every type of the standard.
        (
            of_headers(
                b"\x01a\x00\x01b\x01\x01c\x02c\x01d\x03dd\x01e\x04eeee\x01f\x05ffffffff\
                  \x01g\x06\x00\x02gg\x01h\x07\x00\x01h\x01i\x08iiiiiiii\x01j\x09jjjjjjjjjjjjjjjj",
            ),
            None,
        ),
    ] {
        assert_eq!(read(&stream, stream.len()).1, expected, "{stream:?}");
    }
}

#[test]
fn what_is_broken_stays_broken_and_holds_nothing() {
    let mut frames = Frames::new(32);
    frames.push(&[0xff; 64]);
    assert_eq!(frames.next_frame(), Err(FrameError::Checksum));
    frames.push(&frame(&[], b""));
    assert_eq!((frames.next_frame(), frames.bytes.len()), (Err(FrameError::Checksum), 0));
    let mut frames = Frames::new(32);
    frames.push(&[0; 33]);
    frames.push(&[0; 33]);
    assert_eq!((frames.next_frame(), frames.bytes.len()), (Err(FrameError::Unread), 33));
}

#[test]
fn a_frame_with_more_headers_than_anybody_sends_is_none() {
    let names: Vec<String> = (0..65).map(|it| format!("h{it}")).collect();
    let headers: Vec<(&str, &str)> = names.iter().map(|it| (&**it, "")).collect();
    let mut frames = Frames::new(1 << 12);
    frames.push(&frame(&headers[..64], b""));
    assert_eq!(frames.next_frame().unwrap().unwrap().headers.len(), 64);
    frames.push(&frame(&headers, b""));
    assert_eq!(frames.next_frame(), Err(FrameError::Malformed));
}
