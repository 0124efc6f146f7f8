//! Tests of in-store numbers: templates that are none, what numbers say, and when they say two things.

use super::*;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap()
}

fn item(item: &str, measure: Measure) -> InStore {
    InStore { item: item.to_owned(), measure }
}

#[test]
fn a_template_names_its_fault() {
    let cases = [
        ("21IIIIIWWWWW", TemplateFault::Length(12)),
        ("21IIIIIWWWWQC", TemplateFault::Letter(12)),
        ("01IIIIIWWWWWC", TemplateFault::Prefix),
        ("2WIIIIIWWWWWC", TemplateFault::Prefix),
        ("21IIIIIWWWWWW", TemplateFault::Check),
        ("21IIIICWWWWWC", TemplateFault::Check),
        ("21XXXXXWWWWWC", TemplateFault::NoItem),
        ("21IIIIIWWPPPC", TemplateFault::Measures),
        ("21IIIIVWWWWVC", TemplateFault::Verifier),
        ("21IIIIIIWWWVC", TemplateFault::Verifier),
    ];
    for (text, fault) in cases {
        assert_eq!(Template::parse(text), Err(fault), "{text}");
    }
    assert_eq!(template("02IIIIVPPPPPC").to_string(), "02IIIIVPPPPPC");
}

#[test]
fn weights_prices_and_pieces_come_back() {
    let cases = [
        ("21IIIIIWWWWWC", item("00042", Measure::Grams(1_250))),
        ("02IIIIVPPPPPC", item("0042", Measure::Price(14_685))),
        ("28IIIIVPPPPXC", item("0042", Measure::Price(2_875))),
        ("29IIIIIIIINNC", item("12345678", Measure::Pieces(7))),
        ("20IIIIIIIIIIC", item("0000000042", Measure::Nothing)),
    ];
    for (text, what) in cases {
        let template = template(text);
        let number = template.write(&what).unwrap();
        assert_eq!(read(&[template], number.as_bytes()), Read::One(what), "{text} {number}");
    }
}

#[test]
fn what_does_not_fit_is_not_written() {
    let weighed = template("21IIIIIWWWWWC");
    for what in [
        item("00042", Measure::Grams(100_000)),
        item("042", Measure::Grams(1)),
        item("0004X", Measure::Grams(1)),
        item("00042", Measure::Price(1)),
        item("00042", Measure::Nothing),
    ] {
        assert_eq!(weighed.write(&what), None, "{what:?}");
    }
}

/// The worked examples of GS1's General Specifications.
#[test]
fn verifiers_of_four_and_five_digits() {
    assert_eq!(verifier_of(b"2875"), Some(b'9'));
    assert_eq!(verifier_of(b"14685"), Some(b'6'));
    assert_eq!(verifier_of(b"123"), None);
}

#[test]
fn a_wrong_verifier_is_told_and_not_read() {
    let template = template("02IIIIVPPPPPC");
    let mut number = template.write(&item("0042", Measure::Price(500))).unwrap().into_bytes();
    number[6] = if number[6] == b'0' { b'1' } else { b'0' };
    number.pop();
    number.extend(check_digit(&number));
    assert!(matches!(read(&[template], &number), Read::Verifier(_)));
}

#[test]
fn two_templates_that_disagree_are_ambiguous() {
    let (weight, price) = (template("21IIIIIWWWWWC"), template("21IIIIIPPPPPC"));
    let number = weight.write(&item("00042", Measure::Grams(450))).unwrap();
    let got = read(&[weight, price], number.as_bytes());
    let says = vec![item("00042", Measure::Grams(450)), item("00042", Measure::Price(450))];
    assert_eq!(
        says.iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["450 g of item 00042", "item 00042 for 450 paise"]
    );
    assert_eq!(got, Read::Ambiguous { says, place: 7 });
    assert!(matches!(read(&[weight, weight], number.as_bytes()), Read::One(_)), "the same twice is no doubt");
    assert_eq!(read(&[template("22IIIIIWWWWWC")], number.as_bytes()), Read::None);
    assert_eq!(read(&[weight], b"2100042004500"), Read::None, "a wrong check digit says nothing");
    assert_eq!(read(&[weight], b"21000420045"), Read::None);
}
