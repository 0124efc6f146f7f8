//! Larder's hub: checkouts, cash at the door, through the writer's queue, as HTTP hands them over. Each is the whole flow:
//! the retry check, customer, address, cart, store choice, rights held and sold, order, lines, moments, history, payment,
//! facts in the outbox, the answer kept; facts become document changes beside the writer, by the scribe.
//! Customers with full carts are made before the clock runs: filling a cart is a command of its own.

use super::basket::{self, Basket, Baskets, SKUS};
use super::load::{Client, Reply};
use crate::scorecard::stage;
use ::sync::quota::HubQuota;
use anyhow::{Context, Result, bail, ensure};
use central_hub::clock;
use central_hub::command::{Command, Envelope};
use central_hub::db::customers::CustomerRow;
use central_hub::db::quotas::QuotaKey;
use central_hub::db::sqlite::Sqlite;
use central_hub::db::stores::StoreSeed;
use central_hub::db::{Carts, Catalogue, Customers, HubDb, Quotas, Stores};
use central_hub::engine::{HubEngine, No};
use central_hub::refusal::Refusal;
use central_hub::rules::Rules;
use central_hub::writer::Writer;
use hub_core::proof::HubKey;
use model::api::hub::{Address, CheckoutRequest, Payment, Point};
use model::order_doc::SubstitutePreset;
use model::{Actor, AddressId, CommandId, CustomerId, Qty, Role, SkuId, StoreId, Timestamp};
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use tokio::runtime::Handle;

/// Stores of the city, a kilometre or more apart; each customer lives beside one of them.
pub const STORES: usize = 8;
/// Customers that are made: one order each.
const CUSTOMERS: usize = 40_000;

/// A hub on a database with stores, rights and waiting customers.
#[derive(Debug)]
pub struct Hub {
    writer: Writer,
    thread: JoinHandle<()>,
    runtime: Handle,
    path: PathBuf,
    customers: Arc<[(CustomerId, AddressId)]>,
    next: Arc<AtomicUsize>,
}

impl Hub {
    /// Makes it below `base`.
    ///
    /// # Errors
    /// When the database does not open.
    pub fn start(base: &Path, runtime: Handle) -> Result<Self> {
        let path = base.join("hub.db");
        let mut db = Sqlite::open(&path)?;
        db.begin()?;
        let customers = people(&mut db, clock::now())?;
        shelves(&mut db, clock::now())?;
        db.commit()?;
        let engine = HubEngine::over(Box::new(db), Rules::new(HubKey([7; 32])), clock::now())?;
        let (writer, thread) = Writer::start(engine)?;
        Ok(Self { writer, thread, runtime, path, customers: customers.into(), next: Arc::default() })
    }

    /// A client at the queue: orders for one customer after the other.
    ///
    /// # Errors
    /// Never: its names are codes.
    pub fn client(&self) -> Result<Box<dyn Client>> {
        Ok(Box::new(Caller {
            writer: self.writer.clone(),
            runtime: self.runtime.clone(),
            customers: self.customers.clone(),
            next: self.next.clone(),
            actor: stage::actor("customer", "app", Role::Customer)?,
        }))
    }

    /// See [`verify`].
    ///
    /// # Errors
    /// With what is wrong.
    pub fn verify(&self, taken: u64) -> Result<()> {
        verify(&self.path, taken)
    }

    /// Stops the writer.
    ///
    /// # Errors
    /// When it panicked.
    pub fn close(self) -> Result<()> {
        self.runtime.block_on(self.writer.stop());
        drop(self.writer);
        if self.thread.join().is_err() {
            bail!("the hub's writer panicked");
        }
        Ok(())
    }
}

/// Orders there are exactly those that were answered; what was sold is exactly what was ordered.
///
/// # Errors
/// With what is wrong.
pub fn verify(path: &Path, taken: u64) -> Result<()> {
    let db = Connection::open(path)?;
    let number = |sql: &str| db.query_row(sql, [], |row| row.get::<_, i64>(0));
    let orders = number("SELECT count(*) FROM orders WHERE state = 'confirmed'")?;
    ensure!(orders == i64::try_from(taken)?, "{orders} orders kept, {taken} acknowledged");
    let ordered = number("SELECT coalesce(sum(qty), 0) FROM order_line")?;
    let sold = number("SELECT sum(sold) FROM hub_quota")?;
    let over = number("SELECT count(*) FROM hub_quota WHERE sold + held + returned > granted_seen")?;
    ensure!(ordered == sold && over == 0, "{ordered} units ordered, {sold} sold, {over} oversold");
    Ok(())
}

