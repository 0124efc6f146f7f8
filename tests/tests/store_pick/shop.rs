//! A small store on a temporary database, with people who act on it: what the stories of picking stand on. Holds no story
//! and no claim of its own, but the one that must hold after every step: reserved units are those that orders hold.

use model::api::store::ReceiveRequest;
use model::catalogue::{Product, TempClass, Velocity};
use model::fact::Fact;
use model::mqtt::{Birth, DeviceClass, DeviceState, HandheldView, Health, PickTask};
use model::order::{Channel, Moments};
use model::order_doc::{HeadLine, OrderHead, SubstitutePreset};
use model::{
    Actor, BinId, CommandId, Date, DeviceId, Grams, LotId, OrderId, OrderState, Paise, PersonId, Qty, Role,
    SkuId, StoreId, Timestamp, ZoneId,
};
use std::collections::BTreeMap;
use store_core::cold::Band;
use store_core::layout::block::{Block, End};
use store_core::layout::{Zone, ZoneKind};
use store_core::movement::Balance;
use store_node::answer::Answer;
use store_node::command::{AcceptOrder, Command, Envelope, Login, system};
use store_node::db::prints::PrintJob;
use store_node::db::quota::Terms;
use store_node::db::{Connection, ReadDb, allocations, bags, orders, outbox, prints, stock};
use store_node::effects::Effects;
use store_node::engine::Engine;
use store_node::reader::Reader;
use store_node::refusal::Refusal;
use store_node::setup::{Calendar, DeviceSetup, PersonSetup, Policy, Setup, Trade, ZoneSetup};

/// 2026-11-21 06:30 in Bengaluru.
const MORNING: i64 = 1_795_222_800_000;

pub const MILK: &str = "MILK-1L";
pub const MILK_SMALL: &str = "MILK-500";
pub const MILK_OTHER: &str = "MILK-MD";
pub const ATTA: &str = "ATTA-5";
pub const SOAP: &str = "SOAP-1";
pub const EGGS: &str = "EGGS-12";

pub struct Shop {
    pub engine: Engine,
    pub now: Timestamp,
    pub effects: Effects,
    /// MRP on the packs that are received, paise.
    pub mrp: i64,
    ids: u128,
    path: std::path::PathBuf,
    _dir: tempfile::TempDir,
}

pub fn sku(code: &str) -> SkuId {
    SkuId::new(code).unwrap()
}
pub fn qty(n: i64) -> Qty {
    Qty::new(n).unwrap()
}
pub fn device(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}
pub fn person(id: &str) -> PersonId {
    PersonId::new(id).unwrap()
}

/// The demonstration barcode of a product: prefix 952 and a right check digit.
pub fn ean(code: &str) -> String {
    let n = PRODUCTS.iter().position(|p| p.0 == code).unwrap();
    let twelve = format!("952000000{n:03}");
    let sum: u32 = twelve.bytes().zip([1, 3].into_iter().cycle()).map(|(d, w)| u32::from(d - b'0') * w).sum();
    format!("{twelve}{}", (10 - sum % 10) % 10)
}

/// Code, name, brand, category, temperature, grams, price, shelf life, fragile.
type Row = (&'static str, &'static str, &'static str, &'static str, TempClass, u32, i64, u32, bool);
const PRODUCTS: [Row; 6] = [
    (MILK, "Amul Taaza Milk 1 L pouch", "Amul", "Dairy > Milk", TempClass::Chilled, 1_030, 5_400, 10, false),
    (
        MILK_SMALL,
        "Amul Taaza Milk 500 ml pouch",
        "Amul",
        "Dairy > Milk",
        TempClass::Chilled,
        515,
        2_800,
        10,
        false,
    ),
    (
        MILK_OTHER,
        "Mother Dairy Milk 1 L pouch",
        "Mother Dairy",
        "Dairy > Milk",
        TempClass::Chilled,
        1_030,
        5_300,
        10,
        false,
    ),
    (
        ATTA,
        "Aashirvaad Atta 5 kg",
        "Aashirvaad",
        "Staples > Atta",
        TempClass::Ambient,
        5_000,
        24_000,
        0,
        false,
    ),
    (SOAP, "Medimix Soap 125 g", "Medimix", "Care > Soap", TempClass::Ambient, 130, 4_500, 0, false),
    (EGGS, "Eggs tray of 12", "Eggoz", "Dairy > Eggs", TempClass::Ambient, 720, 9_900, 0, true),
];

