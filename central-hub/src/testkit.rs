//! A hub on a temporary file and a store that speaks in real documents, for the tests beside the code. Nothing of it is in a
//! shipped binary.

use crate::command::{Answer, Command, Envelope, Seed};
use crate::db::stores::StoreSeed;
use crate::engine::{HubEngine, No};
use crate::refusal::Refusal;
use crate::rules::Rules;
use ::sync::doc::{DocActor, DocId, DocKey, Document};
use ::sync::lane::{Lane, LaneSeq};
use hub_core::proof::HubKey;
use model::api::hub::{CheckoutRequest, Payment, Point};
use model::catalogue::{Product, TempClass, Velocity};
use model::fact::Fact;
use model::order::Owner;
use model::order_doc::SubstitutePreset;
use model::quota::{HubGeneration, StoreEpoch};
use model::{
    Actor, AddressId, CommandId, CustomerId, DeviceId, Grams, OrderId, Paise, PersonId, Qty, RiderId, Role,
    SkuId, StoreId, Timestamp,
};
use std::collections::BTreeMap;

pub const STORE_AT: Point = Point { lat: 12.9716, lon: 77.6412 };
pub const DOOR: Point = Point { lat: 12.9780, lon: 77.6400 };
pub const START: Timestamp = Timestamp::from_ms(1_790_000_000_000);

/// A hub, one store `s1`, three products.
pub struct World {
    pub dir: tempfile::TempDir,
    pub hub: HubEngine,
    pub now: Timestamp,
    pub store: StoreId,
    count: u64,
    /// The store's own copies of its documents, and the last record it sent.
    docs: BTreeMap<DocId, Document>,
    sent: u64,
    seen: u64,
}

pub fn rules() -> Rules {
    Rules { demo: true, gateway: true, ..Rules::new(HubKey([9; 32])) }
}

pub fn sku(n: u32) -> SkuId {
    SkuId::new(format!("SKU-{n}")).unwrap()
}

pub fn product(n: u32, name: &str) -> Product {
    Product {
        sku: sku(n),
        gtins: vec![],
        name: name.to_owned(),
        name_hi: "दूध".to_owned(),
        brand: "Amul".to_owned(),
        category: "Dairy > Milk".to_owned(),
        search_terms: "doodh".to_owned(),
        temp: TempClass::Chilled,
        velocity: Velocity::A,
        weight: Grams(1_000),
        fragile: false,
        food: true,
        mrp: Paise::new(7_000),
        price: Paise::new(6_600),
        shelf_life_days: 7,
        hsn: "0401".to_owned(),
        gst_bp: 0,
        unit: "1 L".to_owned(),
        popularity: n,
        active: true,
    }
}

impl World {
    pub fn new() -> Self {
        Self::ruled(rules())
    }

