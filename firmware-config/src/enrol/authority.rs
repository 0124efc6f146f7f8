//! The store's own certificate authority: makes it, invites devices, gives out and takes back certificates, and writes what
//! the broker reads. Every change is on disk before it is told.

use std::io::Read;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use model::time::{DAY_MS, HOUR_MS};
use model::{DeviceId, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevocationReason,
    RevokedCertParams, SanType, SerialNumber,
};
use sha2::{Digest, Sha256};

use super::book::{Book, Entry};
use super::keep::{self, OPEN, SECRET};
use super::{Code, EnrolError, Papers};

/// Serial number of the authority's own certificate.
const AUTHORITY: u64 = 1;
/// What the store's own programs come with: file, common name, serial number. The two names are the ones that the node and
/// the agent call themselves on MQTT.
const OWN: [(&str, &str, u64); 3] =
    [("broker", "broker", 2), ("node", "larder-node", 3), ("agent", "agent", 4)];
/// Devices are numbered from here.
pub(super) const FIRST_DEVICE: u64 = 100;
/// Renewed certificates of the store's own programs are numbered from here.
const FIRST_RENEWED: u64 = 1 << 40;
/// Days that the authority itself is good for.
const AUTHORITY_DAYS: i64 = 3_653;
/// Days until a list of revoked certificates is too old; it is renewed with every change.
const LIST_DAYS: i64 = 3_653;
/// Device clocks run behind; a certificate is good from a little earlier on.
const BEFORE_MS: i64 = HOUR_MS;

/// The authority of one store.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    key: KeyPair,
    certificate: String,
}

impl Authority {
    /// Makes the authority of a store, and what its own programs come with: the broker's certificate under these names and
    /// addresses, the node's and the agent's.
    ///
    /// # Errors
    /// [`EnrolError::AuthorityThere`], or what the folder or the cryptography says.
    pub fn create(folder: &Path, store: &str, broker: &[String], now: Timestamp) -> Result<Self, EnrolError> {
        keep::folder(folder)?;
        let _alone = keep::alone(folder)?;
        if keep::read(&folder.join("ca.key"))?.is_some() {
            return Err(EnrolError::AuthorityThere(folder.to_owned()));
        }
        let key = KeyPair::generate()?;
        let certificate = own_params(store, now)?.self_signed(&key)?.pem();
        let book = Book::new(store);
        let made = Self { folder: folder.to_owned(), key, certificate };
        keep::write(&folder.join("ca.crt"), &made.certificate, OPEN)?;
        made.own_certificates(store, broker, 0, now)?;
        made.save(&book, now)?;
        // Last: with the key in place the authority is whole.
        keep::write(&folder.join("ca.key"), &made.key.serialize_pem(), SECRET)?;
        Ok(made)
    }

    /// The authority that lies in a folder.
    ///
    /// # Errors
    /// [`EnrolError::NoAuthority`], [`EnrolError::Mode`] where others could have read the key.
    pub fn open(folder: &Path) -> Result<Self, EnrolError> {
        let text =
            keep::read(&folder.join("ca.key"))?.ok_or_else(|| EnrolError::NoAuthority(folder.to_owned()))?;
        let path = folder.join("ca.crt");
        let certificate =
            std::fs::read_to_string(&path).map_err(|source| EnrolError::File { path, source })?;
        Ok(Self { folder: folder.to_owned(), key: KeyPair::from_pem(&text)?, certificate })
    }

    /// Its certificate, PEM.
    pub(super) fn certificate(&self) -> &str {
        &self.certificate
    }

    /// SHA-256 of its certificate, for a device that has no other reason to trust it: 64 hexadecimal digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        Sha256::digest(self.certificate.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Lets a device come: a new code, which voids the one before.
    ///
    /// # Errors
    /// [`EnrolError::Reserved`] for a name of the store's own programs; what the folder says, or a system without random
    /// numbers.
    pub fn invite(
        &self,
        device: &DeviceId,
        now: Timestamp,
        random: &mut impl Read,
    ) -> Result<Code, EnrolError> {
        if OWN.iter().any(|(_, name, _)| *name == device.as_str()) {
            return Err(EnrolError::Reserved(device.to_string()));
        }
        let code = Code::new(random)?;
        self.change(now, |book| book.invite(device.as_str(), &code, now))?;
        Ok(code)
    }

