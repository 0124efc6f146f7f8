//! Larder's store: counter orders through the writer's queue, as HTTP hands them over. Each is the whole flow: the retry
//! check, prices, lots by expiry, order, lines, holdings, hash-chained ledger, history, facts in the outbox, the answer
//! kept; facts become document changes beside the writer, by the scribe.

use super::basket::{self, Basket};
use super::load::{Client, Reply};
use crate::scorecard::stage;
use anyhow::{Context, Result, bail, ensure};
use model::api::store::{CounterLine, CounterOrderRequest};
use model::{Actor, CommandId, Qty, Role, SkuId};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use store_node::command::{Command, Envelope};
use store_node::engine::Engine;
use store_node::refusal::Refusal;
use store_node::writer::Writer;
use store_node::{check, clock, manifest};
use tokio::runtime::Handle;

/// A store on an empty database with full shelves.
#[derive(Debug)]
pub struct Store {
    writer: Writer,
    thread: JoinHandle<()>,
    runtime: Handle,
    path: PathBuf,
}

impl Store {
    /// Makes it below `base`.
    ///
    /// # Errors
    /// When the engine does not open.
    pub fn start(base: &Path, runtime: Handle) -> Result<Self> {
        let path = base.join("store.db");
        let setup = manifest::setup(&stage::manifest(base, [1, 2, 3], "")?)?;
        let mut engine = Engine::open(&path, setup, clock::now())?;
        stage::fill(&mut engine, clock::now())?;
        let (writer, thread) = Writer::start(engine)?;
        Ok(Self { writer, thread, runtime, path })
    }

    /// A client at the queue.
    ///
    /// # Errors
    /// Never: its names are codes.
    pub fn client(&self) -> Result<Box<dyn Client>> {
        let actor = stage::actor("meena", "console", Role::Manager)?;
        Ok(Box::new(Caller { writer: self.writer.clone(), runtime: self.runtime.clone(), actor }))
    }

    /// See [`verify`].
    ///
    /// # Errors
    /// With what is wrong.
    pub fn verify(&self, taken: u64) -> Result<()> {
        verify(&self.path, taken)
    }

    /// Stops the writer and proves the books: hash chain and replay of the ledger against the balances.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn close(self) -> Result<()> {
        self.runtime.block_on(self.writer.stop());
        drop(self.writer);
        if self.thread.join().is_err() {
            bail!("the writer panicked");
        }
        let report = check::self_check(&self.path)?;
        ensure!(report.is_clean(), "{report:?}");
        Ok(())
    }
}

/// Orders there are exactly those that were answered, and what is reserved is exactly what was ordered.
///
/// # Errors
/// With what is wrong.
pub fn verify(path: &Path, taken: u64) -> Result<()> {
    let db = Connection::open(path)?;
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let orders = number("SELECT count(*) FROM orders")?;
    ensure!(orders == i64::try_from(taken)?, "{orders} orders kept, {taken} acknowledged");
    let ordered = number("SELECT coalesce(sum(qty), 0) FROM order_line")?;
    let reserved = number("SELECT sum(reserved) FROM stock")?;
    let over = number("SELECT count(*) FROM stock WHERE reserved > on_hand")?;
    ensure!(
        ordered == reserved && over == 0,
        "{ordered} units ordered, {reserved} reserved, {over} oversold"
    );
    Ok(())
}

struct Caller {
    writer: Writer,
    runtime: Handle,
    actor: Actor,
}

impl Client for Caller {
    fn order(&mut self, basket: &Basket) -> Result<Reply> {
        let line = |(sku, qty): (usize, u32)| -> Result<CounterLine> {
            Ok(CounterLine { sku: SkuId::new(basket::code(sku))?, qty: Qty::new(i64::from(qty))? })
        };
        let lines = basket.lines.into_iter().map(line).collect::<Result<_>>()?;
        let command = Command::CounterOrder(CounterOrderRequest { lines, first_name: "Asha".to_owned() });
        let id = CommandId::new(clock::now(), basket.key);
        let envelope = Envelope { id, actor: self.actor.clone(), command };
        match self.runtime.block_on(self.writer.apply(envelope)).context("the writer")? {
            Ok(_) => Ok(Reply::Taken),
            Err(Refusal::OutOfStock { .. }) => Ok(Reply::SoldOut),
            Err(other) => bail!("refused: {other:?}"),
        }
    }
}
