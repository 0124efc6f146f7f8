//! Packed values inside an order's map: head, picks, rider. A version byte, then postcard; times relative to the
//! document's hour, codes squeezed, and in picks only what differs from the ordered line. A later version may append
//! fields: what follows the known ones is left alone, and the bytes themselves are never rewritten by the other side.

use model::id::{LotId, SkuId};
use model::money::Paise;
use model::order::Channel;
use model::order_doc::{
    HeadLine, LINES_MAX, LessPaid, OrderHead, OtherContent, PickedUnits, Picks, RiderCard, ShortUnits,
    SubstituteAnswer, SubstituteAsk, SubstitutePreset,
};
use model::qty::Qty;
use model::quota::{HubGeneration, StoreEpoch};
use model::time::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::DocError;
use super::code::Code;

const V1: u8 = 1;
/// The most characters of a name or number.
const TEXT_MAX: usize = 80;
/// The most entries of one order's picks.
const PICKS_MAX: usize = 1_000;

/// What one packed pick says beyond its lot.
const OTHER_SKU: i32 = 1;
const OTHER_QTY: i32 = 2;

struct Writer(Vec<u8>);

impl Writer {
    fn put<T: Serialize>(self, value: &T) -> Result<Self, DocError> {
        postcard::to_extend(value, self.0).map(Writer).map_err(|e| DocError::poisoned(format!("pack: {e}")))
    }
}

struct Reader<'a> {
    what: &'static str,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    fn new(what: &'static str, bytes: &'a [u8]) -> Result<Self, DocError> {
        match bytes.split_first() {
            Some((&V1, rest)) => Ok(Self { what, rest }),
            Some((version, _)) => Err(DocError::poisoned(format!("{what} of version {version}"))),
            None => Err(DocError::poisoned(format!("{what} without bytes"))),
        }
    }

    fn take<T: DeserializeOwned>(&mut self) -> Result<T, DocError> {
        let (value, rest) = postcard::take_from_bytes(self.rest).map_err(|_| self.bad("cut short"))?;
        self.rest = rest;
        Ok(value)
    }

    fn text(&mut self) -> Result<String, DocError> {
        let Code(text) = self.take()?;
        if text.chars().count() > TEXT_MAX { Err(self.bad("a text too long")) } else { Ok(text) }
    }

    fn count(&mut self, max: usize) -> Result<usize, DocError> {
        let n: u32 = self.take()?;
        usize::try_from(n).ok().filter(|n| *n <= max).ok_or_else(|| self.bad("too many entries"))
    }

    fn qty(&mut self) -> Result<Qty, DocError> {
        let n: u32 = self.take()?;
        Qty::new(i64::from(n)).map_err(|e| self.bad(&e.to_string()))
    }

    fn money(&mut self) -> Result<Paise, DocError> {
        let n: u64 = self.take()?;
        let paise = if n.is_multiple_of(2) { (n / 2).checked_mul(100) } else { Some(n / 2) };
        let paise = paise.and_then(|p| i64::try_from(p).ok());
        paise.map(Paise::new).ok_or_else(|| self.bad("an amount too large"))
    }

    fn sku(&mut self) -> Result<SkuId, DocError> {
        SkuId::new(self.text()?).map_err(|e| self.bad(&e.to_string()))
    }

    fn time(&mut self, base: Timestamp) -> Result<Timestamp, DocError> {
        let ms: i64 = self.take()?;
        Ok(base.plus_ms(ms))
    }

    fn bad(&self, why: &str) -> DocError {
        DocError::poisoned(format!("{}: {why}", self.what))
    }
}

/// Whole rupees doubled, or paise doubled plus one: most prices are whole rupees.
fn price(amount: Paise) -> Result<u64, DocError> {
    let paise =
        u64::try_from(amount.get()).map_err(|_| DocError::poisoned("a negative amount in an order"))?;
    let (value, odd) = if paise.is_multiple_of(100) { (paise / 100, 0) } else { (paise, 1) };
    value.checked_mul(2).map(|v| v + odd).ok_or_else(|| DocError::poisoned("an amount too large"))
}

