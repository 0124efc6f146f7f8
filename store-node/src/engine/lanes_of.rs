//! Moves of what waits in the own log from one lane to another, while no session holds it: hours that have passed make
//! room for what is new, and a hub of version 1 gets everything in the one lane it knows.

use super::carry::is_single;
use super::{Engine, Fault};
use crate::db::marks::{self, Mark};
use crate::db::{DbError, lanes};
use crate::flows::alarms_told;
use model::Timestamp;
use model::order::Owner;
use sync::doc::{DocError, DocId};
use sync::lane::{Lane, LaneStates};
use sync::wire::{ALARMS_SINCE, STOCK_SINCE};

/// The version whose peers know one lane only.
const SINGLE_LANE: u8 = 1;

impl Engine {
    /// Lets what waits for the hub since an hour that has passed go to the last lane, the newest hour first, so that
    /// what happens now is not behind it; and what waits of an hour that this store has since taken closed from the hub, goes: it was
    /// said again. Only while no session is open: numbers change.
    ///
    /// # Errors
    /// A fault; nothing was moved.
    pub fn age_lanes(&mut self, now: Timestamp) -> Result<LaneStates, Fault> {
        let tx = self.db.begin()?;
        if !is_single(&tx)? {
            for lane in Lane::ALL {
                if lanes::drop_closed(&tx, lane)? {
                    lanes::renumber(&tx, lane)?;
                }
            }
            for lane in Lane::ALL.into_iter().filter(|lane| lane.ages()) {
                let mut old: Vec<(DocId, String)> = Vec::new();
                for name in lanes::waiting_docs(&tx, lane)? {
                    let id: DocId = name.parse().map_err(|e: DocError| DbError::Corrupt(e.to_string()))?;
                    if Lane::of(Owner::Store, id.key(), now) != lane {
                        old.push((id, name));
                    }
                }
                old.sort_by(|a, b| b.0.cmp(&a.0));
                for (id, name) in &old {
                    lanes::shift(&tx, name, lane, Lane::of(Owner::Store, id.key(), now))?;
                }
                if !old.is_empty() {
                    lanes::renumber(&tx, lane)?;
                }
            }
        }
        let states = lanes::states(&tx)?;
        tx.commit()?;
        Ok(states)
    }

    /// Notes which version the hub reads. One that knows a single lane gets in it whatever waits in others; one that does not
    /// know looks at the shelf or at the alarms gets none.
    ///
    /// # Errors
    /// A fault; nothing was moved.
    pub fn hub_reads(&mut self, version: u8) -> Result<LaneStates, Fault> {
        let tx = self.db.begin()?;
        marks::set(&tx, Mark::HubVersion, i64::from(version))?;
        if version < STOCK_SINCE {
            lanes::forget(&tx, Lane::Stock)?;
        }
        if version < ALARMS_SINCE {
            lanes::forget(&tx, Lane::Alarms)?;
            alarms_told::anew(&tx)?;
        }
        if version == SINGLE_LANE {
            for &lane in &Lane::ALL[1..] {
                for name in lanes::waiting_docs(&tx, lane)? {
                    lanes::shift(&tx, &name, lane, Lane::Orders)?;
                }
                lanes::renumber(&tx, lane)?;
            }
        }
        let states = lanes::states(&tx)?;
        tx.commit()?;
        Ok(states)
    }
}
