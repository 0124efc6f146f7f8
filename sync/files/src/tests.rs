//! Importing under test: the traps of real files, hostile bytes, and the round trip of our own format.

use super::*;
use model::SkuId;
use model::catalogue::{TempClass, Velocity};

const ZEPTO: &str = "category,name,mrp,discountPercent,availableQuantity,discountedSellingPrice,weightInGms,outOfStock,quantity\n";

fn zepto(rows: &str) -> Outcome<CatalogueRow> {
    catalogue(format!("\u{feff}{ZEPTO}{rows}").as_bytes(), Format::Zepto)
}

#[test]
fn zepto_merges_categories_and_keeps_different_listings_apart() {
    let out = zepto(
        "Munchies,Sev \u{a0} Classic ,2000,10,3,1800,200,FALSE,200\n\
         Packaged Food,Sev Classic,2000,10,3,1800,200,FALSE,200\n\
         Munchies,Sev Classic,2000,10,3,1800,200,FALSE,200\n\
         Munchies,Sev Classic,2000,5,6,1900,200,FALSE,200\n\
         Munchies,Sev Classic,9000,5,6,8500,1000,FALSE,1\n",
    );
    assert_eq!(out.bad, []);
    let codes: Vec<&str> = out.rows.iter().map(|row| row.product.sku.as_str()).collect();
    assert_eq!(out.rows.len(), 3, "{codes:?}");
    assert_eq!(out.rows[0].product.name, "Sev Classic");
    assert_eq!(out.rows[0].more_categories, ["Packaged Food"]);
    assert_eq!(codes[1], format!("{}-2", codes[0]), "same name, MRP and weight: same code with a number");
    assert_eq!(out.rows[1].opening_stock.get(), 6);
    assert!(out.notes.iter().any(|note| note.starts_with("1 rows repeat")), "{:?}", out.notes);
}

#[test]
fn zepto_codes_do_not_depend_on_order_price_or_stock() {
    let one = "Munchies,Sev,2000,10,3,1800,200,FALSE,200\n";
    let two = "Munchies,Sev,2000,5,6,1900,200,FALSE,200\n";
    let code = |out: &Outcome<CatalogueRow>, price| {
        let found = out.rows.iter().find(|row| row.product.price.get() == price).unwrap();
        found.product.sku.clone()
    };
    let (ab, ba) = (zepto(&format!("{one}{two}")), zepto(&format!("{two}{one}")));
    assert_eq!(code(&ab, 1800), code(&ba, 1800));
    assert_eq!(code(&ab, 1900), code(&ba, 1900));
    let tomorrow = zepto("Munchies,Sev,2000,50,0,1000,200,TRUE,200\n");
    assert_eq!(code(&tomorrow, 1000), code(&ab, 1800));
    assert_eq!(code(&ab, 1800), SkuId::new("Z-DD290EDFC829").unwrap(), "codes are for ever");
}

#[test]
fn zepto_names_every_bad_row_by_line_reason_and_hint() {
    let cases = [
        ("Munchies,A,0,0,1,0,75,FALSE,75", Reason::ZeroPrice("mrp")),
        ("Munchies,A,100,0,1,100,0,FALSE,75", Reason::ZeroWeight("weightInGms")),
        ("Munchies,A,100,0,1,101,5,FALSE,75", Reason::PriceAboveMrp { price: 101, mrp: 100 }),
        ("Munchies, \u{a0} ,100,0,1,100,5,FALSE,75", Reason::Empty("name")),
        ("Munchies,A,100,0,1,100,5,TRUE,75", Reason::StockContradiction { flag: true, count: 1 }),
        ("Munchies,A,100,0,1,100,5,FALSE", Reason::FieldCount { found: 8, wanted: 9 }),
        ("Munchies,A\0B,100,0,1,100,5,FALSE,75", Reason::ControlSign("name", 0)),
        ("Munchies,A\u{202e}B,100,0,1,100,5,FALSE,75", Reason::ControlSign("name", 0x202e)),
    ];
    for (row, reason) in cases {
        let good = "Munchies,Good,100,0,1,100,5,FALSE,75\n";
        let out = zepto(&format!("{good}\r\n\n{row}\n{good}"));
        assert_eq!(out.rows.len(), 1, "{row}");
        assert_eq!(out.bad, [BadRow::new(5, reason)], "{row}");
        assert!(!out.bad[0].hint.is_empty());
    }
    let negative = zepto("Munchies,A,100,0,-1,100,5,FALSE,75\n");
    assert_eq!(
        negative.bad[0].reason.to_string(),
        "availableQuantity is \"-1\", not a whole number from 0 to 1000000"
    );
    for huge in ["99999999999999999999", "+5", "1e3", "5.0", "५"] {
        let out = zepto(&format!("Munchies,A,{huge},0,1,100,5,FALSE,75\n"));
        assert!(matches!(out.bad[0].reason, Reason::NotANumber { column: "mrp", .. }), "{huge}");
    }
}

