//! GS1 element strings: application identifiers and their data, as a scanner sends them (FNC1 = GS, 0x1D).
//! Knows the identifiers of goods and lots; any other is an error with its position, never skipped.

use model::Date;

use crate::gs1::date::parse_date;
use crate::gs1::gtin::Gtin;

/// The group separator that ends data of variable length.
pub const GS: u8 = 0x1d;

/// What an element string says. Every identifier stands at most once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Elements {
    /// (01) the item.
    pub gtin: Option<Gtin>,
    /// (10) batch or lot, 1-20 characters.
    pub lot: Option<String>,
    /// (21) serial number, 1-20 characters.
    pub serial: Option<String>,
    /// (11) production date.
    pub made: Option<Date>,
    /// (15) best-before date.
    pub best_before: Option<Date>,
    /// (17) expiry date.
    pub expiry: Option<Date>,
    /// (310n) net weight in grams, rounded down from finer marks.
    pub net_weight_g: Option<u32>,
}

/// What is wrong with an element string.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Gs1Fault {
    /// No data at all, or data ends inside an identifier.
    #[error("the code ends where an application identifier should stand")]
    Empty,
    /// Two digits that no known identifier begins with.
    #[error("application identifier {0:?} is not known here")]
    UnknownAi(String),
    /// The same identifier twice.
    #[error("application identifier {0} stands twice")]
    Repeated(&'static str),
    /// Fewer characters than the identifier needs, or more than it allows.
    #[error("({ai}) wants {want} characters and has {have}")]
    Length {
        /// The identifier.
        ai: &'static str,
        /// How many it wants, as text.
        want: &'static str,
        /// How many there are.
        have: usize,
    },
    /// A sign that GS1 does not allow here.
    #[error("({ai}) has a sign that is not allowed there")]
    Sign {
        /// The identifier.
        ai: &'static str,
    },
    /// The GTIN's check digit does not fit.
    #[error("(01) has a wrong check digit: scan again")]
    CheckDigit,
    /// Six digits that are no date.
    #[error("({ai}) is no date")]
    NoDate {
        /// The identifier.
        ai: &'static str,
    },
    /// Data of variable length swallows what looks like another identifier, and no separator was sent.
    #[error("({ai}) may have swallowed ({swallowed}): the separators were lost, so the lot is ambiguous")]
    Ambiguous {
        /// The identifier whose data may be too long.
        ai: &'static str,
        /// The identifier that may be hidden in it.
        swallowed: &'static str,
    },
}

/// A fault and the byte it was found at, counted from 0 behind the AIM id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("at character {position}: {fault}")]
pub struct Gs1Error {
    /// Byte position in the element string.
    pub position: usize,
    /// What is wrong.
    pub fault: Gs1Fault,
}

/// The identifiers known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ai {
    Gtin,
    Lot,
    Serial,
    Made,
    BestBefore,
    Expiry,
    /// 310n with n = decimal places of a kilogram.
    NetWeight(u8),
}

impl Ai {
    fn name(self) -> &'static str {
        match self {
            Ai::Gtin => "01",
            Ai::Lot => "10",
            Ai::Serial => "21",
            Ai::Made => "11",
            Ai::BestBefore => "15",
            Ai::Expiry => "17",
            Ai::NetWeight(_) => "310n",
        }
    }

    /// Data length; `None` = 1 to 20 characters up to a separator or the end.
    fn fixed(self) -> Option<(usize, &'static str)> {
        match self {
            Ai::Gtin => Some((14, "14")),
            Ai::Lot | Ai::Serial => None,
            Ai::Made | Ai::BestBefore | Ai::Expiry | Ai::NetWeight(_) => Some((6, "6")),
        }
    }

    /// The identifier at the start of `data` and its length.
    fn at(data: &[u8]) -> Option<(Ai, usize)> {
        match data {
            [b'0', b'1', ..] => Some((Ai::Gtin, 2)),
            [b'1', b'0', ..] => Some((Ai::Lot, 2)),
            [b'2', b'1', ..] => Some((Ai::Serial, 2)),
            [b'1', b'1', ..] => Some((Ai::Made, 2)),
            [b'1', b'5', ..] => Some((Ai::BestBefore, 2)),
            [b'1', b'7', ..] => Some((Ai::Expiry, 2)),
            [b'3', b'1', b'0', n @ b'0'..=b'5', ..] => Some((Ai::NetWeight(n - b'0'), 4)),
            _ => None,
        }
    }
}

/// Reads an element string without its AIM id. A leading and a closing separator are allowed.
///
/// # Errors
/// The first fault with its position; nothing is guessed and nothing skipped.
pub fn parse(data: &[u8]) -> Result<Elements, Gs1Error> {
    let mut elements = Elements::default();
    let mut at = usize::from(data.first() == Some(&GS));
    if at >= data.len() {
        return Err(Gs1Error { position: at, fault: Gs1Fault::Empty });
    }
    while at < data.len() {
        at = read_one(data, at, &mut elements)?;
    }
    Ok(elements)
}

