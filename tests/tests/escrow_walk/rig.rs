//! A real store and a real hub over SQLite files, one product, three orders, and the truth about its few units. Messages are
//! the documents themselves, delivered when an action says so.

use crate::world::Seen;
use central_hub::command::{Answer as HubAnswer, Command as Hub, Recovered};
use central_hub::db::quotas::QuotaKey;
use central_hub::engine::HubEngine;
use central_hub::rules::Rules;
use hub_core::proof::HubKey;
use model::api::hub::{CheckoutRequest, Payment};
use model::api::store::{CounterLine, CounterOrderRequest, HandoverRequest, ReceiveRequest};
use model::catalogue::TempClass;
use model::order::{Channel, Moment};
use model::order_doc::{HeadLine, OrderHead, SubstitutePreset};
use model::{
    Actor, AddressId, CommandId, CustomerId, DeviceId, OrderId, OrderState, PersonId, Qty, Role, SkuId,
    Timestamp,
};
use std::path::PathBuf;
use store_node::answer::Answer;
use store_node::command::{Command, Counted, Envelope, FenceWhy, Login, UnknownEnd, system};
use store_node::db::stock::Place;
use store_node::db::{ReadDb, bags, fence, orders, pick_assign, picks, quota, stock, unknown};
use store_node::engine::{Engine, InboundRecord, Mutation};
use store_node::setup::Setup;
use sync::doc::DocKey;
use tests::sim::city;

/// Orders that can exist, as in the model.
const ORDERS: usize = 3;

/// One thing that can be done to the real code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    Grant,
    HubHears,
    HubSells,
    StoreHears(usize),
    StoreHearsAll,
    Counter,
    Ship(usize),
    Vanish,
    Cancel(usize),
    Count,
    Decide(usize),
    StoreBackup,
    StoreRestore,
    HubBackup,
    HubRestore,
    StoreHearsGeneration,
    Recover,
}

/// See the file.
pub struct Rig {
    dir: tempfile::TempDir,
    mutation: Option<Mutation>,
    setup: Setup,
    store: Option<Engine>,
    hub: Option<HubEngine>,
    lives: [u32; 2],
    copies: [Option<PathBuf>; 2],
    now: Timestamp,
    ids: u128,
    sku: SkuId,
    place: Place,
    customers: Vec<(CustomerId, AddressId)>,
    sold: Vec<Recovered>,
    physical: i64,
    shipped: [u8; ORDERS],
    shorted: [bool; ORDERS],
    cancelled: [bool; ORDERS],
    asked: [bool; ORDERS],
    local: u8,
    shrunk: u8,
    restores: [u8; 2],
    whole: bool,
}

impl Rig {
    /// A store with so many units of one product.
    pub fn new(units: u8, mutation: Option<Mutation>) -> Self {
        let dir = tempfile::Builder::new().prefix("larder-walk-").tempdir_in("/dev/shm");
        let dir = dir.or_else(|_| tempfile::tempdir()).unwrap();
        let mut setup = city::setup(0, 8, 4).unwrap();
        setup.policy.local_share_pct = 0;
        let sku = SkuId::new("X").unwrap();
        let place = Place { sku: sku.clone(), lot: "L0".parse().unwrap(), bin: "B0".parse().unwrap() };
        let mut rig = Self {
            dir,
            setup,
            mutation,
            store: None,
            hub: None,
            lives: [0; 2],
            copies: [None, None],
            now: Timestamp::from_ms(1_795_235_400_000),
            ids: 0,
            sku: sku.clone(),
            place,
            customers: Vec::new(),
            sold: Vec::new(),
            physical: i64::from(units),
            shipped: [0; ORDERS],
            shorted: [false; ORDERS],
            cancelled: [false; ORDERS],
            asked: [false; ORDERS],
            local: 0,
            shrunk: 0,
            restores: [0; 2],
            whole: true,
        };
        rig.start(0);
        rig.start(1);
        let pattern = city::goods().unwrap().remove(5);
        let product = model::catalogue::Product {
            sku: sku.clone(),
            gtins: vec![],
            temp: TempClass::Ambient,
            shelf_life_days: 0,
            ..pattern
        };
        rig.at_hub(Hub::PutProducts { products: vec![product.clone()] }).unwrap();
        rig.by(
            "system",
            Role::System,
            Command::ImportCatalogue { products: vec![product.clone()], opening: Vec::new() },
        )
        .unwrap();
        let receive = ReceiveRequest {
            sku: sku.clone(),
            qty: Qty::new(i64::from(units)).unwrap(),
            batch: "B".into(),
            expiry: None,
            mrp: product.mrp,
            bin: None,
        };
        let Answer::Received(came) = rig.by("m1", Role::Manager, Command::Receive(receive)).unwrap() else {
            panic!("another answer")
        };
        rig.place = Place { sku, lot: came.lot, bin: came.bin };
        for n in 0..ORDERS {
            rig.registers(n);
        }
        rig
    }

