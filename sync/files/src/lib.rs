//! Files that people bring in: bytes of a catalogue or barcode list in, checked rows and named bad rows out (REQ-14). What
//! lives here decides what a row means and whether it may enter, for a store and for a hub alike, so that neither takes what
//! the other refuses; reading files, dry runs, progress and saving live in the adapters and in `db/`. Nothing here changes
//! anything, so a caller sees the whole verdict before the first row is stored.

mod field;
mod gtins;
mod guess;
mod own;
mod table;
#[cfg(test)]
mod tests;
mod zepto;

use model::catalogue::Product;
use model::{Grams, Qty};

pub use field::gtin_is_valid;
pub use gtins::gtins;
pub use own::{COLUMNS, export};

/// The largest file in bytes.
pub const FILE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// The most data rows in one file (the header does not count).
pub const ROWS_MAX: usize = 100_000;
/// The longest field in characters, after blanks are folded.
pub const FIELD_CHARS_MAX: usize = 500;
/// The dearest price in paise: INR 10,00,000.
pub const PRICE_PAISE_MAX: i64 = 100_000_000;
/// The heaviest sales unit in grams: 100 kg.
pub const WEIGHT_GRAMS_MAX: u32 = 100_000;
/// The longest shelf life in days: ten years.
pub const SHELF_LIFE_DAYS_MAX: u32 = 3_653;
/// The most barcodes of one product.
pub const GTINS_MAX: usize = 20;
/// The most category paths of one product.
pub const CATEGORIES_MAX: usize = 20;

/// Which file a catalogue comes in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The quick-commerce listing `category,name,mrp,discountPercent,...`: paise, grams, one line per product and
    /// category, no codes, no barcodes. What it does not say is guessed, and the notes name every guess.
    Zepto,
    /// Larder's own format with the columns of [`COLUMNS`]; `opening_stock` may be left out.
    Csv,
}

/// One product to import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CatalogueRow {
    /// 1-based line in the file where it first stands; 0 when it comes from elsewhere.
    pub line: u64,
    /// The product; its `category` is the first one of the file.
    pub product: Product,
    /// Further category paths the product stands in, sorted.
    pub more_categories: Vec<String>,
    /// Weight of the contents without packing, at most the product's `weight`.
    pub net_weight: Grams,
    /// Pieces on hand that the file claims; becomes the opening stock.
    pub opening_stock: Qty,
}

/// One barcode and what it names (a look-up table for receiving; no prices).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GtinRow {
    /// 1-based line in the file.
    pub line: u64,
    /// GTIN-8, 12, 13 or 14 with the right check digit, as it stands in the file.
    pub gtin: String,
    /// The product's name.
    pub name: String,
    /// Address of a picture (`http` or `https`), or empty.
    pub image_url: String,
}

/// What a file holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome<T> {
    /// What the good rows say, in the order of their first line. Empty when the file as a whole was refused.
    pub rows: Vec<T>,
    /// Rows of the file that are good; several may say one thing.
    pub good: usize,
    /// The refused rows, in the order of their lines. A file refused as a whole has exactly one.
    pub bad: Vec<BadRow>,
    /// What was folded, merged, guessed or ignored, for a person to read.
    pub notes: Vec<String>,
}

/// One refused row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// 1-based line in the file where the row begins (the header is line 1).
    pub line: u64,
    /// What is wrong.
    pub reason: Reason,
    /// What to do about it.
    pub hint: &'static str,
}

