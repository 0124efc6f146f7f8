//! `store-node import`: prints what the library found and did. Decides nothing.

use crate::cli::{FileFormat, Import};
use crate::load;
use files::Format;
use std::process::ExitCode;
use store_node::answer::Answer;
use store_node::import::{self, Report, Wish};
use store_node::manifest;

/// `store-node import`. Exit code 2: some rows are bad.
pub fn bring_in(file: &Import) -> anyhow::Result<ExitCode> {
    let (Import::Catalogue { how, .. } | Import::Gtins { how, .. }) = file;
    let manifest = load(&how.config)?;
    let data_dir = manifest.node.data_dir.as_path();
    let (setup, wish) = (manifest::setup(&manifest)?, Wish { dry_run: how.dry_run, strict: how.strict });
    let report = match file {
        Import::Catalogue { file, format: FileFormat::Zepto, .. } => {
            import::catalogue(data_dir, setup, file, Format::Zepto, wish)?
        }
        Import::Catalogue { file, format: FileFormat::Csv, .. } => {
            import::catalogue(data_dir, setup, file, Format::Csv, wish)?
        }
        Import::Gtins { file, .. } => import::gtins(data_dir, setup, file, wish)?,
    };
    print_report(&report);
    Ok(if report.bad.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

fn print_report(report: &Report) {
    for bad in &report.bad {
        println!("line {}: {} ({})", bad.line, bad.reason, bad.hint);
    }
    for note in &report.notes {
        println!("note: {note}");
    }
    let (good, bad) = (report.good, report.bad.len());
    let Some(Answer::Imported { changed, homeless, opening, .. }) = report.entered else {
        println!("{good} good, {bad} bad: nothing entered");
        return;
    };
    if homeless > 0 {
        println!("note: {homeless} products have no bin: store.toml has no zone for their temperature");
    }
    if opening.left_out > 0 {
        println!("note: the stock of {} of them was left out", opening.left_out);
    }
    if opening.known > 0 {
        let what = "whose stock in the file was not entered, since the store has had them: count them at the console";
        println!("note: {} products {what}", opening.known);
    }
    if changed == 0 && opening.lots == 0 {
        println!("{good} good, {bad} bad: already entered, nothing changed");
    } else {
        println!(
            "{good} good, {bad} bad: entered; {changed} new or changed, {} lots of opening stock",
            opening.lots
        );
    }
}
