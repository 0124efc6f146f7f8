//! Riders of the demo: log in, start a shift, ride where the screen says at a bicycle's pace, show the badge at the bay,
//! give the bags, type the customer's code. They know only what the rider's screen shows; the code they are told at the
//! door by the customer, whose page shows it.

use super::bay::Bay;
use super::diary::Diary;
use super::web::{Site, WebError};
use super::{Pace, fresh_id};
use model::api::hub::{
    DeliverRequest, Fix, InboxMessage, OtpRequest, Point, PositionsIn, RiderNow, RiderTask, Session,
    ShiftRequest, VerifyRequest,
};
use model::{OrderId, Paise};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use serde_json::Value;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// 18 km/h: below the 20 km/h that promises may plan with (REQ-70).
const METRES_PER_S: f64 = 5.0;
/// Seconds between two positions at normal pace (REQ-78).
const FIX_MS: i64 = 3_000;

/// One rider.
pub struct Courier {
    /// The hub's address.
    pub hub: Site,
    /// The phone the hub knows as a rider's.
    pub phone: String,
    /// Where the shift starts.
    pub start: Point,
    /// The stores' bays, where bags are handed over.
    pub bays: Vec<Arc<Bay>>,
    /// Shared diary.
    pub diary: Diary,
    /// How fast people live.
    pub pace: Pace,
    /// This rider's luck.
    pub seed: u64,
    /// Tells the code that the customer's page shows: what is said at the door.
    pub door: Arc<dyn Fn(OrderId) -> Option<String> + Send + Sync>,
}

impl Courier {
    /// Rides until `stop`.
    pub async fn live(self, stop: CancellationToken) {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        let mut at = self.start;
        let mut session = None;
        while !stop.is_cancelled() {
            let site: Site = match &session {
                Some(site) => Site::clone(site),
                None => match self.log_in(&mut rng).await {
                    Ok(site) => session.insert(site).clone(),
                    Err(error) => {
                        tracing::warn!(phone = self.phone, ?error, "rider could not log in; trying again");
                        self.pace.wait(3_000, &stop).await;
                        continue;
                    }
                },
            };
            match site.get::<RiderNow>("/api/v1/rider/now").await {
                Ok(now) => self.act(&site, &now, &mut at, &mut rng, &stop).await,
                Err(WebError::Refused(problem)) if problem.status == 401 => session = None,
                Err(_) => self.pace.wait(2_000, &stop).await,
            }
        }
    }

    async fn log_in(&self, rng: &mut SmallRng) -> Result<Site, WebError> {
        let phone = self.phone.clone();
        self.hub
            .post::<Value>("/api/v1/auth/otp", fresh_id(rng), &OtpRequest { phone: phone.clone() })
            .await?;
        let query = phone.replace('+', "%2B");
        let inbox: Vec<InboxMessage> = self.hub.get(&format!("/api/v1/demo/inbox?phone={query}")).await?;
        let text = inbox.first().map(|message| message.text.clone()).unwrap_or_default();
        let code =
            text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).unwrap_or("").to_owned();
        let session: Session =
            self.hub.post("/api/v1/auth/verify", fresh_id(rng), &VerifyRequest { phone, code }).await?;
        let site = self.hub.with_session(&session.access);
        let until = super::now().plus_ms(8 * 3_600_000);
        let shift = ShiftRequest { on: true, until, at: self.start };
        site.post::<RiderNow>("/api/v1/rider/shift", fresh_id(rng), &shift).await?;
        Ok(site)
    }

    async fn act(
        &self,
        site: &Site,
        now: &RiderNow,
        at: &mut Point,
        rng: &mut SmallRng,
        stop: &CancellationToken,
    ) {
        match &now.next {
            // Back towards the store, a stretch at a time, with an eye on the screen.
            RiderTask::Wait => {
                self.stretch(at, self.start);
                self.tell(site, *at, rng).await;
                self.pace.wait(FIX_MS, stop).await;
            }
            RiderTask::Collect { order, store_at, .. } => {
                if *at != *store_at {
                    // The screen may say something else on arrival: somebody nearer may have been sent meanwhile.
                    return self.ride(site, at, *store_at, rng, stop).await;
                }
                self.tell(site, *at, rng).await;
                self.collect(*order, now, stop).await;
            }
            RiderTask::Deliver { order, at: door, cod, .. } => {
                self.ride(site, at, *door, rng, stop).await;
                self.pace.wait(15_000, stop).await; // stairs and a greeting
                if stop.is_cancelled() {
                    return; // still on the way: nothing is given from afar
                }
                self.deliver(site, *order, *cod, *at, rng, stop).await;
            }
        }
    }

    /// Stands at the bay until the bags are in hand or the screen says something else.
    async fn collect(&self, order: OrderId, now: &RiderNow, stop: &CancellationToken) {
        for bay in &self.bays {
            if bay.hand_over(order, &now.code).await {
                return;
            }
        }
        self.pace.wait(2_000, stop).await;
    }

    async fn deliver(
        &self,
        site: &Site,
        order: OrderId,
        cod: Paise,
        at: Point,
        rng: &mut SmallRng,
        stop: &CancellationToken,
    ) {
        let Some(code) = (self.door)(order) else {
            self.pace.wait(2_000, stop).await;
            return;
        };
        let proof = DeliverRequest { code, cash: cod, at, delivered_at: super::now() };
        let key = fresh_id(rng);
        match site.post::<RiderNow>(&format!("/api/v1/rider/orders/{order}/deliver"), key, &proof).await {
            Ok(_) => self.diary.open().delivered.push(order),
            Err(error) => {
                tracing::warn!(%order, ?error, "delivery not taken; trying again");
                self.pace.wait(2_000, stop).await;
            }
        }
    }

    /// Rides in a straight line, telling the hub where.
    async fn ride(
        &self,
        site: &Site,
        at: &mut Point,
        to: Point,
        rng: &mut SmallRng,
        stop: &CancellationToken,
    ) {
        while !stop.is_cancelled() {
            let there = self.stretch(at, to);
            self.tell(site, *at, rng).await;
            if there {
                return;
            }
            self.pace.wait(FIX_MS, stop).await;
        }
    }

    /// As far as a bicycle comes between two positions; true once there.
    fn stretch(&self, at: &mut Point, to: Point) -> bool {
        let (north, east) = ((to.lat - at.lat) * 111_320.0, (to.lon - at.lon) * 108_000.0);
        let (left, reach) = (north.hypot(east), METRES_PER_S * FIX_MS as f64 / 1000.0);
        if left <= reach {
            *at = to;
            return true;
        }
        at.lat += (to.lat - at.lat) * reach / left;
        at.lon += (to.lon - at.lon) * reach / left;
        false
    }

    async fn tell(&self, site: &Site, point: Point, rng: &mut SmallRng) {
        let fixes = PositionsIn { fixes: vec![Fix { at: super::now(), point }] };
        let _ = site.post::<Value>("/api/v1/rider/positions", fresh_id(rng), &fixes).await;
    }
}
