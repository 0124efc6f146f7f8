//! The hand-written tables: brands, sections (`@CODE|path|path in Hindi|defaults`) and families of goods
//! (`name|Hindi|variants|brands|sizes|MRP of the first size|popularity|exceptions|search words`). `{}` in a name is where
//! the variant goes; without it the variant stands in front.

use crate::size::Size;
use anyhow::{Context, Result, ensure};
use std::collections::BTreeMap;
use std::path::Path;

/// A word in both languages.
#[derive(Debug, Clone, Default)]
pub struct Word {
    pub english: String,
    pub hindi: String,
}

/// An invented brand.
#[derive(Debug, Clone)]
pub struct Brand {
    pub word: Word,
    /// Price level in percent of the table's MRP.
    pub level: u32,
    /// Its number in demonstration GTINs; 0 is the house's own, for loose goods.
    pub number: u32,
}

/// Defaults of a section overlaid with a family's exceptions.
pub type Attrs = BTreeMap<String, String>;

/// One line of goods.
#[derive(Debug, Clone)]
pub struct Family {
    /// Three letters that begin its SKU codes.
    pub code: String,
    pub category: String,
    pub name: Word,
    /// Never empty; one empty word where there are none.
    pub variants: Vec<Word>,
    /// Never empty; one brand without a name for loose goods.
    pub brands: Vec<Brand>,
    pub sizes: Vec<Size>,
    /// Rupees for the first size at price level 100.
    pub mrp: u32,
    /// 0 to 99.
    pub popularity: u32,
    pub attrs: Attrs,
    pub tags: String,
}

/// All tables.
pub struct Base {
    pub families: Vec<Family>,
    /// Category paths in the order of the tables.
    pub categories: Vec<Word>,
}

/// Reads `brands.txt` and then every `NN-*.txt` in the order of their names.
pub fn read(folder: &Path) -> Result<Base> {
    let text =
        |path: &Path| std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()));
    let groups = brands(&text(&folder.join("brands.txt"))?)?;
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).context("listing the tables")? {
        let path = entry?.path();
        if path
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit))
        {
            paths.push(path);
        }
    }
    paths.sort();
    let mut base = Base { families: Vec::new(), categories: Vec::new() };
    for path in paths {
        section_file(&text(&path)?, &groups, &mut base).with_context(|| format!("in {}", path.display()))?;
    }
    Ok(base)
}

type Groups = BTreeMap<String, Vec<Brand>>;

fn brands(text: &str) -> Result<Groups> {
    let mut numbers: BTreeMap<String, u32> = BTreeMap::new();
    let mut groups = Groups::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (key, list) = line.split_once('|').with_context(|| format!("brands: {line}"))?;
        let mut group = Vec::new();
        for entry in list.split(';') {
            let (names, level) = entry.split_once('@').with_context(|| format!("price level: {entry}"))?;
            let word = word(names)?;
            let next = u32::try_from(numbers.len())? + 1;
            let number = *numbers.entry(word.english.clone()).or_insert(next);
            group.push(Brand { word, level: level.parse()?, number });
        }
        groups.insert(key.to_owned(), group);
    }
    Ok(groups)
}

fn word(text: &str) -> Result<Word> {
    let (english, hindi) = text.split_once('=').with_context(|| format!("want English=Hindi: {text:?}"))?;
    Ok(Word { english: english.trim().to_owned(), hindi: hindi.trim().to_owned() })
}

fn section_file(text: &str, groups: &Groups, base: &mut Base) -> Result<()> {
    let mut section: Option<(String, Word, Attrs)> = None;
    for (index, line) in text.lines().enumerate() {
        let at = || format!("line {}: {line}", index + 1);
        if let Some(head) = line.strip_prefix('@') {
            let parts: Vec<&str> = head.split('|').collect();
            let [code, english, hindi, defaults] = parts.as_slice() else {
                anyhow::bail!("a section has 4 parts, {}", at())
            };
            let category = Word { english: (*english).to_owned(), hindi: (*hindi).to_owned() };
            base.categories.push(category.clone());
            section = Some(((*code).to_owned(), category, attrs(defaults).with_context(at)?));
        } else if !line.is_empty() {
            let section = section.as_ref().with_context(at)?;
            base.families.push(family(line, section, groups).with_context(at)?);
        }
    }
    Ok(())
}

fn attrs(text: &str) -> Result<Attrs> {
    let pair = |entry: &str| {
        let (key, value) = entry.split_once('=').with_context(|| format!("want key=value: {entry:?}"))?;
        Ok((key.to_owned(), value.to_owned()))
    };
    text.split_whitespace().map(pair).collect()
}

fn family(line: &str, (code, category, defaults): &(String, Word, Attrs), groups: &Groups) -> Result<Family> {
    let parts: Vec<&str> = line.split('|').collect();
    let [name, hindi, variants, brand, sizes, mrp, popularity, exceptions, tags] = parts.as_slice() else {
        anyhow::bail!("a family has 9 parts, this one has {}", parts.len())
    };
    let mut merged = defaults.clone();
    merged.extend(attrs(exceptions)?);
    let variants: Vec<Word> =
        variants.split(';').filter(|v| !v.is_empty()).map(word).collect::<Result<_>>()?;
    let sizes: Vec<Size> = sizes.split_whitespace().map(Size::parse).collect::<Result<_>>()?;
    ensure!(!sizes.is_empty(), "no sizes");
    Ok(Family {
        code: code.clone(),
        category: category.english.clone(),
        name: Word { english: (*name).to_owned(), hindi: (*hindi).to_owned() },
        variants: if variants.is_empty() { vec![Word::default()] } else { variants },
        brands: pick_brands(brand, groups)?,
        sizes,
        mrp: mrp.parse()?,
        popularity: popularity.parse()?,
        attrs: merged,
        tags: (*tags).to_owned(),
    })
}

/// `dairy:2` = the first two of the group, `dairy` = all, `-` = loose goods.
fn pick_brands(text: &str, groups: &Groups) -> Result<Vec<Brand>> {
    if text == "-" {
        return Ok(vec![Brand { word: Word::default(), level: 100, number: 0 }]);
    }
    let (key, count) = text.split_once(':').unwrap_or((text, "99"));
    let group = groups.get(key).with_context(|| format!("no brand group {key:?}"))?;
    Ok(group.iter().take(count.parse()?).cloned().collect())
}