/// The store of a number.
///
/// # Errors
/// Never: its id is a code.
pub fn seed(n: usize) -> Result<StoreSeed> {
    Ok(StoreSeed {
        id: StoreId::new(format!("s{}", n + 1))?,
        name: format!("Store {}", n + 1),
        at: store_at(n),
        radius_m: 2_500,
        capacity: 60,
    })
}

fn store_at(n: usize) -> Point {
    Point { lat: 12.90 + 0.03 * (n % 4) as f64, lon: 77.58 + 0.04 * (n / 4) as f64 }
}

/// Stores, products, and the rights of each store.
///
/// # Errors
/// When the database refuses.
pub fn shelves(db: &mut Sqlite, now: Timestamp) -> Result<()> {
    for n in 0..SKUS {
        db.put_product(&stage::product(n)?, "Grocery", &format!("product {n}"))?;
    }
    let generation = db.generation()?;
    for n in 0..STORES {
        let seed = seed(n)?;
        let id = seed.id.clone();
        db.put_store(&seed)?;
        db.set_heard(&id, now, true)?;
        let epoch = db.store(&id)?.context("store")?.epoch;
        let key = QuotaKey { store: id, epoch, generation };
        for sku in 0..SKUS {
            // The stock of the other systems, shared out among the stores; a scarce product lies in the first alone.
            let (all, stores) = (basket::stock_of(sku), u32::try_from(STORES)?);
            let granted = if all >= stores {
                all / stores
            } else if n == 0 {
                all
            } else {
                0
            };
            db.set_rights(
                &key,
                &SkuId::new(basket::code(sku))?,
                HubQuota::from_counts(u64::from(granted), 0, 0, 0)?,
            )?;
        }
    }
    Ok(())
}

/// Customers, each with an address and a full cart.
///
/// # Errors
/// When the database refuses.
pub fn people(db: &mut Sqlite, now: Timestamp) -> Result<Vec<(CustomerId, AddressId)>> {
    let mut baskets = Baskets::new(11);
    let mut all = Vec::with_capacity(CUSTOMERS);
    for n in 0..CUSTOMERS {
        let (id, address) = (CustomerId::new(now, n as u128), AddressId::new(now, n as u128));
        db.add_customer(&CustomerRow { id, phone: format!("+9190{n:08}"), name: "Asha".to_owned() }, now)?;
        let at = store_at(n % STORES);
        let at = Point { lat: at.lat + 0.004, lon: at.lon };
        db.add_address(&id, &Address { id: address, text: "12, 5th Cross".to_owned(), at }, now)?;
        for (sku, qty) in baskets.draw().lines {
            db.set_cart_line(&id, &SkuId::new(basket::code(sku))?, Qty::new(i64::from(qty))?, now)?;
        }
        all.push((id, address));
    }
    Ok(all)
}

struct Caller {
    writer: Writer,
    runtime: Handle,
    customers: Arc<[(CustomerId, AddressId)]>,
    next: Arc<AtomicUsize>,
    actor: Actor,
}

impl Client for Caller {
    fn order(&mut self, basket: &Basket) -> Result<Reply> {
        let Some((customer, address)) =
            self.customers.get(self.next.fetch_add(1, Ordering::Relaxed)).copied()
        else {
            return Ok(Reply::Done);
        };
        let request = CheckoutRequest { address, payment: Payment::Cod, preset: SubstitutePreset::Refund };
        let command = Command::BeginCheckout { customer, request };
        let id = CommandId::new(clock::now(), basket.key);
        let envelope = Envelope { id, actor: self.actor.clone(), command };
        match self.runtime.block_on(self.writer.apply(envelope)).context("the hub's writer")? {
            Ok(_) => Ok(Reply::Taken),
            Err(No::Refused(Refusal::OutOfStock { .. })) => Ok(Reply::SoldOut),
            Err(other) => bail!("refused: {other:?}"),
        }
    }
}
