//! A store's own numbers: whatever a template's text is, it is refused by name or prints as it was read; what a number
//! says by it can be written again, and only a number with a right check digit says anything.
#![no_main]

use device_drivers::gs1::check::has_valid_check_digit;
use device_drivers::gs1::instore::{Read, Template, read};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let cut = data.len().min(13);
    let (number, texts) = data.split_at(cut);
    let texts = String::from_utf8_lossy(texts);
    let templates: Vec<Template> = texts
        .split('\n')
        .filter_map(|text| {
            let template = Template::parse(text).ok()?;
            assert_eq!(template.to_string(), text);
            Some(template)
        })
        .collect();
    let found = match read(&templates, number) {
        Read::None => return,
        Read::One(what) | Read::Verifier(what) => vec![what],
        Read::Ambiguous { says, place } => {
            assert!(says.len() > 1 && place < 12, "the last digit is the check digit to all");
            says
        }
    };
    assert!(number.len() == 13 && has_valid_check_digit(number));
    for what in found {
        let written: Vec<String> = templates.iter().filter_map(|template| template.write(&what)).collect();
        assert!(!written.is_empty());
        for again in written {
            assert!(has_valid_check_digit(again.as_bytes()));
            assert_ne!(read(&templates, again.as_bytes()), Read::None);
        }
    }
});
