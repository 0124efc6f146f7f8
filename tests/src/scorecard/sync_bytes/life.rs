//! Lives of orders, made the same way by every run: what the two sides say of them, and when. No documents here.

use anyhow::{Context, Result};
use model::catalogue::Product;
use model::fact::Fact;
use model::order::{Channel, Moment, Owner};
use model::order_doc::{HeadLine, OrderHead, PickedUnits, Picks, RiderCard, SubstitutePreset};
use model::time::{HOUR_MS, MINUTE_MS};
use model::{LotId, OrderId, Paise, Qty, SkuId, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use std::path::Path;

/// The hour of runs that need one.
pub const HOUR: i64 = 495_312;
const FAMILIES: [&str; 24] = [
    "MLK", "CRD", "PNR", "EGG", "BRD", "ATA", "RIC", "DAL", "OIL", "SPC", "SNK", "BIS", "CHO", "TEA", "COF",
    "JUI", "WTR", "VEG", "FRU", "ICE", "SOP", "SHM", "DET", "DIA",
];

/// What one side says at one moment: one flow, one commit.
#[derive(Debug, Clone)]
pub struct Event {
    /// When.
    pub at: Timestamp,
    /// Which side.
    pub by: Owner,
    /// What.
    pub facts: Vec<Fact>,
}

/// What is sold.
#[derive(Debug, Clone)]
pub struct Goods(Vec<Good>);

#[derive(Debug, Clone)]
struct Good {
    sku: String,
    /// Paise; none: as good as random.
    price: Option<i64>,
    /// Lots of it on the shelf; none: as good as random.
    lot: Option<u32>,
}

impl Goods {
    /// 24 families of 110 products, nothing known of prices and lots.
    pub fn made() -> Self {
        let all = (1..=110).flat_map(|n| FAMILIES.iter().map(move |family| format!("{family}-{n:04}")));
        Self(all.map(|sku| Good { sku, price: None, lot: None }).collect())
    }

    /// The demo's catalogue, the most popular first.
    ///
    /// # Errors
    /// When the file is not there or does not read.
    pub fn demo() -> Result<Self> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store-node/demo/catalogue.csv");
        let mut products = central_hub::import::catalogue(&file).map_err(|e| anyhow::anyhow!("{e}"))?;
        products.sort_by_key(|product| product.popularity);
        let good = |(n, product): (u32, Product)| Good {
            sku: product.sku.to_string(),
            price: Some(product.price.get()),
            lot: Some(20_000 + n * 7919 % 6_000),
        };
        Ok(Self((0..).zip(products).map(good).collect()))
    }

    /// Popular goods sell more: the square leans to the first.
    fn pick(&self, rng: &mut SmallRng) -> Result<&Good> {
        let lean: f64 = rng.random();
        self.0.get((lean * lean * self.0.len() as f64) as usize).context("no goods")
    }
}

/// How orders live.
#[derive(Debug, Clone, Copy)]
pub struct Life<'a> {
    /// What is sold.
    pub goods: &'a Goods,
    /// Lines of an order.
    pub lines: usize,
    /// How orders come in.
    pub channel: Channel,
    /// Whether the hub names a rider.
    pub riders: bool,
}

/// One hour of `orders` orders, in the order in which it happens.
///
/// # Errors
/// Never for lives that fit the model.
pub fn hour(life: &Life<'_>, orders: usize) -> Result<Vec<Event>> {
    hours(life, &[(HOUR, orders)])
}

/// Several hours, each with its number of orders.
///
/// # Errors
/// As [`hour`].
pub fn hours(life: &Life<'_>, plan: &[(i64, usize)]) -> Result<Vec<Event>> {
    let mut rng = SmallRng::seed_from_u64(7);
    let mut all = Vec::new();
    for (hour, orders) in plan {
        for n in 0..*orders {
            all.extend(one(&mut rng, n, *hour, life)?);
        }
    }
    all.sort_by_key(|event| event.at);
    Ok(all)
}

