//! The rules that join the parts of a `store.toml`: unique names, known zones, free ports, sane numbers.
//! Each rule adds its faults to one list; none stops the others.

use std::collections::BTreeMap;

use model::Role;
use model::mqtt::DeviceClass;

use crate::devices::{Device, Driver, Port};
use crate::fault::Fault;
use crate::profiles;
use crate::read::{Step, Tree};
use crate::store::{Band, Broker, Hub, Layout, Person, Store, Zone};
use crate::{Draft, Node, usb_printer};

/// A transmitter's temperature and humidity may lie so far apart, registers.
const REGISTERS_APART: u16 = 32;

/// The longest an open door may put an alarm off, seconds.
const DOOR_GRACE_MOST_S: u32 = 900;

/// Collects faults of the joined parts.
pub(crate) struct Checker<'c, 't> {
    tree: &'c Tree<'t>,
    faults: Vec<Fault>,
}

impl<'c, 't> Checker<'c, 't> {
    /// Checks whatever could be read. Sections named in `cut` are incomplete: rules about what is missing leave them.
    pub(crate) fn run(tree: &'c Tree<'t>, draft: &Draft, cut: &[String]) -> Vec<Fault> {
        let mut checker = Self { tree, faults: Vec::new() };
        let was_cut = |name: &str| cut.iter().any(|c| c == name);
        checker.sections(draft, &was_cut);
        if let Some(store) = &draft.store {
            checker.store(store);
        }
        if let Some(hub) = &draft.hub {
            checker.hub(hub);
        }
        if let Some(layout) = &draft.layout {
            checker.layout(layout);
        }
        checker.templates(&draft.scanning.in_store);
        checker.zones(&draft.zones);
        checker.devices(&draft.devices, &draft.zones, was_cut("zones"));
        checker.ports(draft.node.as_ref(), draft.broker.as_ref(), &draft.devices);
        if let Some(broker) = &draft.broker {
            checker.certificates(broker, !draft.devices.is_empty());
        }
        checker.people(&draft.people);
        checker.faults
    }