/// Why a row, or the whole file, is refused. `Display` gives the sentence to show; columns are named as in the file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Reason {
    /// The file is larger than [`FILE_BYTES_MAX`].
    #[error("the file has {0} bytes, more than {FILE_BYTES_MAX}")]
    FileTooLarge(usize),
    /// There is nothing in it, or only a header.
    #[error("the file has no data rows")]
    NoRows,
    /// More than [`ROWS_MAX`] rows.
    #[error("the file has more than {ROWS_MAX} rows")]
    TooManyRows,
    /// The header lacks a column.
    #[error("column {0:?} is missing in the header")]
    ColumnMissing(&'static str),
    /// The header names a column twice.
    #[error("column {0:?} stands twice in the header")]
    ColumnTwice(&'static str),
    /// The row has more or fewer fields than the header.
    #[error("{found} fields where the header has {wanted}")]
    FieldCount {
        /// Fields in this row.
        found: usize,
        /// Fields in the header.
        wanted: usize,
    },
    /// A field is not UTF-8.
    #[error("{0} is not UTF-8 text")]
    NotUtf8(&'static str),
    /// A field holds a NUL, another control sign or a text-direction override.
    #[error("{0} holds the invisible control sign U+{1:04X}")]
    ControlSign(&'static str, u32),
    /// A field goes over several lines: a quote that nobody closed would make one product of several.
    #[error("{0} goes over a line end")]
    LineBreak(&'static str),
    /// A field is longer than [`FIELD_CHARS_MAX`].
    #[error("{0} has {1} characters, more than {FIELD_CHARS_MAX}")]
    TooLong(&'static str, usize),
    /// A field that must not be empty is.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// Not a whole number within its range.
    #[error("{column} is {text:?}, not a whole number from {min} to {max}")]
    NotANumber {
        /// The column.
        column: &'static str,
        /// What stands there, shortened.
        text: String,
        /// Smallest allowed.
        min: i64,
        /// Largest allowed.
        max: i64,
    },
    /// A price of zero.
    #[error("{0} is zero")]
    ZeroPrice(&'static str),
    /// A weight of zero.
    #[error("{0} is zero")]
    ZeroWeight(&'static str),
    /// The selling price is above the maximum retail price.
    #[error("the price of {price} paise is above the MRP of {mrp} paise")]
    PriceAboveMrp {
        /// Selling price in paise.
        price: i64,
        /// Maximum retail price in paise.
        mrp: i64,
    },
    /// The contents weigh more than the packed unit.
    #[error("the net weight of {net} g is above the gross weight of {gross} g")]
    NetAboveGross {
        /// Grams of contents.
        net: u32,
        /// Grams with packing.
        gross: u32,
    },
    /// The stock flag and the stock count disagree.
    #[error("outOfStock is {flag} but availableQuantity is {count}")]
    StockContradiction {
        /// The flag.
        flag: bool,
        /// The count.
        count: u32,
    },
    /// Not one of the allowed words.
    #[error("{column} is {text:?}, not one of {allowed}")]
    NotAWord {
        /// The column.
        column: &'static str,
        /// What stands there, shortened.
        text: String,
        /// The allowed words.
        allowed: &'static str,
    },
    /// Not a SKU code.
    #[error("sku: {0}")]
    SkuCode(String),
    /// Not 8, 12, 13 or 14 digits.
    #[error("{0:?} is not a GTIN of 8, 12, 13 or 14 digits")]
    GtinForm(String),
    /// The last digit of a barcode is wrong.
    #[error("the check digit of {0} is wrong")]
    GtinCheckDigit(String),
    /// The same code or barcode stands on an earlier good row.
    #[error("{column} {text:?} already stands on line {line}")]
    Duplicate {
        /// The column.
        column: &'static str,
        /// The repeated value.
        text: String,
        /// Line of the first one.
        line: u64,
    },
    /// A list in one field is too long.
    #[error("{0} lists {1} values, more than {2}")]
    TooMany(&'static str, usize, usize),
    /// A picture's address that is neither http nor https.
    #[error("image_url {0:?} is neither http:// nor https://")]
    Url(String),
    /// The CSV reader gave up.
    #[error("unreadable CSV: {0}")]
    Csv(String),
}

impl Reason {
    /// What to do about it.
    pub const fn hint(&self) -> &'static str {
        match self {
            Reason::FileTooLarge(_) | Reason::TooManyRows => {
                "split the file and import the parts one after another"
            }
            Reason::NoRows => "check that this is the right file; the first line is the header",
            Reason::ColumnMissing(_) => {
                "check the --format given and the header's spelling; an export shows a right one"
            }
            Reason::ColumnTwice(_) => "keep one of the two columns",
            Reason::FieldCount { .. } => {
                "put double quotes around a field that holds a comma; look for a quote left open"
            }
            Reason::NotUtf8(_) => "save the file as UTF-8",
            Reason::ControlSign(..) => "type the field again; copied text brought a sign that nobody can see",
            Reason::TooLong(..) => "shorten the text; if it holds other rows, a double quote was left open",
            Reason::LineBreak(_) => "look for a double quote that is not closed, or put the text on one line",
            Reason::Empty(_) => "fill it in",
            Reason::NotANumber { .. } => {
                "write digits only: money in paise, weight in grams, counts in pieces"
            }
            Reason::ZeroPrice(_) => "write the price in paise, or leave the product out",
            Reason::ZeroWeight(_) => "weigh one unit and write grams: bags and riders are loaded by weight",
            Reason::PriceAboveMrp { .. } => {
                "selling above MRP is not allowed: lower the price or correct the MRP"
            }
            Reason::NetAboveGross { .. } => {
                "the gross weight holds the packing: check whether the two are swapped"
            }
            Reason::StockContradiction { .. } => "count the shelf, then correct the flag or the count",
            Reason::NotAWord { .. } => "use one of the words given, in small letters as shown",
            Reason::SkuCode(_) => "use 1 to 40 letters, digits, '-', '_' or '.'",
            Reason::GtinForm(_) => "scan the pack again; separate several barcodes with blanks",
            Reason::GtinCheckDigit(_) => "one digit is mistyped: scan the pack again",
            Reason::Duplicate { .. } => {
                "one row per product: merge the two, or give this one a code of its own"
            }
            Reason::TooMany(..) => "keep the most used ones",
            Reason::Url(_) => "give a web address or leave it empty",
            Reason::Csv(_) => "open and save the file as CSV with commas",
        }
    }
}

/// Reads a whole catalogue file. Never fails as such: a file that cannot be used comes back without rows and with the
/// one reason in `bad`.
pub fn catalogue(bytes: &[u8], format: Format) -> Outcome<CatalogueRow> {
    match format {
        Format::Zepto => zepto::read(bytes),
        Format::Csv => own::read(bytes),
    }
}

impl BadRow {
    fn new(line: u64, reason: Reason) -> Self {
        let hint = reason.hint();
        Self { line, reason, hint }
    }
}

impl<T> Outcome<T> {
    fn refused(bad: BadRow) -> Self {
        Self { rows: Vec::new(), good: 0, bad: vec![bad], notes: Vec::new() }
    }
}
