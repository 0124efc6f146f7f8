//! The demo's and the simulation's people (ARCHITECTURE, decision 12): what a picker, a customer or a rider does next,
//! decided only from what a screen or a topic shows them. No sockets, no clock: both worlds move them.

pub mod customer;
pub mod picker;
