//! A code on its way from the agent to the store's flows: text, AIM identifier and what is known of separators, kept apart
//! so that a person is shown the text and the reading knows the rest. Never what a code means to the store.

use model::mqtt::Separators;
use serde::{Deserialize, Serialize};

use super::aim;
use super::scan::{Scan, ScanError, parse_scan_from};

/// What a scanner read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The data, as people see them.
    pub text: String,
    /// The AIM identifier, such as `]C1`, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aim: Option<String>,
    /// What is known of the scanner's separators.
    #[serde(default, skip_serializing_if = "Separators::is_unknown")]
    pub separators: Separators,
}

impl Code {
    /// A line of which nothing is known but what stands in it; an AIM identifier in front is taken off.
    #[must_use]
    pub fn of_line(line: &str) -> Self {
        let (_, data) = aim::split(line.as_bytes());
        let (head, text) = line.split_at(line.len() - data.len());
        let aim = (!head.is_empty()).then(|| head.to_owned());
        Self { text: text.to_owned(), aim, separators: Separators::Unknown }
    }

    /// What it says.
    ///
    /// # Errors
    /// [`ScanError`], fit to be shown; its place counts in [`Code::text`].
    pub fn read(&self) -> Result<Scan, ScanError> {
        let head = self.aim.as_deref().filter(|aim| aim::split(aim.as_bytes()).1.is_empty());
        let head = head.unwrap_or_default();
        let raw = [head, self.text.as_str()].concat();
        parse_scan_from(raw.as_bytes(), self.separators).map_err(|error| error.before(head.len()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gs1::Gs1Fault;

    fn code(aim: Option<&str>, text: &str, separators: Separators) -> Code {
        Code { text: text.into(), aim: aim.map(str::to_owned), separators }
    }

    #[test]
    fn the_identifier_says_what_the_digits_alone_do_not() {
        let read = |aim, text| code(aim, text, Separators::Unknown).read();
        assert_eq!(read(Some("]C0"), "9521321109995"), Ok(Scan::Other("9521321109995".into())));
        assert!(matches!(read(Some("]E0"), "9521321109995"), Ok(Scan::Ean(_))));
        for aim in ["]C1", "]d2", "]Q3", "]e0", "]J1"] {
            let got = read(Some(aim), "172612310109521321109995");
            assert!(matches!(got, Ok(Scan::Gs1(_))), "{aim}: {got:?}");
        }
        let no_item = read(None, "172612310109521321109995");
        assert!(matches!(no_item, Ok(Scan::Other(_))), "{no_item:?}");
        let strange = read(Some("]C1]C1"), "LP:asha");
        assert!(
            matches!(strange, Ok(Scan::Badge(_))),
            "no identifier, so it is not put in front: {strange:?}"
        );
    }

    #[test]
    fn places_count_in_the_text_that_is_shown() {
        for aim in [None, Some("]C1")] {
            let error = code(aim, "0109521321109997", Separators::Unknown).read().unwrap_err();
            assert_eq!(error.position(), Some(15), "{aim:?}");
            assert_eq!(error.name(), "GS1_LINTER_INCORRECT_CHECK_DIGIT");
        }
    }

    #[test]
    fn separators_decide_whether_a_lot_is_read() {
        let lot = "010952132110999510ABC17261231";
        let read = |separators| code(Some("]C1"), lot, separators).read();
        let Ok(Scan::Gs1(item)) = read(Separators::Trusted) else { panic!() };
        assert_eq!(item.lot.as_deref(), Some("ABC17261231"));
        for separators in [Separators::Unknown, Separators::Lost] {
            let Err(ScanError::Gs1(error)) = read(separators) else { panic!() };
            assert!(matches!(error.fault, Gs1Fault::Ambiguous { .. }), "{error}");
            assert_eq!(error.position, 21);
            assert_eq!(ScanError::Gs1(error).name(), "ambiguous");
        }
    }

    #[test]
    fn a_line_is_cut_behind_its_identifier() {
        assert_eq!(Code::of_line("]C110X"), code(Some("]C1"), "10X", Separators::Unknown));
        assert_eq!(Code::of_line("LP:asha"), code(None, "LP:asha", Separators::Unknown));
        assert_eq!(Code::of_line("\u{928}"), code(None, "\u{928}", Separators::Unknown));
    }
}
