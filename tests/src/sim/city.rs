//! The little city of a run: stores with two cold zones, two dozen goods with short and long lives, pickers, riders and
//! customers near by. Values only; nobody acts here.

use anyhow::Result;
use central_hub::db::stores::StoreSeed;
use model::api::hub::Point;
use model::catalogue::{Product, TempClass, Velocity};
use model::mqtt::DeviceClass;
use model::{DeviceId, Grams, Paise, PersonId, Role, SkuId, StoreId, ZoneId};
use store_core::cold::Band;
use store_core::layout::block::{Block, End};
use store_core::layout::{Zone, ZoneKind};
use store_node::setup::{Calendar, DeviceSetup, PersonSetup, Policy, Setup, Trade, ZoneSetup};

/// The stores' time zone.
pub const TIME_ZONE: &str = "Asia/Kolkata";
/// How many goods the little city sells.
pub const GOODS: usize = 24;

/// A zone's name, kind and temperature, and the band that is watched.
type ZonePlan = (&'static str, ZoneKind, TempClass, Option<(i32, i32)>);

/// The zones of a store.
const ZONES: [ZonePlan; 3] = [
    ("A", ZoneKind::A, TempClass::Ambient, None),
    ("K", ZoneKind::Cold, TempClass::Chilled, Some((1_000, 8_000))),
    ("F", ZoneKind::Cold, TempClass::Frozen, Some((-30_000, -15_000))),
];

/// Where store `at` stands; they are 2 km apart.
pub fn place(at: usize) -> Point {
    Point { lat: 12.93 + 0.018 * at as f64, lon: 77.62 }
}

/// The id of store `at`.
///
/// # Errors
/// Never for a number that fits a code.
pub fn store_id(at: usize) -> Result<StoreId> {
    Ok(StoreId::new(format!("s{}", at + 1))?)
}

/// A picker of store `at` and the handheld she carries.
///
/// # Errors
/// Never for numbers that fit a code.
pub fn picker(at: usize, n: usize) -> Result<(PersonId, DeviceId)> {
    Ok((PersonId::new(format!("p{}-{n}", at + 1))?, DeviceId::new(format!("hh{}-{n}", at + 1))?))
}

/// The sensors of a store with the zones they watch.
///
/// # Errors
/// Never for these names.
pub fn sensors() -> Result<Vec<(DeviceId, ZoneId, i32)>> {
    ZONES
        .iter()
        .filter_map(|(zone, _, _, band)| band.map(|(low, high)| (zone, low + (high - low) / 2)))
        .map(|(zone, middle)| Ok((DeviceId::new(format!("temp-{zone}"))?, ZoneId::new(*zone)?, middle)))
        .collect()
}

/// What the hub knows of store `at`.
///
/// # Errors
/// See [`store_id`].
pub fn seed(at: usize) -> Result<StoreSeed> {
    let id = store_id(at)?;
    Ok(StoreSeed { name: format!("Store {id}"), id, at: place(at), radius_m: 6_000, capacity: 60 })
}

/// Store `at`, as its engine needs it.
///
/// # Errors
/// Never: the floor holds together.
pub fn setup(at: usize, pickers: usize, bays: u32) -> Result<Setup> {
    let zone = |name: &str| ZoneId::new(name);
    let mut zones = Vec::new();
    let mut kept = Vec::new();
    for (name, kind, temp, band) in ZONES {
        zones.push(Zone { id: zone(name)?, kind });
        let band = band.map(|(low_milli_c, high_milli_c)| Band {
            low_milli_c,
            high_milli_c,
            delay_ms: 5 * 60_000,
            silent_ms: 10 * 60_000,
            warn: None,
            door_ms: 0,
        });
        kept.push(ZoneSetup { zone: zone(name)?, temp, band });
    }
    let floor = Block {
        zones,
        aisles: vec![zone("A")?, zone("A")?, zone("K")?, zone("F")?],
        bays,
        levels: 2,
        aisle_gap_cm: 300,
        bay_gap_cm: 120,
        end_gap_cm: 150,
        packing_aisle: 0,
        packing_end: End::Front,
    };
    let mut people = vec![person(&format!("m{}", at + 1), Role::Manager)?];
    let mut devices = vec![DeviceSetup { device: scanner()?, class: DeviceClass::Scanner, zone: None }];
    for n in 0..pickers {
        people.push(person(picker(at, n)?.0.as_str(), Role::Picker)?);
    }
    for printer in ["label", "receipt"] {
        devices.push(DeviceSetup {
            device: DeviceId::new(printer)?,
            class: DeviceClass::Printer,
            zone: None,
        });
    }
    for (device, zone, _) in sensors()? {
        devices.push(DeviceSetup { device, class: DeviceClass::Sensor, zone: Some(zone) });
    }
    Ok(Setup {
        store: store_id(at)?,
        name: format!("Store {}", at + 1),
        calendar: Calendar::new(TIME_ZONE)?,
        layout: floor.spec()?,
        zones: kept,
        people,
        devices,
        trade: Trade::default(),
        policy: Policy::default(),
    })
}

/// The manager of store `at`.
///
/// # Errors
/// Never for a number that fits a code.
pub fn manager(at: usize) -> Result<PersonId> {
    Ok(PersonId::new(format!("m{}", at + 1))?)
}

/// The fixed scanner at the dispatch bay.
///
/// # Errors
/// Never.
pub fn scanner() -> Result<DeviceId> {
    Ok(DeviceId::new("bay-1")?)
}

fn person(name: &str, role: Role) -> Result<PersonSetup> {
    Ok(PersonSetup { person: PersonId::new(name)?, name: name.to_owned(), role, pin_hash: None })
}

/// The goods: three brands of eight kinds, so that there is always something to take instead.
///
/// # Errors
/// Never for these names.
pub fn goods() -> Result<Vec<Product>> {
    const KINDS: [(&str, TempClass, u32); 8] = [
        ("milk", TempClass::Chilled, 3),
        ("curd", TempClass::Chilled, 7),
        ("peas", TempClass::Frozen, 180),
        ("bread", TempClass::Ambient, 4),
        ("tea", TempClass::Ambient, 365),
        ("soap", TempClass::Ambient, 0),
        ("chips", TempClass::Ambient, 60),
        ("eggs", TempClass::Ambient, 10),
    ];
    (0..GOODS)
        .map(|n| {
            let (kind, temp, shelf_life_days) = KINDS[n % KINDS.len()];
            let brand = ["Aravalli", "Nandi", "Konkan"][n / KINDS.len() % 3];
            Ok(Product {
                sku: SkuId::new(format!("{kind}-{n:02}"))?,
                gtins: vec![gtin(n)],
                name: format!("{brand} {kind}"),
                name_hi: String::new(),
                brand: brand.to_owned(),
                category: format!("Food > {kind}"),
                search_terms: String::new(),
                temp,
                velocity: Velocity::A,
                weight: Grams(300 + 150 * n as u32),
                fragile: kind == "eggs",
                food: kind != "soap",
                mrp: Paise::new(5_000 + 100 * n as i64),
                price: Paise::new(4_000 + 100 * n as i64),
                shelf_life_days,
                hsn: String::new(),
                gst_bp: 500,
                unit: "1 pc".to_owned(),
                popularity: n as u32 + 1,
                active: true,
            })
        })
        .collect()
}

/// A GTIN-13 under the demonstration prefix 952.
fn gtin(n: usize) -> String {
    let body = format!("952{n:09}");
    let sum: u32 = body.bytes().zip([1, 3].into_iter().cycle()).map(|(b, w)| u32::from(b - b'0') * w).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}