fn product(row: &Row) -> Product {
    let (code, name, brand, category, temp, grams, price, shelf_life_days, fragile) = *row;
    Product {
        sku: sku(code),
        gtins: vec![ean(code)],
        name: name.into(),
        name_hi: String::new(),
        brand: brand.into(),
        category: category.into(),
        search_terms: String::new(),
        temp,
        velocity: Velocity::A,
        weight: Grams(grams),
        fragile,
        food: code != SOAP,
        mrp: Paise::new(price),
        price: Paise::new(price),
        shelf_life_days,
        hsn: "0401".into(),
        gst_bp: 0,
        unit: "1".into(),
        popularity: 0,
        active: true,
    }
}

fn setup() -> Setup {
    let zone = |id: &str, kind| Zone { id: ZoneId::new(id).unwrap(), kind };
    let block = Block {
        zones: vec![zone("A", ZoneKind::A), zone("cold-1", ZoneKind::Cold)],
        aisles: ["A", "A", "cold-1"].map(|id| ZoneId::new(id).unwrap()).to_vec(),
        bays: 4,
        levels: 2,
        aisle_gap_cm: 250,
        bay_gap_cm: 100,
        end_gap_cm: 150,
        packing_aisle: 0,
        packing_end: End::Front,
    };
    let band = Band {
        low_milli_c: 0,
        high_milli_c: 5_000,
        delay_ms: 120_000,
        silent_ms: 60_000,
        warn: None,
        door_ms: 0,
    };
    let keeps = |id: &str, temp, band| ZoneSetup { zone: ZoneId::new(id).unwrap(), temp, band };
    let staff = |id: &str, name: &str, role| PersonSetup {
        person: person(id),
        name: name.into(),
        role,
        pin_hash: Some("x".into()),
    };
    let at = |id: &str, class| DeviceSetup { device: device(id), class, zone: None };
    Setup {
        store: StoreId::new("s1").unwrap(),
        name: "Test".into(),
        calendar: Calendar::new("Asia/Kolkata").unwrap(),
        layout: block.spec().unwrap(),
        zones: vec![keeps("A", TempClass::Ambient, None), keeps("cold-1", TempClass::Chilled, Some(band))],
        people: vec![
            staff("p-ravi", "Ravi", Role::Picker),
            staff("p-meena", "Meena", Role::Picker),
            staff("m-asha", "Asha", Role::Manager),
        ],
        devices: vec![
            at("hh-1", DeviceClass::Handheld),
            at("hh-2", DeviceClass::Handheld),
            at("sc-1", DeviceClass::Scanner),
            at("scale-1", DeviceClass::Scale),
            at("label-1", DeviceClass::Printer),
            at("label-2", DeviceClass::Printer),
            at("receipt-1", DeviceClass::Printer),
        ],
        trade: Trade::default(),
        policy: Policy::default(),
    }
}

impl Shop {
    /// A store with its catalogue and working printers, and nothing on the shelves.
    pub fn open() -> Shop {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store.db");
        let now = Timestamp::from_ms(MORNING);
        let engine = Engine::open(&path, setup(), now).unwrap();
        let mut shop =
            Shop { engine, now, effects: Effects::default(), mrp: 10_000, ids: 0, path, _dir: dir };
        let products = PRODUCTS.iter().map(product).collect();
        shop.must("m-asha", "desk", Command::ImportCatalogue { products, opening: Vec::new() });
        for (id, driver) in [("label-1", "zpl"), ("label-2", "zpl"), ("receipt-1", "escpos")] {
            shop.printer(id, driver, Health::Ok);
        }
        shop
    }

    pub fn printer(&mut self, id: &str, driver: &str, health: Health) {
        let class = DeviceClass::Printer;
        let birth = Birth {
            schema: 1,
            session: 1,
            at: self.now,
            driver: driver.into(),
            model: "sim".into(),
            firmware: "1".into(),
            calibration: None,
        };
        self.must("system", id, Command::DeviceBorn { device: device(id), class, birth });
        let state = DeviceState {
            session: 1,
            at: self.now,
            health,
            detail: String::new(),
            hint: String::new(),
            battery_pct: None,
            queued: 0,
        };
        self.must("system", id, Command::DeviceIs { device: device(id), class, state });
    }

