//! What the fixtures say: a small hour of orders and a few rights, written by both sides, and one frame of every kind.

use model::alarms::{AlarmTold, AlarmsTold};
use model::catalogue::{Product, TempClass, Velocity};
use model::catalogue_doc::CataloguePart;
use model::fact::Fact;
use model::id::{CommandId, DeviceId, LotId, OrderId, SkuId, StoreId, ZoneId};
use model::money::Paise;
use model::order::{Channel, Moment, Owner};
use model::order_doc::{
    HeadLine, OrderHead, PickedUnits, Picks, RiderCard, ShortUnits, SubstituteAnswer, SubstituteAsk,
    SubstitutePreset,
};
use model::qty::{Grams, Qty};
use model::quota::{HubGeneration, StoreEpoch};
use model::stock::StockTick;
use model::time::{HOUR_MS, Timestamp};
use sync::doc::{DocActor, DocId, DocKey, Document, RepairSaid, Repairing};
use sync::lane::{Lane, LaneSeq};
use sync::wire::{self, Batch, BatchItem, CloseReason, Closed, Connection, Frame, Hello, LaneMark};

/// Formats that this binary must read.
pub const SPOKEN: [u8; 6] = [1, 2, 3, 4, 5, 6];

const HOUR: i64 = 495_312;
pub const ORDERS: DocKey = DocKey::Orders { hour: HOUR };
pub const STOCK: DocKey = DocKey::Stock { epoch: StoreEpoch(3), hour: HOUR };
pub const ALARMS: DocKey = DocKey::Alarms { epoch: StoreEpoch(3), hour: HOUR };
pub const CATALOGUE: DocKey = DocKey::Catalogue { generation: HubGeneration(2), edition: 4 };
const QUOTA: DocKey = DocKey::Quota { epoch: StoreEpoch(3), generation: HubGeneration(2) };

/// A file of the fixtures.
pub struct Kept {
    pub name: String,
    pub bytes: Vec<u8>,
}

fn kept(name: impl Into<String>, bytes: Vec<u8>) -> Kept {
    Kept { name: name.into(), bytes }
}

fn store() -> StoreId {
    StoreId::new("s1").unwrap()
}

fn actor(side: Owner) -> DocActor {
    DocActor { side, store: store(), boot: 12 }
}

/// Who reads the fixtures: a later life of the hub.
pub fn reader() -> DocActor {
    DocActor { boot: 99, ..actor(Owner::Hub) }
}

/// Names of the documents of a format, as the files have them.
pub fn documents(version: u8) -> Vec<(&'static str, DocId)> {
    let mut all = vec![("orders", ORDERS.of(&store())), ("quota", QUOTA.of(&store()))];
    if version >= wire::STOCK_SINCE {
        all.push(("stock", STOCK.of(&store())));
    }
    if version >= wire::CATALOGUE_SINCE {
        all.push(("catalogue", CATALOGUE.of(&store())));
    }
    if version >= wire::ALARMS_SINCE {
        all.push(("alarms", ALARMS.of(&store())));
    }
    all
}

/// The moment of the recorded session.
pub fn now() -> Timestamp {
    at(0)
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(HOUR * HOUR_MS + ms)
}

fn at_states(seq: u64) -> LaneSeq {
    LaneSeq { lane: Lane::States, seq }
}

fn sku(n: u64) -> SkuId {
    SkuId::new(format!("MLK-{n:04}")).unwrap()
}

fn order(n: u64) -> OrderId {
    OrderId::new(at(n as i64 * 60_000), u128::from(n) * 0x9e37_79b9_7f4a_7c15)
}

fn head(n: u64) -> OrderHead {
    let line =
        |n| HeadLine { sku: sku(n), qty: Qty::new(1 + n as i64).unwrap(), unit_price: Paise::new(4_950) };
    OrderHead {
        number: format!("4K{n}"),
        channel: Channel::Online,
        promise_at: at(900_000),
        first_name: "आशा".into(),
        cod: Paise::new(12_345),
        preset: SubstitutePreset::Ask,
        lines: (0..3).map(line).collect(),
    }
}