/// Reads the element at `at` and gives the position behind it (and behind its separator).
fn read_one(data: &[u8], at: usize, elements: &mut Elements) -> Result<usize, Gs1Error> {
    let fail = |position: usize, fault: Gs1Fault| Err(Gs1Error { position, fault });
    let rest = data.get(at..).unwrap_or_default();
    let Some((ai, ai_length)) = Ai::at(rest) else {
        let shown: String =
            rest.iter().take(4).map(|b| char::from(*b)).filter(|c| c.is_ascii_graphic()).collect();
        return fail(at, if rest.len() < 2 { Gs1Fault::Empty } else { Gs1Fault::UnknownAi(shown) });
    };
    let start = at + ai_length;
    let body = data.get(start..).unwrap_or_default();
    let run = body.iter().position(|b| *b == GS).unwrap_or(body.len());
    let value = match ai.fixed() {
        Some((length, want)) => match body.get(..length).filter(|_| run >= length) {
            Some(value) => value,
            None => return fail(start, Gs1Fault::Length { ai: ai.name(), want, have: run }),
        },
        None => {
            let value = body.get(..run).unwrap_or_default();
            if value.is_empty() || value.len() > 20 {
                return fail(start, Gs1Fault::Length { ai: ai.name(), want: "1 to 20", have: value.len() });
            }
            let separated = run < body.len() || data.iter().skip(1).any(|b| *b == GS);
            if let Some((offset, swallowed)) = swallowed(value, elements).filter(|_| !separated) {
                let fault = Gs1Fault::Ambiguous { ai: ai.name(), swallowed: swallowed.name() };
                return fail(start + offset, fault);
            }
            value
        }
    };
    store(ai, value, elements).map_err(|fault| Gs1Error { position: start, fault })?;
    let end = start + value.len();
    Ok(if data.get(end) == Some(&GS) { end + 1 } else { end })
}

fn store(ai: Ai, value: &[u8], elements: &mut Elements) -> Result<(), Gs1Fault> {
    let repeated = Gs1Fault::Repeated(ai.name());
    match ai {
        Ai::Gtin => {
            let gtin = Gtin::parse(value).ok_or(Gs1Fault::CheckDigit)?;
            put(&mut elements.gtin, gtin, repeated)
        }
        Ai::Lot => put(&mut elements.lot, text(ai, value)?, repeated),
        Ai::Serial => put(&mut elements.serial, text(ai, value)?, repeated),
        Ai::Made => put(&mut elements.made, date(ai, value)?, repeated),
        Ai::BestBefore => put(&mut elements.best_before, date(ai, value)?, repeated),
        Ai::Expiry => put(&mut elements.expiry, date(ai, value)?, repeated),
        Ai::NetWeight(decimals) => put(&mut elements.net_weight_g, grams(ai, value, decimals)?, repeated),
    }
}

fn put<T>(slot: &mut Option<T>, value: T, repeated: Gs1Fault) -> Result<(), Gs1Fault> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(repeated),
    }
}

/// GS1's sign set 82, as far as lots and serials may use it.
fn text(ai: Ai, value: &[u8]) -> Result<String, Gs1Fault> {
    let allowed = |b: &u8| b.is_ascii_alphanumeric() || b"!\"%&'()*+,-./_:;<=>?".contains(b);
    if !value.iter().all(allowed) {
        return Err(Gs1Fault::Sign { ai: ai.name() });
    }
    Ok(value.iter().map(|b| char::from(*b)).collect())
}

fn date(ai: Ai, value: &[u8]) -> Result<Date, Gs1Fault> {
    parse_date(value).ok_or(Gs1Fault::NoDate { ai: ai.name() })
}

fn grams(ai: Ai, value: &[u8], decimals: u8) -> Result<u32, Gs1Fault> {
    let mut number: u64 = 0;
    for byte in value {
        let digit = byte.checked_sub(b'0').filter(|d| *d <= 9).ok_or(Gs1Fault::Sign { ai: ai.name() })?;
        number = number * 10 + u64::from(digit);
    }
    // 999,999 kg still fits.
    let grams = number * 1_000 / 10_u64.pow(u32::from(decimals));
    u32::try_from(grams).map_err(|_| Gs1Fault::Sign { ai: ai.name() })
}

/// An element that could be hidden at the end of `value`: its data prove themselves (a date, a check digit),
/// it fills the rest exactly, and it has not been read already. Asked only where no separator was sent.
fn swallowed(value: &[u8], read: &Elements) -> Option<(usize, Ai)> {
    (1..value.len()).find_map(|offset| {
        let tail = value.get(offset..)?;
        let (ai, ai_length) = Ai::at(tail)?;
        let (length, _) = ai.fixed()?;
        let data = tail.get(ai_length..)?;
        if data.len() < length {
            return None;
        }
        let mut trial = read.clone();
        store(ai, data.get(..length)?, &mut trial).ok()?;
        let rest = data.get(length..)?;
        let fits = rest.is_empty() || Ai::at(rest).is_some();
        fits.then_some((offset, ai))
    })
}

#[cfg(test)]
#[path = "element_tests.rs"]
mod tests;
