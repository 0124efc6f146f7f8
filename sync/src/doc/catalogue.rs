//! Shape of the catalogue's document: what is sold in a city, one document for all its stores, written by the hub alone. 64 root
//! maps as in `quota.rs`; per SKU one packed value (the product and the number of the publication that brought it); and a
//! header with the newest whole publication, which gates all its parts as a look's header does in `stock.rs`. An edition that
//! has grown is replaced by a fresh one, never cut; by whom and when is the hub's to decide.

use automerge::ScalarValue;
use model::SkuId;
use model::catalogue::{Product, TempClass, Velocity};
use model::catalogue_doc::CataloguePart;
use model::order::Owner;
use model::time::Timestamp;
use model::{Grams, Paise};
use serde::{Deserialize, Serialize};

use super::document::{Document, MapAt};
use super::quota::{SHARDS, shard_of};
use super::stock::HEADER;
use super::{DocError, DocId};

const PUBLICATION: &str = "p";
const AT: &str = "a";
const NAMED: &str = "n";
const PARTS: &str = "c";

/// The form of a packed product. A later one may append fields: what follows the known ones is left alone.
const V1: u8 = 1;

const FRAGILE: u8 = 1;
const FOOD: u8 = 2;
const ACTIVE: u8 = 4;

/// The newest publication that came whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CatalogueHeader {
    /// Its number, from 1 within the edition.
    pub publication: u64,
    /// When the hub made it, by its own clock.
    pub at: Timestamp,
    /// Products that the edition names with it.
    pub named: u64,
    /// Parts in which it came.
    pub parts: u64,
}

/// A product as the document has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// The publication that brought it.
    pub publication: u64,
    /// The product.
    pub product: Product,
}

/// A product at rest: its key is the SKU.
#[derive(Serialize, Deserialize)]
struct Packed {
    publication: u64,
    flags: u8,
    temp: u8,
    velocity: u8,
    weight_g: u32,
    mrp: i64,
    price: i64,
    shelf_life_days: u32,
    gst_bp: u32,
    popularity: u32,
    gtins: Vec<String>,
    name: String,
    name_hi: String,
    brand: String,
    category: String,
    search_terms: String,
    hsn: String,
    unit: String,
}

const fn temp_number(temp: TempClass) -> u8 {
    match temp {
        TempClass::Ambient => 0,
        TempClass::Fresh => 1,
        TempClass::Chilled => 2,
        TempClass::Frozen => 3,
    }
}

const fn velocity_number(velocity: Velocity) -> u8 {
    match velocity {
        Velocity::A => 0,
        Velocity::B => 1,
        Velocity::C => 2,
    }
}

fn pack(p: &Product, publication: u64) -> Result<Vec<u8>, DocError> {
    let flag = |is: bool, bit: u8| if is { bit } else { 0 };
    let packed = Packed {
        publication,
        flags: flag(p.fragile, FRAGILE) | flag(p.food, FOOD) | flag(p.active, ACTIVE),
        temp: temp_number(p.temp),
        velocity: velocity_number(p.velocity),
        weight_g: p.weight.0,
        mrp: p.mrp.get(),
        price: p.price.get(),
        shelf_life_days: p.shelf_life_days,
        gst_bp: p.gst_bp,
        popularity: p.popularity,
        gtins: p.gtins.clone(),
        name: p.name.clone(),
        name_hi: p.name_hi.clone(),
        brand: p.brand.clone(),
        category: p.category.clone(),
        search_terms: p.search_terms.clone(),
        hsn: p.hsn.clone(),
        unit: p.unit.clone(),
    };
    postcard::to_extend(&packed, vec![V1]).map_err(|e| DocError::poisoned(format!("pack {}: {e}", p.sku)))
}

fn unpack(sku: &SkuId, bytes: &[u8]) -> Result<Listing, DocError> {
    let bad = |why: String| DocError::poisoned(format!("product {sku}: {why}"));
    let (version, rest) = bytes.split_first().ok_or_else(|| bad("no bytes".to_owned()))?;
    if *version != V1 {
        return Err(bad(format!("of version {version}")));
    }
    let (p, _) = postcard::take_from_bytes::<Packed>(rest).map_err(|_| bad("cut short".to_owned()))?;
    let temps = [TempClass::Ambient, TempClass::Fresh, TempClass::Chilled, TempClass::Frozen];
    let temp = temps.into_iter().find(|temp| temp_number(*temp) == p.temp);
    let velocity = [Velocity::A, Velocity::B, Velocity::C].into_iter();
    let velocity = velocity.into_iter().find(|v| velocity_number(*v) == p.velocity);
    let product = Product {
        sku: sku.clone(),
        gtins: p.gtins,
        name: p.name,
        name_hi: p.name_hi,
        brand: p.brand,
        category: p.category,
        search_terms: p.search_terms,
        temp: temp.ok_or_else(|| bad(format!("{} is no temperature class", p.temp)))?,
        velocity: velocity.ok_or_else(|| bad(format!("{} is no velocity", p.velocity)))?,
        weight: Grams(p.weight_g),
        fragile: p.flags & FRAGILE != 0,
        food: p.flags & FOOD != 0,
        mrp: Paise::new(p.mrp),
        price: Paise::new(p.price),
        shelf_life_days: p.shelf_life_days,
        hsn: p.hsn,
        gst_bp: p.gst_bp,
        unit: p.unit,
        popularity: p.popularity,
        active: p.flags & ACTIVE != 0,
    };
    Ok(Listing { publication: p.publication, product })
}

