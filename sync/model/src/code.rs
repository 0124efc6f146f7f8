//! The codes that Larder's own labels carry, as text in a QR or Code 128. A two-letter prefix names the kind, so that a
//! scan says what it is without a look-up: `LB:` bag, `LP:` staff badge, `LR:` rider badge, `LL:` lot label, `LS:` shelf place,
//! `LO:` order on paper.

use crate::id::{BagId, BinId, LotId, OrderId, PersonId};

/// What one of our own labels says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnCode {
    /// A bag of an order.
    Bag(BagId),
    /// A staff badge.
    Badge(PersonId),
    /// A rider's badge: the code of [`crate::order_doc::RiderCard`].
    Rider(String),
    /// A lot label stuck on goods at receiving (REQ-93).
    Lot(LotId),
    /// A shelf place.
    Shelf(BinId),
    /// A pick list on paper (REQ-37).
    Order(OrderId),
}

impl OwnCode {
    /// Reads a label's text; `None` when it is not one of ours (a product barcode, a stranger's QR).
    pub fn parse(text: &str) -> Option<OwnCode> {
        let (prefix, rest) = text.split_at_checked(3)?;
        match prefix {
            "LB:" => BagId::new(rest).ok().map(OwnCode::Bag),
            "LP:" => PersonId::new(rest).ok().map(OwnCode::Badge),
            "LR:" => PersonId::new(rest).ok().map(|code| OwnCode::Rider(code.into())),
            "LL:" => LotId::new(rest).ok().map(OwnCode::Lot),
            "LS:" => BinId::new(rest).ok().map(OwnCode::Shelf),
            "LO:" => rest.parse().ok().map(OwnCode::Order),
            _ => None,
        }
    }

    /// The text to print.
    pub fn text(&self) -> String {
        match self {
            OwnCode::Bag(id) => format!("LB:{id}"),
            OwnCode::Badge(id) => format!("LP:{id}"),
            OwnCode::Rider(code) => format!("LR:{code}"),
            OwnCode::Lot(id) => format!("LL:{id}"),
            OwnCode::Shelf(id) => format!("LS:{id}"),
            OwnCode::Order(id) => format!("LO:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_labels_round_trip_and_strangers_are_none() {
        let bag = OwnCode::Bag(BagId::new("4K7-1-9F3A").unwrap());
        let shelf = OwnCode::Shelf(BinId::new("A-03-2").unwrap());
        let order = OwnCode::Order(OrderId::new(crate::Timestamp::from_ms(1_795_000_000_000), 7));
        for code in [bag, shelf, order] {
            assert_eq!(OwnCode::parse(&code.text()), Some(code));
        }
        for stranger in ["", "LB", "LB:", "8901234567894", "LB:a/b", "LO:4K7", "लल:x"] {
            assert_eq!(OwnCode::parse(stranger), None, "{stranger}");
        }
    }
}
