//! The database of the global service: the newest fact about each thing, and what cities have told. Its own file; no hub opens it.

use super::{Db, DbFault};
use model::api::global::{CityHour, CityHours, GlobalFact};
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::path::Path;

const MIGRATIONS: &[M<'static>] = &[M::up(include_str!("../../migrations/global/0001_feed.sql"))];

/// The one connection.
#[derive(Debug)]
pub struct Feed {
    conn: Connection,
}

impl Feed {
    /// Opens the file, creating and migrating it.
    ///
    /// # Errors
    /// [`DbFault`].
    pub fn open(path: &Path) -> Db<Self> {
        let mut conn = Connection::open(path)?;
        conn.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;")?;
        Migrations::from_slice(MIGRATIONS)
            .to_latest(&mut conn)
            .map_err(|error| DbFault::Storage(format!("migrating {}: {error}", path.display())))?;
        Ok(Self { conn })
    }

    /// Takes facts in, each about a thing; one that says nothing new gets no new number. Durable when this returns.
    ///
    /// # Errors
    /// [`DbFault`]: none of them is there then.
    pub fn put(&mut self, facts: &[(String, GlobalFact)]) -> Db<()> {
        let tx = self.conn.transaction()?;
        for (thing, fact) in facts {
            let body = serde_json::to_string(fact).map_err(|error| DbFault::Corrupt(error.to_string()))?;
            let known = tx
                .prepare_cached("SELECT count(*) FROM fact WHERE thing = ?1 AND body = ?2")?
                .query_row((thing, &body), |r| r.get::<_, u32>(0))?;
            if known == 0 {
                tx.prepare_cached("DELETE FROM fact WHERE thing = ?1")?.execute([thing])?;
                tx.prepare_cached("INSERT INTO fact (thing, body) VALUES (?1, ?2)")?
                    .execute((thing, &body))?;
            }
        }
        Ok(tx.commit()?)
    }

    /// Facts after a number, in order.
    ///
    /// # Errors
    /// [`DbFault`].
    pub fn after(&self, seq: u64, limit: usize) -> Db<Vec<(u64, GlobalFact)>> {
        let (seq, limit) = (i64::try_from(seq).unwrap_or(i64::MAX), i64::try_from(limit).unwrap_or(i64::MAX));
        let mut rows =
            self.conn.prepare_cached("SELECT seq, body FROM fact WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let rows = rows.query_map((seq, limit), |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)))?;
        let mut facts = Vec::new();
        for row in rows {
            let (seq, body) = row?;
            let fact = serde_json::from_str(&body).map_err(|error| DbFault::Corrupt(error.to_string()))?;
            facts.push((u64::try_from(seq).unwrap_or(0), fact));
        }
        Ok(facts)
    }

    /// A city tells hours; told again, the last word holds.
    ///
    /// # Errors
    /// [`DbFault`].
    pub fn put_hours(&mut self, city: &str, hours: &[CityHour]) -> Db<()> {
        let tx = self.conn.transaction()?;
        for one in hours {
            let sql =
                "INSERT OR REPLACE INTO city_hour (city, hour, placed, delivered) VALUES (?1, ?2, ?3, ?4)";
            tx.prepare_cached(sql)?.execute((city, one.hour, one.placed, one.delivered))?;
        }
        Ok(tx.commit()?)
    }

    /// What cities have told, of the hours since one.
    ///
    /// # Errors
    /// [`DbFault`].
    pub fn hours(&self, since: i64) -> Db<Vec<CityHours>> {
        let sql = "SELECT city, hour, placed, delivered FROM city_hour WHERE hour >= ?1 ORDER BY city, hour";
        let mut rows = self.conn.prepare_cached(sql)?;
        let rows = rows.query_map([since], |r| {
            let hour = CityHour { hour: r.get(1)?, placed: r.get(2)?, delivered: r.get(3)? };
            Ok((r.get::<_, String>(0)?, hour))
        })?;
        let mut cities: Vec<CityHours> = Vec::new();
        for row in rows {
            let (city, hour) = row?;
            match cities.last_mut().filter(|last| last.city == city) {
                Some(last) => last.hours.push(hour),
                None => cities.push(CityHours { city, hours: vec![hour] }),
            }
        }
        Ok(cities)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::api::global::GlobalUser;

    #[test]
    fn the_newest_about_a_thing_is_told_once_and_what_is_not_new_has_no_number() {
        let dir = tempfile::tempdir().unwrap();
        let mut feed = Feed::open(&dir.path().join("global.db")).unwrap();
        let user = |phone: &str, name: &str| {
            let user = GlobalUser { phone: phone.to_owned(), name: name.to_owned() };
            (format!("user {phone}"), GlobalFact::User { user })
        };
        feed.put(&[user("+91980", ""), user("+91981", "Asha")]).unwrap();
        feed.put(&[user("+91981", "Asha")]).unwrap();
        assert_eq!(feed.after(0, 10).unwrap().iter().map(|(seq, _)| *seq).collect::<Vec<_>>(), [1, 2]);
        feed.put(&[user("+91980", "Ravi")]).unwrap();
        let facts = feed.after(0, 10).unwrap();
        assert_eq!(facts, [(2, user("+91981", "Asha").1), (3, user("+91980", "Ravi").1)]);
        assert_eq!(feed.after(2, 10).unwrap().len(), 1);
        let hour = CityHour { hour: 7, placed: 3, delivered: 2 };
        feed.put_hours("blr", &[hour]).unwrap();
        feed.put_hours("blr", &[CityHour { placed: 4, ..hour }]).unwrap();
        assert_eq!(feed.hours(7).unwrap()[0].hours, [CityHour { placed: 4, ..hour }]);
        assert!(feed.hours(8).unwrap().is_empty());
    }
}
