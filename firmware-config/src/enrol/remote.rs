//! A code redeemed from the device that is being enrolled, over a line that others may listen to: the device keeps its key and
//! shows that it knows the code without sending it; the store's answer is proved by the same code. Nothing here listens.

use hmac::{Hmac, Mac};
use model::{DeviceId, Timestamp};
use rcgen::{ExtendedKeyUsagePurpose, KeyPair, PublicKeyData, SignatureAlgorithm};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::authority::{Authority, FIRST_DEVICE, params};
use super::{Code, EnrolError, Papers};

/// Bytes of a P-256 public key, uncompressed.
const POINT_BYTES: usize = 65;
/// With this byte it begins.
const UNCOMPRESSED: u8 = 4;

/// What a device asks: it has a key and knows the code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ask {
    /// Who it is.
    pub device: DeviceId,
    /// Its public key (P-256, uncompressed) in hexadecimal digits.
    pub public_key: String,
    /// The proof over both, in hexadecimal digits.
    pub proof: String,
}

/// What it gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Admission {
    /// Its certificate, PEM.
    pub certificate: String,
    /// The authority that its broker is judged by, PEM.
    pub authority: String,
    /// The proof over both: who made them knew the code.
    pub proof: String,
}

/// A device that is about to be enrolled: its new key and the code that a person typed.
#[derive(Debug)]
pub struct Applicant {
    device: DeviceId,
    secret: String,
    key: KeyPair,
}

impl Applicant {
    /// Makes the key. Nothing has been sent.
    ///
    /// # Errors
    /// [`EnrolError::Certificate`] where no key can be made.
    pub fn new(device: DeviceId, code: &Code) -> Result<Self, EnrolError> {
        let secret = code.hash(device.as_str());
        Ok(Self { device, secret, key: KeyPair::generate()? })
    }

    /// What to send.
    #[must_use]
    pub fn ask(&self) -> Ask {
        let public_key = hex(self.key.der_bytes());
        let proof = hex(&proof(&self.secret, &["ask", self.device.as_str(), &public_key]));
        Ask { device: self.device.clone(), public_key, proof }
    }

    /// Takes the answer.
    ///
    /// # Errors
    /// [`EnrolError::Impostor`] when it does not come from who knows the code.
    pub fn take(self, answer: Admission) -> Result<Papers, EnrolError> {
        let said = unhex(&answer.proof).unwrap_or_default();
        let parts = ["answer", &answer.certificate, &answer.authority];
        if !is_proof(&self.secret, &parts, &said) {
            return Err(EnrolError::Impostor);
        }
        let key = self.key.serialize_pem();
        Ok(Papers { certificate: answer.certificate, key, authority: answer.authority })
    }
}

impl Authority {
    /// A device asks from afar: its certificate, if the proof is right. Whatever it had before is taken back.
    ///
    /// # Errors
    /// [`EnrolError::WrongCode`]; the try is counted.
    pub fn admit(&self, ask: &Ask, now: Timestamp) -> Result<Admission, EnrolError> {
        let point = unhex(&ask.public_key).filter(|point| point.len() == POINT_BYTES);
        let point =
            point.filter(|point| point.first() == Some(&UNCOMPRESSED)).ok_or(EnrolError::WrongCode)?;
        let said = unhex(&ask.proof).ok_or(EnrolError::WrongCode)?;
        let device = ask.device.as_str();
        let mut secret = String::new();
        let (store, entry) = self.change(now, |book| {
            let right = |hash: &str| {
                hash.clone_into(&mut secret);
                is_proof(hash, &["ask", device, &ask.public_key], &said)
            };
            book.redeem_by(device, now, right).map(|()| (book.store.clone(), book.give_out(device, now)))
        })??;
        let mut params = params(device, FIRST_DEVICE + entry.serial, entry.since, entry.until);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&Foreign(point), &self.issuer(&store, now)?)?.pem();
        let authority = self.certificate().to_owned();
        let proof = hex(&proof(&secret, &["answer", &certificate, &authority]));
        Ok(Admission { certificate, authority, proof })
    }
}

/// A public key whose private half is elsewhere.
struct Foreign(Vec<u8>);

impl PublicKeyData for Foreign {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

fn mac(secret: &str, parts: &[&str]) -> Option<Hmac<Sha256>> {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
    mac.update(b"larder-enrol 1");
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part.as_bytes());
    }
    Some(mac)
}

fn proof(secret: &str, parts: &[&str]) -> Vec<u8> {
    mac(secret, parts).map(|mac| mac.finalize().into_bytes().to_vec()).unwrap_or_default()
}

