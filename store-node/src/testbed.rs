//! A small store for tests: three ambient zones and a cold one on a temporary file, a clock that is moved by hand, and a
//! hub that writes real documents.

use crate::answer::Answer;
use crate::command::{Command, Envelope};
use crate::engine::ship::Step;
use crate::engine::{Applied, Engine, InboundRecord};
use crate::reader::Reader;
use crate::refusal::Refusal;
use crate::setup::{Calendar, DeviceSetup, PersonSetup, Policy, Setup, Trade, ZoneSetup};
use device_drivers::gs1::instore::Template;
use model::api::store::{CounterLine, CounterOrderRequest, ReceiveRequest};
use model::catalogue::{Product, TempClass, Velocity};
use model::fact::Fact;
use model::mqtt::{Birth, DeviceClass};
use model::order::{Channel, Moment, Owner};
use model::order_doc::{HeadLine, OrderHead, SubstitutePreset};
use model::quota::{HubGeneration, StoreEpoch};
use model::{
    Actor, CommandId, Date, DeviceId, Grams, LotId, OrderId, Paise, PersonId, Qty, Role, SkuId, StoreId,
};
use model::{Timestamp, ZoneId};
use std::collections::BTreeMap;
use store_core::cold::Band;
use store_core::layout::block::{Block, End};
use store_core::layout::{Zone, ZoneKind};
use sync::batch::{Batch, Head, Stream, Verdict, judge};
use sync::doc::{DocActor, DocKey, Document};
use sync::lane::{LANES, Lane};
use tempfile::TempDir;

/// 2026-11-21 10:00 in Bengaluru.
pub const MORNING: Timestamp = Timestamp::from_ms(1_795_235_400_000);

/// The store's set-up; deterministic.
pub fn setup() -> Setup {
    let zone = |id: &str| ZoneId::new(id).unwrap();
    let kinds = [("A", ZoneKind::A), ("B", ZoneKind::B), ("C", ZoneKind::C), ("cold-1", ZoneKind::Cold)];
    let block = Block {
        zones: kinds.iter().map(|(id, kind)| Zone { id: zone(id), kind: *kind }).collect(),
        aisles: kinds.iter().map(|(id, _)| zone(id)).collect(),
        bays: 6,
        levels: 3,
        aisle_gap_cm: 300,
        bay_gap_cm: 100,
        end_gap_cm: 150,
        packing_aisle: 0,
        packing_end: End::Front,
    };
    let band = Band {
        low_milli_c: 0,
        high_milli_c: 5_000,
        delay_ms: 300_000,
        silent_ms: 60_000,
        warn: None,
        door_ms: 300_000,
    };
    let ambient =
        ["A", "B", "C"].map(|id| ZoneSetup { zone: zone(id), temp: TempClass::Ambient, band: None });
    let mut zones = ambient.to_vec();
    zones.push(ZoneSetup { zone: zone("cold-1"), temp: TempClass::Chilled, band: Some(band) });
    let person = |id: &str, role| PersonSetup {
        person: PersonId::new(id).unwrap(),
        name: id.to_uppercase(),
        role,
        pin_hash: Some("x".to_owned()),
    };
    let device = |id: &str, class, zone: Option<&str>| DeviceSetup {
        device: DeviceId::new(id).unwrap(),
        class,
        zone: zone.map(|z| ZoneId::new(z).unwrap()),
    };
    Setup {
        store: StoreId::new("s1").unwrap(),
        name: "Test store".to_owned(),
        calendar: Calendar::new("Asia/Kolkata").unwrap(),
        layout: block.spec().unwrap(),
        zones,
        people: vec![
            person("meena", Role::Manager),
            person("asha", Role::Picker),
            person("ravi", Role::Receiver),
            person("odit", Role::Auditor),
        ],
        devices: vec![
            device("temp-1", DeviceClass::Sensor, Some("cold-1")),
            device("scan-1", DeviceClass::Scanner, None),
            device("label-1", DeviceClass::Printer, None),
            device("scale-1", DeviceClass::Scale, None),
            device("door-1", DeviceClass::Door, Some("cold-1")),
            device("buzzer-1", DeviceClass::Output, Some("cold-1")),
            device("lamp-1", DeviceClass::Output, None),
        ],
        trade: Trade {
            in_store: vec![
                Template::parse("21IIIIIWWWWWC").unwrap(),
                Template::parse("22IIIIIWWWWWC").unwrap(),
                Template::parse("22IIIIIPPPPPC").unwrap(),
            ],
            stamps: BTreeMap::from([(DeviceId::new("scale-1").unwrap(), Date::new(2020, 1, 31).unwrap())]),
        },
        policy: Policy::default(),
    }
}

