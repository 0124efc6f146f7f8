//! Orders as columns and back. A price or lot that an earlier line of the same goods had in this hour costs one byte plane
//! of noughts.

use model::id::{LotId, OrderId, SkuId};
use model::money::Paise;
use model::order::{Channel, Moment, Moments, Owner};
use model::order_doc::{
    HeadLine, LINES_MAX, OrderHead, PickedUnits, Picks, RiderCard, ShortUnits, SubstituteAnswer,
    SubstituteAsk, SubstitutePreset,
};
use model::qty::Qty;
use model::quota::{FIRST_EPOCH, FIRST_GENERATION, HubGeneration, StoreEpoch};
use model::time::Timestamp;
use std::collections::BTreeMap;

use super::columns::{Columns, Reader, cut};
use crate::doc::{DocError, OrderView};

/// The most lines of one closed hour.
const MAX_LINES: usize = 1_000_000;
/// Bytes of an order id after its time.
const ID_TAIL: usize = 10;

pub(super) fn write(to: &mut Columns, orders: &[OrderView], base: Timestamp) -> Result<(), DocError> {
    to.count(orders.len());
    let mut before = base;
    let mut steps = Vec::with_capacity(orders.len());
    for view in orders {
        let at = id_time(&view.order);
        steps.push(at.since_ms(before));
        before = at;
        to.raw(&view.order.as_bytes()[16 - ID_TAIL..]);
    }
    to.signed(&steps);
    heads(to, orders)?;
    lines(to, orders)?;
    moments(to, orders);
    picks(to, orders);
    talks(to, orders);
    terms(to, orders);
    Ok(())
}

pub(super) fn read(from: &mut Reader<'_>, base: Timestamp) -> Result<Vec<OrderView>, DocError> {
    let n = from.count()?;
    let mut tails = Vec::new();
    for _ in 0..n {
        tails.push(<[u8; ID_TAIL]>::try_from(from.raw(ID_TAIL)?).map_err(|_| cut())?);
    }
    let mut at = base;
    let mut views = Vec::new();
    for (step, tail) in from.signed(n)?.into_iter().zip(tails) {
        at = at.plus_ms(step);
        views.push(empty(order_of(at, tail)?));
    }
    read_heads(from, &mut views)?;
    read_lines(from, &mut views)?;
    read_moments(from, &mut views)?;
    read_picks(from, &mut views)?;
    read_talks(from, &mut views)?;
    read_terms(from, &mut views)?;
    Ok(views)
}

fn id_time(order: &OrderId) -> Timestamp {
    let ms = order.as_bytes().iter().take(16 - ID_TAIL).fold(0i64, |n, byte| n << 8 | i64::from(*byte));
    Timestamp::from_ms(ms)
}

fn order_of(at: Timestamp, tail: [u8; ID_TAIL]) -> Result<OrderId, DocError> {
    let ms = u64::try_from(at.ms()).ok().filter(|ms| ms >> 48 == 0).ok_or_else(cut)?.to_be_bytes();
    let mut bytes = [0u8; 16];
    bytes[..6].copy_from_slice(&ms[2..]);
    bytes[6..].copy_from_slice(&tail);
    Ok(OrderId::from_bytes(bytes))
}

fn empty(order: OrderId) -> OrderView {
    let head = OrderHead {
        number: String::new(),
        channel: Channel::Online,
        promise_at: Timestamp::from_ms(0),
        first_name: String::new(),
        cod: Paise::ZERO,
        preset: SubstitutePreset::Refund,
        lines: Vec::new(),
    };
    let moments = Moments::default();
    let terms = (FIRST_EPOCH, FIRST_GENERATION);
    OrderView {
        order,
        late: None,
        head,
        moments,
        picks: None,
        rider: None,
        taken: None,
        refused: None,
        asks: vec![],
        answers: vec![],
        terms,
    }
}

// ---- heads ----

