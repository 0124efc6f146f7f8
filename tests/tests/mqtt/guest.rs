//! Somebody who wants to come to the store's broker over TCP, in whatever way.

use super::PATIENCE;
use super::store::{Papers, Store};
use device_drivers::agent::ClientTls;
use rumqttc::tokio_rustls::TlsConnector;
use rumqttc::tokio_rustls::rustls::ClientConfig;
use rumqttc::v5::mqttbytes::QoS;
use rumqttc::v5::mqttbytes::v5::{Packet, PubAckReason};
use rumqttc::v5::{AsyncClient, Event, EventLoop, MqttOptions};
use rumqttc::{TlsConfiguration, Transport};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tests::scorecard::fixed_scanner::trusting;

/// How to come.
pub struct Guest(MqttOptions);

impl Guest {
    fn by(store: &Store, client: &str, transport: Transport) -> Self {
        let mut options = MqttOptions::new(client, "127.0.0.1", store.tcp_port);
        options.set_transport(transport).set_connection_timeout(3).set_outgoing_inflight_upper_limit(16);
        Self(options)
    }

    /// In the clear, with the agent's own password.
    pub fn plain(store: &Store, client: &str) -> Self {
        let mut guest = Self::by(store, client, Transport::Tcp);
        let password = store_node::secrets::agent_password(&store.house.dir).unwrap();
        guest.0.set_credentials(store_node::secrets::AGENT_USER, password);
        guest
    }

    /// Encrypted, with the agent's password and no certificate.
    pub fn trusting(store: &Store, client: &str, authority: &Path) -> Self {
        let mut guest = Self::plain(store, client);
        let config = TlsConfiguration::Rustls(trusting(authority).unwrap());
        guest.0.set_transport(Transport::tls_with_config(config));
        guest
    }

    /// With a certificate.
    pub fn with(store: &Store, client: &str, authority: &Path, papers: &Papers) -> Self {
        let tls = ClientTls::read(authority, &papers.certificate, &papers.key).unwrap();
        Self::by(store, client, tls.transport())
    }

    /// With a session that waits for it when it is away.
    pub fn lasting(mut self) -> Self {
        self.0.set_clean_start(false).set_session_expiry_interval(Some(model::mqtt::SESSION_EXPIRY_S));
        self
    }

    /// Whether it is let in.
    pub async fn come(&self) -> Result<Inside, String> {
        let (client, mut events) = AsyncClient::new(self.0.clone(), 16);
        let first =
            tokio::time::timeout(PATIENCE, events.poll()).await.map_err(|_| "no answer".to_owned())?;
        match first {
            Ok(Event::Incoming(Packet::ConnAck(welcome))) => {
                Ok(Inside { client, events, heard: Vec::new(), resumed: welcome.session_present })
            }
            Ok(other) => Err(format!("{other:?}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

/// Somebody who was let in.
pub struct Inside {
    client: AsyncClient,
    events: EventLoop,
    heard: Vec<String>,
    /// It has the session that it had.
    pub resumed: bool,
}

impl Inside {
    async fn next(&mut self) -> Packet {
        loop {
            let event = tokio::time::timeout(PATIENCE, self.events.poll()).await.unwrap().unwrap();
            match event {
                Event::Incoming(Packet::Publish(publish)) => {
                    self.heard.push(String::from_utf8_lossy(&publish.topic).into_owned());
                }
                Event::Incoming(packet) => return packet,
                Event::Outgoing(_) => {}
            }
        }
    }

    /// Until the broker ends the connection.
    pub async fn until_cut(mut self) {
        while self.events.poll().await.is_ok() {}
    }

    /// Asks for messages; whether that is granted is not looked at, only what comes.
    pub async fn subscribe(&mut self, filter: &str) {
        self.client.subscribe(filter, QoS::AtLeastOnce).await.unwrap();
        while !matches!(self.next().await, Packet::SubAck(_)) {}
    }

    /// Whether the broker refuses to take a message to that topic.
    pub async fn is_refused(&mut self, topic: &str) -> bool {
        self.client.publish(topic, QoS::AtLeastOnce, false, "forged").await.unwrap();
        loop {
            if let Packet::PubAck(ack) = self.next().await {
                return ack.reason == PubAckReason::NotAuthorized;
            }
        }
    }

    /// Topics of all messages that have come, those that wait in the socket too.
    pub async fn heard(&mut self) -> Vec<String> {
        // The broker answers in order: what it had to say stands before this answer.
        self.subscribe("ds/v1/s1/handheld/stranger/ack").await;
        self.heard.clone()
    }
}

/// The certificate that the broker shows, as it lies in its file. A broker that starts again meanwhile is waited for.
pub async fn shown(store: &Store, papers: &Papers) -> Vec<u8> {
    let tls = ClientTls::read(&store.authority_file(), &papers.certificate, &papers.key).unwrap();
    let Transport::Tls(TlsConfiguration::Rustls(config)) = tls.transport() else { panic!("rustls") };
    let connector = TlsConnector::from(config as Arc<ClientConfig>);
    let look = async {
        loop {
            if let Ok(stream) = tokio::net::TcpStream::connect(("127.0.0.1", store.tcp_port)).await
                && let Ok(stream) = connector.connect("127.0.0.1".try_into().unwrap(), stream).await
            {
                return stream.get_ref().1.peer_certificates().unwrap()[0].to_vec();
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(PATIENCE, look).await.unwrap()
}