impl Listing {
    /// The bytes that stand under its SKU.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] for what cannot be packed.
    pub fn packed(&self) -> Result<Vec<u8>, DocError> {
        pack(&self.product, self.publication)
    }
}

impl Document {
    /// Stages a publication or a part of one: its products, as far as they are news, and with the last part its header.
    /// `Ok(false)`: this publication or a later one stands.
    ///
    /// # Errors
    /// [`DocError::NotMine`] at a store; [`DocError::WrongKind`]; [`DocError::Poisoned`] for what stands there.
    pub fn put_catalogue(&mut self, part: &CataloguePart) -> Result<bool, DocError> {
        self.wants_catalogue()?;
        if self.side() != Owner::Hub {
            return Err(DocError::NotMine { field: "the catalogue".into() });
        }
        if self.catalogue_header()?.is_some_and(|header| header.publication >= part.publication) {
            return Ok(false);
        }
        for product in &part.products {
            if self.listing(&product.sku)?.is_none_or(|known| known.product != *product) {
                let bytes = pack(product, part.publication)?;
                let place = (shard_of(&product.sku), product.sku.to_string());
                self.staged.insert(place, ScalarValue::Bytes(bytes));
            }
        }
        if !part.whole {
            return Ok(true);
        }
        let mut say = |field: &str, value: ScalarValue| {
            self.staged.insert((MapAt { root: HEADER, inner: None }, field.to_owned()), value);
        };
        say(PUBLICATION, ScalarValue::Uint(part.publication));
        say(AT, ScalarValue::Int(part.at.ms()));
        say(NAMED, ScalarValue::Uint(u64::from(part.named)));
        say(PARTS, ScalarValue::Uint(u64::from(part.part)));
        Ok(true)
    }

    /// The newest whole publication; `None` before the first.
    ///
    /// # Errors
    /// [`DocError::WrongKind`]; [`DocError::Poisoned`] for a header that is none.
    pub fn catalogue_header(&self) -> Result<Option<CatalogueHeader>, DocError> {
        self.wants_catalogue()?;
        let root = self.root(HEADER)?;
        // Of two lives of the hub the one that went further.
        let newest = |field: &'static str| -> Result<Option<i64>, DocError> {
            let mut most = None;
            for value in self.scalars(&root, field, Owner::Hub)? {
                let number = value.as_i64().filter(|n| *n >= 0);
                let bad = || DocError::poisoned(format!("catalogue header {field} is {value:?}"));
                most = most.max(Some(number.ok_or_else(bad)?));
            }
            Ok(most)
        };
        let count = |n: i64| u64::try_from(n).unwrap_or(0);
        match (newest(PUBLICATION)?, newest(AT)?) {
            (Some(publication), Some(at)) => Ok(Some(CatalogueHeader {
                publication: count(publication),
                at: Timestamp::from_ms(at),
                named: count(newest(NAMED)?.unwrap_or(0)),
                parts: count(newest(PARTS)?.unwrap_or(0)),
            })),
            (_, _) => Ok(None),
        }
    }

    /// A product; `None` when the edition does not name it.
    ///
    /// # Errors
    /// [`DocError::WrongKind`]; [`DocError::Poisoned`] for a value that is no product.
    pub fn listing(&self, sku: &SkuId) -> Result<Option<Listing>, DocError> {
        self.wants_catalogue()?;
        let Some(map) = self.map_made_by(&shard_of(sku), Owner::Hub)? else { return Ok(None) };
        let mut newest: Option<Listing> = None;
        for value in self.scalars(&map, sku.as_str(), Owner::Hub)? {
            let ScalarValue::Bytes(bytes) = &value else {
                return Err(DocError::poisoned(format!("product {sku} is {value:?}")));
            };
            let listing = unpack(sku, bytes)?;
            if newest.as_ref().is_none_or(|known| known.publication < listing.publication) {
                newest = Some(listing);
            }
        }
        Ok(newest)
    }

    /// Every SKU that the edition names, by code.
    ///
    /// # Errors
    /// [`DocError::WrongKind`], or a root map that was overwritten.
    pub fn catalogue_skus(&self) -> Result<Vec<SkuId>, DocError> {
        self.wants_catalogue()?;
        let mut all = Vec::new();
        for root in SHARDS {
            all.extend(self.keys(root)?.iter().filter_map(|key| SkuId::new(key.as_str()).ok()));
        }
        all.sort_unstable();
        Ok(all)
    }

    fn wants_catalogue(&self) -> Result<(), DocError> {
        match self.id() {
            DocId::Catalogue { .. } => Ok(()),
            DocId::Orders { .. } | DocId::Quota { .. } | DocId::Stock { .. } | DocId::Alarms { .. } => {
                Err(DocError::WrongKind { wanted: "catalogue" })
            }
        }
    }
}
