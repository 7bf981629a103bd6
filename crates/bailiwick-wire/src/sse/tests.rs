//! The decoder against a plain reading of the standard, and against itself under any chunking.

use proptest::prelude::*;

use super::*;

/// Everything that a stream gives, cut into chunks at those places.
fn decode(stream: &[u8], cuts: &[usize], max: usize) -> (Vec<Event>, Option<SseError>) {
    let mut decoder = Decoder::new(max);
    let mut events = Vec::new();
    let mut from = 0;
    let mut cuts: Vec<usize> = cuts.iter().map(|it| it % (stream.len() + 1)).collect();
    cuts.extend([stream.len()]);
    cuts.sort_unstable();
    for cut in cuts {
        let pushed = decoder.push(&stream[from..cut]);
        while let Some(event) = decoder.next_event() {
            events.push(event);
        }
        if let Err(error) = pushed {
            assert_eq!(decoder.push(b"data: x\n\n"), Err(error));
            assert_eq!(decoder.finish(), None);
            return (events, Some(error));
        }
        from = cut;
    }
    events.extend(decoder.finish());
    assert_eq!(decoder.finish(), None);
    (events, None)
}

/// The standard read line by line: (type, data) of each event that a client would be handed.
fn reference(stream: &[u8]) -> Vec<(Option<String>, String)> {
    let text = String::from_utf8(stream.to_vec()).unwrap();
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let Some((complete, _)) = text.rsplit_once('\n') else { return Vec::new() };
    let (mut events, mut data, mut kind) = (Vec::new(), None::<String>, None);
    for line in complete.split('\n') {
        if line.is_empty() {
            if let Some(data) = data.take().filter(|it| !it.is_empty()) {
                events.push((kind, data));
            }
            kind = None;
            continue;
        }
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "data" => {
                data = Some(data.map_or(value.to_owned(), |it| it + "\n" + value));
            }
            "event" => kind = Some(value.to_owned()),
            _ => {}
        }
    }
    events
}

fn stream() -> impl Strategy<Value = Vec<u8>> {
    let line = prop::sample::select(vec![
        "",
        "",
        "",
        "data: {\"a\":1}",
        "data:x",
        "data",
        "data:  y",
        ": ping",
        ":",
        "id: 7",
        "id",
        "event: message",
        "event:",
        "retry: 10",
        "retry: x",
        "unknown: z",
        "Data: q",
        "\u{feff}",
        "data: é",
    ]);
    let end = prop::sample::select(vec!["\n", "\r\n", "\r"]);
    let styles = prop_oneof![Just(Some("\n")), Just(Some("\r\n")), Just(Some("\r")), Just(None),];
    (prop::collection::vec((line, end), 0..30), styles, any::<bool>(), any::<bool>()).prop_map(
        |(lines, style, bom, tail)| {
            let mut out = if bom { "\u{feff}".to_owned() } else { String::new() };
            for (line, end) in lines {
                out.push_str(line);
                out.push_str(style.unwrap_or(end));
            }
            if tail {
                out.push_str("data: incomplete");
            }
            out.into_bytes()
        },
    )
}

proptest! {
    #[test]
    fn chunks_make_no_difference(
        stream in stream(),
        cuts in prop::collection::vec(any::<usize>(), 0..40),
        max in 1usize..80,
    ) {
        let each: Vec<usize> = (0..stream.len()).collect();
        for max in [max, 10_000] {
            let whole = decode(&stream, &[], max);
            prop_assert_eq!(&decode(&stream, &cuts, max), &whole);
            prop_assert_eq!(&decode(&stream, &each, max), &whole);
        }
    }

    #[test]
    fn clients_are_told_the_same(stream in stream()) {
        let (events, error) = decode(&stream, &[], 10_000);
        prop_assert_eq!(error, None);
        let raw: Vec<u8> = events.iter().flat_map(|it| it.raw.to_vec()).collect();
        prop_assert!(stream.starts_with(&raw));
        // What is left over holds no complete event.
        prop_assert_eq!(reference(&stream), reference(&raw));
        let told = events.into_iter().filter(|it| !it.data.is_empty());
        let told: Vec<_> = told
            .map(|it| (it.event, String::from_utf8(it.data.to_vec()).unwrap()))
            .collect();
        prop_assert_eq!(told, reference(&stream));
    }

    #[test]
    fn hostile_bytes_do_no_harm(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cuts in prop::collection::vec(any::<usize>(), 0..10),
    ) {
        prop_assert_eq!(decode(&bytes, &cuts, 50), decode(&bytes, &[], 50));
    }

    #[test]
    fn what_is_encoded_reads_back(
        data in "[a-z\n\r:é ]{0,40}",
        id in prop::option::of("[a-z0-9\n\r\0]{0,8}"),
    ) {
        let bytes = encode(data.as_bytes(), id.as_deref());
        let (events, error) = decode(&bytes, &[], 10_000);
        prop_assert_eq!((events.len(), error), (1, None));
        let plain = data.replace("\r\n", "\n").replace('\r', "\n");
        prop_assert_eq!(&events[0].data, plain.as_bytes());
        prop_assert_eq!(&events[0].id, &id.filter(|it| !it.contains(['\n', '\r', '\0'])));
        prop_assert!(events[0].is_message());
    }
}

