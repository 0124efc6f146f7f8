//! Shape of a quota document, and its reading and writing. SKUs are spread over 64 root maps, because a remote change
//! costs time in proportion to the history of one map. Per SKU two cumulative numbers, each with one writer, merged by
//! max: `g` granted by the store, `r` returned by the hub; and one register, `w` what the store wants returned. Of the
//! whole: `!word`, the hub's word on the epoch, and `!closed`, the generation that is closed. The rules stand in
//! `crate::quota`.

use automerge::ScalarValue;
use model::id::SkuId;
use model::order::Owner;
use model::quota::{HubGeneration, StoreEpoch};
use sha2::{Digest, Sha256};

use super::document::{Document, MapAt};
use super::{DocError, DocId};

/// The root maps of the first change: at 2,500 SKUs about 40 in each.
pub(super) const SHARDS: [&str; 64] = [
    "00", "01", "02", "03", "04", "05", "06", "07", "08", "09", "0a", "0b", "0c", "0d", "0e", "0f", "10",
    "11", "12", "13", "14", "15", "16", "17", "18", "19", "1a", "1b", "1c", "1d", "1e", "1f", "20", "21",
    "22", "23", "24", "25", "26", "27", "28", "29", "2a", "2b", "2c", "2d", "2e", "2f", "30", "31", "32",
    "33", "34", "35", "36", "37", "38", "39", "3a", "3b", "3c", "3d", "3e", "3f",
];

/// Units of one SKU in the life of an epoch, at most: the sum over all SKUs must stay a number that SQLite can add up.
pub(super) const UNITS_MAX: u64 = 1 << 40;

const FIELDS: [Field; 3] = [Field::Granted, Field::Returned, Field::Wanted];

/// What the hub says of the whole document, both in the first shard.
const WORD: &str = "!word";
const CLOSED: &str = "!closed";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Granted,
    Returned,
    Wanted,
}

impl Field {
    const fn letter(self) -> char {
        match self {
            Field::Granted => 'g',
            Field::Returned => 'r',
            Field::Wanted => 'w',
        }
    }

    const fn owner(self) -> Owner {
        match self {
            Field::Granted | Field::Wanted => Owner::Store,
            Field::Returned => Owner::Hub,
        }
    }
}

/// The SKU that a key (a field's letter and the code) names.
pub(super) fn sku_of(key: &str) -> Option<SkuId> {
    let mut chars = key.chars();
    let letter = chars.next()?;
    FIELDS.iter().find(|f| f.letter() == letter)?;
    SkuId::new(chars.as_str()).ok()
}

/// Whether a key is the hub's word or a closing.
pub(super) fn is_notice(key: &str) -> bool {
    key == WORD || key == CLOSED
}

const fn notices() -> MapAt {
    MapAt { root: SHARDS[0], inner: None }
}

/// The root map of a SKU.
pub(super) fn shard_of(sku: &SkuId) -> MapAt {
    let hash: [u8; 32] = Sha256::digest(sku.as_str().as_bytes()).into();
    let root = SHARDS.get(usize::from(hash[0]) % SHARDS.len()).copied().unwrap_or(SHARDS[0]);
    MapAt { root, inner: None }
}

impl Document {
    /// Stages the store's cumulative grant in units. `Ok(false)`: not more than what stands; the number never falls.
    ///
    /// # Errors
    /// [`DocError::NotMine`] at the hub, [`DocError::WrongKind`], [`DocError::Poisoned`] for what stands there.
    pub fn set_granted(&mut self, sku: &SkuId, total: u64) -> Result<bool, DocError> {
        self.raise(Field::Granted, sku, total)
    }

    /// Stages the hub's cumulative return in units. As `set_granted`.
    ///
    /// # Errors
    /// As [`Document::set_granted`], at the store.
    pub fn set_returned(&mut self, sku: &SkuId, total: u64) -> Result<bool, DocError> {
        self.raise(Field::Returned, sku, total)
    }

    /// Units the store has granted so far.
    ///
    /// # Errors
    /// [`DocError::Poisoned`] for a value that is no count; [`DocError::WrongKind`].
    pub fn granted(&self, sku: &SkuId) -> Result<u64, DocError> {
        self.largest(Field::Granted, sku)
    }

    /// Units the hub has returned so far.
    ///
    /// # Errors
    /// As [`Document::granted`].
    pub fn returned(&self, sku: &SkuId) -> Result<u64, DocError> {
        self.largest(Field::Returned, sku)
    }

    /// Stages what the store wants returned, in units since the terms began; it may fall. `Ok(false)`: it stands so.
    ///
    /// # Errors
    /// As [`Document::set_granted`].
    pub fn set_wanted(&mut self, sku: &SkuId, total: u64) -> Result<bool, DocError> {
        self.wants_quota()?;
        self.mine(Field::Wanted.owner(), &format!("w of {sku}"))?;
        let place = (shard_of(sku), format!("w{sku}"));
        let standing = match self.staged.get(&place) {
            Some(ScalarValue::Uint(n)) => *n,
            Some(_) | None => self.largest(Field::Wanted, sku)?,
        };
        if total == standing {
            return Ok(false);
        }
        self.staged.insert(place, ScalarValue::Uint(total));
        Ok(true)
    }

