//! From a label's facts, as they come over MQTT, to its document: which paper it is, and in which of the languages that it
//! carries its names stand. How a paper looks is `sheet`'s.

use model::PrintJobId;
use model::mqtt::{Label, Name};

use crate::gs1::Gtin;
use crate::printer::layout::Document;
use crate::printer::legible;
use crate::printer::sheet::{
    BagLabel, DeliveryLabel, HandoverSlip, LotLabel, ManifestLine, PickLine, PickList, ShelfLabel, Stamp,
    TemperatureStrip, Tongue, TransferManifest,
};

/// Lays a label out in the printer's language. The job id stands in the footer, a reprint says DUPLICATE.
#[must_use]
pub fn compose(label: &Label, job: PrintJobId, tongue: Tongue) -> Document {
    let stamp = &Stamp { tongue, job, duplicate: label.is_duplicate() };
    let say = |name: &Name| say(name, tongue);
    match label.clone() {
        Label::Bag { number, bag, of, code, cold, fragile, first_name, .. } => {
            BagLabel { number, bag, of, code, cold, fragile, first_name }.layout(stamp)
        }
        Label::Delivery { number, code, bags, first_name, lines, cod, promise, .. } => {
            let lines = lines.iter().map(|(name, units)| (say(name), *units)).collect();
            DeliveryLabel { number, code, bags, first_name, lines, cod, promise }.layout(stamp)
        }
        Label::Lot { name, gtin, code, expiry, .. } => {
            let lot = code.strip_prefix("LL:").unwrap_or(&code).to_owned();
            let (gtin, expiry) = (Gtin::parse(gtin.as_bytes()), expiry.parse().ok());
            LotLabel { name: say(&name), gtin, lot, code, expiry }.layout(stamp)
        }
        Label::Shelf { name, bin, code, price, pack, .. } => {
            ShelfLabel { name: say(&name), bin, code, price, pack }.layout(stamp)
        }
        Label::PickList { number, code, promise, lines, .. } => {
            let lines = lines.into_iter().map(|line| {
                let name = say(&line.name);
                PickLine { bin: line.bin, name, units: line.units }
            });
            PickList { number, code, promise, lines: lines.collect() }.layout(stamp)
        }
        Label::Transfer { number, code, from, to, lines, .. } => {
            let lines = lines.into_iter().map(|line| {
                let name = say(&line.name);
                ManifestLine { name, lot: line.lot, units: line.units }
            });
            let (from, to) = (say(&from), say(&to));
            TransferManifest { number, code, from, to, lines: lines.collect() }.layout(stamp)
        }
        Label::Temperature { zone, sensor, day, readings, lowest, highest, out_of_range_min, .. } => {
            TemperatureStrip { zone, sensor, day, readings, lowest, highest, out_of_range_min }.layout(stamp)
        }
        Label::Handover { number, code, rider, bags, cod, at, drawer, .. } => {
            HandoverSlip { number, code, rider, bags, cod, at, drawer }.layout(stamp)
        }
    }
}

