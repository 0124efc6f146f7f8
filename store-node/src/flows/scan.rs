//! One scan is one piece (REQ-32): the code is looked up, held against the order's open lines, and only then does a unit
//! leave its shelf. A wrong scan changes nothing and says which thing is wrong.

use super::price::{self, Measured};
use super::{Flow, Stop, moments, moving, ready, short_enough};
use crate::answer::Answer;
use crate::db::orders::OrderRow;
use crate::db::picks::{self, Pick};
use crate::db::{allocations, assignments, catalogue, lots, pick_prices};
use crate::refusal::Refusal;
use device_drivers::gs1::Gtin;
use device_drivers::gs1::instore::{self, InStore, Measure, Read};
use device_drivers::scanner::{Code, Scan};
use model::{OrderId, Qty, Role, SkuId};
use std::fmt::Display;
use store_core::movement::Kind;
use store_core::pick::scan::{self as rules, Held, Scanned, Wrong};

/// Where an in-store number's item begins: behind its prefix.
const ITEM_AT: usize = 2;

/// The longest text a scan may have, characters.
pub const TEXT_MAX: usize = 200;

/// A picker scanned something at the handheld.
///
/// # Errors
/// What is wrong with it; see [`Refusal`].
pub fn scan(flow: &mut Flow<'_>, order: &OrderId, text: &str, line: u8) -> Result<Answer, Stop> {
    ready::at_work(flow)?;
    flow.only(&[Role::Picker, Role::Manager])?;
    let row = ready::in_hand(flow, order)?;
    piece(flow, &row, &Code::of_line(text), line)
}

/// Takes one piece for an order in the acting person's hands; `shown` is the line the screen shows.
///
/// # Errors
/// What is wrong with it; see [`Refusal`].
pub fn piece(flow: &mut Flow<'_>, row: &OrderRow, code: &Code, shown: u8) -> Result<Answer, Stop> {
    let text = code.text.as_str();
    let Looked { scanned, measured } = look_up(flow, code)?;
    let held = picks::held(flow.tx, row.order)?;
    let today = flow.setup.calendar.date(flow.now);
    let hit = rules::judge(&scanned, shown, &held, today)
        .map_err(|wrong| refusal(&wrong, &scanned, shown, text, &held))?;
    let Some(found) = held.get(hit.held) else {
        return Err(Refusal::WrongItem { scanned: text.to_owned() }.into());
    };
    let price = price::of(flow, row, found.line, (&found.sku, &found.lot), measured)?;
    let mut taken = ready::allocation(row.order, found);
    let picked = taken.picked.checked_add(Qty::ONE);
    taken.picked = picked.ok_or(Refusal::OverPick { line: taken.line })?;
    moving::by(flow, &taken.place, (Kind::Picked, Qty::ONE), hit.proof.word(), &row.order.to_string())?;
    allocations::set(flow.tx, &taken)?;
    let pick = Pick {
        id: flow.id,
        order: row.order,
        line: taken.line,
        place: taken.place.clone(),
        qty: Qty::ONE,
        at: flow.now,
        person: flow.actor.person.clone(),
        device: flow.actor.device.clone(),
    };
    picks::insert(flow.tx, &pick, hit.proof)?;
    if let Some(price) = &price {
        pick_prices::put(flow.tx, pick.id, row.order, pick.line, price)?;
    }
    let place = &taken.place;
    let line = u16::from(pick.line) + 1;
    let mut named: Vec<(&str, &dyn Display)> =
        vec![("line", &line), ("sku", &place.sku), ("lot", &place.lot), ("bin", &place.bin)];
    if let Some((kind, value)) = &measured {
        named.push((kind, value));
    }
    let weighed = price.as_ref().and_then(|price| Some((price.grams?, &price.weighed.as_ref()?.0)));
    if let Some((grams, scale)) = &weighed {
        named.extend([("grams", grams as &dyn Display), ("scale", scale as &dyn Display)]);
    }
    let paise = price.as_ref().map(|price| price.paise.get());
    if let Some(paise) = paise.as_ref().filter(|_| !matches!(measured, Some(("paise", _)))) {
        named.push(("paise", paise));
    }
    moments::tell(flow, &row.order, "scan", &named)?;
    show(flow, row.order)?;
    Ok(Answer::Done)
}

/// The handheld that has the order must show it anew.
///
/// # Errors
/// A fault of the database.
pub fn show(flow: &mut Flow<'_>, order: OrderId) -> Result<(), Stop> {
    if let Some(pick) = assignments::of_order(flow.tx, &order)? {
        flow.effects.handhelds.insert(pick.device);
    }
    Ok(())
}

/// What a code says, as far as it can be read.
///
/// # Errors
/// [`Refusal::AmbiguousCode`] and [`Refusal::BadCode`], with fault, name and place; a text that is too long.
pub fn read(code: &Code) -> Result<Scan, Stop> {
    short_enough("text", &code.text, TEXT_MAX)?;
    code.read().map_err(|fault| {
        let (scanned, said) = (code.text.clone(), fault.to_string());
        let place = fault.position().and_then(|place| u32::try_from(place).ok());
        let refusal = if fault.is_ambiguous() {
            Refusal::AmbiguousCode { scanned, fault: said, place }
        } else {
            Refusal::BadCode { scanned, fault: said, name: fault.name().to_owned(), place }
        };
        refusal.into()
    })
}

/// What a code is, and what an in-store number measured: `grams`, `paise` or `pieces`.
#[derive(Debug)]
struct Looked {
    scanned: Scanned,
    measured: Measured,
}

