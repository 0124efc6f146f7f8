//! Stories of the looks at the shelf that are told to the hub. No sockets.

use crate::command::Command;
use crate::engine::InboundRecord;
use crate::testbed::Bed;
use model::fact::Fact;
use model::quota::StoreEpoch;
use model::time::{HOUR_MS, MINUTE_MS};
use sync::doc::DocKey;
use sync::lane::Lane;
use sync::wire::STOCK_SINCE;

/// Looks that wait to be carried: their numbers and how many SKUs each names.
fn looks(bed: &Bed) -> Vec<(u64, usize)> {
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let mut statement = conn.prepare("SELECT facts FROM outbox ORDER BY seq").unwrap();
    let rows = statement.query_map([], |r| r.get::<_, String>(0)).unwrap();
    let facts = rows.flat_map(|row| serde_json::from_str::<Vec<Fact>>(&row.unwrap()).unwrap());
    let look = |fact| if let Fact::Stock(tick) = fact { Some((tick.tick, tick.units.len())) } else { None };
    facts.filter_map(look).collect()
}

fn tick(bed: &mut Bed) -> Vec<(u64, usize)> {
    bed.system(Command::StockTick).unwrap();
    looks(bed)
}

#[test]
fn the_shelf_is_told_whole_at_first_then_what_changed_and_never_twice_unheard() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    assert_eq!(tick(&mut bed), [], "no hub that knows looks was met yet");
    bed.engine.hub_reads(STOCK_SINCE).unwrap();
    let expiry = bed.day(100);
    bed.receive("ATTA", 5, Some(expiry));
    assert_eq!(tick(&mut bed), [(1, 2)]);
    bed.counter(&[("SALT", 2)]).unwrap();
    assert_eq!(tick(&mut bed).len(), 1, "the first look is not carried yet");
    bed.engine.carry(bed.now).unwrap();
    assert_eq!(tick(&mut bed), [], "nor heard: a store that is cut off collects none");
    bed.hub_hears();
    bed.pass(10_000);
    assert_eq!(tick(&mut bed), [(2, 1)], "only what changed");
    bed.hub_hears();
    assert_eq!(tick(&mut bed), [], "no news");
    bed.pass(MINUTE_MS);
    assert_eq!(tick(&mut bed), [(3, 0)], "a sign that it is still so");
    bed.hub_hears();
    bed.counter(&[("SALT", 7)]).unwrap();
    bed.system(Command::StartDay { day: expiry }).unwrap();
    assert_eq!(tick(&mut bed), [(4, 2)], "anew within the hour: also what is sold out");
    bed.hub_hears();
    let mut bed = bed.restart();
    bed.pass(HOUR_MS);
    assert_eq!(tick(&mut bed), [(5, 2)], "all of it in a new hour");
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let sql = "SELECT count(*) FROM doc_chunk WHERE doc LIKE 'stock/%'";
    assert_eq!(conn.query_row(sql, [], |r| r.get::<_, i64>(0)), Ok(0), "an hour that is over is of no use");
}

#[test]
fn a_hub_of_an_older_version_is_told_nothing_of_the_shelf_and_gets_everything_else() {
    let mut bed = Bed::new();
    bed.receive("SALT", 9, None);
    bed.engine.hub_reads(STOCK_SINCE).unwrap();
    tick(&mut bed);
    bed.engine.carry(bed.now).unwrap();
    let waiting = |bed: &Bed, lane| bed.engine.out_records(lane, 0, 100).unwrap().len();
    assert_eq!(waiting(&bed, Lane::Stock), 1);
    for older in 1..STOCK_SINCE {
        let lanes = bed.engine.hub_reads(older).unwrap();
        let stock = &lanes[Lane::Stock.index()];
        assert_eq!((stock.skipped, stock.waiting(), waiting(&bed, Lane::Stock)), (1, 0, 0), "{older}");
        let others = bed.engine.out_records(Lane::Orders, 0, 100).unwrap();
        assert!(others.iter().all(|record| !matches!(record.doc, DocKey::Stock { .. })), "{older}");
        bed.pass(MINUTE_MS);
        assert_eq!(tick(&mut bed), [], "{older}");
    }
    bed.engine.hub_reads(STOCK_SINCE).unwrap();
    bed.pass(HOUR_MS);
    assert_eq!(tick(&mut bed), [(2, 1)], "it was upgraded");
}

#[test]
fn what_the_hub_says_of_the_shelf_is_set_aside() {
    let mut bed = Bed::new();
    let doc = DocKey::Stock { epoch: StoreEpoch(1), hour: bed.now.hour() };
    let record = InboundRecord { lane: Lane::Orders, seq: 1, doc, change: vec![1, 2, 3], pledge: None };
    bed.engine.inbound(bed.now, vec![record]).unwrap();
    let conn = rusqlite::Connection::open(bed.path()).unwrap();
    let why: String = conn.query_row("SELECT reason FROM quarantine", [], |r| r.get(0)).unwrap();
    assert!(why.contains("may not write"), "{why}");
}