    pub fn id(&mut self) -> CommandId {
        self.ids += 1;
        CommandId::new(self.now, self.ids)
    }

    /// Sends a command, a second later than the one before.
    pub fn send(&mut self, who: &str, at: &str, command: Command) -> Result<Answer, Refusal> {
        self.now = self.now.plus_ms(1_000);
        let id = self.id();
        self.send_as(id, who, at, command)
    }

    pub fn send_as(
        &mut self,
        id: CommandId,
        who: &str,
        at: &str,
        command: Command,
    ) -> Result<Answer, Refusal> {
        let role = if who.starts_with("m-") { Role::Manager } else { Role::Picker };
        let actor = match who {
            "system" => system(at).unwrap(),
            _ => Actor { person: person(who), device: device(at), role },
        };
        let mut applied = self.engine.apply(self.now, vec![Envelope { id, actor, command }]).unwrap();
        self.effects = applied.effects;
        self.holds_together();
        applied.replies.remove(0)
    }

    pub fn must(&mut self, who: &str, at: &str, command: Command) -> Answer {
        self.send(who, at, command).unwrap()
    }

    /// The code of the refusal that a command gets.
    pub fn refused(&mut self, who: &str, at: &str, command: Command) -> String {
        self.send(who, at, command).unwrap_err().problem().code
    }

    /// Puts units of a product on a shelf; `days` until it expires, for goods that do.
    pub fn stock(&mut self, code: &str, n: i64, days: i64, bin: Option<&str>) -> LotId {
        let expires = PRODUCTS.iter().find(|p| p.0 == code).unwrap().7 > 0;
        let today = self.engine.setup().calendar.date(self.now);
        let request = ReceiveRequest {
            sku: sku(code),
            qty: qty(n),
            batch: format!("B{days}"),
            expiry: expires.then(|| Date::from_days(today.days() + days)),
            mrp: Paise::new(self.mrp),
            bin: bin.map(|bin| BinId::new(bin).unwrap()),
        };
        let answer = self.must("m-asha", "desk", Command::Receive(request));
        let Answer::Received(received) = answer else { panic!("{answer:?}") };
        received.lot
    }

    /// An online order reaches the store.
    pub fn order(&mut self, preset: SubstitutePreset, lines: &[(&str, i64)]) -> OrderId {
        self.order_due(preset, lines, 600_000)
    }

    pub fn order_due(&mut self, preset: SubstitutePreset, lines: &[(&str, i64)], in_ms: i64) -> OrderId {
        let lines: Vec<_> = lines.iter().map(|(code, n)| (*code, *n, 100)).collect();
        self.sold(preset, &lines, 0, in_ms)
    }

    /// An online order of lines at these prices; `cod` is to be collected for it.
    pub fn sold(
        &mut self,
        preset: SubstitutePreset,
        lines: &[(&str, i64, i64)],
        cod: i64,
        in_ms: i64,
    ) -> OrderId {
        self.ids += 1;
        let order = OrderId::new(self.now, self.ids);
        let line = |(code, n, price): &(&str, i64, i64)| HeadLine {
            sku: sku(code),
            qty: qty(*n),
            unit_price: Paise::new(*price),
        };
        let head = OrderHead {
            number: format!("4K{}", self.ids),
            channel: Channel::Online,
            promise_at: self.now.plus_ms(in_ms),
            first_name: "Lata".into(),
            cod: Paise::new(cod),
            preset,
            lines: lines.iter().map(line).collect(),
        };
        let accept = AcceptOrder {
            order,
            hour: self.now.hour(),
            head,
            placed_at: self.now,
            confirmed_at: self.now,
            terms: Terms::FIRST,
            seen: Moments::default(),
            packed: None,
        };
        self.must("system", "uplink", Command::AcceptOrder(accept));
        order
    }

