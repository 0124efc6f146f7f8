//! What the counter asks about every product it sells, in memory: price, lots with their balances, units the hub may
//! still sell. Read once, then kept true by the functions of `db` that write those tables. Only the writer has it, inside
//! its transactions; it is emptied when one of them does not commit, and when another connection wrote the file.

use super::{DbResult, Tx, catalogue, quota, stock};
use model::{BinId, Grams, LotId, Paise, SkuId};
use std::cell::RefCell;
use std::collections::BTreeMap;
use store_core::fefo::LotStock;
use store_core::movement::Balance;

/// Products kept at most; then all are forgotten. About 2 MB.
const KNOWN_MAX: usize = 8_192;

/// What is known of a product of the catalogue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shelf {
    /// What it costs.
    pub price: Paise,
    /// What a unit weighs.
    pub weight: Grams,
    /// Days; 0 = does not expire.
    pub shelf_life_days: u32,
    /// It is sold.
    pub active: bool,
    /// Its units by lot and bin, first expired first.
    pub lots: Vec<LotStock>,
    /// Units that the hub may still sell, under any terms.
    pub outstanding: u64,
}

/// See the file.
#[derive(Debug, Default)]
pub(super) struct Shelves {
    known: RefCell<BTreeMap<SkuId, Shelf>>,
}

/// A product as the open transaction sees it; `None` when it is not in the catalogue.
///
/// # Errors
/// A fault of the database.
pub fn of(tx: &Tx<'_>, sku: &SkuId) -> DbResult<Option<Shelf>> {
    if let Some(shelf) = tx.shelves().known.borrow().get(sku) {
        // Every test and every seed of the simulation asks whether memory says what the tables say.
        debug_assert_eq!(read(tx, sku)?.as_ref(), Some(shelf), "somebody wrote behind the shelves' back");
        return Ok(Some(shelf.clone()));
    }
    let Some(shelf) = read(tx, sku)? else { return Ok(None) };
    let mut known = tx.shelves().known.borrow_mut();
    if known.len() >= KNOWN_MAX {
        known.clear();
    }
    known.insert(sku.clone(), shelf.clone());
    Ok(Some(shelf))
}

fn read(tx: &Tx<'_>, sku: &SkuId) -> DbResult<Option<Shelf>> {
    let Some((price, weight, shelf_life_days, active)) = catalogue::sale(tx, sku)? else { return Ok(None) };
    let (lots, outstanding) = (stock::lots_of(tx, sku)?, quota::outstanding(tx, sku)?);
    Ok(Some(Shelf { price, weight, shelf_life_days, active, lots, outstanding }))
}

impl Shelves {
    /// Everything is read again when it is asked for.
    pub(super) fn forget_all(&self) {
        self.known.borrow_mut().clear();
    }

    /// One product is.
    pub(super) fn forget(&self, sku: &SkuId) {
        self.known.borrow_mut().remove(sku);
    }

    /// A balance was written. Of a lot that came or went the order among the others is read again.
    pub(super) fn balance(&self, sku: &SkuId, (lot, bin): (&LotId, &BinId), balance: &Balance) {
        let mut known = self.known.borrow_mut();
        let Some(shelf) = known.get_mut(sku) else { return };
        let row = shelf.lots.iter_mut().find(|row| row.lot == *lot && row.bin == *bin);
        match row {
            Some(row) if !balance.on_hand.is_zero() => row.balance = *balance,
            Some(_) | None => {
                known.remove(sku);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::command::Command;
    use crate::refusal::Refusal;
    use crate::testbed::Bed;
    use model::Role;
    use rusqlite::Connection;

    /// What [`Shelf`] is read from.
    const TABLES: [&str; 6] = ["sku", "stock", "lot", "bin", "zone_state", "quota"];

    #[test]
    fn whoever_writes_what_is_remembered_says_so() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db");
        let mut writers = 0;
        for file in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap();
            for function in text.split("\npub fn ").flat_map(|part| part.split("\nfn ")) {
                let writes = |table: &&str| {
                    let verbs = ["UPDATE", "DELETE FROM", "INSERT INTO"];
                    // A lot without units is on no shelf.
                    let verbs = if **table == *"lot" { &verbs[..2] } else { &verbs[..] };
                    verbs.iter().any(|verb| function.contains(&format!("{verb} {table} ")))
                };
                if let Some(table) = TABLES.iter().find(|table| writes(table)) {
                    writers += 1;
                    let name = function.split('(').next().unwrap();
                    assert!(
                        function.contains(".shelves()"),
                        "{name} writes {table} behind the shelves' back"
                    );
                }
            }
        }
        assert!(writers >= 5, "stock, rights, products, bins and watches, found {writers}");
    }

    #[test]
    fn what_another_connection_wrote_is_seen_by_the_next_command() {
        let mut bed = Bed::new();
        bed.receive("SALT", 5, None);
        bed.counter(&[("SALT", 1)]).unwrap();
        let other = Connection::open(bed.path()).unwrap();
        other.execute("UPDATE stock SET on_hand = 2", []).unwrap();
        let refused = bed.counter(&[("SALT", 2)]).unwrap_err();
        assert!(matches!(&refused, Refusal::OutOfStock { lacking } if lacking[0].free == 1), "{refused:?}");
        bed.counter(&[("SALT", 1)]).unwrap();
    }

    #[test]
    fn what_a_refused_group_held_is_free_again() {
        let mut bed = Bed::new();
        bed.receive("SALT", 5, None);
        let order = bed.counter(&[("SALT", 1)]).unwrap();
        // Two that fit, and one in the same group that is refused after it has written: all run anew with savepoints.
        let sells =
            |bed: &mut Bed| bed.envelope("meena", Role::Manager, Bed::counter_command(&[("SALT", 2)]));
        let group = vec![
            sells(&mut bed),
            bed.envelope("meena", Role::Manager, Command::CancelCounterOrder { order }),
            sells(&mut bed),
            sells(&mut bed),
        ];
        let replies = bed.send(group).replies;
        assert!(replies[..3].iter().all(Result::is_ok), "{replies:?}");
        assert!(
            matches!(&replies[3], Err(Refusal::OutOfStock { lacking }) if lacking[0].free == 1),
            "{replies:?}"
        );
        bed.counter(&[("SALT", 1)]).unwrap();
        bed.check();
    }
}
