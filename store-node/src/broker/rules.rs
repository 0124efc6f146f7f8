//! Who may say what on the broker (ARCHITECTURE, decision 8): a device writes what devices say ([`Leaf::OF_DEVICES`]) of its
//! own topic and reads cmd and ack of it; the node alone writes cmd and ack. Client id = user name = topic part.

use super::secret::password_fits;
use model::mqtt::{DeviceClass, Leaf, discovery_topics};
use model::{DeviceId, StoreId};
use std::fmt::Write as _;
use store_broker::{Badge, Deed, Knock};

/// How the proof of a certificate begins, before its serial number; no password's hash looks like it.
pub(super) const CERTIFICATE: &str = "certificate ";

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
        // A device may have a certificate of its own; without one nobody can come by its name.
        for (class, device) in self.agents.iter().flat_map(|agent| &agent.devices) {
            let _ = writeln!(text, "\nuser {device}");
            self.device_topics(&mut text, *class, device);
        }
        for (device, _) in &self.handhelds {
            let _ = writeln!(text, "\nuser {device}");
            self.device_topics(&mut text, DeviceClass::Handheld, device);
        }
        text
    }

    /// Lets a client in or not: the name of its certificate, or a known user with its password, under a client id that
    /// is not another's. A foreign client id would end the connection of whoever it belongs to.
    pub fn admit(&self, knock: &Knock<'_>) -> Option<Badge> {
        let (user, proof) = match knock.certificate {
            Some(shown) => (shown.name, format!("{CERTIFICATE}{}", shown.serial)),
            None => {
                let user = knock.user?;
                let kept = self.hash_of(user)?;
                let fits = password_fits(knock.password.unwrap_or_default(), kept);
                (user, fits.then(|| kept.to_owned())?)
            }
        };
        let badge = Badge { user: user.into(), client: knock.client.into(), proof: proof.into() };
        self.holds(&badge).then_some(badge)
    }

    /// Whether who was let in would still be: its password has not changed since, and it is still known.
    pub fn holds(&self, badge: &Badge) -> bool {
        let proved = badge.proof.starts_with(CERTIFICATE)
            || self.hash_of(&badge.user).is_some_and(|kept| *kept == *badge.proof);
        proved && self.may_be(&badge.user, &badge.client)
    }

    fn hash_of(&self, user: &str) -> Option<&str> {
        if user == self.node.0 {
            return Some(&self.node.1);
        }
        let agent = self.agents.iter().find(|agent| agent.user == user).map(|agent| agent.hash.as_str());
        agent.or_else(|| {
            self.handhelds.iter().find(|(device, _)| device.as_str() == user).map(|(_, hash)| hash.as_str())
        })
    }

    /// Whether a user may call itself this: the node, handhelds and listed devices by their own names; an agent by any
    /// that is neither the node's nor a handheld's.
    fn may_be(&self, user: &str, client: &str) -> bool {
        match self.agent(user) {
            Some(_) => client != self.node.0 && !self.handhelds.iter().any(|(id, _)| id.as_str() == client),
            None => user == client && (user == self.node.0 || self.own_class(user).is_some()),
        }
    }

    fn agent(&self, user: &str) -> Option<&AgentRight> {
        self.agents.iter().find(|agent| agent.user == user)
    }

    /// What kind of device speaks for itself under this name.
    fn own_class(&self, name: &str) -> Option<DeviceClass> {
        if self.handhelds.iter().any(|(id, _)| id.as_str() == name) {
            return Some(DeviceClass::Handheld);
        }
        let mut listed = self.agents.iter().flat_map(|agent| &agent.devices);
        listed.find(|(_, id)| id.as_str() == name).map(|(class, _)| *class)
    }

    /// Whether a client may: the same rights as [`AccessRules::acl_file`] writes. An agent's connection that bears a
    /// device's name has the rights of that device alone.
    pub fn may(&self, user: &str, client: &str, deed: Deed, topic: &str) -> bool {
        if user == self.node.0 {
            let rest = topic.strip_prefix("ds/v1/").and_then(|rest| rest.strip_prefix(self.store.as_str()));
            return rest.is_some_and(|rest| rest.starts_with('/'));
        }
        let Some(agent) = self.agent(user) else {
            return self.own_class(user).is_some_and(|class| self.of_device(class, user, deed, topic));
        };
        let named = agent.devices.iter().any(|(_, id)| id.as_str() == client);
        let mut devices = agent.devices.iter().filter(|(_, id)| !named || id.as_str() == client);
        devices.any(|(class, id)| self.of_device(*class, id.as_str(), deed, topic))
    }

    fn of_device(&self, class: DeviceClass, device: &str, deed: Deed, topic: &str) -> bool {
        let rest = topic.strip_prefix("ds/v1/").and_then(|rest| rest.strip_prefix(self.store.as_str()));
        let rest =
            rest.and_then(|rest| rest.strip_prefix('/')?.strip_prefix(class.word())?.strip_prefix('/'));
        let leaf = rest.and_then(|rest| rest.strip_prefix(device)?.strip_prefix('/'));
        match (leaf, deed) {
            (Some(leaf), Deed::Write) => Leaf::OF_DEVICES.iter().any(|own| own.word() == leaf),
            (Some(leaf), Deed::Read) => Leaf::FOR_DEVICES.iter().any(|own| own.word() == leaf),
            (None, Deed::Read) => false,
            (None, Deed::Write) => DeviceId::new(device)
                .is_ok_and(|id| discovery_topics(&self.store, &id, class).any(|own| topic == own)),
        }
    }

    fn device_topics(&self, text: &mut String, class: DeviceClass, device: &DeviceId) {
        let base = format!("ds/v1/{}/{}/{device}", self.store, class.word());
        for leaf in Leaf::OF_DEVICES {
            let _ = writeln!(text, "topic write {base}/{}", leaf.word());
        }
        for leaf in Leaf::FOR_DEVICES {
            let _ = writeln!(text, "topic read {base}/{}", leaf.word());
        }
        for topic in discovery_topics(&self.store, device, class) {
            let _ = writeln!(text, "topic write {topic}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::hash_password;
    use store_broker::{Door, Shown};

    fn rules() -> AccessRules {
        let device = |id| DeviceId::new(id).unwrap();
        AccessRules {
            store: StoreId::new("s1").unwrap(),
            node: ("larder-node".into(), hash_password("node", [1; 12])),
            agents: vec![AgentRight {
                user: "agent".into(),
                hash: hash_password("agent", [2; 12]),
                devices: vec![
                    (DeviceClass::Scanner, device("scan-1")),
                    (DeviceClass::Printer, device("label-1")),
                    (DeviceClass::Sensor, device("temp-1")),
                    (DeviceClass::Door, device("door-1")),
                ],
            }],
            handhelds: vec![(device("h1"), hash_password("token", [3; 12]))],
        }
    }

    fn knock<'k>(client: &'k str, user: &'k str, password: &'k str) -> Knock<'k> {
        let (user, password) = (Some(user), Some(password.as_bytes()));
        Knock { door: Door::Tcp, client, user, password, certificate: None }
    }

    #[test]
    fn a_handheld_writes_its_own_topics_only() {
        let rules = rules();
        let acl = rules.acl_file();
        assert!(acl.contains("user h1\ntopic write ds/v1/s1/handheld/h1/birth\n"));
        assert!(!acl.contains("topic write ds/v1/s1/handheld/h1/cmd"));
        assert!(rules.users_file().starts_with("larder-node:$7$"));
    }

    #[test]
    fn who_comes_in_has_a_password_and_a_name_of_its_own() {
        let rules = rules();
        for (client, user, password, welcome) in [
            ("larder-node", "larder-node", "node", true),
            ("scan-1", "agent", "agent", true),
            ("h1", "h1", "token", true),
            ("h1", "h1", "node", false),
            ("scan-1", "h1", "token", false),
            ("somebody", "agent", "agent", true),
            ("h1", "agent", "agent", false),
            ("larder-node", "agent", "agent", false),
            ("scan-1", "scan-1", "", false),
            ("h2", "h2", "token", false),
        ] {
            assert_eq!(rules.admit(&knock(client, user, password)).is_some(), welcome, "{client} {user}");
        }
        let certified = |name, client| Knock {
            certificate: Some(Shown { name, serial: "01" }),
            user: None,
            password: None,
            ..knock(client, "", "")
        };
        for (name, client, welcome) in [
            ("larder-node", "larder-node", true),
            ("agent", "label-1", true),
            ("scan-1", "scan-1", true),
            ("scan-1", "label-1", false),
            ("scan-2", "scan-2", false),
            ("agent", "h1", false),
        ] {
            assert_eq!(rules.admit(&certified(name, client)).is_some(), welcome, "{name} as {client}");
        }
        let nobody = Knock { user: None, ..knock("h1", "", "") };
        assert_eq!(rules.admit(&nobody), None);
    }

    #[test]
    fn a_revoked_handheld_no_longer_holds_its_badge() {
        let mut rules = rules();
        let badge = rules.admit(&knock("h1", "h1", "token")).unwrap();
        assert!(rules.holds(&badge));
        rules.handhelds[0].1 = hash_password("another", [4; 12]);
        assert!(!rules.holds(&badge));
        rules.handhelds.clear();
        assert!(!rules.holds(&badge));
    }

    /// Both brokers must give the same rights: every topic that the file allows is allowed here, and no other.
    #[test]
    fn the_answers_say_what_the_file_says() {
        let rules = rules();
        let acl = rules.acl_file();
        for (user, client) in [
            ("agent", "scan-1"),
            ("agent", "label-1"),
            ("agent", "temp-1"),
            ("scan-1", "scan-1"),
            ("h1", "h1"),
        ] {
            let section = acl.split("\n\n").find(|part| part.starts_with(&format!("user {user}\n"))).unwrap();
            for class in ["scanner", "printer", "handheld", "sensor"] {
                for device in ["scan-1", "label-1", "temp-1", "h1", "h2"] {
                    for leaf in ["birth", "capability", "state", "event", "reply", "cmd", "ack", "other"] {
                        let topic = format!("ds/v1/s1/{class}/{device}/{leaf}");
                        for (deed, word) in [(Deed::Write, "write"), (Deed::Read, "read")] {
                            let line = format!("topic {word} {topic}");
                            let written = section.lines().any(|one| one == line) && device == client;
                            assert_eq!(rules.may(user, client, deed, &topic), written, "{user}: {line}");
                        }
                    }
                }
            }
        }
        for (device, class) in [("temp-1", DeviceClass::Sensor), ("door-1", DeviceClass::Door)] {
            for discovery in discovery_topics(&rules.store, &DeviceId::new(device).unwrap(), class) {
                assert!(acl.contains(&format!("topic write {discovery}\n")));
                assert!(rules.may("agent", device, Deed::Write, &discovery));
                assert!(!rules.may("agent", device, Deed::Read, &discovery));
                assert!(!rules.may("agent", "scan-1", Deed::Write, &discovery));
            }
        }
        assert!(rules.may("larder-node", "larder-node", Deed::Write, "ds/v1/s1/printer/label-1/cmd"));
        assert!(!rules.may("larder-node", "larder-node", Deed::Read, "ds/v1/s2/printer/label-1/event"));
    }
}
