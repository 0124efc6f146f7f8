//! The counter of one store: people walk in, the manager takes their order at the console, they wait for their bags.
//! Works with the internet down, from the store's own share; that is its point (REQ-28).

use super::bay::Bay;
use super::diary::Diary;
use super::web::{Site, WebError};
use super::{Pace, fresh_id};
use model::api::store::{
    Board, CounterLine, CounterOrderAnswer, CounterOrderRequest, DeviceRow, Link, PrintResolve, StockPage,
};
use model::order::Channel;
use model::{OrderId, OrderState, Qty};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Words that people ask for at the counter.
const ASKED: [&str; 8] = ["milk", "bread", "biscuit", "soap", "tea", "rice", "chips", "juice"];

/// The counter.
pub struct Counter {
    /// The store's console, logged in as manager.
    pub console: Site,
    /// Where bags are given away.
    pub bay: Arc<Bay>,
    /// Shared diary.
    pub diary: Diary,
    /// How fast people live.
    pub pace: Pace,
    /// Luck.
    pub seed: u64,
}

impl Counter {
    /// Serves until `stop`, and gives away what is paid until `home`: now and then somebody walks in; more come while the app says the store cannot be reached.
    pub async fn live(self, stop: CancellationToken, home: CancellationToken) {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        let mut waiting = self.waiting_since_before().await;
        while !stop.is_cancelled() {
            let online = self.console.get::<Link>("/api/v1/link").await.is_ok_and(|link| link.online);
            let pause = if online { 60_000..120_000 } else { 30_000..60_000 };
            self.pace.wait(rng.random_range(pause), &stop).await;
            if stop.is_cancelled() {
                break;
            }
            if let Some(order) = self.serve(&mut rng).await {
                waiting.push(order);
            }
            self.settle_prints(&mut rng).await;
            let mut still = Vec::new();
            for order in waiting {
                if !self.bay.hand_over(order, "").await {
                    still.push(order);
                }
            }
            waiting = still;
        }
        // Who has paid gets the bags, also after closing time.
        while !home.is_cancelled() {
            self.pace.wait(5_000, &home).await;
            self.settle_prints(&mut rng).await;
            let mut still = Vec::new();
            for order in waiting {
                if !self.bay.hand_over(order, "").await {
                    still.push(order);
                }
            }
            waiting = still;
        }
    }

    /// Labels of which nobody knows whether they came out (the plug was pulled while one printed): she looks, and says.
    async fn settle_prints(&self, rng: &mut SmallRng) {
        let Ok(devices) = self.console.get::<Vec<DeviceRow>>("/api/v1/devices").await else { return };
        let doubts =
            devices.iter().flat_map(|device| &device.prints).filter(|print| print.state == "in_doubt");
        for print in doubts {
            let printed = self.bay.lies_there(&print.what).await;
            let path = format!("/api/v1/prints/{}/resolve", print.job);
            let said = self.console.post::<()>(&path, fresh_id(rng), &PrintResolve { printed }).await;
            if let Err(error) = said {
                tracing::warn!(?error, "a print in doubt was not settled");
            }
        }
    }

    /// Walk-ins whose bags were not handed over when the demo was stopped (`--data`).
    async fn waiting_since_before(&self) -> Vec<OrderId> {
        let Ok(board) = self.console.get::<Board>("/api/v1/board").await else { return Vec::new() };
        let open = board.orders.into_iter().filter(|order| {
            order.channel == Channel::Counter
                && matches!(
                    order.state,
                    OrderState::Placed | OrderState::Confirmed | OrderState::Picking | OrderState::Packed
                )
        });
        open.map(|order| order.order).collect()
    }

    async fn serve(&self, rng: &mut SmallRng) -> Option<OrderId> {
        let mut lines: Vec<CounterLine> = Vec::new();
        for _ in 0..rng.random_range(1..=3) {
            let word = ASKED.choose(rng)?;
            let page: StockPage = self.console.get(&format!("/api/v1/stock?q={word}")).await.ok()?;
            let there: Vec<_> = page.rows.iter().filter(|row| row.free > 0).collect();
            let Some(row) = there.choose(rng) else { continue };
            let qty = Qty::new(i64::from(rng.random_range(1..=row.free.min(2)))).ok()?;
            lines.push(CounterLine { sku: row.sku.clone(), qty });
        }
        if lines.is_empty() {
            return None;
        }
        let sold: Vec<_> = lines.iter().map(|line| (line.sku.to_string(), line.qty.get())).collect();
        let request = CounterOrderRequest { lines, first_name: "Walk-in".into() };
        let answer =
            self.console.post::<CounterOrderAnswer>("/api/v1/counter-orders", fresh_id(rng), &request).await;
        let mut diary = self.diary.open();
        match answer {
            Ok(answer) => {
                diary.counter.insert(answer.order, sold);
                Some(answer.order)
            }
            Err(WebError::Refused(problem)) => {
                *diary.refused_other.entry(format!("counter {}", problem.code)).or_default() += 1;
                None
            }
            Err(WebError::Broken(why)) => {
                *diary.refused_other.entry(format!("counter no answer: {why}")).or_default() += 1;
                None
            }
        }
    }
}
