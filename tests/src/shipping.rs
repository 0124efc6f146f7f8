//! Ships a store's ledger and temperatures to a hub as the node's task does, without a socket and without waiting: for the
//! simulated worlds and the stories that run both engines in one thread.

use anyhow::{Context, Result, bail};
use central_hub::engine::HubEngine;
use model::quota::StoreEpoch;
use model::{StoreId, Timestamp};
use store_node::engine::Engine;
use store_node::engine::ship::Step;
use store_node::reader::Reader;
use sync::batch::{Batch, Head, Stream, Taken};

/// What one turn did.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Turn {
    /// Batches that the hub took.
    pub batches: usize,
    /// Their bytes.
    pub bytes: usize,
    /// Why it did not take others.
    pub broken: Vec<String>,
}

/// How far the hub has a chained table of a store.
///
/// # Errors
/// A fault of the database.
pub fn head(hub: &HubEngine, store: &StoreId, stream: Stream) -> Result<Head> {
    let known = hub.data().chain(store, stream)?.map(|row| row.head);
    Ok(known.unwrap_or_else(|| Head { upto: 0, hash: stream.first(store.as_str()) }))
}

/// One turn of shipping: everything that the hub does not have, at most `most` batches of a table.
///
/// # Errors
/// A fault of either side, or a hub that refuses the store's epoch.
pub fn turn(
    (engine, reader): (&mut Engine, &mut Reader),
    hub: &mut HubEngine,
    now: Timestamp,
    most: usize,
) -> Result<Turn> {
    let store = engine.setup().store.clone();
    let mut done = Turn::default();
    for stream in Stream::ALL {
        for _ in 0..most {
            let at = head(hub, &store, stream)?;
            engine.shipped(stream, at)?;
            let batch = match reader.ship(stream, at)? {
                Step::Nothing => break,
                Step::Batch(batch) => Some(batch),
                Step::Forked => {
                    let ends = hub.data().chain_ends(&store, stream, at.upto, u32::MAX)?;
                    let shared = reader.shared(stream, &ends)?;
                    reader.ship_again(stream, shared)?
                }
            };
            let Some(batch) = batch else { break };
            let (taken, bytes) = give(hub, (&store, reader.epoch()?), stream, &batch, now)?;
            match taken.broken {
                Some(why) => {
                    done.broken.push(why);
                    break;
                }
                None if taken.head.upto != batch.last => break,
                None => (done.batches, done.bytes) = (done.batches + 1, done.bytes + bytes),
            }
        }
    }
    Ok(done)
}

/// Gives the hub one batch of a store in an epoch.
///
/// # Errors
/// As [`turn`].
pub fn give(
    hub: &mut HubEngine,
    (store, epoch): (&StoreId, u64),
    stream: Stream,
    batch: &Batch,
    now: Timestamp,
) -> Result<(Taken, usize)> {
    let bytes = batch.encode()?;
    let epoch = StoreEpoch(u32::try_from(epoch).context("an epoch")?);
    match hub.take_batch(now, store, (epoch, stream), &bytes)? {
        Ok(taken) => Ok((taken, bytes.len())),
        Err(refused) => bail!("{refused}"),
    }
}
