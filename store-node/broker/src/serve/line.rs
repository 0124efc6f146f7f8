//! One connection from its first byte to its last: reads packets, asks the hub, keeps the order. A writer beside it sends
//! what the hub decided.

use super::Core;
use super::pipe::{Ear, Mouth, Opened};
use super::tls::Certificate;
use crate::clock;
use crate::gate::Door;
use crate::hub::{Arrival, Ended, LineId, Outcome, Refused};
use crate::wire::read::{self, NoConnect};
use crate::wire::{Connect, Fault, Level, write};
use bytes::{Bytes, BytesMut};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc::{self, WeakSender};
use tokio_util::sync::CancellationToken;

/// A connection has to say who it is within this time.
pub(super) const FIRST_LIMIT: Duration = Duration::from_secs(10);
/// How long what was decided may take to leave when a connection ends.
const LAST_LIMIT: Duration = Duration::from_secs(2);
/// How long we listen after the last word, so that a reset does not overtake it.
const LINGER: Duration = Duration::from_millis(200);
/// Places that must be free for answers before the next packet is looked at.
const ANSWERS_ROOM: usize = 64;
/// Packets written at once.
const TOGETHER_MAX: usize = 64;

/// Why the reading ends.
enum Stop {
    /// A rule was broken; MQTT 5 is told.
    Fault(Fault),
    /// DISCONNECT was said.
    Ended(Ended),
    /// The connection is gone, or was cut by somebody else.
    Gone,
}

/// Serves one connection.
pub(super) async fn run(core: Arc<Core>, door: Door, mut opened: Opened, stop: CancellationToken) {
    let mut buffer = BytesMut::new();
    let first = tokio::select! {
        () = stop.cancelled() => return,
        first = tokio::time::timeout(FIRST_LIMIT, first(&mut opened.ear, &mut buffer, &core)) => first,
    };
    let Ok(Some(first)) = first else { return };
    match first {
        Err(refused) => last_words(&mut opened.ear, &mut opened.mouth, refusal(refused)).await,
        Ok(connect) => let_in(core, door, opened, buffer, connect, stop).await,
    }
}

/// The first packet; `None` = the connection went before it was there.
async fn first(ear: &mut Ear, buffer: &mut BytesMut, core: &Core) -> Option<Result<Connect, NoConnect>> {
    loop {
        match read::frame(buffer, core.limits.packet_max as usize) {
            Ok(Some(frame)) => return Some(read::connect(&frame)),
            Ok(None) => {}
            Err(fault) => return Some(Err(NoConnect::Silent(fault))),
        }
        if !ear.more(buffer).await.ok()? {
            return None;
        }
    }
}

fn refusal(why: NoConnect) -> Option<Bytes> {
    match why {
        NoConnect::Silent(_) => None,
        NoConnect::Told(fault) => Some(write::refusal(fault.reason())),
        NoConnect::OldVersion => Some(write::old_refusal(1)),
    }
}

async fn last_words(ear: &mut Ear, mouth: &mut Mouth, words: Option<Bytes>) {
    let said = async {
        let _ = mouth.say(&mut words.into_iter().collect()).await;
        mouth.close().await;
    };
    let _ = tokio::time::timeout(LAST_LIMIT, said).await;
    linger(ear).await;
}

/// Takes what still comes: closing with unread bytes would be a reset, which throws away our last packet.
async fn linger(ear: &mut Ear) {
    let mut rest = BytesMut::new();
    let drain = async {
        while ear.more(&mut rest).await.unwrap_or(false) {
            rest.clear();
        }
    };
    let _ = tokio::time::timeout(LINGER, drain).await;
}

