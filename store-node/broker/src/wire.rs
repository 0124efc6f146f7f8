//! MQTT 3.1, 3.1.1 and 5 as bytes: what a client may say and what we answer. Strict: what the standard forbids is a fault
//! here, before anybody acts on it. No socket, no session, no clock.

pub mod props;
pub mod read;
pub mod topic;
pub mod write;

use bytes::Bytes;
use props::Property;
use std::sync::Arc;

/// Version of the protocol on one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// 3.1, which called itself MQIsdp.
    V3,
    /// 3.1.1.
    V4,
    /// 5.0.
    V5,
}

/// Quality of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Qos {
    /// At most once.
    Zero,
    /// At least once.
    One,
    /// Exactly once.
    Two,
}

impl Qos {
    /// From its two bits; 3 is none.
    #[must_use]
    pub const fn of(bits: u8) -> Option<Self> {
        match bits {
            0 => Some(Self::Zero),
            1 => Some(Self::One),
            2 => Some(Self::Two),
            _ => None,
        }
    }

    /// Its number.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Zero => 0,
            Self::One => 1,
            Self::Two => 2,
        }
    }
}

/// Why a connection ends or a packet is refused; MQTT 5 tells it to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The bytes are no packet.
    #[error("malformed packet")]
    Malformed,
    /// A packet that may not stand here.
    #[error("protocol error")]
    Protocol,
    /// A length that no packet has; the rest of the stream means nothing, so no reason is sent.
    #[error("a length that no packet has")]
    Length,
    /// No protocol of ours.
    #[error("unsupported protocol version")]
    Version,
    /// The client id is not acceptable.
    #[error("client id not acceptable")]
    ClientId,
    /// User, password or certificate are not right.
    #[error("not authorised")]
    NotAuthorised,
    /// Extended authentication, which we have not.
    #[error("authentication method not known")]
    Method,
    /// A topic alias out of range, or not set.
    #[error("topic alias not valid")]
    Alias,
    /// More unacknowledged messages than were allowed.
    #[error("receive maximum exceeded")]
    ReceiveMaximum,
    /// Nothing heard for one and a half keep-alives.
    #[error("keep-alive ran out")]
    KeepAlive,
    /// The same client connected anew.
    #[error("session taken over")]
    TakenOver,
    /// Its right was taken away.
    #[error("administrative action")]
    Administrative,
    /// The broker ends.
    #[error("the broker shuts down")]
    ShuttingDown,
    /// The client does not read what is sent to it.
    #[error("the client does not read")]
    Quota,
}

impl Fault {
    /// The reason code of MQTT 5.
    #[must_use]
    pub const fn reason(self) -> u8 {
        match self {
            Self::Malformed | Self::Length => 0x81,
            Self::Protocol => 0x82,
            Self::Version => 0x84,
            Self::ClientId => 0x85,
            Self::NotAuthorised => 0x87,
            Self::ShuttingDown => 0x8B,
            Self::Method => 0x8C,
            Self::KeepAlive => 0x8D,
            Self::TakenOver => 0x8E,
            Self::ReceiveMaximum => 0x93,
            Self::Alias => 0x94,
            Self::Quota => 0x97,
            Self::Administrative => 0x98,
        }
    }
}

/// A message that a client wants said when it is lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Will {
    /// Where.
    pub topic: Arc<str>,
    /// What.
    pub payload: Bytes,
    /// How surely.
    pub qos: Qos,
    /// Whether it is kept.
    pub retain: bool,
    /// Its properties, without the delay.
    pub props: Vec<Property>,
    /// How long the broker waits before it says it, seconds.
    pub delay_s: u32,
}

/// The first packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connect {
    /// Version asked for.
    pub level: Level,
    /// Client id; empty = the broker gives one.
    pub client: String,
    /// Whether an earlier session is forgotten.
    pub clean: bool,
    /// Seconds; 0 = never cut for silence.
    pub keep_alive_s: u16,
    /// User name.
    pub user: Option<String>,
    /// Password.
    pub password: Option<Bytes>,
    /// Last will.
    pub will: Option<Will>,
    /// Seconds the session outlives the connection; `u32::MAX` = as long as the broker keeps sessions.
    pub expiry_s: u32,
    /// Unacknowledged messages that the client takes at once.
    pub receive_max: u16,
    /// Longest packet that the client takes.
    pub packet_max: u32,
}

/// A message in either direction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Sent before.
    pub dup: bool,
    /// How surely.
    pub qos: Qos,
    /// Whether it is kept (to us), or was kept (from us).
    pub retain: bool,
    /// Where; empty with a topic alias.
    pub topic: String,
    /// Packet id; 0 with [`Qos::Zero`].
    pub id: u16,
    /// Its properties, in the order said, without the topic alias.
    pub props: Vec<Property>,
    /// MQTT 5's short name for a topic.
    pub alias: Option<u16>,
    /// What.
    pub payload: Bytes,
}

/// Which acknowledgement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ack {
    /// Of a message at [`Qos::One`].
    Puback,
    /// First of [`Qos::Two`]: received.
    Pubrec,
    /// Second: released.
    Pubrel,
    /// Third: complete.
    Pubcomp,
}

/// One filter of a SUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// The filter as the client wrote it.
    pub filter: String,
    /// At most this.
    pub qos: Qos,
    /// Not what the client itself publishes.
    pub no_local: bool,
    /// Keep the retain flag as it was published.
    pub as_published: bool,
    /// 0 = send what is retained; 1 = only for a new subscription; 2 = never.
    pub handling: u8,
}

/// What a client says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// CONNECT.
    Connect(Box<Connect>),
    /// PUBLISH.
    Publish(Publish),
    /// PUBACK, PUBREC, PUBREL, PUBCOMP.
    Ack {
        /// Which.
        ack: Ack,
        /// Of which message.
        id: u16,
        /// MQTT 5: 0x80 and above = refused.
        reason: u8,
    },
    /// SUBSCRIBE.
    Subscribe {
        /// Packet id.
        id: u16,
        /// MQTT 5: comes with every message that matches.
        subscription: Option<u32>,
        /// What to hear.
        filters: Vec<Filter>,
    },
    /// UNSUBSCRIBE.
    Unsubscribe {
        /// Packet id.
        id: u16,
        /// What to hear no longer.
        filters: Vec<String>,
    },
    /// PINGREQ.
    Ping,
    /// DISCONNECT.
    Disconnect {
        /// MQTT 5: 0x04 = with the will.
        reason: u8,
        /// MQTT 5: a new expiry of the session, seconds.
        expiry_s: Option<u32>,
    },
}
