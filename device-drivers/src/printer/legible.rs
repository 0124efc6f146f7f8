//! What of a text our fonts can draw. A paper is made of that alone: a name in another script, or an emoji in it, must never
//! keep an order without its labels. Which text stands where is not decided here.

use crate::printer::script;

/// Signs without ink that join two letters, or keep them apart.
const JOINERS: [char; 2] = ['\u{200c}', '\u{200d}'];

/// As much of a text as can be drawn: a word with a letter that cannot is left out whole, for half a name is another name;
/// an emoji or a mark is left out by itself.
pub(super) fn part(text: &str) -> String {
    if text.chars().all(script::draws) {
        return text.to_owned();
    }
    text.split_whitespace().filter_map(word).collect::<Vec<_>>().join(" ")
}

/// The text without emoji and marks that cannot be drawn; `None` where one of its letters cannot, or nothing is left.
pub(super) fn whole(text: &str) -> Option<String> {
    let spelt = text.chars().all(|sign| script::draws(sign) || !sign.is_alphanumeric());
    spelt.then(|| part(text)).filter(|kept| !kept.trim().is_empty())
}

fn word(word: &str) -> Option<String> {
    let mut kept = String::new();
    for sign in word.chars() {
        match script::draws(sign) {
            true => kept.push(sign),
            false if sign.is_alphanumeric() => return None,
            false => {}
        }
    }
    if kept.len() < word.len() {
        // What joined an emoji to another one.
        kept = kept.trim_matches(JOINERS).to_owned();
    }
    Some(kept).filter(|kept| !kept.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::text::fold;

    #[test]
    fn half_a_name_is_never_printed_and_an_emoji_takes_no_letter_along() {
        let cases = [
            ("கவிதா", ""),
            ("Ravi கு", "Ravi"),
            ("Raவி Kumar", "Kumar"),
            ("Asha😀", "Asha"),
            ("👨\u{200d}👩\u{200d}👧 आशा \u{1f1ee}\u{1f1f3}", "आशा"),
            ("\u{1b}@Ravi\u{7}", "@Ravi"),
            ("4K7  1/2", "4K7  1/2"),
        ];
        for (text, want) in cases {
            assert_eq!(part(text), want, "{text}");
        }
        assert_eq!(whole("Maggi 🍜 noodles").as_deref(), Some("Maggi noodles"));
        for none in ["பால் 1 L", "", "  ", "😀"] {
            assert_eq!(whole(none), None, "{none}");
        }
    }

    #[test]
    fn what_is_left_is_always_set_and_what_a_printer_has_letters_for_is_left() {
        for sign in ('\0'..=char::MAX).filter(|sign| fold(&sign.to_string()).is_ok()) {
            assert!(script::draws(sign), "{sign:?}");
        }
        let some = |sign: &char| script::draws(*sign) || u32::from(*sign) % 97 == 0;
        for sign in ('\0'..=char::MAX).filter(some) {
            let text = format!("a{sign}b {sign} c");
            let set = script::set(&part(&text), 12, script::Weight::Bold, 200);
            assert!(set.is_ok(), "{sign:?}: {set:?}");
        }
    }
}
