//! A closed loop of clients, one thread each: the next order is sent when the last one is answered. Counts and times what
//! was answered inside the window; knows no system.

use super::basket::{Basket, Baskets};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::sync::Barrier;
use std::time::{Duration, Instant};

/// What an order was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// Taken, and durable where the system is durable.
    Taken,
    /// Not enough on the shelf.
    SoldOut,
    /// The client has nobody left to order for; the point ends early for it.
    Done,
}

/// One client's way into a system.
pub trait Client: Send {
    /// Sends an order and waits for its answer.
    ///
    /// # Errors
    /// A fault; the benchmark stops.
    fn order(&mut self, basket: &Basket) -> Result<Reply>;
}

/// What came of one point.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Clients.
    pub clients: usize,
    /// Seconds of the window.
    pub seconds: f64,
    /// Orders taken within the window.
    pub taken: u64,
    /// Orders refused within the window.
    pub sold_out: u64,
    /// Orders taken since the first, warm-up too: what the database must have.
    pub taken_in_all: u64,
    /// Processor time of this process for each order taken, microseconds by thread.
    pub cpu: BTreeMap<String, f64>,
    /// Time of each answer within the window, microseconds, rising.
    pub micros: Vec<u32>,
}

impl Outcome {
    /// Orders per second.
    pub fn rate(&self) -> f64 {
        if self.seconds > 0.0 { self.taken as f64 / self.seconds } else { 0.0 }
    }

    /// A percentile of the answering times, milliseconds.
    pub fn ms(&self, percent: f64) -> f64 {
        let last = self.micros.len().saturating_sub(1);
        let at = (last as f64 * percent / 100.0).round() as usize;
        self.micros.get(at).map_or(0.0, |micros| f64::from(*micros) / 1_000.0)
    }
}

/// Lets the clients order for `warm` and then for `window`.
///
/// # Errors
/// The first fault of a client.
pub fn drive(clients: Vec<Box<dyn Client>>, warm: Duration, window: Duration, seed: u64) -> Result<Outcome> {
    let count = clients.len();
    let gate = Barrier::new(count);
    let parts: Vec<Result<Outcome>> = std::thread::scope(|scope| {
        let gate = &gate;
        let threads: Vec<_> = (seed..)
            .zip(clients)
            .map(|(seed, client)| scope.spawn(move || one(client, gate, (warm, window), seed * 7_919)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|_| Err(anyhow::anyhow!("panic"))))
            .collect()
    });
    let mut all = Outcome { clients: count, ..Outcome::default() };
    for part in parts {
        let part = part.context("a client failed")?;
        all.taken += part.taken;
        all.sold_out += part.sold_out;
        all.taken_in_all += part.taken_in_all;
        // Where clients run out of customers, the window ends with the last of them.
        all.seconds = all.seconds.max(part.seconds);
        all.micros.extend(part.micros);
    }
    all.micros.sort_unstable();
    Ok(all)
}

fn one(
    mut client: Box<dyn Client>,
    gate: &Barrier,
    (warm, window): (Duration, Duration),
    seed: u64,
) -> Result<Outcome> {
    let mut baskets = Baskets::new(seed);
    let mut out = Outcome::default();
    gate.wait();
    let begin = Instant::now();
    loop {
        let basket = baskets.draw();
        let sent = Instant::now();
        let reply = client.order(&basket)?;
        let since = begin.elapsed();
        if reply == Reply::Done {
            out.seconds = since.saturating_sub(warm).min(window).as_secs_f64();
            return Ok(out);
        }
        out.taken_in_all += u64::from(reply == Reply::Taken);
        if since >= warm + window {
            out.seconds = window.as_secs_f64();
            return Ok(out);
        }
        if since >= warm {
            out.taken += u64::from(reply == Reply::Taken);
            out.sold_out += u64::from(reply == Reply::SoldOut);
            out.micros.push(u32::try_from(sent.elapsed().as_micros()).unwrap_or(u32::MAX));
        }
    }
}