fn heads(to: &mut Columns, orders: &[OrderView]) -> Result<(), DocError> {
    to.bytes(&orders.iter().map(kind).collect::<Vec<_>>());
    to.texts(&orders.iter().map(|v| v.head.number.as_str()).collect::<Vec<_>>());
    to.texts(&orders.iter().map(|v| v.head.first_name.as_str()).collect::<Vec<_>>());
    to.signed(&orders.iter().map(|v| v.head.promise_at.since_ms(id_time(&v.order))).collect::<Vec<_>>());
    let cod: Result<Vec<u64>, DocError> = orders.iter().map(|v| price(v.head.cod)).collect();
    to.numbers(&cod?);
    to.numbers(&orders.iter().map(|v| v.head.lines.len() as u64).collect::<Vec<_>>());
    Ok(())
}

fn read_heads(from: &mut Reader<'_>, views: &mut [OrderView]) -> Result<(), DocError> {
    let n = views.len();
    let kinds = from.bytes(n)?;
    let (numbers, names) = (from.texts(n)?, from.texts(n)?);
    let (promises, cods, counts) = (from.signed(n)?, from.numbers(n)?, from.numbers(n)?);
    if sum(&counts)? > MAX_LINES {
        return Err(DocError::poisoned("a closed hour with too many lines"));
    }
    let texts = numbers.into_iter().zip(names);
    let values = promises.into_iter().zip(cods).zip(counts);
    for (((view, kind), (number, name)), ((promise, cod), count)) in
        views.iter_mut().zip(kinds).zip(texts).zip(values)
    {
        (view.head.channel, view.head.preset, view.late) = of_kind(*kind)?;
        view.head.number = number;
        view.head.first_name = name;
        view.head.promise_at = id_time(&view.order).plus_ms(promise);
        view.head.cod = money(cod)?;
        let count = usize::try_from(count).ok().filter(|n| *n <= LINES_MAX).ok_or_else(cut)?;
        view.head.lines = vec![blank_line()?; count];
    }
    Ok(())
}

/// Channel, preset and lateness in one byte.
fn kind(view: &OrderView) -> u8 {
    let channel = match view.head.channel {
        Channel::Online => 0,
        Channel::Counter => 1,
    };
    let preset = match view.head.preset {
        SubstitutePreset::Ask => 0,
        SubstitutePreset::BestMatch => 1,
        SubstitutePreset::Refund => 2,
    };
    let late = match view.late {
        None => 0,
        Some(Owner::Hub) => 1,
        Some(Owner::Store) => 2,
    };
    channel | preset << 1 | late << 3
}

fn of_kind(byte: u8) -> Result<(Channel, SubstitutePreset, Option<Owner>), DocError> {
    let channel = if byte & 1 == 0 { Channel::Online } else { Channel::Counter };
    let preset = match byte >> 1 & 3 {
        0 => SubstitutePreset::Ask,
        1 => SubstitutePreset::BestMatch,
        2 => SubstitutePreset::Refund,
        _ => return Err(cut()),
    };
    let late = match byte >> 3 {
        0 => None,
        1 => Some(Owner::Hub),
        2 => Some(Owner::Store),
        _ => return Err(cut()),
    };
    Ok((channel, preset, late))
}

fn blank_line() -> Result<HeadLine, DocError> {
    let sku = SkuId::new("-").map_err(|_| cut())?;
    Ok(HeadLine { sku, qty: Qty::ZERO, unit_price: Paise::ZERO })
}

/// Whole rupees doubled, or paise doubled plus one: most prices are whole rupees.
fn price(amount: Paise) -> Result<u64, DocError> {
    let paise =
        u64::try_from(amount.get()).map_err(|_| DocError::poisoned("a negative amount in an order"))?;
    let (value, odd) = if paise.is_multiple_of(100) { (paise / 100, 0) } else { (paise, 1) };
    value.checked_mul(2).map(|v| v + odd).ok_or_else(|| DocError::poisoned("an amount too large"))
}

fn money(n: u64) -> Result<Paise, DocError> {
    let paise = if n.is_multiple_of(2) { (n / 2).checked_mul(100) } else { Some(n / 2) };
    paise.and_then(|p| i64::try_from(p).ok()).map(Paise::new).ok_or_else(cut)
}

fn units(n: u64) -> Result<Qty, DocError> {
    i64::try_from(n).ok().and_then(|n| Qty::new(n).ok()).ok_or_else(cut)
}

// ---- lines ----