/// A product.
pub fn product(sku: &str, temp: TempClass, shelf_life_days: u32) -> Product {
    Product {
        sku: SkuId::new(sku).unwrap(),
        gtins: vec![],
        name: sku.to_lowercase(),
        name_hi: String::new(),
        brand: "Brand".into(),
        category: "Food".into(),
        search_terms: String::new(),
        temp,
        velocity: Velocity::A,
        weight: Grams(500),
        fragile: false,
        food: true,
        mrp: Paise::new(12_000),
        price: Paise::new(10_000),
        shelf_life_days,
        hsn: "0402".into(),
        gst_bp: 500,
        unit: "1 pack".into(),
        popularity: 1,
        active: true,
    }
}

pub fn sku(code: &str) -> SkuId {
    SkuId::new(code).unwrap()
}

pub fn qty(n: i64) -> Qty {
    Qty::new(n).unwrap()
}

/// The store under test.
pub struct Bed {
    pub dir: TempDir,
    pub engine: Engine,
    pub now: Timestamp,
    ids: u128,
    hub: Document,
    hub_seq: u64,
    hub_heard: [u64; LANES],
}

/// The hour of the hub's orders document.
fn hour() -> i64 {
    MORNING.hour()
}

impl Bed {
    /// A store with milk (chilled, 10 days), atta (ambient, 180 days) and salt (does not expire), without stock.
    pub fn new() -> Self {
        let dir = TempDir::new().unwrap();
        let engine = Engine::open(&dir.path().join("store.db"), setup(), MORNING).unwrap();
        let store = StoreId::new("s1").unwrap();
        let actor = DocActor { side: Owner::Hub, store: store.clone(), boot: 1 };
        let hub = Document::new(DocKey::Orders { hour: hour() }.of(&store), &actor).unwrap();
        let mut bed = Self { dir, engine, now: MORNING, ids: 0, hub, hub_seq: 0, hub_heard: [0; LANES] };
        let products = vec![
            product("MILK", TempClass::Chilled, 10),
            product("ATTA", TempClass::Ambient, 180),
            product("SALT", TempClass::Ambient, 0),
        ];
        bed.by("meena", Role::Manager, Command::ImportCatalogue { products, opening: Vec::new() }).unwrap();
        bed
    }

    pub fn path(&self) -> std::path::PathBuf {
        self.dir.path().join("store.db")
    }

    pub fn reader(&self) -> Reader {
        Reader::open(&self.path()).unwrap()
    }

    /// Ends the engine without a checkpoint and opens it anew.
    pub fn restart(self) -> Self {
        self.restart_with(setup())
    }

    /// The same, with another store.toml.
    pub fn restart_with(self, setup: Setup) -> Self {
        let Self { dir, engine, now, ids, hub, hub_seq, hub_heard } = self;
        drop(engine);
        let engine = Engine::open(&dir.path().join("store.db"), setup, now).unwrap();
        Self { dir, engine, now, ids, hub, hub_seq, hub_heard }
    }

