//! A store's database with a year of orders in it: rows as the flows leave them behind, written straight into the tables.
//! The ledger's chain and every balance hold; the self-check proves it.

use crate::scorecard::order_commit::basket::{Baskets, code};
use anyhow::{Context, Result};
use model::mqtt::{Label, Name};
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use model::{CommandId, OrderId, Paise, Timestamp};
use rusqlite::{Connection, ToSql, params};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};
use store_node::chain::{self, Hash};
use store_node::db::ledger::Entry;

/// Orders of a day (the issue's own number).
const ORDERS_A_DAY: u32 = 1_000;
/// Lots that come in on a day.
const LOTS_A_DAY: u32 = 100;
/// Units of each.
const LOT_UNITS: i64 = 12;
/// Days that answers to commands are kept, and readings.
const ANSWERS_DAYS: i64 = 7;
/// Sensors, and how often each speaks.
const SENSORS: u32 = 6;
const READING_EVERY_MS: i64 = MINUTE_MS;
const READINGS_DAYS: i64 = 30;
/// The store opens at seven and takes orders for sixteen hours.
const OPEN_HOURS: i64 = 16;

/// What was made.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// Orders.
    pub orders: u64,
    /// Rows of the ledger.
    pub ledger: i64,
    /// How long it took.
    pub took: Duration,
}

/// Where a product lies, and how many there are.
#[derive(Debug, Clone)]
struct Place {
    lot: String,
    bin: String,
    on_hand: i64,
    name: String,
}

/// What stands in all rows of one order.
struct Life {
    id: OrderId,
    bag: String,
    at: Timestamp,
    ended: Timestamp,
    accept: [u8; 16],
    answers: bool,
    open: bool,
}

struct Pen<'a> {
    db: &'a Connection,
    seq: i64,
    hash: Hash,
    shelf: BTreeMap<String, Place>,
    number: u64,
}

/// Fills a store that has its catalogue and stock: `days` of orders that end now.
///
/// # Errors
/// When the database refuses.
pub fn fill(path: &Path, days: u32, now: Timestamp) -> Result<Made> {
    let begun = Instant::now();
    let mut db = Connection::open(path)?;
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA cache_size = -256000;")?;
    db.set_prepared_statement_cache_capacity(64);
    let mut baskets = Baskets::new(11);
    let mut state = None;
    for ago in (0..i64::from(days)).rev() {
        let tx = db.transaction()?;
        let mut pen = Pen::pick_up(&tx, state.take())?;
        let day = now.plus_ms(-ago * DAY_MS - OPEN_HOURS * HOUR_MS);
        for n in 0..ORDERS_A_DAY {
            let at =
                day.plus_ms(i64::from(n) * OPEN_HOURS * HOUR_MS / i64::from(ORDERS_A_DAY) - 20 * MINUTE_MS);
            pen.order(&mut baskets, at, ago < ANSWERS_DAYS, n % 50 == 49 && ago == 0 && n > 900)?;
        }
        for n in 0..LOTS_A_DAY {
            pen.receive(day.plus_ms(i64::from(n) * MINUTE_MS), n)?;
        }
        if ago < READINGS_DAYS {
            pen.readings(day)?;
        }
        state = Some(pen.put_down());
        tx.commit()?;
    }
    let (seq, hash, shelf, number) = state.context("no day was made")?;
    let tx = db.transaction()?;
    Pen { db: &tx, seq, hash, shelf, number }.settle()?;
    tx.commit()?;
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
    Ok(Made { orders: u64::from(days) * u64::from(ORDERS_A_DAY), ledger: seq, took: begun.elapsed() })
}

/// A few more orders, just now.
///
/// # Errors
/// When the database refuses.
pub fn more(path: &Path, orders: u32, now: Timestamp) -> Result<()> {
    let mut db = Connection::open(path)?;
    db.busy_timeout(Duration::from_secs(5))?;
    let tx = db.transaction()?;
    let mut pen = Pen::pick_up(&tx, None)?;
    pen.number += 900_000;
    let mut baskets = Baskets::new(12);
    for _ in 0..orders {
        pen.order(&mut baskets, now.plus_ms(-20 * MINUTE_MS), true, false)?;
    }
    pen.settle()?;
    Ok(tx.commit()?)
}

type State = (i64, Hash, BTreeMap<String, Place>, u64);

