//! Stories of codes at a fixed scanner: each AIM identifier decides how the same signs are read, separators decide whether
//! a lot is, and what cannot be read is refused with its fault, its name and its place (REQ-41).

use crate::answer::Answer;
use crate::command::{Command, Login};
use crate::refusal::Refusal;
use crate::testbed::{Bed, product, qty, sku};
use device_drivers::gs1::Gtin;
use device_drivers::scanner::Code;
use model::api::store::ReceiveRequest;
use model::catalogue::TempClass;
use model::mqtt::Separators;
use model::{DeviceId, Paise, PersonId, Role};

/// A salt's EAN-13.
const SALT: &str = "9521321109995";

fn id(id: &str) -> DeviceId {
    DeviceId::new(id).unwrap()
}

/// Eight digits that are an EAN-8 and a UPC-E alike.
fn both() -> String {
    let digits = (0..10_000_000).map(|n| format!("{n:08}"));
    digits.into_iter().find(|digits| Gtin::parse_eight(digits.as_bytes()).is_err()).unwrap()
}

/// A picker at work with an order of the product that has this barcode and batch, and the scanner in hand.
fn bed(gtin: &str, batch: &str) -> Bed {
    let mut bed = Bed::new();
    let mut goods = product("GOODS", TempClass::Ambient, 0);
    goods.gtins = vec![gtin.to_owned()];
    let import = Command::ImportCatalogue { products: vec![goods], opening: Vec::new() };
    bed.by("meena", Role::Manager, import).unwrap();
    let (batch, mrp) = (batch.to_owned(), Paise::new(12_000));
    let goods = ReceiveRequest { sku: sku("GOODS"), qty: qty(3), batch, expiry: None, mrp, bin: None };
    bed.by("ravi", Role::Receiver, Command::Receive(goods)).unwrap();
    bed.counter(&[("GOODS", 2)]).unwrap();
    let enrol = Command::EnrolHandheld { device: id("hh-1"), token_hash: "h".into() };
    bed.by("meena", Role::Manager, enrol).unwrap();
    let person = PersonId::new("asha").unwrap();
    let login = Login { device: id("hh-1"), person: person.clone(), pin_right: true, token_sha: None };
    bed.by("asha", Role::Picker, Command::Login(login)).unwrap();
    bed.by("asha", Role::Picker, Command::Ready).unwrap();
    bed.system(Command::Badge { scanner: id("scan-1"), person }).unwrap();
    bed
}

fn scan(bed: &mut Bed, aim: Option<&str>, text: &str, separators: Separators) -> Result<Answer, Refusal> {
    let code = Code { text: text.into(), aim: aim.map(str::to_owned), separators };
    bed.system(Command::FixedScan { scanner: id("scan-1"), code })
}

#[test]
fn each_identifier_reads_its_own_way() {
    let element = "10B1\u{1d}0109521321109995";
    let link = "https://id.gs1.org/01/09521321109995";
    for (aim, text, taken) in [
        (Some("]E0"), SALT, true),
        (None, SALT, true),
        (Some("]C0"), SALT, false),
        (Some("]d1"), SALT, false),
        (Some("]C1"), element, true),
        (Some("]d2"), element, true),
        (Some("]Q3"), element, true),
        (Some("]e0"), element, true),
        (Some("]J1"), element, true),
        (Some("]Q1"), link, true),
        (Some("]d1"), link, true),
        (Some("]I1"), "09521321109995", true),
    ] {
        let mut bed = bed(SALT, "B1");
        let got = scan(&mut bed, aim, text, Separators::Trusted);
        let left = bed.stock("GOODS").0;
        if taken {
            assert_eq!((got, left), (Ok(Answer::Done), 2), "{aim:?} {text:?}");
        } else {
            assert_eq!(
                (got, left),
                (Err(Refusal::UnknownCode { scanned: text.into() }), 3),
                "{aim:?} {text:?}"
            );
        }
    }
}

#[test]
fn eight_digits_are_what_their_identifier_says_and_ambiguous_without_one() {
    let digits = both();
    let mut bed = bed(&digits, "B1");
    let bare = scan(&mut bed, None, &digits, Separators::Trusted).unwrap_err();
    let Refusal::AmbiguousCode { scanned, .. } = &bare else { panic!("{bare:?}") };
    assert_eq!((scanned, bare.problem().code.as_str()), (&digits, "ambiguous_code"));
    assert_eq!(scan(&mut bed, Some("]E4"), &digits, Separators::Trusted), Ok(Answer::Done));
}

#[test]
fn a_lot_is_read_from_a_scanner_that_sends_separators_and_guessed_from_no_other() {
    let text = "010952132110999510ABC17261231";
    let mut bed = bed(SALT, "ABC17261231");
    for separators in [Separators::Lost, Separators::Unknown] {
        let refused = scan(&mut bed, Some("]C1"), text, separators).unwrap_err();
        let Refusal::AmbiguousCode { place, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(place, Some(21), "where the other element would begin");
    }
    assert_eq!(scan(&mut bed, Some("]C1"), text, Separators::Trusted), Ok(Answer::Done));
    assert_eq!(bed.stock("GOODS").0, 2);
}

#[test]
fn a_fault_comes_with_its_name_and_its_place() {
    let mut bed = bed(SALT, "B1");
    let wrong = "0109521321109997";
    let refused = scan(&mut bed, Some("]d2"), wrong, Separators::Trusted).unwrap_err();
    let problem = refused.problem();
    assert_eq!(problem.code, "bad_code");
    assert_eq!(problem.vars["name"], "GS1_LINTER_INCORRECT_CHECK_DIGIT");
    assert_eq!((problem.vars["place"].as_str(), problem.vars["scanned"].as_str()), ("15", wrong));
    assert!(problem.detail.contains("GS1_LINTER_INCORRECT_CHECK_DIGIT"), "{}", problem.detail);
    for (text, name) in [
        ("9521321109997", "PRIMARY_MESSAGE_CHECK_DIGIT_IS_INCORRECT"),
        ("", "empty"),
        ("LB:4K 7", "damaged_label"),
    ] {
        let refused = scan(&mut bed, None, text, Separators::Trusted).unwrap_err();
        assert_eq!(refused.problem().vars["name"], name, "{text}");
    }
}
