//! The table of keys, in the order of the file. Nothing but the table.

use super::{Default, Key};

const fn key(path: &'static str, kind: &'static str, means: &'static str) -> Key {
    Key { path, kind, unit: "", default: Default::Needed, limits: None, req: "", means }
}

impl Key {
    const fn unit(self, unit: &'static str) -> Self {
        Self { unit, ..self }
    }
    const fn or(self, default: Default) -> Self {
        Self { default, ..self }
    }
    const fn within(self, least: i64, most: i64) -> Self {
        Self { limits: Some((least, most)), ..self }
    }
    const fn behind(self, req: &'static str) -> Self {
        Self { req, ..self }
    }
}

/// Every key of `store.toml`, in the order of the file.
pub const KEYS: &[Key] = &[
    key(
        "store.id",
        "a code, \"s1\"",
        "Short name of the store in topics, documents and labels. It can never change: the ledger and \
         the hub know the store by it.",
    )
    .behind("REQ-1"),
    key("store.name", "text", "The name people say and the console shows.").behind("REQ-1"),
    key(
        "store.city",
        "text",
        "The city. Rules that differ by city (bags, invoices) and the hub's shard hang on it.",
    )
    .behind("REQ-1"),
    key("store.address", "text", "Street address, as riders and invoices show it.")
        .or(Default::Is("\"\""))
        .behind("REQ-1"),
    key("store.lat", "a number, 12.9719", "Latitude of the door that riders leave from.")
        .unit("degrees north")
        .within(-90, 90)
        .behind("REQ-1"),
    key("store.lon", "a number, 77.6412", "Longitude of the door that riders leave from.")
        .unit("degrees east")
        .within(-180, 180)
        .behind("REQ-1"),
    key(
        "store.time_zone",
        "an IANA name, \"Asia/Kolkata\"",
        "Decides where the business day ends, and with it when lots expire and invoices count.",
    )
    .behind("REQ-101, REQ-10"),
    key("store.service_radius_m", "a whole number", "How far from the door it delivers.")
        .unit("metres")
        .within(100, 20000)
        .behind("REQ-1"),
    key(
        "store.capacity_orders",
        "a whole number",
        "Orders in work at once; the store throttles and then pauses as it nears this.",
    )
    .unit("orders")
    .within(1, 4294967295)
    .behind("REQ-105"),
    key(
        "node.data_dir",
        "a folder, \"/var/lib/larder/s1\"",
        "Where the store node keeps its database and everything else. It needs room for 30 days without \
         the hub.",
    )
    .behind("REQ-51"),
    key(
        "node.http",
        "an address, \"127.0.0.1:8081\"",
        "Where console, pickers' app and API answer. Port and address of the store's network.",
    )
    .behind("REQ-45"),
    key(
        "hub.url",
        "an address, \"https://hub.example\"",
        "Where the central hub is. In the clear only on this machine itself.",
    )
    .behind("REQ-49"),
    key(
        "hub.token",
        "text of 16 characters or more",
        "What this store proves itself with at the hub. A secret: the file is readable by the node \
         alone.",
    )
    .behind("REQ-52"),
    key(
        "hub.tls.ca",
        "a path",
        "PEM file of the hub's own authority. With this section the link is encrypted and both sides show \
         a certificate; without it only a hub on this machine is reached.",
    )
    .behind("REQ-91"),
    key(
        "hub.tls.cert",
        "a path",
        "PEM file of this store's certificate from the hub's authority; its common name is the store's id.",
    )
    .behind("REQ-91"),
    key("hub.tls.key", "a path", "PEM file of its private key. A secret.").behind("REQ-91"),
    key(
        "broker.mode",
        "\"embedded\", \"mosquitto-managed\" or \"external\"",
        "Who runs the MQTT broker: the store node is it itself, or starts a Mosquitto and watches it, or \
         finds one that somebody else runs.",
    )
    .or(Default::Is("\"embedded\""))
    .behind("REQ-46"),
    key(
        "broker.host",
        "an IP address",
        "The address the broker listens at, or where the external one is. Handhelds reach it only if it \
         is an address of the store's network.",
    )
    .or(Default::Is("\"127.0.0.1\""))
    .behind("REQ-46"),
    key("broker.tcp_port", "a whole number", "MQTT for the node and the device agents.")
        .within(1, 65535)
        .behind("REQ-46"),
    key("broker.websocket_port", "a whole number", "MQTT over WebSocket, for handhelds.")
        .within(1, 65535)
        .behind("REQ-45"),
    key(
        "broker.tls.ca",
        "a path",
        "PEM file of the store's own authority. With this section both listeners are encrypted, and who \
         connects over TCP needs a certificate of this authority; its common name is its user name.",
    )
    .behind("REQ-91"),
    key(
        "broker.tls.cert",
        "a path",
        "PEM file of the broker's certificate, valid for its address.",
    )
    .behind("REQ-91"),
    key("broker.tls.key", "a path", "PEM file of its private key. A secret.").behind("REQ-91"),
    key(
        "broker.tls.crl",
        "a path",
        "PEM file of those whose certificates were taken back; read anew when it changes.",
    )
    .or(Default::Nothing)
    .behind("REQ-48"),
    key(
        "broker.tls.node_cert",
        "a path",
        "PEM file of the certificate the node itself comes with, common name larder-node. Without it the \
         broker's own, which then has to bear that name.",
    )
    .or(Default::Nothing)
    .behind("REQ-91"),
    key("broker.tls.node_key", "a path", "PEM file of its private key. A secret.")
        .or(Default::Nothing)
        .behind("REQ-91"),
    key(
        "broker.tls.agent_cert",
        "a path",
        "PEM file of the device agent's certificate, common name agent. Needed where devices are listed.",
    )
    .or(Default::Nothing)
    .behind("REQ-91"),
    key("broker.tls.agent_key", "a path", "PEM file of its private key. A secret.")
        .or(Default::Nothing)
        .behind("REQ-91"),
    key(
        "layout.aisle_spacing_cm",
        "a whole number",
        "From the middle of one aisle to the middle of the next. Pick routes are measured with it.",
    )
    .unit("centimetres")
    .within(50, 2000)
    .behind("REQ-2"),
    key("layout.bay_spacing_cm", "a whole number", "From one bay to the next along an aisle.")
        .unit("centimetres")
        .within(20, 1000)
        .behind("REQ-2"),
    key("layout.level_height_cm", "a whole number", "From one shelf level to the next.")
        .unit("centimetres")
        .within(10, 300)
        .behind("REQ-2"),
    key("layout.walk_cm_per_s", "a whole number", "How fast pickers walk; promises are computed with it.")
        .unit("centimetres per second")
        .or(Default::Is("120"))
        .within(30, 300)
        .behind("REQ-2"),
    key("layout.packing_stations", "a whole number", "Packing stations; a usual store has 3 to 5.")
        .unit("stations")
        .within(1, 20)
        .behind("REQ-2"),
    key(
        "scanning.in_store[]",
        "thirteen places, \"21IIIIIWWWWWC\"",
        "How the store's own EAN-13 numbers are read: I item, W grams, P price in paise, N pieces, V their check \
         digit, X anything, C the last digit. The item is the product whose barcode has this number with zeros \
         for the measure.",
    )
    .or(Default::Nothing)
    .behind("REQ-41"),
    key(
        "zones[].id",
        "a code, \"cold-1\"",
        "Name of the zone on labels and in bins. Among ambient zones, A is walked as the fastest and B \
         as the next.",
    )
    .behind("REQ-2"),
    key(
        "zones[].temp",
        "\"ambient\", \"fresh\", \"chilled\" or \"frozen\"",
        "What may be kept there. Goods of another class cannot be put away here.",
    )
    .behind("REQ-2"),
    key("zones[].aisles", "a whole number", "Aisles side by side.")
        .unit("aisles")
        .within(1, 500)
        .behind("REQ-2"),
    key("zones[].bays", "a whole number", "Bays along each side of an aisle.")
        .unit("bays")
        .within(1, 500)
        .behind("REQ-2"),
    key("zones[].levels", "a whole number", "Shelf levels of each bay.")
        .unit("levels")
        .within(1, 500)
        .behind("REQ-2"),
    key(
        "zones[].band.min_centi_c",
        "a whole number, -1800 is -18 degC",
        "Lowest temperature allowed. Cold zones need a band.",
    )
    .unit("hundredths of a degree Celsius")
    .behind("REQ-18"),
    key(
        "zones[].band.max_centi_c",
        "a whole number, 500 is 5 degC",
        "Highest temperature allowed; it lies above min_centi_c.",
    )
    .unit("hundredths of a degree Celsius")
    .behind("REQ-18"),
    key(
        "zones[].band.alarm_delay_s",
        "a whole number",
        "How long the zone may be outside its band before the alarm rings.",
    )
    .unit("seconds")
    .behind("REQ-18"),
    key(
        "zones[].band.silent_after_s",
        "a whole number",
        "No reading for this long is an alarm of its own. It lies above the sensors' poll_ms.",
    )
    .unit("seconds")
    .or(Default::Is("60"))
    .behind("REQ-18"),
    key(
        "zones[].band.warn_min_centi_c",
        "a whole number, 50 is 0.5 degC",
        "Below this for alarm_delay_s people are warned, and nothing is blocked. It lies inside the band.",
    )
    .unit("hundredths of a degree Celsius")
    .or(Default::Nothing)
    .behind("REQ-18"),
    key(
        "zones[].band.warn_max_centi_c",
        "a whole number, 450 is 4.5 degC",
        "Above this for alarm_delay_s people are warned, and nothing is blocked. It lies inside the band.",
    )
    .unit("hundredths of a degree Celsius")
    .or(Default::Nothing)
    .behind("REQ-18"),
    key(
        "zones[].band.door_grace_s",
        "a whole number",
        "After its door was open the zone has so much longer until the alarm; however often the door moves, the alarm \
         comes no later than this after alarm_delay_s.",
    )
    .unit("seconds")
    .or(Default::Is("300"))
    .within(0, 900)
    .behind("REQ-18, REQ-95"),
    key(
        "devices[].id",
        "a code, \"scan-pack-1\"",
        "Name of the device, also on MQTT. A device that keeps its id keeps its history.",
    )
    .behind("REQ-46"),
    key(
        "devices[].class",
        "\"scanner\", \"printer\", \"sensor\", \"scale\", \"door\" or \"output\"",
        "What the device is. Handhelds enrol themselves and are not listed.",
    )
    .behind("REQ-46"),
    key(
        "devices[].driver",
        "\"serial-lines\", \"zebra-ssi\", \"hid-wedge\", \"escpos\", \"zpl\", \"ds18b20\", \"toledo-w\", \"nci\", \"gpio-door\", \"gpio-output\", \"sht3x\", \"sht4x\", \"bme280\", \"max31865\", \"modbus-rtu\", \"modbus-door\" or \"modbus-output\"",
        "Who speaks to it; each driver serves one class and some kinds of port.",
    )
    .behind("REQ-41 to REQ-44"),
    key(
        "devices[].port",
        "\"serial:/dev/serial/by-id/NAME\", \"tcp:HOST:PORT\", \"file:/PATH\", \"i2c:/dev/i2c-1:0x44\", \"spi:/dev/spidev0.0\" or \"gpio:/dev/gpiochip0:LINE\"",
        "Where it is plugged in. One device per port, but for transmitters on one Modbus line; name serial lines by /dev/serial/by-id, so that a \
         replug finds them, and USB printers by file:/dev/larder/printer/by-serial/SERIAL or .../by-plug/1-4.",
    )
    .behind("REQ-41 to REQ-44"),
    key("devices[].zone", "the id of a zone", "The zone a sensor watches; every sensor needs one.")
        .or(Default::Nothing)
        .behind("REQ-18"),
    key(
        "devices[].settings.model",
        "the id of a profile, \"zebra-ds2208\"",
        "The model, as `firmware-config profiles` lists it. Driver, width and pace are checked against \
         its profile, and its USB port is kept awake. A receipt printer gets what its model can do, no more.",
    )
    .or(Default::Nothing)
    .behind("REQ-48"),
    key(
        "devices[].settings.baud",
        "a whole number",
        "Speed of the serial line. USB-CDC devices do not care.",
    )
    .unit("bits per second")
    .or(Default::Is("115200 for scanners, 9600 for scales and printers"))
    .within(300, 4000000)
    .behind("REQ-41, REQ-42, REQ-44"),
    key("devices[].settings.prefix", "text", "What the scanner sends before each scan; it is taken off.")
        .or(Default::Nothing)
        .behind("REQ-41"),
    key(
        "devices[].settings.suffix",
        "one ASCII character, \"\\t\"",
        "The character that ends a scan, where it is neither CR nor LF.",
    )
    .or(Default::Is("CR or LF"))
    .behind("REQ-41"),
    key(
        "devices[].settings.dedup_ms",
        "a whole number",
        "The same code again within this time is the device's habit (some send each scan twice) and is dropped; \
         a person is slower. 0 lets each one count.",
    )
    .unit("milliseconds")
    .or(Default::Is("what the model's profile says, else 100"))
    .within(0, 500)
    .behind("REQ-41"),
    key(
        "devices[].settings.feedback_ok",
        "text of at most 32 ASCII characters, \"\\u0006\"",
        "What a serial scanner is sent when the store has taken the scan, where its guide names something that \
         beeps or blinks.",
    )
    .or(Default::Nothing)
    .behind("REQ-32"),
    key(
        "devices[].settings.feedback_bad",
        "text of at most 32 ASCII characters, \"\\u0007\"",
        "What a serial scanner is sent when the store has refused the scan, or when it came disturbed.",
    )
    .or(Default::Nothing)
    .behind("REQ-32"),
    key(
        "devices[].settings.key_gap_ms",
        "a whole number",
        "A scanner that types and pauses this long amid a code has lost the rest: the half is dropped and said so.",
    )
    .unit("milliseconds")
    .or(Default::Is("500"))
    .within(50, 5000)
    .behind("REQ-41"),
    key(
        "devices[].settings.separators",
        "trusted, unknown or lost",
        "What becomes of the separators in a GS1 code (the sign GS) on the way from the scanner. Where they are lost, a code \
         whose lot could hold another element is called ambiguous and never guessed; set a scanner that types to send \
         control signs, try it with a lot in the middle of a code, and only then call it trusted.",
    )
    .or(Default::Is("trusted for serial lines and SSI, lost for a scanner that types"))
    .behind("REQ-41"),
    key(
        "devices[].settings.width_mm",
        "a whole number",
        "Width that can be printed on, not that of the paper: 72 on 80 mm paper, 48 on 58 mm paper.",
    )
    .unit("millimetres")
    .or(Default::Is("72 for escpos, 50 for zpl"))
    .within(20, 220)
    .behind("REQ-42"),
    key("devices[].settings.height_mm", "a whole number", "Height of a label.")
        .unit("millimetres")
        .or(Default::Is("50"))
        .within(10, 400)
        .behind("REQ-42"),
    key(
        "devices[].settings.dpi",
        "203 or 300",
        "How fine a label printer's head is. A wrong one makes labels half as large again.",
    )
    .unit("dots per inch")
    .or(Default::Is("203"))
    .within(203, 300)
    .behind("REQ-42"),
    key(
        "devices[].settings.language",
        "\"en\" or \"hi\"",
        "The language on this printer's paper. Names without Hindi stand in English.",
    )
    .or(Default::Is("\"en\""))
    .behind("REQ-42"),
    key(
        "devices[].settings.reports_status",
        "true or false",
        "Whether the printer answers when asked for its state. Without an answer a job ends as sent, \
         unconfirmed.",
    )
    .or(Default::Is("true"))
    .behind("REQ-42"),
    key("devices[].settings.poll_ms", "a whole number", "Time between two readings.")
        .unit("milliseconds")
        .or(Default::Is("5000 for sensors, 150 for scales"))
        .within(20, 3600000)
        .behind("REQ-43, REQ-44"),
    key(
        "devices[].settings.offset_milli_c",
        "a whole number, -120 is -0.12 degC",
        "Added to every reading, from the sensor's calibration certificate.",
    )
    .unit("thousandths of a degree Celsius")
    .or(Default::Is("0"))
    .behind("REQ-43"),
    key(
        "devices[].settings.gain_ppm",
        "a whole number, 1002000 is 0.2 % more",
        "What every raw reading is multiplied by before the offset is added, from the calibration certificate.",
    )
    .unit("millionths")
    .or(Default::Is("1000000"))
    .within(900000, 1100000)
    .behind("REQ-18, REQ-43"),
    key(
        "devices[].settings.certificate",
        "text, \"NABL-2026-0417\"",
        "Number of the calibration certificate; it stands in the temperature log and its reports.",
    )
    .or(Default::Nothing)
    .behind("REQ-18, REQ-22"),
    key(
        "devices[].settings.calibration_due",
        "a date, \"2027-05-31\"",
        "When the sensor has to be calibrated again.",
    )
    .or(Default::Nothing)
    .behind("REQ-43"),
    key("devices[].settings.wires", "2, 3 or 4", "Wires that lead to a platinum element.")
        .unit("wires")
        .or(Default::Is("2"))
        .within(2, 4)
        .behind("REQ-43"),
    key("devices[].settings.element_ohm", "100 or 1000", "A platinum element's resistance at 0 degC.")
        .unit("ohms")
        .or(Default::Is("100"))
        .within(100, 1000)
        .behind("REQ-43"),
    key(
        "devices[].settings.reference_milli_ohm",
        "a whole number, 430000 is 430 ohms",
        "The reference resistor on the MAX31865's board.",
    )
    .unit("thousandths of an ohm")
    .or(Default::Is("430000 for 100 ohms, 4300000 for 1000"))
    .within(200000, 10000000)
    .behind("REQ-43"),
    key(
        "devices[].settings.parity",
        "\"none\", \"even\" or \"odd\"",
        "Parity bit of a Modbus line; all its devices have the same.",
    )
    .or(Default::Is("\"none\""))
    .behind("REQ-43"),
    key("devices[].settings.slave", "a whole number", "Modbus address of the transmitter or module.")
        .or(Default::Nothing)
        .within(1, 247)
        .behind("REQ-43"),
    key(
        "devices[].settings.register",
        "a whole number, 0 for what manuals call 1, 10001, 30001 or 40001",
        "First register of the temperature, discrete input of a door or coil of an output, counted from 0 as on the wire.",
    )
    .or(Default::Nothing)
    .within(0, 65535)
    .behind("REQ-43"),
    key(
        "devices[].settings.register_table",
        "\"input\" or \"holding\"",
        "Which table the registers are in: input is function 4, holding is function 3.",
    )
    .or(Default::Is("\"input\""))
    .behind("REQ-43"),
    key(
        "devices[].settings.register_form",
        "\"i16\", \"u16\", \"i32\", \"i32-swapped\", \"f32\" or \"f32-swapped\"",
        "How a value stands in its one or two registers; swapped has the lower half first.",
    )
    .or(Default::Is("\"i16\""))
    .behind("REQ-43"),
    key(
        "devices[].settings.milli_per_count",
        "a whole number, 100 is a tenth of a degree",
        "What one count of a register is worth.",
    )
    .unit("thousandths of a degree Celsius or of a percent")
    .or(Default::Is("100, or 1000 for f32"))
    .behind("REQ-43"),
    key(
        "devices[].settings.humidity_register",
        "a whole number",
        "First register of the humidity, in the same table and form and near the temperature's.",
    )
    .or(Default::Nothing)
    .within(0, 65535)
    .behind("REQ-43"),
    key(
        "devices[].settings.stable_readings",
        "a whole number",
        "How many equal readings in a row make a weight.",
    )
    .unit("readings")
    .or(Default::Is("3"))
    .within(1, 20)
    .behind("REQ-44"),
    key("devices[].settings.max_g", "a whole number", "The scale's range; a heavier reading is refused.")
        .unit("grams")
        .or(Default::Is("30000"))
        .within(1, 99999)
        .behind("REQ-44"),
    key(
        "devices[].settings.stamp_until",
        "a date, \"2027-05-31\"",
        "The last day of the scale's verification stamp. From the next day on its weights are marked: they check \
         bags, but they cannot price goods.",
    )
    .or(Default::Nothing)
    .behind("REQ-44"),
    key(
        "devices[].settings.active_low",
        "true or false",
        "Turns the line round. Without it a door is open and an output is on when the line is high.",
    )
    .or(Default::Is("false"))
    .behind("REQ-43"),
    key(
        "devices[].settings.bins[]",
        "a list of bins, [\"C1-01-L1\"]",
        "The bins at which a pick-to-light lamp hangs. It shines while a picker walks to one of them, and goes out with \
         the pick. An output with bins has no zone: one with a zone is that zone's buzzer.",
    )
    .or(Default::Nothing)
    .behind("REQ-43"),
    key(
        "devices[].settings.debounce_ms",
        "a whole number",
        "A door contact that changes back within this time has only bounced.",
    )
    .unit("milliseconds")
    .or(Default::Is("50"))
    .within(1, 5000)
    .behind("REQ-43"),
    key("people[].id", "a code, \"asha\"", "Pseudonym that stands in the ledger for ever. Not a name.")
        .behind("REQ-3"),
    key("people[].name", "text", "The name the app greets with; never in the ledger.").behind("REQ-3"),
    key(
        "people[].role",
        "\"picker\", \"receiver\", \"manager\" or \"auditor\"",
        "What the person may do at the store.",
    )
    .behind("REQ-3"),
    key(
        "people[].pin_hash",
        "an argon2 hash, \"$argon2id$...\"",
        "Hash of the PIN. Each person has this or, in demonstrations, demo_pin.",
    )
    .or(Default::Nothing)
    .behind("REQ-3"),
    key(
        "people[].demo_pin",
        "4 to 8 digits in quotes, \"4711\"",
        "The PIN itself, for demonstrations only: whoever reads the file knows it.",
    )
    .or(Default::Nothing)
    .behind("REQ-3"),
];
