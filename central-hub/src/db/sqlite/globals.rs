//! Tables `global_feed`, `global_out`.

use super::{Sqlite, row};
use crate::db::{Db, Globals};
use model::api::global::{self, PersonFact};

impl Globals for Sqlite {
    fn global_upto(&self) -> Db<u64> {
        self.sure("SELECT upto FROM global_feed", [], |r| row::count(r, 0))
    }

    fn set_global_upto(&mut self, upto: u64) -> Db<()> {
        let upto = i64::try_from(upto).unwrap_or(i64::MAX);
        self.run("UPDATE global_feed SET upto = ?1", [upto]).map(drop)
    }

    fn offers_gateway(&self) -> Db<bool> {
        self.sure("SELECT gateway FROM global_feed", [], |r| r.get(0))
    }

    fn set_offers_gateway(&mut self, offers: bool) -> Db<()> {
        self.run("UPDATE global_feed SET gateway = ?1", [offers]).map(drop)
    }

    fn tell(&mut self, fact: &PersonFact) -> Db<()> {
        let sql = "INSERT OR REPLACE INTO global_out (thing, body) VALUES (?1, ?2)";
        self.run(sql, (fact.thing(), row::to_json(fact)?)).map(drop)
    }

    fn facts_to_tell(&self, limit: u32) -> Db<Vec<PersonFact>> {
        self.all("SELECT body FROM global_out ORDER BY n LIMIT ?1", [limit], |r| row::json(r, 0))
    }

    fn to_be_told(&self, thing: &str) -> Db<Option<PersonFact>> {
        self.one("SELECT body FROM global_out WHERE thing = ?1", [thing], |r| row::json(r, 0))
    }

    fn was_told(&mut self, fact: &PersonFact) -> Db<()> {
        let sql = "DELETE FROM global_out WHERE thing = ?1 AND body = ?2";
        self.run(sql, (fact.thing(), row::to_json(fact)?)).map(drop)
    }

    fn tell_nothing_of(&mut self, phone: &str) -> Db<()> {
        let (whole, parts) = (global::whole(phone), global::parts(phone));
        let sql = "DELETE FROM global_out WHERE thing = ?1 OR substr(thing, 1, length(?2)) = ?2";
        self.run(sql, (whole, parts)).map(drop)
    }
}