fn lines(to: &mut Columns, orders: &[OrderView]) -> Result<(), DocError> {
    let all = || orders.iter().flat_map(|v| &v.head.lines);
    to.texts(&all().map(|l| l.sku.as_str()).collect::<Vec<_>>());
    to.numbers(&all().map(|l| u64::from(l.qty.get())).collect::<Vec<_>>());
    let mut known: BTreeMap<&SkuId, u64> = BTreeMap::new();
    let mut news = Vec::new();
    let mut same = Vec::new();
    for line in all() {
        let price = price(line.unit_price)?;
        let before = known.insert(&line.sku, price);
        same.push(u8::from(before == Some(price)));
        if before != Some(price) {
            news.push(price);
        }
    }
    to.bytes(&same);
    to.noisy(&news);
    Ok(())
}

fn read_lines(from: &mut Reader<'_>, views: &mut [OrderView]) -> Result<(), DocError> {
    let n = views.iter().map(|v| v.head.lines.len()).sum();
    let (skus, qtys) = (from.texts(n)?, from.numbers(n)?);
    let same = from.bytes(n)?;
    let mut news = from.noisy(same.iter().filter(|s| **s == 0).count())?.into_iter();
    let mut known: BTreeMap<SkuId, u64> = BTreeMap::new();
    let all = views.iter_mut().flat_map(|v| &mut v.head.lines);
    for (((line, sku), qty), same) in all.zip(skus).zip(qtys).zip(same) {
        line.sku = SkuId::new(sku).map_err(|_| cut())?;
        line.qty = units(qty)?;
        let price = match *same {
            0 => news.next(),
            _ => known.get(&line.sku).copied(),
        };
        let price = price.ok_or_else(cut)?;
        known.insert(line.sku.clone(), price);
        line.unit_price = money(price)?;
    }
    Ok(())
}

// ---- moments ----

fn moments(to: &mut Columns, orders: &[OrderView]) {
    let mask = |v: &OrderView| {
        Moment::ALL.iter().enumerate().map(|(n, m)| u64::from(v.moments.get(*m).is_some()) << n).sum()
    };
    to.numbers(&orders.iter().map(mask).collect::<Vec<u64>>());
    let mut before: Vec<Timestamp> = orders.iter().map(|v| id_time(&v.order)).collect();
    for moment in Moment::ALL {
        let mut steps = Vec::new();
        for (view, before) in orders.iter().zip(&mut before) {
            if let Some(at) = view.moments.get(moment) {
                steps.push(at.since_ms(*before));
                *before = at;
            }
        }
        to.signed(&steps);
    }
}

fn read_moments(from: &mut Reader<'_>, views: &mut [OrderView]) -> Result<(), DocError> {
    let masks = from.numbers(views.len())?;
    let mut before: Vec<Timestamp> = views.iter().map(|v| id_time(&v.order)).collect();
    for (n, moment) in Moment::ALL.into_iter().enumerate() {
        let has = |mask: &&u64| **mask >> n & 1 == 1;
        let mut steps = from.signed(masks.iter().filter(has).count())?.into_iter();
        for ((view, before), mask) in views.iter_mut().zip(&mut before).zip(&masks) {
            if has(&mask) {
                *before = before.plus_ms(steps.next().ok_or_else(cut)?);
                view.moments.record(moment, *before);
            }
        }
    }
    Ok(())
}

// ---- picks ----

const NO_PICKS: u64 = 0;
const OTHER_SKU: u64 = 1;
const OTHER_QTY: u64 = 2;