fn one(rng: &mut SmallRng, n: usize, hour: i64, life: &Life<'_>) -> Result<Vec<Event>> {
    let placed = Timestamp::from_ms(hour * HOUR_MS + rng.random_range(0..HOUR_MS));
    let order = OrderId::new(placed, rng.random());
    let head = head(rng, n, placed, life)?;
    let picks = picks(rng, &head, life.goods)?;
    let moment = |moment, at| Fact::Moment { order, hour, moment, at };
    let confirmed = placed.plus_ms(rng.random_range(300..2_000));
    let accepted = confirmed.plus_ms(rng.random_range(100..1_500));
    let picking = accepted.plus_ms(rng.random_range(4_000..60_000));
    let packed = picking.plus_ms(rng.random_range(60_000..200_000));
    let dispatched = packed.plus_ms(rng.random_range(20_000..120_000));
    let delivered = dispatched.plus_ms(rng.random_range(240_000..720_000));
    let completed = delivered.plus_ms(rng.random_range(0..50));
    let event = |at, by, facts| match life.channel {
        Channel::Online => Event { at, by, facts },
        Channel::Counter => Event { at, by: Owner::Store, facts },
    };
    let mut out = vec![
        event(
            confirmed,
            Owner::Hub,
            vec![
                Fact::Order { order, hour, head },
                moment(Moment::Placed, placed),
                moment(Moment::Confirmed, confirmed),
            ],
        ),
        event(accepted, Owner::Store, vec![moment(Moment::Accepted, accepted)]),
        event(picking, Owner::Store, vec![moment(Moment::Picking, picking)]),
        event(packed, Owner::Store, vec![moment(Moment::Packed, packed), Fact::Picks { order, hour, picks }]),
        event(dispatched, Owner::Store, vec![moment(Moment::Dispatched, dispatched)]),
        event(
            completed,
            Owner::Hub,
            vec![moment(Moment::Delivered, delivered), moment(Moment::Completed, completed)],
        ),
    ];
    if life.riders {
        let rider = RiderCard {
            code: format!("R-{:03}", rng.random_range(1..80)),
            name: name(rng).to_owned(),
            eta_at: packed,
        };
        out.push(event(picking.plus_ms(1_000), Owner::Hub, vec![Fact::Rider { order, hour, rider }]));
    }
    Ok(out)
}

fn name(rng: &mut SmallRng) -> &'static str {
    ["Asha", "Ravi", "Meenakshi", "Arjun", "Fatima", "Jo", "Lakshmi", "Imran"][rng.random_range(0..8)]
}

fn head(rng: &mut SmallRng, n: usize, placed: Timestamp, life: &Life<'_>) -> Result<OrderHead> {
    let mut lines: Vec<HeadLine> = Vec::new();
    while lines.len() < life.lines {
        let good = life.goods.pick(rng)?;
        let made = rng.random_range(10..600) * 100 - [0, 0, 0, 50][rng.random_range(0..4)];
        lines.push(HeadLine {
            sku: SkuId::new(good.sku.as_str())?,
            qty: Qty::new([1, 1, 1, 2, 2, 4][rng.random_range(0..6)])?,
            unit_price: Paise::new(good.price.unwrap_or(made)),
        });
    }
    Ok(OrderHead {
        number: format!("{}{}{}", rng.random_range(1..9), ['K', 'M', 'P', 'R'][n % 4], n % 10),
        channel: life.channel,
        promise_at: placed.plus_ms(rng.random_range(8..16) * MINUTE_MS),
        first_name: name(rng).to_owned(),
        cod: if n.is_multiple_of(3) { Paise::new(rng.random_range(100..900) * 100) } else { Paise::ZERO },
        preset: [SubstitutePreset::BestMatch, SubstitutePreset::Ask][n % 2],
        lines,
    })
}

fn picks(rng: &mut SmallRng, head: &OrderHead, goods: &Goods) -> Result<Picks> {
    let mut picked = Vec::new();
    for (line, head) in (0u8..).zip(&head.lines) {
        let made = rng.random_range(20_000..26_000);
        let known = goods.0.iter().find(|good| good.sku == head.sku.as_str()).and_then(|good| good.lot);
        let lot = LotId::new(format!("L-{:06}", known.unwrap_or(made)))?;
        picked.push(PickedUnits { line, sku: head.sku.clone(), lot, qty: head.qty });
    }
    Ok(Picks { picked, short: vec![], bags: rng.random_range(1..4), less: vec![] })
}
