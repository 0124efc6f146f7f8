//! Rules that make numbers look like a shop's: retail prices, discounts, packing weights, check digits. Integers only, so
//! that every machine gets the same.

use anyhow::{Result, bail};

/// A spread that looks random and never changes: FNV-1a with a final mix.
pub fn spread(text: &str) -> u32 {
    let hash =
        text.bytes().fold(0x811c_9dc5u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x2c1b_3c6d);
    mixed ^ (mixed >> 13)
}

/// MRP in paise of a pack `net` grams heavy when the first size of `first` grams costs `rupees`: each doubling is 3 %
/// cheaper by weight, then the brand's level, then rounding as shops do.
pub fn mrp(rupees: u32, first: u32, net: u32, level: u32, to_rupee: bool, salt: u32) -> i64 {
    let doublings = (net / first.max(1)).checked_ilog2().unwrap_or(0);
    let per_weight = i64::from(100u32.saturating_sub(3 * doublings).max(84));
    let paise = i64::from(rupees) * 100 * i64::from(net) / i64::from(first.max(1)) * per_weight / 100
        * i64::from(level)
        / 100;
    retail(paise, to_rupee, salt)
}

/// Below 60 rupees whole rupees, below 500 fives, above tens; larger amounts often end in 9.
fn retail(paise: i64, to_rupee: bool, salt: u32) -> i64 {
    let rupees = (paise + 50) / 100;
    let step = match rupees {
        _ if to_rupee => 1,
        ..60 => 1,
        60..500 => 5,
        _ => 10,
    };
    let rounded = ((rupees + step / 2) / step * step).max(1);
    let charm = !to_rupee && rounded >= 95 && rounded % 10 == 0 && salt.is_multiple_of(2);
    (rounded - i64::from(charm)) * 100
}

/// The selling price: two in five goods at MRP, the others up to `most` percent below, in whole rupees.
pub fn price(mrp: i64, most: u32, salt: u32) -> i64 {
    if most == 0 || salt % 5 < 2 {
        return mrp;
    }
    let percent = i64::from(1 + salt / 5 % most);
    (mrp * (100 - percent) / 100 / 100 * 100).max(100)
}

/// How goods are packed: grams with packing, and the word on the shelf (empty for loose goods).
pub fn packing(pack: &str, net: u32) -> Result<(u32, &'static str)> {
    let (percent, fixed, word) = match pack {
        "loose" => (0, 0, ""),
        "pouch" => (1, 4, "pouch"),
        "box" => (6, 12, "box"),
        "bottle" => (4, 18, "bottle"),
        "glass" => (35, 90, "glass jar"),
        "jar" => (5, 20, "tub"),
        "tin" => (12, 35, "tin"),
        "tray" => (3, 12, "tray"),
        "tetra" => (3, 8, "carton"),
        "tube" => (8, 6, "tube"),
        "wrap" => (2, 3, "pack"),
        other => bail!("no such packing: {other:?}"),
    };
    Ok((net + net * percent / 100 + fixed, word))
}

/// A demonstration GTIN-13: 952, four digits of brand, five of item, check digit.
pub fn gtin(brand: u32, item: u32) -> String {
    let body = format!("952{brand:04}{item:05}");
    let weighted = body.bytes().zip([1, 3].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
