//! A store that is only its uplink: the real peer over a real socket, real documents, a log in memory. Many of them fit in
//! one process, so that a hub can be measured with a thousand.

use anyhow::{Context, Result};
use futures_util::{SinkExt, StreamExt};
use model::fact::Fact;
use model::order::{Channel, Moment, Owner};
use model::order_doc::{HeadLine, OrderHead, PickedUnits, Picks, SubstitutePreset};
use model::quota::{HubGeneration, StoreEpoch};
use model::{LotId, OrderId, Paise, Qty, SkuId, StoreId, Timestamp};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};
use sync::doc::{DocActor, DocKey, Document};
use sync::lane::{LANES, Lane, LaneStates};
use sync::peer::{Input, Limits, Opening, OutRecord, Output, Peer, PeerConfig};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// Changes of one counter order: placed with its lines, packed with its picks, dispatched, completed.
pub const CHANGES: usize = 4;

/// The hub's clock, as these stores have it.
pub fn now() -> Timestamp {
    store_node::clock::now()
}

/// What a store has measured.
#[derive(Debug, Default)]
pub struct Figures {
    /// Milliseconds from a record's writing to its acknowledgement, of records that were timed.
    pub lags_ms: Vec<f64>,
    /// Bytes of frames to and from the hub.
    pub bytes: u64,
    /// Records acknowledged.
    pub acked: u64,
}