    fn registers(&mut self, n: usize) {
        let phone = format!("+9198860{n:05}");
        self.at_hub(Hub::RequestOtp { phone: phone.clone() }).unwrap();
        let text = self.hub().data().messages(&phone, 1).unwrap()[0].text.clone();
        let code = text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6).unwrap().to_owned();
        let HubAnswer::Session { subject, .. } = self.at_hub(Hub::VerifyOtp { phone, code }).unwrap() else {
            panic!("no session")
        };
        let customer: CustomerId = subject.parse().unwrap();
        let add = Hub::AddAddress { customer, text: "here".into(), at: city::place(0) };
        let HubAnswer::Address { address } = self.at_hub(add).unwrap() else { panic!("no address") };
        self.customers.push((customer, address));
    }

    fn path(&self, side: usize) -> PathBuf {
        self.dir.path().join(format!("{}-{}.db", ["store", "hub"][side], self.lives[side]))
    }

    fn start(&mut self, side: usize) {
        let path = self.path(side);
        if side == 0 {
            self.store = None;
            let mut store = Engine::open(&path, self.setup.clone(), self.now).unwrap();
            if let Some(mutation) = self.mutation {
                store.mutate(mutation);
            }
            self.store = Some(store);
        } else {
            self.hub = None;
            let rules = Rules { demo: true, gateway: true, ..Rules::new(HubKey([3; 32])) };
            let mut hub = HubEngine::open(&path, rules, self.now).unwrap();
            hub.put_stores(&[city::seed(0).unwrap()]).unwrap();
            self.hub = Some(hub);
        }
    }

    fn copy(&mut self, side: usize) {
        let to = self.dir.path().join(format!("copy-{side}-{}.db", self.ids));
        let from = rusqlite::Connection::open(self.path(side)).unwrap();
        let mut into = rusqlite::Connection::open(&to).unwrap();
        let copy = rusqlite::backup::Backup::new(&from, &mut into).unwrap();
        copy.run_to_completion(10_000, std::time::Duration::ZERO, None).unwrap();
        drop(copy);
        self.copies[side] = Some(to);
    }

    fn bring_back(&mut self, side: usize) {
        if side == 0 {
            self.store = None;
        } else {
            self.hub = None;
        }
        self.lives[side] += 1;
        std::fs::copy(self.copies[side].as_ref().unwrap(), self.path(side)).unwrap();
        self.now = self.now.plus_ms(120_000);
        self.start(side);
    }

    fn hub(&mut self) -> &mut HubEngine {
        self.hub.as_mut().unwrap()
    }

    fn id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::new(self.now, self.ids)
    }

    fn by(
        &mut self,
        who: &str,
        role: Role,
        command: Command,
    ) -> Result<Answer, store_node::refusal::Refusal> {
        let device = DeviceId::new(format!("hh-{who}")).unwrap();
        let actor = match role {
            Role::System => system("uplink").unwrap(),
            Role::Picker
            | Role::Receiver
            | Role::Manager
            | Role::Auditor
            | Role::Customer
            | Role::Rider
            | Role::CityOps
            | Role::Admin => Actor { person: PersonId::new(who).unwrap(), device, role },
        };
        let envelope = Envelope { id: self.id(), actor, command };
        let now = self.now;
        let store = self.store.as_mut().unwrap();
        let reply = store.apply(now, vec![envelope]).unwrap().replies.remove(0);
        store.carry(now).unwrap();
        reply
    }

    fn at_hub(&mut self, command: Hub) -> Result<HubAnswer, String> {
        self.as_ops("system", command)
    }

    fn as_ops(&mut self, who: &str, command: Hub) -> Result<HubAnswer, String> {
        let actor = Actor {
            person: PersonId::new(who).unwrap(),
            device: DeviceId::new("ops").unwrap(),
            role: Role::System,
        };
        let envelope = central_hub::command::Envelope { id: self.id(), actor, command };
        let now = self.now;
        let answer = self.hub().apply(now, vec![envelope]).unwrap().answers.remove(0);
        self.hub().carry(now).unwrap();
        answer.map_err(|no| format!("{no:?}"))
    }

    fn reading<T>(&self, read: impl FnOnce(&store_node::db::Connection) -> store_node::db::DbResult<T>) -> T {
        ReadDb::open(&self.path(0)).unwrap().snapshot(read).unwrap()
    }

    /// What makes sense to try now.
    pub fn actions(&self) -> Vec<Action> {
        let mut may = vec![
            Action::Grant,
            Action::HubHears,
            Action::HubSells,
            Action::HubSells,
            Action::StoreHearsAll,
            Action::Counter,
            Action::Vanish,
            Action::Count,
            Action::StoreBackup,
            Action::StoreRestore,
            Action::HubBackup,
            Action::HubRestore,
            Action::StoreHearsGeneration,
            Action::Recover,
        ];
        for n in 0..self.sold.len() {
            may.extend([Action::StoreHears(n), Action::Ship(n), Action::Cancel(n), Action::Decide(n)]);
        }
        may
    }

    /// Does it; `false` when it cannot be done now.
    pub fn act(&mut self, action: Action) -> bool {
        self.now = self.now.plus_ms(20_000);
        let done = match action {
            Action::Grant => self.by("system", Role::System, Command::GrantTick).is_ok(),
            Action::HubHears => self.hub_hears(),
            Action::HubSells => self.hub_sells(),
            Action::StoreHears(n) => self.store_hears(n),
            Action::StoreHearsAll => self.store_hears_all(),
            Action::Counter => self.counter(),
            Action::Ship(n) => self.ship(n),
            Action::Vanish => self.vanish(),
            Action::Cancel(n) => self.cancel(n),
            Action::Count => self.fenced() && !self.is_counted() && self.counts(),
            Action::Decide(n) => self.decide(n),
            Action::StoreBackup => {
                self.copy(0);
                self.restores[0] == 0
            }
            Action::HubBackup => {
                self.copy(1);
                self.restores[1] == 0
            }
            Action::StoreRestore => self.store_restore(),
            Action::HubRestore => self.hub_restore(),
            Action::StoreHearsGeneration => self.hears_generation(),
            Action::Recover => self.recover(),
        };
        self.notice();
        done
    }

    fn fenced(&self) -> bool {
        self.reading(fence::state).state != fence::State::Open
    }

    fn is_counted(&self) -> bool {
        self.reading(|conn| fence::counted_at(conn, &self.sku)).is_some()
    }

    fn deliver(&mut self, key: DocKey, bytes: Vec<u8>) {
        let now = self.now;
        let store = self.store.as_mut().unwrap();
        let lane = sync::lane::Lane::Orders;
        let seq = store.lanes().unwrap()[lane.index()].received + 1;
        store.inbound(now, vec![InboundRecord { lane, seq, doc: key, change: bytes, pledge: None }]).unwrap();
        store.carry(now).unwrap();
    }

    fn quota_key(&mut self) -> DocKey {
        let config = self.store.as_ref().unwrap().peer_config().unwrap();
        DocKey::Quota { epoch: config.epoch, generation: config.generation }
    }

    /// The store's quota document reaches the hub, if both speak of the same terms.
    fn hub_hears(&mut self) -> bool {
        let (key, store) = (self.quota_key(), city::store_id(0).unwrap());
        let session = self.hub().session(&store).unwrap();
        if key != (DocKey::Quota { epoch: session.epoch, generation: session.generation }) {
            return false;
        }
        let name = key.of(&store).to_string();
        let (bytes, _) = self.reading(|conn| store_node::db::docs::load(conn, &name));
        if bytes.is_empty() {
            return false;
        }
        let actor =
            sync::doc::DocActor { side: model::order::Owner::Store, store: store.clone(), boot: u32::MAX };
        let whole = sync::doc::Document::load(key.of(&store), &actor, &bytes).unwrap().save_full().unwrap();
        let now = self.now;
        self.hub().inbound_whole(now, &store, key, whole).unwrap();
        self.hub().carry(now).unwrap();
        true
    }

    fn hub_sells(&mut self) -> bool {
        let n = self.sold.len();
        if n >= ORDERS {
            return false;
        }
        // Each order stands in the document of an hour of its own.
        self.now = self.now.plus_ms(3_600_000);
        let (now, store) = (self.now, city::store_id(0).unwrap());
        self.hub().heard(now, &store, true).unwrap();
        let (customer, address) = self.customers[n];
        let cart = Hub::SetCartLine { customer, sku: self.sku.clone(), qty: Qty::ONE };
        self.at_hub(cart).unwrap();
        let request = CheckoutRequest { address, payment: Payment::Cod, preset: SubstitutePreset::Refund };
        let Ok(HubAnswer::Order { order }) = self.at_hub(Hub::BeginCheckout { customer, request }) else {
            return false;
        };
        let row = self.hub().data().order(&order).unwrap().unwrap();
        let line = self.hub().data().lines(&order).unwrap().remove(0);
        let head = OrderHead {
            number: row.number,
            channel: Channel::Online,
            promise_at: row.promise_at,
            first_name: row.first_name,
            cod: row.total,
            preset: row.preset,
            lines: vec![HeadLine { sku: line.sku, qty: line.qty, unit_price: line.unit_price }],
        };
        self.sold.push(Recovered {
            order,
            store,
            epoch: row.epoch,
            generation: row.generation,
            head,
            placed_at: row.placed_at,
            confirmed_at: row.placed_at,
            customer: Some(customer),
            address: None,
            paid: false,
        });
        true
    }

    fn order(&self, n: usize) -> OrderId {
        self.sold[n].order
    }

    /// The document of an order's hour reaches the store, if the hub has it.
    fn store_hears(&mut self, n: usize) -> bool {
        let key = DocKey::orders_at(self.sold[n].placed_at);
        let store = city::store_id(0).unwrap();
        let order = self.order(n);
        if self.hub().data().order(&order).unwrap().is_none() {
            return false;
        }
        let bytes = self.hub().whole(&store, key).unwrap();
        self.deliver(key, bytes);
        self.hand_out();
        true
    }

    /// Everything that stands in the hub's log before its word, and the word; under the same terms alone.
    fn store_hears_all(&mut self) -> bool {
        let (key, store) = (self.quota_key(), city::store_id(0).unwrap());
        let session = self.hub().session(&store).unwrap();
        if key != (DocKey::Quota { epoch: session.epoch, generation: session.generation }) {
            return false;
        }
        for n in 0..self.sold.len() {
            self.store_hears(n);
        }
        let bytes = self.hub().whole(&store, key).unwrap();
        self.deliver(key, bytes);
        self.hand_out();
        true
    }

    /// Whoever has no order gets the next one, so that each order has a picker of its own.
    fn hand_out(&mut self) {
        for n in 0..8 {
            let (who, _) = city::picker(0, n).unwrap();
            let login = Login {
                device: DeviceId::new(format!("hh-{who}")).unwrap(),
                person: who.clone(),
                pin_right: true,
                token_sha: None,
            };
            self.by(who.as_str(), Role::Picker, Command::Login(login)).unwrap();
            let _ = self.by(who.as_str(), Role::Picker, Command::Ready);
        }
    }

    fn counter(&mut self) -> bool {
        if self.local >= 3 || self.physical == 0 {
            return false;
        }
        let lines = vec![CounterLine { sku: self.sku.clone(), qty: Qty::ONE }];
        let request = CounterOrderRequest { lines, first_name: "W".into() };
        let Ok(Answer::CounterOrder(sold)) = self.by("m1", Role::Manager, Command::CounterOrder(request))
        else {
            return false;
        };
        self.hand_out();
        assert!(self.through(sold.order, ""), "a counter sale leaves at once");
        self.local += 1;
        self.physical -= 1;
        true
    }

    fn ship(&mut self, n: usize) -> bool {
        // A fenced store picks what is known, and prints no label for its bags: it would stand there half done.
        if self.fenced() || self.physical == 0 || !self.through(self.order(n), "R1") {
            return false;
        }
        self.shipped[n] += 1;
        self.physical -= 1;
        true
    }

    /// Picks, packs and hands over, if somebody has it in hand.
    fn through(&mut self, order: OrderId, rider: &str) -> bool {
        self.hand_out();
        let all: Vec<PersonId> = (0..8).map(|n| city::picker(0, n).unwrap().0).collect();
        let mine = self.reading(|conn| {
            for who in &all {
                if pick_assign::of_person(conn, who)?.is_some_and(|(of, _)| of == order) {
                    return Ok(Some(who.clone()));
                }
            }
            Ok(None)
        });
        let Some(who) = mine else { return false };
        for held in self.reading(|conn| picks::held(conn, order)) {
            if held.open().is_zero() {
                continue;
            }
            let text = format!("LL:{}", held.lot);
            if self.by(who.as_str(), Role::Picker, Command::Scan { order, text, line: held.line }).is_err() {
                return false;
            }
        }
        if self.by(who.as_str(), Role::Picker, Command::Pack { order }).is_err() {
            return false;
        }
        let bags = self.reading(|conn| bags::of(conn, order)).into_iter().map(|bag| bag.bag).collect();
        let given = HandoverRequest { order, rider: rider.to_owned(), bags };
        self.by("m1", Role::Manager, Command::Handover(given)).unwrap();
        true
    }

    fn vanish(&mut self) -> bool {
        if self.fenced() || self.physical == 0 || self.shrunk >= 2 {
            return false;
        }
        self.physical -= 1;
        self.shrunk += 1;
        self.counts()
    }

    fn counts(&mut self) -> bool {
        let on_hand = Qty::new(self.physical).unwrap();
        let there = self.reading(|conn| stock::places_of_sku(conn, &self.sku));
        let known = there.into_iter().map(|(place, _)| place).collect::<Vec<_>>();
        let counted = |place: &Place| Counted { lot: place.lot.clone(), bin: place.bin.clone(), on_hand };
        let places = known.iter().filter(|place| **place == self.place).map(counted).collect();
        let sku = self.sku.clone();
        self.by("m1", Role::Manager, Command::CountSku { sku, places }).unwrap();
        self.hand_out();
        true
    }

    fn cancel(&mut self, n: usize) -> bool {
        if self.asked[n] || self.asked.iter().filter(|asked| **asked).count() >= 2 {
            return false;
        }
        let (customer, order) = (self.customers[n].0, self.order(n));
        self.asked[n] = self.at_hub(Hub::RequestCancel { customer, order }).is_ok();
        self.asked[n]
    }

    fn decide(&mut self, n: usize) -> bool {
        let order = self.order(n);
        if !self.reading(|conn| unknown::is_open(conn, &order)) {
            return false;
        }
        let end = match (self.shipped[n] > 0, self.cancelled[n] || self.shorted[n]) {
            (true, _) => UnknownEnd::Delivered,
            (false, true) => UnknownEnd::Cancelled,
            (false, false) => UnknownEnd::GoOn,
        };
        self.by("m1", Role::Manager, Command::ResolveUnknown { order, end }).unwrap();
        self.hand_out();
        true
    }

    fn store_restore(&mut self) -> bool {
        if self.restores[0] > 0 || self.copies[0].is_none() {
            return false;
        }
        self.restores[0] += 1;
        self.bring_back(0);
        let fence = Command::Fence { why: FenceWhy::Restored };
        self.by("system", Role::System, fence).unwrap();
        let store = city::store_id(0).unwrap();
        let expect = self.hub().session(&store).unwrap().epoch;
        let mint = Hub::MintEpoch { store, node_key: "new".into(), expect };
        let HubAnswer::Terms { epoch, generation } = self.at_hub(mint).unwrap() else { panic!("no terms") };
        let take = Command::TakeEpoch { epoch, generation, why: FenceWhy::Restored };
        self.by("system", Role::System, take).unwrap();
        true
    }

    fn hub_restore(&mut self) -> bool {
        if self.restores[1] > 0 || self.copies[1].is_none() {
            return false;
        }
        self.restores[1] += 1;
        self.bring_back(1);
        let expect = self.hub().data().generation().unwrap();
        self.at_hub(Hub::BeginGeneration { hub: "other".into(), expect }).unwrap();
        self.whole = false;
        true
    }

    /// The first thing that a store says to a restored hub is its epoch.
    fn says_epoch(&mut self) {
        let own = self.store.as_ref().unwrap().peer_config().unwrap();
        let store = city::store_id(0).unwrap();
        let epoch = self.hub().session(&store).unwrap().epoch;
        if epoch < own.epoch {
            self.at_hub(Hub::AdoptEpoch { store, epoch: own.epoch }).unwrap();
        }
    }

    fn hears_generation(&mut self) -> bool {
        let generation = self.hub().data().generation().unwrap();
        let own = self.store.as_ref().unwrap().peer_config().unwrap();
        self.says_epoch();
        generation != own.generation
            && self.by("system", Role::System, Command::LearnGeneration { generation }).is_ok()
    }

    fn recover(&mut self) -> bool {
        if self.whole {
            return false;
        }
        // People hear the store out before they close anything.
        self.says_epoch();
        let sold = self.sold.clone();
        let lost = sold
            .into_iter()
            .filter(|one| self.hub.as_ref().unwrap().data().order(&one.order).unwrap().is_none())
            .collect();
        self.at_hub(Hub::RecoverOrders { orders: lost }).unwrap();
        let generation = self.hub().data().generation().unwrap();
        let upto = model::quota::HubGeneration(generation.0 - 1);
        for who in ["a", "b"] {
            self.as_ops(who, Hub::CloseGeneration { upto }).unwrap();
        }
        self.whole = true;
        true
    }

    /// Customers hear what the store decided.
    fn notice(&mut self) {
        for n in 0..self.sold.len() {
            let order = self.order(n);
            let (short, cancelled) = self.reading(|conn| {
                let short = !orders::shorts(conn, &order)?.is_empty();
                Ok((short, orders::moments(conn, &order)?.get(Moment::Cancelled).is_some()))
            });
            self.shorted[n] |= short;
            // An order of one unit that is short is at its end: the model calls that "shorted".
            self.cancelled[n] |= cancelled && !self.shorted[n];
        }
    }

    /// The picture that the model has of it.
    pub fn seen(&mut self) -> Seen {
        let store = city::store_id(0).unwrap();
        let config = self.store.as_ref().unwrap().peer_config().unwrap();
        let terms = quota::Terms { epoch: config.epoch, generation: config.generation };
        let (hand, rights, blocked) = self.reading(|conn| {
            let places = stock::places_of_sku(conn, &self.sku)?;
            let hand: i64 = places.iter().map(|(_, b)| i64::from(b.on_hand) - i64::from(b.blocked)).sum();
            let rights = quota::get(conn, terms, &self.sku)?;
            let older = quota::earlier(conn, terms)?;
            let blocked: u64 = older.iter().filter(|(of, ..)| of.epoch == terms.epoch).map(|(.., n)| n).sum();
            Ok((hand, rights, blocked))
        });
        let session = self.hub().session(&store).unwrap();
        let key = QuotaKey { store, epoch: session.epoch, generation: session.generation };
        let sku = self.sku.clone();
        let hub = self.hub().data().rights(&key, &sku).unwrap();
        let mut standing = [0; ORDERS];
        for (n, place) in standing.iter_mut().enumerate().take(self.sold.len()) {
            let order = self.order(n);
            *place = self.reading(|conn| {
                if orders::find(conn, &order)?.is_none() {
                    return Ok(0);
                }
                if unknown::is_open(conn, &order)? {
                    return Ok(2);
                }
                Ok(match orders::moments(conn, &order)?.state() {
                    OrderState::Confirmed | OrderState::Picking | OrderState::Packed => 1,
                    OrderState::Placed
                    | OrderState::PaymentFailed
                    | OrderState::Dispatched
                    | OrderState::Cancelled
                    | OrderState::Delivered
                    | OrderState::Completed
                    | OrderState::Returned => 3,
                })
            });
        }
        let small = |n: u64| u8::try_from(n).unwrap();
        Seen {
            hand: u8::try_from(hand).unwrap(),
            fenced: self.fenced(),
            orders: standing,
            store: [small(rights.granted), small(rights.returned), small(rights.orders_seen)],
            blocked: small(blocked),
            hub: [small(hub.granted_seen()), small(hub.returned()), small(hub.sold())],
            shipped: self.shipped,
            shorted: self.shorted,
            cancelled: self.cancelled,
        }
    }
}
