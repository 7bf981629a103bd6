//! Where an anchor may begin. Few places in a text begin with the first three bytes of one, so most
//! of it is passed over without the automaton.

/// How many bytes are looked at, and how many an anchor has at least.
const LENGTH: usize = 3;
const SHORTEST: usize = 2;
/// Bits for as many hashes as fit into the processor's nearest cache beside all else.
const WORDS: usize = 1024;

/// A bit for the hash of each three bytes that begin an anchor.
pub(super) struct Beginnings(Box<[u64; WORDS]>);

impl Beginnings {
    /// Those of these anchors. `None` when one is too short to be noticed so.
    pub(super) fn of(anchors: &[&str]) -> Option<Self> {
        let mut bits = Box::new([0; WORDS]);
        let mut mark = |bytes: &[u8; LENGTH]| {
            let (word, bit) = place(bytes);
            bits.get_mut(word).map(|it: &mut u64| *it |= bit)
        };
        for anchor in anchors {
            match anchor.as_bytes() {
                [first, second, third, ..] => mark(&[*first, *second, *third])?,
                // Whatever follows it.
                [first, second] => {
                    (0..=u8::MAX).try_for_each(|third| mark(&[*first, *second, third]))?;
                }
                [_] | [] => return None,
            }
        }
        Some(Self(bits))
    }

    /// The first place from `from` on at which an anchor may begin. Of the last bytes of a text
    /// that is not known: they are such a place.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let may_begin = |it: &[u8; LENGTH]| {
            let (word, bit) = place(it);
            self.0.get(word).is_some_and(|it| it & bit != 0)
        };
        let rest = text.get(from..)?;
        let found = rest.array_windows().position(may_begin);
        found.or_else(|| rest.len().checked_sub(SHORTEST)).map(|it| from + it)
    }
}

/// Where the bit for three bytes is.
fn place(bytes: &[u8; LENGTH]) -> (usize, u64) {
    const SPREAD: u32 = 0x9E37_79B1;
    let [first, second, third] = bytes.map(u32::from);
    let hash = (first << 16 | second << 8 | third).wrapping_mul(SPREAD) >> 16;
    ((hash >> 6) as usize, 1 << (hash & 63))
}

#[cfg(test)]
mod tests {
    use super::Beginnings;

    #[test]
    fn no_beginning_of_an_anchor_is_passed_over() {
        let beginnings = Beginnings::of(&["sk-", "AKIA", "SK"]).unwrap();
        for (text, from, place) in [
            ("sk-", 0, Some(0)),
            ("a sk- and AKIA", 0, Some(2)),
            ("a sk- and AKIA", 3, Some(10)),
            ("an SK4", 0, Some(3)),
            // The last two bytes may be an anchor, or the first of one.
            ("an SK", 0, Some(3)),
            ("a sk- and AKIA", 11, Some(12)),
            ("a sk- and AKIA", 13, None),
            ("", 0, None),
            ("sk-", 9, None),
        ] {
            assert_eq!(beginnings.next(text.as_bytes(), from), place, "{text} {from}");
        }
        assert!(Beginnings::of(&["sk-", "s"]).is_none());
    }
}
