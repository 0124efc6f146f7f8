//! What lies outside: payment gateways now; messages, geocoding and maps will stand beside it. Each port is an enum of its
//! adapters, with a local simulator among them.

pub mod pay;
