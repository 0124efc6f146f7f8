//! The short number that people say and labels show: four signs without look-alikes, different for 531,441 orders in a row.

/// No 0/O, 1/I/L, 5/S, 2/Z.
const SIGNS: &[u8; 27] = b"346789ABCDEFGHJKMNPQRTUVWXY";
const BASE: u64 = SIGNS.len() as u64;
const SPACE: u64 = BASE * BASE * BASE * BASE;
/// Coprime to [`SPACE`], so that numbers in sequence look unlike each other and none repeats within the space.
const STEP: u64 = 196_613;

/// The number of the `seq`-th order of a hub.
pub fn short_number(seq: u64) -> String {
    let mut left = (seq % SPACE) * STEP % SPACE;
    let mut out = String::with_capacity(4);
    for _ in 0..4 {
        let sign = SIGNS.get((left % BASE) as usize).copied().unwrap_or(b'X');
        out.push(char::from(sign));
        left /= BASE;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_do_not_repeat_and_can_be_said() {
        let all: BTreeSet<String> = (0..50_000).map(short_number).collect();
        assert_eq!(all.len(), 50_000);
        assert!(all.iter().all(|n| n.chars().all(|c| c.is_ascii_alphanumeric())));
    }
}
