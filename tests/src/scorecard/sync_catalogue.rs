//! Benchmark `sync-catalogue`: the catalogue's document with the demo's products: bytes at rest and on the wire, what one changed
//! price costs a store, at the beginning of an edition and when it has been told once more than it holds. Controls in the same run:
//! the same products packed in one flat map, and a map per product with a field each, as a CRDT would have it by itself. And what
//! one document for a city saves: a document for each of a thousand stores would be made, kept and held so many times.

use anyhow::{Context, Result, ensure};
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{Automerge, ChangeHash, ObjType, ROOT, ReadDoc, ScalarValue};
use central_hub::import;
use model::Paise;
use model::catalogue::Product;
use model::catalogue_doc::CataloguePart;
use model::order::Owner;
use model::quota::HubGeneration;
use model::time::Timestamp;
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};
use sync::doc::{DocId, Document, Listing};

/// Products of one part, as the hub tells them.
const PART: usize = 96;
/// Price changes whose cost is taken together.
const LOOKS: usize = 200;
const STORES: usize = 1_000;
const CITY: DocId = DocId::Catalogue { generation: HubGeneration(1), edition: 1 };

/// Runs the benchmark; `error` stands in the answer if it cannot.
pub fn run() -> Value {
    match measure() {
        Ok(value) => value,
        Err(error) => json!({"name": "sync-catalogue", "error": format!("{error:#}")}),
    }
}

/// What a layout came to.
#[derive(Default)]
struct Figures {
    edition_bytes: usize,
    edition_made_ms: f64,
    edition_applied_ms: f64,
    change_bytes: usize,
    first_us: f64,
    last_us: f64,
    grown_bytes: usize,
}

impl Figures {
    fn json(&self) -> Value {
        json!({
            "edition_bytes": self.edition_bytes,
            "edition_made_ms": self.edition_made_ms,
            "edition_applied_ms": self.edition_applied_ms,
            "price_change_bytes": self.change_bytes,
            "price_change_applied_us_at_first": self.first_us,
            "price_change_applied_us_when_grown": self.last_us,
            "grown_edition_bytes": self.grown_bytes,
        })
    }
}

fn measure() -> Result<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store-node/demo/catalogue.csv");
    let products = import::catalogue(&file)?;
    let ours = ours(&products)?;
    let flat = raw(&products, Layout::Flat)?;
    let fields = raw(&products, Layout::Fields)?;
    Ok(json!({
        "name": "sync-catalogue",
        "products": products.len(),
        "sharded_packed": ours.json(),
        "control_flat_map": flat.json(),
        "control_field_by_field": fields.json(),
        "a_document_for_each_of_1000_stores": {
            "made_s": ours.edition_made_ms * STORES as f64 / 1_000.0,
            "kept_mb": (ours.edition_bytes * STORES) as f64 / 1e6,
        },
    }))
}

/// The n-th price change, up or at the MRP down: another product each time, and all of them when there were as many.
fn dearer(products: &mut [Product], n: usize) -> &Product {
    let len = products.len();
    let product = &mut products[n.wrapping_mul(7_919) % len];
    let (price, mrp) = (product.price.get(), product.mrp.get());
    product.price = Paise::new(if price < mrp { price + 1 } else { price - 1 });
    product
}

/// Applies `changes` price changes made by `next`; micros for one at the beginning and at the end.
fn changes(count: usize, mut next: impl FnMut(usize) -> Result<Duration>) -> Result<(f64, f64)> {
    let mut micros = Vec::with_capacity(count);
    for n in 0..count {
        micros.push(next(n)?.as_secs_f64() * 1e6);
    }
    let median = |some: &[f64]| {
        let mut some = some.to_vec();
        some.sort_by(f64::total_cmp);
        some.get(some.len() / 2).copied().unwrap_or_default()
    };
    let last = micros.len().saturating_sub(LOOKS);
    Ok((median(&micros[..LOOKS.min(micros.len())]), median(&micros[last..])))
}

