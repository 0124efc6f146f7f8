//! Customers of the demo: register by phone, read the code in the inbox, search, fill a cart, check out, answer a
//! substitute question, and watch the order until it is delivered. They know only what the shop shows them.

use super::Pace;
use super::diary::{Diary, Placed};
use super::web::{Site, WebError};
use crate::people::customer;
use model::api::hub::{
    Address, AddressIn, Cart, CartLineIn, CheckoutRequest, InboxMessage, Me, MeIn, Order, OtpRequest, Point,
    SearchPage, Session, SubstituteReply, VerifyRequest,
};
use model::{AddressId, CommandId, Qty};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use serde_json::Value;
use tokio_util::sync::CancellationToken;

const NAMES: [&str; 12] = [
    "Ananya", "Rohan", "Kavya", "Imran", "Lakshmi", "Arjun", "Fatima", "Vikram", "Neha", "Joseph", "Priya",
    "Sandeep",
];

/// Numbers of the demo's customers begin so; the store's digit and seven others follow. A visitor at the browser has
/// another one.
const PHONES: [&str; 2] = ["+91981", "+91982"];

/// The phone of a store's customer.
pub fn phone(store: &str, place: usize) -> String {
    format!("{}{place:07}", PHONES[usize::from(store != "s1")])
}

/// Whether a phone is one of the demo's customers'.
pub fn is_phone_of_ours(phone: &str) -> bool {
    PHONES.iter().any(|begin| phone.strip_prefix(begin).is_some_and(|rest| rest.starts_with("00000")))
}

/// One customer.
pub struct Shopper {
    /// The hub's address.
    pub hub: Site,
    /// Her phone.
    pub phone: String,
    /// Near which store she lives. At most 700 m away: too far from the other store to be served by it (REQ-62), so that a
    /// store out of reach is felt.
    pub home: Point,
    /// When she first opens the shop, in milliseconds of people's time.
    pub comes_after_ms: i64,
    /// Shared diary.
    pub diary: Diary,
    /// How fast people live.
    pub pace: Pace,
    /// Her own luck.
    pub seed: u64,
}

impl Shopper {
    /// Shops until `stop`; waits at home for what she has ordered until `home`.
    pub async fn live(self, stop: CancellationToken, home: CancellationToken) {
        let mut rng = SmallRng::seed_from_u64(self.seed);
        self.pace.wait(self.comes_after_ms, &stop).await;
        // Also after closing time: what she ordered before this run needs her at the door.
        let Some((site, address)) = self.arrive(&mut rng, &home).await else { return };
        self.follow_old(&site, &mut rng, &home).await;
        while !stop.is_cancelled() {
            self.pace.wait(rng.random_range(2_000..20_000), &stop).await;
            if stop.is_cancelled() {
                return;
            }
            match self.shop(&site, address, &mut rng, &stop).await {
                Some(order) => self.follow(&site, order, &mut rng, &home).await,
                None => self.pace.wait(rng.random_range(20_000..60_000), &stop).await,
            }
        }
    }

    async fn arrive(&self, rng: &mut SmallRng, stop: &CancellationToken) -> Option<(Site, AddressId)> {
        while !stop.is_cancelled() {
            match self.register(rng).await {
                Ok(arrived) => return Some(arrived),
                Err(error) => {
                    tracing::warn!(phone = self.phone, ?error, "customer could not register; trying again");
                    self.pace.wait(5_000, stop).await;
                }
            }
        }
        None
    }

    async fn register(&self, rng: &mut SmallRng) -> Result<(Site, AddressId), WebError> {
        let phone = self.phone.clone();
        self.hub.post::<Value>("/api/v1/auth/otp", key(rng), &OtpRequest { phone: phone.clone() }).await?;
        let query = phone.replace('+', "%2B");
        let inbox: Vec<InboxMessage> = self.hub.get(&format!("/api/v1/demo/inbox?phone={query}")).await?;
        let text = inbox.first().map(|message| message.text.clone()).unwrap_or_default();
        let code = six_digits(&text).ok_or_else(|| WebError::Broken(format!("no code in {text:?}")))?;
        let session: Session =
            self.hub.post("/api/v1/auth/verify", key(rng), &VerifyRequest { phone, code }).await?;
        let site = self.hub.with_session(&session.access);
        let name = NAMES[rng.random_range(0..NAMES.len())].to_owned();
        site.put::<Value>("/api/v1/me", key(rng), &MeIn { name }).await?;
        let me: Me = site.get("/api/v1/me").await?;
        if let Some(address) = me.addresses.first() {
            return Ok((site, address.id));
        }
        let mut near = || (rng.random_range(-45..=45) as f64) / 10_000.0;
        let at = Point { lat: self.home.lat + near(), lon: self.home.lon + near() };
        let text = format!("Flat {}, {} Main Road", rng.random_range(1..60), rng.random_range(1..30));
        let address: Address = site.post("/api/v1/me/addresses", key(rng), &AddressIn { text, at }).await?;
        Ok((site, address.id))
    }

