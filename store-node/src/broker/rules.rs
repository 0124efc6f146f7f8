//! Who may say what on the broker (ARCHITECTURE, decision 8): a device writes birth, state and event of its own topic
//! and reads cmd and ack of it; the node alone writes cmd and ack. Client id = user name = topic part.

use model::mqtt::{DeviceClass, discovery_topic};
use model::{DeviceId, StoreId};
use std::fmt::Write as _;

/// An agent that carries several devices over one connection.
#[derive(Debug, Clone)]
pub struct AgentRight {
    /// MQTT user name.
    pub user: String,
    /// Hash of its password ([`super::hash_password`]).
    pub hash: String,
    /// The devices it speaks for.
    pub devices: Vec<(DeviceClass, DeviceId)>,
}

/// Everybody who may connect.
#[derive(Debug, Clone)]
pub struct AccessRules {
    /// The store, for topics.
    pub store: StoreId,
    /// The node's own user name and password hash.
    pub node: (String, String),
    /// Agents from store.toml.
    pub agents: Vec<AgentRight>,
    /// Enrolled handhelds: id and token hash.
    pub handhelds: Vec<(DeviceId, String)>,
}

impl AccessRules {
    /// Mosquitto's password file.
    pub fn users_file(&self) -> String {
        let agents = self.agents.iter().map(|agent| (agent.user.clone(), agent.hash.clone()));
        let handhelds = self.handhelds.iter().map(|(device, hash)| (device.to_string(), hash.clone()));
        let mut text = String::new();
        for (user, hash) in std::iter::once(self.node.clone()).chain(agents).chain(handhelds) {
            let _ = writeln!(text, "{user}:{hash}");
        }
        text
    }

    /// Mosquitto's access control file.
    pub fn acl_file(&self) -> String {
        let mut text = format!("user {}\ntopic readwrite ds/v1/{}/#\n", self.node.0, self.store);
        for agent in &self.agents {
            let _ = writeln!(text, "\nuser {}", agent.user);
            for (class, device) in &agent.devices {
                self.device_topics(&mut text, *class, device);
            }
        }
        for (device, _) in &self.handhelds {
            let _ = writeln!(text, "\nuser {device}");
            self.device_topics(&mut text, DeviceClass::Handheld, device);
        }
        text
    }

    fn device_topics(&self, text: &mut String, class: DeviceClass, device: &DeviceId) {
        let base = format!("ds/v1/{}/{}/{device}", self.store, class.word());
        for leaf in ["birth", "state", "event"] {
            let _ = writeln!(text, "topic write {base}/{leaf}");
        }
        for leaf in ["cmd", "ack"] {
            let _ = writeln!(text, "topic read {base}/{leaf}");
        }
        if class == DeviceClass::Sensor {
            let _ = writeln!(text, "topic write {}", discovery_topic(&self.store, device));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handheld_writes_its_own_topics_only() {
        let rules = AccessRules {
            store: StoreId::new("s1").unwrap(),
            node: ("larder-node".into(), "$7$x".into()),
            agents: vec![],
            handhelds: vec![(DeviceId::new("h1").unwrap(), "$7$y".into())],
        };
        let acl = rules.acl_file();
        assert!(acl.contains("user h1\ntopic write ds/v1/s1/handheld/h1/birth\n"));
        assert!(!acl.contains("topic write ds/v1/s1/handheld/h1/cmd"));
        assert_eq!(rules.users_file(), "larder-node:$7$x\nh1:$7$y\n");
    }
}
