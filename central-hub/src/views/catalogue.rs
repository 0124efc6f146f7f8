//! The shelf: categories, search with one slip forgiven, product cards with what is there (REQ-58, REQ-59).

use super::Look;
use super::place::{self, Reach};
use crate::db::catalogue::{SearchAsk, SearchWord};
use crate::db::{Db, HubTx};
use hub_core::search;
use model::api::hub::{Category, ProductCard, SearchPage};
use model::catalogue::Product;

/// Hits of one page.
const HITS: u32 = 60;
/// Words that a mistyped one may stand for.
const GUESSES: usize = 6;

/// A product as the shop shows it.
pub fn card(data: &dyn HubTx, look: &Look<'_>, product: Product, reach: &Reach) -> Db<ProductCard> {
    let (available, elsewhere) =
        if product.active { place::available(data, look, &product.sku, reach)? } else { (0, 0) };
    Ok(ProductCard {
        sku: product.sku,
        name: product.name,
        name_hi: product.name_hi,
        brand: product.brand,
        category: product.category.split(" > ").next().unwrap_or("").to_owned(),
        unit: product.unit,
        price: product.price.min(product.mrp),
        mrp: product.mrp,
        available,
        elsewhere,
        cold: product.temp.is_cold(),
    })
}

/// Outermost categories.
pub fn categories(data: &dyn HubTx) -> Db<Vec<Category>> {
    Ok(data.categories()?.into_iter().map(|(name, products)| Category { name, products }).collect())
}

/// Finds products; an empty query shows the shelf, best sellers first.
pub fn find(
    data: &dyn HubTx,
    look: &Look<'_>,
    query: &str,
    category: Option<String>,
    reach: &Reach,
) -> Db<SearchPage> {
    let age = reach.store.as_ref().and_then(|s| s.heard_at).map(|at| look.now.since_ms(at).max(0));
    let mut words = Vec::new();
    for typed in search::words(query) {
        let any = stands_for(data, typed)?;
        if any.is_empty() {
            return Ok(SearchPage { hits: Vec::new(), total: 0, availability_age_ms: age });
        }
        words.push(SearchWord { any });
    }
    let (products, total) = data.search(&SearchAsk { words, category, limit: HITS })?;
    let hits = products.into_iter().map(|p| card(data, look, p, reach)).collect::<Db<Vec<_>>>()?;
    Ok(SearchPage { hits, total, availability_age_ms: age })
}

/// The word itself if anything begins so, else the words it may be a slip of.
fn stands_for(data: &dyn HubTx, typed: String) -> Db<Vec<String>> {
    if data.has_prefix(&typed)? {
        return Ok(vec![typed]);
    }
    if !search::may_guess(&typed) {
        return Ok(Vec::new());
    }
    let shortest = u32::try_from(typed.chars().count()).unwrap_or(u32::MAX).saturating_sub(1);
    let known = data.words(shortest, 64)?;
    Ok(known.into_iter().filter(|k| search::begins_like(&typed, k)).take(GUESSES).collect())
}
