//! Two documents, one at each side: shape, write rules, convergence, bad bytes.

use super::*;
use model::id::{LotId, OrderId, SkuId, StoreId};
use model::money::Paise;
use model::order::{Channel, Moment, Owner};
use model::order_doc::{HeadLine, OrderHead, PickedUnits, Picks, RiderCard, SubstitutePreset};
use model::qty::Qty;
use model::time::{HOUR_MS, Timestamp};

const HOUR: i64 = 495_312;

fn store() -> StoreId {
    StoreId::new("s1").unwrap()
}

fn at(ms: i64) -> Timestamp {
    Timestamp::from_ms(HOUR * HOUR_MS + ms)
}

fn document(side: Owner, boot: u32) -> Document {
    let id = DocKey::Orders { hour: HOUR }.of(&store());
    Document::new(id, &DocActor { side, store: store(), boot }).unwrap()
}

fn sku(n: u64) -> SkuId {
    let group = ["MLK", "ATA", "DAL", "SNK", "VEG", "FRU", "BEV", "ICE"][(n % 8) as usize];
    SkuId::new(format!("{group}-{:04}", n / 8 % 320)).unwrap()
}

fn mix(n: u64) -> u64 {
    let x = (n.wrapping_add(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (x ^ (x >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb) >> 7
}

fn order(n: u64) -> OrderId {
    OrderId::new(at(n as i64 * 36_000), u128::from(mix(n)) << 40 | u128::from(mix(n + 7_000)))
}

fn head(n: u64, lines: u64) -> OrderHead {
    OrderHead {
        number: format!("{}K{}", n % 10, n / 10),
        channel: Channel::Online,
        promise_at: at(n as i64 * 36_000 + 900_000),
        first_name: ["Asha", "Ravi", "Meena", "Arjun"][(n % 4) as usize].to_owned(),
        cod: Paise::ZERO,
        preset: SubstitutePreset::BestMatch,
        lines: (0..lines)
            .map(|l| HeadLine {
                sku: sku(mix(n * 100 + l)),
                qty: Qty::new(1 + (mix(n + l) % 3) as i64).unwrap(),
                unit_price: Paise::new((20 + (mix(n * 7 + l) % 300) as i64) * 100),
            })
            .collect(),
    }
}

fn picks(n: u64, head: &OrderHead) -> Picks {
    let picked = head.lines.iter().enumerate().map(|(i, line)| PickedUnits {
        line: i as u8,
        sku: line.sku.clone(),
        lot: LotId::new(format!("L-{:06}", mix(n * 31 + i as u64) % 40_000)).unwrap(),
        qty: line.qty,
    });
    Picks { picked: picked.collect(), short: vec![], bags: 2 }
}

#[test]
fn measure() {
    let mut hub = document(Owner::Hub, 3);
    let mut st = document(Owner::Store, 12);
    let mut wire = 0;
    let mut per = vec![0usize; 8];
    let mut all: Vec<u8> = vec![];
    for n in 0..100u64 {
        let id = order(n);
        let h = head(n, 6);
        let t0 = n as i64 * 36_000 + (mix(n) % 9000) as i64;
        let r = |k: u64| (mix(n * 77 + k) % 10_000) as i64;
        hub.put_order(&id, &h).unwrap();
        hub.put_moment(&id, Moment::Placed, at(t0)).unwrap();
        hub.put_moment(&id, Moment::Confirmed, at(t0 + 1_234 + r(1) / 4)).unwrap();
        let mut step = 0;
        let mut send = |a: &mut Document, b: &mut Document| {
            let c = a.commit().unwrap().unwrap();
            wire += c.len();
            per[step] += c.len();
            step += 1;
            all.extend(&c);
            let touched = b.apply_change(&c).unwrap();
            assert_eq!(touched.orders.len(), 1);
        };
        send(&mut hub, &mut st);
        for (i, m) in [Moment::Accepted, Moment::Picking, Moment::Packed].into_iter().enumerate() {
            let t = t0 + 4_000 + i as i64 * (61_234 + r(2) * 8);
            st.put_moment(&id, m, at(t)).unwrap();
            if m == Moment::Packed {
                st.put_picks(&id, &picks(n, &h)).unwrap();
            }
            send(&mut st, &mut hub);
        }
        let t = t0 + 300_000 + r(3) * 10;
        st.put_moment(&id, Moment::Dispatched, at(t)).unwrap();
        send(&mut st, &mut hub);
        hub.put_moment(&id, Moment::Delivered, at(t0 + 700_123 + r(4) * 20)).unwrap();
        hub.put_moment(&id, Moment::Completed, at(t0 + 700_123 + r(4) * 20)).unwrap();
        send(&mut hub, &mut st);
    }
    eprintln!("wire {} {:?}", wire / 100, per.iter().map(|p| p / 100).collect::<Vec<_>>());
    eprintln!("full zstd {} automerge {}", hub.save_full().unwrap().len(), hub.am.save().len());
    eprintln!("chunks zstd {}", zstd::bulk::compress(&all, 9).unwrap().len());
    assert_eq!(hub.heads(), st.heads());
}