#[test]
fn a_file_that_cannot_be_used_is_refused_with_one_reason() {
    let one = |bytes: &[u8]| {
        let out = catalogue(bytes, Format::Zepto);
        assert!(out.rows.is_empty());
        assert_eq!(out.bad.len(), 1);
        out.bad[0].reason.clone()
    };
    assert_eq!(one(b""), Reason::NoRows);
    assert_eq!(one(ZEPTO.as_bytes()), Reason::NoRows);
    assert_eq!(one(b"name,mrp\na,1\n"), Reason::ColumnMissing("category"));
    assert_eq!(one(ZEPTO.replace("quantity", "name").as_bytes()), Reason::ColumnTwice("name"));
    assert_eq!(one(&vec![b'a'; FILE_BYTES_MAX + 1]), Reason::FileTooLarge(FILE_BYTES_MAX + 1));
    let long = format!("{ZEPTO}{}", "M,A,100,0,1,100,5,FALSE,75\n".repeat(ROWS_MAX + 1));
    assert_eq!(one(long.as_bytes()), Reason::TooManyRows);
    assert_eq!(one(&[0xff, 0xfe, 0x00]), Reason::ColumnMissing("category"));
}

#[test]
fn invalid_utf8_and_an_open_quote_hurt_their_own_row_only() {
    let mut bytes = ZEPTO.as_bytes().to_vec();
    bytes.extend(b"Munchies,\xff\xfe,100,0,1,100,5,FALSE,75\nMunchies,B,100,0,1,100,5,FALSE,75\n");
    bytes.extend(b"Munchies,\"C,100,0,1,100,5,FALSE,75\n");
    bytes.extend("Munchies,D,100,0,1,100,5,FALSE,75\n".repeat(50).bytes());
    let out = catalogue(&bytes, Format::Zepto);
    assert_eq!(out.rows.len(), 1);
    assert_eq!(out.bad[0], BadRow::new(2, Reason::NotUtf8("name")));
    assert_eq!(out.bad[1].line, 4, "the row whose quote swallows the rest is named");
    assert_eq!(out.bad[1].reason, Reason::FieldCount { found: 2, wanted: 9 });
    let swallowing = zepto("M,\"C,100,0,1,100,5,FALSE,75\nM,\"D\",100,0,1,100,5,FALSE,75\n");
    assert_eq!(
        swallowing.bad,
        [BadRow::new(2, Reason::LineBreak("name"))],
        "two rows never become one product"
    );
}

