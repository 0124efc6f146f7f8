//! Families become rows: every variant of every brand in every size, with names, prices, weights, codes and ranks.

use crate::rules;
use crate::size::Size;
use crate::table::{Base, Brand, Family, Word};
use anyhow::{Context, Result};
use files::CatalogueRow;
use model::catalogue::{Product, TempClass, Velocity};
use model::{Grams, Paise, Qty, SkuId};
use std::collections::{BTreeMap, BTreeSet};

/// The first 200 shelf goods lie in zone A, the next 500 in zone B, the rest in zone C (REQ-2).
const A_END: usize = 200;
const B_END: usize = A_END + 500;
/// How deep the range goes: a choice this far behind the family's first is carried for each point of popularity. Every
/// family keeps its first choice; a slow seller comes in fewer brands and sizes. Gives about 2,500 SKUs.
const DEPTH: u32 = 170;

/// One good before it has a code: which of the family's choices it is.
struct Good<'a> {
    family: &'a Family,
    variant: (usize, &'a Word),
    brand: (usize, &'a Brand),
    size: (usize, &'a Size),
}

/// All rows in the order of the tables.
pub fn rows(base: &Base) -> Result<Vec<CatalogueRow>> {
    let mut codes: BTreeMap<&str, u32> = BTreeMap::new();
    let mut items: BTreeMap<u32, u32> = BTreeMap::new();
    let mut scored = Vec::new();
    for good in base.families.iter().flat_map(goods).filter(Good::is_carried) {
        let number = codes.entry(good.family.code.as_str()).or_insert(0);
        *number += 1;
        let sku = SkuId::new(format!("{}-{number:04}", good.family.code))?;
        let item = items.entry(good.brand.1.number).or_insert(0);
        *item += 1;
        let gtin = rules::gtin(good.brand.1.number, *item);
        let row = row(&good, sku, gtin).with_context(|| good.family.name.english.clone())?;
        scored.push((good.score(), row));
    }
    rank(&mut scored);
    Ok(scored.into_iter().map(|(_, row)| row).collect())
}

/// `English,Hindi` of every category path, with a header.
pub fn categories(base: &Base) -> String {
    let mut text = String::from("category,category_hi\n");
    for path in &base.categories {
        // No path holds a quote; a comma stands in a few.
        text.push_str(&format!("\"{}\",\"{}\"\n", path.english, path.hindi));
    }
    text
}

fn goods(family: &Family) -> impl Iterator<Item = Good<'_>> {
    let variants = family.variants.iter().enumerate();
    variants.flat_map(move |variant| {
        let brands = family.brands.iter().enumerate();
        brands.flat_map(move |brand| {
            let sizes = family.sizes.iter().enumerate();
            sizes.map(move |size| Good { family, variant, brand, size })
        })
    })
}

impl Good<'_> {
    /// How far behind the family's first choice: leading brands, variants and sizes stand first in the tables.
    fn behind(&self) -> u32 {
        let points = self.brand.0 * 5_500 + self.variant.0 * 3_000 + self.size.0 * 4_500;
        u32::try_from(points).unwrap_or(u32::MAX)
    }

    fn is_carried(&self) -> bool {
        self.behind() <= self.family.popularity * DEPTH
    }

    /// What sells before what: the family's popularity, less what the choice is behind.
    fn score(&self) -> u32 {
        let spread = rules::spread(&self.english()) % 4_000;
        (200_000 + self.family.popularity * 1_000 + spread).saturating_sub(self.behind())
    }

    fn english(&self) -> String {
        let name = with_variant(&self.family.name.english, &self.variant.1.english);
        joined(&[&self.brand.1.word.english, &name, &self.size.1.english()])
    }

    fn hindi(&self) -> String {
        let name = with_variant(&self.family.name.hindi, &self.variant.1.hindi);
        joined(&[&self.brand.1.word.hindi, &name, &self.size.1.hindi()])
    }

    fn attr(&self, key: &str) -> &str {
        self.family.attrs.get(key).map_or("", String::as_str)
    }

    /// A number of the table; absent is `otherwise`.
    fn number(&self, key: &str, otherwise: u32) -> Result<u32> {
        match self.attr(key) {
            "" => Ok(otherwise),
            text => text.parse().with_context(|| format!("{key}={text}")),
        }
    }

    /// Weight of one piece in tenths of a gram (`w=0.5`).
    fn piece(&self) -> Result<u32> {
        let (grams, tenths) = self.attr("w").split_once('.').unwrap_or((self.attr("w"), "0"));
        if grams.is_empty() {
            return Ok(0);
        }
        Ok(grams.parse::<u32>()? * 10 + tenths.parse::<u32>()?)
    }
}

