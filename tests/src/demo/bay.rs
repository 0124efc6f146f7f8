//! The dispatch bay of one store: its clerk takes the labelled bags from the shelf, scans rider badge and bags with the
//! serial scanner, and gives them away when the console says dispatched. Bags carry what the printer really printed: a
//! bag without a label cannot be scanned.

use super::devices::Devices;
use super::web::Site;
use model::api::store::{HandoverAnswer, HandoverRequest, OrderDetail};
use model::{CommandId, OrderId, OrderState};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

/// One store's bay.
pub struct Bay {
    /// The store's console, logged in.
    pub console: Site,
    /// The clerk's badge.
    pub clerk: String,
    /// The store's hardware; the clerk holds the second scanner.
    pub devices: Arc<Mutex<Devices>>,
}

impl Bay {
    /// Gives an order's bags to whoever shows `badge`. False: not here, not packed yet, or a label is missing.
    pub async fn hand_over(&self, order: OrderId, badge: &str) -> bool {
        let Some(detail) = self.look(order).await else { return false };
        match detail.card.state {
            OrderState::Dispatched | OrderState::Delivered | OrderState::Completed => return true,
            OrderState::Packed => {}
            OrderState::Placed
            | OrderState::PaymentFailed
            | OrderState::Confirmed
            | OrderState::Picking
            | OrderState::Cancelled
            | OrderState::Returned => return false,
        }
        if badge.is_empty() {
            return self.over_the_counter(&detail).await;
        }
        if !self.scan_all(&detail, badge).await {
            return false;
        }
        for _ in 0..60 {
            match self.look(order).await {
                Some(detail) if detail.card.state != OrderState::Packed => return true,
                Some(_) | None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
        false
    }

    /// Whether the label that a print job was for (`bag=1 of=2 number=4K7`) lies there.
    pub async fn lies_there(&self, what: &str) -> bool {
        let value = |name: &str| what.split(' ').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
        let devices = self.devices.lock().await;
        match (value("number"), value("bag"), value("of")) {
            (Some(number), Some(bag), Some(of)) => devices.has_label(&[number, &format!("{bag}/{of}")]),
            _ => value("delivery").is_some_and(|number| devices.has_label(&[number])),
        }
    }

    async fn look(&self, order: OrderId) -> Option<OrderDetail> {
        self.console.get(&format!("/api/v1/orders/{order}")).await.ok()
    }

    /// A walk-in has no badge: the clerk hands over at the console, with the bags that are labelled.
    async fn over_the_counter(&self, detail: &OrderDetail) -> bool {
        let bags: Vec<_> = detail.bags.iter().map(|bag| bag.bag.clone()).collect();
        {
            let devices = self.devices.lock().await;
            if !bags.iter().all(|bag| devices.labelled(bag.as_str())) {
                return false;
            }
        }
        let request = HandoverRequest { order: detail.card.order, rider: String::new(), bags };
        // The key follows from the order, so that asking twice hands over once.
        let key = CommandId::from_bytes(*detail.card.order.as_bytes());
        let answer = self.console.post::<HandoverAnswer>("/api/v1/handover", key, &request).await;
        if let Err(error) = &answer {
            tracing::warn!(?error, "handover refused");
        }
        answer.is_ok()
    }

    async fn scan_all(&self, detail: &OrderDetail, badge: &str) -> bool {
        let mut devices = self.devices.lock().await;
        if !detail.bags.iter().all(|bag| devices.labelled(bag.bag.as_str())) {
            return false;
        }
        let bags = detail.bags.iter().map(|bag| format!("]Q1LB:{}", bag.bag));
        let badge = (!badge.is_empty()).then(|| format!("]Q1LR:{badge}"));
        let codes = std::iter::once(format!("]Q1LP:{}", self.clerk)).chain(badge).chain(bags);
        let Some(scanner) = devices.scanners.get_mut(1) else { return false };
        for code in codes {
            if scanner.scan(&code).await.is_err() {
                return false;
            }
            tokio::time::sleep(Duration::from_millis(20)).await; // a hand is not faster than this
        }
        true
    }
}
