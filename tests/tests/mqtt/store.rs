//! A store whose broker is encrypted: its authority, its processes, its devices.

use super::PATIENCE;
use device_drivers::printer::Language;
use device_drivers::sim::{SimPrinter, SimScanner};
use firmware_config::enrol::{Authority, broker_tls};
use model::api::store::{DeviceRow, OrderDetail, PaperRequest};
use model::mqtt::Health;
use model::{CommandId, DeviceId};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rumqttc::{AsyncClient, MqttOptions, TlsConfiguration, Transport};
use rusqlite::{Connection, OpenFlags};
use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tests::demo::now;
use tests::demo::procs::Proc;
use tests::demo::web::Site;
use tests::scorecard::fixed_scanner::{self, FixedScanner, trusting};
use tests::scorecard::order_commit::basket;
use tests::scorecard::scan_ack::devices_and_people;
use tests::scorecard::served::{self, House};

/// Scans that may go by while everybody comes back.
const TRIES: usize = 6;

/// A client's certificate and key, and its authority.
pub struct Papers {
    pub authority: PathBuf,
    pub certificate: PathBuf,
    pub key: PathBuf,
}

pub struct Store {
    pub broker: String,
    pub house: House,
    pub tcp_port: u16,
    authority: Authority,
    other: PathBuf,
    node: Option<Proc>,
    agent: Option<Proc>,
    console: Site,
    bench: FixedScanner,
    printers: [SimPrinter; 2],
    turn: AtomicU64,
}

/// A label printer that is listed and not there: its name is free for a guest.
const ABSENT: &str = "[[devices]]\nid = \"label-9\"\nclass = \"printer\"\ndriver = \"zpl\"\nport = \"tcp:127.0.0.1:9\"\n\
     settings = { width_mm = 50, height_mm = 50 }\n\n";

fn authority(folder: &Path) -> Authority {
    Authority::create(folder, "s1", &["127.0.0.1".to_owned()], now()).unwrap()
}

impl Store {
    pub async fn open(dir: &Path, broker: &str) -> Self {
        let home = dir.join("store");
        std::fs::create_dir_all(&home).unwrap();
        let enrol = home.join("enrol");
        let authority = authority(&enrol);
        let tty = dir.join("scan-pack");
        let scanner = SimScanner::plug_in(&tty).unwrap();
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let printers = [
            SimPrinter::start(Language::Escpos, free).await.unwrap(),
            SimPrinter::start(Language::Zpl, free).await.unwrap(),
        ];
        let text = devices_and_people(&tty, &printers) + ABSENT + &broker_tls(&enrol);
        let house = House::build(&home, &text).unwrap();
        let house = House {
            program: env!("CARGO_BIN_EXE_demo").into(),
            authority: Some(enrol.join("ca.crt")),
            ..house
        };
        let text = std::fs::read_to_string(&house.config).unwrap();
        std::fs::write(&house.config, text.replace("\"embedded\"", &format!("\"{broker}\""))).unwrap();
        let tcp_port = firmware_config::load(&house.config).unwrap().broker.tcp_port;
        let (node, _) = house.start().await.unwrap();
        let agent = house.start_agent().unwrap();
        let console = house.manager().await.unwrap();
        let mut rng = SmallRng::seed_from_u64(7);
        served::order(&console, 1, &[(1, 40), (2, 40), (3, 40)]).await.unwrap();
        let bench = FixedScanner::take_work(&house, &console, scanner, &mut rng).await.unwrap();
        let (broker, turn) = (broker.to_owned(), AtomicU64::new(100));
        let other = dir.join("other");
        let (node, agent) = (Some(node), Some(agent));
        Self { broker, house, tcp_port, authority, other, node, agent, console, bench, printers, turn }
    }

