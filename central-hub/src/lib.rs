//! The central hub: customers, payments, riders, and one session per store.