fn row() -> CatalogueRow {
    let product = Product {
        sku: SkuId::new("MLK-0001").unwrap(),
        gtins: vec!["9520000000011".into(), "95200002".into()],
        name: "Milk, \"full\" cream 1 L".into(),
        name_hi: "दूध 1 लीटर".into(),
        brand: String::new(),
        category: "Dairy > Milk".into(),
        search_terms: "doodh".into(),
        temp: TempClass::Chilled,
        velocity: Velocity::A,
        weight: Grams(1_040),
        fragile: false,
        food: true,
        mrp: model::Paise::new(6_800),
        price: model::Paise::new(6_800),
        shelf_life_days: 2,
        hsn: "0401".into(),
        gst_bp: 0,
        unit: "1 L pouch".into(),
        popularity: 1,
        active: true,
    };
    CatalogueRow {
        line: 2,
        product,
        more_categories: vec!["Breakfast".into()],
        net_weight: Grams(1_030),
        opening_stock: Qty::ONE,
    }
}

#[test]
fn what_is_exported_imports_again_as_the_same_rows() {
    let mut second = row();
    second.line = 3;
    second.product.sku = SkuId::new("MLK-0002").unwrap();
    second.product.gtins.clear();
    let rows = vec![row(), second];
    let bytes = export(&rows).unwrap();
    let out = catalogue(&bytes, Format::Csv);
    assert_eq!((&out.rows, out.bad.as_slice()), (&rows, [].as_slice()));
    assert_eq!(export(&out.rows).unwrap(), bytes);
}

#[test]
fn own_format_refuses_what_the_store_could_not_work_with() {
    type Spoil = fn(&mut CatalogueRow);
    let cases: [(Spoil, Reason); 6] = [
        (|r| r.product.gtins = vec!["9520000000012".into()], Reason::GtinCheckDigit("9520000000012".into())),
        (|r| r.product.gtins = vec!["952".into()], Reason::GtinForm("952".into())),
        (|r| r.net_weight = Grams(2_000), Reason::NetAboveGross { net: 2_000, gross: 1_040 }),
        (|r| r.product.price = model::Paise::new(6_801), Reason::PriceAboveMrp { price: 6_801, mrp: 6_800 }),
        (|r| r.product.weight = Grams(0), Reason::ZeroWeight("gross_g")),
        (|r| r.product.name = " ".into(), Reason::Empty("name")),
    ];
    for (spoil, reason) in cases {
        let mut bad = row();
        spoil(&mut bad);
        let out = catalogue(&export(&[bad]).unwrap(), Format::Csv);
        assert_eq!((out.rows.len(), out.bad), (0, vec![BadRow::new(2, reason)]));
    }
    let mut twin = row();
    twin.product.sku = SkuId::new("MLK-0002").unwrap();
    twin.product.gtins = vec!["09520000000011".into()];
    let out = catalogue(&export(&[row(), row(), twin]).unwrap(), Format::Csv);
    let columns: Vec<String> = out.bad.iter().map(|bad| bad.reason.to_string()).collect();
    assert_eq!(
        columns,
        ["sku \"MLK-0001\" already stands on line 2", "gtins \"09520000000011\" already stands on line 2"]
    );
}

#[test]
fn barcodes_are_checked_and_stand_once() {
    let out = gtins(
        b"gtin,name,image_url\n8900200024016,Yogurt,\n8900200024017,X,\n8900200024016,Again,\n952,Short,\n\
          8901001555082,,\n8901001555082,Y,javascript:alert(1)\n8901001555082,Mango,https://x.invalid/1.jpg\n",
    );
    assert_eq!(out.rows.len(), 2);
    let lines: Vec<u64> = out.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7]);
    assert!(gtin_is_valid("95200002") && !gtin_is_valid("") && !gtin_is_valid("0000000"));
}

/// xorshift: seeded garbage without a dependency.
struct Garbage(u64);

impl Garbage {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(below).unwrap()).unwrap()
    }
}

