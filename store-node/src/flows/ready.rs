//! A picker is ready: gets the accepted order with the least slack, one at a time (REQ-29), with its walk and its bags
//! planned (REQ-30, REQ-31). Whoever logs in on another handheld keeps the order.

use super::{Flow, Stop, moments, unknown};
use crate::answer::Answer;
use crate::db::allocations::Allocation;
use crate::db::orders::{self, OrderRow};
use crate::db::picks::{self, Stop as Walk, Waiting};
use crate::db::stock::Place;
use crate::db::{assignments, catalogue, people, pick_assign};
use crate::refusal::Refusal;
use model::catalogue::Product;
use model::order::Moment;
use model::{BinId, DeviceId, OrderId, OrderState, PersonId, Qty, Role, SkuId};
use std::collections::BTreeMap;
use store_core::bags::{self, BagRules, Item};
use store_core::layout::{NodeId, ZoneKind};
use store_core::pick::scan::Held;
use store_core::route::{self, PickClass};

/// Give me work.
///
/// # Errors
/// [`Refusal::NotLoggedIn`].
pub fn ready(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    at_work(flow)?;
    flow.only(&[Role::Picker, Role::Manager])?;
    next(flow)?;
    Ok(Answer::Done)
}

/// The acting person goes on at this device with the order in hand, or gets the most urgent one that waits.
///
/// # Errors
/// A fault of the database.
pub fn next(flow: &mut Flow<'_>) -> Result<(), Stop> {
    let (person, device) = (flow.actor.person.clone(), flow.actor.device.clone());
    if carry_on(flow, &person, &device)? {
        return Ok(());
    }
    let waiting = picks::waiting(flow.tx)?;
    let urgent = waiting.into_iter().min_by_key(|wait| (wait.promise.begin_by(wait.lines), wait.order));
    let Some(Waiting { order, .. }) = urgent else { return Ok(()) };
    let row = orders::must(flow.tx, &order)?;
    pick_assign::begin(flow.tx, order, &person, &device, flow.now)?;
    moments::record(flow, &row, Moment::Picking, flow.now)?;
    plan(flow, order)?;
    flow.effects.all_handhelds = true;
    Ok(())
}

/// Moves the order that a person has in hand to this handheld; says whether there is one.
///
/// # Errors
/// A fault of the database.
pub fn carry_on(flow: &mut Flow<'_>, person: &PersonId, device: &DeviceId) -> Result<bool, Stop> {
    let Some((order, before)) = pick_assign::of_person(flow.tx, person)? else { return Ok(false) };
    if before != *device {
        pick_assign::move_to(flow.tx, order, device)?;
        moments::tell(flow, &order, "handheld_changed", &[("from", &before), ("to", device)])?;
        flow.effects.handhelds.insert(before);
    }
    flow.effects.handhelds.insert(device.clone());
    Ok(true)
}

/// The acting person is the one who is logged in at the acting handheld.
///
/// # Errors
/// [`Refusal::NotLoggedIn`].
pub fn at_work(flow: &Flow<'_>) -> Result<(), Stop> {
    let session = people::session_at(flow.tx, &flow.actor.device, flow.now)?;
    match session.filter(|session| session.person == flow.actor.person) {
        Some(_) => Ok(()),
        None => Err(Refusal::NotLoggedIn.into()),
    }
}

/// The order, if the acting person picks it now.
///
/// # Errors
/// [`Refusal::OrderCancelled`], [`Refusal::NotYourOrder`], [`Refusal::IllegalMove`] once it is packed.
pub fn in_hand(flow: &Flow<'_>, order: &OrderId) -> Result<OrderRow, Stop> {
    let row = moments::order(flow, order)?;
    let state = orders::moments(flow.tx, order)?.state();
    if state == OrderState::Cancelled {
        return Err(Refusal::OrderCancelled { number: row.number }.into());
    }
    unknown::must_be_known(flow, &row)?;
    let pick = assignments::of_order(flow.tx, order)?;
    if pick.as_ref().is_none_or(|pick| pick.person != flow.actor.person) {
        return Err(Refusal::NotYourOrder { person: pick.map(|pick| pick.person) }.into());
    }
    if state != OrderState::Picking {
        return Err(Refusal::IllegalMove { state, to: Moment::Picking }.into());
    }
    Ok(row)
}

