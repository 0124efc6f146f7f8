//! Table `store_alarms`.

use super::{Sqlite, row};
use crate::db::Db;
use crate::db::alarms::{Alarms, AlarmsRow};
use ::sync::doc::DocId;
use model::StoreId;

impl Alarms for Sqlite {
    fn alarms(&self, store: &StoreId) -> Db<Option<AlarmsRow>> {
        let sql = "SELECT epoch, hour, as_of, told FROM store_alarms WHERE store = ?1";
        self.one(sql, [store.as_str()], |r| {
            Ok(AlarmsRow {
                epoch: r.get(0)?,
                hour: r.get(1)?,
                as_of: row::time(r, 2)?,
                told: row::json(r, 3)?,
            })
        })
    }

    fn put_alarms(&mut self, store: &StoreId, alarms: &AlarmsRow) -> Db<()> {
        self.run(
            "INSERT INTO store_alarms (store, epoch, hour, as_of, standing, told) VALUES (?1, ?2, ?3, ?4, ?5, ?6) \
             ON CONFLICT (store) DO UPDATE SET epoch = ?2, hour = ?3, as_of = ?4, standing = ?5, told = ?6",
            (
                store.as_str(),
                alarms.epoch,
                alarms.hour,
                alarms.as_of.ms(),
                alarms.told.standing,
                row::to_json(&alarms.told)?,
            ),
        )
        .map(drop)
    }

    fn drop_alarms_but(&mut self, store: &StoreId, keep: &DocId) -> Db<()> {
        self.run(
            "DELETE FROM doc_chunk WHERE doc >= ?1 AND doc < ?2 AND doc <> ?3",
            (format!("alarms/{store}/"), format!("alarms/{store}0"), keep.to_string()),
        )
        .map(drop)
    }
}
