//! The same stories on both brokers: the one inside the node and Mosquitto. Who may what, who is cut, what survives, and
//! the same again behind certificates.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test's helpers stop at what must not happen"
)]

#[path = "brokers/client.rs"]
mod client;
#[path = "brokers/five.rs"]
mod five;
#[path = "brokers/house.rs"]
mod house;
#[path = "brokers/papers.rs"]
mod papers;

use client::{Client, Way};
use firmware_config::BrokerMode;
use house::{House, rules};
use papers::Papers;
use std::time::Duration;

/// How long somebody whose certificate was taken back may stay connected.
const CUT_WITHIN: Duration = Duration::from_secs(5);
const BOTH: [BrokerMode; 2] = [BrokerMode::Embedded, BrokerMode::MosquittoManaged];

/// Not a test of its own: what a test starts as another process, to kill it.
#[tokio::test]
async fn a_broker_of_its_own() {
    house::play_broker_if_asked().await;
}

#[tokio::test]
async fn everybody_says_and_hears_its_own_topics_only() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        let mut node = house.node().await;
        let mut agent = house.agent("scan-1").await;
        let mut handheld = house.handheld(Way::WebSocket).await;
        node.subscribe("ds/v1/#").await;
        handheld.subscribe("ds/v1/#").await;
        agent.subscribe("ds/v1/#").await;
        // What is not for them is said first: had they a right to it, they would hear it first.
        for topic in ["handheld/h2/cmd", "printer/label-9/cmd", "handheld/h1/event"] {
            node.publish(topic, "not yours").await;
        }
        node.publish("handheld/h1/cmd", "for h1").await;
        node.publish("scanner/scan-1/ack", "for scan-1").await;
        assert_eq!(handheld.hears().await, ("handheld/h1/cmd".into(), "for h1".into()), "{mode:?}");
        assert_eq!(agent.hears().await, ("scanner/scan-1/ack".into(), "for scan-1".into()), "{mode:?}");
        for _ in 0..5 {
            node.hears().await;
        }
        for topic in ["handheld/h2/event", "handheld/h1/cmd", "scanner/scan-1/event", "handheld/h1/event"] {
            handheld.publish(topic, "from h1").await;
        }
        assert_eq!(node.hears().await.0, "handheld/h1/event", "{mode:?}");
        house.close().await;
    }
}

#[tokio::test]
async fn strangers_stay_outside() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        for (user, password) in [("h1", "wrong"), ("h9", "token"), ("larder-node", ""), ("", "")] {
            let refused = Client::connect(house.options("h1", user, password, Way::Tcp), "s1").await;
            assert!(refused.is_err(), "{mode:?}: {user}");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a_revoked_handheld_is_cut_at_once_and_the_others_stay() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        let mut node = house.node().await;
        node.subscribe("ds/v1/#").await;
        let mut handheld = house.handheld(Way::Tcp).await;
        house.rules.send_modify(|rules| rules.handhelds.clear());
        assert!(handheld.is_cut().await, "{mode:?}");
        let again = Client::connect(house.options("h1", "h1", "token", Way::Tcp), "s1").await;
        assert!(again.is_err(), "{mode:?}: a revoked handheld came back");
        node.publish("handheld/h1/cmd", "still here").await;
        assert_eq!(node.hears().await.1, "still here", "{mode:?}");
        // Enrolled anew, it comes back with its new token.
        house.rules.send_modify(|known| known.handhelds = rules().handhelds);
        let begun = std::time::Instant::now();
        while Client::connect(house.options("h1", "h1", "token", Way::Tcp), "s1").await.is_err() {
            assert!(begun.elapsed() < Duration::from_secs(5), "{mode:?}: enrolled, and not let in");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn who_is_away_for_a_moment_misses_no_command_and_hears_them_in_order() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        let node = house.node().await;
        let mut agent = house.agent("label-1").await;
        agent.subscribe("ds/v1/s1/printer/label-1/cmd").await;
        agent.break_off().await;
        for n in 0..300 {
            node.publish("printer/label-1/cmd", &n.to_string()).await;
        }
        let mut agent = house.agent("label-1").await;
        for n in 0..300 {
            assert_eq!(agent.hears().await.1, n.to_string(), "{mode:?}");
        }
        house.close().await;
    }
}

#[tokio::test]
async fn a_lost_device_leaves_its_will_and_one_that_says_goodbye_does_not() {
    for mode in BOTH {
        let house = House::open(mode, None).await;
        let mut node = house.node().await;
        node.subscribe("ds/v1/s1/+/+/state").await;
        house.with_will("scan-1", "lost").await.break_off().await;
        assert_eq!(node.hears().await, ("scanner/scan-1/state".into(), "lost".into()), "{mode:?}");
        house.with_will("scan-1", "lost again").await.goodbye().await;
        let agent = house.agent("scan-1").await;
        agent.publish("scanner/scan-1/state", "back").await;
        assert_eq!(node.hears().await.1, "back", "{mode:?}: nothing between");
        house.close().await;
    }
}

