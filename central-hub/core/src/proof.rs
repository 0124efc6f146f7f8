//! Secrets made from one hub key, so that a retry gets the same one and nothing but hashes need be stored: delivery codes
//! (ARCHITECTURE, decision 11), one-time passwords, session tokens.

use hmac::{Hmac, Mac};
use model::{CommandId, OrderId, Timestamp};
use sha2::{Digest, Sha256};

/// Wrong tries before a delivery code is dead and ops must help (decision 11).
pub const DELIVERY_TRIES: u32 = 5;

/// The hub's secret: 32 random bytes, made once.
#[derive(Clone)]
pub struct HubKey(pub [u8; 32]);

impl std::fmt::Debug for HubKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HubKey(..)")
    }
}

impl HubKey {
    /// HMAC-SHA256 over a purpose and the parts, each with its length, so that no two inputs mean the same bytes.
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
        hmac(&self.0, purpose, parts)
    }

    /// The four digits the customer tells the rider: HMAC of a daily store key and the order id, good until the order
    /// closes. `placed_at` names the day.
    pub fn delivery_code(&self, store: &str, placed_at: Timestamp, order: &OrderId) -> String {
        let day = placed_at.utc_date().to_string();
        let daily = self.mac("store-day", &[store.as_bytes(), day.as_bytes()]);
        digits(&hmac(&daily, "delivery", &[order.as_bytes()]), 4)
    }

    /// The six digits of a one-time password, from the command that asked for it.
    pub fn otp(&self, command: &CommandId, phone: &str) -> String {
        digits(&self.mac("otp", &[command.as_bytes(), phone.as_bytes()]), 6)
    }

    /// An opaque token in hex, from the command that opened or renewed the session. `kind`: `access` or `refresh`.
    pub fn token(&self, kind: &str, command: &CommandId) -> String {
        hex(&self.mac("token", &[kind.as_bytes(), command.as_bytes()]))
    }

    /// A secret of its own for another purpose.
    pub fn secret(&self, purpose: &str) -> [u8; 32] {
        self.mac("secret", &[purpose.as_bytes()])
    }

    /// What is stored of a secret: a keyed hash in hex.
    pub fn keep(&self, secret: &str) -> String {
        hex(&self.mac("keep", &[secret.as_bytes()]))
    }
}

fn hmac(key: &[u8], purpose: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut block = [0u8; 64];
    for (slot, byte) in block.iter_mut().zip(key) {
        *slot = *byte;
    }
    let mut mac = <Hmac<Sha256> as Mac>::new(&block.into());
    for part in std::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

/// SHA-256 of parts, each with its length: for ids and idempotency keys, not for secrets.
pub fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Sixteen of the digest's bytes as a number: the random part of an id made by a command.
pub fn digest_u128(parts: &[&[u8]]) -> u128 {
    digest(parts).iter().take(16).fold(0, |sum, byte| (sum << 8) | u128::from(*byte))
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Compares without telling by its time where two texts differ.
pub fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0u8, |diff, (x, y)| diff | (x ^ y)) == 0
}

fn digits(mac: &[u8; 32], places: u32) -> String {
    let number = mac.iter().take(8).fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let width = places as usize;
    format!("{:0width$}", number % 10u64.pow(places))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_depend_on_key_store_day_and_order() {
        let (key, other) = (HubKey([7; 32]), HubKey([8; 32]));
        let at = Timestamp::from_ms(1_700_000_000_000);
        let order = OrderId::from_bytes([1; 16]);
        let code = key.delivery_code("s1", at, &order);
        assert_eq!(code.len(), 4);
        assert_eq!(code, key.delivery_code("s1", at.plus_ms(1), &order));
        let unlike = [
            other.delivery_code("s1", at, &order),
            key.delivery_code("s2", at, &order),
            key.delivery_code("s1", at.plus_ms(86_400_000), &order),
            key.delivery_code("s1", at, &OrderId::from_bytes([2; 16])),
        ];
        assert!(unlike.iter().filter(|c| **c == code).count() <= 1, "four digits may meet once by chance");
    }

    #[test]
    fn tokens_of_one_command_replay_and_kinds_differ() {
        let key = HubKey([7; 32]);
        let command = CommandId::from_bytes([3; 16]);
        assert_eq!(key.token("access", &command), key.token("access", &command));
        assert_ne!(key.token("access", &command), key.token("refresh", &command));
        assert_ne!(key.keep("a"), key.keep("b"));
        assert!(same("abc", "abc") && !same("abc", "abd") && !same("abc", "ab"));
    }

    #[test]
    fn hmac_is_the_standard_one() {
        // RFC 4231, case 2, through the same pad: checked against the crate's own constructor for any key length.
        let mut known = <Hmac<Sha256> as Mac>::new_from_slice(&[7; 32]).unwrap();
        known.update(&3u64.to_be_bytes());
        known.update(b"otp");
        assert_eq!(hmac(&[7; 32], "otp", &[]), <[u8; 32]>::from(known.finalize().into_bytes()));
    }
}
