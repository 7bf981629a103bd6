//! Which word was meant.

/// The name that was probably meant.
pub(crate) fn near<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let found = known.min_by_key(|it| (distance(it, word), *it));
    let found = found.filter(|it| distance(it, word) <= 2)?;
    Some(format!("did you mean `{found}`?"))
}

/// How many letters have to change to get from one word to the other.
pub(crate) fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (line, x) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut left = line + 1;
        let mut next = vec![left];
        for (y, above) in b.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(x != y)).min(left + 1).min(above + 1);
            diagonal = *above;
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_a_distance() {
        for (a, b, expected) in
            [("read", "reed", 1), ("read", "read", 0), ("", "abc", 3), ("write", "wirte", 2)]
        {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }
}
