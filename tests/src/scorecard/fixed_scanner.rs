//! A picker whose badge is at a fixed scanner: an order in hand, a handheld that shows what was counted, and scans of its
//! goods. Knows neither how often nor how fast; benchmarks and crash tests do.

use super::served::House;
use crate::demo::web::Site;
use crate::demo::{fresh_id, now};
use anyhow::{Context, Result, anyhow, bail};
use device_drivers::sim::SimScanner;
use model::api::store::{EnrolAnswer, EnrolRequest};
use model::mqtt::{Action, DeviceClass, HandheldEvent, HandheldView, Leaf, Topic};
use model::{BinId, DeviceId, OrderId, PersonId, StoreId};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rumqttc::tokio_rustls::rustls::{self, ClientConfig};
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, QoS, TlsConfiguration, Transport};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// A scan that is not on the handheld by then is lost.
pub const LOST: Duration = Duration::from_secs(5);
/// Beyond so many lost scans something is broken, not slow.
const LOST_MAX: u32 = 5;
/// Badges shown before the benchmark gives up.
const TRIES: u32 = 15;

/// Enrols handheld `h{n}`.
///
/// # Errors
/// When the store refuses.
pub async fn enrol(console: &Site, n: usize, rng: &mut SmallRng) -> Result<EnrolAnswer> {
    let request = EnrolRequest { device: DeviceId::new(format!("h{n}"))? };
    let answer = console.post("/api/v1/handhelds", fresh_id(rng), &request).await;
    answer.map_err(|error| anyhow!("enrolling: {error:?}"))
}

/// The measured picker: her badge is at the fixed scanner, her handheld shows what was counted.
pub struct FixedScanner {
    /// The scanner itself.
    pub scanner: SimScanner,
    events: EventLoop,
    view: HandheldView,
    rng: SmallRng,
    /// Scans that never showed.
    pub lost: u32,
    turn: usize,
    _client: AsyncClient,
}

impl FixedScanner {
    /// Logs `p0` in at a new handheld, takes the order that waits, and shows the badge at the fixed scanner.
    ///
    /// # Errors
    /// When no order comes, or no scan counts.
    pub async fn take_work(
        house: &House,
        console: &Site,
        scanner: SimScanner,
        rng: &mut SmallRng,
    ) -> Result<Self> {
        let enrolled = enrol(console, 0, rng).await?;
        let (store, person) = (StoreId::new("s1")?, PersonId::new("p0")?);
        let topic = |leaf| Topic::new(&store, DeviceClass::Handheld, &enrolled.device, leaf).to_string();
        let (client, mut events) = connect(house, &enrolled)?;
        client.subscribe(topic(Leaf::Cmd), QoS::AtLeastOnce).await?;
        let login = Action::Login { person: person.clone(), pin: "4711".to_owned() };
        for (by, action) in [(None, login), (Some(person.clone()), Action::Ready)] {
            let event = HandheldEvent { id: fresh_id(rng), at: now(), person: by, action };
            client.publish(topic(Leaf::Event), QoS::AtLeastOnce, false, serde_json::to_vec(&event)?).await?;
        }
        let view = tokio::time::timeout(LOST * 2, async {
            loop {
                match next_view(&mut events).await {
                    Some(view) if view.task.is_some() => return view,
                    Some(_) | None => {}
                }
            }
        });
        let view = view.await.context("the measured picker got no order")?;
        let rng = SmallRng::seed_from_u64(9);
        let mut bench = Self { scanner, events, view, rng, lost: 0, turn: 0, _client: client };
        bench.take_scanner(&person).await?;
        Ok(bench)
    }

    /// Shows the badge until a scan counts: the agent may still be opening the port.
    async fn take_scanner(&mut self, person: &PersonId) -> Result<()> {
        for _ in 0..TRIES {
            self.scanner.scan(&format!("LP:{person}")).await?;
            if self.scan_one(Duration::from_secs(1)).await?.is_some() {
                return Ok(());
            }
        }
        bail!("no scan of the fixed scanner counts; see the logs of node and agent: {:?}", self.view.notices)
    }

    /// The order in hand, and the codes of its lots.
    #[must_use]
    pub fn goods(&self) -> Option<(OrderId, Vec<String>)> {
        let task = self.view.task.as_ref()?;
        Some((task.order, task.lines.iter().map(|line| format!("LL:{}", line.lot.lot)).collect()))
    }

