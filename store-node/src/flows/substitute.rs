//! What a customer gets instead of goods that are not there (REQ-33): by the order's preset at once, or after asking for
//! 60 s. A substitute takes only what the store may promise by itself, held in the same transaction.

use super::{Flow, Stop, fence, holding, moments, not_found, price};
use crate::answer::Answer;
use crate::db::orders::{self, OrderRow};
use crate::db::people::{self, NoticeRow};
use crate::db::pick_gaps::{self, Ended, LineState, Question};
use crate::db::{allocations, assignments, catalogue};
use model::catalogue::Product;
use model::fact::Fact;
use model::order_doc::{SubstituteAnswer, SubstituteAsk, SubstitutePreset};
use model::{OrderId, OrderState, Paise, Qty, Role, SkuId};
use std::collections::BTreeSet;
use std::fmt::Display;
use store_core::pick::substitute::{Good, choose};

/// Candidates looked at for one line.
const CANDIDATES: u32 = 60;
/// Questions ended by one tick.
const TICK_MOST: u32 = 100;

/// Fills a gap of `qty` units in a line by the order's preset; `not` is what was not found.
///
/// # Errors
/// A fault of the database.
pub fn fill(flow: &mut Flow<'_>, row: &OrderRow, line: u8, not: &SkuId, qty: Qty) -> Result<(), Stop> {
    let asked_before = pick_gaps::was_asked(flow.tx, row.order, line)?;
    let found = match row.preset {
        SubstitutePreset::Refund => None,
        SubstitutePreset::Ask if asked_before => None,
        SubstitutePreset::Ask | SubstitutePreset::BestMatch => best(flow, row, line, not, qty)?,
    };
    let Some(Found { sku, name, why, price }) = found else {
        return holding::short(flow, &row.order, line, qty, "not_found").map(drop);
    };
    if row.preset == SubstitutePreset::BestMatch {
        return take(flow, row, line, &sku, qty, (&name, why));
    }
    let until = flow.now.plus_ms(flow.setup.policy.substitute_ms);
    let question =
        Question { order: row.order, line, sku: sku.clone(), qty, asked_at: flow.now, until, price };
    pick_gaps::ask(flow.tx, &question)?;
    let ask = SubstituteAsk { line, sku, qty, until, price };
    flow.tell(&Fact::Ask { order: row.order, hour: row.hour, ask })?;
    let shown = u16::from(line) + 1;
    let named: [(&str, &dyn Display); 4] = [("line", &shown), ("qty", &qty), ("name", &name), ("why", &why)];
    moments::tell(flow, &row.order, "substitute_asked", &named)
}

/// A substitute.
struct Found {
    sku: SkuId,
    name: String,
    why: &'static str,
    /// What one piece costs, where that is less than what was ordered.
    price: Option<Paise>,
}

/// The best substitute that suffices.
fn best(flow: &Flow<'_>, row: &OrderRow, line: u8, not: &SkuId, qty: Qty) -> Result<Option<Found>, Stop> {
    let lines = orders::lines(flow.tx, &row.order)?;
    let Some((_, ordered)) = lines.iter().find(|(n, _)| *n == line) else { return Ok(None) };
    let agreed = ordered.unit_price;
    let wanted = catalogue::must(flow.tx, &ordered.sku)?.product;
    if wanted.category.is_empty() {
        return Ok(None);
    }
    let mut taken: BTreeSet<SkuId> = lines.iter().map(|(_, line)| line.sku.clone()).collect();
    taken.insert(not.clone());
    taken.extend(allocations::of_order(flow.tx, &row.order)?.into_iter().map(|held| held.place.sku));
    let mut candidates = Vec::new();
    for like in catalogue::like(flow.tx, &wanted, CANDIDATES)? {
        let free = free(flow, &like.product.sku)?;
        candidates.push(good(like.product, free));
    }
    let wanted = good(wanted, 0);
    let chosen = choose(&wanted, qty, &candidates, &taken);
    let Some((good, why)) = chosen else { return Ok(None) };
    let price = price::quote(&catalogue::must(flow.tx, &good.sku)?.product, agreed);
    Ok(Some(Found { sku: good.sku.clone(), name: good.name.clone(), why: why.word(), price }))
}