fn len(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

pub(crate) fn terms(value: (StoreEpoch, HubGeneration)) -> Result<Vec<u8>, DocError> {
    Ok(Writer(vec![V1]).put(&value)?.0)
}

pub(crate) fn read_terms(bytes: &[u8]) -> Result<(StoreEpoch, HubGeneration), DocError> {
    Reader::new("an order's terms", bytes)?.take()
}

pub(crate) fn head(value: &OrderHead, base: Timestamp) -> Result<Vec<u8>, DocError> {
    let mut to = Writer(vec![V1])
        .put(&Code(value.number.clone()))?
        .put(&value.channel)?
        .put(&value.promise_at.since_ms(base))?
        .put(&Code(value.first_name.clone()))?
        .put(&price(value.cod)?)?
        .put(&value.preset)?
        .put(&len(value.lines.len()))?;
    for line in &value.lines {
        to = to.put(&Code(line.sku.as_str().to_owned()))?;
    }
    for line in &value.lines {
        to = to.put(&line.qty.get())?;
    }
    for line in &value.lines {
        to = to.put(&price(line.unit_price)?)?;
    }
    // What cannot be read back must not travel.
    read_head(&to.0, base)?;
    Ok(to.0)
}

pub(crate) fn read_head(bytes: &[u8], base: Timestamp) -> Result<OrderHead, DocError> {
    let mut from = Reader::new("order head", bytes)?;
    let number = from.text()?;
    let channel: Channel = from.take()?;
    let promise_at = from.time(base)?;
    let first_name = from.text()?;
    let cod = from.money()?;
    let preset: SubstitutePreset = from.take()?;
    let count = from.count(LINES_MAX)?;
    let skus: Vec<SkuId> = (0..count).map(|_| from.sku()).collect::<Result<_, _>>()?;
    let mut lines: Vec<HeadLine> = Vec::with_capacity(count);
    for sku in skus {
        lines.push(HeadLine { sku, qty: from.qty()?, unit_price: Paise::ZERO });
    }
    for line in &mut lines {
        line.unit_price = from.money()?;
    }
    if lines.iter().any(|line| line.qty.is_zero()) {
        return Err(from.bad("a line of nothing"));
    }
    if lines.is_empty() {
        return Err(from.bad("no lines"));
    }
    Ok(OrderHead { number, channel, promise_at, first_name, cod, preset, lines })
}

pub(crate) fn picks(value: &Picks, head: &OrderHead) -> Result<Vec<u8>, DocError> {
    let mut to = Writer(vec![V1]).put(&value.bags)?.put(&len(value.picked.len()))?;
    let mut before = -1;
    for pick in &value.picked {
        let line = head.lines.get(usize::from(pick.line));
        let other_sku = line.is_none_or(|l| l.sku != pick.sku);
        let other_qty = line.is_none_or(|l| l.qty != pick.qty);
        let step = i32::from(pick.line) - before;
        before = i32::from(pick.line);
        let flags = i32::from(other_sku) * OTHER_SKU + i32::from(other_qty) * OTHER_QTY;
        to = to.put(&(step * 4 + flags))?.put(&Code(pick.lot.as_str().to_owned()))?;
        if other_sku {
            to = to.put(&Code(pick.sku.as_str().to_owned()))?;
        }
        if other_qty {
            to = to.put(&pick.qty.get())?;
        }
    }
    to = to.put(&len(value.short.len()))?;
    for short in &value.short {
        to = to.put(&short.line)?.put(&short.qty.get())?;
    }
    // Added after the first version: only where there is any, so that all other picks stay the bytes that they were.
    if !value.less.is_empty() {
        to = to.put(&len(value.less.len()))?;
        for less in &value.less {
            to = to.put(&less.line)?.put(&price(less.paise)?)?;
        }
    }
    read_picks(&to.0, head)?;
    Ok(to.0)
}

pub(crate) fn read_picks(bytes: &[u8], head: &OrderHead) -> Result<Picks, DocError> {
    let mut from = Reader::new("picks", bytes)?;
    let bags: u8 = from.take()?;
    let mut picked = Vec::new();
    let mut before = -1i32;
    for _ in 0..from.count(PICKS_MAX)? {
        let word: i32 = from.take()?;
        before = before.checked_add(word.div_euclid(4)).ok_or_else(|| from.bad("no such line"))?;
        let line = usize::try_from(before).ok().and_then(|n| head.lines.get(n));
        let line = line.ok_or_else(|| from.bad("no such line"))?;
        let lot = LotId::new(from.text()?).map_err(|e| from.bad(&e.to_string()))?;
        let flags = word.rem_euclid(4);
        let sku = if flags & OTHER_SKU != 0 { from.sku()? } else { line.sku.clone() };
        let qty = if flags & OTHER_QTY != 0 { from.qty()? } else { line.qty };
        let line = u8::try_from(before).map_err(|_| from.bad("no such line"))?;
        picked.push(PickedUnits { line, sku, lot, qty });
    }
    let mut short = Vec::new();
    for _ in 0..from.count(PICKS_MAX)? {
        let line: u8 = from.take()?;
        if usize::from(line) >= head.lines.len() {
            return Err(from.bad("no such line"));
        }
        short.push(ShortUnits { line, qty: from.qty()? });
    }
    let mut less = Vec::new();
    let entries = if from.rest.is_empty() { 0 } else { from.count(PICKS_MAX)? };
    for _ in 0..entries {
        let line: u8 = from.take()?;
        if usize::from(line) >= head.lines.len() {
            return Err(from.bad("no such line"));
        }
        less.push(LessPaid { line, paise: from.money()? });
    }
    Ok(Picks { picked, short, bags, less })
}

pub(crate) fn rider(value: &RiderCard, base: Timestamp) -> Result<Vec<u8>, DocError> {
    let to = Writer(vec![V1])
        .put(&Code(value.code.clone()))?
        .put(&Code(value.name.clone()))?
        .put(&value.eta_at.since_ms(base))?;
    read_rider(&to.0, base)?;
    Ok(to.0)
}

pub(crate) fn read_rider(bytes: &[u8], base: Timestamp) -> Result<RiderCard, DocError> {
    let mut from = Reader::new("rider", bytes)?;
    Ok(RiderCard { code: from.text()?, name: from.text()?, eta_at: from.time(base)? })
}

pub(crate) fn taken(rider: &str) -> Result<Vec<u8>, DocError> {
    let to = Writer(vec![V1]).put(&Code(rider.to_owned()))?;
    read_taken(&to.0)?;
    Ok(to.0)
}

pub(crate) fn read_taken(bytes: &[u8]) -> Result<String, DocError> {
    Reader::new("who took it", bytes)?.text()
}

pub(crate) fn refused(value: &OtherContent) -> Result<Vec<u8>, DocError> {
    Ok(Writer(vec![V1]).put(&value.stands)?.put(&value.came)?.0)
}

pub(crate) fn read_refused(bytes: &[u8]) -> Result<OtherContent, DocError> {
    let mut from = Reader::new("negative answer", bytes)?;
    Ok(OtherContent { stands: from.take()?, came: from.take()? })
}

pub(crate) fn ask(value: &SubstituteAsk, base: Timestamp) -> Result<Vec<u8>, DocError> {
    let to = Writer(vec![V1])
        .put(&Code(value.sku.as_str().to_owned()))?
        .put(&value.qty.get())?
        .put(&value.until.since_ms(base))?;
    // Added after the first version, as the picks' `less` was.
    let to = match value.price {
        Some(paise) => to.put(&price(paise)?)?,
        None => to,
    };
    read_ask(value.line, &to.0, base)?;
    Ok(to.0)
}

pub(crate) fn read_ask(line: u8, bytes: &[u8], base: Timestamp) -> Result<SubstituteAsk, DocError> {
    let mut from = Reader::new("substitute", bytes)?;
    let (sku, qty, until) = (from.sku()?, from.qty()?, from.time(base)?);
    let price = if from.rest.is_empty() { None } else { Some(from.money()?) };
    Ok(SubstituteAsk { line, sku, qty, until, price })
}

pub(crate) fn answer(value: &SubstituteAnswer) -> Result<Vec<u8>, DocError> {
    Ok(Writer(vec![V1]).put(&value.accept)?.0)
}

pub(crate) fn read_answer(line: u8, bytes: &[u8]) -> Result<SubstituteAnswer, DocError> {
    let mut from = Reader::new("answer", bytes)?;
    Ok(SubstituteAnswer { line, accept: from.take()? })
}
