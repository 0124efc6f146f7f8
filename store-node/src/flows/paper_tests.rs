//! Stories of papers on request: which printer, what stands on them, and when they say DUPLICATE.

use crate::command::{Command, ReadingIn, ReadingMore};
use crate::db::prints::PrintJob;
use crate::refusal::Refusal;
use crate::testbed::{Bed, sku};
use device_drivers::scanner::Code;
use model::api::store::PaperRequest;
use model::mqtt::{Label, Quality};
use model::{DeviceId, OrderId, OrderState, Role};

fn ask(bed: &mut Bed, request: PaperRequest) -> Result<Vec<PrintJob>, Refusal> {
    bed.pass(1_000);
    bed.by("meena", Role::Manager, Command::PrintPaper(request))?;
    Ok(bed.reader().prints_to_send().unwrap())
}

fn last(jobs: &[PrintJob]) -> &Label {
    &jobs.last().unwrap().label
}

#[test]
fn a_second_lot_in_a_bin_gets_a_label_and_another_print_says_duplicate() {
    let mut bed = Bed::new();
    bed.printer("zpl");
    bed.receive("SALT", 3, None);
    assert!(bed.reader().prints_to_send().unwrap().is_empty(), "one lot proves itself");
    let lot = bed.receive("SALT", 2, None);
    let jobs = bed.reader().prints_to_send().unwrap();
    let Label::Lot { code, duplicate: false, .. } = last(&jobs) else { panic!("{jobs:?}") };
    assert_eq!(*code, format!("LL:{lot}"));
    let jobs = ask(&mut bed, PaperRequest::Lot { lot }).unwrap();
    assert!(last(&jobs).is_duplicate() && jobs.len() == 2);
    assert_eq!(jobs[1].again_of, Some(jobs[0].job));
}

#[test]
fn a_shelf_label_is_new_with_a_new_price() {
    let mut bed = Bed::new();
    bed.printer("escpos");
    let shelf = || PaperRequest::Shelf { sku: sku("SALT") };
    assert!(
        !last(&ask(&mut bed, shelf()).unwrap()).is_duplicate(),
        "on the receipt printer, for want of another"
    );
    assert!(last(&ask(&mut bed, shelf()).unwrap()).is_duplicate());
    let mut cheaper = crate::testbed::product("SALT", model::catalogue::TempClass::Ambient, 0);
    cheaper.price = model::Paise::new(9_000);
    bed.by("meena", Role::Manager, Command::ImportCatalogue { products: vec![cheaper], opening: Vec::new() })
        .unwrap();
    let jobs = ask(&mut bed, shelf()).unwrap();
    let Label::Shelf { code, bin, duplicate: false, .. } = last(&jobs) else { panic!("{jobs:?}") };
    assert_eq!(*code, format!("LS:{bin}"));
}

#[test]
fn a_pick_list_takes_the_order_and_comes_back_to_whoever_scans_it() {
    let mut bed = Bed::new();
    bed.receive("SALT", 5, None);
    let order = bed.counter(&[("SALT", 2)]).unwrap();
    let list = |order: OrderId| PaperRequest::PickList { order };
    let refused = ask(&mut bed, list(order));
    assert!(matches!(refused, Err(Refusal::Unknown { .. })), "no printer: nothing is claimed");
    let state = |bed: &Bed| bed.reader().order(order).unwrap().unwrap().card.state;
    assert_eq!(state(&bed), OrderState::Confirmed);
    bed.printer("escpos");
    let jobs = ask(&mut bed, list(order)).unwrap();
    let Label::PickList { code, lines, duplicate: false, .. } = last(&jobs) else { panic!("{jobs:?}") };
    assert_eq!((code.as_str(), lines.len(), lines[0].units), (format!("LO:{order}").as_str(), 1, 2));
    assert_eq!(state(&bed), OrderState::Picking);
    assert!(last(&ask(&mut bed, list(order)).unwrap()).is_duplicate());
    let scanner = DeviceId::new("scan-1").unwrap();
    let person = model::PersonId::new("asha").unwrap();
    bed.system(Command::Badge { scanner: scanner.clone(), person }).unwrap();
    bed.system(Command::FixedScan { scanner, code: Code::of_line(&format!("LO:{order}")) }).unwrap();
    assert_eq!(bed.reader().order(order).unwrap().unwrap().card.picker.as_deref(), Some("ASHA"));
    let slip = ask(&mut bed, PaperRequest::Handover { order });
    assert!(matches!(slip, Err(Refusal::IllegalMove { .. })), "nobody took it");
    bed.check();
}

#[test]
fn the_strip_of_a_day_has_its_extremes_and_no_duplicate_while_it_grows() {
    let mut bed = Bed::new();
    bed.printer("escpos");
    let sensor = DeviceId::new("temp-1").unwrap();
    let strip = |sensor: &DeviceId| PaperRequest::Temperature { sensor: sensor.clone(), day: None };
    assert!(matches!(ask(&mut bed, strip(&sensor)), Err(Refusal::Unknown { .. })));
    for milli_c in [3_000, 6_000, 4_000] {
        bed.pass(60_000);
        let reading = ReadingIn {
            sensor: sensor.clone(),
            at: bed.now,
            milli_c: Some(milli_c),
            quality: Quality::Good,
            more: ReadingMore::default(),
        };
        bed.system(Command::Reading(reading)).unwrap();
    }
    let jobs = ask(&mut bed, strip(&sensor)).unwrap();
    let Label::Temperature { readings, lowest, highest, out_of_range_min, duplicate: false, .. } =
        last(&jobs)
    else {
        panic!("{jobs:?}")
    };
    assert_eq!((readings.len(), *lowest, *highest, *out_of_range_min), (1, Some(3_000), Some(6_000), 1));
    assert!(last(&ask(&mut bed, strip(&sensor)).unwrap()).is_duplicate());
    bed.pass(60_000);
    let reading = ReadingIn {
        sensor: sensor.clone(),
        at: bed.now,
        milli_c: Some(2_000),
        quality: Quality::Good,
        more: ReadingMore::default(),
    };
    bed.system(Command::Reading(reading)).unwrap();
    assert!(!last(&ask(&mut bed, strip(&sensor)).unwrap()).is_duplicate());
}
