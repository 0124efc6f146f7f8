//! The two keys of a backup and how one wraps the other. Randomness is given from outside.

use super::VaultError;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{digest, hmac};
use std::fmt;

/// Signs of base 32 without those that look alike (Crockford).
const SIGNS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Bytes of a recovery key: 160 bits, so that no guessing needs to be slowed down.
pub const RECOVERY: usize = 20;
/// Signs of a recovery key: eight groups of four, and two that catch a mistyped sign.
const RECOVERY_SIGNS: usize = 34;

/// What seals a store's objects. Never leaves the store but wrapped.
#[derive(Clone, PartialEq, Eq)]
pub struct DataKey([u8; 32]);

/// What the owner keeps on paper.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryKey([u8; RECOVERY]);

/// A data key that only the recovery key opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapped(pub Vec<u8>);

/// What seals an owner's backups; as a file that only its user can read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The data key.
    pub data: DataKey,
    /// It, wrapped by the recovery key.
    pub wrapped: Wrapped,
}

impl Keys {
    /// A recovery key of random bytes, and the keys that it opens. A data key that is there already stays, so that old
    /// backups open with the old recovery key and new ones with the new.
    ///
    /// # Errors
    /// Never for keys of this length.
    pub fn enrol(
        owner: &str,
        before: Option<Keys>,
        fresh: [u8; 32],
        recovery: [u8; RECOVERY],
    ) -> Result<(Self, RecoveryKey), VaultError> {
        let data = before.map_or(DataKey(fresh), |keys| keys.data);
        let recovery = RecoveryKey(recovery);
        let wrapped = recovery.wrap(owner, &data)?;
        Ok((Self { data, wrapped }, recovery))
    }

    /// As bytes.
    pub fn encode(&self) -> Vec<u8> {
        [self.data.0.as_slice(), &self.wrapped.0].concat()
    }

    /// From bytes.
    ///
    /// # Errors
    /// [`VaultError::Form`].
    pub fn decode(bytes: &[u8]) -> Result<Self, VaultError> {
        let (data, wrapped) = bytes
            .split_first_chunk::<32>()
            .ok_or_else(|| VaultError::Form("a key file that is too short: put it back".to_owned()))?;
        Ok(Self { data: DataKey(*data), wrapped: Wrapped(wrapped.to_vec()) })
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey(..)")
    }
}

impl fmt::Debug for RecoveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryKey(..)")
    }
}

impl DataKey {
    /// From random bytes.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// For the file that only the node's user can read.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Encrypts; the nonce is made of the content.
    pub(super) fn seal(&self, aad: &[u8], plain: &[u8]) -> Result<([u8; NONCE_LEN], Vec<u8>), VaultError> {
        let maker = hmac::Key::new(hmac::HMAC_SHA256, &derived(&self.0, b"larder backup nonce 1"));
        let mut context = hmac::Context::with_key(&maker);
        context.update(aad);
        context.update(plain);
        let mut nonce = [0; NONCE_LEN];
        nonce.copy_from_slice(&context.sign().as_ref()[..NONCE_LEN]);
        let sealed = seal(&derived(&self.0, b"larder backup seal 1"), nonce, aad, plain)?;
        Ok((nonce, sealed))
    }

    /// Decrypts.
    pub(super) fn open(
        &self,
        nonce: [u8; NONCE_LEN],
        aad: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, VaultError> {
        open(&derived(&self.0, b"larder backup seal 1"), nonce, aad, sealed)
    }
}

impl RecoveryKey {
    /// From random bytes.
    pub const fn new(bytes: [u8; RECOVERY]) -> Self {
        Self(bytes)
    }

