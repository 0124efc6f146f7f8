//! GS1's linters: the small checks that the syntax dictionary hangs on each part of an identifier's data (REQ-41).
//! Bytes in, nothing or one fault with its place out. Never which identifier they belong to.

mod coupon;
mod error;
mod lists;
mod number;
mod prefix;
mod sign;
mod sum;
mod time;

pub use error::LintError;
pub use prefix::{AnyPrefix, CompanyPrefixes, PrefixVerdict};

/// What a linter found, and where in the data it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LintFault {
    /// What is wrong.
    pub error: LintError,
    /// First bad byte, counted from 0.
    pub start: usize,
    /// Bad bytes from there on; 0 where something is missing altogether.
    pub length: usize,
}

/// A linter's answer.
pub type Verdict = Result<(), LintFault>;

fn fail(error: LintError, start: usize, length: usize) -> Verdict {
    Err(LintFault { error, start, length })
}

/// The fault that stands for the data as a whole.
fn whole(error: LintError, data: &[u8]) -> Verdict {
    fail(error, 0, data.len())
}

macro_rules! linters {
    ($($variant:ident $name:literal $text:literal;)*) => {
        /// A linter by its name in the syntax dictionary; those of the character sets have none there.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Linter {
            $(#[doc = $text] $variant,)*
        }

        impl Linter {
            /// Every linter.
            pub const ALL: &[Linter] = &[$(Self::$variant,)*];

            /// The dictionary's word for it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

linters! {
    CouponCode "couponcode" "North American coupon";
    CouponPosOffer "couponposoffer" "North American positive offer file coupon";
    Cset39 "cset39" "signs of set 39";
    Cset64 "cset64" "base64url with optional padding";
    Cset82 "cset82" "signs of set 82";
    CsetNumeric "csetnumeric" "digits";
    Csum "csum" "check digit, weights 3 and 1 from the right";
    CsumAlpha "csumalpha" "pair of check characters";
    GcpPos1 "gcppos1" "a company prefix from the first sign on";
    GcpPos2 "gcppos2" "a company prefix from the second sign on";
    HasNonDigit "hasnondigit" "at least one sign that is no digit";
    Hh "hh" "hour";
    Hhmi "hhmi" "hour and minute";
    Hhmm "hhmm" "reserved: accepts everything";
    Hyphen "hyphen" "hyphens only";
    Iban "iban" "bank account number";
    ImporterIdx "importeridx" "importer index";
    Iso3166 "iso3166" "country number";
    Iso3166999 "iso3166999" "country number or 999";
    Iso3166Alpha2 "iso3166alpha2" "country letters";
    Iso3166List "iso3166list" "reserved: accepts everything";
    Iso4217 "iso4217" "currency number";
    Iso5218 "iso5218" "sex at birth";
    Key "key" "reserved: accepts everything";
    KeyOff1 "keyoff1" "reserved: accepts everything";
    Latitude "latitude" "degrees of latitude, times ten million, from the south pole";
    Longitude "longitude" "degrees of longitude, times ten million";
    MediaType "mediatype" "carrier medium";
    Mi "mi" "minute";
    MmOptSs "mmoptss" "reserved: accepts everything";
    NonZero "nonzero" "a number other than zero";
    NoZeroPrefix "nozeroprefix" "a number without leading zero";
    PackageType "packagetype" "kind of package";
    Pcenc "pcenc" "percent coding";
    PieceOfTotal "pieceoftotal" "piece and total, equally long";
    PosInSeqSlash "posinseqslash" "position/end";
    Ss "ss" "second";
    Winding "winding" "winding direction of a roll";
    YesNo "yesno" "0 or 1";
    Yymmd0 "yymmd0" "date, day 00 allowed";
    Yymmdd "yymmdd" "date";
    Yymmddhh "yymmddhh" "reserved: accepts everything";
    Yyyymmd0 "yyyymmd0" "date with century, day 00 allowed";
    Yyyymmdd "yyyymmdd" "date with century";
    Zero "zero" "zeros only";
}

impl Linter {
    /// The linter of that name in the dictionary.
    #[must_use]
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|linter| linter.name() == name)
    }

    /// Checks `data`; `prefixes` is asked by the linters that need to know company prefixes.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(self, data: &[u8], prefixes: &dyn CompanyPrefixes) -> Verdict {
        match self {
            Self::CouponCode => coupon::code(data, prefixes),
            Self::CouponPosOffer => coupon::positive_offer(data),
            Self::Cset39 => sign::cset39(data),
            Self::Cset64 => sign::cset64(data),
            Self::Cset82 => sign::cset82(data),
            Self::CsetNumeric => sign::digits(data),
            Self::Csum => sum::check_digit(data),
            Self::CsumAlpha => sum::check_pair(data),
            Self::GcpPos1 => prefix::at_first(data, prefixes),
            Self::GcpPos2 => prefix::at_second(data, prefixes),
            Self::HasNonDigit => sign::has_non_digit(data),
            Self::Hh => time::hour(data),
            Self::Hhmi => time::hour_minute(data),
            Self::Hyphen => sign::hyphen(data),
            Self::Iban => sum::iban(data),
            Self::ImporterIdx => sign::importer_index(data),
            Self::Iso3166 => listed(lists::COUNTRY_NUMBERS, data, LintError::NotIso3166),
            Self::Iso3166999 => sign::country_or_999(data),
            Self::Iso3166Alpha2 => listed(lists::COUNTRY_LETTERS, data, LintError::NotIso3166Alpha2),
            Self::Iso4217 => listed(lists::CURRENCY_NUMBERS, data, LintError::NotIso4217),
            Self::Iso5218 => sign::sex(data),
            Self::Latitude => number::latitude(data),
            Self::Longitude => number::longitude(data),
            Self::MediaType => listed(lists::MEDIA_TYPES, data, LintError::InvalidMediaType),
            Self::Mi => time::minute(data),
            Self::NonZero => number::non_zero(data),
            Self::NoZeroPrefix => number::no_zero_prefix(data),
            Self::PackageType => listed(lists::PACKAGE_TYPES, data, LintError::InvalidPackageType),
            Self::Pcenc => sign::percent(data),
            Self::PieceOfTotal => number::piece_of_total(data),
            Self::PosInSeqSlash => number::position_slash_end(data),
            Self::Ss => time::second(data),
            Self::Winding => sign::winding(data),
            Self::YesNo => sign::yes_no(data),
            Self::Yymmd0 => time::yymmdd(data, time::DayZero::Allowed),
            Self::Yymmdd => time::yymmdd(data, time::DayZero::Refused),
            Self::Yyyymmd0 => time::yyyymmdd(data, time::DayZero::Allowed),
            Self::Yyyymmdd => time::yyyymmdd(data, time::DayZero::Refused),
            Self::Zero => number::zero(data),
            // The standard keeps these names and gives them no rule.
            Self::Hhmm | Self::Iso3166List | Self::Key | Self::KeyOff1 | Self::MmOptSs | Self::Yymmddhh => {
                Ok(())
            }
        }
    }
}

fn listed(list: &str, data: &[u8], error: LintError) -> Verdict {
    if lists::contains(list, data) { Ok(()) } else { whole(error, data) }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
