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

/// Whether a password is the one of a line's right half. The comparison takes as long for every wrong one.
pub fn password_fits(password: &[u8], kept: &str) -> bool {
    let mut parts = kept.split('$').skip(1);
    let (Some("7"), Some(rounds), Some(salt), Some(hash), None) =
        (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (Ok(rounds), Ok(salt), Ok(hash)) = (rounds.parse(), STANDARD.decode(salt), STANDARD.decode(hash))
    else {
        return false;
    };
    let mut found = [0u8; 64];
    pbkdf2::pbkdf2_hmac::<sha2::Sha512>(password, &salt, rounds, &mut found);
    hash.len() == found.len() && hash.iter().zip(found).fold(0, |all, (one, other)| all | (one ^ other)) == 0
}

#[cfg(test)]
mod tests {
    use super::{hash_password, password_fits};

    #[test]
    fn only_the_password_itself_fits() {
        let kept = hash_password("secret", [7; 12]);
        assert!(password_fits(b"secret", &kept));
        for (password, kept) in
            [("Secret", kept.as_str()), ("", &kept), ("secret", ""), ("secret", "$7$101$AQ$"), ("", "$7$1$$")]
        {
            assert!(!password_fits(password.as_bytes(), kept), "{password} {kept}");
        }
    }

    #[test]
    fn same_password_other_salt_other_hash() {
        let one = hash_password("secret", [1; 12]);
        assert!(one.starts_with("$7$101$AQEBAQEBAQEBAQEB$"));
        assert_eq!(one, hash_password("secret", [1; 12]));
        assert_ne!(one, hash_password("secret", [2; 12]));
        assert_ne!(one, hash_password("Secret", [1; 12]));
    }
}