fn with_variant(name: &str, variant: &str) -> String {
    if name.contains("{}") { name.replace("{}", variant) } else { joined(&[variant, name]) }
}

fn joined(words: &[&str]) -> String {
    words.iter().filter(|word| !word.is_empty()).copied().collect::<Vec<_>>().join(" ")
}

fn row(good: &Good<'_>, sku: SkuId, gtin: String) -> Result<CatalogueRow> {
    let family = good.family;
    let (density, piece) = (good.number("d", 100)?, good.piece()?);
    let first = family.sizes.first().context("no sizes")?.net_grams(density, piece);
    let net = good.size.1.net_grams(density, piece);
    let (gross, pack) = rules::packing(good.attr("pack"), net)?;
    let name = good.english();
    let salt = rules::spread(&name);
    let mrp = rules::mrp(family.mrp, first, net, good.brand.1.level, !good.attr("round").is_empty(), salt);
    let product = Product {
        sku,
        gtins: vec![gtin],
        name_hi: good.hindi(),
        brand: good.brand.1.word.english.clone(),
        category: family.category.clone(),
        search_terms: search_terms(&family.tags),
        temp: TempClass::from_word(good.attr("temp")).context("no temperature class")?,
        velocity: Velocity::C,
        weight: Grams(gross),
        fragile: good.number("frag", 0)? == 1 || good.attr("pack") == "glass",
        food: good.number("food", 1)? == 1,
        mrp: Paise::new(mrp),
        price: Paise::new(rules::price(mrp, good.number("disc", 0)?, salt)),
        shelf_life_days: good.number("shelf", 0)?,
        hsn: good.attr("hsn").to_owned(),
        gst_bp: good.number("gst", 0)?,
        unit: joined(&[&good.size.1.english(), pack]),
        popularity: 0,
        active: true,
        name,
    };
    Ok(CatalogueRow {
        line: 0,
        product,
        more_categories: Vec::new(),
        net_weight: Grams(net),
        opening_stock: Qty::ZERO,
    })
}

/// The words of the tags, each once, in their order.
fn search_terms(tags: &str) -> String {
    let mut seen = BTreeSet::new();
    let words = tags.split([',', ' ']).filter(|word| !word.is_empty() && seen.insert(*word));
    words.collect::<Vec<_>>().join(" ")
}

/// Gives ranks 1.. by score, and zones: the first 200 shelf goods are A, the next 500 B; a cold or fresh good gets the
/// letter of the shelf goods that sell as well.
fn rank(scored: &mut [(u32, CatalogueRow)]) {
    let mut order: Vec<usize> = (0..scored.len()).collect();
    order.sort_by_key(|at| {
        scored.get(*at).map(|(score, row)| (std::cmp::Reverse(*score), row.product.sku.clone()))
    });
    let mut shelf_goods = 0;
    for (popularity, at) in (1..).zip(order) {
        let Some((_, row)) = scored.get_mut(at) else { continue };
        row.product.popularity = popularity;
        row.product.velocity = if shelf_goods < A_END {
            Velocity::A
        } else if shelf_goods < B_END {
            Velocity::B
        } else {
            Velocity::C
        };
        shelf_goods += usize::from(row.product.temp == TempClass::Ambient);
    }
}
