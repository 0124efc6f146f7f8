//! An inspection as lines of text, the widest column last, so that a narrow terminal cuts the least important.

use super::{Difference, DocumentState, Inspection};
use model::order::Owner;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Which parts a person wants at length.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// Documents whose name contains this are printed entry by entry; empty: none.
    pub document: Option<String>,
    /// Every SKU's rights, not only the sums.
    pub rights: bool,
}

/// The inspection in words.
pub fn text(all: &Inspection, wish: &Wish) -> String {
    let mut out = String::new();
    let side = match all.side {
        Owner::Hub => "the hub",
        Owner::Store => "the store",
    };
    let _ = writeln!(
        out,
        "{} at {side}: store epoch {}, hub generation {}",
        all.store, all.epoch.0, all.generation.0
    );
    log(&mut out, all);
    documents(&mut out, all, wish);
    quotas(&mut out, all, wish);
    quarantine(&mut out, all);
    out
}

fn log(out: &mut String, all: &Inspection) {
    let log = &all.log;
    let open = log.sent.saturating_sub(log.acked);
    let _ = writeln!(
        out,
        "\nlog: {} sent, {} acknowledged, {open} waiting; {} received; {} facts in no record yet",
        log.sent, log.acked, log.received, log.facts_waiting
    );
    for record in &log.records {
        let _ =
            writeln!(out, "  {:>8}  {:>7} B  {:<28} {}", record.seq, record.bytes, record.doc, record.says);
    }
    let shown = u64::try_from(log.records.len()).unwrap_or(u64::MAX);
    if open > shown && shown > 0 {
        let _ = writeln!(out, "  ... and {} more", open - shown);
    }
}

fn documents(out: &mut String, all: &Inspection, wish: &Wish) {
    let bytes: usize = all.documents.iter().map(|doc| doc.bytes).sum();
    let _ = writeln!(out, "\ndocuments: {}, {bytes} bytes at rest", all.documents.len());
    for doc in &all.documents {
        let _ = writeln!(
            out,
            "  {:<28} {:>6} entries {:>5} chunks {:>9} B  heads {}{}",
            doc.name,
            doc.entries.len(),
            doc.chunks,
            doc.bytes,
            if doc.heads.is_empty() { "-" } else { &doc.heads },
            trouble(doc)
        );
        if wish.document.as_ref().is_some_and(|part| doc.name.contains(part)) {
            for (key, says) in &doc.entries {
                let _ = writeln!(out, "    {key}  {says}");
            }
        }
    }
}

fn trouble(doc: &DocumentState) -> String {
    match (&doc.fault, doc.waiting) {
        (Some(fault), _) => format!("  UNREADABLE: {fault}"),
        (None, 0) => String::new(),
        (None, waiting) => format!("  {waiting} changes wait for a missing one"),
    }
}

/// What the rights under one pair (E, G) add up to.
#[derive(Default)]
struct Sum {
    skus: u64,
    granted: u64,
    returned: u64,
    sold: u64,
    open: u64,
}

fn quotas(out: &mut String, all: &Inspection, wish: &Wish) {
    let _ = writeln!(out, "\nquotas:");
    let mut sums: BTreeMap<(u32, u32), Sum> = BTreeMap::new();
    for rights in &all.quotas {
        let sum = sums.entry((rights.epoch.0, rights.generation.0)).or_default();
        sum.skus += 1;
        sum.granted += rights.granted;
        sum.returned += rights.returned;
        sum.sold += rights.sold;
        sum.open += rights.outstanding();
    }
    if sums.is_empty() {
        let _ = writeln!(out, "  none");
    }
    for ((epoch, generation), Sum { skus, granted, returned, sold, open }) in sums {
        let now = epoch == all.epoch.0 && generation == all.generation.0;
        let _ = writeln!(
            out,
            "  E{epoch} G{generation}{}: {skus} SKUs, granted {granted}, returned {returned}, sold {sold}, outstanding {open}",
            if now { "" } else { " (of earlier terms: blocked)" }
        );
    }
    if wish.rights {
        for rights in &all.quotas {
            let _ = writeln!(
                out,
                "    E{} G{}  {:<16} granted {:>5}  returned {:>5}  sold {:>5}  outstanding {:>5}",
                rights.epoch.0,
                rights.generation.0,
                rights.sku,
                rights.granted,
                rights.returned,
                rights.sold,
                rights.outstanding()
            );
        }
    }
}

fn quarantine(out: &mut String, all: &Inspection) {
    let _ = writeln!(out, "\nquarantine: {}", all.quarantine.len());
    for row in &all.quarantine {
        let _ = writeln!(out, "  {}  {:<14} {:<28} {}", row.at, row.origin, row.doc, row.reason);
    }
}

/// Differences in words; `here` and `there` are what the two are called.
pub fn differences_text(differences: &[Difference], here: &str, there: &str) -> String {
    if differences.is_empty() {
        return format!("{here} and {there} hold the same\n");
    }
    let mut out = format!("{} differences\n", differences.len());
    for one in differences {
        let _ = writeln!(out, "  {}\n    {here}: {}\n    {there}: {}", one.of, one.here, one.there);
    }
    out
}