impl<'a> Pen<'a> {
    fn pick_up(db: &'a Connection, state: Option<State>) -> Result<Self> {
        if let Some((seq, hash, shelf, number)) = state {
            return Ok(Self { db, seq, hash, shelf, number });
        }
        let last = "SELECT seq, hash FROM ledger ORDER BY seq DESC LIMIT 1";
        let (seq, hash) = db.query_row(last, [], |r| Ok((r.get(0)?, r.get::<_, Hash>(1)?)))?;
        let mut shelf = BTreeMap::new();
        let places = "SELECT s.sku, s.lot, s.bin, s.on_hand, k.name FROM stock s JOIN sku k ON k.sku = s.sku
                      WHERE s.on_hand > 100 ORDER BY s.sku, s.lot";
        let mut statement = db.prepare(places)?;
        let rows = statement.query_map([], |r| {
            let place = Place { lot: r.get(1)?, bin: r.get(2)?, on_hand: r.get(3)?, name: r.get(4)? };
            Ok((r.get::<_, String>(0)?, place))
        })?;
        for row in rows {
            let (sku, place) = row?;
            shelf.entry(sku).or_insert(place);
        }
        Ok(Self { db, seq, hash, shelf, number: u64::try_from(seq)? })
    }

    fn put_down(self) -> State {
        (self.seq, self.hash, self.shelf, self.number)
    }

    fn put(&self, sql: &str, values: &[&dyn ToSql]) -> Result<()> {
        self.db.prepare_cached(sql)?.execute(values)?;
        Ok(())
    }

