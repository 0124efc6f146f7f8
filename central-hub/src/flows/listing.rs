//! The city's catalogue is published to its stores: what changed goes, in parts, into one document that is the same for all of
//! them (SYNC.md, catalogue). An edition that has been told as much as it holds is replaced by a fresh one, because history in a
//! document is never collected; what stood in the old one stands whole in the new one. Nobody waits for any of it.

use super::{Cx, Flow};
use crate::command::Answer;
use crate::db::listing::EditionRow;
use crate::db::{Db, HubTx};
use model::catalogue_doc::CataloguePart;
use model::fact::Fact;
use model::quota::HubGeneration;

/// Products of one part: its change stays far below a frame, and a look far below what a checkout would notice.
const PART_MAX: u32 = 96;
/// An edition is told at least so many products before a fresh one takes its place.
pub const TOLD_MIN: u64 = 1_000;

/// One look: the next part of what waits to be published. Says how many products it has.
pub fn publish(tx: &mut dyn HubTx, cx: &Cx<'_>) -> Flow<Answer> {
    let generation = tx.generation()?;
    let standing = tx.edition()?;
    if tx.due_count()? == 0 && standing.is_none_or(|edition| edition.generation == generation) {
        return Ok(Answer::Count { count: 0 });
    }
    // A part of the document that is made in this moment comes first.
    if tx.city_facts_wait()? {
        return Ok(Answer::Count { count: 0 });
    }
    let mut edition = match standing.filter(|edition| edition.generation == generation) {
        Some(edition) if !has_grown(tx, &edition)? => edition,
        _ => begin(tx, generation, standing)?,
    };
    if edition.whole {
        edition.publication += 1;
        edition.parts = 0;
    }
    let products = tx.due_products(PART_MAX)?;
    tx.not_due(&products)?;
    let count = u32::try_from(products.len()).unwrap_or(u32::MAX);
    edition.parts += 1;
    edition.told += u64::from(count);
    edition.whole = tx.due_count()? == 0;
    edition.at = cx.now;
    tx.set_edition(&edition)?;
    let EditionRow { edition: number, publication, parts, whole, .. } = edition;
    let (part, at, named) = (parts, cx.now, tx.product_count()?);
    let part = CataloguePart { generation, edition: number, publication, part, at, products, named, whole };
    tx.add_city_facts(&[Fact::Catalogue(part)])?;
    Ok(Answer::Count { count })
}

/// Whether an edition's document holds as much that was overwritten as it says; never in the middle of a publication.
fn has_grown(tx: &dyn HubTx, edition: &EditionRow) -> Db<bool> {
    let holds = u64::from(tx.product_count()?);
    Ok(edition.whole && edition.told >= holds.saturating_mul(2).max(TOLD_MIN))
}

/// A fresh edition names everything anew. A generation that began after a restore counts its own.
fn begin(tx: &mut dyn HubTx, generation: HubGeneration, before: Option<EditionRow>) -> Flow<EditionRow> {
    tx.all_due()?;
    let number =
        before.filter(|edition| edition.generation == generation).map_or(0, |edition| edition.edition);
    Ok(EditionRow {
        generation,
        edition: number.saturating_add(1),
        publication: 1,
        parts: 0,
        whole: false,
        told: 0,
        at: model::Timestamp::from_ms(0),
    })
}
