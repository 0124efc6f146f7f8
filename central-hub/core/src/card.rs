//! What looks like the number of a payment card. Nothing that does is ever kept.

/// Digits of a card's number.
const DIGITS: std::ops::RangeInclusive<usize> = 12..=19;

/// Whether a text holds the number of a card: that many digits, with blanks, hyphens or points between them, whose check digit
/// is right.
pub fn holds_number(text: &str) -> bool {
    let joined: String = text.chars().filter(|sign| !matches!(sign, ' ' | '-' | '.')).collect();
    joined.split(|sign: char| !sign.is_ascii_digit()).any(|run| DIGITS.contains(&run.len()) && checks(run))
}

/// The check by Luhn.
fn checks(digits: &str) -> bool {
    let sum: u32 = digits
        .bytes()
        .rev()
        .enumerate()
        .map(|(at, digit)| {
            let value = u32::from(digit - b'0') * if at % 2 == 1 { 2 } else { 1 };
            if value > 9 { value - 9 } else { value }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_cards_are_known_however_they_are_written_and_tokens_are_not() {
        for card in ["4242424242424242", "4242 4242 4242 4242", "5555-5555-5555-4444", "my 378282246310005"] {
            assert!(holds_number(card), "{card}");
        }
        for other in ["tok_1MqLkn4242", "4242", "Visa 4242", "4242424242424241", "", "tok-8f3a-2290"] {
            assert!(!holds_number(other), "{other}");
        }
    }
}
