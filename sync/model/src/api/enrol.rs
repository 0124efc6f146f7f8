//! What a device says that is being enrolled over HTTP, and what it gets (REQ-46).

use crate::DeviceId;
use serde::{Deserialize, Serialize};

/// A device that is being enrolled: it has a key and proves that it knows its code, which is not sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedeemRequest {
    /// Who it is.
    pub device: DeviceId,
    /// Its public key (P-256, uncompressed) in hexadecimal digits.
    pub public_key: String,
    /// HMAC-SHA-256 over both with the hash of the code, in hexadecimal digits.
    pub proof: String,
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RedeemAnswer {
    /// Its certificate, PEM.
    pub certificate: String,
    /// The authority that its broker is judged by, PEM.
    pub authority: String,
    /// HMAC-SHA-256 over both: who made them knew the code.
    pub proof: String,
}