fn picks() -> Picks {
    let lot = LotId::new("L-004711").unwrap();
    let picked = vec![PickedUnits { line: 0, sku: sku(0), lot, qty: Qty::ONE }];
    Picks { picked, short: vec![ShortUnits { line: 1, qty: Qty::ONE }], bags: 2, less: vec![] }
}

/// The hour's life: who says what, one change each.
fn hour() -> Vec<(Owner, Vec<Fact>)> {
    let moment = |n, moment, ms| Fact::Moment { order: order(n), hour: HOUR, moment, at: at(ms) };
    let (order, hour) = (order(0), HOUR);
    let rider = RiderCard { code: "R-007".into(), name: "Ravi".into(), eta_at: at(500_000) };
    let ask = SubstituteAsk { line: 2, sku: sku(9), qty: Qty::ONE, until: at(300_000), price: None };
    let placed = |n| Fact::Order { order: self::order(n), hour, head: head(n) };
    vec![
        (Owner::Hub, vec![placed(0), moment(0, Moment::Placed, 5), moment(0, Moment::Confirmed, 900)]),
        (Owner::Store, vec![moment(0, Moment::Accepted, 1_400)]),
        (
            Owner::Hub,
            vec![placed(1), moment(1, Moment::Placed, 60_000), moment(1, Moment::Confirmed, 61_000)],
        ),
        (Owner::Store, vec![moment(0, Moment::Picking, 70_000), Fact::Ask { order, hour, ask }]),
        (Owner::Hub, vec![Fact::Answer { order, hour, answer: SubstituteAnswer { line: 2, accept: true } }]),
        (Owner::Hub, vec![Fact::Rider { order, hour, rider }, moment(1, Moment::CancelRequested, 80_000)]),
        (Owner::Store, vec![moment(1, Moment::Accepted, 80_500), moment(1, Moment::Cancelled, 81_000)]),
        (Owner::Store, vec![moment(0, Moment::Packed, 200_000), Fact::Picks { order, hour, picks: picks() }]),
        (Owner::Store, vec![moment(0, Moment::Dispatched, 230_000)]),
        (Owner::Hub, vec![moment(0, Moment::Delivered, 600_000), moment(0, Moment::Completed, 600_500)]),
    ]
}

fn rights() -> Vec<(Owner, Vec<Fact>)> {
    let granted = |n, total| Fact::Granted { sku: sku(n), total };
    vec![
        (Owner::Store, vec![granted(0, 12), granted(1, 7)]),
        (Owner::Hub, vec![Fact::Returned { sku: sku(0), total: 2 }]),
        (Owner::Store, vec![granted(0, 19)]),
    ]
}

/// The changes of a document in their order, and the document after them.
fn life(id: &DocId, told: &[(Owner, Vec<Fact>)]) -> (Vec<Vec<u8>>, Document) {
    let mut hub = Document::new(id.clone(), &actor(Owner::Hub)).unwrap();
    let mut store = Document::new(id.clone(), &actor(Owner::Store)).unwrap();
    let mut changes = Vec::new();
    for (by, facts) in told {
        let (mine, other) = if *by == Owner::Hub { (&mut hub, &mut store) } else { (&mut store, &mut hub) };
        for fact in facts {
            mine.put_fact(fact).unwrap();
        }
        let change = mine.commit().unwrap().unwrap();
        other.apply_change(&change).unwrap();
        changes.push(change);
    }
    assert_eq!(hub.heads(), store.heads());
    (changes, hub)
}

/// Two looks, the second in two parts.
fn looks() -> Vec<(Owner, Vec<Fact>)> {
    let look = |tick, units: &[(u64, u32)], whole| {
        let units = units.iter().map(|(n, units)| (sku(*n), *units)).collect();
        Fact::Stock(StockTick { hour: HOUR, tick, at: at(tick as i64 * 10_000), units, whole })
    };
    vec![
        (Owner::Store, vec![look(6, &[(0, 12), (1, 7)], true)]),
        (Owner::Store, vec![look(7, &[(1, 0)], false)]),
        (Owner::Store, vec![look(7, &[(2, 9)], true)]),
    ]
}

