//! Every scenario that SYNC.md lists as "added after an attack", by name, and where it is played: a rule of the model, a
//! check or mishap of the escrow's own world, or a story. A name that is not there any more fails here.

/// The scenario, the source that plays it, and a name in that source.
const PLAYED: &[(&str, &str, &str)] = &[
    ("cancel is a request", MODEL, "SoldNeverFalls"),
    ("cancel is a request", PEOPLE, "fn regrets"),
    (
        "cancel of an order whose end is not known",
        FENCE,
        "an_unknown_order_is_not_touched_before_a_person_has_decided",
    ),
    ("hub silent with rights", POLICY, "rights_never_exceed_what_a_silent_hub_may_hold"),
    ("wanted_back: shrink", FENCE, "a_shrink_below_the_rights_is_wanted_back_and_not_when_goods_come_again"),
    ("wanted_back: every right that nothing stands behind has come back", SHELF_LIFE, "fn is_backed"),
    ("wanted_back: the hub returns", HUB, "wanted_rights_go_back_at_once_and_held_ones_when_they_are_let_go"),
    (
        "lot expiry: granted only from lots that outlive the horizon",
        FENCE,
        "rights_come_only_from_lots_that_outlive_the_horizon",
    ),
    ("lot expiry: granted only from lots that outlive the horizon", SHELF_LIFE, "outlive the horizon"),
    ("lot expiry: lots expire while the line is cut", SHELF_LIFE, "fn begins_day"),
    (
        "lot expiry: wanted back before the day ends",
        FENCE,
        "rights_of_a_lot_that_the_horizon_outgrows_are_wanted_back_before_midnight",
    ),
    ("counted shrink is the open deficit", TRUTH, "I1: {sku}"),
    ("counted shrink is the open deficit", MODEL, "ShortsAreCounted"),
    ("two hubs of one backup", HUB, "one live installation"),
    ("two hubs of one backup", FENCE, "TwoHubs"),
    ("two replacements", HUB, "two_nodes_never_get_one_epoch_and_a_retry_gets_the_same"),
    ("unnoticed rollback of the store", MISHAPS, "fn store_rolls_back"),
    ("unnoticed rollback of the hub", MISHAPS, "fn hub_rolls_back"),
    (
        "unnoticed rollback of the hub while a machine wants an epoch",
        MISHAPS,
        "fn hub_rolls_back_under_a_wish",
    ),
    ("fence without freezing", FENCE, "sku_by_sku_it_opens_with_the_count_once_the_word_is_here"),
    ("emergency mode", FENCE, "without_hub_and_word_a_manager_opens_what_is_counted_and_that_is_on_record"),
    ("old-generation rights", FENCE, "old_rights_stay_blocked_until_the_generation_is_closed"),
    (
        "old-generation rights, closed by two people",
        HUB,
        "a_restored_hub_sells_nothing_it_was_not_granted_anew_and_two_people_close_its_past",
    ),
    ("partial publish", ENGINE, "a_repeated_reordered_or_poisoned_change_stops_nothing"),
    ("hub and store lost together", MISHAPS, "fn both_restored"),
    (
        "hub and store lost together: numbers that come again",
        FENCE,
        "an_order_of_a_forgotten_life_with_the_same_numbers_is_unknown",
    ),
    ("a short of a former life", FENCE, "what_a_former_life_said_would_not_come_stays_so"),
    ("a word in a log that is over", HUB, "a_word_in_a_log_that_is_over_is_given_again"),
    ("a skipped record is never claimed", PEER, "what_the_other_side_skips_is_never_claimed"),
    ("UNKNOWN orders", MODEL, "UnknownIsNotPicked"),
    ("UNKNOWN orders", MISHAPS, "fn decides_next"),
    ("late facts", FENCE, "an_order_that_the_hubs_documents_show_as_gone_is_not_unknown"),
    ("late facts: hours are closed meanwhile", HOURS, "fn closes_hours"),
    (
        "late facts: one that comes before its order",
        LATE,
        "_hears_late_facts_before_the_closed_hour_of_their_order",
    ),
    ("same id, other content: the hub hears no", SAME, "the_hub_hears_within_five_seconds"),
    (
        "same id, other content",
        FENCE,
        "the_same_id_with_other_content_is_kept_for_a_person_and_the_first_stands",
    ),
    ("substitution from store-free stock", INSTEAD, "fn swaps_of"),
    ("substitution from store-free stock", STORE_PICK, "substitute"),
    ("variable weight: the core's rule over the real store", SPECIALS, "fn settles"),
    ("variable weight", QUOTA, "a_weighed_good_reserves_its_upper_tolerance_and_settles_the_actual"),
    ("flash pool: the core's rule over the real hub", SPECIALS, "fn flash"),
    ("flash pool", QUOTA, "a_flash_pool_sells_the_smaller_of_pool_and_live_rights"),
];

const MODEL: &str = "../sync/tests/escrow_model/rules.rs";
const QUOTA: &str = "../sync/src/quota/tests.rs";
const PEER: &str = "../sync/src/peer/tests.rs";
const POLICY: &str = "../sync/src/quota/tests.rs";
const FENCE: &str = "../store-node/src/flows/fence_tests.rs";
const ENGINE: &str = "../store-node/src/engine/tests.rs";
const HUB: &str = "../central-hub/src/flows/tests/terms.rs";
const PEOPLE: &str = "src/escrow/people.rs";
const MISHAPS: &str = "src/escrow/mishaps.rs";
const TRUTH: &str = "src/escrow/world.rs";
const SHELF_LIFE: &str = "src/escrow/shelf_life.rs";
const LATE: &str = "tests/late_facts.rs";
const HOURS: &str = "src/escrow/hours.rs";
const INSTEAD: &str = "src/escrow/instead.rs";
const SPECIALS: &str = "src/escrow/specials.rs";
const SAME: &str = "tests/same_order.rs";
const STORE_PICK: &str = "tests/store_pick/missing.rs";

#[test]
fn every_scenario_of_the_attack_is_played_somewhere() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    for (scenario, file, name) in PLAYED {
        let text = std::fs::read_to_string(home.join(file)).expect("a source of ours");
        assert!(text.contains(name), "{scenario}: {file} plays no {name:?} any more");
    }
    // The list itself names each of SYNC.md's paragraphs.
    let wanted = [
        "cancel",
        "silent",
        "wanted_back",
        "shrink",
        "two hubs",
        "two replacements",
        "rollback",
        "freezing",
        "emergency",
        "old-generation",
        "partial publish",
        "UNKNOWN",
        "late facts",
        "same id",
        "substitution",
        "variable weight",
        "flash pool",
        "lot expiry",
    ];
    for word in wanted {
        assert!(PLAYED.iter().any(|(scenario, ..)| scenario.contains(word)), "nobody plays {word}");
    }
}
