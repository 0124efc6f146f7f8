//! Papers that a person asks for (REQ-18, REQ-37, REQ-39, REQ-93): lot and shelf labels, a pick list, a cold place's day, a
//! handover slip. Facts of the store become a label; who prints it and whether it is a duplicate is `print`'s.

use super::print::{self, Twin};
use super::{Flow, Stop, moments, price, ready};
use crate::answer::Answer;
use crate::db::lots::{self, Lot};
use crate::db::orders::{self, OrderRow};
use crate::db::{
    assignments, bags, catalogue, cold, devices, handovers, people, pick_assign, picks, places, stock,
};
use crate::refusal::Refusal;
use model::api::store::PaperRequest;
use model::catalogue::Product;
use model::code::OwnCode;
use model::mqtt::{Label, Name, PickListLine, Quality};
use model::order::Moment;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS};
use model::{BinId, Date, DeviceId, LotId, OrderId, OrderState, Role, SkuId, particulars};
use store_core::cold::day;

/// Who may print.
const BY: [Role; 3] = [Role::Picker, Role::Receiver, Role::Manager];

/// Prints a paper.
///
/// # Errors
/// [`Refusal::Unknown`] for what is not here, a printer among it; else why the paper makes no sense now.
pub fn print(flow: &mut Flow<'_>, request: &PaperRequest) -> Result<Answer, Stop> {
    flow.only(&BY)?;
    let printed = match request {
        PaperRequest::Lot { lot } => {
            let found = lots::find(flow.tx, lot)?.ok_or_else(|| Refusal::unknown("lot", lot))?;
            lot_label(flow, &found)?
        }
        PaperRequest::Shelf { sku } => shelf_label(flow, sku)?,
        PaperRequest::PickList { order } => pick_list(flow, order)?,
        PaperRequest::Temperature { sensor, day } => {
            let today = flow.setup.calendar.date(flow.now);
            temperature_strip(flow, sensor, day.unwrap_or(today))?
        }
        PaperRequest::Handover { order } => handover_slip(flow, order)?,
    };
    match printed {
        true => Ok(Answer::Done),
        false => Err(Refusal::unknown("printer", "for this paper").into()),
    }
}

/// What a paper may call a product, and its code for where no printer can draw that.
pub(super) fn name(product: &Product) -> Name {
    Name { en: product.name.clone(), hi: product.name_hi.clone(), code: product.sku.to_string() }
}

/// Goods came into a bin: where another lot of the product lies there, only a label can prove which one is taken (REQ-93).
/// Without a printer the lot's code is on the screen.
///
/// # Errors
/// A fault of the database.
pub fn received(flow: &mut Flow<'_>, sku: &SkuId, lot: &LotId, bin: &BinId) -> Result<(), Stop> {
    let here = stock::lots_of(flow.tx, sku)?.into_iter().filter(|other| other.bin == *bin).count();
    if here > 1 {
        let found = lots::must(flow.tx, lot)?;
        lot_label(flow, &found)?;
    }
    Ok(())
}

fn lot_label(flow: &mut Flow<'_>, lot: &Lot) -> Result<bool, Stop> {
    let product = catalogue::must(flow.tx, &lot.sku)?.product;
    let label = Label::Lot {
        name: name(&product),
        gtin: product.gtins.first().cloned().unwrap_or_default(),
        code: OwnCode::Lot(lot.lot.clone()).text(),
        expiry: lot.expiry.map(|day| day.to_string()).unwrap_or_default(),
        duplicate: false,
    };
    let what = particulars(&[("lot", &lot.lot), ("sku", &lot.sku)]);
    print::paper(flow, None, &what, label, Twin::OfItsKind)
}

fn shelf_label(flow: &mut Flow<'_>, sku: &SkuId) -> Result<bool, Stop> {
    let row = catalogue::find(flow.tx, sku)?.ok_or_else(|| Refusal::unknown("product", sku))?;
    let bin = row.home.ok_or_else(|| Refusal::bad("sku", "this product has no home yet"))?;
    let what = particulars(&[("shelf", &bin), ("sku", sku)]);
    let label = Label::Shelf {
        name: name(&row.product),
        code: OwnCode::Shelf(bin.clone()).text(),
        bin: bin.into(),
        price: row.product.price,
        pack: row.product.unit,
        duplicate: false,
    };
    print::paper(flow, None, &what, label, Twin::OfItsContent)
}

/// Printing claims the order, so that no handheld also picks it (REQ-107).
fn pick_list(flow: &mut Flow<'_>, order: &OrderId) -> Result<bool, Stop> {
    flow.only(&[Role::Picker, Role::Manager])?;
    let row = moments::order(flow, order)?;
    take(flow, &row)?;
    let mut lines = Vec::new();
    for held in picks::held(flow.tx, *order)?.into_iter().filter(|held| !held.open().is_zero()) {
        let product = catalogue::must(flow.tx, &held.sku)?.product;
        lines.push(PickListLine { units: held.open().get(), bin: held.bin.into(), name: name(&product) });
    }
    let label = Label::PickList {
        number: row.number.clone(),
        code: OwnCode::Order(*order).text(),
        promise: flow.setup.calendar.hour_minute(row.promise_at),
        lines,
        duplicate: false,
    };
    let what = particulars(&[("pick_list", &row.number)]);
    let printed = print::paper(flow, Some(&row), &what, label, Twin::OfItsKind)?;
    moments::note(flow, order, "pick_list", "")?;
    Ok(printed)
}