/// Two publications, the second in two parts.
fn publications() -> Vec<(Owner, Vec<Fact>)> {
    let product = |n: u64, paise: i64| Product {
        sku: sku(n),
        gtins: vec!["9520001000010".into()],
        name: format!("Milk {n}"),
        name_hi: "दूध".into(),
        brand: "G".into(),
        category: "Dairy > Milk".into(),
        search_terms: "doodh".into(),
        temp: TempClass::Chilled,
        velocity: Velocity::A,
        weight: Grams(1_030),
        fragile: false,
        food: true,
        mrp: Paise::new(6_500),
        price: Paise::new(paise),
        shelf_life_days: 2,
        hsn: "0401".into(),
        gst_bp: 500,
        unit: "1 L".into(),
        popularity: 3,
        active: n != 2,
    };
    let part = |publication, part, products, whole| {
        let (generation, at) = (HubGeneration(2), at(publication as i64 * 60_000));
        let part = CataloguePart { generation, edition: 4, publication, part, at, products, named: 3, whole };
        (Owner::Hub, vec![Fact::Catalogue(part)])
    };
    vec![
        part(1, 1, vec![product(0, 6_400), product(1, 6_400)], true),
        part(2, 1, vec![product(1, 6_000)], false),
        part(2, 2, vec![product(2, 6_300)], true),
    ]
}

/// Two alarms, then one that somebody has seen.
fn alarms() -> Vec<(Owner, Vec<Fact>)> {
    let alarm = |n: u64, kind: &str, seen| AlarmTold {
        id: CommandId::new(at(n as i64), u128::from(n)),
        kind: kind.into(),
        zone: (n == 0).then(|| ZoneId::new("chill").unwrap()),
        device: DeviceId::new(format!("dev-{n}")).unwrap(),
        began: at(n as i64 * 1_000),
        seen,
        detail: "worst_milli_c=9100".into(),
    };
    let look = |look, alarms: Vec<AlarmTold>| {
        let told = AlarmsTold { look, at: at(look as i64 * 10_000), standing: alarms.len() as u32, alarms };
        (Owner::Store, vec![Fact::Alarms { hour: HOUR, told }])
    };
    vec![
        look(3, vec![alarm(0, "too_warm", false), alarm(1, "device_lost", false)]),
        look(4, vec![alarm(0, "too_warm", true)]),
    ]
}

fn told(name: &str) -> Vec<(Owner, Vec<Fact>)> {
    match name {
        "orders" => hour(),
        "quota" => rights(),
        "stock" => looks(),
        "alarms" => alarms(),
        _ => publications(),
    }
}

/// What a document says, for comparison.
pub fn said(document: &Document) -> String {
    match document.id() {
        DocId::Quota { .. } => {
            let of = |n| (document.granted(&sku(n)).unwrap(), document.returned(&sku(n)).unwrap());
            format!("{:?}", [of(0), of(1), of(2)])
        }
        DocId::Stock { .. } => {
            let header = document.stock_header().unwrap().unwrap();
            let of = |n| document.stock(&sku(n)).unwrap();
            format!("{} {:?}", header.tick, [of(0), of(1), of(2), of(3)])
        }
        DocId::Catalogue { .. } => {
            let header = document.catalogue_header().unwrap().unwrap();
            let of = |n| {
                let listing = document.listing(&sku(n)).unwrap().unwrap();
                (listing.publication, listing.product.price.get(), listing.product.active)
            };
            format!("{} {} {:?}", header.publication, header.parts, [of(0), of(1), of(2)])
        }
        DocId::Alarms { .. } => {
            let told = document.alarms().unwrap().unwrap();
            let of = |alarm: &AlarmTold| {
                format!("{} {:?} {} {} {}", alarm.kind, alarm.zone, alarm.device, alarm.seen, alarm.detail)
            };
            format!("{} {} {:?}", told.look, told.standing, told.alarms.iter().map(of).collect::<Vec<_>>())
        }
        DocId::Orders { .. } => format!("{:?}", document.orders().unwrap()),
    }
}

