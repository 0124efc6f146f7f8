//! What a document or a change says, in words for a person: one line per entry, the same line for the same content, so
//! that two sides can be compared by them. For inspection only; nothing is decided by these words.

use super::chunk::{self, Chunk};
use super::{CatalogueHeader, DocError, DocId, Document, Listing, OrderView};
use crate::doc::actor::Author;
use model::alarms::AlarmTold;
use model::order::Owner;
use std::collections::BTreeMap;
use std::fmt::Write as _;

impl Document {
    /// Every entry by its key: an order by its id, a product's rights by its SKU.
    ///
    /// # Errors
    /// A root map that was overwritten.
    pub fn entries(&self) -> Result<BTreeMap<String, String>, DocError> {
        match self.id() {
            DocId::Orders { .. } => {
                let orders = self.orders()?.into_iter();
                Ok(orders
                    .map(|(id, read)| (id.to_string(), read.map_or_else(poisoned, |v| order(&v))))
                    .collect())
            }
            DocId::Quota { .. } => {
                let skus = self.skus()?.into_iter();
                Ok(skus.map(|sku| (sku.to_string(), self.rights(&sku).unwrap_or_else(poisoned))).collect())
            }
            DocId::Stock { .. } => {
                let skus = self.stock_skus()?.into_iter();
                Ok(skus.map(|sku| (sku.to_string(), self.free(&sku).unwrap_or_else(poisoned))).collect())
            }
            DocId::Alarms { .. } => {
                let told = self.alarms()?.into_iter().flat_map(|told| told.alarms);
                Ok(told.map(|alarm| (alarm.id.to_string(), stands(&alarm))).collect())
            }
            DocId::Catalogue { .. } => {
                let skus = self.catalogue_skus()?.into_iter();
                let mut all: BTreeMap<String, String> =
                    skus.map(|sku| (sku.to_string(), self.sold(&sku).unwrap_or_else(poisoned))).collect();
                // Before every code: none has such a sign.
                if let Some(header) = self.catalogue_header()? {
                    let CatalogueHeader { publication, at, named, parts } = header;
                    let text =
                        format!("publication {publication} in {parts} parts, {named} products, as of {at}");
                    all.insert("!".to_owned(), text);
                }
                Ok(all)
            }
        }
    }

    fn free(&self, sku: &model::SkuId) -> Result<String, DocError> {
        Ok(format!("{} free", self.stock(sku)?.unwrap_or(0)))
    }

    fn sold(&self, sku: &model::SkuId) -> Result<String, DocError> {
        let Some(Listing { publication, product }) = self.listing(sku)? else { return Ok(String::new()) };
        let withdrawn = if product.active { "" } else { ", withdrawn" };
        Ok(format!(
            "{}: {} of {} paise, {}{withdrawn}; publication {publication}",
            product.name,
            product.price.get(),
            product.mrp.get(),
            product.temp.word(),
        ))
    }

    fn rights(&self, sku: &model::SkuId) -> Result<String, DocError> {
        Ok(format!("granted {}, returned {}", self.granted(sku)?, self.returned(sku)?))
    }
}

fn stands(alarm: &AlarmTold) -> String {
    let AlarmTold { kind, zone, device, began, seen, detail, .. } = alarm;
    let place = zone.as_ref().map_or_else(String::new, |zone| format!(" in {zone}"));
    let seen = if *seen { "seen" } else { "not seen" };
    format!("{kind} at {device}{place} since {began}, {seen}; {detail}")
}

fn poisoned(error: DocError) -> String {
    format!("unreadable: {error}")
}

fn order(view: &OrderView) -> String {
    let head = &view.head;
    let units: u32 = head.lines.iter().map(|line| line.qty.get()).sum();
    let mut text = format!(
        "#{} {:?}, {} lines, {units} units, promised {}",
        head.number,
        head.channel,
        head.lines.len(),
        head.promise_at
    );
    for (moment, at) in &view.moments.0 {
        let _ = write!(text, "; {moment:?} {at}");
    }
    if let Some(picks) = &view.picks {
        let picked: u32 = picks.picked.iter().map(|units| units.qty.get()).sum();
        let short: u32 = picks.short.iter().map(|units| units.qty.get()).sum();
        let _ = write!(text, "; picked {picked}, short {short}");
    }
    if let Some(rider) = &view.rider {
        let _ = write!(text, "; rider {}", rider.name);
    }
    if let Some(taken) = &view.taken {
        let _ = write!(text, "; taken by {taken}");
    }
    if view.refused.is_some() {
        text.push_str("; refused: the store has it with another content");
    }
    for ask in &view.asks {
        let _ = write!(text, "; line {}: {} proposed", ask.line, ask.sku);
    }
    for answer in &view.answers {
        let _ = write!(text, "; line {} answered", answer.line);
    }
    text
}

/// Who wrote a change or a whole document, as one line: `store, boot 3, change 17, builds on 2`.
pub fn change_says(bytes: &[u8]) -> String {
    match chunk::next(bytes) {
        Ok((Chunk::Slim(slim), _)) => {
            let (author, seq) = slim.place;
            format!("{}, change {seq}, builds on {}", author_says(author), slim.deps.len())
        }
        Ok((Chunk::Whole(packed), _)) => format!("a whole document of {} bytes", packed.len()),
        Err(error) => format!("unreadable: {error}"),
    }
}

fn author_says(author: Author) -> String {
    match author {
        Author::Genesis => "the first change".to_owned(),
        Author::Life(Owner::Hub, boot) => format!("hub, boot {boot}"),
        Author::Life(Owner::Store, boot) => format!("store, boot {boot}"),
    }
}