    fn say(&mut self, path: &[Step<'_>], what: String, hint: &str) {
        self.faults.push(Fault { place: self.tree.place(path), what, hint: hint.to_owned() });
    }

    fn sections(&mut self, draft: &Draft, was_cut: &dyn Fn(&str) -> bool) {
        let present = [
            ("store", draft.store.is_some()),
            ("node", draft.node.is_some()),
            ("hub", draft.hub.is_some()),
            ("broker", draft.broker.is_some()),
            ("layout", draft.layout.is_some()),
        ];
        for (name, there) in present {
            if !there && !was_cut(name) {
                self.say(&[], format!("the section [{name}] is missing"), "copy it from examples/store.toml");
            }
        }
        if draft.zones.is_empty() && !was_cut("zones") {
            self.say(&[], "there is no [[zones]]".into(), "a store has at least one zone of shelves");
        }
    }

    fn store(&mut self, store: &Store) {
        let at = |key| [Step::Key("store"), Step::Key(key)];
        if !(-90.0..=90.0).contains(&store.lat) {
            self.say(
                &at("lat"),
                format!("latitude {} is not on Earth", store.lat),
                "degrees north, -90 to 90",
            );
        }
        if !(-180.0..=180.0).contains(&store.lon) {
            self.say(
                &at("lon"),
                format!("longitude {} is not on Earth", store.lon),
                "degrees east, -180 to 180",
            );
        }
        if jiff::tz::TimeZone::get(&store.time_zone).is_err() {
            let what = format!("time zone {:?} is not known", store.time_zone);
            self.say(&at("time_zone"), what, "an IANA name such as Asia/Kolkata");
        }
        if !(100..=20_000).contains(&store.service_radius_m) {
            let what =
                format!("a service radius of {} m cannot be served in minutes", store.service_radius_m);
            self.say(&at("service_radius_m"), what, "100 to 20000 metres");
        }
        if store.capacity_orders == 0 {
            self.say(
                &at("capacity_orders"),
                "a capacity of 0 sells nothing".into(),
                "orders in work at once",
            );
        }
        for (key, text) in [("name", &store.name), ("city", &store.city)] {
            if text.trim().is_empty() {
                self.say(&at(key), format!("{key} is empty"), "people read it");
            }
        }
    }

    fn hub(&mut self, hub: &Hub) {
        let at = |key| [Step::Key("hub"), Step::Key(key)];
        let in_the_clear = hub.url.starts_with("http://") && hub.is_loopback();
        if !hub.url.starts_with("https://") && !in_the_clear {
            let what = format!("{:?} would send the token in the clear", hub.url);
            self.say(&at("url"), what, "https://..., or http:// on loopback only");
        }
        if hub.tls.is_some() && !hub.url.starts_with("https://") {
            let what = format!("{:?} is not encrypted, but certificates are named", hub.url);
            self.say(&at("url"), what, "https://..., or no [hub.tls]");
        }
        if hub.token.len() < 16 {
            self.say(
                &at("token"),
                "the token is too short to keep anybody out".into(),
                "at least 16 characters",
            );
        }
    }

    fn layout(&mut self, layout: &Layout) {
        let numbers = [
            ("aisle_spacing_cm", layout.aisle_spacing_cm, 50..=2_000),
            ("bay_spacing_cm", layout.bay_spacing_cm, 20..=1_000),
            ("level_height_cm", layout.level_height_cm, 10..=300),
            ("walk_cm_per_s", layout.walk_cm_per_s, 30..=300),
            ("packing_stations", u32::from(layout.packing_stations), 1..=20),
        ];
        for (key, value, range) in numbers {
            if !range.contains(&value) {
                let what = format!("{key} = {value} is outside {} to {}", range.start(), range.end());
                self.say(&[Step::Key("layout"), Step::Key(key)], what, "measure it again");
            }
        }
    }

    /// The shape only: what the places of a template may say together is known to who reads the codes.
    fn templates(&mut self, templates: &[String]) {
        for (index, text) in templates.iter().enumerate() {
            let prefix = text.starts_with("02") || text.starts_with('2');
            let known = |sign: char| sign.is_ascii_digit() || "IWPNVXC".contains(sign);
            if text.len() == 13
                && prefix
                && text.ends_with('C')
                && text.contains('I')
                && text.chars().all(known)
            {
                continue;
            }
            let path = [Step::Key("scanning"), Step::Key("in_store"), Step::Item(index)];
            let what = format!("{text:?} is no template of an in-store number");
            let hint = "thirteen places that begin with 02 or 20 to 29 and end with C: \"21IIIIIWWWWWC\"; \
                        I item, W grams, P price, N pieces, V their check digit, X anything";
            self.say(&path, what, hint);
        }
    }

    fn zones(&mut self, zones: &[Zone]) {
        self.unique("zones", zones.iter().map(|zone| zone.id.as_str()));
        for (index, zone) in zones.iter().enumerate() {
            let at = |key| [Step::Key("zones"), Step::Item(index), Step::Key(key)];
            for (key, count) in [("aisles", zone.aisles), ("bays", zone.bays), ("levels", zone.levels)] {
                if !(1..=500).contains(&count) {
                    self.say(&at(key), format!("{key} = {count} holds nothing"), "1 to 500");
                }
            }
            match zone.band {
                None if zone.temp.is_cold() => {
                    let what = format!("cold zone {} has no temperature band", zone.id);
                    self.say(
                        &at("band"),
                        what,
                        "band = { min_centi_c = 0, max_centi_c = 500, alarm_delay_s = 300 }",
                    );
                }
                Some(band) if band.min_centi_c >= band.max_centi_c => {
                    self.say(
                        &at("band"),
                        "the band is empty: min is not below max".into(),
                        "hundredths of a degree",
                    );
                }
                Some(band) => self.warn_band(index, &band),
                None => {}
            }
        }
    }

    /// The warn band lies inside the alarm band, or nobody is warned in time.
    fn warn_band(&mut self, index: usize, band: &Band) {
        let at = |key| [Step::Key("zones"), Step::Item(index), Step::Key("band"), Step::Key(key)];
        let inside = band.min_centi_c..=band.max_centi_c;
        for (key, edge) in
            [("warn_min_centi_c", band.warn_min_centi_c), ("warn_max_centi_c", band.warn_max_centi_c)]
        {
            if let Some(edge) = edge.filter(|edge| !inside.contains(edge)) {
                let what = format!("{key} = {edge} lies outside the band itself");
                self.say(&at(key), what, "between min_centi_c and max_centi_c");
            }
        }
        let (low, high) = (band.warn_min_centi_c, band.warn_max_centi_c);
        if low.unwrap_or(band.min_centi_c) >= high.unwrap_or(band.max_centi_c) {
            self.say(&at("warn_max_centi_c"), "the warn band is empty".into(), "hundredths of a degree");
        }
        if band.door_grace_s > DOOR_GRACE_MOST_S {
            let what = format!("an open door excuses {} s of warmth", band.door_grace_s);
            self.say(&at("door_grace_s"), what, &format!("at most {DOOR_GRACE_MOST_S} seconds"));
        }
    }

    fn devices(&mut self, devices: &[Device], zones: &[Zone], zones_cut: bool) {
        self.unique("devices", devices.iter().map(|device| device.id.as_str()));
        for (index, device) in devices.iter().enumerate() {
            let at = |key| [Step::Key("devices"), Step::Item(index), Step::Key(key)];
            let line = device.driver.line();
            if line.class != device.class {
                let what = format!(
                    "driver {} serves a {}, not a {}",
                    line.word,
                    line.class.word(),
                    device.class.word()
                );
                self.say(&at("driver"), what, &drivers_for(device.class));
                continue;
            }
            if !line.ports.contains(&device.port.kind()) {
                let words: Vec<&str> = line.ports.iter().map(|kind| kind.word()).collect();
                let what = format!("driver {} cannot use a {} port", line.word, device.port.kind().word());
                self.say(&at("port"), what, &format!("it takes {}:", words.join(": or ")));
            }
            for name in device.settings.given() {
                if !line.settings.contains(&name) {
                    let path =
                        [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key(name)];
                    let what = format!("driver {} has no setting {name}", line.word);
                    self.say(&path, what, &format!("it knows {}", line.settings.join(", ")));
                }
            }
            self.setting_ranges(index, device);
            self.model(index, device);
            self.registers(index, device);
            self.device_zone(index, device, zones, zones_cut);
        }
        self.lamps(devices);
        for (index, what, hint) in usb_printer::faults(devices) {
            self.say(&[Step::Key("devices"), Step::Item(index), Step::Key("port")], what, &hint);
        }
    }

    /// One lamp for a bin; a lamp at bins is no zone's buzzer.
    fn lamps(&mut self, devices: &[Device]) {
        let mut hung: BTreeMap<&str, &Device> = BTreeMap::new();
        for (index, device) in devices.iter().enumerate() {
            let Some(bins) = &device.settings.bins else { continue };
            let path = [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key("bins")];
            if let Some(zone) = &device.zone {
                let what = format!("lamp {} has bins and is also the buzzer of zone {zone}", device.id);
                self.say(&path, what, "leave out zone: an output with a zone sounds for its doors");
            }
            for bin in bins {
                if let Some(other) = hung.insert(bin.as_str(), device) {
                    let what = format!("bin {bin} has two lamps, {} and {}", other.id, device.id);
                    self.say(&path, what, "a bin has one lamp");
                }
            }
        }
    }

    fn setting_ranges(&mut self, index: usize, device: &Device) {
        let settings = &device.settings;
        let numbers = [
            ("baud", settings.baud, 300..=4_000_000),
            ("dedup_ms", settings.dedup_ms, 0..=500),
            ("key_gap_ms", settings.key_gap_ms, 50..=5_000),
            ("width_mm", settings.width_mm.map(u32::from), 20..=220),
            ("height_mm", settings.height_mm.map(u32::from), 10..=400),
            ("poll_ms", settings.poll_ms, 20..=3_600_000),
            ("stable_readings", settings.stable_readings.map(u32::from), 1..=20),
            ("max_g", settings.max_g, 1..=99_999),
            ("debounce_ms", settings.debounce_ms, 1..=5_000),
            ("gain_ppm", settings.gain_ppm, 900_000..=1_100_000),
            ("wires", settings.wires.map(u32::from), 2..=4),
            ("element_ohm", settings.element_ohm, 100..=1_000),
            ("reference_milli_ohm", settings.reference_milli_ohm, 200_000..=10_000_000),
            ("slave", settings.slave.map(u32::from), 1..=247),
        ];
        for (name, value, range) in numbers {
            if let Some(value) = value.filter(|value| !range.contains(value)) {
                let path = [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key(name)];
                let what = format!("{name} = {value} is outside {} to {}", range.start(), range.end());
                self.say(&path, what, "leave it out for the driver's usual value");
            }
        }
        if let Some(dpi) = settings.dpi.filter(|dpi| ![203, 300].contains(dpi)) {
            let path = [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key("dpi")];
            self.say(&path, format!("no labels are made for {dpi} dpi"), "dpi = 203 or dpi = 300");
        }
        if settings.suffix.is_some_and(|sign| !sign.is_ascii()) {
            let path = [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key("suffix")];
            self.say(&path, "a suffix is one ASCII character".into(), "for example \"\\t\" or \"\\u0003\"");
        }
        for (name, text) in [("feedback_ok", &settings.feedback_ok), ("feedback_bad", &settings.feedback_bad)]
        {
            if text.as_ref().is_some_and(|text| !text.is_ascii() || text.is_empty() || text.len() > 32) {
                let path = [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key(name)];
                self.say(&path, format!("{name} is 1 to 32 ASCII characters"), "for example \"\\u0007\"");
            }
        }
    }

    fn model(&mut self, index: usize, device: &Device) {
        let Some(model) = &device.settings.model else { return };
        let at = |key| [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key(key)];
        let Some(profile) = profiles::find(model) else {
            let hint = profiles::nearest(model).map_or_else(
                || "`firmware-config profiles` lists them; leave it out where none fits".to_owned(),
                |near| format!("did you mean {near:?}?"),
            );
            self.say(&at("model"), format!("there is no profile {model:?}"), &hint);
            return;
        };
        if profile.driver != device.driver {
            let word = profile.driver.line().word;
            let what =
                format!("a {} {} does not speak {}", profile.maker, profile.model, device.driver.line().word);
            self.say(&at("model"), what, &format!("driver = {word:?}"));
        }
        let room = profile.printer.as_ref().map(|printer| printer.printable_mm);
        if let (Some(room), Some(width)) = (room, device.settings.width_mm)
            && width > room
        {
            let what = format!("a {} {} prints {room} mm wide, not {width}", profile.maker, profile.model);
            self.say(&at("width_mm"), what, "what is wider is cut off at the edge");
        }
        let least = profile.scale.as_ref().map(|scale| scale.least_poll_ms);
        if let (Some(least), Some(poll)) = (least, device.settings.poll_ms)
            && poll < least
        {
            let what = format!("a {} {} answers every {least} ms at most", profile.maker, profile.model);
            self.say(&at("poll_ms"), what, &format!("poll_ms = {least} or more"));
        }
    }

    /// A transmitter's register map: complete, and short enough to be read at once.
    fn registers(&mut self, index: usize, device: &Device) {
        if !device.driver.on_modbus() {
            return;
        }
        let at = |key| [Step::Key("devices"), Step::Item(index), Step::Key("settings"), Step::Key(key)];
        let settings = &device.settings;
        for (key, there) in [("slave", settings.slave.is_some()), ("register", settings.register.is_some())] {
            if !there {
                let what = format!("{} is on a Modbus line and has no {key}", device.id);
                self.say(&at(key), what, "the maker's manual has a table of registers, inputs and coils");
            }
        }
        let (Some(register), Some(humidity)) = (settings.register, settings.humidity_register) else {
            return;
        };
        if !(1..=REGISTERS_APART).contains(&register.abs_diff(humidity)) {
            let what = format!("humidity in register {humidity} cannot be read together with {register}");
            self.say(&at("humidity_register"), what, &format!("1 to {REGISTERS_APART} registers apart"));
        }
    }

    fn device_zone(&mut self, index: usize, device: &Device, zones: &[Zone], zones_cut: bool) {
        let path = [Step::Key("devices"), Step::Item(index), Step::Key("zone")];
        match &device.zone {
            Some(zone) if !zones_cut && !zones.iter().any(|known| known.id == *zone) => {
                let known: Vec<&str> = zones.iter().map(|zone| zone.id.as_str()).collect();
                let what = format!("device {} watches zone {zone}, which does not exist", device.id);
                self.say(&path, what, &format!("the zones are {}", known.join(", ")));
            }
            None if matches!(device.class, DeviceClass::Sensor | DeviceClass::Door) => {
                let what = format!("{} {} watches no zone", device.class.word(), device.id);
                self.say(&path, what, "add zone = \"...\"");
            }
            Some(_) | None => {}
        }
    }

    /// Two things at one port: TCP listeners of this machine, and ports of devices.
    fn ports(&mut self, node: Option<&Node>, broker: Option<&Broker>, devices: &[Device]) {
        let mut listeners: Vec<(u16, &str, Vec<Step<'_>>)> = Vec::new();
        if let Some(node) = node {
            listeners.push((node.http.port(), "[node] http", vec![Step::Key("node"), Step::Key("http")]));
        }
        if let Some(broker) = broker {
            let path = |key| vec![Step::Key("broker"), Step::Key(key)];
            listeners.push((broker.tcp_port, "[broker] tcp_port", path("tcp_port")));
            listeners.push((broker.websocket_port, "[broker] websocket_port", path("websocket_port")));
        }
        let mut taken: BTreeMap<u16, &str> = BTreeMap::new();
        for (port, who, path) in listeners {
            if port == 0 {
                self.say(&path, format!("{who}: port 0 is none"), "1 to 65535");
            } else if let Some(other) = taken.insert(port, who) {
                self.say(
                    &path,
                    format!("port {port} is already taken by {other}"),
                    "give each listener its own",
                );
            }
        }
        for (index, device) in devices.iter().enumerate() {
            let Some(port) = own_port(&device.port) else { continue };
            if let Some(who) = taken.get(&port) {
                let what = format!("{} is at port {port} of this machine, where {who} listens", device.id);
                let path = [Step::Key("devices"), Step::Item(index), Step::Key("port")];
                self.say(&path, what, "give the device's own address");
            }
        }
        let mut plugged: BTreeMap<&Port, &Device> = BTreeMap::new();
        for (index, device) in devices.iter().enumerate() {
            if let Some(other) = plugged.insert(&device.port, device)
                && !share_a_line(other, device)
            {
                let what = format!("{} and {} are both at {}", other.id, device.id, device.port);
                let path = [Step::Key("devices"), Step::Item(index), Step::Key("port")];
                self.say(&path, what, "one device per port");
            }
        }
    }

    /// An encrypted broker lets in who has a certificate, and the devices of this file come with their agent's.
    fn certificates(&mut self, broker: &Broker, devices: bool) {
        let Some(tls) = &broker.tls else { return };
        let path = [Step::Key("broker"), Step::Key("tls")];
        for (cert, key, who) in
            [(&tls.node_cert, &tls.node_key, "node"), (&tls.agent_cert, &tls.agent_key, "agent")]
        {
            if cert.is_some() != key.is_some() {
                let what = format!("the {who}'s certificate needs its key, and a key its certificate");
                self.say(&path, what, &format!("name both {who}_cert and {who}_key"));
            }
        }
        if devices && tls.agent_cert.is_none() && tls.agent_key.is_none() {
            let what = "devices are listed, but their agent has no certificate".to_owned();
            self.say(&path, what, "add agent_cert and agent_key, with the common name agent");
        }
    }

    fn people(&mut self, people: &[Person]) {
        self.unique("people", people.iter().map(|person| person.id.as_str()));
        for (index, person) in people.iter().enumerate() {
            let at = |key| [Step::Key("people"), Step::Item(index), Step::Key(key)];
            match person.role {
                Role::Picker | Role::Receiver | Role::Manager | Role::Auditor => {}
                Role::Customer | Role::Rider | Role::CityOps | Role::Admin | Role::System => {
                    let what = format!("{} cannot have this role at a store", person.id);
                    self.say(&at("role"), what, "picker, receiver, manager or auditor");
                }
            }
            match (&person.pin_hash, &person.demo_pin) {
                (Some(hash), None) if !hash.starts_with("$argon2") => {
                    self.say(&at("pin_hash"), "this is no argon2 hash".into(), "it begins with $argon2id$");
                }
                (None, Some(pin)) if !is_pin(pin) => {
                    self.say(&at("demo_pin"), "a PIN has 4 to 8 digits".into(), "for example \"4711\"");
                }
                (Some(_), Some(_)) => {
                    self.say(&at("demo_pin"), "both pin_hash and demo_pin are given".into(), "keep one");
                }
                (None, None) => {
                    self.say(
                        &at("pin_hash"),
                        format!("{} has no PIN", person.id),
                        "add pin_hash or demo_pin",
                    );
                }
                (Some(_), None) | (None, Some(_)) => {}
            }
        }
    }

    fn unique<'n>(&mut self, list: &'static str, names: impl Iterator<Item = &'n str>) {
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (index, name) in names.enumerate() {
            if let Some(first) = seen.insert(name, index) {
                let line = self.tree.place(&[Step::Key(list), Step::Item(first), Step::Key("id")]).line;
                let path = [Step::Key(list), Step::Item(index), Step::Key("id")];
                self.say(
                    &path,
                    format!("id {name:?} stands twice in [[{list}]]"),
                    &format!("first on line {line}"),
                );
            }
        }
    }
}

/// Several slaves hang on one Modbus line: each has its own address or register, and all are set the same.
fn share_a_line(one: &Device, other: &Device) -> bool {
    let (a, b) = (&one.settings, &other.settings);
    let place = |device: &Device| {
        let settings = &device.settings;
        // Inputs, coils and the registers' tables are numbered apart.
        let bits = (device.driver != Driver::ModbusRtu).then_some(device.driver);
        (settings.slave, settings.register, settings.register_table, bits)
    };
    one.driver.on_modbus()
        && other.driver.on_modbus()
        && place(one) != place(other)
        && (a.baud, a.parity) == (b.baud, b.parity)
}

fn drivers_for(class: DeviceClass) -> String {
    let fitting = crate::Driver::TABLE.iter().filter(|line| line.class == class);
    let words: Vec<&str> = fitting.map(|line| line.word).collect();
    if words.is_empty() {
        format!("a {} enrols itself and is not listed", class.word())
    } else {
        format!("drivers for a {}: {}", class.word(), words.join(", "))
    }
}

/// The port number of a device that is reached at this machine's loopback address.
fn own_port(port: &Port) -> Option<u16> {
    match port {
        Port::Tcp(address) => {
            let (host, number) = address.rsplit_once(':')?;
            ["127.0.0.1", "localhost", "[::1]"].contains(&host).then(|| number.parse().ok())?
        }
        Port::Serial(_) | Port::File(_) | Port::I2c(..) | Port::Spi(_) | Port::Gpio(..) => None,
    }
}

fn is_pin(pin: &str) -> bool {
    (4..=8).contains(&pin.len()) && pin.bytes().all(|b| b.is_ascii_digit())
}