/// The order is being picked; where nobody did so far, the acting person does now.
fn take(flow: &mut Flow<'_>, row: &OrderRow) -> Result<(), Stop> {
    let known = orders::moments(flow.tx, &row.order)?;
    let state = known.state();
    if state == OrderState::Picking {
        return Ok(());
    }
    if state != OrderState::Confirmed || known.get(Moment::Accepted).is_none() {
        return Err(Refusal::IllegalMove { state, to: Moment::Picking }.into());
    }
    let (person, device) = (flow.actor.person.clone(), flow.actor.device.clone());
    pick_assign::begin(flow.tx, row.order, &person, &device, flow.now)?;
    moments::record(flow, row, Moment::Picking, flow.now)?;
    ready::plan(flow, row.order)?;
    flow.effects.all_handhelds = true;
    Ok(())
}

/// A pick list was scanned back at a fixed scanner: its order goes to whoever stands there, with the handheld that the
/// person has, if any, and the goods are scanned next.
///
/// # Errors
/// [`Refusal::AlreadyDone`] when the person has another order in hand.
pub fn scanned_back(flow: &mut Flow<'_>, order: &OrderId) -> Result<Answer, Stop> {
    flow.only(&[Role::Picker, Role::Manager])?;
    let row = moments::order(flow, order)?;
    take(flow, &row)?;
    let person = flow.actor.person.clone();
    let in_hand = pick_assign::of_person(flow.tx, &person)?;
    if in_hand.is_some_and(|(other, _)| other != *order) {
        return Err(Refusal::AlreadyDone { what: "order_in_hand".to_owned() }.into());
    }
    let session = people::sessions_of(flow.tx, &person, flow.now)?.into_iter().next();
    let device = session.map_or_else(|| flow.actor.device.clone(), |session| session.device);
    if let Some(before) = assignments::of_order(flow.tx, order)? {
        flow.effects.handhelds.insert(before.device);
    }
    pick_assign::hand_to(flow.tx, *order, &person, &device)?;
    flow.effects.handhelds.insert(device);
    moments::note(flow, order, "pick_list_back", "")?;
    Ok(Answer::Done)
}

fn temperature_strip(flow: &mut Flow<'_>, sensor: &DeviceId, wanted: Date) -> Result<bool, Stop> {
    let device = devices::find(flow.tx, sensor)?.ok_or_else(|| Refusal::unknown("sensor", sensor))?;
    let zone = device.zone.ok_or_else(|| Refusal::unknown("sensor", sensor))?;
    let band = places::zone(flow.tx, &zone)?.and_then(|zone| zone.band);
    let calendar = &flow.setup.calendar;
    // Noon of the day wherever the store is, then its midnight: days of 23 and 25 hours exist.
    let noon = model::Timestamp::from_ms(wanted.days() * DAY_MS + DAY_MS / 2);
    let noon = noon.plus_ms((wanted.days() - calendar.date(noon).days()) * DAY_MS);
    let begins = calendar.day_start(noon);
    let ends = calendar.day_start(noon.plus_ms(DAY_MS));
    let readings: Vec<_> = cold::readings(flow.tx, sensor, begins)?
        .into_iter()
        .filter(|reading| reading.at < ends)
        .map(|reading| (reading.at, reading.milli_c.filter(|_| reading.quality == Quality::Good)))
        .collect();
    if readings.is_empty() {
        return Err(Refusal::unknown("reading", format!("of {sensor} on {wanted}")).into());
    }
    let day = day::of(&readings, band.as_ref(), HOUR_MS);
    let label = Label::Temperature {
        zone: zone.into(),
        sensor: sensor.to_string(),
        day: wanted,
        readings: day.rows.iter().map(|(at, value)| (calendar.hour_minute(*at), *value)).collect(),
        lowest: day.lowest,
        highest: day.highest,
        out_of_range_min: u32::try_from(day.outside_ms / MINUTE_MS).unwrap_or(u32::MAX),
        duplicate: false,
    };
    let what = particulars(&[("temperature", sensor), ("day", &wanted)]);
    print::paper(flow, None, &what, label, Twin::OfItsContent)
}

fn handover_slip(flow: &mut Flow<'_>, order: &OrderId) -> Result<bool, Stop> {
    let row = moments::order(flow, order)?;
    let known = orders::moments(flow.tx, order)?;
    let (Some(rider), Some(left)) = (handovers::rider_of(flow.tx, *order)?, known.get(Moment::Dispatched))
    else {
        return Err(Refusal::IllegalMove { state: known.state(), to: Moment::Dispatched }.into());
    };
    let card = orders::rider(flow.tx, order)?.filter(|card| card.code == rider);
    let bags = bags::of(flow.tx, *order)?;
    let label = Label::Handover {
        number: row.number.clone(),
        code: bags.first().map(|bag| OwnCode::Bag(bag.bag.clone()).text()).unwrap_or_default(),
        rider: card.map_or(rider, |card| card.name),
        bags: u8::try_from(bags.len()).unwrap_or(u8::MAX),
        cod: price::owed(flow, &row)?,
        at: flow.setup.calendar.hour_minute(left),
        // A rider brings the cash later; at the counter it changes hands now.
        drawer: row.channel == model::order::Channel::Counter,
        duplicate: false,
    };
    let what = particulars(&[("handover", &row.number)]);
    print::paper(flow, Some(&row), &what, label, Twin::OfItsKind)
}
