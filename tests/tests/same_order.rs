//! The same order id with another content (SYNC.md): both real engines over a line. The first stands at the store, the hub hears
//! "no" within 5 s, and both contents are kept for a person at both sides, once.

use tests::escrow::same_id;

#[test]
fn the_hub_hears_within_five_seconds_that_the_store_has_the_order_with_another_content() {
    for seed in [1, 2, 3] {
        let said = same_id(seed).unwrap();
        assert!(said.ms <= 5_000, "{} ms", said.ms);
        assert_eq!(said.units, (1, 2), "each side keeps to its own until a person has called the customer");
        for kept in [&said.at_store, &said.at_hub] {
            assert_eq!(kept.len(), 1, "once: {kept:?}");
            assert!(kept[0].contains(&said.order.to_string()), "{kept:?}");
            assert_eq!(sync::inspect::reason_kind(&kept[0]), "other_content", "{kept:?}");
        }
    }
}
