//! The list of certificates that were taken back: looked at every second, because whoever takes one back writes a file and
//! knows no broker.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

/// How long a change of the list may stay unseen.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The list of one store, or none.
#[derive(Debug)]
pub struct List {
    path: Option<PathBuf>,
    seen: Option<SystemTime>,
    serials: BTreeSet<String>,
}

impl List {
    /// The list at this path, as it stands now.
    ///
    /// # Errors
    /// The list is there and cannot be read: nobody is let in on a list that nobody understands.
    pub(super) fn open(path: Option<PathBuf>) -> Result<Self, store_broker::TlsError> {
        let mut list = Self { path, seen: None, serials: BTreeSet::new() };
        if let Some(path) = list.path.clone() {
            list.seen = list.written();
            list.serials = store_broker::revoked(&path)?;
        }
        Ok(list)
    }

    /// Serial numbers of those who are out.
    pub(super) fn serials(&self) -> BTreeSet<String> {
        self.serials.clone()
    }

    fn written(&self) -> Option<SystemTime> {
        std::fs::metadata(self.path.as_ref()?).and_then(|about| about.modified()).ok()
    }

    /// Waits until the list is another one. A list that cannot be read leaves the last one in force.
    pub(super) async fn changed(&mut self) {
        let Some(path) = self.path.clone() else { return std::future::pending().await };
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let written = self.written();
            if written == self.seen {
                continue;
            }
            match store_broker::revoked(&path) {
                Ok(serials) => {
                    (self.seen, self.serials) = (written, serials);
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "the list of revoked certificates; the last one stays in force")
                }
            }
        }
    }
}