async fn let_in(
    core: Arc<Core>,
    door: Door,
    opened: Opened,
    buffer: BytesMut,
    connect: Connect,
    stop: CancellationToken,
) {
    let Opened { mut ear, mut mouth, certificate } = opened;
    let (line, packets, to_write, cut) = core.enter();
    let packets = {
        let weak = packets.downgrade();
        drop(packets);
        weak
    };
    let (level, keep_alive_s) = (connect.level, connect.keep_alive_s);
    let arrival = Arrival { line, door, certificate: certificate.as_ref().map(Certificate::shown) };
    let let_in = core.with(|hub, out| hub.connect(arrival, connect, clock::now_ms(), out));
    let change = match let_in {
        Ok(change) => change,
        Err(Refused(words)) => {
            core.leave(line);
            return last_words(&mut ear, &mut mouth, words).await;
        }
    };
    let writer = tokio::spawn(pump(mouth, to_write, cut.clone()));
    if let Some(change) = change {
        core.keep(change).await;
    }
    let mut reader = Reader { core: &core, line, level, packets, cut: cut.clone() };
    let why = tokio::select! {
        () = stop.cancelled() => Stop::Gone,
        () = cut.cancelled() => Stop::Gone,
        why = reader.read(&mut ear, buffer, keep_alive_s) => why,
    };
    let ended = match why {
        Stop::Ended(ended) => ended,
        Stop::Fault(_) | Stop::Gone => Ended::Lost,
    };
    let change = core.with(|hub, out| {
        if let Stop::Fault(fault) = why {
            tracing::debug!(line, %fault, "a connection ends");
            out.extend(hub.reason(line, fault).map(|bytes| crate::hub::Effect::Send(line, bytes)));
        }
        hub.closed(line, ended, clock::now_ms(), out)
    });
    core.leave(line);
    if let Some(change) = change {
        core.keep(change).await;
    }
    let _ = tokio::time::timeout(LAST_LIMIT, writer).await;
    linger(&mut ear).await;
}

/// Writes until nothing can come any more, then says so.
async fn pump(mut mouth: Mouth, mut packets: mpsc::Receiver<Bytes>, cut: CancellationToken) {
    let mut together = Vec::with_capacity(TOGETHER_MAX);
    while packets.recv_many(&mut together, TOGETHER_MAX).await > 0 {
        if mouth.say(&mut together).await.is_err() {
            break;
        }
    }
    mouth.close().await;
    cut.cancel();
}

struct Reader<'c> {
    core: &'c Core,
    line: LineId,
    level: Level,
    packets: WeakSender<Bytes>,
    cut: CancellationToken,
}

impl Reader<'_> {
    async fn read(&mut self, ear: &mut Ear, mut buffer: BytesMut, keep_alive_s: u16) -> Stop {
        let patience = Duration::from_millis(u64::from(keep_alive_s) * 1500);
        loop {
            loop {
                match read::frame(&mut buffer, self.core.limits.packet_max as usize) {
                    Ok(Some(frame)) => match self.take(&frame).await {
                        Ok(None) => {}
                        Ok(Some(stop)) => return stop,
                        Err(fault) => return Stop::Fault(fault),
                    },
                    Ok(None) => break,
                    Err(fault) => return Stop::Fault(fault),
                }
            }
            let more = ear.more(&mut buffer);
            let more = if keep_alive_s == 0 {
                more.await
            } else {
                match tokio::time::timeout(patience, more).await {
                    Ok(more) => more,
                    Err(_) => return Stop::Fault(Fault::KeepAlive),
                }
            };
            if !more.unwrap_or(false) {
                return Stop::Gone;
            }
        }
    }

    /// One packet: its effects, then what has to be on disk, then its acknowledgement.
    async fn take(&mut self, frame: &read::Frame) -> Result<Option<Stop>, Fault> {
        let packet = read::packet(frame, self.level)?;
        self.room().await;
        let line = self.line;
        let outcome = self.core.with(|hub, out| {
            let mut outcome = hub.packet(line, packet, clock::now_ms(), out)?;
            if outcome.change.is_none()
                && let Some(ack) = outcome.ack.take()
            {
                out.push(crate::hub::Effect::Send(line, ack));
            }
            Ok::<Outcome, Fault>(outcome)
        })?;
        if let Some(change) = outcome.change {
            if !self.core.keep(change).await {
                // Not kept and not acknowledged: the client says it again.
                return Ok(Some(Stop::Fault(Fault::Quota)));
            }
            if let Some(ack) = outcome.ack {
                self.core.with(|_, out| out.push(crate::hub::Effect::Send(line, ack)));
            }
        }
        Ok(outcome.ended.map(Stop::Ended))
    }

    /// Who does not read its answers is not read either.
    async fn room(&self) {
        let Some(packets) = self.packets.upgrade() else { return };
        if packets.capacity() < ANSWERS_ROOM {
            tokio::select! {
                () = self.cut.cancelled() => {}
                _ = packets.reserve_many(ANSWERS_ROOM) => {}
            }
        }
    }
}
