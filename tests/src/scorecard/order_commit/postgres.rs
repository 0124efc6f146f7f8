//! The peer: the classic path on PostgreSQL 15, once step by step (every statement a round trip, prepared) and once as one
//! function call. It keeps what an order needs and no more: one stock row per product, no lots, no hash chain, no history.

use super::basket::{self, Basket, SKUS};
use super::load::{Client, Reply};
use crate::scorecard::peers;
use anyhow::{Result, ensure};
use postgres::{NoTls, Statement, Transaction};

const SCHEMA: &str = "
CREATE TABLE stock (sku text PRIMARY KEY, on_hand int NOT NULL, reserved int NOT NULL DEFAULT 0, price bigint NOT NULL,
    CHECK (reserved >= 0 AND reserved <= on_hand));
CREATE TABLE orders (id bytea PRIMARY KEY, state text NOT NULL, total bigint NOT NULL, placed_at timestamptz NOT NULL);
CREATE TABLE order_line (order_id bytea NOT NULL REFERENCES orders, line int NOT NULL, sku text NOT NULL, qty int NOT NULL,
    unit_price bigint NOT NULL, PRIMARY KEY (order_id, line));
CREATE TABLE ledger (seq bigserial PRIMARY KEY, at timestamptz NOT NULL, kind text NOT NULL, sku text NOT NULL,
    qty int NOT NULL, before int NOT NULL, after int NOT NULL, reference bytea NOT NULL);
CREATE INDEX ledger_by_sku ON ledger (sku, seq);
CREATE TABLE outbox (seq bigserial PRIMARY KEY, fact text NOT NULL);
CREATE TABLE command (id bytea PRIMARY KEY, answer text NOT NULL, at timestamptz NOT NULL);
CREATE FUNCTION place_order(p_id bytea, p_skus text[], p_qtys int[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    said text; held int; owned int; cost bigint; total bigint := 0; i int; costs bigint[] := '{}'; befores int[] := '{}';
BEGIN
    SELECT answer INTO said FROM command WHERE id = p_id;
    IF FOUND THEN RETURN said; END IF;
    FOR i IN 1 .. array_length(p_skus, 1) LOOP
        SELECT on_hand, reserved, price INTO owned, held, cost FROM stock WHERE sku = p_skus[i] FOR UPDATE;
        IF NOT FOUND OR owned - held < p_qtys[i] THEN
            RETURN 'sold_out';
        END IF;
        total := total + cost * p_qtys[i]; costs := costs || cost; befores := befores || held;
    END LOOP;
    INSERT INTO orders VALUES (p_id, 'placed', total, now());
    FOR i IN 1 .. array_length(p_skus, 1) LOOP
        UPDATE stock SET reserved = reserved + p_qtys[i] WHERE sku = p_skus[i];
        INSERT INTO order_line VALUES (p_id, i, p_skus[i], p_qtys[i], costs[i]);
        INSERT INTO ledger (at, kind, sku, qty, before, after, reference)
            VALUES (now(), 'reserved', p_skus[i], p_qtys[i], befores[i], befores[i] + p_qtys[i], p_id);
    END LOOP;
    INSERT INTO outbox (fact) VALUES (json_build_object('order', encode(p_id, 'hex'), 'skus', p_skus, 'qtys', p_qtys)::text);
    INSERT INTO command VALUES (p_id, 'placed', now());
    RETURN 'placed';
END $$;
";

/// How the path is walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// BEGIN, each statement, COMMIT: each a round trip.
    Steps,
    /// One call.
    Function,
}

/// A cluster of its own with full shelves.
#[derive(Debug)]
pub struct Postgres {
    peer: peers::Peer,
    way: Way,
}

impl Postgres {
    /// Starts it below `base`.
    ///
    /// # Errors
    /// When PostgreSQL 15 is not installed or does not start.
    pub fn start(base: &std::path::Path, way: Way) -> Result<Self> {
        let peer = peers::postgres(base)?;
        let mut db = postgres::Client::connect(&peers::postgres_url(&peer), NoTls)?;
        db.batch_execute(SCHEMA)?;
        let mut tx = db.transaction()?;
        let fill = tx.prepare("INSERT INTO stock (sku, on_hand, price) VALUES ($1, $2, $3)")?;
        for sku in 0..SKUS {
            let units = i32::try_from(basket::stock_of(sku))?;
            tx.execute(&fill, &[&basket::code(sku), &units, &basket::price(sku)])?;
        }
        tx.commit()?;
        db.batch_execute("VACUUM ANALYZE")?;
        Ok(Self { peer, way })
    }

    /// A client with its own connection and its statements prepared.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn client(&self) -> Result<Box<dyn Client>> {
        let mut db = postgres::Client::connect(&peers::postgres_url(&self.peer), NoTls)?;
        Ok(match self.way {
            Way::Function => {
                let call = db.prepare("SELECT place_order($1, $2, $3)")?;
                Box::new(Caller { db, call })
            }
            Way::Steps => {
                let steps = Steps::prepare(&mut db)?;
                Box::new(Stepper { db, steps })
            }
        })
    }

    /// Orders there are exactly those that were answered, and what is reserved is exactly what was ordered.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn verify(&self, taken: u64) -> Result<()> {
        let mut db = postgres::Client::connect(&peers::postgres_url(&self.peer), NoTls)?;
        let row = db.query_one(
            "SELECT (SELECT count(*) FROM orders), (SELECT count(*) FROM command), (SELECT count(*) FROM outbox),
                (SELECT coalesce(sum(qty), 0) FROM order_line), (SELECT coalesce(sum(reserved), 0) FROM stock),
                (SELECT count(*) FROM stock WHERE reserved > on_hand)",
            &[],
        )?;
        let [orders, commands, facts, ordered, reserved, over] =
            std::array::from_fn(|at| row.get::<_, i64>(at));
        let taken = i64::try_from(taken)?;
        ensure!(
            orders == taken && commands == taken && facts == taken,
            "{orders} orders kept, {taken} acknowledged"
        );
        ensure!(
            ordered == reserved && over == 0,
            "{ordered} units ordered, {reserved} reserved, {over} oversold"
        );
        Ok(())
    }
}

