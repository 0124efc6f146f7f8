//! Signs that no text for people may hold. What a printer or a screen can show is not decided here.

/// A control sign, or an override of text direction, which makes a text read differently from its bytes.
#[must_use]
pub fn is_control(sign: char) -> bool {
    sign.is_control() || matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::is_control;

    #[test]
    fn letters_of_every_script_pass_and_commands_do_not() {
        assert!("Ravi रवि ரவி 😀 क\u{200d}ष".chars().all(|sign| !is_control(sign)));
        for sign in ['\0', '\u{1b}', '\n', '\u{7f}', '\u{9b}', '\u{202e}', '\u{2066}'] {
            assert!(is_control(sign), "{sign:?}");
        }
    }
}
