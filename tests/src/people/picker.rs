//! A picker: reads the handheld's view, scans what the shelf holds, errs now and then, presses twice now and then.

use model::SkuId;
use model::mqtt::{Action, HandheldView, PickLine, PickTask};
use rand::Rng;

/// How often a picker errs, in thousandths.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// Scans the neighbour's product instead.
    pub wrong_scan: u32,
    /// The same tap or scan goes out twice (same id: the finger or the radio repeats it).
    pub double_tap: u32,
    /// The shelf is empty where the system says it is not.
    pub not_found: u32,
    /// Takes the last scan back.
    pub undo: u32,
}

impl Habits {
    /// A bad evening: each of them comes up within a minute or two of a demo.
    pub const USUAL: Habits = Habits { wrong_scan: 30, double_tap: 20, not_found: 50, undo: 8 };
    /// Never errs: for measuring.
    pub const PERFECT: Habits = Habits { wrong_scan: 0, double_tap: 0, not_found: 0, undo: 0 };
}

/// What a picker does next, and how long it takes a person at normal speed.
#[derive(Debug, Clone)]
pub struct Step {
    /// The action; `None`: nothing to do, look again later.
    pub action: Option<Action>,
    /// Walking and reaching before it, in milliseconds.
    pub takes_ms: i64,
    /// The event goes out twice.
    pub twice: bool,
    /// The product in the hand that scans.
    pub takes: Option<SkuId>,
}

/// Looks at the screen and decides. `strange` is a barcode of something that does not belong to the order.
pub fn next(view: &HandheldView, habits: Habits, strange: &str, rng: &mut impl Rng) -> Step {
    let errs = |rng: &mut dyn rand::RngCore, thousandths: u32| rng.random_range(0..1000) < thousandths;
    let twice = errs(rng, habits.double_tap);
    let Some(task) = &view.task else {
        let action = (view.waiting > 0).then_some(Action::Ready);
        return Step { action, takes_ms: 1_000, twice, takes: None };
    };
    if task.substitute.is_some() && open_line(task).is_none() {
        return Step { action: None, takes_ms: 1_000, twice: false, takes: None };
    }
    let Some(line) = open_line(task) else {
        let action = Some(Action::Pack { order: task.order });
        return Step { action, takes_ms: 6_000, twice, takes: None };
    };
    let mut takes = None;
    let action = if errs(rng, habits.not_found) {
        Action::NotFound { order: task.order, line: line.line }
    } else if errs(rng, habits.undo) && task.lines.iter().any(|l| !l.picked.is_zero()) {
        Action::Undo { order: task.order }
    } else if errs(rng, habits.wrong_scan) {
        Action::Scan { order: task.order, text: strange.to_owned(), line: line.line }
    } else {
        takes = Some(line.sku.clone());
        Action::Scan { order: task.order, text: label_on(line), line: line.line }
    };
    // About seven seconds of walking to a new bin, two for one more piece of the same (REQ-35: 10 lines in 90 s).
    let takes_ms = if line.picked.is_zero() { 6_500 } else { 2_000 };
    Step { action: Some(action), takes_ms, twice, takes }
}

/// What is printed on the piece in the hand: the lot label where there is one, else the product's barcode.
fn label_on(line: &PickLine) -> String {
    match (line.lot.scan_label, line.gtins.first()) {
        (false, Some(gtin)) => gtin.clone(),
        (true, _) | (false, None) => format!("LL:{}", line.lot.lot),
    }
}

fn open_line(task: &PickTask) -> Option<&PickLine> {
    let waits = |line: &PickLine| task.substitute.as_ref().is_some_and(|offer| offer.line == line.line);
    task.lines.iter().find(|line| line.picked.get() + line.short.get() < line.qty.get() && !waits(line))
}
