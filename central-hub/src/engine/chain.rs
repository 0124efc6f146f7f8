//! Batches of a store's chained tables: what continues the chain is kept, everything else is set aside by name and shown, and
//! the answer always says how far the chain has come. A store that was restored may go on from where its own history still
//! agrees; what it wrote after that in its former life stays beside the chain.

use super::{Fault, HubEngine};
use crate::db::chains::ChainRow;
use ::sync::batch::{Batch, Head, MAX_BATCH, Stream, Taken, Verdict, judge};
use model::quota::StoreEpoch;
use model::{StoreId, Timestamp};

/// The most bytes of a batch as it is sent: its rows, and a little.
pub const BATCH_BYTES_MAX: usize = MAX_BATCH + 1_024;

/// Why a batch was not even judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BatchRefused {
    /// The store was replaced.
    #[error("this is the machine of epoch {}, and the store's epoch is {}", .given.0, .current.0)]
    Superseded {
        /// Of the sender.
        given: StoreEpoch,
        /// In force.
        current: StoreEpoch,
    },
}

impl HubEngine {
    /// Takes a batch of a store in an epoch. `Ok(Err)`: it was not judged, with the reason.
    ///
    /// # Errors
    /// [`Fault`]: nothing of it happened.
    pub fn take_batch(
        &mut self,
        now: Timestamp,
        store: &StoreId,
        (epoch, stream): (StoreEpoch, Stream),
        bytes: &[u8],
    ) -> Result<Result<Taken, BatchRefused>, Fault> {
        self.within(|engine| {
            let row = engine.db.store(store)?.ok_or_else(|| Fault::UnknownStore(store.clone()))?;
            if epoch != row.epoch {
                return Ok(Err(BatchRefused::Superseded { given: epoch, current: row.epoch }));
            }
            let known = engine.db.chain(store, stream)?;
            let begun = known.unwrap_or_else(|| ChainRow {
                stream,
                head: Head { upto: 0, hash: stream.first(store.as_str()) },
                epoch,
                heard_at: now,
                broken: None,
            });
            engine.judge_batch(store, ChainRow { heard_at: now, ..begun }, epoch, bytes).map(Ok)
        })
    }

    fn judge_batch(
        &mut self,
        store: &StoreId,
        known: ChainRow,
        epoch: StoreEpoch,
        bytes: &[u8],
    ) -> Result<Taken, Fault> {
        let read = if bytes.len() > BATCH_BYTES_MAX {
            Err(format!("{} bytes are over the limit of a batch", bytes.len()))
        } else {
            Batch::decode(bytes).map_err(|error| error.to_string())
        };
        let verdict = match read {
            Err(why) => Err(why),
            Ok(batch) => {
                let from = self.goes_on_from(store, &known, epoch, &batch)?;
                match judge(known.stream, from, &batch) {
                    Verdict::Known => return Ok(Taken { head: known.head, broken: None }),
                    Verdict::Take(head) => Ok((batch, from, head)),
                    Verdict::Broken(why) => Err(why),
                }
            }
        };
        match verdict {
            Ok((batch, from, head)) => {
                if from != known.head {
                    self.db.cut_chain(store, known.stream, from.upto, known.epoch)?;
                }
                self.db.add_batch(store, &ChainRow { head, epoch, ..known }, &batch, bytes)?;
                Ok(Taken { head, broken: None })
            }
            Err(why) => {
                tracing::warn!(%store, stream = %known.stream, why, "a batch does not continue its chain");
                // What comes again for the same reason is kept once.
                if known.broken.as_ref().is_none_or(|(_, before)| *before != why) {
                    self.db.break_chain(store, &known, bytes, &why)?;
                }
                Ok(Taken { head: known.head, broken: Some(why) })
            }
        }
    }

    /// Where a batch may go on: at the end of the chain; after a restore, which is a new epoch, at any end of a batch that the
    /// store still has.
    fn goes_on_from(
        &self,
        store: &StoreId,
        known: &ChainRow,
        epoch: StoreEpoch,
        batch: &Batch,
    ) -> Result<Head, Fault> {
        let before = batch.first.saturating_sub(1);
        if epoch <= known.epoch || before > known.head.upto {
            return Ok(known.head);
        }
        let first = Head { upto: 0, hash: known.stream.first(store.as_str()) };
        let end = self.db.chain_ends(store, known.stream, before, 1)?.pop().unwrap_or(first);
        Ok(if end == (Head { upto: before, hash: batch.before }) { end } else { known.head })
    }
}
