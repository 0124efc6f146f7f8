//! The flows against a real SQLite file: login, checkout, payments, what stores say, riders.

mod checkout;
mod delivery;
mod login;
mod store_side;
