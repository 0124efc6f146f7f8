//! What the demo's stores are: names, places, people, and the files that the real programs read.

use super::devices::Devices;
use anyhow::Result;
use model::api::hub::Point;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// A store of the demo city.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its address.
    pub address: &'static str,
    /// Where it is.
    pub at: Point,
    /// Pickers: id, name, PIN.
    pub pickers: [(&'static str, &'static str, &'static str); 4],
    /// Manager: id, name, PIN.
    pub manager: (&'static str, &'static str, &'static str),
    /// The dispatch bay's clerk: id, name, PIN.
    pub clerk: (&'static str, &'static str, &'static str),
}

/// The two stores.
pub const STORES: [Plan; 2] = [
    Plan {
        id: "s1",
        name: "Larder Indiranagar",
        address: "100 Feet Road, Indiranagar, Bengaluru 560038",
        at: Point { lat: 12.9719, lon: 77.6412 },
        pickers: [
            ("asha", "Asha", "4711"),
            ("ravi", "Ravi", "4712"),
            ("sunil", "Sunil", "4713"),
            ("usha", "Usha", "4717"),
        ],
        manager: ("meena", "Meena", "8080"),
        clerk: ("dev", "Dev", "8081"),
    },
    Plan {
        id: "s2",
        name: "Larder Koramangala",
        address: "80 Feet Road, Koramangala, Bengaluru 560034",
        at: Point { lat: 12.9352, lon: 77.6245 },
        pickers: [
            ("lata", "Lata", "4714"),
            ("joy", "Joy", "4715"),
            ("kiran", "Kiran", "4716"),
            ("noor", "Noor", "4718"),
        ],
        manager: ("farah", "Farah", "8082"),
        clerk: ("mohan", "Mohan", "8083"),
    },
];

/// Riders of the city: name and phone. Enough that bags do not wait for a rider on a usual evening.
pub const RIDERS: [(&str, &str); 20] = [
    ("Imran", "+919800010001"),
    ("Sunita", "+919800010002"),
    ("Deepak", "+919800010003"),
    ("Manoj", "+919800010004"),
    ("Rekha", "+919800010005"),
    ("Salim", "+919800010006"),
    ("Geeta", "+919800010007"),
    ("Anil", "+919800010008"),
    ("Farida", "+919800010009"),
    ("Suresh", "+919800010010"),
    ("Mary", "+919800010011"),
    ("Prakash", "+919800010012"),
    ("Latha", "+919800010013"),
    ("Yusuf", "+919800010014"),
    ("Kamal", "+919800010015"),
    ("Divya", "+919800010016"),
    ("Ramesh", "+919800010017"),
    ("Shalini", "+919800010018"),
    ("Tenzin", "+919800010019"),
    ("Pooja", "+919800010020"),
];

/// The phone of the city's operations lead.
pub const OPS_PHONE: &str = "+919800020001";

/// Ports of one store.
#[derive(Debug, Clone, Copy)]
pub struct Ports {
    /// Console, picker app, API.
    pub http: u16,
    /// MQTT.
    pub tcp: u16,
    /// MQTT over WebSocket.
    pub ws: u16,
}

/// Free loopback ports. Taken and given back at once, so another program could be quicker: then the start says so.
pub fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let listeners: Vec<_> =
        (0..N).map(|_| std::net::TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    let mut ports = [0; N];
    for (port, listener) in ports.iter_mut().zip(&listeners) {
        *port = listener.local_addr()?.port();
    }
    Ok(ports)
}

/// Writes one store's store.toml and says where it stands.
pub fn write_store(
    plan: &Plan,
    dir: &Path,
    ports: Ports,
    hub_url: &str,
    devices: &Devices,
) -> Result<PathBuf> {
    let Plan { id, name, address, at, .. } = plan;
    let Ports { http, tcp, ws } = ports;
    let data = dir.display();
    let (lat, lon) = (at.lat, at.lon);
    let mut text = format!(
        "[store]\nid = \"{id}\"\nname = \"{name}\"\ncity = \"Bengaluru\"\naddress = \"{address}\"\nlat = {lat}\nlon = {lon}\n\
         time_zone = \"Asia/Kolkata\"\nservice_radius_m = 3000\ncapacity_orders = 60\n\n\
         [node]\ndata_dir = \"{data}\"\nhttp = \"127.0.0.1:{http}\"\n\n\
         [hub]\nurl = \"{hub_url}\"\ntoken = \"{}\"\n\n\
         [broker]\nmode = \"embedded\"\nhost = \"127.0.0.1\"\ntcp_port = {tcp}\nwebsocket_port = {ws}\n\n\
         [layout]\naisle_spacing_cm = 300\nbay_spacing_cm = 100\nlevel_height_cm = 40\nwalk_cm_per_s = 120\npacking_stations = 3\n\n",
        store_token(id)
    );
    text += ZONES;
    text += &devices.manifest();
    for (person, role) in people(plan) {
        let (id, name, pin) = person;
        text += &format!(
            "[[people]]\nid = \"{id}\"\nname = \"{name}\"\nrole = \"{role}\"\ndemo_pin = \"{pin}\"\n\n"
        );
    }
    let path = dir.join("store.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// Writes hub.toml and says where it stands.
pub fn write_hub(dir: &Path, address: SocketAddr, speed: f64, catalogue: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(dir)?;
    // People who live faster miss a silent store sooner.
    let stop_after_ms = (150_000.0 / speed) as i64;
    let mut text = format!(
        "profile = \"demo\"\nlisten = \"{address}\"\ndata_dir = \"{}\"\ncatalogue = \"{}\"\n\
         stop_after_ms = {stop_after_ms}\nspeed_factor = {speed}\n\n",
        dir.display(),
        catalogue.display()
    );
    // In earnest that is another disk.
    let backups = dir.join("own-backups");
    std::fs::create_dir_all(&backups)?;
    if !dir.join("backup.key").exists() {
        central_hub::backup::enrol(dir)?;
    }
    text += &format!("[backup]\nfolder = \"{}\"\n\n", backups.display());
    for plan in STORES {
        let Plan { id, name, at: Point { lat, lon }, .. } = plan;
        let token = store_token(id);
        text += &format!(
            "[[stores]]\nid = \"{id}\"\nname = \"{name}\"\nlat = {lat}\nlon = {lon}\nradius_m = 3000\ntoken = \"{token}\"\n\n"
        );
    }
    for (name, phone) in RIDERS {
        text += &format!("[[riders]]\nname = \"{name}\"\nphone = \"{phone}\"\n\n");
    }
    text += &format!("[[staff]]\nname = \"Operations\"\nphone = \"{OPS_PHONE}\"\nrole = \"city_ops\"\n");
    let path = dir.join("hub.toml");
    std::fs::write(&path, text)?;
    Ok(path)
}

/// The token by which the hub knows a store of the demo.
pub fn store_token(store: &str) -> String {
    format!("demo-token-of-{store}-only-on-loopback-0123")
}

fn people(plan: &Plan) -> impl Iterator<Item = ((&'static str, &'static str, &'static str), &'static str)> {
    let pickers = plan.pickers.into_iter().map(|person| (person, "picker"));
    pickers.chain([(plan.manager, "manager"), (plan.clerk, "picker")])
}

/// Room for the 2,501 goods of the demo's catalogue with places to spare.
const ZONES: &str = r#"
[[zones]]
id = "A"
temp = "ambient"
aisles = 2
bays = 25
levels = 5

[[zones]]
id = "B"
temp = "ambient"
aisles = 5
bays = 25
levels = 5

[[zones]]
id = "C"
temp = "ambient"
aisles = 10
bays = 25
levels = 6

[[zones]]
id = "fresh-1"
temp = "fresh"
aisles = 2
bays = 25
levels = 4
band = { min_centi_c = 800, max_centi_c = 1600, alarm_delay_s = 60 }

[[zones]]
id = "cold-1"
temp = "chilled"
aisles = 2
bays = 25
levels = 5
band = { min_centi_c = 0, max_centi_c = 500, alarm_delay_s = 20, silent_after_s = 30 }

[[zones]]
id = "frozen-1"
temp = "frozen"
aisles = 2
bays = 25
levels = 3
band = { min_centi_c = -3000, max_centi_c = -1500, alarm_delay_s = 20, silent_after_s = 30 }

"#;
