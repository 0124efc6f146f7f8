//! A broker that somebody else runs, as the rendered `larder-mosquitto` service: the node writes who may come in and what
//! each may do, as `users` and `acl` in its own folder. Whoever runs the broker copies them and lets it reload.

use super::mosquitto::{make_dir, write_access};
use super::{AccessRules, BrokerError, BrokerSetup};
use std::path::PathBuf;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// Where the files of a foreign broker are written.
#[derive(Debug)]
pub struct ExternalBroker(PathBuf);

impl ExternalBroker {
    pub(super) fn start(setup: BrokerSetup, rules: &AccessRules) -> Result<Self, BrokerError> {
        make_dir(&setup.dir)?;
        write_access(&setup.dir, rules)?;
        Ok(Self(setup.dir))
    }

    /// Writes the files anew at every change, until `stop`.
    pub(super) async fn supervise(self, mut reloads: watch::Receiver<AccessRules>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                changed = reloads.changed() => {
                    if changed.is_err() { return; }
                    let rules = reloads.borrow_and_update().clone();
                    match write_access(&self.0, &rules) {
                        Ok(()) => tracing::info!(
                            folder = %self.0.display(),
                            "broker users changed: copy users and acl, and reload the broker"
                        ),
                        Err(error) => tracing::error!(%error, "broker users not written"),
                    }
                }
            }
        }
    }
}