#[test]
fn fields_are_read_as_the_standard_says() {
    let stream = b"\xEF\xBB\xBFid: 1\r\nretry: 2500\r\ndata: \r\n\r\n: ping\r\n\r\n\r\n\
        event: x\r\nid: a\0b\r\nretry: 1e3\r\ndata: 1\r\ndata:\r\ndata:  2\r\n\r\n\
        retry: 99999999999999999999\r\nid\r\n\r\ndata: lost\r\n";
    let (events, error) = decode(stream, &[], 1000);
    assert_eq!(error, None);
    let said: Vec<_> = events
        .iter()
        .map(|it| (it.event.as_deref(), it.id.as_deref(), it.retry, &it.data[..]))
        .collect();
    assert_eq!(
        said,
        [
            (None, Some("1"), Some(2500), &b""[..]),
            (None, None, None, b""),
            (None, None, None, b""),
            (Some("x"), None, None, b"1\n\n 2"),
            (None, Some(""), None, b""),
        ]
    );
    assert_eq!(&events[1].raw[..], b": ping\r\n\r\n");
    assert_eq!(&events[2].raw[..], b"\r\n");
    assert!(!events[3].is_message() && events[0].is_message());
}

#[test]
fn an_event_passes_at_its_blank_line() {
    for (sent, events) in [
        (&b"data: x\n\n"[..], 1),
        (b"data: x\r\r", 1),
        (b"data: x\r\n\r\n", 1),
        (b"data: x\r\n\r", 0),
        (b"\n", 1),
        (b"data: x\n", 0),
    ] {
        let mut decoder = Decoder::new(100);
        decoder.push(sent).unwrap();
        let found = std::iter::from_fn(|| decoder.next_event()).count();
        assert_eq!(found, events, "{}", String::from_utf8_lossy(sent));
    }
}

#[test]
fn limits_hold() {
    assert_eq!(decode(b"data: 12\n\n", &[], 10).1, None);
    assert_eq!(decode(b"data: 123\n\n", &[], 10).1, Some(SseError::TooLong { max: 10 }));
    let (events, error) = decode(b"data: 1\n\ndata: 1234567890", &[], 10);
    assert_eq!((events.len(), error), (1, Some(SseError::TooLong { max: 10 })));
    let mut decoder = Decoder::new(10);
    assert_eq!(decoder.push(b"data: 1\n\ndata: 2\n\n"), Ok(()));
    assert_eq!(decoder.push(b"x"), Err(SseError::Unread));
    assert!(decoder.next_event().is_some() && decoder.next_event().is_some());
}

#[test]
fn a_long_event_in_many_chunks_takes_linear_time() {
    // Looking at the whole event again for each chunk would be 10^11 steps.
    let mut decoder = Decoder::new(64 << 20);
    let chunk = vec![b'x'; 32];
    decoder.push(b"data: ").unwrap();
    for _ in 0..100_000 {
        decoder.push(&chunk).unwrap();
    }
    decoder.push(b"\n\n").unwrap();
    assert_eq!(decoder.next_event().map(|it| it.data.len()), Some(3_200_000));
    // So would moving the rest of the buffer for each event.
    decoder.push(&b"data: x\n\n".repeat(500_000)).unwrap();
    assert_eq!(std::iter::from_fn(|| decoder.next_event()).count(), 500_000);
}
