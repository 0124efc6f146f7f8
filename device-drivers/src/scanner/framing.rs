//! Serial bytes to lines: endings, prefix, a bound on the length. Never what a line means.

/// The longest line in bytes that any label of ours or GS1's needs, with room to spare.
pub const DEFAULT_MAX_LINE: usize = 512;

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// CR, LF or both, in any order; empty lines are none.
    CrOrLf,
    /// This one byte, for scanners set to a suffix such as ETX or TAB.
    Byte(u8),
}

/// How one scanner marks its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framing {
    /// Bytes set before each scan (STX, a label); lines without them are noise. Empty = none.
    pub prefix: Vec<u8>,
    /// What ends a line.
    pub ending: Ending,
    /// The longest line in bytes; anything longer is dropped up to its ending.
    pub max_line: usize,
}

impl Default for Framing {
    fn default() -> Self {
        Self { prefix: Vec::new(), ending: Ending::CrOrLf, max_line: DEFAULT_MAX_LINE }
    }
}

/// What came out of the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A whole line without prefix and ending.
    Whole(Vec<u8>),
    /// A line longer than allowed; its bytes are gone.
    TooLong,
    /// A line without the agreed prefix, or with two of them.
    NoPrefix,
}

/// Collects bytes, in any pieces, into lines.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    buffer: Vec<u8>,
    overflowed: bool,
}

impl Framer {
    /// An empty framer.
    #[must_use]
    pub fn new(framing: Framing) -> Self {
        Self { framing, buffer: Vec::new(), overflowed: false }
    }

    /// Takes the next bytes and gives the lines they complete.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Line> {
        let mut lines = Vec::new();
        for byte in bytes {
            if self.ends(*byte) {
                lines.extend(self.finish());
            } else if self.buffer.len() < self.framing.max_line {
                self.buffer.push(*byte);
            } else {
                self.overflowed = true;
            }
        }
        lines
    }

    /// Forgets a line that was begun: after a disconnect its other half never comes.
    pub fn reset(&mut self) {
        self.buffer.clear();
        self.overflowed = false;
    }

    /// Bytes of a line not yet ended.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.buffer.len()
    }

    fn ends(&self, byte: u8) -> bool {
        match self.framing.ending {
            Ending::CrOrLf => byte == b'\r' || byte == b'\n',
            Ending::Byte(end) => byte == end,
        }
    }

    fn repeats_prefix(&self, rest: &[u8]) -> bool {
        let prefix = self.framing.prefix.as_slice();
        prefix.first().is_some_and(u8::is_ascii_control)
            && rest.windows(prefix.len()).any(|part| part == prefix)
    }

    fn finish(&mut self) -> Option<Line> {
        let line = std::mem::take(&mut self.buffer);
        if std::mem::take(&mut self.overflowed) {
            return Some(Line::TooLong);
        }
        if line.is_empty() {
            return None;
        }
        match line.strip_prefix(self.framing.prefix.as_slice()) {
            Some([]) => None,
            // A second prefix within the line: the first line has lost its end. A prefix of plain text may stand in a code.
            Some(rest) if self.repeats_prefix(rest) => Some(Line::NoPrefix),
            Some(rest) => Some(Line::Whole(rest.to_vec())),
            None => Some(Line::NoPrefix),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    fn whole(text: &str) -> Line {
        Line::Whole(text.as_bytes().to_vec())
    }

    #[test]
    fn bytes_in_any_pieces_give_the_same_lines() {
        let stream = b"first\r\nsecond\r\r\nthird\n\nfourth\r";
        let want = vec![whole("first"), whole("second"), whole("third"), whole("fourth")];
        for seed in 0..200 {
            let mut rng = SmallRng::seed_from_u64(seed);
            let mut framer = Framer::new(Framing::default());
            let mut got = Vec::new();
            let mut at = 0;
            while at < stream.len() {
                let piece = rng.random_range(1..=stream.len() - at);
                got.extend(framer.push(&stream[at..at + piece]));
                at += piece;
            }
            assert_eq!(got, want, "seed {seed}");
        }
    }

    #[test]
    fn an_endless_line_is_bounded_and_the_next_one_is_read() {
        let mut framer = Framer::new(Framing { max_line: 8, ..Framing::default() });
        for _ in 0..10_000 {
            assert!(framer.push(&[b'x'; 100]).is_empty());
        }
        assert_eq!(framer.pending(), 8);
        assert_eq!(framer.push(b"\rshort\r"), vec![Line::TooLong, whole("short")]);
        assert_eq!(framer.push(b"12345678\r"), vec![whole("12345678")]);
    }

    #[test]
    fn prefix_suffix_and_reset() {
        let framing = Framing { prefix: vec![2], ending: Ending::Byte(3), ..Framing::default() };
        let mut framer = Framer::new(framing);
        assert_eq!(framer.push(b"\x02a\rb\x03noise\x03\x02\x03"), vec![whole("a\rb"), Line::NoPrefix]);
        assert_eq!(framer.push(b"\x02lost its end\x02next\x03"), vec![Line::NoPrefix]);
        framer.push(b"\x02half a li");
        framer.reset();
        assert_eq!(framer.push(b"\x02new\x03"), vec![whole("new")]);
    }
}
