//! Keys, objects and heads: what opens, what does not, and that any bytes are refused or read.

use super::*;
use model::time::Timestamp;
use proptest::prelude::*;

fn key() -> DataKey {
    DataKey::new([7; 32])
}

#[test]
fn a_recovery_key_is_read_as_it_was_shown_and_a_mistyped_sign_is_named() {
    let recovery = RecoveryKey::new(std::array::from_fn(|n| u8::try_from(n * 11).unwrap_or(3)));
    let text = recovery.text();
    assert_eq!(text.len(), 34 + 8);
    assert_eq!(RecoveryKey::parse(&text).unwrap(), recovery);
    let sloppy = text.to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    assert_eq!(RecoveryKey::parse(&sloppy).unwrap(), recovery);
    let first = if text.starts_with('7') { "8" } else { "7" };
    let wrong = format!("{first}{}", &text[1..]);
    assert_eq!(RecoveryKey::parse(&wrong), Err(VaultError::Recovery("a sign is mistyped")));
    assert!(RecoveryKey::parse(&text[..20]).is_err());
}

#[test]
fn only_the_recovery_key_of_this_owner_unwraps() {
    let recovery = RecoveryKey::new([3; 20]);
    let wrapped = recovery.wrap("s1", &key()).unwrap();
    assert_eq!(recovery.unwrap("s1", &wrapped).unwrap(), key());
    assert_eq!(recovery.unwrap("s2", &wrapped), Err(VaultError::Seal));
    assert_eq!(RecoveryKey::new([4; 20]).unwrap("s1", &wrapped), Err(VaultError::Seal));
}

#[test]
fn equal_content_is_one_object_and_every_changed_byte_is_found() {
    let link = Kind::Link(Some(Name([9; 32])));
    let plain = b"ten kilos of rice".repeat(50);
    let sealed = Sealed::new(&key(), link, &plain).unwrap();
    assert_eq!(sealed, Sealed::new(&key(), link, &plain).unwrap());
    assert_ne!(sealed.name, Sealed::new(&key(), Kind::Listed, &plain).unwrap().name);
    assert_eq!(Sealed::open(&key(), &sealed.bytes).unwrap(), (link, plain));
    for at in 0..sealed.bytes.len() {
        let mut bad = sealed.bytes.clone();
        bad[at] ^= 1;
        assert!(Sealed::open(&key(), &bad).is_err(), "byte {at}");
    }
    assert!(Sealed::open(&DataKey::new([8; 32]), &sealed.bytes).is_err());
}

#[test]
fn a_head_whose_open_part_was_changed_does_not_open() {
    let mut note = Note::new("s1".to_owned(), 4, 17, Timestamp::from_ms(5));
    note.first.push(Name([1; 32]));
    let manifest = Manifest { note, contents: "sealed".to_owned() };
    let wrapped = RecoveryKey::new([3; 20]).wrap("s1", &key()).unwrap();
    let head = Head::seal(&key(), &wrapped, &manifest).unwrap();
    let mut read = Head::decode(&head.encode().unwrap()).unwrap();
    assert_eq!(read.open::<String>(&key()).unwrap(), manifest);
    read.note.term = 5;
    assert_eq!(read.open::<String>(&key()), Err(VaultError::Seal));
}

proptest! {
    #[test]
    fn whatever_bytes_come_they_are_refused_or_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = Head::decode(&bytes);
        let _ = Sealed::open(&key(), &bytes);
        let _ = Pack::decode(&bytes);
        let _ = RecoveryKey::parse(&String::from_utf8_lossy(&bytes));
    }
}
