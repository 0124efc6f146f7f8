//! What passes from a scanner to the store, and what is a disturbance of its line. Never what a code means to the store.

use super::aim::{self, NamedBy, Symbology};
use super::scan::{Scan, ScanError, parse_scan};

/// Why a line is no code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Disturbance {
    /// What a scanner never sends: it checks digits and lengths itself.
    #[error("{0}")]
    Broken(ScanError),
    /// The end of the first was lost.
    #[error("two codes in one")]
    Merged,
    /// This scanner says what kind each code is; the head of this one was lost.
    #[error("the head of the code is lost")]
    Headless,
}

/// One scanner's line, since it was plugged in.
#[derive(Debug, Default)]
pub struct Sieve {
    /// It sends AIM identifiers.
    names_kinds: bool,
}

impl Sieve {
    /// Whether a whole line is a code. One that is printed wrongly passes: the store tells the person, in words. `by`: whose
    /// the identifier in front is; only a scanner's own shows that it sends them.
    ///
    /// # Errors
    /// [`Disturbance`], fit to be shown: scan again.
    pub fn pass(&mut self, raw: &[u8], by: NamedBy) -> Result<(), Disturbance> {
        if aim::is_merged(raw) {
            return Err(Disturbance::Merged);
        }
        let named = aim::split(raw).0 != Symbology::Unknown;
        match parse_scan(raw) {
            Err(
                fault @ (ScanError::Noise { .. }
                | ScanError::Empty
                | ScanError::CheckDigit { .. }
                | ScanError::NotDigits { .. }
                | ScanError::EanLength { .. }),
            ) => Err(Disturbance::Broken(fault)),
            // The rest of a longer code may be a good number by chance.
            Ok(Scan::Ean(_) | Scan::Gs1(_)) if self.names_kinds && !named => Err(Disturbance::Headless),
            Ok(_) | Err(ScanError::Gs1(_) | ScanError::NoItem | ScanError::DamagedLabel) => {
                self.names_kinds |= named && by == NamedBy::Scanner;
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_of_a_code_is_no_code_where_heads_are_sent() {
        let mut sieve = Sieve::default();
        assert_eq!(sieve.pass(b"96385074", NamedBy::Scanner), Ok(()), "a scanner without identifiers");
        assert_eq!(sieve.pass(b"]E09521321109995", NamedBy::Scanner), Ok(()));
        assert_eq!(sieve.pass(b"96385074", NamedBy::Scanner), Err(Disturbance::Headless));
        assert_eq!(sieve.pass(b"LP:asha", NamedBy::Scanner), Ok(()), "a label of ours proves itself");
        assert_eq!(sieve.pass(b"]E09521321109995]E496385074", NamedBy::Scanner), Err(Disturbance::Merged));
        assert!(matches!(sieve.pass(b"]E09521321109994", NamedBy::Scanner), Err(Disturbance::Broken(_))));
        assert_eq!(sieve.pass(b"]C110L-7", NamedBy::Scanner), Ok(()), "no item: the store says so");
    }

    /// What we have put in front ourselves says nothing of the scanner's habits.
    #[test]
    fn an_identifier_of_ours_expects_none_of_the_scanner() {
        let mut sieve = Sieve::default();
        assert_eq!(sieve.pass(b"]E09521321109995", NamedBy::Us), Ok(()));
        assert_eq!(sieve.pass(b"01095213211099951726123110L-7", NamedBy::Scanner), Ok(()));
        assert_eq!(sieve.pass(b"96385074", NamedBy::Scanner), Ok(()));
    }
}
