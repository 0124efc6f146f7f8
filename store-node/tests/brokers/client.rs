//! A client of the store's broker as a test needs it: says, hears, breaks off.

use rumqttc::{AsyncClient, Event, MqttOptions, NetworkOptions, Packet, QoS, TlsConfiguration, Transport};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// How long anything may take before a test fails.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// How a client comes.
#[derive(Clone)]
pub enum Way {
    Tcp,
    WebSocket,
    Tls(Arc<rustls::ClientConfig>),
    /// With TLS, but without a certificate.
    SecureWebSocket,
}

impl Way {
    pub fn is_web(&self) -> bool {
        matches!(self, Way::WebSocket | Way::SecureWebSocket)
    }

    pub fn transport(&self, without_certificate: Option<Arc<rustls::ClientConfig>>) -> Transport {
        match self {
            Way::Tcp => Transport::tcp(),
            Way::WebSocket => Transport::ws(),
            Way::Tls(config) => Transport::tls_with_config(TlsConfiguration::Rustls(config.clone())),
            Way::SecureWebSocket => {
                Transport::wss_with_config(TlsConfiguration::Rustls(without_certificate.unwrap()))
            }
        }
    }
}

pub struct Client {
    base: String,
    client: AsyncClient,
    packets: mpsc::Receiver<Packet>,
    acks: mpsc::Receiver<()>,
    poll: JoinHandle<()>,
}

impl Client {
    /// Connects; an error when the broker does not let it in.
    pub async fn connect(options: MqttOptions, store: &str) -> Result<Self, String> {
        let (client, mut events) = AsyncClient::new(options, 64);
        let mut network = NetworkOptions::new();
        network.set_tcp_nodelay(true);
        network.set_connection_timeout(2);
        events.set_network_options(network);
        let first = tokio::time::timeout(PATIENCE, events.poll()).await.map_err(|_| "no answer")?;
        first.map_err(|error| error.to_string())?;
        let (said, packets) = mpsc::channel(1024);
        let (acked, acks) = mpsc::channel(1024);
        let poll = tokio::spawn(async move {
            loop {
                let sent = match events.poll().await {
                    Ok(Event::Incoming(Packet::PubAck(_) | Packet::SubAck(_))) => {
                        acked.send(()).await.is_ok()
                    }
                    Ok(Event::Incoming(packet @ Packet::Publish(_))) => said.send(packet).await.is_ok(),
                    Ok(_) => true,
                    Err(_) => false,
                };
                if !sent {
                    return;
                }
            }
        });
        Ok(Self { base: format!("ds/v1/{store}/"), client, packets, acks, poll })
    }

    async fn acked(&mut self) {
        tokio::time::timeout(PATIENCE, self.acks.recv()).await.unwrap().unwrap();
    }

    pub async fn subscribe(&mut self, filter: &str) {
        while self.acks.try_recv().is_ok() {}
        self.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        self.acked().await;
    }

    pub async fn publish(&self, topic: &str, payload: &str) {
        let topic = format!("{}{topic}", self.base);
        self.client.publish(topic, QoS::AtLeastOnce, false, payload).await.unwrap();
    }

    /// Publishes and waits until the broker has acknowledged it.
    pub async fn publish_retained(&mut self, topic: &str, payload: &str) {
        while self.acks.try_recv().is_ok() {}
        let topic = format!("{}{topic}", self.base);
        self.client.publish(topic, QoS::AtLeastOnce, true, payload).await.unwrap();
        self.acked().await;
    }

    /// The next message: topic without the store's part, and payload.
    pub async fn hears(&mut self) -> (String, String) {
        let packet = tokio::time::timeout(PATIENCE, self.packets.recv()).await.expect("a message").unwrap();
        let Packet::Publish(publish) = packet else { panic!("{packet:?}") };
        let topic = publish.topic.strip_prefix(&self.base).unwrap().to_owned();
        (topic, String::from_utf8(publish.payload.to_vec()).unwrap())
    }

    /// Whether the broker ends the connection.
    pub async fn is_cut(&mut self) -> bool {
        tokio::time::timeout(PATIENCE, &mut self.poll).await.is_ok()
    }

    /// Ends as a power cut does.
    pub async fn break_off(self) {
        self.poll.abort();
        let _ = self.poll.await;
    }

    pub async fn goodbye(self) {
        self.client.disconnect().await.unwrap();
        let _ = tokio::time::timeout(PATIENCE, self.poll).await;
    }
}
