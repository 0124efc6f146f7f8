//! The cases' short hand for bytes: `82 r6 m1234 s1 'p' 01`. Turns it into bytes; a length may be a lie on purpose, so
//! nothing is checked against anything.

/// A word that stands for no bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// A text without its closing quote.
    #[error("a text is not closed")]
    OpenText,
    /// A number that is none, or does not fit.
    #[error("no number that fits: {0}")]
    Number(String),
    /// Neither a number with its letter nor pairs of hexadecimal digits.
    #[error("neither a number nor hexadecimal: {0}")]
    Hex(String),
}

/// The bytes of a line: `rN`, `vN` = variable length; `sN`, `mN`, `kN`, `HN` = 16 bit; `LN` = 32 bit; `iN` = 8 bit;
/// `'...'` = the text itself; all else is hexadecimal.
///
/// # Errors
/// [`TokenError`] with the word.
pub fn encode(line: &str) -> Result<Vec<u8>, TokenError> {
    let mut bytes = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        if let Some(text) = rest.strip_prefix('\'') {
            let (text, after) = text.split_once('\'').ok_or(TokenError::OpenText)?;
            bytes.extend_from_slice(text.as_bytes());
            rest = after;
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || c == '\'').unwrap_or(rest.len());
            word(&rest[..end], &mut bytes)?;
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(bytes)
}

fn word(word: &str, bytes: &mut Vec<u8>) -> Result<(), TokenError> {
    let number = || word[1..].parse::<u64>().map_err(|_| TokenError::Number(word.to_owned()));
    let fits = |_| TokenError::Number(word.to_owned());
    match word.as_bytes().first() {
        Some(b'r' | b'v') => variable(number()?, bytes),
        Some(b's' | b'm' | b'k' | b'H') => {
            bytes.extend(u16::try_from(number()?).map_err(fits)?.to_be_bytes());
        }
        Some(b'L') => bytes.extend(u32::try_from(number()?).map_err(fits)?.to_be_bytes()),
        Some(b'i') => bytes.push(u8::try_from(number()?).map_err(fits)?),
        _ => hexadecimal(word, bytes)?,
    }
    Ok(())
}

/// Seven bits a byte, lowest first. Also beyond the four bytes that MQTT allows: some cases want that.
pub(crate) fn variable(mut number: u64, bytes: &mut Vec<u8>) {
    loop {
        let low = (number & 0x7F) as u8;
        number >>= 7;
        if number == 0 {
            return bytes.push(low);
        }
        bytes.push(low | 0x80);
    }
}

fn hexadecimal(word: &str, bytes: &mut Vec<u8>) -> Result<(), TokenError> {
    let bad = || TokenError::Hex(word.to_owned());
    let digits: Option<Vec<u8>> =
        word.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0).ok_or_else(bad)?;
    bytes.extend(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_word() {
        assert_eq!(encode("82 r6 m1234 s1 'p' 01"), Ok(vec![0x82, 6, 0x04, 0xD2, 0, 1, b'p', 1]));
        assert_eq!(encode("00000B L258 i7 v321"), Ok(vec![0, 0, 0x0B, 0, 0, 1, 2, 7, 0xC1, 2]));
        assert_eq!(encode("r268435456"), Ok(vec![0x80, 0x80, 0x80, 0x80, 1]), "longer than MQTT allows");
        assert_eq!(encode("s0 ''"), Ok(vec![0, 0]));
    }

    #[test]
    fn what_says_no_bytes_is_named() {
        assert_eq!(encode("'p"), Err(TokenError::OpenText));
        assert_eq!(encode("m70000"), Err(TokenError::Number("m70000".into())));
        assert_eq!(encode("abc"), Err(TokenError::Hex("abc".into())));
    }
}
