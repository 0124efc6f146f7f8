//! From what people type to words that can be looked up, with one slip of the finger forgiven (REQ-59).

/// Words of one query; more are ignored.
const WORDS: usize = 8;
/// Signs of one word; the rest is ignored.
const SIGNS: usize = 30;
/// A shorter word is too short to guess at.
const GUESS_FROM: usize = 4;

/// A sign that belongs to a word: letters and digits of any script, and the vowel signs of Devanagari.
fn in_word(c: char) -> bool {
    c.is_alphanumeric() || ('\u{0900}'..='\u{097F}').contains(&c)
}

/// The words of a query, lower case, without anything that a search engine could read as an operator.
pub fn words(query: &str) -> Vec<String> {
    query
        .to_lowercase()
        .split(|c| !in_word(c))
        .filter(|w| !w.is_empty())
        .take(WORDS)
        .map(|w| w.chars().take(SIGNS).collect())
        .collect()
}

/// Whether a word is long enough to be guessed at when nothing begins so.
pub fn may_guess(word: &str) -> bool {
    word.chars().count() >= GUESS_FROM
}

/// Whether `known` begins like `typed` but for one slip: a sign too many, too few, wrong, or two swapped.
pub fn begins_like(typed: &str, known: &str) -> bool {
    let typed: Vec<char> = typed.chars().collect();
    let known: Vec<char> = known.chars().collect();
    let same = typed.iter().zip(&known).take_while(|(a, b)| a == b).count();
    if same == typed.len() {
        return true;
    }
    // After the first difference, the rest must agree under exactly one of the four slips.
    let rest = |from_typed: usize, from_known: usize| -> bool {
        let left = typed.get(from_typed..).unwrap_or_default();
        known.get(from_known..).is_some_and(|k| k.starts_with(left))
    };
    let swapped = typed.get(same) == known.get(same + 1)
        && typed.get(same + 1) == known.get(same)
        && typed.len() > same + 1
        && known.len() > same + 1
        && rest(same + 2, same + 2);
    rest(same + 1, same) || rest(same, same + 1) || rest(same + 1, same + 1) || swapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_and_signs_are_left_out_and_hindi_words_stay_whole() {
        assert_eq!(words("  Amul \"MILK\" OR 1-L* (x:"), ["amul", "milk", "or", "1", "l", "x"]);
        assert_eq!(words("दूध मिल्क"), ["दूध", "मिल्क"]);
        assert!(words("*** \" ").is_empty());
        assert_eq!(words(&"a ".repeat(50)).len(), WORDS);
    }

    #[test]
    fn one_slip_is_forgiven_two_are_not() {
        for typed in ["chcolate", "chocolatte", "chocolade", "choclate", "hcocolate", "choclat", "choco"] {
            assert!(begins_like(typed, "chocolate"), "{typed}");
        }
        assert!(begins_like("amlu", "amul"));
        for typed in ["chkklate", "biscuit", "cohcloate"] {
            assert!(!begins_like(typed, "chocolate"), "{typed}");
        }
        assert!(!may_guess("mil") && may_guess("milk"));
    }
}
