//! Walks the payment steps that are due: asks the gateway, hands its answer to the writer. It keeps nothing itself, so a
//! crash anywhere is a question asked again with the same key (REQ-63).

use crate::clock;
use crate::command::{Command, Envelope, Outcome};
use crate::db::payments::StepRow;
use crate::ports::pay::{Ask, Gateway};
use crate::readers::Readers;
use crate::system;
use crate::writer::Writer;
use hub_core::proof;
use model::{CommandId, Timestamp};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// Questions at the gateway at the same time.
const AT_ONCE: usize = 16;
/// Looks again at the latest after this time.
const LOOK: Duration = Duration::from_secs(1);

/// The worker's parts.
#[derive(Debug)]
pub struct Cashier {
    /// Whom to ask.
    pub gateway: Arc<Gateway>,
    /// Where answers go.
    pub writer: Writer,
    /// Where steps stand.
    pub readers: Readers,
}

impl Cashier {
    /// Works until `stop`; what is under way then is asked again at the next start.
    pub async fn run(self, stop: CancellationToken) {
        let mut changed = self.writer.changed();
        let mut tasks: JoinSet<String> = JoinSet::new();
        let mut under_way: BTreeSet<String> = BTreeSet::new();
        loop {
            for (step, token) in self.due().await {
                if under_way.len() < AT_ONCE && under_way.insert(step.key.clone()) {
                    tasks.spawn(one(self.gateway.clone(), self.writer.clone(), step, token));
                }
            }
            tokio::select! {
                () = stop.cancelled() => return,
                Some(done) = tasks.join_next() => {
                    if let Ok(key) = done {
                        under_way.remove(&key);
                    }
                }
                changed = changed.changed() => {
                    if changed.is_err() {
                        return;
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    async fn due(&self) -> Vec<(StepRow, String)> {
        let now = clock::now();
        let found = self.readers.ask(move |data| {
            let mut due = Vec::new();
            for step in data.due_steps(now, AT_ONCE as u32 * 2)? {
                let token = data.payment(&step.order)?.map(|p| p.token).unwrap_or_default();
                due.push((step, token));
            }
            Ok(due)
        });
        found.await.unwrap_or_else(|error| {
            tracing::error!(%error, "due payment steps cannot be read");
            Vec::new()
        })
    }
}

async fn one(gateway: Arc<Gateway>, writer: Writer, step: StepRow, token: String) -> String {
    let ask = Ask { key: step.key.clone(), kind: step.kind, amount: step.amount, token };
    let outcome = gateway.ask(&ask).await;
    let command = Command::PaymentResult { key: step.key.clone(), outcome };
    let envelope = Envelope { id: id_of(&step, outcome), actor: system::actor("gateway"), command };
    match writer.apply(envelope).await {
        Ok(Ok(_)) => {}
        Ok(Err(no)) => tracing::warn!(key = %step.key, ?no, "the gateway's answer was not taken"),
        Err(error) => {
            tracing::warn!(key = %step.key, %error, "the gateway's answer was not kept; asking again")
        }
    }
    step.key
}

/// The same answer to the same try is the same command, whoever tells it.
fn id_of(step: &StepRow, outcome: Outcome) -> CommandId {
    let said: &[u8] = match outcome {
        Outcome::Agreed => b"agreed",
        Outcome::Declined => b"declined",
        Outcome::Unclear => b"unclear",
    };
    let parts: [&[u8]; 4] = [b"payment", step.key.as_bytes(), &step.tries.to_be_bytes(), said];
    CommandId::new(Timestamp::from_ms(0), proof::digest_u128(&parts))
}
