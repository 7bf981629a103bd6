//! Where an anchor may begin. Few places in a text begin as one does, so most of it is passed over
//! without the automaton.

/// Bits for all pairs of bytes, and for as many hashes of three: both stay in the nearest cache.
const WORDS: usize = 1024;

type Bits = Box<[u64; WORDS]>;

/// How anchors begin.
pub(super) struct Beginnings {
    /// A bit for each pair of bytes.
    pairs: Bits,
    /// A bit for the hash of each three bytes: most pairs of an anchor are of many words, too.
    triples: Bits,
}

impl Beginnings {
    /// Those of these anchors. `None` when one is too short to be noticed so.
    pub(super) fn of(anchors: &[&str]) -> Option<Self> {
        let (mut pairs, mut triples) = (Box::new([0; WORDS]), Box::new([0; WORDS]));
        for anchor in anchors {
            let (pair, behind) = anchor.as_bytes().split_first_chunk()?;
            set(&mut pairs, u16::from_le_bytes(*pair));
            match behind.first() {
                Some(third) => set(&mut triples, hash(*pair, *third)),
                // Whatever follows it.
                None => (0..=u8::MAX).for_each(|third| set(&mut triples, hash(*pair, third))),
            }
        }
        Some(Self { pairs, triples })
    }

    /// The first place from `from` on at which an anchor may begin.
    pub(super) fn next(&self, text: &[u8], mut from: usize) -> Option<usize> {
        loop {
            let rest = text.get(from..)?;
            let is_pair = |it: &[u8; 2]| has(&self.pairs, u16::from_le_bytes(*it));
            let at = from + rest.array_windows().position(is_pair)?;
            match text.get(at..at + 3) {
                Some(&[first, second, third])
                    if !has(&self.triples, hash([first, second], third)) =>
                {
                    from = at + 1;
                }
                // What follows the last pair of a text is not known.
                Some(_) | None => return Some(at),
            }
        }
    }
}

fn hash([first, second]: [u8; 2], third: u8) -> u16 {
    const SPREAD: u32 = 0x9E37_79B1;
    let [_, _, high, higher] =
        u32::from_be_bytes([0, first, second, third]).wrapping_mul(SPREAD).to_le_bytes();
    u16::from_le_bytes([high, higher])
}

fn set(bits: &mut Bits, at: u16) {
    if let Some(word) = bits.get_mut(usize::from(at >> 6)) {
        *word |= 1 << (at & 63);
    }
}

fn has(bits: &Bits, at: u16) -> bool {
    bits.get(usize::from(at >> 6)).is_some_and(|it| it >> (at & 63) & 1 == 1)
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
            ("an SK", 0, Some(3)),
            // It may be the first half of one.
            ("an sk", 0, Some(3)),
            ("a task", 0, Some(4)),
            ("a task is", 0, None),
            ("a sk- and AKIA", 11, None),
            ("s", 0, None),
            ("", 0, None),
            ("sk-", 9, None),
        ] {
            assert_eq!(beginnings.next(text.as_bytes(), from), place, "{text} {from}");
        }
        assert!(Beginnings::of(&["sk-", "s"]).is_none());
    }
}
