//! One field at a time: numbers, money, weights, words, barcodes. Each says exactly what is wrong with it.

use super::table::Row;
use super::{PRICE_PAISE_MAX, Reason, WEIGHT_GRAMS_MAX};
use model::qty::QTY_MAX;
use model::{Grams, Paise, Qty};

/// Characters of a wrong value that an error repeats.
const SHOWN_CHARS: usize = 40;

/// Enough of a wrong value to find it, and no more.
pub fn shown(text: &str) -> String {
    text.chars().take(SHOWN_CHARS).collect()
}

/// A whole number from `min` to `max`, plain digits.
pub fn number(row: &Row, column: &'static str, min: u32, max: u32) -> Result<u32, Reason> {
    let text = row.filled(column)?;
    let plain = text.bytes().all(|b| b.is_ascii_digit());
    match text.parse::<u32>() {
        Ok(n) if plain && (min..=max).contains(&n) => Ok(n),
        Ok(_) | Err(_) => {
            Err(Reason::NotANumber { column, text: shown(&text), min: i64::from(min), max: i64::from(max) })
        }
    }
}

/// A price in paise, above zero.
pub fn price(row: &Row, column: &'static str) -> Result<Paise, Reason> {
    let max = u32::try_from(PRICE_PAISE_MAX).unwrap_or(u32::MAX);
    match number(row, column, 0, max)? {
        0 => Err(Reason::ZeroPrice(column)),
        paise => Ok(Paise::new(i64::from(paise))),
    }
}

/// A weight in grams, above zero.
pub fn weight(row: &Row, column: &'static str) -> Result<Grams, Reason> {
    match number(row, column, 0, WEIGHT_GRAMS_MAX)? {
        0 => Err(Reason::ZeroWeight(column)),
        grams => Ok(Grams(grams)),
    }
}

/// A count of pieces.
pub fn pieces(row: &Row, column: &'static str) -> Result<Qty, Reason> {
    let count = number(row, column, 0, QTY_MAX)?;
    let fault = |_| Reason::NotANumber { column, text: count.to_string(), min: 0, max: i64::from(QTY_MAX) };
    Qty::new(i64::from(count)).map_err(fault)
}

/// A selling price is at most the MRP.
pub fn price_within_mrp(price: Paise, mrp: Paise) -> Result<(), Reason> {
    if price > mrp {
        return Err(Reason::PriceAboveMrp { price: price.get(), mrp: mrp.get() });
    }
    Ok(())
}

/// A text in a wrong form: what stands there and what may.
pub fn not_a_word(column: &'static str, text: &str, allowed: &'static str) -> Reason {
    Reason::NotAWord { column, text: shown(text), allowed }
}

/// A barcode: 8, 12, 13 or 14 digits, the last one right.
pub fn gtin(text: &str) -> Result<(), Reason> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if !digits || !matches!(text.len(), 8 | 12 | 13 | 14) {
        return Err(Reason::GtinForm(shown(text)));
    }
    if gtin_is_valid(text) { Ok(()) } else { Err(Reason::GtinCheckDigit(text.to_owned())) }
}

/// Whether a text is a GTIN-8, 12, 13 or 14 whose modulo-10 check digit is right.
pub fn gtin_is_valid(text: &str) -> bool {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    let weighted = text.bytes().rev().zip([1u32, 3].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit.wrapping_sub(b'0')) * weight).sum();
    digits && matches!(text.len(), 8 | 12 | 13 | 14) && sum.is_multiple_of(10)
}