/// Units that the store may promise by itself: behind the fence none, for nobody knows what lies there. A substitute is a new promise
/// of its product, whoever's order it is for.
fn free(flow: &Flow<'_>, sku: &SkuId) -> Result<u64, Stop> {
    if !fence::is_open(flow, sku)? {
        return Ok(0);
    }
    let free = holding::free(flow, sku)?;
    #[cfg(feature = "mutations")]
    let free = super::mutated::free_for_substitute(flow, sku, free)?;
    Ok(free)
}

fn good(product: Product, free: u64) -> Good {
    Good {
        sku: product.sku,
        name: product.name,
        brand: product.brand,
        category: product.category,
        price: product.price,
        free,
    }
}

/// Holds the substitute for the line; what is not there after all is refunded.
fn take(
    flow: &mut Flow<'_>,
    row: &OrderRow,
    line: u8,
    sku: &SkuId,
    qty: Qty,
    (name, why): (&str, &str),
) -> Result<(), Stop> {
    let missing = holding::hold(flow, &row.order, line, sku, qty)?;
    let held = qty.saturating_sub(missing);
    if !held.is_zero() {
        let shown = u16::from(line) + 1;
        let named: [(&str, &dyn Display); 4] =
            [("line", &shown), ("qty", &held), ("name", &name), ("why", &why)];
        moments::tell(flow, &row.order, "substituted", &named)?;
    }
    holding::short(flow, &row.order, line, missing, "not_found").map(drop)
}

/// The customer's answer came through the hub. One that comes too late changes nothing.
///
/// # Errors
/// [`crate::refusal::Refusal::Unknown`] for an order that is not here.
pub fn answer(flow: &mut Flow<'_>, order: &OrderId, answer: &SubstituteAnswer) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let row = moments::order(flow, order)?;
    let Some(question) = pick_gaps::open_of(flow.tx, row.order, answer.line)? else {
        return Ok(Answer::Done);
    };
    let ended = if answer.accept { Ended::Accepted } else { Ended::Declined };
    end(flow, &row, &question, ended)?;
    Ok(Answer::Done)
}

/// Ends the questions whose time is over: the line is refunded.
///
/// # Errors
/// A fault of the database.
pub fn tick(flow: &mut Flow<'_>) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    for question in pick_gaps::overdue(flow.tx, flow.now, TICK_MOST)? {
        let row = orders::must(flow.tx, &question.order)?;
        end(flow, &row, &question, Ended::Timeout)?;
    }
    Ok(Answer::Done)
}

fn end(flow: &mut Flow<'_>, row: &OrderRow, question: &Question, ended: Ended) -> Result<(), Stop> {
    let state = orders::moments(flow.tx, &row.order)?.state();
    let name = catalogue::must(flow.tx, &question.sku)?.product.name;
    // An order that was UNKNOWN meanwhile has its units from the count, or is short of them already.
    let lines = pick_gaps::lines(flow.tx, row.order)?;
    let gap = lines.iter().find(|state| state.line == question.line).map_or(Qty::ZERO, LineState::gap);
    let qty = question.qty.min(gap);
    let suffices = free(flow, &question.sku)? >= u64::from(qty.get());
    let ended = match ended {
        Ended::Accepted if !suffices => Ended::Gone,
        Ended::Accepted | Ended::Declined | Ended::Timeout | Ended::Gone => ended,
    };
    pick_gaps::close(flow.tx, row.order, question.line, ended, flow.now)?;
    if state != OrderState::Picking || qty.is_zero() {
        return Ok(());
    }
    let code = match ended {
        Ended::Accepted => {
            take(flow, row, question.line, &question.sku, qty, (&name, ended.word()))?;
            "substitute_accepted"
        }
        Ended::Declined | Ended::Timeout | Ended::Gone => {
            holding::short(flow, &row.order, question.line, qty, ended.word())?;
            "substitute_declined"
        }
    };
    let shown = u16::from(question.line) + 1;
    let named: [(&str, &dyn Display); 3] = [("line", &shown), ("name", &name), ("why", &ended.word())];
    moments::tell(flow, &row.order, code, &named)?;
    if let Some(pick) = assignments::of_order(flow.tx, &row.order)? {
        people::notify(
            flow.tx,
            &pick.person,
            &NoticeRow { at: flow.now, code: format!("substitute_{}", ended.word()), detail: name },
        )?;
    }
    not_found::settle(flow, row)
}
