//! The payment port (REQ-64). One question, one key: asked twice, done once. The simulator stands in for a gateway on
//! loopback; Razorpay- and Stripe-shaped adapters will be further variants of [`Gateway`].

use crate::command::Outcome;
use crate::db::payments::StepKind;
use model::Paise;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Duration;

/// A question to a gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Idempotency key.
    pub key: String,
    /// What.
    pub kind: StepKind,
    /// How much.
    pub amount: Paise,
    /// The gateway's token of the customer's means of payment.
    pub token: String,
}

/// The gateways there are.
#[derive(Debug)]
pub enum Gateway {
    /// A local one that fails on demand (profile demo).
    Simulator(Simulator),
}

impl Gateway {
    /// Asks. Never fails: no clear answer is [`Outcome::Unclear`], and the same key is asked again.
    pub async fn ask(&self, ask: &Ask) -> Outcome {
        match self {
            Gateway::Simulator(simulator) => simulator.ask(ask).await,
        }
    }
}

/// What the simulator has done for a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Deed {
    key: String,
    kind: StepKind,
    amount: Paise,
    agreed: bool,
}

/// The simulator: `tok_ok` works, `tok_declined` is refused, `tok_slow` takes four seconds, `tok_error` does what it is asked
/// and then loses the answer, once. Its deeds lie in a file of its own, as a gateway's would lie elsewhere.
#[derive(Debug)]
pub struct Simulator {
    file: PathBuf,
    slow: Duration,
    deeds: Mutex<BTreeMap<String, Deed>>,
}

impl Simulator {
    /// Opens its file of deeds.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn open(file: &Path) -> std::io::Result<Self> {
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error),
        };
        let deeds = text.lines().filter_map(|line| serde_json::from_str::<Deed>(line).ok());
        let deeds = deeds.map(|deed| (deed.key.clone(), deed)).collect();
        Ok(Self { file: file.to_owned(), slow: Duration::from_secs(4), deeds: Mutex::new(deeds) })
    }

    /// All that was taken, less what was given back, by the simulator's own books. Captures of an authorisation count,
    /// authorisations do not.
    pub fn balance(&self) -> Paise {
        let deeds = self.deeds.lock().map(|d| d.values().cloned().collect::<Vec<_>>()).unwrap_or_default();
        let mut sum = 0;
        for deed in deeds.iter().filter(|deed| deed.agreed) {
            sum += match deed.kind {
                StepKind::Debit | StepKind::Capture => deed.amount.get(),
                StepKind::Refund => -deed.amount.get(),
                StepKind::Authorise | StepKind::Void => 0,
            };
        }
        Paise::new(sum)
    }

    async fn ask(&self, ask: &Ask) -> Outcome {
        if ask.token == "tok_slow" && matches!(ask.kind, StepKind::Authorise | StepKind::Debit) {
            tokio::time::sleep(self.slow).await;
        }
        let (deed, first) = match self.deed(ask) {
            Ok(done) => done,
            Err(error) => {
                tracing::error!(%error, "the payment simulator cannot write its deeds");
                return Outcome::Unclear;
            }
        };
        if first && ask.token == "tok_error" {
            return Outcome::Unclear;
        }
        if deed.agreed { Outcome::Agreed } else { Outcome::Declined }
    }

    /// Does it, or says what was done for this key before.
    fn deed(&self, ask: &Ask) -> std::io::Result<(Deed, bool)> {
        let mut deeds = self.deeds.lock().map_err(|e| std::io::Error::other(e.to_string()))?;
        if let Some(known) = deeds.get(&ask.key) {
            return Ok((known.clone(), false));
        }
        let agreed = ask.token != "tok_declined";
        let deed = Deed { key: ask.key.clone(), kind: ask.kind, amount: ask.amount, agreed };
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(&self.file)?;
        writeln!(file, "{}", serde_json::to_string(&deed)?)?;
        deeds.insert(ask.key.clone(), deed.clone());
        Ok((deed, true))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(key: &str, kind: StepKind, token: &str) -> Ask {
        Ask { key: key.to_owned(), kind, amount: Paise::new(500), token: token.to_owned() }
    }

    #[tokio::test]
    async fn the_same_key_is_charged_once_also_over_a_restart() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("deeds");
        let first = Simulator::open(&file).unwrap();
        let debit = ask("a", StepKind::Debit, "tok_error");
        assert_eq!(first.ask(&debit).await, Outcome::Unclear);
        let second = Simulator::open(&file).unwrap();
        assert_eq!(second.ask(&debit).await, Outcome::Agreed);
        assert_eq!(second.balance(), Paise::new(500));
        assert_eq!(second.ask(&ask("b", StepKind::Refund, "")).await, Outcome::Agreed);
        assert_eq!(second.ask(&ask("c", StepKind::Debit, "tok_declined")).await, Outcome::Declined);
        assert_eq!(second.balance(), Paise::ZERO);
    }
}
