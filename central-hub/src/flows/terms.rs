//! Epochs and generations (SYNC.md rules 5 and 6). The hub mints a store's epoch for one node's key, and takes a new
//! generation of its own after a restore: each by compare-and-set, durable before the answer. Under new terms nothing of
//! the old ones is sold, and both logs begin anew.

use super::{Cx, Flow, order, pay};
use crate::command::Answer;
use crate::db::HubTx;
use crate::db::orders::OrderRow;
use crate::db::terms::{Holder, Installation};
use crate::refusal::Refusal;
use ::sync::doc::{DocKey, SAID_AGAIN_HOURS};
use hub_core::proof;
use hub_core::saga::Event;
use model::fact::Fact;
use model::life::life_under;
use model::quota::{HubGeneration, StoreEpoch};
use model::{Moment, StoreId, Timestamp};
use std::collections::BTreeMap;

/// Open orders of a store that are said again at most.
const OPEN_MAX: u32 = 10_000;
/// The longest key or id.
const KEY_SIGNS: usize = 200;
/// The end of a hold that is in doubt: none, before the past is closed.
const IN_DOUBT: Timestamp = crate::db::orders::HOLD_IN_DOUBT;
/// How many people close a generation.
pub const VOICES: u32 = 2;

/// A node asks for a store's next epoch. The same key again gets the same answer; two nodes never get one epoch.
///
/// # Errors
/// [`Refusal::TermsTaken`] when the store's epoch is not the expected one: somebody else was quicker.
pub fn mint(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    store: &StoreId,
    node_key: &str,
    expect: StoreEpoch,
) -> Flow<Answer> {
    well_formed("node_key", node_key)?;
    let own = tx.installation()?;
    let holder = tx.holder(store)?.ok_or_else(|| unknown_store(store))?;
    if holder.node_key == node_key && holder.epoch > expect {
        return Ok(Answer::Terms { epoch: holder.epoch, generation: own.generation });
    }
    let taken = || Refusal::TermsTaken { epoch: holder.epoch.0, generation: own.generation.0 };
    // A restored hub may have forgotten an epoch that it minted: then the node knows better.
    let forgotten = expect > holder.epoch && !own.log_whole;
    if holder.epoch != expect && !forgotten {
        return Err(taken().into());
    }
    let epoch = expect.next(own.generation).ok_or_else(taken)?;
    set_epoch(tx, cx, store, epoch, node_key, &own)?;
    Ok(Answer::Terms { epoch, generation: own.generation })
}

/// A restored hub hears of an epoch that it minted and forgot: the store keeps it.
///
/// # Errors
/// [`Refusal::TermsTaken`] where nothing was forgotten: then nobody but this hub mints.
pub fn adopt(tx: &mut dyn HubTx, cx: &Cx<'_>, store: &StoreId, epoch: StoreEpoch) -> Flow<Answer> {
    let own = tx.installation()?;
    let holder = tx.holder(store)?.ok_or_else(|| unknown_store(store))?;
    if epoch == holder.epoch {
        return Ok(Answer::Terms { epoch, generation: own.generation });
    }
    if own.log_whole || epoch < holder.epoch {
        return Err(Refusal::TermsTaken { epoch: holder.epoch.0, generation: own.generation.0 }.into());
    }
    let node_key = holder.node_key;
    set_epoch(tx, cx, store, epoch, &node_key, &own)?;
    Ok(Answer::Terms { epoch, generation: own.generation })
}

fn set_epoch(
    tx: &mut dyn HubTx,
    cx: &Cx<'_>,
    store: &StoreId,
    epoch: StoreEpoch,
    node_key: &str,
    own: &Installation,
) -> Flow<()> {
    let word = tx.holder(store)?.map_or(epoch, |holder| holder.word);
    end_holds(tx, cx, Some(store))?;
    tx.set_holder(store, &Holder { epoch, node_key: node_key.to_owned(), word })?;
    tx.begin_log(store, cx.now.hour().saturating_sub(SAID_AGAIN_HOURS))?;
    say_open_again(tx, store)?;
    if own.log_whole || cx.mutation.gives_word_at_once() { give_word(tx, store) } else { Ok(()) }
}

/// Orders that are open though their hour is closed are said again in a later one: a closed hour comes beside the log, in its own
/// time, and a store from its backup may have forgotten them.
fn say_open_again(tx: &mut dyn HubTx, store: &StoreId) -> Flow<()> {
    let mut closed: BTreeMap<i64, bool> = BTreeMap::new();
    for row in tx.open_orders(Some(store), OPEN_MAX)? {
        let (order, hour) = (row.id, row.placed_at.hour());
        let is_closed = match closed.get(&hour) {
            Some(known) => *known,
            None => tx.closed_blob(&DocKey::Orders { hour }.of(store))?.is_some(),
        };
        closed.insert(hour, is_closed);
        let Some(confirmed) = tx.moments(&order)?.get(Moment::Confirmed).filter(|_| is_closed) else {
            continue;
        };
        let (epoch, generation) = (row.epoch, row.generation);
        // Its own hour says so already; in any other it is late.
        let hour = hour + 1;
        let facts = [
            Fact::Terms { order, hour, epoch, generation },
            Fact::Moment { order, hour, moment: Moment::Placed, at: row.placed_at },
            Fact::Moment { order, hour, moment: Moment::Confirmed, at: confirmed },
        ];
        tx.add_facts(store, &facts)?;
    }
    Ok(())
}