fn picks(to: &mut Columns, orders: &[OrderView]) {
    to.numbers(
        &orders
            .iter()
            .map(|v| v.picks.as_ref().map_or(NO_PICKS, |p| 1 + u64::from(p.bags)))
            .collect::<Vec<_>>(),
    );
    let all: Vec<(&OrderView, &Picks)> =
        orders.iter().filter_map(|v| v.picks.as_ref().map(|p| (v, p))).collect();
    to.numbers(&all.iter().map(|(_, p)| p.picked.len() as u64).collect::<Vec<_>>());
    to.numbers(&all.iter().map(|(_, p)| p.short.len() as u64).collect::<Vec<_>>());
    let (mut words, mut skus, mut qtys, mut same, mut lots) = (vec![], vec![], vec![], vec![], vec![]);
    let mut known: BTreeMap<&SkuId, &LotId> = BTreeMap::new();
    for (view, picks) in &all {
        for (n, pick) in (0i64..).zip(&picks.picked) {
            let line = view.head.lines.get(usize::from(pick.line));
            let mut flags = 0;
            if line.is_none_or(|l| l.sku != pick.sku) {
                flags |= OTHER_SKU;
                skus.push(pick.sku.as_str());
            }
            if line.is_none_or(|l| l.qty != pick.qty) {
                flags |= OTHER_QTY;
                qtys.push(u64::from(pick.qty.get()));
            }
            words.push(((i64::from(pick.line) - n).rem_euclid(256)).cast_unsigned() << 2 | flags);
            let again = known.insert(&pick.sku, &pick.lot) == Some(&pick.lot);
            same.push(u8::from(again));
            if !again {
                lots.push(pick.lot.as_str());
            }
        }
    }
    to.numbers(&words);
    to.count(skus.len());
    to.texts(&skus);
    to.numbers(&qtys);
    to.bytes(&same);
    to.texts(&lots);
    let short = || all.iter().flat_map(|(_, p)| &p.short);
    to.bytes(&short().map(|s| s.line).collect::<Vec<_>>());
    to.numbers(&short().map(|s| u64::from(s.qty.get())).collect::<Vec<_>>());
}

fn read_picks(from: &mut Reader<'_>, views: &mut [OrderView]) -> Result<(), DocError> {
    let bags = from.numbers(views.len())?;
    let with = bags.iter().filter(|n| **n != NO_PICKS).count();
    let picked = from.numbers(with)?;
    let short = from.numbers(with)?;
    let (n, shorts) = (sum(&picked)?, sum(&short)?);
    let words = from.numbers(n)?;
    let others = from.count()?;
    let mut skus = from.texts(others)?.into_iter();
    let mut qtys = from.numbers(words.iter().filter(|w| **w & OTHER_QTY != 0).count())?.into_iter();
    let same = from.bytes(n)?;
    let mut lots = from.texts(same.iter().filter(|s| **s == 0).count())?.into_iter();
    let short_lines = from.bytes(shorts)?;
    let mut missing = short_lines.iter().zip(from.numbers(shorts)?);
    let mut known: BTreeMap<SkuId, LotId> = BTreeMap::new();
    let mut words = words.into_iter().zip(same);
    let mut counts = picked.into_iter().zip(short);
    for (view, bags) in views.iter_mut().zip(bags) {
        if bags == NO_PICKS {
            continue;
        }
        let (picked, short) = counts.next().ok_or_else(cut)?;
        let mut picks = Picks { bags: u8::try_from(bags - 1).map_err(|_| cut())?, ..Picks::default() };
        for n in 0..picked {
            let (word, same) = words.next().ok_or_else(cut)?;
            let line = ((word >> 2).wrapping_add(n) & 0xff) as u8;
            let ordered = view.head.lines.get(usize::from(line));
            let sku = if word & OTHER_SKU != 0 {
                skus.next().and_then(|sku| SkuId::new(sku).ok())
            } else {
                ordered.map(|l| l.sku.clone())
            };
            let sku = sku.ok_or_else(cut)?;
            let qty = if word & OTHER_QTY != 0 {
                units(qtys.next().ok_or_else(cut)?)?
            } else {
                ordered.map(|l| l.qty).ok_or_else(cut)?
            };
            let lot = match *same {
                0 => lots.next().and_then(|lot| LotId::new(lot).ok()),
                _ => known.get(&sku).cloned(),
            };
            let lot = lot.ok_or_else(cut)?;
            known.insert(sku.clone(), lot.clone());
            picks.picked.push(PickedUnits { line, sku, lot, qty });
        }
        for _ in 0..short {
            let (line, qty) = missing.next().ok_or_else(cut)?;
            picks.short.push(ShortUnits { line: *line, qty: units(qty)? });
        }
        view.picks = Some(picks);
    }
    Ok(())
}

// ---- riders, questions, answers ----

