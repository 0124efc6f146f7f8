//! The self-check's part over what the hub may sell: each row of rights against the sums of the ledger's rows about it, and
//! the units that the hub's orders used against those orders. What the store wants back is a register that nothing else says.

use super::replay::Said;
use super::{Finding, NAMED_MAX, Report};
use crate::db::Connection;
use crate::db::quota::{self, Rights, Terms};
use model::SkuId;
use std::collections::BTreeMap;

/// Compares. `whole`: every row of the ledger was read; `here`: no order is still on its way out of a backup.
pub(super) fn check(conn: &Connection, said: &Said, (whole, here): (bool, bool), report: &mut Report) {
    let mut said = said.clone();
    let mut used: BTreeMap<SkuId, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    let rows: Vec<(Terms, SkuId, Rights)> = report.readable("quota", quota::sifted(conn));
    for (terms, sku, rights) in rows {
        report.rights += 1;
        let key = (format!("E{} G{}", terms.epoch.0, terms.generation.0), sku.to_string());
        let (granted, returned) = said.remove(&key).unwrap_or_default();
        let of = format!("{} under {}", key.1, key.0);
        for (what, said, quota) in
            [("granted", granted, rights.granted), ("returned", returned, rights.returned)]
        {
            // Of a ledger whose beginning is missing, the sums are only so much at least.
            if said > quota || (whole && said != quota) {
                wrong.push(Finding::Rights { of: of.clone(), what, said, quota });
            }
        }
        *used.entry(sku).or_default() += rights.orders_seen;
    }
    for ((terms, sku), (granted, returned)) in said {
        for (what, said) in [("granted", granted), ("returned", returned)].into_iter().filter(|(_, n)| *n > 0)
        {
            wrong.push(Finding::Rights { of: format!("{sku} under {terms}"), what, said, quota: 0 });
        }
    }
    let orders = quota::used_by_orders(conn);
    if let Some(mut orders) = report.given("order_line", "any", orders).filter(|_| here) {
        for (sku, quota) in used {
            let said = orders.remove(&sku).unwrap_or(0);
            if said != quota {
                wrong.push(Finding::Rights { of: sku.to_string(), what: "used by orders", said, quota });
            }
        }
        for (sku, said) in orders {
            wrong.push(Finding::Rights { of: sku.to_string(), what: "used by orders", said, quota: 0 });
        }
    }
    wrong.truncate(NAMED_MAX);
    report.findings.append(&mut wrong);
}
