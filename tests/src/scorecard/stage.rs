//! The store that benchmarks and crash tests run on: one ambient floor with a shelf for every product of
//! [`super::order_commit::basket`], its people, and the commands that fill it.

use super::order_commit::basket::{self, SKUS};
use anyhow::{Context, Result, bail};
use firmware_config::StoreManifest;
use model::catalogue::{Product, TempClass, Velocity};
use model::{Actor, CommandId, DeviceId, Grams, Paise, PersonId, Qty, Role, SkuId, Timestamp};
use std::path::Path;
use store_node::command::{Command, Envelope, OpeningLine};
use store_node::engine::Engine;

/// Lots that a product's units are spread over, so that first-expired-first-out has something to choose.
const LOTS: u32 = 2;

/// Free loopback ports. Given back at once, so another program could be quicker: then the start says so.
///
/// # Errors
/// When the system has none.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let listeners: Vec<_> =
        (0..N).map(|_| std::net::TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

/// A store.toml below `dir`; `more` is appended (devices, people).
pub fn store_toml(dir: &Path, [http, tcp, ws]: [u16; 3], more: &str) -> String {
    format!(
        "[store]\nid = \"s1\"\nname = \"Larder Indiranagar\"\ncity = \"Bengaluru\"\nlat = 12.9719\nlon = 77.6412\n\
         time_zone = \"Asia/Kolkata\"\nservice_radius_m = 3000\ncapacity_orders = 60\n\n\
         [node]\ndata_dir = \"{}\"\nhttp = \"127.0.0.1:{http}\"\n\n\
         [hub]\nurl = \"http://127.0.0.1:9\"\ntoken = \"a-token-for-benchmarks-only\"\n\n\
         [broker]\nmode = \"embedded\"\nhost = \"127.0.0.1\"\ntcp_port = {tcp}\nwebsocket_port = {ws}\n\n\
         [layout]\naisle_spacing_cm = 300\nbay_spacing_cm = 100\nlevel_height_cm = 40\npacking_stations = 3\n\n\
         [[zones]]\nid = \"A\"\ntemp = \"ambient\"\naisles = 10\nbays = 25\nlevels = 5\n\n\
         [[people]]\nid = \"meena\"\nname = \"Meena\"\nrole = \"manager\"\ndemo_pin = \"8080\"\n\n{more}",
        dir.display()
    )
}

/// The manifest of [`store_toml`], checked as every store.toml is.
///
/// # Errors
/// With every fault of the text.
pub fn manifest(dir: &Path, ports: [u16; 3], more: &str) -> Result<StoreManifest> {
    match firmware_config::parse(&store_toml(dir, ports, more)) {
        Ok(manifest) => Ok(manifest),
        Err(faults) => bail!("{faults:?}"),
    }
}

/// A member of staff at a device.
///
/// # Errors
/// When a name is no code.
pub fn actor(person: &str, device: &str, role: Role) -> Result<Actor> {
    Ok(Actor { person: PersonId::new(person)?, device: DeviceId::new(device)?, role })
}

/// The product of a number.
///
/// # Errors
/// Never: the codes are made here.
pub fn product(n: usize) -> Result<Product> {
    Ok(Product {
        sku: SkuId::new(basket::code(n))?,
        gtins: vec![],
        name: format!("Product {n} 500 g"),
        name_hi: String::new(),
        brand: "Larder".to_owned(),
        category: "Grocery > Staples".to_owned(),
        search_terms: String::new(),
        temp: TempClass::Ambient,
        velocity: Velocity::A,
        weight: Grams(100),
        fragile: false,
        food: true,
        mrp: Paise::new(basket::price(n)),
        price: Paise::new(basket::price(n)),
        shelf_life_days: 180,
        hsn: "1006".to_owned(),
        gst_bp: 500,
        unit: "500 g".to_owned(),
        popularity: u32::try_from(n)? + 1,
        active: true,
    })
}

/// Fills an empty store: every product, its units in lots.
///
/// # Errors
/// When the engine refuses.
pub fn fill(engine: &mut Engine, now: Timestamp) -> Result<()> {
    let products = (0..SKUS).map(product).collect::<Result<Vec<_>>>()?;
    let mut lines = Vec::new();
    for (n, product) in products.iter().enumerate() {
        let (units, first) = (basket::stock_of(n), basket::stock_of(n) / LOTS);
        for qty in [first, units - first] {
            lines.push(OpeningLine {
                sku: product.sku.clone(),
                qty: Qty::new(i64::from(qty))?,
                expiry: None,
            });
        }
    }
    let actor = store_node::command::system("benchmark")?;
    for (n, command) in
        [Command::ImportCatalogue { products, opening: Vec::new() }, Command::OpenStock { lines }]
            .into_iter()
            .enumerate()
    {
        let envelope = Envelope { id: CommandId::new(now, n as u128), actor: actor.clone(), command };
        let applied = engine.apply(now, vec![envelope])?;
        applied
            .replies
            .into_iter()
            .next()
            .context("no reply")?
            .map_err(|no| anyhow::anyhow!("refused: {no:?}"))?;
    }
    engine.carry(now)?;
    Ok(())
}