fn talks(to: &mut Columns, orders: &[OrderView]) {
    to.bytes(&orders.iter().map(|v| u8::from(v.rider.is_some())).collect::<Vec<_>>());
    let riders = || orders.iter().filter_map(|v| v.rider.as_ref().map(|r| (v, r)));
    to.texts(&riders().map(|(_, r)| r.code.as_str()).collect::<Vec<_>>());
    to.texts(&riders().map(|(_, r)| r.name.as_str()).collect::<Vec<_>>());
    to.signed(&riders().map(|(v, r)| r.eta_at.since_ms(v.head.promise_at)).collect::<Vec<_>>());
    to.numbers(&orders.iter().map(|v| v.asks.len() as u64).collect::<Vec<_>>());
    let asks = || orders.iter().flat_map(|v| v.asks.iter().map(move |a| (v, a)));
    to.bytes(&asks().map(|(_, a)| a.line).collect::<Vec<_>>());
    to.texts(&asks().map(|(_, a)| a.sku.as_str()).collect::<Vec<_>>());
    to.numbers(&asks().map(|(_, a)| u64::from(a.qty.get())).collect::<Vec<_>>());
    to.signed(&asks().map(|(v, a)| a.until.since_ms(v.head.promise_at)).collect::<Vec<_>>());
    to.numbers(&orders.iter().map(|v| v.answers.len() as u64).collect::<Vec<_>>());
    let answers = || orders.iter().flat_map(|v| &v.answers);
    to.bytes(&answers().map(|a| a.line).collect::<Vec<_>>());
    to.bytes(&answers().map(|a| u8::from(a.accept)).collect::<Vec<_>>());
}

fn read_talks(from: &mut Reader<'_>, views: &mut [OrderView]) -> Result<(), DocError> {
    let has = from.bytes(views.len())?;
    let n = has.iter().filter(|h| **h != 0).count();
    let mut riders = from.texts(n)?.into_iter().zip(from.texts(n)?).zip(from.signed(n)?);
    for (view, _) in views.iter_mut().zip(has).filter(|(_, has)| **has != 0) {
        let ((code, name), eta) = riders.next().ok_or_else(cut)?;
        view.rider = Some(RiderCard { code, name, eta_at: view.head.promise_at.plus_ms(eta) });
    }
    let counts = from.numbers(views.len())?;
    let n = sum(&counts)?;
    let (lines, skus, qtys, untils) = (from.bytes(n)?, from.texts(n)?, from.numbers(n)?, from.signed(n)?);
    let mut asks = lines.iter().zip(skus).zip(qtys).zip(untils);
    for (view, count) in views.iter_mut().zip(counts) {
        for _ in 0..count {
            let (((line, sku), qty), until) = asks.next().ok_or_else(cut)?;
            let sku = SkuId::new(sku).map_err(|_| cut())?;
            let until = view.head.promise_at.plus_ms(until);
            view.asks.push(SubstituteAsk { line: *line, sku, qty: units(qty)?, until, price: None });
        }
    }
    let counts = from.numbers(views.len())?;
    let n = sum(&counts)?;
    let lines = from.bytes(n)?;
    let mut answers = lines.iter().zip(from.bytes(n)?);
    for (view, count) in views.iter_mut().zip(counts) {
        for _ in 0..count {
            let (line, accept) = answers.next().ok_or_else(cut)?;
            view.answers.push(SubstituteAnswer { line: *line, accept: *accept != 0 });
        }
    }
    Ok(())
}

// ---- terms ----

fn terms(to: &mut Columns, orders: &[OrderView]) {
    to.numbers(&orders.iter().map(|v| u64::from(v.terms.0.0)).collect::<Vec<_>>());
    to.numbers(&orders.iter().map(|v| u64::from(v.terms.1.0)).collect::<Vec<_>>());
}

fn read_terms(from: &mut Reader<'_>, views: &mut [OrderView]) -> Result<(), DocError> {
    let (epochs, generations) = (from.numbers(views.len())?, from.numbers(views.len())?);
    let number = |n: u64| u32::try_from(n).map_err(|_| cut());
    for ((view, epoch), generation) in views.iter_mut().zip(epochs).zip(generations) {
        view.terms = (StoreEpoch(number(epoch)?), HubGeneration(number(generation)?));
    }
    Ok(())
}

fn sum(counts: &[u64]) -> Result<usize, DocError> {
    counts.iter().try_fold(0usize, |sum, n| sum.checked_add(usize::try_from(*n).ok()?)).ok_or_else(cut)
}
