//! What a store says of the alarms that stand there, shown with its age. Each look names all of them; the newest holds, by its
//! number, and only its document is kept.

use super::{Cx, Flow};
use crate::db::HubTx;
use crate::db::alarms::AlarmsRow;
use ::sync::doc::{DocId, DocKey};
use model::alarms::AlarmsTold;
use model::quota::StoreEpoch;

/// A look came.
pub fn seen(tx: &mut dyn HubTx, cx: &Cx<'_>, doc: &DocId, told: AlarmsTold) -> Flow<()> {
    let DocId::Alarms { store, epoch, hour } = doc else { return Ok(()) };
    let known = tx.alarms(store)?.filter(|known| known.epoch == epoch.0);
    let stands = known.as_ref().map(|known| (known.hour, known.told.look));
    let keep = match stands {
        Some((hour, look)) if look > told.look => hour,
        _ => {
            tx.put_alarms(store, &AlarmsRow { epoch: epoch.0, hour: *hour, as_of: cx.now, told })?;
            *hour
        }
    };
    if stands.is_none_or(|(known, _)| known != *hour) {
        tx.drop_alarms_but(store, &DocKey::Alarms { epoch: StoreEpoch(epoch.0), hour: keep }.of(store))?;
    }
    Ok(())
}
