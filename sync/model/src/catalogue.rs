//! What is sold: the product facts that picking, packing, pricing and labels need (REQ-58, the part a store works with).

use crate::id::SkuId;
use crate::money::Paise;
use crate::qty::Grams;
use serde::{Deserialize, Serialize};

/// How a product must be kept (REQ-2, REQ-16).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum TempClass {
    /// Shelf.
    Ambient,
    /// 10 to 15 degC: fruit and vegetables.
    Fresh,
    /// 0 to 5 degC: dairy, meat.
    Chilled,
    /// -18 degC and below.
    Frozen,
}

impl TempClass {
    /// Whether it travels in an insulated bag and its zone has a cold chain.
    pub const fn is_cold(self) -> bool {
        match self {
            TempClass::Ambient | TempClass::Fresh => false,
            TempClass::Chilled | TempClass::Frozen => true,
        }
    }
    /// The stable word in CSV and SQL.
    pub const fn word(self) -> &'static str {
        match self {
            TempClass::Ambient => "ambient",
            TempClass::Fresh => "fresh",
            TempClass::Chilled => "chilled",
            TempClass::Frozen => "frozen",
        }
    }
    /// The class of a word.
    pub fn from_word(word: &str) -> Option<TempClass> {
        [TempClass::Ambient, TempClass::Fresh, TempClass::Chilled, TempClass::Frozen]
            .into_iter()
            .find(|class| class.word() == word)
    }
}

/// How fast it sells: where its home bin lies (REQ-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub enum Velocity {
    /// The ~200 fastest: 60 % of picks, nearest to packing.
    A,
    /// The next ~500: 25 %.
    B,
    /// The rest: 15 %.
    C,
}

/// One product as both sides know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema, ts_rs::TS))]
pub struct Product {
    /// Its code.
    pub sku: SkuId,
    /// Barcodes of one sales unit (GTIN-8/12/13/14, check digit right); may be empty.
    pub gtins: Vec<String>,
    /// English name with size, as on the shelf.
    pub name: String,
    /// Hindi name with size; empty where there is none.
    pub name_hi: String,
    /// Maker's brand.
    pub brand: String,
    /// Category path, outermost first, joined by ` > `.
    pub category: String,
    /// Extra words that find it, separated by blanks.
    pub search_terms: String,
    /// How it must be kept.
    pub temp: TempClass,
    /// How fast it sells.
    pub velocity: Velocity,
    /// Weight of one sales unit with its packing.
    pub weight: Grams,
    /// Breaks or crushes: on top or apart (REQ-31).
    pub fragile: bool,
    /// Eaten or drunk; kept apart from non-food in bags.
    pub food: bool,
    /// Maximum retail price, taxes in.
    pub mrp: Paise,
    /// Selling price, at most `mrp`.
    pub price: Paise,
    /// Days from manufacture to expiry; 0 = does not expire.
    pub shelf_life_days: u32,
    /// Harmonised code for the invoice (REQ-103).
    pub hsn: String,
    /// GST in basis points: 500, 1200, 1800, 2800 or 0.
    pub gst_bp: u32,
    /// What one unit is, for the shelf: `1 L pouch`.
    pub unit: String,
    /// 1 = sells best; 0 = unknown.
    pub popularity: u32,
    /// It is sold. Of one that is not, nothing more is promised; what was promised before is still brought.
    #[serde(default = "sold")]
    pub active: bool,
}

/// What is not said to be withdrawn is sold: rows and messages of versions that had no word for it.
const fn sold() -> bool {
    true
}

impl Product {
    /// Heavier than 2.0 kg: goes to the bottom of a bag (REQ-31).
    pub const fn is_heavy(&self) -> bool {
        self.weight.0 > 2_000
    }
}