#[test]
fn seeded_garbage_never_panics_and_never_lets_a_wrong_row_in() {
    let good = format!("{ZEPTO}{}", "Munchies,\"Sev, hot\",2000,10,3,1800,200,FALSE,200\n".repeat(6));
    let own = export(&[row()]).unwrap();
    let spice: [&[u8]; 10] = [
        b"\"",
        b",",
        b"\n",
        b"\r",
        b"\0",
        b"\xff",
        b"-",
        b"99999999999",
        "\u{a0}".as_bytes(),
        b"\xef\xbb\xbf",
    ];
    for seed in 1..=400u64 {
        let mut random = Garbage(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let (start, format) =
            if seed % 2 == 0 { (good.as_bytes(), Format::Zepto) } else { (own.as_slice(), Format::Csv) };
        let mut bytes = start.to_vec();
        for _ in 0..=random.next(12) {
            let at = random.next(bytes.len());
            let end = (at + random.next(4)).min(bytes.len());
            bytes.splice(at..end, spice[random.next(spice.len())].iter().copied());
        }
        let lines = u64::try_from(bytes.iter().filter(|b| **b == b'\n').count()).unwrap() + 1;
        let out = catalogue(&bytes, format);
        gtins(&bytes);
        for row in &out.rows {
            let p = &row.product;
            assert!(
                p.price.get() > 0 && p.price <= p.mrp && p.weight.0 > 0 && row.net_weight <= p.weight,
                "{seed}"
            );
            assert!(!p.name.is_empty() && !p.name.contains(char::is_control), "seed {seed}");
        }
        let again = catalogue(&export(&out.rows).unwrap(), Format::Csv);
        assert_eq!(
            (again.rows.len(), again.bad.len()),
            (out.rows.len(), usize::from(out.rows.is_empty())),
            "{seed}"
        );
        assert!(out.bad.iter().all(|bad| (1..=lines).contains(&bad.line)), "seed {seed}: {:?}", out.bad);
    }
}

/// A file of the shared data; `None` where `LARDER_SHARED` is not set, a panic where it is and the file is missing.
fn shared(path: &str) -> Option<Vec<u8>> {
    let Ok(root) = std::env::var("LARDER_SHARED") else {
        println!("skipped: LARDER_SHARED is not set");
        return None;
    };
    Some(std::fs::read(std::path::Path::new(&root).join("data").join(path)).unwrap())
}

#[test]
fn the_real_listing_imports_with_its_five_bad_rows_named() {
    let Some(bytes) = shared("catalogue/zepto_v2.csv") else { return };
    let out = catalogue(&bytes, Format::Zepto);
    let bad: Vec<(u64, &Reason)> = out.bad.iter().map(|bad| (bad.line, &bad.reason)).collect();
    let weight = Reason::ZeroWeight("weightInGms");
    let expected = [
        (2842, &weight),
        (2931, &weight),
        (3186, &weight),
        (3275, &weight),
        (3608, &Reason::ZeroPrice("mrp")),
    ];
    assert_eq!(bad, expected);
    assert_eq!(out.rows.len(), 1_798, "1,801 listings, two without weight and one without price");
    let several = out.rows.iter().filter(|row| !row.more_categories.is_empty()).count();
    assert_eq!(several, 1_281 - 2);
    let kept = |temp| out.rows.iter().filter(|row| row.product.temp == temp).count();
    for temp in [TempClass::Frozen, TempClass::Chilled, TempClass::Fresh, TempClass::Ambient] {
        println!("{}: {}", temp.word(), kept(temp));
    }
    assert!((70..=95).contains(&kept(TempClass::Fresh)) && (60..=140).contains(&kept(TempClass::Chilled)));
    let again = catalogue(&export(&out.rows).unwrap(), Format::Csv);
    assert_eq!((again.rows.len(), again.bad.len()), (1_798, 0));
    for (row, again) in out.rows.iter().zip(&again.rows) {
        assert_eq!((&row.product, &row.more_categories), (&again.product, &again.more_categories));
        assert_eq!((row.net_weight, row.opening_stock), (again.net_weight, again.opening_stock));
    }
}

#[test]
fn the_real_barcode_lists_import() {
    let Some(bytes) = shared("catalogue/off_india_890.csv") else { return };
    let out = gtins(&bytes);
    assert_eq!((out.rows.len(), out.bad.len()), (864, 0), "{:?}", out.bad);
}
