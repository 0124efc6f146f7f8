//! The catalogue's document goes into the logs of the stores: by reference to its chunks, a few at a time, and only to a store
//! that has acknowledged what it was told before, so that one that is cut off collects nothing.

use super::{Fault, HubEngine};
use ::sync::doc::DocKey;
use ::sync::lane::{Lane, LaneSeq};
use ::sync::wire::CATALOGUE_SINCE;
use model::StoreId;

/// Stores of one look.
const STORES_MAX: u32 = 64;
/// Chunks that one look puts into a store's log.
const CHUNKS_MAX: u32 = 32;

impl HubEngine {
    /// The catalogue's document, where all of it stands in a store's log: then both have the same.
    pub(super) fn told_catalogue(&self, store: &StoreId) -> Result<Option<DocKey>, Fault> {
        let Some(edition) = self.db.edition()? else { return Ok(None) };
        let level = self.db.told(Some(store))?.iter().any(|told| told.level);
        Ok((level && !self.db.city_facts_wait()?).then(|| edition.doc().key()))
    }

    /// Tells stores what the catalogue's document has and their logs have not. Gives those whose logs grew, with their ends.
    ///
    /// # Errors
    /// [`Fault`]: nothing of this look was kept.
    pub fn spread_catalogue(&mut self) -> Result<Vec<(StoreId, LaneSeq)>, Fault> {
        let Some(edition) = self.db.edition()? else { return Ok(Vec::new()) };
        let doc = edition.doc();
        let behind = self.db.stores_behind(&doc, CATALOGUE_SINCE, STORES_MAX)?;
        if behind.is_empty() {
            return Ok(Vec::new());
        }
        self.within(|engine| {
            let mut grew = Vec::new();
            for store in behind {
                let (lane, lanes) = (Lane::Stock, engine.db.lanes(&store)?);
                let end = LaneSeq { lane, seq: lanes[lane.index()].sent };
                let after = engine.db.spread(&store, &doc, end, CHUNKS_MAX)?;
                if after.seq > end.seq {
                    engine.db.set_sent(&store, after)?;
                    grew.push((store, after));
                }
            }
            engine.db.drop_editions_before(&doc)?;
            Ok(grew)
        })
    }
}
