//! JSON in the spellings that a typed model would lose.

use std::fmt::Write as _;

/// What a seed gives, the same on every machine.
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15))
    }

    pub(super) fn below(&mut self, many: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % many
    }

    fn one_of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn space(&mut self) -> &'static str {
        self.one_of(&["", "", "", " ", "  ", "\t"])
    }

    /// A value in one of the spellings that a typed model would lose.
    pub(super) fn value(&mut self, depth: u32) -> String {
        let scalars = [
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1.0",
            "1.10",
            "1e2",
            "1E+2",
            "-0.0e-0",
            "123456789012345678901234567890",
            "0.70",
            "\"\"",
            r#""\u00e9\/\ud83d\ude00""#,
            r#""\b\f\n\r\t\\\"""#,
            "\"é😀\u{2028}\"",
            "[]",
            "{}",
        ];
        if depth == 0 {
            return self.one_of(&scalars).to_owned();
        }
        match self.below(3) {
            0 => self.one_of(&scalars).to_owned(),
            1 => {
                let parts: Vec<_> = (0..self.below(4)).map(|_| self.spaced(depth)).collect();
                format!("[{}]", parts.join(","))
            }
            _ => {
                let mut parts = Vec::new();
                for n in 0..self.below(4) {
                    let name = self.one_of(&["z", "a", "_meta", r"\u0062", "x y", "é"]);
                    parts.push(format!(
                        "{}\"{name}{n}\"{}:{}",
                        self.space(),
                        self.space(),
                        self.spaced(depth)
                    ));
                }
                format!("{{{}}}", parts.join(","))
            }
        }
    }

    fn spaced(&mut self, depth: u32) -> String {
        format!("{}{}{}", self.space(), self.value(depth - 1), self.space())
    }

    /// An object with these members and some that nobody knows, in any order.
    pub(super) fn object(&mut self, members: &[(&str, String)]) -> String {
        let mut all: Vec<_> =
            members.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        for n in 0..self.below(3) {
            all.push((format!("vendor{n}"), self.value(3)));
        }
        let mut text = String::from("{");
        while !all.is_empty() {
            let at = usize::try_from(self.below(all.len() as u64)).unwrap();
            let (name, value) = all.swap_remove(at);
            let comma = if all.is_empty() { "" } else { "," };
            write!(
                text,
                "{}\"{name}\"{}:{}{value}{}{comma}",
                self.space(),
                self.space(),
                self.space(),
                self.space()
            )
            .unwrap();
        }
        text + "}"
    }

    pub(super) fn id(&mut self) -> String {
        let n = self.below(1 << 40);
        match self.below(3) {
            0 => n.to_string(),
            1 => format!("\"{n}\\u0061\""),
            _ => format!("98765432109876543210{n}"),
        }
    }
}
