//! Labels (REQ-34): a job is a row before it is a byte, it is done on the printer's word or a person's, and nothing is
//! ever printed twice by itself. A job that was never sent may go to another printer (REQ-96); one in doubt may not.

use super::{Flow, Stop, fence, moments, papers, price};
use crate::answer::Answer;
use crate::db::bags::{self, Bag};
use crate::db::orders::OrderRow;
use crate::db::prints::{self, PrintJob, PrintState};
use crate::db::{catalogue, devices, pick_gaps};
use crate::derive;
use crate::refusal::Refusal;
use model::code::OwnCode;
use model::mqtt::{Health, Label, Name, PrintOutcome};
use model::{DeviceId, OrderId, PrintJobId, Role, particulars};

/// Driver of label printers, as their birth names it.
const LABEL_DRIVER: &str = "zpl";
/// Driver of receipt printers.
const RECEIPT_DRIVER: &str = "escpos";

/// Queues one label per bag for the label printer and one delivery label for the receipt printer. `again` are the jobs
/// that these repeat: they say DUPLICATE.
///
/// # Errors
/// A fault of the database.
pub fn labels(
    flow: &mut Flow<'_>,
    row: &OrderRow,
    bags: &[Bag],
    again: Option<&[PrintJob]>,
) -> Result<(), Stop> {
    let of = u8::try_from(bags.len()).unwrap_or(u8::MAX);
    for bag in bags {
        let label = Label::Bag {
            number: row.number.clone(),
            bag: bag.n,
            of,
            code: OwnCode::Bag(bag.bag.clone()).text(),
            cold: bag.cold,
            fragile: bag.fragile,
            first_name: row.first_name.clone(),
            duplicate: again.is_some(),
        };
        let what = particulars(&[("bag", &bag.n), ("of", &of), ("number", &row.number)]);
        queue(flow, Some(row), &what, label, again)?;
    }
    let Some(first) = bags.first() else { return Ok(()) };
    let label = Label::Delivery {
        number: row.number.clone(),
        code: OwnCode::Bag(first.bag.clone()).text(),
        bags: of,
        first_name: row.first_name.clone(),
        lines: lines(flow, row)?,
        cod: price::owed(flow, row)?,
        promise: flow.setup.calendar.hour_minute(row.promise_at),
        duplicate: again.is_some(),
    };
    queue(flow, Some(row), &particulars(&[("delivery", &row.number)]), label, again)
}

/// What was really picked: a substitute under its own name.
fn lines(flow: &Flow<'_>, row: &OrderRow) -> Result<Vec<(Name, u32)>, Stop> {
    let mut lines: Vec<(Name, u32)> = Vec::new();
    for held in crate::db::allocations::of_order(flow.tx, &row.order)? {
        let name = papers::name(&catalogue::must(flow.tx, &held.place.sku)?.product);
        match lines.iter_mut().find(|(known, _)| *known == name) {
            Some((_, units)) => *units = units.saturating_add(held.picked.get()),
            None => lines.push((name, held.picked.get())),
        }
    }
    lines.retain(|(_, units)| *units > 0);
    Ok(lines)
}

fn queue(
    flow: &mut Flow<'_>,
    row: Option<&OrderRow>,
    what: &str,
    label: Label,
    again: Option<&[PrintJob]>,
) -> Result<(), Stop> {
    let repeated = again.and_then(|jobs| jobs.iter().rev().find(|job| job.what == what)).map(|job| job.job);
    let Some(printer) = prints::printers(flow.tx, driver_of(&label))?.into_iter().next() else {
        if let Some(row) = row {
            moments::note(flow, &row.order, "no_printer", what)?;
        }
        return Ok(());
    };
    insert(flow, row, printer, what, label, repeated)
}

