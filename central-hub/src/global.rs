//! What is the same in every city (REQ-53): [`serve`] is the service that has it, [`follow`] the part of a city's hub that
//! reads it and tells it what is new. A hub works without the service; a service that is down or slow delays news, nothing else.

pub mod follow;
mod line;
pub mod serve;