/// The hub's word: every order that it sold under older epochs stands in the log before it.
fn give_word(tx: &mut dyn HubTx, store: &StoreId) -> Flow<()> {
    let Some(holder) = tx.holder(store)? else { return Ok(()) };
    if holder.word < holder.epoch {
        tx.add_fact(store, &Fact::Word { epoch: holder.epoch })?;
        tx.set_holder(store, &Holder { word: holder.epoch, ..holder })?;
    }
    Ok(())
}

/// A restored, or rolled back, hub takes its next generation. It has no right to sell anything before the stores have
/// heard of it and granted anew; what its older life sold and this database has forgotten is recovered by two people.
///
/// # Errors
/// [`Refusal::TermsTaken`] when the generation is not the expected one.
pub fn begin_generation(tx: &mut dyn HubTx, cx: &Cx<'_>, hub: &str, expect: HubGeneration) -> Flow<Answer> {
    well_formed("hub", hub)?;
    let own = tx.installation()?;
    let epoch = StoreEpoch(0);
    if own.hub == hub && own.generation > expect {
        return Ok(Answer::Terms { epoch, generation: own.generation });
    }
    let taken = || Refusal::TermsTaken { epoch: 0, generation: own.generation.0 };
    if own.generation != expect {
        return Err(taken().into());
    }
    if cx.mutation.keeps_rights() {
        return Ok(Answer::Terms { epoch, generation: own.generation });
    }
    let digest = proof::digest(&[hub.as_bytes()]);
    let tag = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    let generation = expect.next(tag).ok_or_else(taken)?;
    let life = life_under(tx.boot()?, cx.now, generation.0);
    tx.set_installation(&Installation { hub: hub.to_owned(), generation, log_whole: false })?;
    // Of what this life, and those after it, write nothing is forgotten.
    tx.add_life(life, true)?;
    tx.set_boot(life)?;
    end_holds(tx, cx, None)?;
    for row in tx.stores()? {
        let id = &row.seed.id;
        tx.begin_log(id, cx.now.hour().saturating_sub(SAID_AGAIN_HOURS))?;
        // The word stood in a log that is over, and the store may not have heard it: it is given again when this one is whole.
        if let Some(holder) = tx.holder(id)? {
            tx.set_holder(id, &Holder { word: StoreEpoch(0), ..holder })?;
        }
    }
    Ok(Answer::Terms { epoch, generation })
}

/// A person says that everything this hub's older life sold is here again. When two have, older generations are closed:
/// the stores free what is left of their rights, and those that wait for it get the hub's word.
///
/// # Errors
/// [`Refusal::BadValue`] for a generation that is not older than the present one.
pub fn close(tx: &mut dyn HubTx, cx: &Cx<'_>, upto: HubGeneration) -> Flow<Answer> {
    let own = tx.installation()?;
    if upto >= own.generation {
        let want = format!("a generation before {}", own.generation.0);
        return Err(Refusal::BadValue { field: "generation".to_owned(), want }.into());
    }
    let voices = tx.add_voice(upto, cx.actor.person.as_str(), cx.now)?;
    let count = u32::try_from(voices.len()).unwrap_or(u32::MAX);
    if count < VOICES || own.log_whole {
        return Ok(Answer::Count { count });
    }
    tx.set_installation(&Installation { log_whole: true, ..own })?;
    end_holds(tx, cx, None)?;
    for row in tx.stores()? {
        tx.add_fact(&row.seed.id, &Fact::Closing { generation: upto })?;
        give_word(tx, &row.seed.id)?;
    }
    Ok(Answer::Count { count })
}

/// Checkouts that wait for their payment end: what they hold is of the old terms. Of a hub that has forgotten a part of its
/// life they are in doubt instead: its former life may have confirmed them, and the stores' documents will tell.
fn end_holds(tx: &mut dyn HubTx, cx: &Cx<'_>, store: Option<&StoreId>) -> Flow<()> {
    if cx.mutation.keeps_holds() {
        return Ok(());
    }
    let own = tx.installation()?;
    for id in tx.holds(store)? {
        let mut row = order::sure(tx, &id)?;
        if !own.log_whole && row.generation < own.generation {
            row.hold_until = Some(IN_DOUBT);
            tx.save_order(&row)?;
            continue;
        }
        order::note(tx, cx, &id, "hold_ended", String::new())?;
        pay::event(tx, cx, &mut row, Event::HoldEnded)?;
    }
    Ok(())
}

/// Whether an order waits to hear what a forgotten life of the hub made of it.
pub fn is_in_doubt(row: &OrderRow) -> bool {
    row.hold_until == Some(IN_DOUBT)
}

fn well_formed(field: &str, key: &str) -> Flow<()> {
    if key.is_empty() || key.chars().count() > KEY_SIGNS {
        let want = format!("1 to {KEY_SIGNS} signs");
        return Err(Refusal::BadValue { field: field.to_owned(), want }.into());
    }
    Ok(())
}

fn unknown_store(store: &StoreId) -> Refusal {
    Refusal::BadValue { field: "store".to_owned(), want: format!("a configured store, not {store}") }
}