fn insert(
    flow: &mut Flow<'_>,
    row: Option<&OrderRow>,
    printer: DeviceId,
    what: &str,
    label: Label,
    again_of: Option<PrintJobId>,
) -> Result<(), Stop> {
    let job = PrintJob {
        job: derive::print_job(&flow.id, flow.now, what),
        order: row.map(|row| row.order),
        printer,
        what: what.to_owned(),
        label,
        state: PrintState::Queued,
        created_at: flow.now,
        changed_at: flow.now,
        again_of,
    };
    prints::insert(flow.tx, &job)?;
    changed(flow);
    Ok(())
}

/// Which kind of printer a label is for.
const fn driver_of(label: &Label) -> &'static str {
    if label.sticks() { LABEL_DRIVER } else { RECEIPT_DRIVER }
}

/// When a paper counts as printed before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Twin {
    /// When one of its kind was printed, whatever stood on it: two of them in two hands do harm.
    OfItsKind,
    /// When the same stood on it: a new price or a later hour makes a new paper.
    OfItsContent,
}

/// Queues one paper, marked DUPLICATE where it was printed before. One that sticks goes to a receipt printer where the
/// store has no label printer. Says whether the store has a printer for it.
///
/// # Errors
/// A fault of the database.
pub(super) fn paper(
    flow: &mut Flow<'_>,
    row: Option<&OrderRow>,
    what: &str,
    label: Label,
    twin: Twin,
) -> Result<bool, Stop> {
    let mut printers = prints::printers(flow.tx, driver_of(&label))?;
    if printers.is_empty() && label.sticks() {
        printers = prints::printers(flow.tx, RECEIPT_DRIVER)?;
    }
    let Some(printer) = printers.into_iter().next() else { return Ok(false) };
    let before = prints::latest(flow.tx, what)?.filter(|job| match twin {
        Twin::OfItsKind => true,
        Twin::OfItsContent => job.label.clone().marked(false) == label,
    });
    let again_of = before.map(|job| job.job);
    insert(flow, row, printer, what, label.marked(again_of.is_some()), again_of)?;
    Ok(true)
}

fn changed(flow: &mut Flow<'_>) {
    flow.effects.prints = true;
    flow.effects.devices = true;
    flow.effects.board = true;
}

/// The job is about to be given to the printer's agent.
///
/// # Errors
/// [`Refusal::AlreadyDone`] when it went to another printer meanwhile, or is closed: then it must not be sent.
pub fn sent(flow: &mut Flow<'_>, job: &PrintJobId, printer: &DeviceId) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    fence::may_print(flow)?;
    let found = find(flow, job)?;
    if found.printer != *printer || found.state.is_closed() {
        return Err(Refusal::AlreadyDone { what: format!("print_{}", found.state.word()) }.into());
    }
    if found.state == PrintState::Queued {
        prints::set_state(flow.tx, found.job, PrintState::Sent, flow.now)?;
    }
    Ok(Answer::Done)
}

/// The printer's word about a job. After a job is closed no word changes it.
///
/// # Errors
/// [`Refusal::Unknown`] for a job that is not here.
pub fn outcome(flow: &mut Flow<'_>, job: &PrintJobId, outcome: PrintOutcome) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let found = find(flow, job)?;
    let (state, word) = match outcome {
        PrintOutcome::Done => (PrintState::Done, "label_printed"),
        PrintOutcome::SentUnconfirmed => (PrintState::SentUnconfirmed, "label_unconfirmed"),
        PrintOutcome::InDoubt => (PrintState::InDoubt, "label_in_doubt"),
        PrintOutcome::Rejected => (PrintState::Rejected, "label_rejected"),
    };
    if found.state.is_closed() || found.state == state {
        return Ok(Answer::Done);
    }
    prints::set_state(flow.tx, found.job, state, flow.now)?;
    if let Some(order) = found.order {
        moments::note(flow, &order, word, &format!("{} printer={}", found.what, found.printer))?;
    }
    changed(flow);
    Ok(Answer::Done)
}