impl From<Scanned> for Looked {
    fn from(scanned: Scanned) -> Self {
        Self { scanned, measured: None }
    }
}

/// What a text on a label is, as far as goods go.
fn look_up(flow: &Flow<'_>, code: &Code) -> Result<Looked, Stop> {
    let text = code.text.as_str();
    let unknown = || Stop::from(Refusal::UnknownCode { scanned: text.to_owned() });
    match read(code)? {
        Scan::Lot(lot) => match lots::find(flow.tx, &lot)? {
            Some(found) => Ok(Scanned::Lot { lot, sku: found.sku, expiry: found.expiry }.into()),
            None => Err(unknown()),
        },
        Scan::Ean(gtin) => match sku_of(flow, &gtin)? {
            Some(sku) => Ok(Scanned::Item { sku, batch: None, expiry: None }.into()),
            None => in_store(flow, &gtin, text),
        },
        Scan::Gs1(item) => match sku_of(flow, &item.gtin)? {
            Some(sku) => Ok(Scanned::Item { sku, batch: item.lot, expiry: item.expiry }.into()),
            None => Err(unknown()),
        },
        Scan::Bag(_) | Scan::Badge(_) | Scan::Rider(_) | Scan::Shelf(_) | Scan::Order(_) | Scan::Other(_) => {
            Err(unknown())
        }
    }
}

/// A number of the store's own, by its templates (REQ-41). Where they read two things in it, nothing is guessed.
fn in_store(flow: &Flow<'_>, gtin: &Gtin, text: &str) -> Result<Looked, Stop> {
    let unknown = |why: &str| Stop::from(Refusal::UnknownCode { scanned: format!("{text}{why}") });
    let templates = &flow.setup.trade.in_store;
    let Some(number) = gtin.as_gtin14().strip_prefix('0') else { return Err(unknown("")) };
    let what = match instore::read(templates, number.as_bytes()) {
        Read::One(what) => what,
        Read::None => return Err(unknown("")),
        Read::Verifier(_) => return Err(unknown(" (the digit that proves its measure is wrong)")),
        Read::Ambiguous { says, place } => {
            let says: Vec<String> = says.iter().map(ToString::to_string).collect();
            let fault = format!("two templates read different things in it: {}", says.join(", or "));
            return Err(ambiguous(text, number, place, fault));
        }
    };
    let (nothing, measured) = match what.measure {
        Measure::Grams(grams) => (Measure::Grams(0), Some(("grams", grams))),
        Measure::Price(paise) => (Measure::Price(0), Some(("paise", paise))),
        Measure::Pieces(pieces) => (Measure::Pieces(0), Some(("pieces", pieces))),
        Measure::Nothing => (Measure::Nothing, None),
    };
    let base = InStore { item: what.item.clone(), measure: nothing };
    let mut found: Option<SkuId> = None;
    // Only by the templates that read this very thing: another prefix may mean other goods.
    for template in
        templates.iter().filter(|one| instore::read(&[**one], number.as_bytes()) == Read::One(what.clone()))
    {
        let sku = match template.write(&base).and_then(|number| Gtin::parse(number.as_bytes())) {
            Some(number) => sku_of(flow, &number)?,
            None => None,
        };
        match (&found, sku) {
            (Some(one), Some(other)) if *one != other => {
                let fault = format!("two products have this number: {one} and {other}");
                return Err(ambiguous(text, number, ITEM_AT, fault));
            }
            (None, sku) => found = sku,
            (Some(_), _) => {}
        }
    }
    let sku = found.ok_or_else(|| unknown(""))?;
    Ok(Looked { scanned: Scanned::Item { sku, batch: None, expiry: None }, measured })
}

/// A number that says two things, with the place in it where they part.
fn ambiguous(text: &str, number: &str, place: usize, fault: String) -> Stop {
    let before = text.strip_suffix(number).map(str::len);
    let place = before.and_then(|before| u32::try_from(before + place).ok());
    Refusal::AmbiguousCode { scanned: text.to_owned(), fault, place }.into()
}

/// A catalogue may write a barcode in any of its lengths.
fn sku_of(flow: &Flow<'_>, gtin: &Gtin) -> Result<Option<SkuId>, Stop> {
    let all = gtin.as_gtin14();
    for cut in [1, 0, 2, 6] {
        let (zeros, digits) = all.split_at(cut);
        if zeros.bytes().all(|digit| digit == b'0')
            && let Some(sku) = catalogue::sku_of_gtin(flow.tx, digits)?
        {
            return Ok(Some(sku));
        }
    }
    Ok(None)
}

fn refusal(wrong: &Wrong, scanned: &Scanned, shown: u8, text: &str, held: &[Held]) -> Refusal {
    match wrong {
        Wrong::Item => Refusal::WrongItem { scanned: text.to_owned() },
        Wrong::Lot { take } => Refusal::WrongLot { wanted: take.clone(), scanned: text.to_owned() },
        Wrong::LabelWanted { take, bin } => Refusal::WrongLot {
            wanted: take.clone(),
            scanned: format!("a product code, which proves no lot where several lie ({bin})"),
        },
        Wrong::Expired { expiry } => Refusal::ExpiredLot { lot: format!("{text} ({expiry})") },
        Wrong::Over => Refusal::OverPick { line: line_of(scanned, held).unwrap_or(shown) },
    }
}

fn line_of(scanned: &Scanned, held: &[Held]) -> Option<u8> {
    let (Scanned::Lot { sku: of, .. } | Scanned::Item { sku: of, .. }) = scanned;
    held.iter().find(|row| row.sku == *of).map(|row| row.line)
}