/// Acknowledged is kept: whatever was acknowledged before kill -9 is retained after it. Mosquitto acknowledges first and
/// writes a moment later; that moment is waited for.
#[tokio::test]
async fn what_is_retained_survives_kill_9() {
    for mode in BOTH {
        let mut house = House::apart(mode).await;
        let mut agent = house.agent("scan-1").await;
        for n in 0..50 {
            agent.publish_retained("scanner/scan-1/state", &n.to_string()).await;
        }
        let mut label = house.agent("label-1").await;
        label.publish_retained("printer/label-1/birth", "born").await;
        label.publish_retained("printer/label-1/birth", "").await;
        label.publish_retained("printer/label-1/state", "ready").await;
        house.wait_for_mosquitto().await;
        house.kill_9().await;
        house.start_again().await;
        let mut node = house.node().await;
        node.subscribe("ds/v1/s1/scanner/#").await;
        assert_eq!(node.hears().await, ("scanner/scan-1/state".into(), "49".into()), "{mode:?}");
        node.subscribe("ds/v1/s1/printer/#").await;
        assert_eq!(node.hears().await, ("printer/label-1/state".into(), "ready".into()), "{mode:?}");
        node.publish("printer/label-1/cmd", "and nothing else").await;
        assert_eq!(node.hears().await.1, "and nothing else", "{mode:?}: what was cleared stays cleared");
        house.kill_9().await;
    }
}

/// Behind TLS the certificate's name is the user; a browser comes with its token alone.
#[tokio::test]
async fn a_certificates_name_is_its_right() {
    for mode in BOTH {
        let papers = Papers::issue();
        let house = House::open(mode, Some(&papers)).await;
        let mut node = house.certified("larder-node", "larder-node").await.unwrap();
        node.subscribe("ds/v1/#").await;
        // The agent for any of its devices; a device with papers of its own for itself.
        let agent = house.certified("agent", "label-1").await.unwrap();
        agent.publish("printer/label-1/event", "printed").await;
        assert_eq!(node.hears().await.0, "printer/label-1/event", "{mode:?}");
        let mut device = house.certified("scan-1", "scan-1").await.unwrap();
        device.subscribe("ds/v1/#").await;
        device.publish("printer/label-1/event", "forged").await;
        // Mosquitto lets in whom the authority has signed for, and gives no rights to a name it does not know.
        if let Ok(stranger) = house.certified("stranger", "stranger").await {
            assert_eq!(mode, BrokerMode::MosquittoManaged);
            stranger.publish("scanner/scan-1/event", "forged").await;
        }
        device.publish("scanner/scan-1/event", "scanned").await;
        assert_eq!(node.hears().await.1, "scanned", "{mode:?}");
        node.publish("printer/label-1/cmd", "not yours").await;
        node.publish("scanner/scan-1/cmd", "yours").await;
        assert_eq!(device.hears().await.1, "yours", "{mode:?}");
        let handheld = house.handheld(Way::SecureWebSocket).await;
        handheld.publish("handheld/h1/event", "from the browser").await;
        for wanted in ["not yours", "yours", "from the browser"] {
            assert_eq!(node.hears().await.1, wanted, "{mode:?}");
        }
        house.close().await;
    }
}

/// Who takes a certificate back writes a list: within seconds who is in with it is cut, and nobody comes in with it any more.
/// The others go on: at once on the embedded broker, after a new connection on Mosquitto, with everything they were owed.
#[tokio::test]
async fn a_certificate_that_was_taken_back_is_worth_nothing() {
    for mode in BOTH {
        let papers = Papers::issue();
        let house = House::open(mode, Some(&papers)).await;
        let config = papers.client_numbered("scan-1", 77);
        let come = || Client::connect(house.options("scan-1", "", "", Way::Tls(config.clone())), "s1");
        let mut device = come().await.unwrap();
        let mut other = house.certified("label-1", "label-1").await.unwrap();
        other.subscribe("ds/v1/s1/printer/label-1/cmd").await;
        let node = house.certified("larder-node", "larder-node").await.unwrap();
        house.take_back(77);
        let begun = std::time::Instant::now();
        assert!(device.is_cut().await, "{mode:?}: it is cut");
        assert!(begun.elapsed() < CUT_WITHIN, "{mode:?}: {:?}", begun.elapsed());
        let (node, mut other) = match mode {
            BrokerMode::Embedded => (node, other),
            BrokerMode::MosquittoManaged | BrokerMode::External => {
                assert!(other.is_cut().await, "{mode:?} starts again");
                (house.back("larder-node").await, house.back("label-1").await)
            }
        };
        node.publish("printer/label-1/cmd", "still yours").await;
        assert_eq!(other.hears().await.1, "still yours", "{mode:?}");
        assert!(come().await.is_err(), "{mode:?}: it still comes in");
        house.close().await;
    }
}

#[tokio::test]
async fn without_the_stores_own_papers_nobody_comes_in() {
    for mode in BOTH {
        let papers = Papers::issue();
        let house = House::open(mode, Some(&papers)).await;
        let foreign = Papers::issue();
        for (what, way) in [
            ("in the clear", Way::Tcp),
            ("without a certificate", Way::Tls(papers.nobody())),
            ("with another store's certificate", Way::Tls(papers.mixed(&foreign, "larder-node"))),
        ] {
            let options = house.options("larder-node", "larder-node", "node", way);
            assert!(Client::connect(options, "s1").await.is_err(), "{mode:?}: {what}");
        }
        house.close().await;
    }
}
