//! A day of real shopping baskets: when people bought how many of what. Products are ranks, so that a scenario can put any
//! catalogue behind them (rank 1 = its best seller); prices, shops and names of the source are left behind.
//!
//! Source: `dunnhumby_transactions_75k.csv.gz`, a sample of till lines from 293 US shops. All shops together make one
//! store's day: one shop alone has at most 14 lines in an hour.

use anyhow::{Context, Result, ensure};
use flate2::read::GzDecoder;
use model::time::{DAY_MS, HOUR_MS, SECOND_MS};
use model::{Date, Timestamp};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

/// The most units of one line. A till line with more is weighed or pumped goods (the largest has 32,623), not a count:
/// it is kept and clamped.
pub const LINE_UNITS_MAX: u32 = 20;
/// A shopping day starts at 08:00 UTC: the shops are in the US, nobody buys between 06:00 and 09:00 UTC, and an evening
/// stays on one day.
pub const DAY_START_MS: i64 = 8 * HOUR_MS;
/// The most bytes the source may unpack to.
const UNPACKED_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// One customer at the till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Basket {
    /// Milliseconds after the start of the day, 0 to 24 h.
    pub at_offset_ms: i64,
    /// (rank, units): rank 1.. as in [`Day::products`], units 1 to [`LINE_UNITS_MAX`]; by rank, each rank once.
    pub lines: Vec<(u32, u32)>,
}

/// The baskets of one shopping day, by time, and what was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The date on which the day starts.
    pub date: Date,
    /// The baskets, earliest first.
    pub baskets: Vec<Basket>,
    /// How many products were bought that day: ranks run from 1 to this without a gap, by the number of till lines in the
    /// whole source.
    pub products: u32,
    /// Till lines of the day in the source.
    pub lines_in_source: usize,
    /// Lines left out because their quantity is 0 (returns and coupons).
    pub zero_lines: usize,
    /// Lines whose quantity was clamped to [`LINE_UNITS_MAX`].
    pub clamped_lines: usize,
    /// Baskets left out because no line remained.
    pub empty_baskets: usize,
}

/// A till line as it stands in the source.
#[derive(Debug, Clone, Deserialize)]
struct TillLine {
    /// A name, not a number: one line of the source says `4.0128e+10`.
    basket_id: String,
    product_id: u64,
    quantity: f64,
    transaction_timestamp: f64,
}

impl TillLine {
    fn at(&self) -> Timestamp {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "checked to be a whole second within the calendar"
        )]
        let seconds = self.transaction_timestamp as i64;
        Timestamp::from_ms(seconds * SECOND_MS)
    }

    /// The number of the shopping day, counted from 1970.
    fn day(&self) -> i64 {
        self.at().plus_ms(-DAY_START_MS).ms().div_euclid(DAY_MS)
    }
}

/// The busiest day of the shared data; `None` where `LARDER_SHARED` is not set, an error where it is and the file is
/// missing or broken.
pub fn shared_day() -> Result<Option<Day>> {
    let Some(root) = std::env::var_os("LARDER_SHARED") else {
        return Ok(None);
    };
    let path = Path::new(&root).join("data/baskets/dunnhumby_transactions_75k.csv.gz");
    let packed = std::fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
    busiest_day(&packed).map(Some)
}

/// The day with the most till lines (the earliest of several) of a gzipped CSV with at least the columns `basket_id`,
/// `product_id`, `quantity` and `transaction_timestamp` (seconds). Any unreadable line is an error that names it.
pub fn busiest_day(packed: &[u8]) -> Result<Day> {
    let lines = read(packed)?;
    let mut days: BTreeMap<i64, usize> = BTreeMap::new();
    let mut sold: BTreeMap<u64, usize> = BTreeMap::new();
    for line in &lines {
        *days.entry(line.day()).or_default() += 1;
        *sold.entry(line.product_id).or_default() += 1;
    }
    let busiest = days.iter().max_by_key(|(day, lines)| (**lines, std::cmp::Reverse(**day)));
    let (&number, _) = busiest.context("no till lines")?;
    let of_day: Vec<&TillLine> = lines.iter().filter(|line| line.day() == number).collect();
    Ok(day(number, &of_day, &sold))
}

fn read(packed: &[u8]) -> Result<Vec<TillLine>> {
    let unpacked = GzDecoder::new(packed).take(UNPACKED_BYTES_MAX);
    let mut lines = Vec::new();
    for (index, line) in csv::Reader::from_reader(unpacked).deserialize().enumerate() {
        let number = index + 2;
        let line: TillLine = line.with_context(|| format!("till line in file line {number}"))?;
        let (quantity, time) = (line.quantity, line.transaction_timestamp);
        ensure!(quantity >= 0.0 && quantity.fract() == 0.0, "line {number}: quantity {quantity}");
        ensure!((0.0..1e11).contains(&time), "line {number}: time {time}");
        lines.push(line);
    }
    Ok(lines)
}

