//! A query-only connection and what is true for the whole store. The pictures it draws stand in `views/`; nothing here
//! changes anything.

use crate::db::marks::{self, Mark};
use crate::db::quota;
use crate::db::{Connection, DbError, DbResult, ReadDb, hours, lanes, outbox, people, pledges, unknown};
use crate::engine::ship::{self, Step};
use crate::engine::{carry, closed_before, manifest};
use crate::flows;
use crate::setup::{Calendar, Policy};
use model::quota::{HubGeneration, StoreEpoch};
use model::{Actor, DeviceId, StoreId, Timestamp};
use std::path::Path;
use store_core::fefo::{self, Wanted};
use sync::batch::{Batch, Head, Stream};
use sync::doc::{DocKey, ManifestEntry};
use sync::lane::{Lane, LaneStates};
use sync::peer::OutRecord;
use sync::pledge::Pledge;

/// Where `meta` keeps what the engine was opened with.
pub(crate) mod facts {
    pub(crate) const STORE: &str = "store";
    pub(crate) const NAME: &str = "name";
    pub(crate) const TIME_ZONE: &str = "time_zone";
    pub(crate) const POLICY: &str = "policy";
}

/// What is true for the whole store, as the engine was opened.
#[derive(Debug, Clone)]
pub struct StoreFacts {
    /// Its id.
    pub store: StoreId,
    /// Its name.
    pub name: String,
    /// Its calendar.
    pub calendar: Calendar,
    /// Its numbers.
    pub policy: Policy,
}

/// See the file.
#[derive(Debug)]
pub struct Reader {
    db: ReadDb,
    facts: StoreFacts,
}

impl Reader {
    /// Opens a database that an engine has opened before.
    ///
    /// # Errors
    /// When there is none, or it was never opened by an engine.
    pub fn open(path: &Path) -> DbResult<Self> {
        let mut db = ReadDb::open(path)?;
        let facts = db.snapshot(read_facts)?;
        Ok(Self { db, facts })
    }

    /// What is true for the whole store.
    pub const fn facts(&self) -> &StoreFacts {
        &self.facts
    }

    /// Everything read inside sees one moment of the database.
    ///
    /// # Errors
    /// What `read` gives.
    pub fn snapshot<T>(&mut self, read: impl FnOnce(&Connection, &StoreFacts) -> DbResult<T>) -> DbResult<T> {
        let facts = &self.facts;
        self.db.snapshot(|conn| read(conn, facts))
    }

    /// What the hub has pledged of itself, to be shown to it.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn pledges(&mut self) -> DbResult<Vec<Pledge>> {
        self.snapshot(|conn, _| pledges::all_kept(conn))
    }

    /// Who is logged in at a console with this token.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn session(&mut self, token_sha: &[u8; 32], now: Timestamp) -> DbResult<Option<Actor>> {
        let found = self.snapshot(|conn, _| people::session_of_token(conn, token_sha, now))?;
        Ok(found.map(|s| Actor { person: s.person, device: s.device, role: s.role }))
    }

    /// Who is logged in at a handheld.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn session_at(&mut self, device: &DeviceId, now: Timestamp) -> DbResult<Option<Actor>> {
        let found = self.snapshot(|conn, _| people::session_at(conn, device, now))?;
        Ok(found.map(|s| Actor { person: s.person, device: s.device, role: s.role }))
    }

    /// Enrolled handhelds and the hashes of their tokens, by device.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn handheld_tokens(&mut self) -> DbResult<Vec<(DeviceId, String)>> {
        self.snapshot(|conn, _| people::handhelds(conn))
    }

    /// How far both logs of every lane have come.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn lanes(&mut self) -> DbResult<LaneStates> {
        self.snapshot(|conn, _| lanes::states(conn))
    }

    /// The closed hours, newest first, as the hub is told them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn manifest(&mut self, limit: u32) -> DbResult<Vec<ManifestEntry>> {
        self.snapshot(|conn, _| manifest(conn, limit))
    }

    /// The terms of now.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn terms(&mut self) -> DbResult<(StoreEpoch, HubGeneration)> {
        self.snapshot(|conn, _| flows::terms(conn).map(|terms| (terms.epoch, terms.generation)))
    }

    /// Closed hours before one, newest first.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn closed_before(&mut self, hour: i64, limit: u32) -> DbResult<Vec<ManifestEntry>> {
        self.snapshot(|conn, facts| closed_before(conn, facts.store.as_str(), hour, limit))
    }

    /// The blob of a closed hour.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn closed_blob(&mut self, key: DocKey) -> DbResult<Option<Vec<u8>>> {
        self.snapshot(|conn, facts| hours::blob(conn, &key.of(&facts.store).to_string()))
    }

    /// What of a chained table goes to the hub next.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn ship(&mut self, stream: Stream, hub: Head) -> DbResult<Step> {
        self.snapshot(|conn, facts| ship::next(conn, facts.store.as_str(), stream, hub))
    }

    /// The newest of these ends of a chained table that this machine has too.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn shared(&mut self, stream: Stream, ends: &[Head]) -> DbResult<Option<Head>> {
        self.snapshot(|conn, facts| ship::shared(conn, facts.store.as_str(), stream, ends))
    }

    /// The first batch after an end, or of all that is here.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn ship_again(&mut self, stream: Stream, end: Option<Head>) -> DbResult<Option<Batch>> {
        self.snapshot(|conn, facts| ship::again(conn, facts.store.as_str(), stream, end))
    }

    /// A lane of the own log after a number, at most `limit` records, in order.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn out_records(&mut self, lane: Lane, after: u64, limit: u32) -> DbResult<Vec<OutRecord>> {
        self.snapshot(|conn, _| carry::records(conn, lane, after, limit))
    }

    /// The store's epoch E.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn epoch(&mut self) -> DbResult<u64> {
        self.snapshot(|conn, _| marks::count(conn, Mark::Epoch))
    }

    /// Facts that the hub has not acknowledged, and the oldest of them.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn unacknowledged(&mut self) -> DbResult<(i64, Option<Timestamp>)> {
        self.snapshot(|conn, _| outbox::unacknowledged(conn))
    }
}

fn read_facts(conn: &Connection) -> DbResult<StoreFacts> {
    let text = |name: &str| {
        marks::text(conn, name)?
            .ok_or_else(|| DbError::Corrupt(format!("meta {name} is missing: no engine opened it")))
    };
    let corrupt = |error: &dyn std::fmt::Display| DbError::Corrupt(error.to_string());
    Ok(StoreFacts {
        store: StoreId::new(text(facts::STORE)?).map_err(|error| corrupt(&error))?,
        name: text(facts::NAME)?,
        calendar: Calendar::new(&text(facts::TIME_ZONE)?).map_err(|error| corrupt(&error))?,
        policy: serde_json::from_str(&text(facts::POLICY)?)?,
    })
}

/// Units that the counter may sell now: the same predicate as when it sells ([`crate::flows::holding::free`]).
///
/// # Errors
/// A fault of the database.
pub(crate) fn free(
    conn: &Connection,
    facts: &StoreFacts,
    (sku, shelf_life_days): (&model::SkuId, u32),
    now: Timestamp,
) -> DbResult<u64> {
    let wanted = Wanted {
        floor: facts.policy.life_floor,
        shelf_life_days,
        delivery_on: facts.calendar.date(now.plus_ms(facts.policy.promise_ms)),
    };
    let sellable = fefo::free(&crate::db::stock::lots_of(conn, sku)?, &wanted);
    let promised = quota::outstanding(conn, sku)?.saturating_add(unknown::need(conn, sku)?);
    Ok(sellable.saturating_sub(promised))
}
