//! Goods come in: one lot into one bin (REQ-5). The deep receiving of REQ-15 to REQ-17 (orders, claims, probes,
//! put-away) will stand beside it.

use super::{Flow, Stop, moving, one_line, papers};
use crate::answer::{Answer, Opening};
use crate::command::OpeningLine;
use crate::db::catalogue::{self, SkuRow};
use crate::db::lots::{self, Lot};
use crate::db::places;
use crate::db::stock::Place;
use crate::derive;
use crate::refusal::Refusal;
use files::PRICE_PAISE_MAX;
use model::api::store::{ReceiveAnswer, ReceiveRequest};
use model::{BinId, Date, LotId, Qty, Role, SkuId};
use store_core::movement::Kind;

/// The longest batch number, characters (GS1 AI 10 has 20).
const BATCH_MAX: usize = 40;
/// The most lines of opening stock in one command.
const OPENING_MAX: usize = 100_000;

/// Takes in one lot.
///
/// # Errors
/// [`Refusal::ExpiredLot`] for goods past their date, [`Refusal::WrongTemperature`] for a place that cannot keep them.
pub fn receive(flow: &mut Flow<'_>, request: &ReceiveRequest) -> Result<Answer, Stop> {
    flow.only(&[Role::Receiver, Role::Manager])?;
    one_line("batch", &request.batch, BATCH_MAX)?;
    if request.qty.is_zero() {
        return Err(Refusal::bad("qty", "at least 1").into());
    }
    if !(0..=PRICE_PAISE_MAX).contains(&request.mrp.get()) {
        return Err(Refusal::bad("mrp", format!("from 0 to {PRICE_PAISE_MAX} paise")).into());
    }
    let row = product(flow, &request.sku)?;
    let today = flow.setup.calendar.date(flow.now);
    match request.expiry {
        None if row.product.shelf_life_days > 0 => {
            return Err(Refusal::bad("expiry", "this product expires: read the date on the pack").into());
        }
        Some(expiry) if expiry < today => {
            return Err(Refusal::ExpiredLot { lot: request.batch.clone() }.into());
        }
        Some(_) | None => {}
    }
    let bin = bin_for(flow, &row, request.bin.as_ref())?;
    let lot = Lot {
        batch: request.batch.clone(),
        expiry: request.expiry,
        mrp: request.mrp,
        ..new_lot(flow, &row, "lot")?
    };
    let lot = enter(flow, lot, &bin, request.qty, "")?;
    papers::received(flow, &request.sku, &lot, &bin)?;
    Ok(Answer::Received(ReceiveAnswer { lot, bin }))
}

/// Enters the stock that lies there when the books open.
///
/// # Errors
/// [`Refusal::Unknown`] or [`Refusal::BadInput`] for any line; nothing is entered then.
pub fn open_stock(flow: &mut Flow<'_>, lines: &[OpeningLine]) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    let Opening { lots, left_out, .. } = open(flow, lines)?;
    Ok(Answer::Opened { lots, left_out })
}

/// As [`open_stock`], but nothing of a product that this store has had: what lies there is counted, not read from a file.
///
/// # Errors
/// As [`open_stock`].
pub fn open_unknown(flow: &mut Flow<'_>, lines: &[OpeningLine]) -> Result<Opening, Stop> {
    let mut wanted = Vec::new();
    for line in lines {
        if !lots::any_of(flow.tx, &line.sku)? {
            wanted.push(line.clone());
        }
    }
    let known = u32::try_from(lines.len() - wanted.len()).unwrap_or(u32::MAX);
    Ok(Opening { known, ..open(flow, &wanted)? })
}

fn open(flow: &mut Flow<'_>, lines: &[OpeningLine]) -> Result<Opening, Stop> {
    if lines.len() > OPENING_MAX {
        return Err(Refusal::bad("lines", format!("at most {OPENING_MAX}")).into());
    }
    let today = flow.setup.calendar.date(flow.now);
    let (mut lots, mut left_out) = (0, 0);
    for (place, line) in lines.iter().enumerate() {
        let row = product(flow, &line.sku)?;
        if line.qty.is_zero() {
            return Err(Refusal::bad("qty", format!("line {}: at least 1", place + 1)).into());
        }
        let Some(bin) = row.home.clone() else {
            left_out += 1;
            continue;
        };
        let days = i64::from(row.product.shelf_life_days);
        let fresh: Option<Date> = (days > 0).then(|| today.plus_days(days));
        let lot = Lot {
            batch: "opening".to_owned(),
            expiry: line.expiry.or(fresh),
            ..new_lot(flow, &row, &format!("lot {place}"))?
        };
        enter(flow, lot, &bin, line.qty, "opening")?;
        lots += 1;
    }
    Ok(Opening { lots, left_out, known: 0 })
}

fn product(flow: &Flow<'_>, sku: &SkuId) -> Result<SkuRow, Stop> {
    Ok(catalogue::find(flow.tx, sku)?.ok_or_else(|| Refusal::unknown("product", sku))?)
}

fn bin_for(flow: &Flow<'_>, row: &SkuRow, asked: Option<&BinId>) -> Result<BinId, Stop> {
    let bin = asked.or(row.home.as_ref()).cloned();
    let bin = bin.ok_or_else(|| Refusal::bad("bin", "this product has no home yet: name a bin"))?;
    let zone = places::zone_of(flow.tx, &bin)?.ok_or_else(|| Refusal::unknown("bin", &bin))?;
    if zone.temp != row.product.temp {
        return Err(Refusal::WrongTemperature { sku: row.product.sku.clone(), bin }.into());
    }
    Ok(bin)
}

fn new_lot(flow: &Flow<'_>, row: &SkuRow, purpose: &str) -> Result<Lot, Stop> {
    let lot = derive::lot(&flow.id, purpose).map_err(|error| Refusal::bad("lot", error.to_string()))?;
    Ok(Lot {
        lot,
        sku: row.product.sku.clone(),
        batch: String::new(),
        made_on: None,
        expiry: None,
        mrp: row.product.mrp,
        cost: None,
        supplier: String::new(),
        temp: row.product.temp,
        received_at: flow.now,
    })
}

fn enter(flow: &mut Flow<'_>, lot: Lot, bin: &BinId, qty: Qty, why: &str) -> Result<LotId, Stop> {
    lots::insert(flow.tx, &lot)?;
    let place = Place { sku: lot.sku, lot: lot.lot.clone(), bin: bin.clone() };
    moving::by(flow, &place, (Kind::Received, qty), why, lot.lot.as_str())?;
    Ok(lot.lot)
}
