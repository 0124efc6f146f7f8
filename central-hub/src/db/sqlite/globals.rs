//! Tables `global_feed`, `global_user`.

use super::{Sqlite, row};
use crate::db::{Db, Globals};
use model::api::global::GlobalUser;

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

    fn tell_user(&mut self, user: &GlobalUser) -> Db<()> {
        let sql = "INSERT INTO global_user (phone, name) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET name = ?2";
        self.run(sql, (&user.phone, &user.name)).map(drop)
    }

    fn users_to_tell(&self, limit: u32) -> Db<Vec<GlobalUser>> {
        self.all("SELECT phone, name FROM global_user ORDER BY phone LIMIT ?1", [limit], |r| {
            Ok(GlobalUser { phone: r.get(0)?, name: r.get(1)? })
        })
    }

    fn is_to_be_told(&self, phone: &str) -> Db<bool> {
        let found: Option<i64> =
            self.one("SELECT 1 FROM global_user WHERE phone = ?1", [phone], |r| r.get(0))?;
        Ok(found.is_some())
    }

    fn user_told(&mut self, user: &GlobalUser) -> Db<()> {
        let sql = "DELETE FROM global_user WHERE phone = ?1 AND name = ?2";
        self.run(sql, (&user.phone, &user.name)).map(drop)
    }
}