    pub fn pass(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    pub fn envelope(&mut self, person: &str, role: Role, command: Command) -> Envelope {
        self.ids += 1;
        let id = CommandId::new(self.now, self.ids);
        let device = DeviceId::new("hh-1").unwrap();
        Envelope { id, actor: Actor { person: PersonId::new(person).unwrap(), device, role }, command }
    }

    pub fn send(&mut self, envelopes: Vec<Envelope>) -> Applied {
        self.engine.apply(self.now, envelopes).unwrap()
    }

    pub fn by(&mut self, person: &str, role: Role, command: Command) -> Result<Answer, Refusal> {
        let envelope = self.envelope(person, role, command);
        self.send(vec![envelope]).replies.remove(0)
    }

    pub fn system(&mut self, command: Command) -> Result<Answer, Refusal> {
        self.by("system", Role::System, command)
    }

    /// The printer `label-1` is there, of this driver.
    pub fn printer(&mut self, driver: &str) {
        let birth = Birth {
            schema: 1,
            session: 1,
            at: self.now,
            driver: driver.into(),
            model: String::new(),
            firmware: String::new(),
            calibration: None,
        };
        let device = DeviceId::new("label-1").unwrap();
        self.system(Command::DeviceBorn { device, class: DeviceClass::Printer, birth }).unwrap();
    }

    pub fn receive(&mut self, code: &str, n: i64, expiry: Option<Date>) -> LotId {
        let request = ReceiveRequest {
            sku: sku(code),
            qty: qty(n),
            batch: "B1".into(),
            expiry,
            mrp: Paise::new(12_000),
            bin: None,
        };
        let answer = self.by("ravi", Role::Receiver, Command::Receive(request)).unwrap();
        let Answer::Received(answer) = answer else { panic!("another answer") };
        answer.lot
    }

    /// The store's calendar day, `days` from today.
    pub fn day(&self, days: i64) -> Date {
        setup().calendar.date(self.now).plus_days(days)
    }

    pub fn counter_command(lines: &[(&str, i64)]) -> Command {
        let line = |(code, n): &(&str, i64)| CounterLine { sku: sku(code), qty: qty(*n) };
        let request =
            CounterOrderRequest { lines: lines.iter().map(line).collect(), first_name: "Anu".into() };
        Command::CounterOrder(request)
    }

    pub fn counter(&mut self, lines: &[(&str, i64)]) -> Result<OrderId, Refusal> {
        self.by("meena", Role::Manager, Self::counter_command(lines)).map(|answer| {
            let Answer::CounterOrder(answer) = answer else { panic!("another answer") };
            answer.order
        })
    }

    pub fn tick(&mut self) -> Answer {
        self.system(Command::GrantTick).unwrap()
    }

    /// The hub makes and confirms an order; its change, not yet at the store.
    pub fn hub_orders(&mut self, n: u128, lines: &[(&str, i64)]) -> (OrderId, InboundRecord) {
        self.hub_orders_or(n, lines, SubstitutePreset::Refund)
    }

    /// The same of a customer who wants this where something is not there.
    pub fn hub_orders_or(
        &mut self,
        n: u128,
        lines: &[(&str, i64)],
        preset: SubstitutePreset,
    ) -> (OrderId, InboundRecord) {
        let order = OrderId::new(MORNING, n);
        let line = |(code, n): &(&str, i64)| HeadLine {
            sku: sku(code),
            qty: qty(*n),
            unit_price: Paise::new(10_000),
        };
        let head = OrderHead {
            number: "4K7".into(),
            channel: Channel::Online,
            promise_at: self.now.plus_ms(600_000),
            first_name: "Ila".into(),
            cod: Paise::ZERO,
            preset,
            lines: lines.iter().map(line).collect(),
        };
        self.hub.put_order(&order, &head).unwrap();
        self.hub.put_moment(&order, Moment::Placed, self.now).unwrap();
        self.hub.put_moment(&order, Moment::Confirmed, self.now).unwrap();
        (order, self.hub_says())
    }

    pub fn hub_moment(&mut self, order: OrderId, moment: Moment) -> InboundRecord {
        self.hub.put_moment(&order, moment, self.now).unwrap();
        self.hub_says()
    }

    /// The hub says its last word in the hour of its orders.
    pub fn hub_closes_hour(&mut self) -> InboundRecord {
        self.hub.put_mark().unwrap();
        self.hub_says()
    }

    /// What the hub says of an order after its last word, in the document of `later`.
    pub fn hub_says_late(&mut self, order: OrderId, moment: Moment, later: i64) -> InboundRecord {
        let head = self.hub.order(&order).unwrap().unwrap().head;
        let store = StoreId::new("s1").unwrap();
        let actor = DocActor { side: Owner::Hub, store: store.clone(), boot: 1 };
        let doc = DocKey::Orders { hour: later };
        let mut document = Document::new(doc.of(&store), &actor).unwrap();
        document.put_late(&head, &Fact::Moment { order, hour: hour(), moment, at: self.now }).unwrap();
        self.hub_seq += 1;
        let change = document.commit().unwrap().unwrap();
        InboundRecord { lane: Lane::Orders, seq: self.hub_seq, doc, change, pledge: None }
    }

    /// Carries what waits, as the hub's copy of the hour takes it in, and acknowledges it.
    pub fn hub_hears(&mut self) {
        self.engine.carry(self.now).unwrap();
        for lane in Lane::ALL {
            let heard = &mut self.hub_heard[lane.index()];
            for record in self.engine.out_records(lane, *heard, 1_000).unwrap() {
                *heard = record.seq;
                if record.doc == self.hub.id().key() {
                    self.hub.apply_change(&record.change).unwrap();
                }
            }
            self.engine.out_acked(lane, *heard).unwrap();
        }
    }

    /// A hub that has a chained table up to `head` takes every batch of it.
    pub fn ships(&mut self, stream: Stream, head: &mut Head) -> Vec<Batch> {
        let mut sent = Vec::new();
        loop {
            self.engine.shipped(stream, *head).unwrap();
            let Step::Batch(batch) = self.reader().ship(stream, *head).unwrap() else { return sent };
            let Verdict::Take(next) = judge(stream, *head, &batch) else { panic!("not taken") };
            *head = next;
            sent.push(batch);
        }
    }

    /// The hub's copy of the hour of its orders.
    pub const fn hub_document(&self) -> &Document {
        &self.hub
    }

    /// The hub says something in a quota document; its change, not yet at the store.
    pub fn hub_fact(&mut self, epoch: u32, generation: u32, fact: &Fact) -> InboundRecord {
        self.hub_seq += 1;
        let key = DocKey::Quota { epoch: StoreEpoch(epoch), generation: HubGeneration(generation) };
        let store = StoreId::new("s1").unwrap();
        // Another life each time, so that no number of a change comes twice.
        let boot = 1_000 + u32::try_from(self.hub_seq).unwrap();
        let actor = DocActor { side: Owner::Hub, store: store.clone(), boot };
        let mut document = Document::new(key.of(&store), &actor).unwrap();
        document.put_fact(fact).unwrap();
        InboundRecord {
            lane: Lane::Orders,
            seq: self.hub_seq,
            doc: key,
            change: document.commit().unwrap().unwrap(),
            pledge: None,
        }
    }

    /// Under new terms the hub's log begins anew, with everything that stands in its orders document.
    pub fn hub_begins_anew(&mut self) -> InboundRecord {
        self.hub_seq = 1;
        let change = self.hub.save_full().unwrap();
        InboundRecord {
            lane: Lane::Orders,
            seq: 1,
            doc: DocKey::Orders { hour: hour() },
            change,
            pledge: None,
        }
    }

    fn hub_says(&mut self) -> InboundRecord {
        self.hub_seq += 1;
        let change = self.hub.commit().unwrap().unwrap();
        InboundRecord {
            lane: Lane::Orders,
            seq: self.hub_seq,
            doc: DocKey::Orders { hour: hour() },
            change,
            pledge: None,
        }
    }

    pub fn inbound(&mut self, records: Vec<InboundRecord>) -> Applied {
        self.engine.inbound(self.now, records).unwrap()
    }

    /// On hand, reserved, blocked and free for the counter.
    pub fn stock(&self, code: &str) -> (u32, u32, u32, u32) {
        let row = self.reader().stock_detail(&sku(code), self.now).unwrap().unwrap().row;
        (row.on_hand, row.reserved, row.blocked, row.free)
    }

    pub fn check(&self) {
        let report = crate::check::self_check(&self.path()).unwrap();
        assert!(report.is_clean(), "{:?}", report.findings);
    }
}
