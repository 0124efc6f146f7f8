//! What a printer without shaping can set: ASCII. Folds what has a plain form, refuses the rest (which `script.rs`
//! draws), clips by one rule.

use crate::printer::layout::RenderError;

/// Replaces signs that have a plain ASCII form (dashes, quotes, accents, the rupee sign, hard blanks).
///
/// # Errors
/// [`RenderError::NoGlyph`] for any other script: those are drawn, and guessing letters would be worse.
pub fn fold(text: &str) -> Result<String, RenderError> {
    let mut plain = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            ' '..='~' => plain.push(sign),
            '\t' | '\n' | '\r' | '\u{a0}' | '\u{2009}' | '\u{202f}' => plain.push(' '),
            '\u{2018}' | '\u{2019}' | '\u{b4}' => plain.push('\''),
            '\u{201c}' | '\u{201d}' => plain.push('"'),
            '\u{2010}'..='\u{2014}' | '\u{2212}' => plain.push('-'),
            '\u{2026}' => plain.push_str("..."),
            '\u{20b9}' => plain.push_str("Rs "),
            '\u{d7}' => plain.push('x'),
            '\u{b0}' => plain.push_str("deg"),
            'à'..='å' => plain.push('a'),
            'è'..='ë' => plain.push('e'),
            'ì'..='ï' => plain.push('i'),
            'ò'..='ö' => plain.push('o'),
            'ù'..='ü' => plain.push('u'),
            'À'..='Å' => plain.push('A'),
            'È'..='Ë' => plain.push('E'),
            'ç' => plain.push('c'),
            'ñ' => plain.push('n'),
            '\u{200b}'..='\u{200f}' | '\u{feff}' => {}
            '®' | '©' | '™' => {}
            other => return Err(RenderError::NoGlyph { text: text.to_owned(), sign: other }),
        }
    }
    Ok(plain)
}

/// The clipping rule: a text longer than `columns` keeps its first `columns - 1` signs and ends with `~`.
#[must_use]
pub fn clip(text: &str, columns: usize) -> String {
    if text.chars().count() <= columns {
        return text.to_owned();
    }
    let mut kept: String = text.chars().take(columns.saturating_sub(1)).collect();
    if columns > 0 {
        kept.push('~');
    }
    kept
}

/// Left and right text on one line: the right one whole, the left one clipped, at least one blank between.
#[must_use]
pub fn pair(left: &str, right: &str, columns: usize) -> String {
    let right = clip(right, columns);
    let room = columns.saturating_sub(right.chars().count() + 1);
    let left = clip(left, room);
    let gap = columns.saturating_sub(left.chars().count() + right.chars().count());
    format!("{left}{}{right}", " ".repeat(gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_forms_fold_and_other_scripts_are_refused() {
        assert_eq!(fold("Café\u{a0}“Noir” – ₹50…").unwrap(), "Cafe \"Noir\" - Rs 50...");
        assert!(matches!(fold("दूध 1 L"), Err(RenderError::NoGlyph { sign: 'द', .. })));
        assert!(fold("\u{1b}@").is_err(), "a control character could command the printer");
    }

    #[test]
    fn long_texts_are_clipped_and_marked() {
        assert_eq!(clip("exact", 5), "exact");
        assert_eq!(clip("longer", 5), "long~");
        assert_eq!(clip("x", 0), "");
        assert_eq!(pair("Milk", "2", 8), "Milk   2");
        assert_eq!(pair("Toor dal premium", "12", 10), "Toor d~ 12");
        assert_eq!(pair("Toor", "123456789", 4), "123~");
    }
}