    /// The order's line that a code of [`FixedScanner::goods`] is counted on.
    #[must_use]
    pub fn line_of(&self, code: &str) -> Option<u8> {
        let lot = code.strip_prefix("LL:")?;
        let mut lines = self.view.task.iter().flat_map(|task| &task.lines);
        lines.find(|line| line.lot.lot.as_str() == lot).map(|line| line.line)
    }

    /// The bin of the first line that is not done.
    #[must_use]
    pub fn next_bin(&self) -> Option<BinId> {
        let mut lines = self.view.task.iter().flat_map(|task| &task.lines);
        lines.find(|line| line.picked < line.qty).map(|line| line.bin.clone())
    }

    /// Scans one piece after the other; gives the milliseconds of each.
    ///
    /// # Errors
    /// When nothing is left to scan, or too many scans are lost.
    pub async fn scan_many(&mut self, count: usize) -> Result<Vec<f64>> {
        let mut took = Vec::with_capacity(count);
        for _ in 0..count {
            match self.scan_one(LOST).await? {
                Some(ms) => took.push(ms),
                None => self.lost += 1,
            }
            if self.lost > LOST_MAX {
                bail!("{} scans were not counted within {LOST:?}", self.lost);
            }
            // A hand needs a moment; a random one, so that scans meet every phase of what else goes on.
            let pause = Duration::from_millis(self.rng.random_range(20..60));
            let _ = tokio::time::timeout(pause, self.counted(u64::MAX)).await;
        }
        Ok(took)
    }

    /// Scans the next piece; gives the milliseconds until the handheld shows it, or `None` after `patience`.
    async fn scan_one(&mut self, patience: Duration) -> Result<Option<f64>> {
        let lines = self.view.task.iter().flat_map(|task| &task.lines);
        let open: Vec<_> = lines.filter(|line| line.picked < line.qty).collect();
        // Another product each time: the agent takes the same code at once again for the scanner's echo.
        self.turn += 1;
        let line = open.get(self.turn % open.len().max(1)).context("nothing left to scan")?;
        let text = format!("LL:{}", line.lot.lot);
        let before = picked(&self.view);
        let begun = Instant::now();
        self.scanner.scan(&text).await?;
        let counted = tokio::time::timeout(patience, self.counted(before)).await;
        Ok(counted.is_ok().then(|| begun.elapsed().as_secs_f64() * 1_000.0))
    }

    /// Until the handheld shows more than `before` pieces.
    async fn counted(&mut self, before: u64) {
        loop {
            if let Some(view) = next_view(&mut self.events).await {
                self.view = view;
                if picked(&self.view) > before {
                    return;
                }
            }
        }
    }
}

fn picked(view: &HandheldView) -> u64 {
    view.task.iter().flat_map(|task| &task.lines).map(|line| u64::from(line.picked.get())).sum()
}

/// As a browser speaks: MQTT 3.1.1 over WebSocket, encrypted where the store's broker is, and no certificate of its own.
fn connect(house: &House, enrolled: &EnrolAnswer) -> Result<(AsyncClient, EventLoop)> {
    let (kind, transport) = match &house.authority {
        None => ("ws", Transport::Ws),
        Some(file) => ("wss", Transport::wss_with_config(TlsConfiguration::Rustls(trusting(file)?))),
    };
    let url = format!("{kind}://127.0.0.1:{}/mqtt", house.ws_port);
    let mut options = MqttOptions::new(enrolled.device.as_str(), url, house.ws_port);
    let most = model::mqtt::PAYLOAD_BYTES_MAX * 2;
    options
        .set_transport(transport)
        .set_credentials(enrolled.device.as_str(), &enrolled.token)
        .set_max_packet_size(most, most)
        .set_clean_session(false);
    Ok(AsyncClient::new(options, 64))
}

/// Who trusts the authority of this file, and nobody else.
///
/// # Errors
/// When the file holds none.
pub fn trusting(authority: &Path) -> Result<Arc<ClientConfig>> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let versions = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let roots = firmware_config::pem::authority(authority)?;
    Ok(Arc::new(versions.with_root_certificates(roots).with_no_client_auth()))
}

/// The next message that is a screen.
async fn next_view(events: &mut EventLoop) -> Option<HandheldView> {
    match events.poll().await {
        Ok(Event::Incoming(Packet::Publish(message))) => serde_json::from_slice(&message.payload).ok(),
        Ok(_) => None,
        Err(_) => {
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}