/// What the documents of every format must say: rights and stock written out, the orders as they are made today.
pub fn expected(name: &str) -> String {
    match name {
        "quota" => return "[(19, 2), (7, 0), (0, 0)]".to_owned(),
        "stock" => return "7 [Some(12), Some(0), Some(9), None]".to_owned(),
        "catalogue" => return "2 2 [(1, 6400, true), (2, 6000, true), (2, 6300, false)]".to_owned(),
        "alarms" => {
            return "4 1 [\"too_warm Some(ZoneId(\\\"chill\\\")) dev-0 true worst_milli_c=9100\"]".to_owned();
        }
        _ => {}
    }
    let said = said(&life(&ORDERS.of(&store()), &hour()).1);
    for word in ["4K0", "आशा", "R-007", "L-004711", "CancelRequested"] {
        assert!(said.contains(word), "{word} is missing: {said}");
    }
    said
}

/// Every file of today's format.
pub fn all() -> Vec<Kept> {
    let mut out = frames();
    for (name, id) in documents(wire::VERSION) {
        let (changes, document) = life(&id, &told(name));
        out.push(kept(format!("{name}.chunks"), changes.concat()));
        out.push(kept(format!("{name}.whole"), document.save_full().unwrap()));
    }
    out
}

/// What begins a repair of a document.
fn repair(document: &mut Document) -> Frame {
    let said = document.repair(&mut Repairing::default(), None).unwrap().said;
    let RepairSaid::Message(bytes) = said else { panic!("{said:?}") };
    let total = u32::try_from(bytes.len()).unwrap();
    Frame::Repair { doc: ORDERS, begins: true, digest: [7; 8], total, offset: 0, bytes }
}

/// One frame of every kind.
fn frames() -> Vec<Kept> {
    let (changes, mut document) = life(&ORDERS.of(&store()), &hour());
    let hello = Hello {
        oldest: 1,
        newest: wire::VERSION,
        store: store(),
        side: Owner::Store,
        epoch: StoreEpoch(3),
        generation: HubGeneration(2),
        connection: Connection { boot: 9, attempt: 2 },
        heard: Some(Connection { boot: 4, attempt: 1 }),
        settled: false,
        lanes: vec![LaneMark { received: 77, sent: 1 << 40, skipped: 3 }, LaneMark::default()],
        heads: vec![(ORDERS, document.heads())],
    };
    let items: Vec<BatchItem> =
        changes.iter().map(|change| BatchItem { doc: ORDERS, change: change.clone() }).collect();
    let bytes = document.save_full().unwrap();
    let total = u32::try_from(bytes.len()).unwrap();
    let all = [
        ("hello", Frame::Hello(hello)),
        ("change", Frame::Change { at: at_states(5), doc: QUOTA, change: changes[0].clone(), seal: None }),
        ("batch", Frame::Batch(Batch::pack(at_states(8), &items).unwrap())),
        ("ack", Frame::Ack { upto: at_states(9), seal: None }),
        (
            "change_sealed",
            Frame::Change { at: at_states(6), doc: QUOTA, change: changes[0].clone(), seal: Some([5; 8]) },
        ),
        ("ack_sealed", Frame::Ack { upto: at_states(10), seal: Some([6; 8]) }),
        (
            "change_stock",
            Frame::Change { at: at_states(6), doc: STOCK, change: changes[0].clone(), seal: None },
        ),
        (
            "change_catalogue",
            Frame::Change { at: at_states(6), doc: CATALOGUE, change: changes[0].clone(), seal: None },
        ),
        (
            "change_alarms",
            Frame::Change { at: at_states(6), doc: ALARMS, change: changes[0].clone(), seal: None },
        ),
        ("want", Frame::Want { doc: ORDERS }),
        ("whole", Frame::Whole { doc: ORDERS, digest: [7; 8], total, offset: 0, bytes }),
        ("ping", Frame::Ping { nonce: 1 }),
        ("pong", Frame::Pong { nonce: u32::MAX }),
        ("bye", Frame::Bye { reason: CloseReason::WrongEpoch { mine: 1, theirs: 2 } }),
        (
            "manifest",
            Frame::Manifest { entries: vec![Closed { doc: ORDERS, sha256: [3; 32], length: 9_000 }] },
        ),
        ("bye_stopping", Frame::Bye { reason: CloseReason::Stopping }),
        ("repair", repair(&mut document)),
    ];
    all.into_iter()
        .map(|(name, frame)| kept(format!("{name}.frame"), wire::encode(&frame).unwrap()))
        .collect()
}
