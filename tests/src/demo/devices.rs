//! One store's simulated hardware: two serial scanners and a scale on pseudo-terminals, two printers on TCP, four
//! DS18B20 in a sysfs folder. Each speaks its device's real bytes; the agent does not know the difference.

use anyhow::Result;
use device_drivers::printer::Language;
use device_drivers::sim::{SimDs18b20, SimPrinter, SimScale, SimScanner};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

/// The four sensors: id, zone, and what they measure when all is well, in thousandths of a degree.
pub const SENSORS: [(&str, &str, i32); 4] = [
    ("temp-cold-1", "cold-1", 3_200),
    ("temp-cold-2", "cold-1", 3_600),
    ("temp-frozen-1", "frozen-1", -19_500),
    ("temp-fresh-1", "fresh-1", 12_000),
];

/// Where labels are kept between runs.
const SHELF: &str = "labels-on-the-shelf.json";

/// A store's hardware, plugged in.
#[derive(Debug)]
pub struct Devices {
    /// At packing, and at the dispatch bay.
    pub scanners: Vec<SimScanner>,
    /// ESC/POS, for delivery slips.
    pub receipt: SimPrinter,
    /// ZPL, for bag labels.
    pub label: SimPrinter,
    /// In the order of [`SENSORS`].
    pub sensors: Vec<SimDs18b20>,
    /// At packing.
    pub scale: SimScale,
    /// Labels on bags that were packed before this run and still stand on the shelf (`--data`).
    shelf: Vec<String>,
    dir: PathBuf,
}

impl Devices {
    /// Plugs everything in below `dir`.
    pub async fn plug_in(dir: &Path) -> Result<Self> {
        std::fs::create_dir_all(dir.join("w1"))?;
        let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let sensors = SENSORS.iter().map(|(id, _, milli_c)| {
            let folder = dir.join("w1").join(id);
            std::fs::create_dir_all(&folder)?;
            SimDs18b20::plug_in(&folder, *milli_c)
        });
        Ok(Self {
            scanners: vec![
                SimScanner::plug_in(&dir.join("scan-pack"))?,
                SimScanner::plug_in(&dir.join("scan-bay"))?,
            ],
            receipt: SimPrinter::start(Language::Escpos, free).await?,
            label: SimPrinter::start(Language::Zpl, free).await?,
            sensors: sensors.collect::<Result<_, _>>()?,
            scale: SimScale::plug_in(&dir.join("scale"))?,
            shelf: match std::fs::read(dir.join(SHELF)) {
                Ok(bytes) => serde_json::from_slice(&bytes)?,
                Err(_) => Vec::new(),
            },
            dir: dir.to_owned(),
        })
    }

    /// Whether a label with this code was ever printed: only then can the bag be scanned.
    pub fn labelled(&self, code: &str) -> bool {
        self.has_label(&[code])
    }

    /// Whether one label says all of this.
    pub fn has_label(&self, says: &[&str]) -> bool {
        let all = |label: &str| says.iter().all(|word| label.contains(word));
        let printed = self.label.jobs();
        self.shelf.iter().any(|label| all(label))
            || printed.iter().any(|job| all(&String::from_utf8_lossy(job)))
    }

    /// Keeps the labels for a later run in the same folder.
    pub fn keep_labels(&self) -> Result<()> {
        let printed = self.label.jobs();
        let mut all = self.shelf.clone();
        all.extend(printed.iter().map(|job| String::from_utf8_lossy(job).into_owned()));
        Ok(std::fs::write(self.dir.join(SHELF), serde_json::to_vec(&all)?)?)
    }

    /// The `[[devices]]` of store.toml for this hardware.
    pub fn manifest(&self) -> String {
        let dir = self.dir.display();
        let mut text = String::new();
        for id in ["scan-pack", "scan-bay"] {
            text += &format!(
                "[[devices]]\nid = \"{id}\"\nclass = \"scanner\"\ndriver = \"serial-lines\"\nport = \"serial:{dir}/{id}\"\n\n"
            );
        }
        text += &format!(
            "[[devices]]\nid = \"receipt-1\"\nclass = \"printer\"\ndriver = \"escpos\"\nport = \"tcp:{}\"\nsettings = {{ width_mm = 72 }}\n\n",
            self.receipt.address()
        );
        text += &format!(
            "[[devices]]\nid = \"label-1\"\nclass = \"printer\"\ndriver = \"zpl\"\nport = \"tcp:{}\"\nsettings = {{ width_mm = 50, height_mm = 50 }}\n\n",
            self.label.address()
        );
        for (id, zone, _) in SENSORS {
            text += &format!(
                "[[devices]]\nid = \"{id}\"\nclass = \"sensor\"\ndriver = \"ds18b20\"\nport = \"file:{dir}/w1/{id}\"\nzone = \"{zone}\"\nsettings = {{ poll_ms = 1000 }}\n\n"
            );
        }
        text += &format!(
            "[[devices]]\nid = \"scale-1\"\nclass = \"scale\"\ndriver = \"toledo-w\"\nport = \"serial:{dir}/scale\"\nsettings = {{ stable_readings = 3, max_g = 30000 }}\n\n"
        );
        text
    }
}