/// What a holding is called in the tables.
pub fn allocation(order: OrderId, held: &Held) -> Allocation {
    Allocation {
        order,
        line: held.line,
        place: Place { sku: held.sku.clone(), lot: held.lot.clone(), bin: held.bin.clone() },
        qty: held.qty,
        picked: held.picked,
    }
}

/// Plans walk and bags of an order anew: what is done keeps its place, the rest is planned from where the picker stands.
///
/// # Errors
/// A fault of the database.
pub fn plan(flow: &mut Flow<'_>, order: OrderId) -> Result<(), Stop> {
    let held = picks::held(flow.tx, order)?;
    let mut products = BTreeMap::new();
    for row in &held {
        if !products.contains_key(&row.sku) {
            products.insert(row.sku.clone(), catalogue::must(flow.tx, &row.sku)?.product);
        }
    }
    let begun = |line: u8| held.iter().any(|row| row.line == line && !row.picked.is_zero());
    let (mut done, mut open): (Vec<u8>, Vec<&Held>) = (Vec::new(), Vec::new());
    for row in &held {
        let known = done.contains(&row.line) || open.iter().any(|other| other.line == row.line);
        let next = held.iter().find(|other| other.line == row.line && !other.open().is_zero());
        match next {
            _ if known => {}
            Some(next) => open.push(next),
            None => done.push(row.line),
        }
    }
    let here = held.iter().rev().find(|row| begun(row.line)).map(|row| row.bin.clone());
    let walk = walk(flow, here.as_ref(), &open, &products)?;
    let bag_of = bags_of(&held, &products);
    let stops: Vec<Walk> = done
        .into_iter()
        .chain(walk)
        .zip(0_u32..)
        .map(|(line, place)| Walk { line, place, bag: bag_of.get(&line).copied().unwrap_or(1) })
        .collect();
    Ok(picks::set_stops(flow.tx, order, &stops)?)
}

/// The lines in the order of the shortest walk to packing.
fn walk(
    flow: &Flow<'_>,
    here: Option<&BinId>,
    open: &[&Held],
    products: &BTreeMap<SkuId, Product>,
) -> Result<Vec<u8>, Stop> {
    let packing = flow.layout.packing();
    let start = here.map_or(packing, |bin| spot(flow, bin).0);
    let stops: Vec<route::Stop> = open
        .iter()
        .map(|row| {
            let (node, kind) = spot(flow, &row.bin);
            let class = products.get(&row.sku).map_or(PickClass::LightA, |p| PickClass::of(kind, p));
            route::Stop { node, class }
        })
        .collect();
    // Every node comes from this layout, so that the plan cannot fail; the lines' own order is right, only longer.
    let order = route::plan(flow.layout, start, packing, &stops)
        .map_or_else(|_| (0..open.len()).collect(), |plan| plan.order);
    Ok(order.into_iter().filter_map(|index| open.get(index)).map(|row| row.line).collect())
}

/// Where one stands to reach a bin; a bin that left the floor plan counts as being at packing.
fn spot(flow: &Flow<'_>, bin: &BinId) -> (NodeId, ZoneKind) {
    flow.layout.bin(bin).map_or((flow.layout.packing(), ZoneKind::Packing), |bin| (bin.node, bin.kind))
}

/// The bag of each line, from 1; a line that fills several has its first.
fn bags_of(held: &[Held], products: &BTreeMap<SkuId, Product>) -> BTreeMap<u8, u8> {
    let items: Vec<Item> = held
        .iter()
        .filter_map(|row| products.get(&row.sku).map(|product| bag_item(product, row.qty)))
        .collect();
    let mut of = BTreeMap::new();
    for (n, bag) in numbered(bags::pack(&items, &BagRules::default())) {
        for row in bag.contents.iter().filter_map(|packed| held.get(packed.item)) {
            of.entry(row.line).or_insert(n);
        }
    }
    of
}

/// Bags with their numbers, from 1. There are never more than [`bags::BAGS_MAX`].
pub fn numbered(bags: Vec<bags::Bag>) -> impl Iterator<Item = (u8, bags::Bag)> {
    (1..=u8::MAX).zip(bags)
}

/// Units of a product as the bag rules see them.
pub fn bag_item(product: &Product, units: Qty) -> Item {
    Item {
        units: units.get(),
        unit: product.weight,
        cold: product.temp.is_cold(),
        fragile: product.fragile,
        food: product.food,
    }
}
