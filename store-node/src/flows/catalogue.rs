//! Products enter or are renewed, and each gets a home bin by temperature and velocity (REQ-2, REQ-14). Rows were checked
//! as a whole by [`files`] before they come here.

use super::{Flow, Stop, receive, short_enough};
use crate::answer::{Answer, Opening};
use crate::command::{CatalogueEntry, GtinName, OpeningLine};
use crate::db::catalogue::{self, SkuRow};
use crate::db::listing::{self, Publication};
use crate::db::places::{self, HomeBin};
use crate::refusal::Refusal;
use files::{FIELD_CHARS_MAX, GTINS_MAX, PRICE_PAISE_MAX, ROWS_MAX, SHELF_LIFE_DAYS_MAX, WEIGHT_GRAMS_MAX};
use model::catalogue::{Product, TempClass, Velocity};
use model::{BinId, Role};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// Products that a refusal names.
const NAMED_MAX: usize = 10;

/// Enters products, best sellers first, so that they get the best bins, and the stock of those that were never here. The same
/// again changes nothing.
///
/// # Errors
/// [`Refusal::BadInput`] names the product that is outside the limits, [`Refusal::HubOwns`] those that the hub alone may
/// change; nothing is entered then.
pub fn import(
    flow: &mut Flow<'_>,
    products: &[CatalogueEntry],
    opening: &[OpeningLine],
) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    if products.len() > ROWS_MAX {
        return Err(Refusal::bad("products", format!("at most {ROWS_MAX}")).into());
    }
    for product in products {
        check(product)?;
    }
    owned(flow, products)?;
    let mut floor = Floor::default();
    let (mut shared_bins, mut homeless, mut gtins, mut changed) = (0, 0, 0, 0);
    let mut sorted: Vec<&Product> = products.iter().collect();
    sorted.sort_by_key(|p| (p.popularity == 0, p.popularity, p.sku.clone()));
    for product in sorted {
        let known = catalogue::find(flow.tx, &product.sku)?;
        let home = home(flow, product, known.as_ref(), &mut floor, &mut shared_bins)?;
        homeless += u32::from(home.is_none());
        gtins += u32::try_from(product.gtins.len()).unwrap_or(u32::MAX);
        if !known.is_some_and(|row| row.home == home && says_the_same(&row.product, product))
            || !carries(flow, product)?
        {
            catalogue::put(flow.tx, product, home.as_ref())?;
            changed += 1;
        }
    }
    let opening = receive::open_unknown(flow, opening)?;
    flow.effects.stock = true;
    let products = u32::try_from(products.len()).unwrap_or(u32::MAX);
    Ok(Answer::Imported { products, changed, gtins, shared_bins, homeless, opening })
}

/// Barcodes apart, which the table of products does not have.
fn says_the_same(known: &Product, product: &Product) -> bool {
    Product { gtins: product.gtins.clone(), ..known.clone() } == *product
}

fn carries(flow: &Flow<'_>, product: &Product) -> Result<bool, Stop> {
    if product.gtins.is_empty() {
        return Ok(true);
    }
    let known = catalogue::gtins_of(flow.tx, &product.sku)?;
    Ok(product.gtins.iter().all(|gtin| known.contains(gtin)))
}

/// Remembers names of barcodes for receiving; a barcode that a product carries keeps its product.
///
/// # Errors
/// [`Refusal::BadInput`].
pub fn import_gtins(flow: &mut Flow<'_>, rows: &[GtinName]) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    if rows.len() > ROWS_MAX {
        return Err(Refusal::bad("rows", format!("at most {ROWS_MAX}")).into());
    }
    let mut changed = 0;
    for row in rows {
        for (field, text) in [("gtin", &row.gtin), ("name", &row.name), ("image_url", &row.image_url)] {
            short_enough(field, text, FIELD_CHARS_MAX)?;
        }
        changed += u32::from(catalogue::put_gtin_name(flow.tx, &row.gtin, &row.name, &row.image_url)?);
    }
    let gtins = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let opening = Opening::default();
    Ok(Answer::Imported { products: 0, changed, gtins, shared_bins: 0, homeless: 0, opening })
}

/// Where a product lies: where it has lain, as long as its temperature is the same.
pub(super) fn home(
    flow: &Flow<'_>,
    product: &Product,
    known: Option<&SkuRow>,
    floor: &mut Floor,
    shared: &mut u32,
) -> Result<Option<BinId>, Stop> {
    let stays = known.filter(|row| row.product.temp == product.temp).and_then(|row| row.home.clone());
    match stays {
        Some(home) => Ok(Some(home)),
        None => floor.home(flow, product, shared),
    }
}

/// What the hub's catalogue names is the hub's: a file may repeat it and add barcodes, not change it.
fn owned(flow: &Flow<'_>, products: &[CatalogueEntry]) -> Result<(), Stop> {
    let Some(standing) = listing::standing(flow.tx)? else { return Ok(()) };
    let mut other = Vec::new();
    for product in products {
        let known = catalogue::find(flow.tx, &product.sku)?.filter(|row| row.hub);
        let same = |row: &SkuRow| says_the_same(&row.product, product);
        let taken = catalogue::gtins_of_others(flow.tx, product)?;
        if !known.as_ref().is_none_or(same) || !taken.is_empty() {
            other.push(product.sku.clone());
        }
    }
    if other.is_empty() {
        return Ok(());
    }
    let count = u32::try_from(other.len()).unwrap_or(u32::MAX);
    other.truncate(NAMED_MAX);
    let Publication { edition, number, .. } = standing.publication;
    Err(Refusal::HubOwns { skus: other, count, edition, publication: number }.into())
}

pub(super) fn check(product: &Product) -> Result<(), Refusal> {
    let p = product;
    let texts = [&p.name, &p.name_hi, &p.brand, &p.category, &p.search_terms, &p.hsn, &p.unit];
    for text in texts.into_iter().chain(&p.gtins) {
        short_enough(p.sku.as_str(), text, FIELD_CHARS_MAX)?;
    }
    let bad = |detail: &str| Err(Refusal::bad(p.sku.as_str(), detail));
    if p.gtins.len() > GTINS_MAX {
        return bad("too many barcodes");
    }
    if p.price.get() < 0 || p.price > p.mrp || p.mrp.get() > PRICE_PAISE_MAX {
        return bad("the price lies between nothing and the MRP");
    }
    if p.weight.0 > WEIGHT_GRAMS_MAX || p.shelf_life_days > SHELF_LIFE_DAYS_MAX || p.gst_bp > 10_000 {
        return bad("weight, shelf life or tax beyond their limits");
    }
    Ok(())
}

/// The bins that may become homes, as this import fills them.
#[derive(Default)]
pub(super) struct Floor {
    bins: BTreeMap<TempClass, Vec<HomeBin>>,
}

impl Floor {
    /// The first empty bin of the right kind of zone, else any empty one of the temperature, else the least shared one.
    fn home(&mut self, flow: &Flow<'_>, product: &Product, shared: &mut u32) -> Result<Option<BinId>, Stop> {
        let bins = match self.bins.entry(product.temp) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unread) => unread.insert(places::bins_for(flow.tx, product.temp)?),
        };
        let wanted = match product.velocity {
            Velocity::A => "a",
            Velocity::B => "b",
            Velocity::C => "c",
        };
        let best = bins.iter_mut().min_by_key(|bin| (bin.homes, bin.kind != "cold" && bin.kind != wanted));
        let Some(bin) = best else { return Ok(None) };
        *shared += u32::from(bin.homes > 0);
        bin.homes += 1;
        Ok(Some(bin.bin.clone()))
    }
}