/// See the file.
pub struct LightStore {
    store: StoreId,
    boot: u32,
    peer: Peer,
    docs: BTreeMap<DocKey, Document>,
    log: [Vec<OutRecord>; LANES],
    timed: BTreeMap<(Lane, u64), Instant>,
    /// Everything goes into the first lane, in the order it was written: the control.
    in_order: bool,
    /// See [`Figures`].
    pub figures: Figures,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl LightStore {
    /// A store with an empty log.
    pub fn new(store: StoreId, in_order: bool) -> Self {
        let config = PeerConfig {
            side: Owner::Store,
            store: store.clone(),
            epoch: StoreEpoch(1),
            generation: HubGeneration(1),
            boot: 1,
            lanes: LaneStates::default(),
            newest: PeerConfig::NEWEST,
            pledges: None,
            limits: Limits::default(),
        };
        let peer = Peer::new(config, now());
        Self {
            store,
            boot: 1,
            peer,
            docs: BTreeMap::new(),
            log: Default::default(),
            timed: BTreeMap::new(),
            in_order,
            figures: Figures::default(),
        }
    }

    /// Says facts in the document of an hour: one record of the log. `timed`: its lag counts.
    ///
    /// # Errors
    /// When a fact does not fit.
    pub fn say(&mut self, hour: i64, facts: &[Fact], timed: bool) -> Result<()> {
        let doc = DocKey::Orders { hour };
        let actor = DocActor { side: Owner::Store, store: self.store.clone(), boot: self.boot };
        let document = match self.docs.entry(doc) {
            std::collections::btree_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::btree_map::Entry::Vacant(place) => {
                place.insert(Document::new(doc.of(&self.store), &actor)?)
            }
        };
        for fact in facts {
            document.put_fact(fact)?;
        }
        let change = document.commit()?.context("nothing was said")?;
        let lane = if self.in_order { Lane::Orders } else { Lane::of(Owner::Store, doc, now()) };
        let log = &mut self.log[lane.index()];
        let seq = log.len() as u64 + 1;
        log.push(OutRecord { seq, doc, change });
        if timed {
            self.timed.insert((lane, seq), Instant::now());
        }
        self.peer.handle(now(), Input::OutGrew { lane, last_seq: seq });
        Ok(())
    }

    /// Lets go of a document that will not be written to any more.
    pub fn close_hour(&mut self, hour: i64) {
        self.docs.remove(&DocKey::Orders { hour });
    }

    /// Records that the hub has not acknowledged.
    pub fn waiting(&self) -> u64 {
        Lane::ALL.iter().map(|lane| self.log[lane.index()].len() as u64 - self.peer.acked(*lane)).sum()
    }

    /// Dials the hub.
    ///
    /// # Errors
    /// When it is not there.
    pub async fn dial(&mut self, url: &str, token: &str) -> Result<Socket> {
        let mut request = url.into_client_request()?;
        request.headers_mut().insert("authorization", format!("Bearer {token}").parse()?);
        let (socket, _) = tokio_tungstenite::connect_async_with_config(request, None, true).await?;
        self.peer.handle(now(), Input::Connected(Opening::default()));
        Ok(socket)
    }

    /// Talks for some time, or until everything is acknowledged if `until_quiet`.
    ///
    /// # Errors
    /// When the connection ends.
    pub async fn talk(&mut self, socket: &mut Socket, time: Duration, until_quiet: bool) -> Result<()> {
        let end = tokio::time::Instant::now() + time;
        loop {
            self.flush(socket).await?;
            if until_quiet && self.waiting() == 0 {
                return Ok(());
            }
            let wake = self.peer.next_timeout().map_or(1_000, |at| at.since_ms(now()).clamp(1, 1_000));
            let wake = tokio::time::Instant::now() + Duration::from_millis(wake.unsigned_abs());
            let input = tokio::select! {
                message = socket.next() => match message.context("the hub hung up")?? {
                    Message::Binary(bytes) => {
                        self.figures.bytes += bytes.len() as u64;
                        Input::Frame(bytes.into())
                    }
                    Message::Close(_) => anyhow::bail!("the hub closed the session"),
                    Message::Text(_) | Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
                },
                () = tokio::time::sleep_until(wake.min(end)) => Input::Tick,
            };
            self.peer.handle(now(), input);
            if tokio::time::Instant::now() >= end {
                return self.flush(socket).await;
            }
        }
    }

    async fn flush(&mut self, socket: &mut Socket) -> Result<()> {
        while let Some(output) = self.peer.poll() {
            match output {
                Output::Send(bytes) => {
                    self.figures.bytes += bytes.len() as u64;
                    socket.feed(Message::Binary(bytes.into())).await?;
                }
                Output::Deliver { lane, seq, .. } => {
                    self.peer.handle(now(), Input::Committed { lane, upto: seq });
                }
                Output::NeedOut { lane, after, limit } => {
                    let rest = self.log[lane.index()].iter().skip(usize::try_from(after)?);
                    let records = rest.take(usize::try_from(limit)?).cloned().collect();
                    self.peer.handle(now(), Input::Out { lane, records });
                }
                Output::Acked { lane, upto, .. } => self.acked(lane, upto),
                Output::Close { reason } => anyhow::bail!("session closed: {reason}"),
                Output::PeerHello { .. }
                | Output::Quiet
                | Output::OneLane
                | Output::Manifest(_)
                | Output::Refused { .. }
                | Output::WantDoc { .. }
                | Output::Repair { .. }
                | Output::Whole { .. }
                | Output::Live
                | Output::Stale => {}
            }
        }
        Ok(socket.flush().await?)
    }

    fn acked(&mut self, lane: Lane, upto: u64) {
        self.figures.acked += 1;
        let done: Vec<_> = self.timed.range((lane, 0)..=(lane, upto)).map(|(key, at)| (*key, *at)).collect();
        for (key, written) in done {
            self.timed.remove(&key);
            self.figures.lags_ms.push(written.elapsed().as_secs_f64() * 1_000.0);
        }
    }
}

/// A counter order's life, one list of facts a change.
///
/// # Errors
/// Never: the codes are made here.
pub fn order(n: u128, placed: Timestamp) -> Result<(i64, [Vec<Fact>; CHANGES])> {
    let (order, hour) = (OrderId::new(placed, n), placed.hour());
    let lines = (0..6).map(|line| {
        Ok(HeadLine {
            sku: SkuId::new(format!("SKU-{:04}", (n * 7 + line) % 2_000))?,
            qty: Qty::ONE,
            unit_price: Paise::new(4_950),
        })
    });
    let head = OrderHead {
        number: format!("{}K{}", 1 + n % 9, n % 10),
        channel: Channel::Counter,
        promise_at: placed.plus_ms(600_000),
        first_name: "Asha".to_owned(),
        cod: Paise::ZERO,
        preset: SubstitutePreset::BestMatch,
        lines: lines.collect::<Result<Vec<_>>>()?,
    };
    let lot = LotId::new("L-004711")?;
    let picked = head.lines.iter().zip(0u8..).map(|(l, line)| PickedUnits {
        line,
        sku: l.sku.clone(),
        lot: lot.clone(),
        qty: l.qty,
    });
    let picks = Picks { picked: picked.collect(), short: vec![], bags: 1, less: vec![] };
    let moment = |moment, ms| Fact::Moment { order, hour, moment, at: placed.plus_ms(ms) };
    let life = [
        vec![
            Fact::Order { order, hour, head },
            moment(Moment::Placed, 0),
            moment(Moment::Confirmed, 1),
            moment(Moment::Accepted, 2),
        ],
        vec![moment(Moment::Packed, 60_000), Fact::Picks { order, hour, picks }],
        vec![moment(Moment::Dispatched, 61_000)],
        vec![moment(Moment::Completed, 62_000)],
    ];
    Ok((hour, life))
}

/// The value below which `share` of the values lie.
pub fn quantile(values: &mut [f64], share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share).ceil() as usize;
    values.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}
