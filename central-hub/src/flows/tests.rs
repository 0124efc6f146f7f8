//! The flows against a real SQLite file: login, checkout, payments, what stores say, riders.

mod alarms;
mod batches;
mod checkout;
mod delivery;
mod listing;
mod login;
#[cfg(feature = "mutations")]
mod mutants;
mod riders;
mod shelf;
mod split;
mod store_side;
mod terms;