    fn command(&mut self, at: Timestamp) -> [u8; 16] {
        self.number += 1;
        *CommandId::new(at, u128::from(self.number).wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835))
            .as_bytes()
    }

    fn movement(
        &mut self,
        at: Timestamp,
        kind: &str,
        (sku, reference): (&str, &str),
        numbers: [i64; 5],
        who: (&str, &str),
        command: &[u8],
    ) -> Result<()> {
        let place = self.shelf.get(sku).context("no such product")?;
        let [qty, on_before, on_after, res_before, res_after] = numbers;
        let entry = Entry {
            seq: self.seq + 1,
            at,
            kind: kind.to_owned(),
            sku: sku.to_owned(),
            lot: place.lot.clone(),
            bin: place.bin.clone(),
            qty,
            on_hand: (on_before, on_after),
            reserved: (res_before, res_after),
            blocked: (0, 0),
            person: who.0.to_owned(),
            device: who.1.to_owned(),
            why: kind.to_owned(),
            reference: reference.to_owned(),
            command: command.to_vec(),
        };
        self.write(&entry)
    }

    fn write(&mut self, e: &Entry) -> Result<()> {
        self.hash = chain::next(&self.hash, e);
        self.seq = e.seq;
        let sql = "INSERT INTO ledger (seq, at, kind, sku, lot, bin, qty, on_hand_before, on_hand_after, reserved_before,
                   reserved_after, blocked_before, blocked_after, person, device, why, reference, command, hash)
                   VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19)";
        self.db.prepare_cached(sql)?.execute(params![
            e.seq,
            e.at.ms(),
            e.kind,
            e.sku,
            e.lot,
            e.bin,
            e.qty,
            e.on_hand.0,
            e.on_hand.1,
            e.reserved.0,
            e.reserved.1,
            e.blocked.0,
            e.blocked.1,
            e.person,
            e.device,
            e.why,
            e.reference,
            e.command,
            self.hash.as_slice()
        ])?;
        Ok(())
    }

    /// One order's whole life; `open` leaves it in the middle of picking.
    fn order(&mut self, baskets: &mut Baskets, at: Timestamp, answers: bool, open: bool) -> Result<()> {
        let basket = baskets.draw();
        let id = OrderId::new(at, basket.key);
        let number = format!("{:03X}", self.number % 4_096);
        let bag = format!("{number}{:x}", self.number);
        let accept = self.command(at);
        let ended = at.plus_ms(9 * MINUTE_MS);
        let life = Life { id, bag, at, ended, accept, answers, open };
        let order: &[u8] = life.id.as_bytes();
        let end = (!open).then_some(ended.ms());
        self.put(
            "INSERT INTO orders (order_id, number, channel, hour, promise_at, first_name, cod, preset, head_sha, received_at, ended_at)
             VALUES (?1, ?2, 'online', ?3, ?4, 'Asha', 0, 'refund', ?5, ?6, ?7)",
            params![order, number, at.hour(), at.plus_ms(10 * MINUTE_MS).ms(), self.hash.as_slice(), at.ms(), end],
        )?;
        self.put("INSERT INTO assignment (order_id, person, device, assigned_at, ended_at) VALUES (?1, 'asha', 'hh-1', ?2, ?3)",
            params![order, at.ms(), end])?;
        self.put("INSERT INTO bag (bag, order_id, n, cold, fragile, weight_g, weighed_g, handed_over_at) VALUES (?1, ?2, 1, 0, 0, 1800, 1815, ?3)",
            params![life.bag, order, end])?;
        let mut names = Vec::new();
        for (line, (sku, units)) in basket.lines.iter().enumerate() {
            let (sku, line) = (code(*sku), i64::try_from(line)?);
            if let Some(place) = self.shelf.get(&sku).cloned() {
                names.push((Name::from(place.name.as_str()), *units));
                self.line(&life, line, (&sku, i64::from(*units)), &place)?;
            }
        }
        self.moments(order, at, ended, open, answers)?;
        self.papers(order, &life.bag, &number, at, names)
    }

    /// One line: ordered, held, and unless the order is open picked, packed and gone.
    fn line(&mut self, life: &Life, line: i64, (sku, qty): (&str, i64), place: &Place) -> Result<()> {
        let order: &[u8] = life.id.as_bytes();
        let reference = life.id.to_string();
        self.put(
            "INSERT INTO order_line (order_id, line, sku, qty, unit_price) VALUES (?1, ?2, ?3, ?4, 12900)",
            params![order, line, sku, qty],
        )?;
        self.put(
            "INSERT INTO pick_stop (order_id, line, place, bag) VALUES (?1, ?2, ?2, 1)",
            params![order, line],
        )?;
        self.put("INSERT INTO allocation (order_id, line, sku, lot, bin, qty, picked) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![order, line, sku, place.lot, place.bin, qty, if life.open { 0 } else { qty }])?;
        let (had, held, of) = (place.on_hand, self.held(sku)?, (sku, reference.as_str()));
        let system = ("system", "uplink");
        self.movement(life.at, "reserved", of, [qty, had, had, held, held + qty], system, &life.accept)?;
        if life.open {
            return self.put(
                "UPDATE stock SET reserved = reserved + ?4 WHERE sku = ?1 AND lot = ?2 AND bin = ?3",
                params![sku, place.lot, place.bin, qty],
            );
        }
        let scan = life.at.plus_ms((60 + 30 * line) * SECOND_MS);
        let (command, picker, left) = (self.command(scan), ("asha", "hh-1"), had - qty);
        self.movement(scan, "picked", of, [qty, had, left, held + qty, held], picker, &command)?;
        self.movement(life.ended, "packed", of, [qty, left, left, held, held], picker, &command)?;
        self.movement(life.ended, "dispatched", of, [qty, left, left, held, held], picker, &command)?;
        if let Some(place) = self.shelf.get_mut(sku) {
            place.on_hand = left;
        }
        self.put("INSERT INTO pick_event (id, order_id, line, sku, lot, bin, qty, proof, at, person, device) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'scan', ?8, 'asha', 'hh-1')",
            params![command.as_slice(), order, line, sku, place.lot, place.bin, qty, scan.ms()])?;
        self.put(
            "INSERT INTO bag_item (bag, line, sku, lot, qty) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![life.bag, line, sku, place.lot, qty],
        )?;
        self.event(order, scan, "picked", &format!("{qty} of {sku}"), &command)?;
        if life.answers { self.answer(scan, "scan", &command) } else { Ok(()) }
    }

    /// Units of a product that open orders hold: only the last day has any.
    fn held(&self, sku: &str) -> Result<i64> {
        let place = self.shelf.get(sku).context("no such product")?;
        let sql = "SELECT reserved FROM stock WHERE sku = ?1 AND lot = ?2 AND bin = ?3";
        Ok(self.db.prepare_cached(sql)?.query_row(params![sku, place.lot, place.bin], |r| r.get(0))?)
    }

    fn moments(
        &mut self,
        order: &[u8],
        at: Timestamp,
        ended: Timestamp,
        open: bool,
        answers: bool,
    ) -> Result<()> {
        let all = ["pl", "cf", "ac", "pk", "pd", "ds", "dl", "cp"];
        let told = if open { 4 } else { all.len() };
        for (n, moment) in all.iter().take(told).enumerate() {
            let when = at.plus_ms(ended.since_ms(at) * i64::try_from(n)? / 7);
            let command = self.command(when);
            self.put(
                "INSERT INTO order_moment (order_id, moment, at) VALUES (?1, ?2, ?3)",
                params![order, moment, when.ms()],
            )?;
            self.event(order, when, moment, "", &command)?;
            if answers {
                self.answer(when, "hub_moment", &command)?;
            }
        }
        if !open {
            self.put("INSERT INTO handover (order_id, rider, person, device, at) VALUES (?1, 'R7', 'asha', 'bay-1', ?2)", params![order, ended.ms()])?;
            self.put(
                "INSERT INTO rider_card (order_id, code, name, eta_at) VALUES (?1, 'R7', 'Ravi', ?2)",
                params![order, ended.ms()],
            )?;
        }
        Ok(())
    }

    fn event(&self, order: &[u8], at: Timestamp, what: &str, detail: &str, command: &[u8]) -> Result<()> {
        self.put("INSERT INTO order_event (order_id, at, what, detail, person, device, command) VALUES (?1, ?2, ?3, ?4, 'asha', 'hh-1', ?5)",
            params![order, at.ms(), what, detail, command])
    }

    fn answer(&self, at: Timestamp, kind: &str, command: &[u8]) -> Result<()> {
        let answer = r#"{"kind":"done","of":{"line":1,"picked":2,"left":0,"next":"A-07-12-3"}}"#;
        self.put("INSERT INTO command (id, kind, sha, at, person, device, answer) VALUES (?1, ?2, ?3, ?4, 'asha', 'hh-1', ?5)",
            params![command, kind, self.hash.as_slice(), at.ms(), answer])
    }

    fn papers(
        &mut self,
        order: &[u8],
        bag: &str,
        number: &str,
        at: Timestamp,
        lines: Vec<(Name, u32)>,
    ) -> Result<()> {
        let (number, first_name, code) = (number.to_owned(), "Asha".to_owned(), format!("LARDER:B:{bag}"));
        let papers = [
            Label::Bag {
                number: number.clone(),
                bag: 1,
                of: 1,
                code: code.clone(),
                cold: false,
                fragile: false,
                first_name: first_name.clone(),
                duplicate: false,
            },
            Label::Delivery {
                number,
                code,
                bags: 1,
                first_name,
                lines,
                cod: Paise::ZERO,
                promise: "19:42".to_owned(),
                duplicate: false,
            },
        ];
        for paper in papers {
            let job = self.command(at);
            let what = format!("{bag} {}", self.number);
            self.put("INSERT INTO print_job (job, order_id, printer, what, label, state, created_at, changed_at) VALUES (?1, ?2, 'label-1', ?3, ?4, 'done', ?5, ?5)",
                params![job.as_slice(), order, what, serde_json::to_string(&paper)?, at.ms()])?;
        }
        Ok(())
    }

    /// A lot comes in, to stay: the baskets are filled from the first lots.
    fn receive(&mut self, at: Timestamp, n: u32) -> Result<()> {
        let (sku, bin) = {
            let (sku, place) =
                self.shelf.iter().nth(usize::try_from(n)? * 7 % self.shelf.len()).context("no products")?;
            (sku.clone(), place.bin.clone())
        };
        let command = self.command(at);
        let lot = format!("L{:X}", u64::try_from(at.ms())? * 1_000 + u64::from(n));
        self.put("INSERT INTO lot (lot, sku, batch, made_on, expiry, mrp, cost, supplier, gstin, fssai, temp, received_at)
                  VALUES (?1, ?2, 'B-7', NULL, ?3, 12900, 9100, 'Acme', '29ABCDE1234F1Z5', '10012011000001', 'ambient', ?4)",
            params![lot, sku, at.utc_date().plus_days(180).days(), at.ms()])?;
        self.put(
            "INSERT INTO stock (sku, lot, bin, on_hand, reserved, blocked) VALUES (?1, ?2, ?3, ?4, 0, 0)",
            params![sku, lot, bin, LOT_UNITS],
        )?;
        let entry = Entry {
            seq: self.seq + 1,
            at,
            kind: "received".to_owned(),
            sku,
            lot: lot.clone(),
            bin,
            qty: LOT_UNITS,
            on_hand: (0, LOT_UNITS),
            reserved: (0, 0),
            blocked: (0, 0),
            person: "meena".to_owned(),
            device: "console".to_owned(),
            why: String::new(),
            reference: lot,
            command: command.to_vec(),
        };
        self.write(&entry)
    }

    fn readings(&self, day: Timestamp) -> Result<()> {
        for sensor in 1..=SENSORS {
            let name = format!("temp-{sensor}");
            self.put("INSERT OR IGNORE INTO device (device, class, zone, driver, model, firmware, session, listed) VALUES (?1, 'sensor', NULL, 'ds18b20', '', '', 1, 0)", params![name])?;
            for n in 0..DAY_MS / READING_EVERY_MS {
                let at = day.plus_ms(n * READING_EVERY_MS).ms();
                let milli = 3_000 + (n * 37 + i64::from(sensor) * 11) % 900;
                self.put("INSERT INTO reading (sensor, at, milli_c, quality, raw_milli_c, session, seq, heard) VALUES (?1, ?2, ?3, 'good', ?3, 1, ?4, ?2)",
                    params![name, at, milli, n])?;
            }
        }
        Ok(())
    }

    /// The balances that the ledger has come to.
    fn settle(&self) -> Result<()> {
        for (sku, place) in &self.shelf {
            self.put(
                "UPDATE stock SET on_hand = ?4 WHERE sku = ?1 AND lot = ?2 AND bin = ?3",
                params![sku, place.lot, place.bin, place.on_hand],
            )?;
        }
        Ok(())
    }
}