fn ours(products: &[Product]) -> Result<Figures> {
    let (mut hub, mut store) =
        (Document::new_as(CITY, Owner::Hub, 1)?, Document::new_as(CITY, Owner::Store, 1)?);
    let mut products = products.to_vec();
    let (mut figures, mut publication) = (Figures::default(), 1);
    let (generation, edition, at) = (HubGeneration(1), 1, Timestamp::from_ms(0));
    let named = u32::try_from(products.len())?;
    let begun = Instant::now();
    let mut parts = Vec::new();
    let count = products.len().div_ceil(PART);
    for (n, some) in products.chunks(PART).enumerate() {
        let (part, whole) = (u32::try_from(n)? + 1, n + 1 == count);
        let products = some.to_vec();
        let said = CataloguePart { generation, edition, publication, part, at, products, named, whole };
        hub.put_catalogue(&said)?;
        parts.push(hub.commit()?.context("a part says nothing")?);
    }
    figures.edition_made_ms = begun.elapsed().as_secs_f64() * 1e3;
    let begun = Instant::now();
    for part in &parts {
        store.apply_from(Owner::Hub, part)?;
    }
    figures.edition_applied_ms = begun.elapsed().as_secs_f64() * 1e3;
    figures.edition_bytes = hub.save_full()?.len();
    let mut bytes = 0;
    (figures.first_us, figures.last_us) = changes(products.len(), |n| {
        publication += 1;
        let changed = vec![dearer(&mut products, n).clone()];
        let products = changed;
        let said =
            CataloguePart { generation, edition, publication, part: 1, at, products, named, whole: true };
        hub.put_catalogue(&said)?;
        let change = hub.commit()?.context("a change says nothing")?;
        bytes += change.len();
        let begun = Instant::now();
        store.apply_from(Owner::Hub, &change)?;
        Ok(begun.elapsed())
    })?;
    ensure!(hub.heads() == store.heads(), "the two sides differ");
    figures.change_bytes = bytes / products.len();
    figures.grown_bytes = hub.save_full()?.len();
    Ok(figures)
}

/// How automerge would have it without us.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// One map, packed products.
    Flat,
    /// A map per product, a field each.
    Fields,
}

fn raw(products: &[Product], layout: Layout) -> Result<Figures> {
    let (mut hub, mut store) = (Automerge::new(), Automerge::new());
    let mut products = products.to_vec();
    let mut figures = Figures::default();
    let begun = Instant::now();
    for some in products.chunks(PART) {
        write(&mut hub, some, layout)?;
    }
    figures.edition_made_ms = begun.elapsed().as_secs_f64() * 1e3;
    let begun = Instant::now();
    for change in hub.get_changes(&[]) {
        store.apply_changes([change])?;
    }
    figures.edition_applied_ms = begun.elapsed().as_secs_f64() * 1e3;
    figures.edition_bytes = zstd::bulk::compress(&hub.save_nocompress(), 6)?.len();
    let mut bytes = 0;
    (figures.first_us, figures.last_us) = changes(products.len(), |n| {
        let heads: Vec<ChangeHash> = hub.get_heads();
        let product = dearer(&mut products, n).clone();
        write(&mut hub, &[product], layout)?;
        let mut made = hub.get_changes(&heads);
        let change = made.pop().context("a change says nothing")?;
        bytes += change.raw_bytes().len();
        let begun = Instant::now();
        store.apply_changes([change])?;
        Ok(begun.elapsed())
    })?;
    figures.change_bytes = bytes / products.len();
    figures.grown_bytes = zstd::bulk::compress(&hub.save_nocompress(), 6)?.len();
    Ok(figures)
}

fn write(document: &mut Automerge, products: &[Product], layout: Layout) -> Result<()> {
    let mut tx = document.transaction();
    for product in products {
        let sku = product.sku.as_str();
        if layout == Layout::Flat {
            let packed = Listing { publication: 1, product: product.clone() }.packed()?;
            tx.put(ROOT, sku, ScalarValue::Bytes(packed))?;
            continue;
        }
        let (map, new) = match tx.get(ROOT, sku)? {
            Some((_, map)) => (map, false),
            None => (tx.put_object(ROOT, sku, ObjType::Map)?, true),
        };
        let Value::Object(fields) = serde_json::to_value(product)? else { continue };
        // Only the price changes afterwards.
        for (field, value) in fields.into_iter().filter(|(field, _)| new || field == "price") {
            match value {
                Value::Number(number) => tx.put(&map, field, number.as_i64().unwrap_or(0))?,
                Value::Bool(is) => tx.put(&map, field, is)?,
                Value::Array(_) | Value::Object(_) | Value::Null | Value::String(_) => {
                    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                    tx.put(&map, field, text)?;
                }
            }
        }
    }
    tx.commit_with(CommitOptions::default().with_time(0));
    Ok(())
}
