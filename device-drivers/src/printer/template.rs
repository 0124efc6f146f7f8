//! The labels of the house as documents: bag, delivery, lot (REQ-31, REQ-34, REQ-93). One function per label.

use model::PrintJobId;
use model::mqtt::Label;

use crate::printer::layout::{Align, Block, Document, Size};

/// Lays a label out. The job id stands in the footer, a reprint says DUPLICATE.
#[must_use]
pub fn compose(label: &Label, job: PrintJobId) -> Document {
    let mut document = Document::default();
    match label {
        Label::Bag { number, bag, of, code, cold, fragile, first_name, duplicate } => {
            duplicate_mark(&mut document, *duplicate);
            let marks = marks(*cold, *fragile);
            document.text(number, Size::Huge, Align::Centre);
            document.text(format!("BAG {bag}/{of}{marks}"), Size::Large, Align::Centre);
            document.block(Block::Qr { text: code.clone(), size_mm: 20 });
            document.text(first_name, Size::Normal, Align::Centre);
        }
        Label::Delivery { number, code, bags, first_name, lines, cod, promise, duplicate } => {
            duplicate_mark(&mut document, *duplicate);
            document.text(number, Size::Huge, Align::Centre);
            document.text(first_name, Size::Large, Align::Centre);
            let count: u32 = lines.iter().map(|(_, quantity)| *quantity).sum();
            document.block(Block::Pair { left: format!("{bags} bag(s)"), right: format!("{count} item(s)") });
            document.block(Block::Pair { left: "Promised".into(), right: promise.clone() });
            // The amount on a line of its own: ten signs of this size fit every paper, so it is never clipped.
            document.text(if cod.get() == 0 { "PAID" } else { "COLLECT CASH" }, Size::Large, Align::Centre);
            if cod.get() != 0 {
                document.text(cod.to_string(), Size::Large, Align::Centre);
            }
            document.block(Block::Rule);
            for (name, quantity) in lines {
                document.block(Block::Pair { left: name.clone(), right: quantity.to_string() });
            }
            document.block(Block::Rule);
            document.block(Block::Qr { text: code.clone(), size_mm: 28 });
        }
        Label::Lot { name, gtin, code, expiry } => {
            document.text(name, Size::Normal, Align::Centre);
            if !expiry.is_empty() {
                document.text(format!("EXP {expiry}"), Size::Large, Align::Centre);
            }
            document.block(Block::Qr { text: code.clone(), size_mm: 20 });
            gs1_of_lot(&mut document, gtin, code, expiry);
        }
    }
    // A document of its own may have left lines empty (no first name): they take no paper.
    document.blocks.retain(|block| !matches!(block, Block::Text { text, .. } if text.trim().is_empty()));
    document.text(format!("job {job}"), Size::Small, Align::Centre);
    document
}

fn duplicate_mark(document: &mut Document, duplicate: bool) {
    if duplicate {
        document.text("** DUPLICATE **", Size::Normal, Align::Centre);
    }
}

fn marks(cold: bool, fragile: bool) -> &'static str {
    match (cold, fragile) {
        (true, true) => " COLD FRAGILE",
        (true, false) => " COLD",
        (false, true) => " FRAGILE",
        (false, false) => "",
    }
}

/// (01)(17)(10) beside our own code, where item, date and a lot of at most 20 signs are known.
fn gs1_of_lot(document: &mut Document, gtin: &str, code: &str, expiry: &str) {
    let Some(lot) = code.strip_prefix("LL:").filter(|lot| lot.len() <= 20) else { return };
    let (Some(item), Ok(date)) = (crate::gs1::Gtin::parse(gtin.as_bytes()), expiry.parse::<model::Date>())
    else {
        return;
    };
    document.block(Block::Gs1Code128 {
        digits: format!("01{}17{}", item.as_gtin14(), date.yymmdd()),
        tail: format!("10{lot}"),
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Paise, Timestamp};

    fn texts(document: &Document) -> Vec<String> {
        let text = |block: &Block| match block {
            Block::Text { text, .. } => Some(text.clone()),
            Block::Pair { left, right } => Some(format!("{left}|{right}")),
            Block::Qr { text, .. } => Some(format!("qr:{text}")),
            Block::Gs1Code128 { digits, tail } => Some(format!("gs1:{digits}{tail}")),
            Block::Gs1Matrix { elements, .. } => Some(format!("matrix:{elements}")),
            Block::Rule => None,
        };
        document.blocks.iter().filter_map(text).collect()
    }

    #[test]
    fn a_bag_label_says_what_the_packer_needs() {
        let job = PrintJobId::new(Timestamp::from_ms(1), 7);
        let mut label = Label::Bag {
            number: "4K7".into(),
            bag: 1,
            of: 2,
            code: "LB:4K7-1-9F3A".into(),
            cold: true,
            fragile: false,
            first_name: String::new(),
            duplicate: false,
        };
        let got = texts(&compose(&label, job));
        assert_eq!(got, ["4K7", "BAG 1/2 COLD", "qr:LB:4K7-1-9F3A", &format!("job {job}")]);
        if let Label::Bag { duplicate, .. } = &mut label {
            *duplicate = true;
        }
        assert_eq!(texts(&compose(&label, job))[0], "** DUPLICATE **");
    }

    #[test]
    fn a_delivery_label_counts_pieces_and_says_what_to_collect() {
        let label = Label::Delivery {
            number: "4K7".into(),
            code: "LB:4K7-1-9F3A".into(),
            bags: 2,
            first_name: "Ravi".into(),
            lines: vec![("Milk 1 L".into(), 2), ("Bread".into(), 1)],
            cod: Paise::new(12_350),
            promise: "19:42".into(),
            duplicate: false,
        };
        let got = texts(&compose(&label, PrintJobId::new(Timestamp::from_ms(1), 7)));
        assert!(got.contains(&"2 bag(s)|3 item(s)".to_owned()), "{got:?}");
        let collect = got.iter().position(|line| line == "COLLECT CASH").unwrap();
        assert_eq!(got[collect + 1], "INR 123.50");
        assert!(got.contains(&"Milk 1 L|2".to_owned()));
    }

    #[test]
    fn a_lot_label_carries_gs1_only_when_all_is_known() {
        let job = PrintJobId::new(Timestamp::from_ms(1), 7);
        let lot = |gtin: &str, expiry: &str| Label::Lot {
            name: "Curd".into(),
            gtin: gtin.into(),
            code: "LL:L-7".into(),
            expiry: expiry.into(),
        };
        let full = texts(&compose(&lot("9521321109995", "2026-12-31"), job));
        assert!(full.contains(&"gs1:01095213211099951726123110L-7".to_owned()), "{full:?}");
        for label in [lot("", "2026-12-31"), lot("9521321109995", ""), lot("9521321109996", "2026-12-31")] {
            assert!(!texts(&compose(&label, job)).iter().any(|t| t.starts_with("gs1:")));
        }
    }
}