    async fn shop(
        &self,
        site: &Site,
        address: AddressId,
        rng: &mut SmallRng,
        stop: &CancellationToken,
    ) -> Option<Order> {
        let cart = self.fill_cart(site, rng, stop).await?;
        let request =
            CheckoutRequest { address, payment: customer::payment(rng), preset: customer::preset(rng) };
        let answer = site.post::<Order>("/api/v1/checkout", key(rng), &request).await;
        let mut diary = self.diary.open();
        match answer {
            Ok(order) => {
                let lines = cart.lines.iter().map(|l| (l.product.sku.to_string(), l.qty.get())).collect();
                diary.placed.insert(order.id, Placed { store: order.store.to_string(), lines });
                Some(order)
            }
            Err(WebError::Refused(problem)) => {
                match problem.code.as_str() {
                    "out_of_stock" => diary.refused_out_of_stock += 1,
                    "store_unreachable" => {
                        diary.refused_store_unreachable += 1;
                        diary.refused_unreachable_at_checkout += 1;
                    }
                    "payment_failed" => diary.payment_failed += 1,
                    _ => *diary.refused_other.entry(problem.code).or_default() += 1,
                }
                None
            }
            Err(WebError::Broken(why)) => {
                *diary.refused_other.entry(format!("no answer: {why}")).or_default() += 1;
                None
            }
        }
    }

    async fn fill_cart(&self, site: &Site, rng: &mut SmallRng, stop: &CancellationToken) -> Option<Cart> {
        let place = format!("lat={}&lon={}", self.home.lat, self.home.lon);
        let serviceable: model::api::hub::Serviceable =
            site.get(&format!("/api/v1/serviceable?{place}")).await.ok()?;
        let Some(store) = serviceable.store else {
            if serviceable.status == "store_unreachable" {
                self.diary.open().refused_store_unreachable += 1;
            }
            return None;
        };
        let mut cart: Cart = site.get("/api/v1/cart").await.ok()?;
        for line in &cart.lines {
            let none = CartLineIn { qty: Qty::ZERO };
            site.put::<Cart>(&format!("/api/v1/cart/lines/{}", line.product.sku), key(rng), &none)
                .await
                .ok()?;
        }
        for _ in 0..customer::basket_size(rng) {
            self.pace.wait(rng.random_range(1_000..4_000), stop).await;
            let word = customer::word(rng);
            let page: SearchPage = site.get(&format!("/api/v1/search?q={word}&store={store}")).await.ok()?;
            let Some((card, units)) = customer::choose(&page.hits, rng) else { continue };
            let line = CartLineIn { qty: Qty::new(i64::from(units)).ok()? };
            cart = site.put(&format!("/api/v1/cart/lines/{}", card.sku), key(rng), &line).await.ok()?;
        }
        (!cart.lines.is_empty()).then_some(cart)
    }

    /// What she ordered before this run (`--data`) is still on its way: she waits for that first.
    async fn follow_old(&self, site: &Site, rng: &mut SmallRng, home: &CancellationToken) {
        let old = site.get::<Vec<Order>>("/api/v1/orders").await.unwrap_or_default();
        for order in old.into_iter().filter(|order| !order.state.is_terminal()) {
            self.follow(site, order, rng, home).await;
        }
    }

    /// Looks at the tracking page now and then, and answers a substitute question.
    async fn follow(&self, site: &Site, order: Order, rng: &mut SmallRng, stop: &CancellationToken) {
        let path = format!("/api/v1/orders/{}", order.id);
        for _ in 0..600 {
            self.pace.wait(2_000, stop).await;
            let Ok(order) = site.get::<Order>(&path).await else { continue };
            if let Some(code) = &order.delivery_code {
                self.diary.open().codes.insert(order.id, code.clone());
            }
            if let Some(question) = &order.substitute {
                let accept = self.diary.takes_the_substitute();
                let reply = SubstituteReply { line: question.line, accept };
                let _ = site.post::<Order>(&format!("{path}/substitute"), key(rng), &reply).await;
            }
            let over = order.state.is_terminal() || order.moments.get(model::Moment::Delivered).is_some();
            if over || stop.is_cancelled() {
                return;
            }
        }
    }
}

fn key(rng: &mut SmallRng) -> CommandId {
    super::fresh_id(rng)
}

fn six_digits(text: &str) -> Option<String> {
    text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).map(str::to_owned)
}
