//! Where an anchor may begin. Few places in a text begin as one does, so most of it is passed over
//! without the automaton.

/// Bits for all pairs of bytes, or for as many hashes of more.
const WORDS: usize = 1024;

type Bits = Box<[u64; WORDS]>;

/// How anchors begin.
pub(super) struct Beginnings {
    /// A bit for the hash of each three bytes: looked at everywhere, and small enough to stay in
    /// the nearest cache.
    triples: Bits,
    /// A bit for the hash of each four bytes: most beginnings of three are of ordinary words, too.
    quads: Bits,
    /// As `triples`, of the anchors that have no fourth byte.
    short: Bits,
    /// A bit for each pair, for the end of a text.
    pairs: Bits,
}

impl Beginnings {
    /// Those of these anchors. `None` when one is too short to be noticed so.
    pub(super) fn of(anchors: &[&str]) -> Option<Self> {
        let bits = || Box::new([0; WORDS]);
        let (mut triples, mut quads, mut short, mut pairs) = (bits(), bits(), bits(), bits());
        for anchor in anchors {
            let (pair, behind) = anchor.as_bytes().split_first_chunk()?;
            set(&mut pairs, u16::from_le_bytes(*pair));
            let [first, second] = *pair;
            match *behind {
                [third, fourth, ..] => {
                    set(&mut triples, of_three([first, second, third, fourth]));
                    set(&mut quads, of_four([first, second, third, fourth]));
                }
                [third] => {
                    set(&mut triples, of_three([first, second, third, 0]));
                    set(&mut short, of_three([first, second, third, 0]));
                }
                // Whatever follows it.
                [] => (0..=u8::MAX).for_each(|third| {
                    set(&mut triples, of_three([first, second, third, 0]));
                    set(&mut short, of_three([first, second, third, 0]));
                }),
            }
        }
        Some(Self { triples, quads, short, pairs })
    }

    /// The first place from `from` on at which an anchor may begin.
    pub(super) fn next(&self, text: &[u8], from: usize) -> Option<usize> {
        let begins = |it: &[u8; 4]| {
            has(&self.triples, of_three(*it))
                && (has(&self.quads, of_four(*it)) || has(&self.short, of_three(*it)))
        };
        if let Some(at) = text.get(from..)?.array_windows().position(begins) {
            return Some(from + at);
        }
        // What follows the last bytes of a text is not known.
        let last = from.max(text.len().saturating_sub(3));
        let is_pair = |it: &[u8; 2]| has(&self.pairs, u16::from_le_bytes(*it));
        text.get(last..)?.array_windows().position(is_pair).map(|at| last + at)
    }
}

/// A number for the first three of these bytes.
fn of_three(bytes: [u8; 4]) -> u16 {
    spread(u32::from_le_bytes(bytes) << 8)
}

/// A number for these bytes.
fn of_four(bytes: [u8; 4]) -> u16 {
    spread(u32::from_le_bytes(bytes))
}

fn spread(bytes: u32) -> u16 {
    const SPREAD: u32 = 0x9E37_79B1;
    let [_, _, high, higher] = bytes.wrapping_mul(SPREAD).to_le_bytes();
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
