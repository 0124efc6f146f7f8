//! What the self-check must find: planted drifts, planted bit flips, units promised to nobody. Each names itself.

use super::*;
use crate::testbed::Bed;

fn bed() -> Bed {
    let mut bed = Bed::new();
    bed.receive("SALT", 10, None);
    bed.tick();
    bed.counter(&[("SALT", 2)]).unwrap();
    bed
}

fn plant(bed: &Bed, sql: &str) {
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    conn.execute_batch(sql).unwrap();
}

#[test]
fn a_clean_store_is_clean_and_two_checks_agree() {
    let bed = bed();
    let report = self_check(&bed.path()).unwrap();
    assert!(report.is_clean(), "{:?}", report.findings);
    assert_eq!((report.rows, report.places), (3, 1));
    assert_eq!(report.head, self_check(&bed.path()).unwrap().head);
}

#[test]
fn a_planted_drift_is_named_and_repaired_on_record() {
    let mut bed = bed();
    plant(&bed, "UPDATE stock SET on_hand = on_hand + 3 WHERE sku = 'SALT'");
    let report = self_check(&bed.path()).unwrap();
    let [Finding::Drift { place, ledger, stock }] = report.findings.as_slice() else {
        panic!("{:?}", report.findings)
    };
    assert_eq!((place.sku.as_str(), ledger.on_hand.get(), stock.on_hand.get()), ("SALT", 10, 13));
    assert!(report.findings[0].to_string().contains("+3 on hand"), "{}", report.findings[0]);

    let now = bed.now;
    let replies = repair(&mut bed.engine, &report, now).unwrap().replies;
    assert!(replies.iter().all(Result::is_ok), "{replies:?}");
    bed.check();
    assert_eq!(bed.stock("SALT").0, 10);
    let detail = bed.reader().stock_detail(&crate::testbed::sku("SALT"), now).unwrap().unwrap();
    assert_eq!(detail.movements[0].kind, "counted");
    assert!(detail.movements[0].why.contains("13/2/0"), "{}", detail.movements[0].why);
}

#[test]
fn a_planted_bit_flip_is_named_by_its_row() {
    for (sql, row) in [
        ("UPDATE ledger SET person = 'odit' WHERE seq = 1", 1),
        ("UPDATE ledger SET at = at + 1 WHERE seq = 2", 2),
        ("UPDATE ledger SET hash = zeroblob(32) WHERE seq = 2", 2),
        ("DELETE FROM ledger WHERE seq = 2", 3),
    ] {
        let bed = bed();
        plant(&bed, &format!("DROP TRIGGER ledger_never_changes; DROP TRIGGER ledger_never_shrinks; {sql}"));
        let report = self_check(&bed.path()).unwrap();
        let chain: Vec<i64> = report.findings.iter().filter_map(chain_seq).collect();
        assert_eq!(chain, [row], "{sql}: {:?}", report.findings);
    }
}

fn chain_seq(finding: &Finding) -> Option<i64> {
    match finding {
        Finding::Chain { seq, .. } => Some(*seq),
        Finding::File { .. }
        | Finding::Unreadable { .. }
        | Finding::Movement { .. }
        | Finding::Drift { .. }
        | Finding::Reserved { .. }
        | Finding::Rights { .. }
        | Finding::Cold { .. } => None,
    }
}

#[test]
fn a_flipped_quantity_is_seen_by_chain_and_by_arithmetic() {
    let bed = bed();
    plant(&bed, "DROP TRIGGER ledger_never_changes; UPDATE ledger SET on_hand_after = 11 WHERE seq = 1");
    let report = self_check(&bed.path()).unwrap();
    assert!(matches!(report.findings[0], Finding::Chain { seq: 1, .. }), "{:?}", report.findings);
    assert!(report.findings.iter().any(|f| matches!(f, Finding::Movement { seq: 1, .. })));
}

#[test]
fn the_ledger_takes_no_change() {
    let bed = bed();
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    for sql in ["UPDATE ledger SET qty = 1", "DELETE FROM ledger"] {
        assert!(conn.execute(sql, []).unwrap_err().to_string().contains("append-only"), "{sql}");
    }
}