    /// The catalogue has another price for a product from now on.
    pub fn dearer(&mut self, code: &str, price: i64) {
        let row = PRODUCTS.iter().find(|p| p.0 == code).unwrap();
        let product = Product { price: Paise::new(price), mrp: Paise::new(price), ..product(row) };
        self.must(
            "m-asha",
            "desk",
            Command::ImportCatalogue { products: vec![product], opening: Vec::new() },
        );
    }

    pub fn login(&mut self, who: &str, at: &str) {
        let login = Login { device: device(at), person: person(who), pin_right: true, token_sha: None };
        self.must(who, at, Command::Login(login));
    }

    /// Logs a picker in, who then gets the most urgent order.
    pub fn begin(&mut self, who: &str, at: &str) -> PickTask {
        self.login(who, at);
        self.must(who, at, Command::Ready);
        self.view(at).task.expect("an order in hand")
    }

    pub fn scan(&mut self, who: &str, at: &str, order: OrderId, text: &str) -> Result<Answer, Refusal> {
        self.send(who, at, Command::Scan { order, text: text.into(), line: 0 })
    }

    pub fn wrong(&mut self, who: &str, at: &str, order: OrderId, text: &str) -> String {
        let (before, version) = (self.balances(), self.view(at).version);
        let code = self.scan(who, at, order, text).unwrap_err().problem().code;
        assert_eq!(before, self.balances(), "a wrong scan moves nothing");
        assert_eq!(version, self.view(at).version, "nor does it change the screen");
        code
    }

    pub fn handheld_behind(&self, scanner: &str) -> Option<DeviceId> {
        Reader::open(&self.path).unwrap().handheld_behind(&device(scanner), self.now).unwrap()
    }

    pub fn read<T>(&self, query: impl FnOnce(&Connection) -> Result<T, store_node::db::DbError>) -> T {
        ReadDb::open(&self.path).unwrap().snapshot(query).unwrap()
    }

    pub fn view(&self, at: &str) -> HandheldView {
        self.read(|conn| store_node::views::handheld::view(conn, &device(at), self.now))
    }

    pub fn state(&self, order: OrderId) -> OrderState {
        self.read(|conn| orders::moments(conn, &order)).state()
    }

    pub fn history(&self, order: OrderId) -> Vec<String> {
        self.read(|conn| orders::history(conn, &order)).into_iter().map(|event| event.what).collect()
    }

    pub fn shorts(&self, order: OrderId) -> Vec<(u8, u32)> {
        self.read(|conn| orders::shorts(conn, &order)).into_iter().map(|(line, n)| (line, n.get())).collect()
    }

    pub fn bags(&self, order: OrderId) -> Vec<bags::Bag> {
        self.read(|conn| bags::of(conn, order))
    }

    pub fn prints(&self, order: OrderId) -> Vec<PrintJob> {
        self.read(|conn| prints::of_order(conn, order))
    }

    pub fn facts(&self) -> Vec<Fact> {
        let rows = self.read(|conn| outbox::waiting(conn, 10_000));
        rows.iter().flat_map(|row| serde_json::from_str::<Vec<Fact>>(&row.facts).unwrap()).collect()
    }

    pub fn balances(&self) -> BTreeMap<(String, String), Balance> {
        let rows = self.read(stock::every);
        rows.into_iter().map(|(at, b)| ((at.sku.to_string(), format!("{} {}", at.lot, at.bin)), b)).collect()
    }

    /// On hand, reserved, blocked of a product over all places.
    pub fn sums(&self, code: &str) -> (u32, u32, u32) {
        let rows = self.read(stock::every);
        let mine = rows.iter().filter(|(at, _)| at.sku.as_str() == code);
        mine.fold((0, 0, 0), |s, (_, b)| {
            (s.0 + b.on_hand.get(), s.1 + b.reserved.get(), s.2 + b.blocked.get())
        })
    }

    fn holds_together(&self) {
        let mut reserved: BTreeMap<_, u32> = BTreeMap::new();
        for held in self.read(allocations::every_open) {
            *reserved.entry(held.place.clone()).or_default() += held.open().get();
        }
        for (at, balance) in self.read(stock::every) {
            let held = reserved.remove(&at).unwrap_or(0);
            assert_eq!(balance.reserved.get(), held, "{at:?}: reserved units are those that orders hold");
        }
        assert!(reserved.is_empty(), "held, but not there: {reserved:?}");
    }
}
