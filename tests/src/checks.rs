//! What must be true whatever happens: nothing oversold, every unit accounted for, first expired first out, no command
//! lost or done twice, both sides the same once it is quiet. Judges by its own books and its own arithmetic; never asks a
//! flow whether the flow was right.

mod books;
mod fefo;
mod orders;
mod quiet;
mod rights;

pub use books::{Books, Look};
pub use orders::live_orders;
pub use quiet::{Both, alarms, documents, inspected, orders, quotas, shipped_once};
pub use rights::hub_rights;

use std::fmt;

/// What was found broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Check {
    /// The hash chain of a ledger, or a ledger that became shorter.
    Chain,
    /// A ledger row or balance that does not follow from the rows before.
    Replay,
    /// Units that came from nowhere or went nowhere.
    Conserved,
    /// More promised than there is (SYNC.md, I1 to I3).
    Oversold,
    /// A later-expiring lot taken while an earlier one was free.
    Fefo,
    /// A line of an open order that is neither held, nor picked, nor counted as short.
    Held,
    /// An acknowledged command that is not in the database, or an order a customer was told of that is nowhere.
    Lost,
    /// A command done twice, or answered differently the second time.
    Doubled,
    /// An order that left twice (I5).
    ShippedTwice,
    /// Both sides differ although it is quiet.
    Converged,
    /// Something waits for ever.
    Stuck,
    /// The simulation itself, or the machine under it, failed.
    Machine,
}

/// A broken promise, with its particulars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// Which check found it.
    pub check: Check,
    /// Who, where, how much.
    pub detail: String,
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.check, self.detail)
    }
}

impl std::error::Error for Broken {}

/// A finding.
pub fn broken(check: Check, detail: impl Into<String>) -> Broken {
    Broken { check, detail: detail.into() }
}

/// A fault of the machine under the simulation is a finding too: nothing is passed over.
pub fn machine(error: impl fmt::Display) -> Broken {
    broken(Check::Machine, error.to_string())
}

/// What a check gives.
pub type Checked<T = ()> = Result<T, Broken>;