/// Compares in a time that says nothing about how much is right.
fn is_proof(secret: &str, parts: &[&str], said: &[u8]) -> bool {
    mac(secret, parts).is_some_and(|mac| mac.verify_slice(said).is_ok())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    // Rust's own reader takes a sign in front of a digit for a number too: one proof would have several spellings.
    let digits: Vec<u32> = text.chars().map(|sign| sign.to_digit(16)).collect::<Option<_>>()?;
    let pair = |pair: &[u32]| match pair {
        [high, low] => u8::try_from(high * 16 + low).ok(),
        _ => None,
    };
    digits.chunks(2).map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_ms(1_795_000_000_000 + minute * 60_000)
    }

    fn device() -> DeviceId {
        DeviceId::new("hh-1").unwrap()
    }

    fn invited(folder: &std::path::Path) -> (Authority, Code) {
        let authority = Authority::create(folder, "s1", &["127.0.0.1".into()], at(0)).unwrap();
        let code = authority.invite(&device(), at(0), &mut [7_u8; 32].as_slice()).unwrap();
        (authority, code)
    }

    #[test]
    fn a_device_gets_its_certificate_and_the_code_never_travels() {
        let folder = tempfile::tempdir().unwrap();
        let (authority, code) = invited(folder.path());
        let applicant = Applicant::new(device(), &code).unwrap();
        let ask = applicant.ask();
        let sent = serde_json::to_string(&ask).unwrap();
        assert!(!sent.contains(&code.to_string()) && !sent.contains(&code.hash("hh-1")));
        let admission = authority.admit(&ask, at(1)).unwrap();
        assert!(matches!(authority.admit(&ask, at(1)), Err(EnrolError::WrongCode)), "once");
        let papers = applicant.take(admission).unwrap();
        assert!(papers.certificate.contains("BEGIN CERTIFICATE") && papers.key.contains("PRIVATE KEY"));
        let entries = authority.entries().unwrap();
        assert_eq!((entries.len(), entries[0].device.as_str()), (1, "hh-1"));
    }

    #[test]
    fn guesses_are_counted_old_codes_are_void_and_a_changed_ask_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let (authority, code) = invited(folder.path());
        let good = Applicant::new(device(), &code).unwrap().ask();
        let other = Applicant::new(device(), &code).unwrap().ask();
        // Somebody on the line puts in a key of their own.
        let changed = Ask { public_key: other.public_key, ..good.clone() };
        assert!(authority.admit(&changed, at(1)).is_err());
        let wrong = Applicant::new(device(), &Code::typed("WRONG")).unwrap().ask();
        for _ in 0..3 {
            assert!(authority.admit(&wrong, at(1)).is_err());
        }
        assert!(authority.admit(&good, at(11)).is_err(), "too late");
        let code = authority.invite(&device(), at(20), &mut [9_u8; 32].as_slice()).unwrap();
        let good = Applicant::new(device(), &code).unwrap().ask();
        for _ in 0..super::super::TRIES {
            assert!(authority.admit(&wrong, at(21)).is_err());
        }
        assert!(authority.admit(&good, at(21)).is_err(), "guessing voids the code");
    }

    #[test]
    fn a_proof_has_no_second_spelling_with_a_sign_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let (authority, code) = invited(folder.path());
        // One proof in eight or so has no byte below sixteen; another key gives another proof.
        let with_a_small_byte = |ask: &Ask| ask.proof.as_bytes().chunks(2).position(|pair| pair[0] == b'0');
        let mut asks = (0..64).map(|_| Applicant::new(device(), &code).unwrap().ask());
        let good = asks.find(|ask| with_a_small_byte(ask).is_some()).unwrap();
        let place = 2 * with_a_small_byte(&good).unwrap();
        let mut proof = good.proof.clone();
        proof.replace_range(place..=place, "+");
        assert!(authority.admit(&Ask { proof, ..good.clone() }, at(1)).is_err());
        assert!(authority.admit(&good, at(1)).is_ok());
    }

    #[test]
    fn an_answer_from_who_does_not_know_the_code_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (_, code) = invited(folder.path());
        let stranger = tempfile::tempdir().unwrap();
        let (imposter, _) = invited(stranger.path());
        let applicant = Applicant::new(device(), &code).unwrap();
        let ask = Applicant::new(device(), &Code::typed("OTHER")).unwrap().ask();
        assert!(imposter.admit(&ask, at(1)).is_err());
        let made = Admission { certificate: "c".into(), authority: "a".into(), proof: "00".repeat(32) };
        assert!(matches!(applicant.take(made), Err(EnrolError::Impostor)));
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (authority, code) = invited(folder.path());
        let good = Applicant::new(device(), &code).unwrap().ask();
        for key in ["", "04", "zz", &"04".repeat(64), &format!("05{}", "00".repeat(64))] {
            let bad = Ask { public_key: key.into(), ..good.clone() };
            assert!(authority.admit(&bad, at(1)).is_err(), "{key}");
        }
    }
}
