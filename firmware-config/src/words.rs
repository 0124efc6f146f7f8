//! Which of the known words somebody meant: edit distance, and serde's sentences about unknown names.
//! Knows nothing about stores.

/// The closest of `known` to `word`, where it is close enough to be a slip of the hand: one edit in short words, up to
/// a third of the letters in longer ones. A swap of two neighbours is one edit.
pub(crate) fn closest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let limit = (word.chars().count() / 3).max(1);
    known
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|(edits, _)| *edits <= limit)
        .min()
        .map(|(_, candidate)| candidate)
}

/// The word that was meant, from a sentence such as: unknown field `nmae`, expected one of `name`, `city`.
pub(crate) fn meant(message: &str) -> Option<&str> {
    if !message.starts_with("unknown field") && !message.starts_with("unknown variant") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next()?;
    closest(word, quoted)
}

/// Edits from `a` to `b`: letters put in, left out, replaced, or two neighbours swapped. Case does not count.
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.to_lowercase().chars().collect();
    let b: Vec<char> = b.to_lowercase().chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, right) in b.iter().enumerate() {
            let replaced = last[j] + usize::from(left != right);
            let mut best = replaced.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *left == b[j - 1] && a[i - 1] == *right {
                best = best.min(before[j - 1] + 1);
            }
            row.push(best);
        }
        before = std::mem::replace(&mut last, row);
    }
    last.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_hand() {
        for (a, b, edits) in [("zone", "zone", 0), ("zoen", "zone", 1), ("zon", "zone", 1), ("", "abc", 3)] {
            assert_eq!(distance(a, b), edits, "{a} {b}");
        }
        assert_eq!(distance("Baud", "baud"), 0);
    }

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        let known = ["width_mm", "height_mm", "baud"];
        assert_eq!(closest("widht_mm", known.into_iter()), Some("width_mm"));
        assert_eq!(closest("colour", known.into_iter()), None);
        assert_eq!(meant("unknown field `tokn`, expected `url` or `token`"), Some("token"));
        assert_eq!(meant("missing field `token`"), None);
    }
}
