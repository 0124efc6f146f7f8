//! Who was taken back by `firmware-config enrol revoke` is out at once (REQ-46): watches the list of the store's authority
//! and takes those devices out of the broker's access rules, as long as they stand there. Decides nothing itself.

use crate::broker::AccessRules;
use crate::reads::Reads;
use firmware_config::enrol;
use model::DeviceId;
use model::mqtt::DeviceClass;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How often the list is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// What the door is kept by.
pub struct Doorkeeper {
    /// Folder of the store's authority.
    pub folder: PathBuf,
    /// Every device that store.toml lists, for those who come back.
    pub listed: Vec<(DeviceClass, DeviceId)>,
    /// Enrolled handhelds stand in the database.
    pub reads: Reads,
    /// The broker's rules.
    pub rules: watch::Sender<AccessRules>,
}

impl Doorkeeper {
    /// Keeps the door until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        let mut known = BTreeSet::new();
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = look.tick() => {}
            }
            let out = match enrol::revoked(&self.folder) {
                Ok(out) => out,
                Err(error) => {
                    // Nobody is let in again because a list cannot be read.
                    tracing::error!(%error, "revoked devices are not known; the last list stands");
                    continue;
                }
            };
            let handhelds = if known.is_subset(&out) {
                None
            } else {
                self.reads.ask(|reader| reader.handheld_tokens()).await.ok()
            };
            self.rules.send_if_modified(|rules| {
                let changed = handhelds.is_some() || out != known || holds_any(rules, &out);
                if let Some(handhelds) = handhelds {
                    rules.handhelds = handhelds;
                }
                if changed {
                    bar(rules, &self.listed, &out);
                }
                changed
            });
            known = out;
        }
    }
}

/// Whether somebody who is out stands in the rules: an enrolment writes them anew.
fn holds_any(rules: &AccessRules, out: &BTreeSet<DeviceId>) -> bool {
    let listed = rules.agents.iter().flat_map(|agent| &agent.devices).map(|(_, device)| device);
    listed.chain(rules.handhelds.iter().map(|(device, _)| device)).any(|device| out.contains(device))
}

fn bar(rules: &mut AccessRules, listed: &[(DeviceClass, DeviceId)], out: &BTreeSet<DeviceId>) {
    for agent in &mut rules.agents {
        agent.devices = listed.iter().filter(|(_, device)| !out.contains(device)).cloned().collect();
    }
    rules.handhelds.retain(|(device, _)| !out.contains(device));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::AgentRight;
    use crate::testbed::Bed;
    use model::{Role, StoreId};

    fn device(id: &str) -> DeviceId {
        DeviceId::new(id).unwrap()
    }

    #[tokio::test]
    async fn who_is_on_the_list_is_out_and_comes_back_without_it() {
        let mut bed = Bed::new();
        let enrol = crate::command::Command::EnrolHandheld { device: device("hh-1"), token_hash: "h".into() };
        bed.by("meena", Role::Manager, enrol).unwrap();
        let listed = vec![(DeviceClass::Scanner, device("sc-1")), (DeviceClass::Printer, device("pr-1"))];
        let first = AccessRules {
            store: StoreId::new("s1").unwrap(),
            node: ("node".into(), "n".into()),
            agents: vec![AgentRight { user: "agent".into(), hash: "a".into(), devices: listed.clone() }],
            handhelds: vec![(device("hh-1"), "h".into())],
        };
        let folder = tempfile::tempdir().unwrap();
        let rules = watch::Sender::new(first);
        let mut seen = rules.subscribe();
        let stop = CancellationToken::new();
        let keeper = Doorkeeper {
            folder: folder.path().to_owned(),
            listed,
            reads: Reads::new(bed.path()),
            rules: rules.clone(),
        };
        let task = tokio::spawn(keeper.run(stop.clone()));
        let list = folder.path().join("revoked.txt");
        std::fs::write(&list, "hh-1\nsc-1\n").unwrap();
        let limit = Duration::from_secs(10);
        let out = |rules: &AccessRules| rules.handhelds.is_empty() && rules.agents[0].devices.len() == 1;
        tokio::time::timeout(limit, seen.wait_for(out)).await.unwrap().unwrap();
        // An enrolment of somebody else writes the handhelds anew: who is out stays out.
        rules.send_modify(|rules| {
            rules.handhelds = vec![(device("hh-1"), "h".into()), (device("hh-2"), "i".into())]
        });
        let one = |rules: &AccessRules| rules.handhelds == [(device("hh-2"), "i".to_owned())];
        tokio::time::timeout(limit, seen.wait_for(one)).await.unwrap().unwrap();
        std::fs::write(&list, "").unwrap();
        let back = |rules: &AccessRules| {
            rules.handhelds == [(device("hh-1"), "h".to_owned())] && rules.agents[0].devices.len() == 2
        };
        tokio::time::timeout(limit, seen.wait_for(back)).await.unwrap().unwrap();
        stop.cancel();
        task.await.unwrap();
    }
}