    pub fn ruled(rules: Rules) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hub = HubEngine::open(&dir.path().join("hub.db"), rules, START).unwrap();
        let store = StoreId::new("s1").unwrap();
        let docs = BTreeMap::new();
        let mut world = Self { dir, hub, now: START, store, count: 0, docs, sent: 0, seen: 0 };
        let seed = StoreSeed {
            id: world.store.clone(),
            name: "Indiranagar".to_owned(),
            at: STORE_AT,
            radius_m: 2_500,
            capacity: 20,
        };
        world.hub.put_stores(&[seed]).unwrap();
        let products =
            vec![product(1, "Full Cream Milk"), product(2, "Chocolate Bar"), product(3, "Basmati Rice")];
        world.done(Command::PutProducts { products });
        world.hub.heard(world.now, &world.store, true).unwrap();
        world
    }

    /// The same files, a new process.
    pub fn restart(&mut self) {
        let other = tempfile::tempdir().unwrap();
        let elsewhere = HubEngine::open(&other.path().join("hub.db"), rules(), self.now).unwrap();
        drop(std::mem::replace(&mut self.hub, elsewhere));
        self.hub = HubEngine::open(&self.dir.path().join("hub.db"), rules(), self.now).unwrap();
    }

    /// The database is this older one, and nobody says so.
    pub fn set_back(&mut self, image: &std::path::Path) {
        let other = tempfile::tempdir().unwrap();
        let elsewhere = HubEngine::open(&other.path().join("hub.db"), rules(), self.now).unwrap();
        drop(std::mem::replace(&mut self.hub, elsewhere));
        for beside in ["hub.db-wal", "hub.db-shm"] {
            let _ = std::fs::remove_file(self.dir.path().join(beside));
        }
        std::fs::copy(image, self.dir.path().join("hub.db")).unwrap();
        self.hub = HubEngine::open(&self.dir.path().join("hub.db"), rules(), self.now).unwrap();
    }

    pub fn id(&mut self) -> CommandId {
        self.count += 1;
        CommandId::new(self.now, u128::from(self.count))
    }

    pub fn envelope(&mut self, command: Command) -> Envelope {
        let actor = Actor {
            person: PersonId::new("tester").unwrap(),
            device: DeviceId::new("test").unwrap(),
            role: Role::System,
        };
        Envelope { id: self.id(), actor, command }
    }

    pub fn send(&mut self, envelope: Envelope) -> Result<Answer, Refusal> {
        let applied = self.hub.apply(self.now, vec![envelope]).unwrap();
        match applied.answers.into_iter().next().unwrap() {
            Ok(answer) => Ok(answer),
            Err(No::Refused(refusal)) => Err(refusal),
            Err(No::Fault(fault)) => panic!("{fault}"),
        }
    }

    pub fn ask(&mut self, command: Command) -> Result<Answer, Refusal> {
        let envelope = self.envelope(command);
        self.send(envelope)
    }

    pub fn done(&mut self, command: Command) -> Answer {
        self.ask(command).unwrap()
    }

    pub fn wait(&mut self, ms: i64) {
        self.now = self.now.plus_ms(ms);
    }

    pub fn code_for(&self, phone: &str) -> String {
        let text = self.hub.data().messages(phone, 1).unwrap()[0].text.clone();
        text.chars().take(6).collect()
    }

    pub fn login(&mut self, phone: &str) -> (Role, String) {
        self.done(Command::RequestOtp { phone: phone.to_owned() });
        let code = self.code_for(phone);
        let opened = self.done(Command::VerifyOtp { phone: phone.to_owned(), code });
        let Answer::Session { role, subject, .. } = opened else { panic!("{opened:?}") };
        (role, subject)
    }

    pub fn customer(&mut self, n: u32) -> (CustomerId, AddressId) {
        let (_, subject) = self.login(&format!("+9198000{n:05}"));
        let customer: CustomerId = subject.parse().unwrap();
        self.done(Command::SetName { customer, name: format!("Asha{n}") });
        let text = "12, 5th Cross".to_owned();
        let added = self.done(Command::AddAddress { customer, text, at: DOOR });
        let Answer::Address { address } = added else { panic!("{added:?}") };
        (customer, address)
    }

    pub fn rider(&mut self, n: u32) -> RiderId {
        let phone = format!("+9197000{n:05}");
        let seed = Seed { phone: phone.clone(), name: format!("Ravi{n}"), role: Role::Rider };
        self.done(Command::SeedPeople { people: vec![seed] });
        let (role, subject) = self.login(&phone);
        assert_eq!(role, Role::Rider);
        let rider: RiderId = subject.parse().unwrap();
        let until = self.now.plus_ms(4 * 3_600_000);
        self.done(Command::SetShift { rider, on: true, until, at: STORE_AT });
        rider
    }

    pub fn cart(&mut self, customer: CustomerId, n: u32, qty: i64) {
        self.done(Command::SetCartLine { customer, sku: sku(n), qty: Qty::new(qty).unwrap() });
    }

    pub fn checkout(&mut self, who: (CustomerId, AddressId), payment: Payment) -> Result<OrderId, Refusal> {
        let request = CheckoutRequest { address: who.1, payment, preset: SubstitutePreset::Refund };
        let begun = self.ask(Command::BeginCheckout { customer: who.0, request })?;
        let Answer::Order { order } = begun else { panic!("{begun:?}") };
        Ok(order)
    }

    /// The store says something through its documents; the hub takes it in.
    pub fn store_says(&mut self, facts: &[Fact]) {
        let mut records = Vec::new();
        for fact in facts {
            let id = DocKey::of_fact(fact, StoreEpoch(1), HubGeneration(1)).of(&self.store);
            let doc = self.document(&id);
            assert!(doc.put_fact(fact).unwrap(), "{fact:?} said before");
            let change = doc.commit().unwrap().unwrap();
            self.sent += 1;
            records.push((LaneSeq { lane: Lane::Orders, seq: self.sent }, id.key(), change));
        }
        let out = self.hub.inbound(self.now, &self.store.clone(), records).unwrap();
        assert_eq!((out.upto[0], out.quarantined), (self.sent, 0));
    }

    /// Under new terms both logs begin anew.
    pub fn logs_begin_anew(&mut self) {
        (self.sent, self.seen) = (0, 0);
    }

    /// As [`World::store_says`], for facts of the quota document of these terms.
    pub fn store_says_under(&mut self, (epoch, generation): (StoreEpoch, HubGeneration), fact: &Fact) {
        let id = DocKey::of_fact(fact, epoch, generation).of(&self.store);
        let doc = self.document(&id);
        assert!(doc.put_fact(fact).unwrap(), "{fact:?} said before");
        let change = doc.commit().unwrap().unwrap();
        self.sent += 1;
        let at = LaneSeq { lane: Lane::Orders, seq: self.sent };
        let out = self.hub.inbound(self.now, &self.store.clone(), vec![(at, id.key(), change)]).unwrap();
        assert_eq!((out.upto[0], out.quarantined), (self.sent, 0));
    }

    /// What another store says: its documents and its log are its own.
    pub fn as_store(&mut self, other: &str, metres_north: f64, says: impl FnOnce(&mut World)) {
        let id = StoreId::new(other).unwrap();
        let at = Point { lat: STORE_AT.lat + metres_north / 111_195.0, lon: STORE_AT.lon };
        let seed = StoreSeed { id: id.clone(), name: other.to_owned(), at, radius_m: 2_500, capacity: 20 };
        self.hub.put_stores(&[seed]).unwrap();
        self.hub.heard(self.now, &id, true).unwrap();
        let before = (std::mem::replace(&mut self.store, id), self.sent, self.seen);
        (self.sent, self.seen) = (0, 0);
        says(self);
        (self.store, self.sent, self.seen) = before;
    }

    pub fn next_record(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }

    pub fn grant(&mut self, n: u32, total: u64) {
        self.store_says(&[Fact::Granted { sku: sku(n), total }]);
    }

    /// Carries, and lets the store read what it is sent.
    pub fn store_reads(&mut self) -> u64 {
        self.hub.carry(self.now).unwrap();
        let records =
            self.hub.out_records(&self.store, LaneSeq { lane: Lane::Orders, seq: self.seen }, 1_000).unwrap();
        for record in &records {
            assert_eq!(record.seq, self.seen + 1, "a gap in the log");
            self.seen = record.seq;
            let id = record.doc.of(&self.store);
            self.document(&id).apply_change(&record.change).unwrap();
        }
        self.hub.out_acked(&self.store, LaneSeq { lane: Lane::Orders, seq: self.seen }).unwrap();
        records.len() as u64
    }

    pub fn document(&mut self, id: &DocId) -> &mut Document {
        let actor = DocActor { side: Owner::Store, store: self.store.clone(), boot: 1 };
        let fresh = || Document::new(id.clone(), &actor).unwrap();
        self.docs.entry(id.clone()).or_insert_with(fresh)
    }

    pub fn orders_document(&mut self, order: &OrderId) -> &mut Document {
        let hour = self.hub.data().order(order).unwrap().unwrap().placed_at.hour();
        let id = DocId::Orders { store: self.store.clone(), hour };
        self.document(&id)
    }
}