    /// A device came with a code: its certificate and key. Whatever it had before is taken back.
    ///
    /// # Errors
    /// [`EnrolError::WrongCode`]; the try is counted.
    pub fn redeem(&self, device: &DeviceId, code: &Code, now: Timestamp) -> Result<Papers, EnrolError> {
        let (store, entry) = self.change(now, |book| {
            book.redeem(device.as_str(), code, now)
                .map(|()| (book.store.clone(), book.give_out(device.as_str(), now)))
        })??;
        let key = KeyPair::generate()?;
        let mut params = params(device.as_str(), FIRST_DEVICE + entry.serial, entry.since, entry.until);
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        let certificate = params.signed_by(&key, &self.issuer(&store, now)?)?.pem();
        Ok(Papers { certificate, key: key.serialize_pem(), authority: self.certificate.clone() })
    }

    /// Takes back everything a device has, now. The broker reads the new list when it is told to (SIGHUP).
    ///
    /// # Errors
    /// [`EnrolError::NoDevice`].
    pub fn revoke(&self, device: &DeviceId, now: Timestamp) -> Result<(), EnrolError> {
        let known = self.change(now, |book| book.revoke(device.as_str(), now))?;
        known.then_some(()).ok_or_else(|| EnrolError::NoDevice(device.to_string()))
    }

    /// Makes certificates and keys of broker, node and agent anew; running programs take them up by themselves. The former
    /// ones stay good, for an agent on another machine has yet to get its own, or are taken back at once.
    ///
    /// # Errors
    /// What the folder or the cryptography says.
    pub fn renew(&self, broker: &[String], take_back: bool, now: Timestamp) -> Result<(), EnrolError> {
        let _alone = keep::alone(&self.folder)?;
        let mut book = self.book()?;
        book.renewed += 1;
        self.own_certificates(&book.store, broker, book.renewed, now)?;
        if take_back {
            book.own_out = Some((book.renewed, now));
        }
        book.lists += 1;
        self.save(&book, now)
    }

    /// Every certificate that was given out, oldest first.
    ///
    /// # Errors
    /// What the folder says.
    pub fn entries(&self) -> Result<Vec<Entry>, EnrolError> {
        Ok(self.book()?.entries)
    }

    fn book(&self) -> Result<Book, EnrolError> {
        let path = self.folder.join("devices.json");
        let text = keep::read(&path)?.ok_or_else(|| EnrolError::NoAuthority(self.folder.clone()))?;
        serde_json::from_str(&text).map_err(|source| EnrolError::Book { path, source })
    }

    /// One change of the book, alone, on disk before its answer is given.
    pub(super) fn change<T>(
        &self,
        now: Timestamp,
        what: impl FnOnce(&mut Book) -> T,
    ) -> Result<T, EnrolError> {
        let _alone = keep::alone(&self.folder)?;
        let mut book = self.book()?;
        let before = book.clone();
        let answer = what(&mut book);
        if book != before {
            book.lists += 1;
            self.save(&book, now)?;
        }
        Ok(answer)
    }

    /// The list of those who are out first: who is taken back is out even if the power goes in between.
    fn save(&self, book: &Book, now: Timestamp) -> Result<(), EnrolError> {
        let out: String = book.out().iter().map(|device| format!("{device}\n")).collect();
        keep::write(&self.folder.join("revoked.txt"), &out, OPEN)?;
        keep::write(&self.folder.join("crl.pem"), &self.list(book, now)?, OPEN)?;
        let path = self.folder.join("devices.json");
        let text = serde_json::to_string_pretty(book)
            .map_err(|source| EnrolError::Book { path: path.clone(), source })?;
        keep::write(&path, &text, SECRET)
    }

