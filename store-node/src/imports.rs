//! `store-node import`: the file first, by itself; then the store. Prints what the library found and did. Decides nothing.

use crate::cli::{FileFormat, How, Import, STORE_FILE};
use crate::load_from;
use files::Format;
use std::path::Path;
use std::process::ExitCode;
use store_node::answer::{Answer, Opening};
use store_node::import::{self, Judged, Unasked, Verdict};
use store_node::manifest;

/// `store-node import`. Exit code 2: some rows are bad; 1: the store refuses the file.
pub fn bring_in(file: &Import) -> anyhow::Result<ExitCode> {
    let (judged, how, things) = match file {
        Import::Catalogue { file, format: FileFormat::Zepto, how } => {
            (import::catalogue(file, Format::Zepto)?, how, "products")
        }
        Import::Catalogue { file, format: FileFormat::Csv, how } => {
            (import::catalogue(file, Format::Csv)?, how, "products")
        }
        Import::Gtins { file, how } => (import::gtins(file)?, how, "barcodes"),
    };
    print_findings(&judged);
    let said =
        format!("{} good rows ({} {things}), {} bad rows", judged.good, judged.things, judged.bad.len());
    let code = if judged.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) };
    if !judged.can_enter(how.strict) {
        println!("{said}: nothing entered");
        return Ok(code);
    }
    if how.dry_run {
        return judge(judged, how, &said, code);
    }
    let manifest = load_from(how.config.as_deref().unwrap_or_else(|| Path::new(STORE_FILE)))?;
    let answer = judged.enter(&manifest.node.data_dir, manifest::setup(&manifest)?)?;
    print_answer(&said, &answer, &ENTERED);
    Ok(code)
}

/// What a dry run says after the rows.
fn judge(judged: Judged, how: &How, said: &str, code: ExitCode) -> anyhow::Result<ExitCode> {
    let nothing = format!("{said}: nothing entered");
    let file = match &how.config {
        Some(file) => file.as_path(),
        None if Path::new(STORE_FILE).exists() => Path::new(STORE_FILE),
        None => {
            println!(
                "note: no --config and no {STORE_FILE} here: the file was judged by itself, no store was asked"
            );
            println!("{nothing}");
            return Ok(code);
        }
    };
    let manifest = load_from(file)?;
    match judged.on_trial(&manifest.node.data_dir, manifest::setup(&manifest)?)? {
        Verdict::Enters(answer) => print_answer(said, &answer, &WOULD),
        Verdict::Refuses(why) => {
            println!("{nothing}; the store would refuse it: {why}");
            return Ok(ExitCode::FAILURE);
        }
        Verdict::Unasked(why) => {
            println!("note: the file was judged by itself: {}", reason(why));
            println!("{nothing}");
        }
    }
    Ok(code)
}

const fn reason(why: Unasked) -> &'static str {
    match why {
        Unasked::New => "this store has no database yet",
        Unasked::Running => "the store's node is running; stop it to hear what the store would say",
        Unasked::OtherVersion => {
            "the store's database is of another version; start its node once, and stop it"
        }
    }
}

fn print_findings(judged: &Judged) {
    for bad in &judged.bad {
        println!("line {}: {} ({})", bad.line, bad.reason, bad.hint);
    }
    for note in &judged.notes {
        println!("note: {note}");
    }
}

/// The verbs of what was done, and of what would be.
struct Verbs {
    had: &'static str,
    left_out: &'static str,
    known: &'static str,
    nothing: &'static str,
    enters: &'static str,
}

const ENTERED: Verbs = Verbs {
    had: "have",
    left_out: "was left out",
    known: "was not entered",
    nothing: "already entered, nothing changed",
    enters: "entered;",
};

const WOULD: Verbs = Verbs {
    had: "would have",
    left_out: "would be left out",
    known: "would not be entered",
    nothing: "nothing entered; the store has all of it already",
    enters: "nothing entered; the store would enter",
};

fn print_answer(said: &str, answer: &Answer, verbs: &Verbs) {
    let Answer::Imported { changed, homeless, opening, .. } = answer else {
        println!("{said}: {}", verbs.nothing);
        return;
    };
    let Opening { left_out, known, lots } = opening;
    if *homeless > 0 {
        println!(
            "note: {homeless} products {} no bin: store.toml has no zone for their temperature",
            verbs.had
        );
    }
    if *left_out > 0 {
        println!("note: the stock of {left_out} of them {}", verbs.left_out);
    }
    if *known > 0 {
        println!(
            "note: {known} products whose stock in the file {}, since the store has had them: count them at the console",
            verbs.known
        );
    }
    if *changed == 0 && *lots == 0 {
        println!("{said}: {}", verbs.nothing);
    } else {
        println!("{said}: {} {changed} new or changed, {lots} lots of opening stock", verbs.enters);
    }
}
