//! The book of devices: open codes, and every certificate that was given out. A value; who writes it is `authority`.

use model::Timestamp;
use model::time::{DAY_MS, MINUTE_MS};
use serde::{Deserialize, Serialize};

use super::{CODE_MINUTES, Code, DEVICE_DAYS, EnrolError, TRIES};

/// A code that may still let a device in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct OpenCode {
    device: String,
    hash: String,
    until: Timestamp,
    tries_left: u8,
}

/// A certificate that was given out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The device.
    pub device: String,
    /// Serial number of the certificate.
    pub serial: u64,
    /// When it was given out.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// When it was taken back.
    pub revoked: Option<Timestamp>,
}

/// How a certificate stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Lets its device in.
    Good,
    /// Taken back.
    Revoked,
    /// Too old.
    Ended,
}

impl Entry {
    /// How it stands.
    #[must_use]
    pub fn standing(&self, now: Timestamp) -> Standing {
        if self.revoked.is_some() {
            Standing::Revoked
        } else if now >= self.until {
            Standing::Ended
        } else {
            Standing::Good
        }
    }
}

/// Everything that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Book {
    /// Whose authority it is.
    pub(super) store: String,
    /// The serial number given out last.
    pub(super) serial: u64,
    /// How often the list of revoked ones was written.
    pub(super) lists: u64,
    /// How often the certificates of the store's own programs were renewed.
    #[serde(default)]
    pub(super) renewed: u64,
    /// Those before this renewal were taken back, and when.
    #[serde(default)]
    pub(super) own_out: Option<(u64, Timestamp)>,
    codes: Vec<OpenCode>,
    pub(super) entries: Vec<Entry>,
}

impl Book {
    pub(super) fn new(store: &str) -> Self {
        Self {
            store: store.to_owned(),
            serial: 0,
            lists: 0,
            renewed: 0,
            own_out: None,
            codes: Vec::new(),
            entries: Vec::new(),
        }
    }

    /// A device may come; a code it had before is void.
    pub(super) fn invite(&mut self, device: &str, code: &Code, now: Timestamp) {
        self.codes.retain(|open| open.device != device && open.until > now);
        self.codes.push(OpenCode {
            device: device.to_owned(),
            hash: code.hash(device),
            until: now.plus_ms(CODE_MINUTES * MINUTE_MS),
            tries_left: TRIES,
        });
    }

    /// Uses a code up. A wrong one costs the device's code a try; the last one voids it.
    pub(super) fn redeem(&mut self, device: &str, code: &Code, now: Timestamp) -> Result<(), EnrolError> {
        let hash = code.hash(device);
        self.redeem_by(device, now, |kept| kept == hash)
    }

    /// The same, where `right` says by the code's hash whether it was the right one.
    pub(super) fn redeem_by(
        &mut self,
        device: &str,
        now: Timestamp,
        right: impl FnOnce(&str) -> bool,
    ) -> Result<(), EnrolError> {
        self.codes.retain(|open| open.until > now);
        let place = self.codes.iter().position(|open| open.device == device).ok_or(EnrolError::WrongCode)?;
        let open = self.codes.get_mut(place).ok_or(EnrolError::WrongCode)?;
        let right = right(&open.hash);
        open.tries_left = open.tries_left.saturating_sub(1);
        if right || open.tries_left == 0 {
            self.codes.remove(place);
        }
        right.then_some(()).ok_or(EnrolError::WrongCode)
    }

    /// The next certificate of a device; what it had before is taken back, since one device speaks at a time.
    pub(super) fn give_out(&mut self, device: &str, now: Timestamp) -> Entry {
        self.revoke(device, now);
        self.serial += 1;
        let entry = Entry {
            device: device.to_owned(),
            serial: self.serial,
            since: now,
            until: now.plus_ms(DEVICE_DAYS * DAY_MS),
            revoked: None,
        };
        self.entries.push(entry.clone());
        entry
    }

    /// Takes back whatever a device has, its open code among it. Says whether it was ever here.
    pub(super) fn revoke(&mut self, device: &str, now: Timestamp) -> bool {
        let had_code = self.codes.iter().any(|open| open.device == device);
        self.codes.retain(|open| open.device != device);
        let mut known = had_code;
        for entry in self.entries.iter_mut().filter(|entry| entry.device == device) {
            entry.revoked.get_or_insert(now);
            known = true;
        }
        known
    }

    /// Devices whose every certificate was taken back, by name.
    pub(super) fn out(&self) -> Vec<&str> {
        let lives = |device: &str| self.entries.iter().any(|e| e.device == device && e.revoked.is_none());
        let mut out: Vec<&str> =
            self.entries.iter().map(|entry| entry.device.as_str()).filter(|device| !lives(device)).collect();
        out.sort_unstable();
        out.dedup();
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_ms(1_795_000_000_000 + minute * MINUTE_MS)
    }

    fn code(text: &str) -> Code {
        Code::typed(text)
    }

    #[test]
    fn a_code_works_once_for_one_device_and_ten_minutes() {
        let mut book = Book::new("s1");
        book.invite("hh-1", &code("RIGHT"), at(0));
        assert!(book.redeem("hh-2", &code("RIGHT"), at(1)).is_err());
        assert!(book.redeem("hh-1", &code("RIGHT"), at(9)).is_ok());
        assert!(book.redeem("hh-1", &code("RIGHT"), at(9)).is_err(), "once");
        book.invite("hh-1", &code("RIGHT"), at(0));
        assert!(book.redeem("hh-1", &code("RIGHT"), at(10)).is_err(), "too late");
        book.invite("hh-1", &code("FIRST"), at(0));
        book.invite("hh-1", &code("SECOND"), at(1));
        assert!(book.redeem("hh-1", &code("FIRST"), at(2)).is_err(), "a new one voids the old one");
    }

    #[test]
    fn guessing_voids_the_code() {
        let mut book = Book::new("s1");
        book.invite("hh-1", &code("RIGHT"), at(0));
        for _ in 0..TRIES {
            assert!(book.redeem("hh-1", &code("WRONG"), at(1)).is_err());
        }
        assert!(book.redeem("hh-1", &code("RIGHT"), at(1)).is_err());
    }

    #[test]
    fn one_certificate_a_device_lives_and_revoking_ends_the_code_too() {
        let mut book = Book::new("s1");
        let first = book.give_out("hh-1", at(0));
        let second = book.give_out("hh-1", at(1));
        assert_eq!((first.serial, second.serial, book.out()), (1, 2, vec![]));
        assert_eq!(book.entries[0].standing(at(2)), Standing::Revoked);
        assert_eq!(book.entries[1].standing(at(2)), Standing::Good);
        assert_eq!(book.entries[1].standing(at(2 + 60 * 24 * DEVICE_DAYS)), Standing::Ended);
        book.invite("hh-1", &code("AGAIN"), at(2));
        assert!(book.revoke("hh-1", at(3)));
        assert!(book.redeem("hh-1", &code("AGAIN"), at(3)).is_err());
        assert!(!book.revoke("nobody", at(3)));
        assert_eq!(book.out(), ["hh-1"]);
    }
}
