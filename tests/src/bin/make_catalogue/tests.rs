//! The catalogue under test: fresh, believable, and nobody's trademark.

use super::*;
use files::{CatalogueRow, Format, catalogue, gtin_is_valid};
use model::catalogue::{TempClass, Velocity};
use std::collections::{BTreeMap, BTreeSet};

fn shipped() -> Vec<CatalogueRow> {
    let bytes = std::fs::read(demo_folder().join("catalogue.csv")).unwrap();
    let out = catalogue(&bytes, Format::Csv);
    assert_eq!(out.bad, []);
    out.rows
}

#[test]
fn the_committed_files_are_what_the_tables_give() {
    for (name, bytes) in files().unwrap() {
        let committed = std::fs::read(demo_folder().join(name)).unwrap();
        assert!(committed == bytes, "{name} is stale: cargo run -p tests --bin make_catalogue");
    }
}

#[test]
fn it_has_the_size_and_the_zones_of_a_dark_store() {
    let rows = shipped();
    assert!((2_300..=2_700).contains(&rows.len()), "{} SKUs", rows.len());
    let count = |wanted: fn(&CatalogueRow) -> bool| rows.iter().filter(|row| wanted(row)).count();
    let shelf = |row: &CatalogueRow, velocity| {
        row.product.temp == TempClass::Ambient && row.product.velocity == velocity
    };
    assert_eq!(rows.iter().filter(|row| shelf(row, Velocity::A)).count(), 200);
    assert_eq!(rows.iter().filter(|row| shelf(row, Velocity::B)).count(), 500);
    assert!(count(|row| row.product.temp == TempClass::Chilled) > 150);
    assert!(count(|row| row.product.temp == TempClass::Frozen) > 80);
    assert!(count(|row| row.product.temp == TempClass::Fresh) > 120);
    assert!(count(|row| !row.product.food) > 400);
    let ranks: BTreeSet<u32> = rows.iter().map(|row| row.product.popularity).collect();
    assert_eq!(ranks.last().map(|last| *last as usize), Some(ranks.len()), "ranks are 1..=N");
    assert_eq!(ranks.len(), rows.len());
}

#[test]
fn names_are_unique_and_in_both_languages() {
    let rows = shipped();
    let mut names = BTreeMap::new();
    for row in &rows {
        let p = &row.product;
        let devanagari = p.name_hi.chars().any(|c| ('\u{900}'..='\u{97f}').contains(&c));
        assert!(devanagari && !p.name_hi.contains("{}") && !p.name.contains("{}"), "{p:?}");
        assert!(p.name.is_ascii(), "{}", p.name);
        for name in [&p.name, &p.name_hi] {
            if let Some(other) = names.insert(name.clone(), p.sku.clone()) {
                assert_eq!(other, p.sku, "{name} stands twice");
            }
        }
    }
}

#[test]
fn a_larger_pack_costs_more_and_less_by_weight() {
    let mut packs: BTreeMap<(String, String), Vec<(u32, i64)>> = BTreeMap::new();
    for row in shipped() {
        let p = &row.product;
        let size = p.name.split(' ').count().saturating_sub(2);
        let stem: Vec<&str> = p.name.split(' ').take(size).collect();
        let key = (p.sku.as_str().chars().take(3).collect(), stem.join(" "));
        packs.entry(key).or_default().push((row.net_weight.0, p.mrp.get()));
    }
    for ((_, stem), mut sizes) in packs {
        sizes.sort_unstable();
        for pair in sizes.windows(2) {
            let [(small, cheap), (large, dear)] = pair else { continue };
            assert!(cheap < dear, "{stem}: {cheap} for {small} g, {dear} for {large} g");
            let by_weight = *dear as f64 / f64::from(*large) / (*cheap as f64 / f64::from(*small));
            assert!((0.6..=1.15).contains(&by_weight), "{stem}: {by_weight}");
        }
    }
}

#[test]
fn barcodes_are_demonstration_numbers_with_right_check_digits() {
    for row in shipped() {
        let [gtin] = row.product.gtins.as_slice() else { panic!("one barcode each") };
        assert!(gtin.len() == 13 && gtin.starts_with("952") && gtin_is_valid(gtin), "{gtin}");
    }
}

#[test]
fn cold_and_fresh_goods_spoil_and_weights_are_plausible() {
    for row in shipped() {
        let p = &row.product;
        assert!(p.temp == TempClass::Ambient || p.shelf_life_days > 0, "{}", p.name);
        assert!(p.weight.0 <= 25_000 && p.mrp.get() <= 200_000 && p.mrp.get() >= 500, "{p:?}");
        assert!(p.price.get() * 100 >= p.mrp.get() * 70, "{p:?}");
        assert_eq!(p.hsn.len(), 4, "{p:?}");
    }
}

#[test]
fn no_brand_of_ours_stands_in_a_real_catalogue() {
    let Ok(root) = std::env::var("LARDER_SHARED") else {
        println!("skipped: LARDER_SHARED is not set");
        return;
    };
    let folder = Path::new(&root).join("data/catalogue");
    let mut real = String::new();
    for name in ["zepto_v2.csv", "off_india_890.csv"] {
        real.push_str(&std::fs::read_to_string(folder.join(name)).unwrap().to_lowercase());
    }
    let brands: BTreeSet<String> =
        shipped().into_iter().map(|row| row.product.brand.to_lowercase()).collect();
    let met: Vec<&String> =
        brands.iter().filter(|brand| !brand.is_empty() && real.contains(*brand)).collect();
    assert!(met.is_empty(), "{met:?}");
}
