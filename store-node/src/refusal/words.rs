//! The fixed words of every refusal: status, title, and what to do. One row per code; the particulars are the refusal's.

/// What is always said with a code.
pub(super) struct Words {
    /// The stable word.
    pub(super) code: &'static str,
    /// The HTTP status that fits.
    pub(super) status: u16,
    /// What happened, in one short sentence.
    pub(super) title: &'static str,
    /// What the person should do now.
    pub(super) hint: &'static str,
}

const fn row(code: &'static str, status: u16, title: &'static str, hint: &'static str) -> Words {
    Words { code, status, title, hint }
}

/// Said when a code has no row, which a test rules out.
const NAMELESS: Words = row("refused", 409, "Refused", "Look at it again.");

/// Every code.
const TABLE: &[Words] = &[
    row("id_reused", 409, "This id was used before for something else", "Send a new command with a new id."),
    row("wrong_role", 403, "This role may not do that", "Ask somebody with that role."),
    row("bad_input", 422, "A value is outside its limits", "Correct the value and send it with a new id."),
    row(
        "out_of_stock",
        409,
        "Not enough for the whole order",
        "Take fewer of these and try again with a new id.",
    ),
    row(
        "too_heavy",
        422,
        "Too heavy for one order",
        "Take some of it out and make another order of it, with a new id.",
    ),
    row(
        "unknown",
        404,
        "No such thing here",
        "Check the code; it may have been mistyped or not yet imported.",
    ),
    row(
        "other_content",
        409,
        "The order is already here with another content",
        "Look at both in quarantine and decide.",
    ),
    row("illegal_move", 409, "The order does not stand where this step begins", "Look at the order again."),
    row(
        "wrong_temperature",
        409,
        "That place cannot keep such goods",
        "Choose a place of the right temperature.",
    ),
    row("expired_lot", 409, "Past its date", "Put it aside and take another lot."),
    row(
        "stock_conflict",
        409,
        "The stock is another one by now",
        "Look at the stock again; if it stays, recount the bin.",
    ),
    row(
        "fenced",
        409,
        "The store is fenced",
        "Count it on the count screen; it opens product by product once the hub has answered.",
    ),
    row(
        "order_unknown",
        409,
        "Nobody knows how this order ended",
        "A manager looks at the bay and decides: delivered, cancelled, or go on.",
    ),
    row(
        "two_hubs",
        409,
        "Two hubs call themselves this store's",
        "Restore the other hub once more, so that it takes a generation of its own.",
    ),
    row(
        "withdrawn",
        409,
        "This product is not sold any more",
        "Offer another one; orders that are open go on.",
    ),
    row(
        "hub_owns",
        409,
        "These products are the hub's",
        "Change them in the hub's catalogue (central-hub import catalogue); the store takes them over by itself. Of its own \
         are its bins, further barcodes, and products that the hub does not name.",
    ),
    row("not_logged_in", 401, "Nobody is logged in here", "Log in with your PIN, then do it again."),
    row("wrong_pin", 401, "Wrong PIN", "Enter the PIN again, or ask the manager."),
    row("pin_locked", 429, "Too many wrong PINs", "Wait, or ask the manager."),
    row("wrong_item", 409, "Not what this order wants", "Put it back and take what the screen shows."),
    row(
        "wrong_lot",
        409,
        "The right product, but the wrong lot",
        "Take the lot the screen shows and scan its label.",
    ),
    row("over_pick", 409, "This line is complete", "Put it back and go on."),
    row("unknown_code", 404, "Nobody knows this code", "Scan the product's own barcode."),
    row(
        "ambiguous_code",
        422,
        "This code can be read in two ways",
        "Scan the lot's own label, or the product's plain barcode; set the scanner to send GS and AIM identifiers.",
    ),
    row(
        "bad_code",
        422,
        "There is a fault in this code",
        "Scan it again; if it stays, scan another code of it.",
    ),
    row("not_your_order", 409, "Somebody else picks this order", "Take the order your screen shows."),
    row("nothing_to_undo", 409, "There is no pick to take back", "Go on picking."),
    row("lines_open", 409, "Some lines are still open", "Pick them, or say that they are not there."),
    row("wrong_bags", 409, "Not the bags of this order", "Scan every bag of this order and no other."),
    row("order_cancelled", 409, "This order was cancelled", "Put its goods back on their shelves."),
    row(
        "weight_mismatch",
        409,
        "The bag does not weigh what its goods weigh",
        "Look into the bag, put it right and weigh it again.",
    ),
    row(
        "scale_stamp",
        409,
        "This scale may not price goods",
        "Weigh it on another scale, and have this one verified.",
    ),
    row(
        "no_weight",
        409,
        "The bag was not weighed",
        "Put the bag on the scale first; for a handover scan the rider's badge first.",
    ),
    row("wrong_rider", 409, "Another rider was chosen", "Give it to that rider, or let the hub choose anew."),
    row("already_done", 409, "That is decided already", "Look at it again."),
    row("unavailable", 503, "The store node could not do this now", "Send it again with the same id."),
    row(
        "broken",
        500,
        "The store node cannot do this",
        "Go on with something else and tell the manager: sending it again does not help.",
    ),
    row(
        "unreadable",
        400,
        "The store node cannot read this",
        "Do it again with a new id; if that fails, too, the device needs the program of this store.",
    ),
];

/// What is decided already, in English.
pub(super) fn done(what: &str) -> &str {
    match what {
        "customer_asked" => "The customer is being asked about a substitute.",
        "no_bags_yet" => "The order has no bags yet.",
        "bag_gone" => "The bag has left the store.",
        "order_in_hand" => "You have another order in hand.",
        "print_done" => "The label is there.",
        "print_replaced" => "The label was printed again.",
        "print_sent" => "The printer has the label and has not answered yet.",
        "print_queued" => "The label still waits for its printer.",
        other => other,
    }
}

/// The words of a code.
pub(super) fn of(code: &str) -> &'static Words {
    TABLE.iter().find(|words| words.code == code).unwrap_or(&NAMELESS)
}
