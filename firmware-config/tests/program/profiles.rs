//! Profiles of device models: listed, told, held against a manifest, and compared with the collection they come from.

use crate::common::{example, run};
use firmware_config::profiles::{Cut, all};
use firmware_config::{examine, parse};
use serde_json::Value;

fn told(text: &str) -> String {
    let seen = examine(text);
    seen.faults.iter().chain(&seen.advice).map(|fault| format!("{fault}\n")).collect()
}

fn with_model(model: &str, more: &str) -> String {
    example().replace("settings = { width_mm = 72 }", &format!("settings = {{ model = \"{model}\"{more} }}"))
}

#[test]
fn every_profile_tells_lines_that_make_a_sound_store() {
    let (code, list, _) = run(&["profiles"]);
    assert_eq!((code, list.lines().count()), (0, all().len()));
    for profile in all() {
        let (code, out, _) = run(&["profiles", &profile.id]);
        assert_eq!(code, 0);
        let at = out.find("[[devices]]").unwrap();
        let lines = out[at..]
            .replace("ADDRESS", "192.168.8.99")
            .replace("\"ZONE\"", "\"cold-1\"")
            .replace(&format!("id = \"{}-1\"", profile.class.word()), "id = \"new\"");
        let text =
            example().replace("[[people]]\nid = \"asha\"", &format!("{lines}\n[[people]]\nid = \"asha\""));
        let manifest = parse(&text).unwrap_or_else(|faults| panic!("{}: {faults:?}", profile.id));
        assert_eq!(manifest.devices.len(), 8, "{}", profile.id);
        assert!(!told(&text).contains("coarse head"), "{}: {}", profile.id, told(&text));
    }
}

#[test]
fn a_model_that_does_not_fit_is_a_fault() {
    for (model, more, what) in [
        ("epson-tm-t88x", "", "did you mean \"epson-tm-t88"),
        ("zebra-gk420d", "", "does not speak escpos"),
        ("zjiang-zj-5870", ", width_mm = 72", "prints 48 mm wide, not 72"),
        ("epson-tm-t88v", ", dpi = 300", "driver escpos has no setting dpi"),
        ("epson-tm-t88v", ", language = \"ta\"", "ta"),
    ] {
        let said = told(&with_model(model, more));
        assert!(said.contains(what), "{said}");
        assert!(parse(&with_model(model, more)).is_err());
    }
    let scale = example().replace("stable_readings = 3", "model = \"mettler-toledo-8217\", poll_ms = 100");
    assert!(told(&scale).contains("every 200 ms at most"), "{}", told(&scale));
}

#[test]
fn what_a_model_cannot_do_is_advice() {
    for (model, more, what) in
        [("epson-tm-u220", "", "print slowly"), ("epson-tm-t88v", ", width_mm = 72", "write width_mm = 64")]
    {
        let text = with_model(model, more);
        assert!(parse(&text).is_ok(), "{}", told(&text));
        assert!(told(&text).contains(what), "{}", told(&text));
    }
}

#[test]
fn an_unknown_profile_is_not_told() {
    assert_eq!(run(&["profiles", "abacus"]).0, 2);
    let (code, out, _) = run(&["profiles", "--json"]);
    let list: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, list.as_array().unwrap().len()), (0, all().len()));
}

/// Every number that names a source is the source's; the collection lies beside the project (LARDER_SHARED).
#[test]
fn printers_agree_with_the_collection_of_capabilities() {
    let Some(shared) = std::env::var_os("LARDER_SHARED") else {
        assert!(!std::env::var("CI").is_ok_and(|on| !on.is_empty()), "LARDER_SHARED is not set");
        eprintln!("NOT CHECKED: LARDER_SHARED is not set, so there is no collection to compare with");
        return;
    };
    let path = std::path::Path::new(&shared).join("data/escpos/capabilities.json");
    let source: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut compared = 0;
    for (profile, printer) in all().iter().filter_map(|profile| Some((profile, profile.printer.as_ref()?))) {
        let Some(name) = &printer.capability else { continue };
        let known = &source["profiles"][name];
        assert!(known.is_object(), "{name}");
        let can = |feature: &str| known["features"][feature] == true;
        let same = |told: Option<u16>, known: &Value| told.is_none_or(|told| *known == told);
        assert!(same(printer.dots, &known["media"]["width"]["pixels"]), "{}: dots", profile.id);
        assert!(same(printer.dpi, &known["media"]["dpi"]), "{}: dpi", profile.id);
        assert!(same(printer.columns, &known["fonts"]["0"]["columns"]), "{}: columns", profile.id);
        assert_eq!(printer.raster, can("bitImageRaster"), "{}", profile.id);
        assert_eq!(printer.qr, can("qrCode"), "{}", profile.id);
        assert_eq!(printer.barcode, can("barcodeA") || can("barcodeB"), "{}", profile.id);
        let cut = if can("paperFullCut") {
            Cut::Full
        } else if can("paperPartCut") {
            Cut::Partial
        } else {
            Cut::None
        };
        assert_eq!(printer.cut, Some(cut), "{}", profile.id);
        let pages: Vec<&str> =
            known["codePages"].as_object().unwrap().values().filter_map(Value::as_str).collect();
        assert!(printer.code_pages.iter().all(|page| pages.contains(&page.as_str())), "{}", profile.id);
        compared += 1;
    }
    assert!(compared >= 20, "{compared}");
}