struct Caller {
    db: postgres::Client,
    call: Statement,
}

impl Client for Caller {
    fn order(&mut self, basket: &Basket) -> Result<Reply> {
        let skus: Vec<String> = basket.lines.iter().map(|(sku, _)| basket::code(*sku)).collect();
        let qtys = basket.lines.iter().map(|(_, qty)| i32::try_from(*qty)).collect::<Result<Vec<_>, _>>()?;
        let row = self.db.query_one(&self.call, &[&basket.key.to_be_bytes().as_slice(), &skus, &qtys])?;
        Ok(if row.get::<_, &str>(0) == "placed" { Reply::Taken } else { Reply::SoldOut })
    }
}

struct Steps {
    seen: Statement,
    lock: Statement,
    reserve: Statement,
    order: Statement,
    line: Statement,
    ledger: Statement,
    outbox: Statement,
    command: Statement,
}

impl Steps {
    fn prepare(db: &mut postgres::Client) -> Result<Self> {
        Ok(Self {
            seen: db.prepare("SELECT answer FROM command WHERE id = $1")?,
            lock: db.prepare("SELECT on_hand, reserved, price FROM stock WHERE sku = $1 FOR UPDATE")?,
            reserve: db.prepare("UPDATE stock SET reserved = reserved + $2 WHERE sku = $1")?,
            order: db.prepare("INSERT INTO orders VALUES ($1, 'placed', $2, now())")?,
            line: db.prepare("INSERT INTO order_line VALUES ($1, $2, $3, $4, $5)")?,
            ledger: db.prepare(
                "INSERT INTO ledger (at, kind, sku, qty, before, after, reference)
                 VALUES (now(), 'reserved', $1, $2, $3, $4, $5)",
            )?,
            outbox: db.prepare("INSERT INTO outbox (fact) VALUES ($1)")?,
            command: db.prepare("INSERT INTO command VALUES ($1, 'placed', now())")?,
        })
    }

    fn walk(&self, tx: &mut Transaction<'_>, basket: &Basket) -> Result<Reply> {
        let key = basket.key.to_be_bytes();
        let key = key.as_slice();
        if tx.query_opt(&self.seen, &[&key])?.is_some() {
            return Ok(Reply::Taken);
        }
        let mut locked = Vec::new();
        for (sku, qty) in basket.lines {
            let (sku, qty) = (basket::code(sku), i32::try_from(qty)?);
            let row = tx.query_one(&self.lock, &[&sku])?;
            let (on_hand, reserved, price): (i32, i32, i64) = (row.get(0), row.get(1), row.get(2));
            if on_hand - reserved < qty {
                return Ok(Reply::SoldOut);
            }
            locked.push((sku, qty, reserved, price));
        }
        for (sku, qty, ..) in &locked {
            tx.execute(&self.reserve, &[sku, qty])?;
        }
        let total: i64 = locked.iter().map(|(_, qty, _, price)| price * i64::from(*qty)).sum();
        tx.execute(&self.order, &[&key, &total])?;
        for (line, (sku, qty, before, price)) in (1_i32..).zip(&locked) {
            tx.execute(&self.line, &[&key, &line, sku, qty, price])?;
            tx.execute(&self.ledger, &[sku, qty, before, &(before + qty), &key])?;
        }
        tx.execute(
            &self.outbox,
            &[&format!("{{\"order\":\"{:032x}\",\"lines\":{:?}}}", basket.key, basket.lines)],
        )?;
        tx.execute(&self.command, &[&key])?;
        Ok(Reply::Taken)
    }
}

struct Stepper {
    db: postgres::Client,
    steps: Steps,
}

impl Client for Stepper {
    fn order(&mut self, basket: &Basket) -> Result<Reply> {
        let mut tx = self.db.transaction()?;
        let reply = self.steps.walk(&mut tx, basket)?;
        if reply == Reply::Taken {
            tx.commit()?;
        } else {
            tx.rollback()?;
        }
        Ok(reply)
    }
}
