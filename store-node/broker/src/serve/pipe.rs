//! Bytes to and from one client, by whichever way it came: TCP or WebSocket frames, in the clear or with TLS. Knows no
//! MQTT.

use super::tls::{self, Certificate, Tls};
use crate::gate::Door;
use bytes::{Bytes, BytesMut};
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use std::io::{Error, ErrorKind, Result};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message};

/// Room made for each read.
const READ_BYTES: usize = 4096;

/// A stream of bytes both ways.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

type Stream = Box<dyn Duplex>;

/// What a client says.
pub(super) enum Ear {
    Plain(ReadHalf<Stream>),
    Web(Box<SplitStream<WebSocketStream<Stream>>>),
}

/// What a client is told.
pub(super) enum Mouth {
    Plain(WriteHalf<Stream>),
    Web(Box<SplitSink<WebSocketStream<Stream>, Message>>),
}

/// One client's two ends, and the certificate it has.
pub(super) struct Opened {
    pub ear: Ear,
    pub mouth: Mouth,
    pub certificate: Option<Certificate>,
}

/// Makes the two ends, after the handshakes that the door asks for.
pub(super) async fn open(stream: TcpStream, door: Door, tls: Option<&Tls>, longest: usize) -> Result<Opened> {
    let mut certificate = None;
    let stream: Stream = match tls {
        None => Box::new(stream),
        Some(acceptors) => {
            let stream = acceptors.at(door).accept(stream).await?;
            let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
            certificate = shown.and_then(tls::read);
            Box::new(stream)
        }
    };
    let (ear, mouth) = match door {
        Door::Tcp => {
            let (ear, mouth) = tokio::io::split(stream);
            (Ear::Plain(ear), Mouth::Plain(mouth))
        }
        Door::WebSocket => {
            let limits = WebSocketConfig::default()
                .read_buffer_size(READ_BYTES)
                .write_buffer_size(0)
                .max_message_size(Some(longest))
                .max_frame_size(Some(longest));
            let web = tokio_tungstenite::accept_hdr_async_with_config(stream, agree, Some(limits)).await;
            let (mouth, ear) = web.map_err(broken)?.split();
            (Ear::Web(Box::new(ear)), Mouth::Web(Box::new(mouth)))
        }
    };
    Ok(Opened { ear, mouth, certificate })
}

/// The sub-protocol is `mqtt`; who names none gets none.
#[expect(clippy::result_large_err, clippy::unnecessary_wraps, reason = "the signature is the library's")]
fn agree(request: &Request, mut response: Response) -> std::result::Result<Response, ErrorResponse> {
    let asked = request.headers().get("Sec-WebSocket-Protocol").and_then(|value| value.to_str().ok());
    if asked.is_some_and(|asked| asked.split(',').any(|one| one.trim() == "mqtt")) {
        response.headers_mut().insert("Sec-WebSocket-Protocol", HeaderValue::from_static("mqtt"));
    }
    Ok(response)
}

fn broken(error: tungstenite::Error) -> Error {
    if let tungstenite::Error::Io(error) = error { error } else { Error::new(ErrorKind::InvalidData, error) }
}

impl Ear {
    /// Adds what comes next; `false` = nothing more comes. Nothing is lost when this is given up half-way.
    pub(super) async fn more(&mut self, buffer: &mut BytesMut) -> Result<bool> {
        match self {
            Self::Plain(stream) => {
                buffer.reserve(READ_BYTES);
                Ok(stream.read_buf(buffer).await? > 0)
            }
            Self::Web(stream) => match stream.next().await {
                None | Some(Ok(Message::Close(_))) => Ok(false),
                Some(Ok(Message::Binary(bytes))) => {
                    buffer.extend_from_slice(&bytes);
                    Ok(true)
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(true),
                Some(Ok(Message::Text(_))) => Err(Error::new(ErrorKind::InvalidData, "MQTT is not text")),
                Some(Err(error)) => Err(broken(error)),
            },
        }
    }
}

impl Mouth {
    /// Writes packets, together where there are several.
    pub(super) async fn say(&mut self, packets: &mut Vec<Bytes>) -> Result<()> {
        let together = match packets.len() {
            0 => return Ok(()),
            1 => packets.swap_remove(0),
            _ => {
                let length = packets.iter().map(Bytes::len).sum();
                let mut all = BytesMut::with_capacity(length);
                packets.drain(..).for_each(|packet| all.extend_from_slice(&packet));
                all.freeze()
            }
        };
        match self {
            Self::Plain(stream) => {
                stream.write_all(&together).await?;
                stream.flush().await
            }
            Self::Web(stream) => stream.send(Message::Binary(together)).await.map_err(broken),
        }
    }

    /// Says that nothing more comes.
    pub(super) async fn close(&mut self) {
        let _ = match self {
            Self::Plain(stream) => stream.shutdown().await,
            Self::Web(stream) => stream.close().await.map_err(broken),
        };
    }
}