    fn list(&self, book: &Book, now: Timestamp) -> Result<String, EnrolError> {
        let devices = book.entries.iter().filter_map(|entry| {
            Some(taken_back(
                FIRST_DEVICE + entry.serial,
                entry.revoked?,
                RevocationReason::CessationOfOperation,
            ))
        });
        let (until, since) = book.own_out.unwrap_or((0, now));
        let own = (0..until).flat_map(|renewal| {
            OWN.map(|(_, _, serial)| {
                taken_back(own_serial(serial, renewal), since, RevocationReason::Superseded)
            })
        });
        let params = CertificateRevocationListParams {
            this_update: moment(now.plus_ms(-BEFORE_MS)),
            next_update: moment(now.plus_ms(LIST_DAYS * DAY_MS)),
            crl_number: SerialNumber::from(book.lists),
            issuing_distribution_point: None,
            revoked_certs: devices.chain(own).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer(&book.store, now)?)?.pem()?)
    }

    pub(super) fn issuer(
        &self,
        store: &str,
        now: Timestamp,
    ) -> Result<Issuer<'static, &KeyPair>, EnrolError> {
        Ok(Issuer::new(own_params(store, now)?, &self.key))
    }

    /// Each key before its certificate: who reads in between finds two that do not go together, and waits.
    fn own_certificates(
        &self,
        store: &str,
        names: &[String],
        renewal: u64,
        now: Timestamp,
    ) -> Result<(), EnrolError> {
        let until = now.plus_ms(AUTHORITY_DAYS * DAY_MS);
        for (file, name, serial) in OWN {
            let key = KeyPair::generate()?;
            let mut params = params(name, own_serial(serial, renewal), now, until);
            if file == "broker" {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
                for name in names {
                    params.subject_alt_names.push(match name.parse::<IpAddr>() {
                        Ok(address) => SanType::IpAddress(address),
                        Err(_) => SanType::DnsName(name.as_str().try_into()?),
                    });
                }
            } else {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
            }
            let certificate = params.signed_by(&key, &self.issuer(store, now)?)?.pem();
            keep::write(&self.folder.join(format!("{file}.key")), &key.serialize_pem(), SECRET)?;
            keep::write(&self.folder.join(format!("{file}.crt")), &certificate, OPEN)?;
        }
        Ok(())
    }
}

/// Serial number of an own program's certificate; `renewal` 0 is the first.
const fn own_serial(first: u64, renewal: u64) -> u64 {
    if renewal == 0 { first } else { FIRST_RENEWED + renewal * OWN.len() as u64 + first }
}

fn taken_back(serial: u64, since: Timestamp, why: RevocationReason) -> RevokedCertParams {
    RevokedCertParams {
        serial_number: SerialNumber::from(serial),
        revocation_time: moment(since),
        reason_code: Some(why),
        invalidity_date: None,
    }
}

/// The authority's own certificate: it signs devices and lists, and no further authorities.
fn own_params(store: &str, now: Timestamp) -> Result<CertificateParams, EnrolError> {
    let until = now.plus_ms(AUTHORITY_DAYS * DAY_MS);
    let mut params = params(&format!("Larder store {store}"), AUTHORITY, now, until);
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.use_authority_key_identifier_extension = false;
    Ok(params)
}

pub(super) fn params(name: &str, serial: u64, since: Timestamp, until: Timestamp) -> CertificateParams {
    let mut subject = DistinguishedName::new();
    subject.push(DnType::CommonName, name);
    let mut params = CertificateParams::default();
    params.not_before = moment(since.plus_ms(-BEFORE_MS));
    params.not_after = moment(until);
    params.serial_number = Some(SerialNumber::from(serial));
    params.distinguished_name = subject;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.use_authority_key_identifier_extension = true;
    params
}

/// Whole seconds, as certificates have them.
fn moment(at: Timestamp) -> time::OffsetDateTime {
    time::OffsetDateTime::from_unix_timestamp(at.ms().div_euclid(1_000))
        .unwrap_or(time::OffsetDateTime::UNIX_EPOCH)
}