    /// The total that the hub's return is to reach; of two lives' values the larger, which is the more careful one.
    ///
    /// # Errors
    /// As [`Document::granted`].
    pub fn wanted(&self, sku: &SkuId) -> Result<u64, DocError> {
        self.largest(Field::Wanted, sku)
    }

    /// Stages the hub's word on the document's epoch.
    ///
    /// # Errors
    /// [`DocError::NotMine`] at the store, [`DocError::WrongKind`].
    pub fn set_word(&mut self, epoch: StoreEpoch) -> Result<bool, DocError> {
        self.notice(WORD, epoch.0)
    }

    /// The epoch that the hub has acknowledged.
    ///
    /// # Errors
    /// As [`Document::granted`].
    pub fn word(&self) -> Result<Option<StoreEpoch>, DocError> {
        Ok(self.noticed(WORD)?.map(StoreEpoch))
    }

    /// Stages that a generation, and all before it, is closed.
    ///
    /// # Errors
    /// As [`Document::set_word`].
    pub fn set_closing(&mut self, generation: HubGeneration) -> Result<bool, DocError> {
        self.notice(CLOSED, generation.0)
    }

    /// The newest generation that is closed.
    ///
    /// # Errors
    /// As [`Document::granted`].
    pub fn closing(&self) -> Result<Option<HubGeneration>, DocError> {
        Ok(self.noticed(CLOSED)?.map(HubGeneration))
    }

    fn notice(&mut self, key: &str, value: u32) -> Result<bool, DocError> {
        self.wants_quota()?;
        self.mine(Owner::Hub, key)?;
        let place = (notices(), key.to_owned());
        if self.noticed(key)? >= Some(value) || self.staged.contains_key(&place) {
            return Ok(false);
        }
        self.staged.insert(place, ScalarValue::Uint(u64::from(value)));
        Ok(true)
    }

    fn noticed(&self, key: &str) -> Result<Option<u32>, DocError> {
        self.wants_quota()?;
        let Some(map) = self.map_made_by(&notices(), Owner::Hub)? else { return Ok(None) };
        let mut most = None;
        for value in self.scalars(&map, key, Owner::Hub)? {
            let number = value.as_u64().and_then(|n| u32::try_from(n).ok());
            let number = number.ok_or_else(|| DocError::poisoned(format!("{key} is {value:?}")))?;
            most = most.max(Some(number));
        }
        Ok(most)
    }

    fn mine(&self, owner: Owner, field: &str) -> Result<(), DocError> {
        if owner == self.side() { Ok(()) } else { Err(DocError::NotMine { field: field.to_owned() }) }
    }

    /// Every SKU with a field, by code.
    ///
    /// # Errors
    /// [`DocError::WrongKind`], or a root map that was overwritten.
    pub fn skus(&self) -> Result<Vec<SkuId>, DocError> {
        self.wants_quota()?;
        let mut all = Vec::new();
        for root in SHARDS {
            all.extend(self.keys(root)?.iter().filter_map(|key| sku_of(key)));
        }
        all.sort_unstable();
        all.dedup();
        Ok(all)
    }

    fn raise(&mut self, field: Field, sku: &SkuId, total: u64) -> Result<bool, DocError> {
        self.wants_quota()?;
        self.mine(field.owner(), &format!("{} of {sku}", field.letter()))?;
        let place = (shard_of(sku), format!("{}{sku}", field.letter()));
        let staged = match self.staged.get(&place) {
            Some(ScalarValue::Uint(n)) => *n,
            Some(_) | None => 0,
        };
        if total <= self.largest(field, sku)?.max(staged) {
            return Ok(false);
        }
        self.staged.insert(place, ScalarValue::Uint(total));
        Ok(true)
    }

    /// The largest of all standing values: never plain `get`, whose winner is arbitrary between two lives of a writer.
    fn largest(&self, field: Field, sku: &SkuId) -> Result<u64, DocError> {
        self.wants_quota()?;
        let Some(map) = self.map_made_by(&shard_of(sku), field.owner())? else { return Ok(0) };
        let mut most = 0;
        for value in self.scalars(&map, &format!("{}{sku}", field.letter()), field.owner())? {
            let units = value.as_u64().filter(|n| matches!(value, ScalarValue::Uint(_)) && *n <= UNITS_MAX);
            let bad = || DocError::poisoned(format!("{} of {sku} is {value:?}", field.letter()));
            most = most.max(units.ok_or_else(bad)?);
        }
        Ok(most)
    }

    fn wants_quota(&self) -> Result<(), DocError> {
        match self.id() {
            DocId::Quota { .. } => Ok(()),
            DocId::Orders { .. } | DocId::Stock { .. } | DocId::Catalogue { .. } | DocId::Alarms { .. } => {
                Err(DocError::WrongKind { wanted: "quota" })
            }
        }
    }
}