fn day(number: i64, lines: &[&TillLine], sold: &BTreeMap<u64, usize>) -> Day {
    let ranks = ranks(lines, sold);
    let start = Timestamp::from_ms(number * DAY_MS + DAY_START_MS);
    let (mut zero_lines, mut clamped_lines) = (0, 0);
    let mut baskets: BTreeMap<&str, (i64, BTreeMap<u32, u32>)> = BTreeMap::new();
    for line in lines {
        let at = line.at().since_ms(start);
        let (_, goods) = baskets.entry(&line.basket_id).or_insert((at, BTreeMap::new()));
        let Some(rank) = ranks.get(&line.product_id).filter(|_| line.quantity > 0.0) else {
            zero_lines += 1;
            continue;
        };
        let most = f64::from(LINE_UNITS_MAX);
        clamped_lines += usize::from(line.quantity > most);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 1..=20")]
        let units = line.quantity.min(most) as u32;
        let total = goods.entry(*rank).or_default();
        *total = (*total + units).min(LINE_UNITS_MAX);
    }
    let all = baskets.len();
    let filled = baskets.into_values().filter(|(_, goods)| !goods.is_empty());
    let mut baskets: Vec<Basket> = filled
        .map(|(at_offset_ms, goods)| Basket { at_offset_ms, lines: goods.into_iter().collect() })
        .collect();
    // Stable: baskets of one second stay in the order of their names.
    baskets.sort_by_key(|basket| basket.at_offset_ms);
    Day {
        date: start.utc_date(),
        products: u32::try_from(ranks.len()).unwrap_or(u32::MAX),
        lines_in_source: lines.len(),
        zero_lines,
        clamped_lines,
        empty_baskets: all - baskets.len(),
        baskets,
    }
}

/// The products really bought that day, ranked from 1 by how often the whole source sells them, then by number.
fn ranks(lines: &[&TillLine], sold: &BTreeMap<u64, usize>) -> BTreeMap<u64, u32> {
    let bought: BTreeMap<u64, ()> =
        lines.iter().filter(|line| line.quantity > 0.0).map(|line| (line.product_id, ())).collect();
    let mut order: Vec<u64> = bought.into_keys().collect();
    order.sort_by_key(|product| (std::cmp::Reverse(sold.get(product).copied().unwrap_or(0)), *product));
    order.into_iter().zip(1..).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    fn packed(rows: &str) -> Vec<u8> {
        let mut gz = GzEncoder::new(Vec::new(), Compression::fast());
        gz.write_all(b"store_id,basket_id,product_id,quantity,transaction_timestamp\n").unwrap();
        gz.write_all(rows.as_bytes()).unwrap();
        gz.finish().unwrap()
    }

    /// 2017-01-02 08:00 UTC.
    const START: i64 = 1_483_344_000;

    #[test]
    fn one_day_by_rank_and_time_with_zero_left_out_and_huge_clamped() {
        let mut rows = String::new();
        for (basket, product, quantity, at) in [
            (7, 500, "1.0", START - 1),
            (1, 500, "2.0", START + 3_600),
            (1, 900, "9221.0", START + 3_600),
            (2, 900, "1.0", START + 60),
            (3, 800, "0.0", START + 120),
            (2, 100, "0.0", START + 60),
            (8, 500, "1.0", START + 86_400),
        ] {
            rows.push_str(&format!("9,{basket}e0,{product},{quantity},{at}.0\n"));
        }
        let day = busiest_day(&packed(&rows)).unwrap();
        assert_eq!(day.date.to_string(), "2017-01-02");
        let late = Basket { at_offset_ms: HOUR_MS, lines: vec![(1, 2), (2, LINE_UNITS_MAX)] };
        let early = Basket { at_offset_ms: 60_000, lines: vec![(2, 1)] };
        assert_eq!(day.baskets, [early, late], "500 sells on three lines, 900 on two");
        assert_eq!((day.products, day.lines_in_source), (2, 5));
        assert_eq!((day.zero_lines, day.clamped_lines, day.empty_baskets), (2, 1, 1));
    }

    #[test]
    fn broken_lines_are_named() {
        for row in
            ["9,1,1,-1.0,1483344000.0", "9,1,1,NaN,1483344000.0", "9,1,1,1.0,1e300", "9,1,x,1.0,1.0", "9,1"]
        {
            let error = format!(
                "{:#}",
                busiest_day(&packed(&format!("9,1,1,1.0,1483344000.0\n{row}\n"))).unwrap_err()
            );
            assert!(error.contains("line 3"), "{row}: {error}");
        }
        assert!(busiest_day(b"not gzip").is_err());
        assert!(busiest_day(&packed("")).is_err());
    }

    #[test]
    fn the_real_day_is_the_saturday_before_christmas() {
        let Some(day) = shared_day().unwrap() else {
            println!("skipped: LARDER_SHARED is not set");
            return;
        };
        assert_eq!(day.date.to_string(), "2017-12-23");
        let lines: usize = day.baskets.iter().map(|basket| basket.lines.len()).sum();
        assert_eq!(lines, day.lines_in_source - day.zero_lines, "no product stands twice in a basket");
        println!(
            "{} baskets, {lines} lines, {} products; {} zero, {} clamped, {} empty",
            day.baskets.len(),
            day.products,
            day.zero_lines,
            day.clamped_lines,
            day.empty_baskets
        );
        assert!(day.baskets.windows(2).all(|pair| pair[0].at_offset_ms <= pair[1].at_offset_ms));
        for basket in &day.baskets {
            assert!((0..DAY_MS).contains(&basket.at_offset_ms) && !basket.lines.is_empty());
            let fine = |(rank, units): &(u32, u32)| {
                (1..=day.products).contains(rank) && (1..=LINE_UNITS_MAX).contains(units)
            };
            assert!(basket.lines.iter().all(fine));
        }
    }
}