    /// As it is shown, once.
    pub fn text(&self) -> String {
        let mut bits = self.0.to_vec();
        bits.extend(check(&self.0));
        let signs: Vec<char> = (0..RECOVERY_SIGNS).map(|place| sign(&bits, place)).collect();
        signs.chunks(4).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// Reads what was typed: small letters, blanks and dashes do not matter, and O, I, L are taken for 0, 1, 1.
    ///
    /// # Errors
    /// [`VaultError::Recovery`] with what is wrong.
    pub fn parse(text: &str) -> Result<Self, VaultError> {
        let signs = text.chars().filter(|c| !c.is_whitespace() && *c != '-');
        let mut values = Vec::with_capacity(RECOVERY_SIGNS);
        for c in signs {
            let c = match c.to_ascii_uppercase() {
                'O' => '0',
                'I' | 'L' => '1',
                other => other,
            };
            let place = SIGNS.iter().position(|sign| char::from(*sign) == c);
            values.push(place.ok_or(VaultError::Recovery("a sign does not occur in it"))?);
        }
        if values.len() != RECOVERY_SIGNS {
            return Err(VaultError::Recovery("it is too short or too long"));
        }
        let mut bytes = [0_u8; RECOVERY + 2];
        for (place, value) in values.iter().enumerate() {
            for bit in 0..5 {
                let at = place * 5 + bit;
                if value >> (4 - bit) & 1 == 1
                    && let Some(byte) = bytes.get_mut(at / 8)
                {
                    *byte |= 0x80 >> (at % 8);
                }
            }
        }
        let mut key = [0; RECOVERY];
        key.copy_from_slice(&bytes[..RECOVERY]);
        let told = check(&key);
        if bytes[RECOVERY] != told[0] || bytes[RECOVERY + 1] & 0xC0 != told[1] & 0xC0 {
            return Err(VaultError::Recovery("a sign is mistyped"));
        }
        Ok(Self(key))
    }

    /// Wraps a store's data key.
    ///
    /// # Errors
    /// Never for keys of this length.
    pub fn wrap(&self, owner: &str, key: &DataKey) -> Result<Wrapped, VaultError> {
        // Each recovery key wraps one data key of one owner: the nonce never meets another content.
        Ok(Wrapped(seal(&self.wrapping(owner), [0; NONCE_LEN], owner.as_bytes(), &key.0)?))
    }

    /// Gives the data key back.
    ///
    /// # Errors
    /// [`VaultError::Seal`] when it was wrapped by another recovery key, or for another owner.
    pub fn unwrap(&self, owner: &str, wrapped: &Wrapped) -> Result<DataKey, VaultError> {
        let plain = open(&self.wrapping(owner), [0; NONCE_LEN], owner.as_bytes(), &wrapped.0)?;
        Ok(DataKey(plain.try_into().map_err(|_| VaultError::Seal)?))
    }

    fn wrapping(&self, owner: &str) -> [u8; 32] {
        derived(&self.0, format!("larder recovery wrap 1 {owner}").as_bytes())
    }
}

/// The first bits of the key's hash.
fn check(key: &[u8; RECOVERY]) -> [u8; 2] {
    let hash = digest::digest(&digest::SHA256, key);
    [hash.as_ref()[0], hash.as_ref()[1]]
}

fn sign(bits: &[u8], place: usize) -> char {
    let bit = |at: usize| bits.get(at / 8).map_or(0, |byte| usize::from(*byte >> (7 - at % 8) & 1));
    let value = (0..5).fold(0, |value, n| value << 1 | bit(place * 5 + n));
    char::from(SIGNS[value & 31])
}

fn derived(key: &[u8], purpose: &[u8]) -> [u8; 32] {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), purpose);
    let mut out = [0; 32];
    out.copy_from_slice(tag.as_ref());
    out
}

fn sealing(key: &[u8; 32]) -> Result<LessSafeKey, VaultError> {
    Ok(LessSafeKey::new(UnboundKey::new(&AES_256_GCM_SIV, key).map_err(|_| VaultError::Seal)?))
}

fn seal(key: &[u8; 32], nonce: [u8; NONCE_LEN], aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut bytes = plain.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    sealing(key)?
        .seal_in_place_append_tag(nonce, Aad::from(aad), &mut bytes)
        .map_err(|_| VaultError::Seal)?;
    Ok(bytes)
}

fn open(key: &[u8; 32], nonce: [u8; NONCE_LEN], aad: &[u8], sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
    let mut bytes = sealed.to_vec();
    let nonce = Nonce::assume_unique_for_key(nonce);
    let plain =
        sealing(key)?.open_in_place(nonce, Aad::from(aad), &mut bytes).map_err(|_| VaultError::Seal)?;
    Ok(plain.to_vec())
}