    /// A number that was not used yet.
    fn turn(&self) -> u64 {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    pub fn is_mosquitto(&self) -> bool {
        self.broker != "embedded"
    }

    pub async fn close(self) {
        let (agent, node) = (self.agent.unwrap(), self.node.unwrap());
        assert!(agent.stop(PATIENCE).await && node.stop(PATIENCE).await, "they stop by themselves");
    }

    /// The agent stands still and reads nothing.
    pub fn freeze_agent(&self) {
        self.agent.as_ref().unwrap().freeze();
    }

    /// kill -9 of the agent.
    pub async fn without_agent(&mut self) {
        self.agent.take().unwrap().kill().await.unwrap();
    }

    pub fn with_agent(&mut self) {
        self.agent = Some(self.house.start_agent().unwrap());
    }

    /// kill -9 of the node, and with it of the embedded broker.
    pub async fn without_node(&mut self) {
        self.node.take().unwrap().kill().await.unwrap();
    }

    pub async fn with_node(&mut self) {
        self.node = Some(self.house.start().await.unwrap().0);
    }

    pub fn authority_file(&self) -> PathBuf {
        self.house.authority.clone().unwrap()
    }

    /// The authority of another store.
    pub fn other_authority(&self) -> Authority {
        authority(&self.other)
    }

    /// What a device is given that was invited and came.
    pub fn papers(&self, device: &str) -> Papers {
        let papers = Self::papers_of(&self.authority, device);
        Papers { authority: self.authority_file(), ..papers }
    }

    pub fn papers_of(authority: &Authority, device: &str) -> Papers {
        let id = DeviceId::new(device).unwrap();
        let mut random = File::open("/dev/urandom").unwrap();
        let code = authority.invite(&id, now(), &mut random).unwrap();
        let papers = authority.redeem(&id, &code, now()).unwrap();
        let folder = tempfile::tempdir().unwrap().keep();
        let write = |name: &str, text: &str| {
            let path = folder.join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        Papers {
            authority: write("ca.crt", &papers.authority),
            certificate: write("device.crt", &papers.certificate),
            key: write("device.key", &papers.key),
        }
    }

    /// A copy of what the store's own program has now.
    pub fn copy_of(&self, program: &str) -> Papers {
        let enrol = self.house.dir.join("enrol");
        let folder = tempfile::tempdir().unwrap().keep();
        let copy = |ending: &str| {
            let to = folder.join(format!("former.{ending}"));
            std::fs::copy(enrol.join(format!("{program}.{ending}")), &to).unwrap();
            to
        };
        Papers { authority: self.authority_file(), certificate: copy("crt"), key: copy("key") }
    }

    /// The certificate in a program's file.
    pub fn certificate(&self, program: &str) -> Vec<u8> {
        let path = self.house.dir.join("enrol").join(format!("{program}.crt"));
        firmware_config::pem::certificates(&path).unwrap()[0].to_vec()
    }

    pub fn take_back(&self, device: &str) {
        self.authority.revoke(&DeviceId::new(device).unwrap(), now()).unwrap();
    }

    pub fn renew(&self) {
        self.authority.renew(&["127.0.0.1".to_owned()], true, now()).unwrap();
    }

    /// Scans at the fixed scanner show at the handheld: agent, broker, node, broker, handheld.
    pub async fn scans_count(&mut self) {
        for _ in 0..TRIES {
            let before = self.bench.lost;
            self.bench.scan_many(3).await.unwrap();
            if self.bench.lost == before {
                return;
            }
        }
        panic!("{}: scans do not count", self.broker);
    }

    /// A label is asked for, comes out of the printer, and the store hears that it did.
    pub async fn a_label_comes_out(&self) {
        let printed = self.printers[1].jobs().len();
        self.ask_for_a_label().await;
        self.label_is_out(printed + 1).await;
    }

    pub async fn ask_for_a_label(&self) {
        let sku = model::SkuId::new(basket::code(1)).unwrap();
        let id = CommandId::new(now(), self.turn().into());
        let request = PaperRequest::Shelf { sku };
        self.console.post::<()>("/api/v1/papers", id, &request).await.unwrap();
    }

    /// Waits until `labels` have come out, and no job is open; more must not.
    pub async fn label_is_out(&self, labels: usize) {
        let done = async {
            while self.printers[1].jobs().len() < labels || self.jobs("state <> 'done'") > 0 {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let came = tokio::time::timeout(PATIENCE, done).await;
        assert!(came.is_ok(), "{}: {} open", self.broker, self.jobs("state <> 'done'"));
        assert_eq!(self.printers[1].jobs().len(), labels, "{}", self.broker);
    }

    /// Waits until the store has said a print job to whoever has the printer.
    pub async fn wait_until_said(&self) {
        let said = async {
            while self.jobs("state = 'sent'") == 0 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, said).await.unwrap();
    }

    fn jobs(&self, so: &str) -> i64 {
        let path = store_node::run::database(&self.house.dir);
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        db.query_row(&format!("SELECT count(*) FROM print_job WHERE {so}"), [], |row| row.get(0)).unwrap()
    }

    /// Scans different pieces at the fixed scanner, whoever hears it.
    pub async fn scan_unheard(&mut self, pieces: usize) {
        let (_, codes) = self.bench.goods().unwrap();
        for code in &codes[..pieces] {
            self.bench.scanner.scan(code).await.unwrap();
        }
    }

    /// Pieces that the store has counted.
    pub async fn counted(&self) -> u32 {
        let (order, _) = self.bench.goods().unwrap();
        let detail: OrderDetail = self.console.get(&format!("/api/v1/orders/{order}")).await.unwrap();
        detail.lines.iter().map(|line| line.picked.get()).sum()
    }

    pub async fn wait_until_counted(&self, pieces: u32) {
        let counted = async {
            while self.counted().await < pieces {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, counted).await.unwrap();
        assert_eq!(self.counted().await, pieces);
    }

    /// Waits until the console shows that the device works.
    pub async fn device_is_there(&self, device: &str) {
        let there = async {
            loop {
                let rows: Vec<DeviceRow> = self.console.get("/api/v1/devices").await.unwrap();
                let row = rows.iter().find(|row| row.device.as_str() == device);
                if row.is_some_and(|row| row.health == Health::Ok) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        assert!(tokio::time::timeout(PATIENCE, there).await.is_ok(), "{}: {device}", self.broker);
    }

    /// Whether a handheld that trusts this authority comes in; `None` = one that does not encrypt.
    pub async fn handheld_comes(&self, trust: Option<&Path>) -> bool {
        let mut rng = SmallRng::seed_from_u64(self.turn());
        let enrolled = fixed_scanner::enrol(&self.console, 9, &mut rng).await.unwrap();
        let (kind, transport) = match trust {
            None => ("ws", Transport::Ws),
            Some(file) => {
                ("wss", Transport::wss_with_config(TlsConfiguration::Rustls(trusting(file).unwrap())))
            }
        };
        let url = format!("{kind}://127.0.0.1:{}/mqtt", self.house.ws_port);
        let mut options = MqttOptions::new(enrolled.device.as_str(), url, self.house.ws_port);
        options.set_transport(transport).set_credentials(enrolled.device.as_str(), &enrolled.token);
        let (_client, mut events) = AsyncClient::new(options, 4);
        tokio::time::timeout(PATIENCE, events.poll()).await.unwrap().is_ok()
    }

    /// Waits until the broker listens (again).
    pub async fn broker_is_up(&self) {
        let up = async {
            while tokio::net::TcpStream::connect((Ipv4Addr::LOCALHOST, self.tcp_port)).await.is_err() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, up).await.unwrap();
    }
}
