//! The database of the global service: the newest fact about each thing, and what cities have told. Its own file; no hub opens it.

use super::{Db, DbFault};
use model::api::global::{self, CityHour, CityHours, GlobalFact};
use rusqlite::{Connection, OptionalExtension as _};
use rusqlite_migration::{M, Migrations};
use std::collections::BTreeSet;
use std::path::Path;

const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../../migrations/global/0001_feed.sql")),
    M::up(include_str!("../../migrations/global/0002_people.sql")),
];

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

    /// Takes facts in; one that says nothing new, or is older than what is known of the thing, gets no new number. Who was
    /// erased takes everything else about her along. Durable when this returns.
    ///
    /// # Errors
    /// [`DbFault`]: none of them is there then.
    pub fn put(&mut self, facts: &[GlobalFact]) -> Db<()> {
        let tx = self.conn.transaction()?;
        for fact in facts {
            let (thing, body) = (fact.thing(), to_json(fact)?);
            let known = known(&tx, &thing)?;
            if known.as_ref() == Some(fact) || is_late(&tx, fact, known.as_ref())? {
                continue;
            }
            if let GlobalFact::Person(person) = fact
                && person.is_end()
            {
                let parts = global::parts(&person.phone);
                tx.prepare_cached("DELETE FROM fact WHERE substr(thing, 1, length(?1)) = ?1")?
                    .execute([parts])?;
            }
            tx.prepare_cached("INSERT OR REPLACE INTO fact (thing, body) VALUES (?1, ?2)")?
                .execute((&thing, &body))?;
        }
        Ok(tx.commit()?)
    }

    /// What is no more in the master catalogue is sold no more: told as withdrawn, once.
    ///
    /// # Errors
    /// [`DbFault`].
    pub fn withdraw_others(&mut self, catalogue: &[GlobalFact]) -> Db<()> {
        let here: BTreeSet<String> = catalogue.iter().map(GlobalFact::thing).collect();
        let gone = |(_, fact): (u64, GlobalFact)| match fact {
            GlobalFact::Product { mut product } if product.active => {
                product.active = false;
                let fact = GlobalFact::Product { product };
                (!here.contains(&fact.thing())).then_some(fact)
            }
            GlobalFact::Product { .. } | GlobalFact::PaymentMethods { .. } | GlobalFact::Person(_) => None,
        };
        let gone: Vec<GlobalFact> = self.after(0, usize::MAX)?.into_iter().filter_map(gone).collect();
        self.put(&gone)
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

fn to_json(fact: &GlobalFact) -> Db<String> {
    serde_json::to_string(fact).map_err(|error| DbFault::Corrupt(error.to_string()))
}

fn known(conn: &Connection, thing: &str) -> Db<Option<GlobalFact>> {
    let body: Option<String> = conn
        .prepare_cached("SELECT body FROM fact WHERE thing = ?1")?
        .query_row([thing], |r| r.get(0))
        .optional()?;
    let read =
        |body: String| serde_json::from_str(&body).map_err(|error| DbFault::Corrupt(error.to_string()));
    body.map(read).transpose()
}

/// Whether something newer is known of the thing, or of the end of whom it is about: a city that was cut off tells late.
fn is_late(conn: &Connection, fact: &GlobalFact, known_of_it: Option<&GlobalFact>) -> Db<bool> {
    let GlobalFact::Person(said) = fact else { return Ok(false) };
    if let Some(GlobalFact::Person(before)) = known_of_it
        && before.at > said.at
    {
        return Ok(true);
    }
    let end = known(conn, &global::whole(&said.phone))?;
    Ok(matches!(end, Some(GlobalFact::Person(end)) if end.is_end() && end.at >= said.at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::Timestamp;
    use model::api::global::{Did, PersonFact};

    #[test]
    fn the_newest_about_a_thing_is_told_once_and_what_is_not_new_has_no_number() {
        let dir = tempfile::tempdir().unwrap();
        let mut feed = Feed::open(&dir.path().join("global.db")).unwrap();
        let said = |phone: &str, at: i64, did: Did| {
            GlobalFact::Person(PersonFact { phone: phone.to_owned(), at: Timestamp::from_ms(at), did })
        };
        let named = |phone: &str, at: i64, name: &str| said(phone, at, Did::Named { name: name.to_owned() });
        let seqs = |feed: &Feed| feed.after(0, 10).unwrap().iter().map(|(seq, _)| *seq).collect::<Vec<_>>();
        feed.put(&[named("+91980", 1, ""), named("+91981", 1, "Asha")]).unwrap();
        feed.put(&[named("+91981", 1, "Asha")]).unwrap();
        assert_eq!(seqs(&feed), [1, 2]);
        feed.put(&[named("+91980", 5, "Ravi"), named("+91980", 3, "Late")]).unwrap();
        let facts = feed.after(0, 10).unwrap();
        assert_eq!(facts, [(2, named("+91981", 1, "Asha")), (3, named("+91980", 5, "Ravi"))]);
        assert_eq!(feed.after(2, 10).unwrap().len(), 1);
        // Who is erased takes along what was told of her, also what is told late; who comes back is somebody again.
        let id = model::AddressId::new(Timestamp::from_ms(1), 9);
        let gone = |phone: &str, at: i64| said(phone, at, Did::AddressGone { id });
        feed.put(&[gone("+91980", 6), gone("+91981", 6)]).unwrap();
        assert_eq!(seqs(&feed), [2, 3, 4, 5]);
        feed.put(&[said("+91980", 8, Did::Erased)]).unwrap();
        feed.put(&[gone("+91980", 7), named("+91980", 8, "Ravi")]).unwrap();
        assert_eq!(seqs(&feed), [2, 5, 6]);
        feed.put(&[named("+91980", 9, "Ravi")]).unwrap();
        assert_eq!(feed.after(5, 10).unwrap(), [(7, named("+91980", 9, "Ravi"))]);
        let hour = CityHour { hour: 7, placed: 3, delivered: 2 };
        feed.put_hours("blr", &[hour]).unwrap();
        feed.put_hours("blr", &[CityHour { placed: 4, ..hour }]).unwrap();
        assert_eq!(feed.hours(7).unwrap()[0].hours, [CityHour { placed: 4, ..hour }]);
        assert!(feed.hours(8).unwrap().is_empty());
    }
}