#[test]
fn units_promised_to_nobody_are_named() {
    let bed = bed();
    plant(&bed, "DELETE FROM allocation");
    let report = self_check(&bed.path()).unwrap();
    assert!(matches!(report.findings[0], Finding::Reserved { held: 0, .. }), "{:?}", report.findings);
}

/// A byte that makes a text no text any more: the row is named, and nothing else is hidden by it.
#[test]
fn a_row_that_cannot_be_read_is_named_and_hides_nothing() {
    let mut bed = bed();
    plant(
        &bed,
        "DROP TRIGGER ledger_never_changes; UPDATE ledger SET person = CAST(x'ff6d' AS TEXT) WHERE seq = 1;
         UPDATE ledger SET at = at + 1 WHERE seq = 3; UPDATE stock SET on_hand = on_hand + 3;
         UPDATE quota SET granted = granted + 1;",
    );
    let report = self_check(&bed.path()).unwrap();
    let [unreadable, chain, rights, drift] = report.findings.as_slice() else {
        panic!("{:?}", report.findings)
    };
    let Finding::Unreadable { table: "ledger", row, .. } = unreadable else { panic!("{unreadable:?}") };
    assert_eq!((row.as_str(), chain_seq(chain)), ("1", Some(3)));
    assert!(matches!(rights, Finding::Rights { what: "granted", .. }), "{rights:?}");
    assert!(matches!(drift, Finding::Drift { .. }), "{drift:?}");
    let now = bed.now;
    assert!(repair(&mut bed.engine, &report, now).unwrap().replies.is_empty(), "what is left is no measure");
}

#[test]
fn every_table_of_the_books_names_the_row_that_cannot_be_read() {
    for (sql, table, row) in [
        ("UPDATE stock SET bin = CAST(x'ff' AS TEXT)", "stock", "SALT "),
        ("UPDATE allocation SET lot = CAST(x'ff' AS TEXT)", "allocation", " 0 SALT "),
        ("UPDATE quota SET sku = CAST(x'ff' AS TEXT)", "quota", "1 1 "),
    ] {
        let bed = bed();
        plant(&bed, &format!("PRAGMA foreign_keys = OFF; {sql}"));
        let found = self_check(&bed.path()).unwrap().findings;
        let named = |finding: &Finding| matches!(finding, Finding::Unreadable { table: of, row: at, .. } if *of == table && at.contains(row));
        assert!(found.iter().any(named), "{sql}: {found:?}");
    }
}

#[test]
fn every_bad_row_is_one_finding_and_every_one_of_them_is() {
    let bed = bed();
    plant(
        &bed,
        "DROP TRIGGER ledger_never_changes; UPDATE ledger SET at = at + 1 WHERE seq <> 2;
         UPDATE ledger SET hash = zeroblob(32) WHERE seq = 2;",
    );
    let found = self_check(&bed.path()).unwrap().findings;
    assert_eq!(found.iter().filter_map(chain_seq).collect::<Vec<_>>(), [1, 2, 3], "{found:?}");
}

#[test]
fn rights_that_drifted_are_named_by_what_says_otherwise() {
    for (sql, which, drift) in [
        ("UPDATE quota SET granted = granted + 2", "granted", 2),
        ("UPDATE quota SET returned = returned + 1", "returned", 1),
        ("UPDATE quota SET orders_seen = 0", "used by orders", -1),
    ] {
        let mut bed = bed();
        let (_, record) = bed.hub_orders(7, &[("SALT", 1)]);
        bed.inbound(vec![record]);
        assert!(self_check(&bed.path()).unwrap().is_clean());
        plant(&bed, sql);
        let found = self_check(&bed.path()).unwrap().findings;
        let [Finding::Rights { what, said, quota, .. }] = found.as_slice() else {
            panic!("{sql}: {found:?}")
        };
        assert_eq!((*what, quota.cast_signed() - said.cast_signed()), (which, drift), "{found:?}");
    }
    let bed = bed();
    plant(&bed, "DELETE FROM quota");
    let found = self_check(&bed.path()).unwrap().findings;
    assert!(matches!(found.as_slice(), [Finding::Rights { what: "granted", quota: 0, .. }]), "{found:?}");
}