/// A person says whether a label came out. If not, it is printed again and says DUPLICATE.
///
/// # Errors
/// [`Refusal::AlreadyDone`] when nobody has to decide about it.
pub fn resolve(flow: &mut Flow<'_>, job: &PrintJobId, printed: bool) -> Result<Answer, Stop> {
    flow.only(&[Role::Picker, Role::Receiver, Role::Manager])?;
    let found = find(flow, job)?;
    if !printed {
        fence::may_print(flow)?;
    }
    if !found.state.needs_a_person() {
        return Err(Refusal::AlreadyDone { what: format!("print_{}", found.state.word()) }.into());
    }
    let state = if printed { PrintState::Done } else { PrintState::Replaced };
    prints::set_state(flow.tx, found.job, state, flow.now)?;
    prints::set_resolved_by(flow.tx, found.job, &flow.actor.person)?;
    if let Some(order) = found.order {
        let word = if printed { "label_confirmed" } else { "label_repeated" };
        moments::note(flow, &order, word, &found.what)?;
    }
    if !printed {
        let again = PrintJob {
            job: derive::print_job(&flow.id, flow.now, &found.what),
            label: found.label.clone().marked(true),
            state: PrintState::Queued,
            created_at: flow.now,
            changed_at: flow.now,
            again_of: Some(found.job),
            ..found
        };
        prints::insert(flow.tx, &again)?;
    }
    changed(flow);
    Ok(Answer::Done)
}

/// All labels of a packed order once more, marked DUPLICATE.
///
/// # Errors
/// [`Refusal::AlreadyDone`] when the order has no bags.
pub fn reprint(flow: &mut Flow<'_>, order: &OrderId) -> Result<Answer, Stop> {
    flow.only(&[Role::Picker, Role::Receiver, Role::Manager])?;
    fence::may_print(flow)?;
    let row = moments::order(flow, order)?;
    let bags = bags::of(flow.tx, row.order)?;
    if bags.is_empty() {
        return Err(Refusal::AlreadyDone { what: "no_bags_yet".to_owned() }.into());
    }
    let lines = pick_gaps::lines(flow.tx, row.order)?.len();
    moments::tell(flow, &row.order, "reprint", &[("bags", &bags.len()), ("lines", &lines)])?;
    let before = prints::of_order(flow.tx, row.order)?;
    labels(flow, &row, &bags, Some(&before))?;
    Ok(Answer::Done)
}

/// A printer's state changed: jobs that were never sent to one that is down go to another of its kind that works.
///
/// # Errors
/// A fault of the database.
pub fn fail_over(flow: &mut Flow<'_>, printer: &DeviceId) -> Result<(), Stop> {
    flow.effects.prints = true;
    if works(flow, printer)? {
        return Ok(());
    }
    for job in prints::open_of(flow.tx, printer)?.into_iter().filter(|job| job.state == PrintState::Queued) {
        let others = prints::printers(flow.tx, driver_of(&job.label))?;
        let Some(other) = others.into_iter().next().filter(|other| other != printer) else { continue };
        if !works(flow, &other)? {
            continue;
        }
        prints::move_to(flow.tx, job.job, &other, flow.now)?;
        if let Some(order) = job.order {
            let moved = format!("{} from={printer} to={other}", job.what);
            moments::note(flow, &order, "label_moved", &moved)?;
        }
        changed(flow);
    }
    Ok(())
}

fn works(flow: &Flow<'_>, printer: &DeviceId) -> Result<bool, Stop> {
    let state = devices::state(flow.tx, printer)?;
    Ok(state.is_some_and(|(state, _)| match state.health {
        Health::Ok | Health::Warn => true,
        Health::Down | Health::Lost => false,
    }))
}

fn find(flow: &Flow<'_>, job: &PrintJobId) -> Result<PrintJob, Stop> {
    Ok(prints::find(flow.tx, *job)?.ok_or_else(|| Refusal::unknown("print_job", job))?)
}