/// A name as it stands on the paper: in English where there is no Hindi that can be drawn, by its code where that cannot be
/// either, and of a name without a code whatever can be.
fn say(name: &Name, tongue: Tongue) -> String {
    let hindi = match tongue {
        Tongue::Hindi => legible::whole(&name.hi),
        Tongue::English => None,
    };
    let code = || Some(name.code.clone()).filter(|code| !code.is_empty());
    hindi.or_else(|| legible::whole(&name.en)).or_else(code).unwrap_or_else(|| legible::part(&name.en))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::printer::layout::Block;
    use model::{Paise, Timestamp};

    fn job() -> PrintJobId {
        PrintJobId::new(Timestamp::from_ms(1), 7)
    }

    fn texts(label: &Label, tongue: Tongue) -> Vec<String> {
        let text = |block: &Block| match block {
            Block::Text { text, .. } => Some(text.clone()),
            Block::Pair { left, right } => Some(format!("{left}|{right}")),
            Block::Qr { text, .. } => Some(format!("qr:{text}")),
            Block::Gs1Code128 { digits, tail } => Some(format!("gs1:{digits}{tail}")),
            Block::Gs1Matrix { elements, .. } => Some(format!("matrix:{elements}")),
            Block::Rule | Block::Drawer => None,
        };
        compose(label, job(), tongue).blocks.iter().filter_map(text).collect()
    }

    #[test]
    fn a_bag_label_says_what_the_packer_needs() {
        let label = Label::Bag {
            number: "4K7".into(),
            bag: 1,
            of: 2,
            code: "LB:4K7-1-9F3A".into(),
            cold: true,
            fragile: false,
            first_name: String::new(),
            duplicate: false,
        };
        let footer = format!("job {}", job());
        assert_eq!(texts(&label, Tongue::English), ["4K7  1/2", "COLD", "qr:LB:4K7-1-9F3A", &footer]);
        let again = label.marked(true);
        assert_eq!(texts(&again, Tongue::English)[0], "** DUPLICATE **");
        assert_eq!(texts(&again, Tongue::Hindi)[0], "** DUPLICATE / पुनर्मुद्रण **");
    }

    #[test]
    fn names_stand_in_the_printers_language_where_they_are_known_in_it() {
        let milk = Name { en: "Milk 1 L".into(), hi: "दूध 1 लीटर".into(), ..Name::default() };
        let label = Label::Delivery {
            number: "4K7".into(),
            code: "LB:4K7-1-9F3A".into(),
            bags: 2,
            first_name: "Ravi".into(),
            lines: vec![(milk, 2), ("Bread".into(), 1)],
            cod: Paise::new(12_350),
            promise: "19:42".into(),
            duplicate: false,
        };
        let english = texts(&label, Tongue::English);
        assert!(english.contains(&"Milk 1 L|2".to_owned()) && english.contains(&"Items|3".to_owned()));
        let collect = english.iter().position(|line| line == "COLLECT CASH").unwrap();
        assert_eq!(english[collect + 1], "INR 123.50");
        let hindi = texts(&label, Tongue::Hindi);
        assert!(hindi.contains(&"दूध 1 लीटर|2".to_owned()) && hindi.contains(&"Bread|1".to_owned()));
    }

    #[test]
    fn a_name_that_cannot_be_drawn_gives_way_to_the_english_one_and_that_to_the_code() {
        let name = |en: &str, hi: &str, code: &str| Name { en: en.into(), hi: hi.into(), code: code.into() };
        let cases = [
            (name("Milk", "பால்", "MLK-1"), "Milk"),
            (name("Milk", "दूध 🥛", "MLK-1"), "दूध"),
            (name("பால்", "", "MLK-1"), "MLK-1"),
            (name("Aavin பால் 1 L", "", ""), "Aavin 1 L"),
        ];
        for (name, want) in cases {
            assert_eq!(say(&name, Tongue::Hindi), want, "{name:?}");
        }
        assert_eq!(say(&name("🥛", "दूध", "MLK-1"), Tongue::English), "MLK-1");
    }

    #[test]
    fn a_lot_label_is_gs1_where_item_and_date_are_known_else_its_own_code() {
        let lot = |gtin: &str, expiry: &str| Label::Lot {
            name: "Curd".into(),
            gtin: gtin.into(),
            code: "LL:L-7".into(),
            expiry: expiry.into(),
            duplicate: false,
        };
        let full = texts(&lot("9521321109995", "2026-12-31"), Tongue::English);
        assert!(full.contains(&"matrix:01095213211099951726123110L-7".to_owned()), "{full:?}");
        for label in [lot("", "2026-12-31"), lot("9521321109995", ""), lot("9521321109996", "2026-12-31")] {
            let plain = texts(&label, Tongue::English);
            assert!(plain.contains(&"qr:LL:L-7".to_owned()), "{plain:?}");
            assert!(!plain.iter().any(|line| line.starts_with("matrix:") || line.starts_with("gs1:")));
        }
    }
}
