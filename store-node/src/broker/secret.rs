//! Passwords as Mosquitto keeps them: `$7$rounds$salt$PBKDF2-HMAC-SHA512`. The node stores only this form.

use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Rounds as `mosquitto_passwd` uses them; tokens are 128 random bits, so more would only slow the broker.
const ROUNDS: u32 = 101;

/// The line's right half for a password and 12 bytes of salt.
pub fn hash_password(password: &str, salt: [u8; 12]) -> String {
    let mut hash = [0u8; 64];
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(password.as_bytes(), &salt, ROUNDS, &mut hash);
    format!("$7${ROUNDS}${}${}", STANDARD.encode(salt), STANDARD.encode(hash))
}

#[cfg(test)]
mod tests {
    use super::hash_password;

    #[test]
    fn same_password_other_salt_other_hash() {
        let one = hash_password("secret", [1; 12]);
        assert!(one.starts_with("$7$101$AQEBAQEBAQEBAQEB$"));
        assert_eq!(one, hash_password("secret", [1; 12]));
        assert_ne!(one, hash_password("secret", [2; 12]));
        assert_ne!(one, hash_password("Secret", [1; 12]));
    }
}
