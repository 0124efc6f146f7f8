//! Pick-to-light over the whole way (REQ-43): the view of a picker's handheld, the node, MQTT, the agent, a GPIO line. The
//! lamp of the bin to which the picker goes next shines, the other is dark, and after the last piece both are.

#![expect(clippy::unwrap_used, reason = "a test's helpers stop at what must not happen")]

use device_drivers::printer::Language;
use device_drivers::sim::{SimGpio, SimPrinter, SimScanner};
use model::{BinId, SkuId};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};
use store_node::reader::Reader;
use tests::scorecard::fixed_scanner::FixedScanner;
use tests::scorecard::order_commit::basket;
use tests::scorecard::scan_ack::devices_and_people;
use tests::scorecard::served::{self, House};

/// A commit, an MQTT round, an agent's turn; a busy machine takes longer.
const SEEN_LIMIT: Duration = Duration::from_secs(20);
/// The products of the order, and the GPIO lines of the lamps at their bins.
const LAMPS: [(usize, u32); 2] = [(1, 4), (2, 5)];

/// Every bin where a product lies, in a store that was filled as the test's is.
fn bins(dir: &Path, product: usize) -> Vec<BinId> {
    let mut reader = Reader::open(&store_node::run::database(dir)).unwrap();
    let sku = SkuId::new(basket::code(product)).unwrap();
    let detail = reader.stock_detail(&sku, store_node::clock::now()).unwrap().unwrap();
    detail.lots.into_iter().map(|lot| lot.bin).collect()
}

async fn shine(gpio: &SimGpio, want: [bool; 2], when: &str) {
    let begun = Instant::now();
    loop {
        let is = LAMPS.map(|(_, line)| gpio.is_high(line).unwrap());
        if is == want {
            return;
        }
        assert!(begun.elapsed() < SEEN_LIMIT, "{when}: the lamps are {is:?}, not {want:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lamp_of_the_next_bin_shines_until_its_pieces_are_picked() {
    let dir = tempfile::tempdir().unwrap();
    let (tty, chip) = (dir.path().join("scan-pack"), dir.path().join("gpio"));
    let scanner = SimScanner::plug_in(&tty).unwrap();
    let gpio = SimGpio::plug_in(&chip).unwrap();
    let free = SocketAddr::from(([127, 0, 0, 1], 0));
    let printers = [
        SimPrinter::start(Language::Escpos, free).await.unwrap(),
        SimPrinter::start(Language::Zpl, free).await.unwrap(),
    ];
    // Piece after piece of one product, faster than a hand: each scan counts.
    let port = format!("port = \"serial:{}\"\n", tty.display());
    let plain = devices_and_people(&tty, &printers);
    let plain = plain.replacen(&port, &format!("{port}settings = {{ dedup_ms = 0 }}\n"), 1);
    let probe = House::build(&dir.path().join("probe"), &plain).unwrap();
    let places = LAMPS.map(|(product, _)| bins(&probe.dir, product));
    let mut text = plain;
    for ((_, line), bins) in LAMPS.iter().zip(&places) {
        gpio.set(*line, false).unwrap();
        let mut bins: Vec<String> = bins.iter().map(|bin| format!("{:?}", bin.as_str())).collect();
        bins.sort();
        bins.dedup();
        text += &format!(
            "[[devices]]\nid = \"lamp-{line}\"\nclass = \"output\"\ndriver = \"gpio-output\"\n\
             port = \"gpio:{}:{line}\"\nsettings = {{ bins = [{}] }}\n\n",
            chip.display(),
            bins.join(", "),
        );
    }
    let house = House {
        program: env!("CARGO_BIN_EXE_demo").into(),
        ..House::build(&dir.path().join("store"), &text).unwrap()
    };
    let (node, _) = house.start().await.unwrap();
    let agent = house.start_agent().unwrap();
    let console = house.manager().await.unwrap();
    let mut rng = SmallRng::seed_from_u64(5);
    // The picker of the benchmark takes the two in turn, the second first: with one piece of the first that bin is done first.
    let lines = [(LAMPS[0].0, 1), (LAMPS[1].0, 3)];
    served::order(&console, 1, &lines).await.unwrap().unwrap();
    let mut picker = FixedScanner::take_work(&house, &console, scanner, &mut rng).await.unwrap();
    let mut shone = [false; 2];
    while let Some(bin) = picker.next_bin() {
        let at =
            places.iter().position(|bins| bins.contains(&bin)).unwrap_or_else(|| panic!("{bin} has no lamp"));
        let want = [at == 0, at == 1];
        shine(&gpio, want, &format!("on the way to {bin}")).await;
        shone[at] = true;
        picker.scan_many(1).await.unwrap();
        assert_eq!(picker.lost, 0);
    }
    assert_eq!(shone, [true; 2], "both bins were walked to");
    shine(&gpio, [false; 2], "after the last piece").await;
    agent.stop(Duration::from_secs(10)).await;
    node.stop(Duration::from_secs(10)).await;
}
