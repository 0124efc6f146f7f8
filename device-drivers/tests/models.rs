//! Every paper of the house, in both languages, on every model of the printer database, through the strict reader: nothing
//! the model lacks, nothing too wide, its own codes and its knife and drawer where it has them. Of models that can do the
//! same, one's papers are read by strangers' readers and by our scanner drivers: pictures by rows, by columns, by needles,
//! and codes that the printer draws itself.

mod paper;
mod samples;

use device_drivers::printer::profile::{Cut, Picture};
use device_drivers::printer::sheet::Tongue;
use device_drivers::printer::{Block, Profile, RenderError, escpos};
use paper::Paper;
use samples::{
    BAG, BARS, DATA_MATRIX, Found, MATRIX, QR, Sample, on_every_core, samples, says_what_was_printed, zbar,
    zxing,
};

/// Papers of the house.
const PAPERS: usize = 8;
/// Rows of the longest paper that sticks, dots of an eighth of a millimetre: 120 mm.
const LABEL_ROWS: usize = 120 * 8;
/// Models that take no pictures: displays for customers.
const DISPLAYS: usize = 3;

/// Both languages' papers.
fn papers() -> Vec<(Tongue, Sample)> {
    let in_tongue = |tongue| samples(tongue).into_iter().map(move |sample| (tongue, sample));
    [Tongue::English, Tongue::Hindi].into_iter().flat_map(in_tongue).collect()
}

/// One paper on one model.
type Work<'a> = (&'a Profile, Tongue, &'a Sample);

fn every<'a>(models: &[&'a Profile], papers: &'a [(Tongue, Sample)]) -> Vec<Work<'a>> {
    let of = |model: &&'a Profile| {
        let model = *model;
        papers.iter().map(move |(tongue, sample)| (model, *tongue, sample))
    };
    models.iter().flat_map(of).collect()
}

fn name((model, tongue, sample): &Work<'_>) -> String {
    format!("{} {tongue:?} on {}", sample.name, model.name)
}

/// The paper as it comes out of the model, or why it is not printed.
fn printed(work: &Work<'_>) -> Result<Paper, RenderError> {
    let (model, _, sample) = work;
    let bytes = escpos::render_for(&sample.document, model)?;
    Ok(paper::draw(&bytes, model).unwrap_or_else(|fault| panic_at(work, &fault)))
}

#[expect(clippy::panic, reason = "the one way in which a paper fails")]
fn panic_at(work: &Work<'_>, fault: &str) -> ! {
    panic!("{}: {fault}", name(work))
}

/// Whether a paper has bars on this model: it draws them, and there is room for them at two dots a module.
fn has_bars(model: &Profile, sample: &Sample) -> bool {
    let asked = sample.document.blocks.iter().find_map(|block| match block {
        Block::Gs1Code128 { digits, tail } => Some(symbols(&format!("{digits}{tail}"))),
        Block::Text { .. }
        | Block::Pair { .. }
        | Block::Qr { .. }
        | Block::Gs1Matrix { .. }
        | Block::Rule
        | Block::Drawer => None,
    });
    model.bars && asked.is_some_and(|symbols| model.dots as usize >= 2 * (11 * symbols + 13))
}

/// Symbols of 11 modules in a Code 128: start, FNC1, digits in pairs, a change of code set, the other signs, check digit.
fn symbols(text: &str) -> usize {
    let pairs = text.bytes().take_while(u8::is_ascii_digit).count() / 2;
    let others = text.len() - 2 * pairs;
    2 + pairs + usize::from(others > 0) + others + 1
}

/// What a paper has to do to its printer.
fn is_as_the_model_can(work: &Work<'_>, paper: &Paper) {
    let (model, tongue, sample) = work;
    let name = name(work);
    let said = |word: &str| paper.text.contains(word);
    assert!(said("job 0"), "{name}: the job's number stands there in the printer's own letters");
    assert_eq!(paper.cuts, usize::from(model.cut != Cut::None), "{name}");
    // What sticks on a bag, a crate or a shelf is no longer than that.
    assert!(sample.long || paper.rows.len() <= LABEL_ROWS, "{name}: {} rows", paper.rows.len());
    let opens = sample.document.blocks.contains(&Block::Drawer) && model.drawer;
    assert_eq!(paper.kicks, usize::from(opens), "{name}");

    let uses = |command: &str| paper.commands.contains(command);
    let matrix = sample.code == Some(MATRIX);
    let qr = sample.code == Some(BAG);
    assert_eq!(uses("GS ( k"), qr && model.qr, "{name}");
    assert_eq!(uses("GS k B"), has_bars(model, sample), "{name}");
    // Hindi is drawn; so is a code that the printer cannot draw by itself.
    let drawn = *tongue == Tongue::Hindi || matrix || (qr && !model.qr);
    for (way, command) in
        [(Picture::Raster, "GS v 0"), (Picture::Columns24, "ESC * 24"), (Picture::Columns8, "ESC * 8")]
    {
        let wanted = drawn && model.picture == way;
        assert!(uses(command) == wanted, "{name}: {command} {:?}", paper.commands);
    }
    let own: Vec<&str> = paper.codes.iter().map(String::as_str).collect();
    let wanted: &[&str] = match (qr && model.qr, has_bars(model, sample)) {
        (true, _) => &[BAG],
        (false, true) => &[MATRIX],
        (false, false) => &[],
    };
    assert_eq!(own, wanted, "{name}");
}

/// Everything that the bytes of a paper depend on.
fn ability(model: &Profile) -> Profile {
    Profile { name: "", maker: "", ..*model }
}

/// One model of each ability, displays left out.
fn distinct() -> Vec<&'static Profile> {
    let mut models: Vec<&Profile> = Vec::new();
    for model in Profile::ALL.iter().filter(|model| model.picture != Picture::None) {
        if !models.iter().any(|known| ability(known) == ability(model)) {
            models.push(model);
        }
    }
    models
}

/// A display shows what is only words in its own letters, and refuses everything else whole.
fn is_as_a_display_can(work: &Work<'_>) {
    let (_, tongue, sample) = work;
    match printed(work) {
        Ok(paper) => {
            assert_eq!((sample.code, *tongue), (None, Tongue::English), "{}", name(work));
            assert!(paper.text.contains("job 0"), "{}", name(work));
        }
        Err(RenderError::NoPicture(_)) => {}
        Err(fault) => panic_at(work, &fault.to_string()),
    }
}

/// The bytes of a model are those of the first that can do the same, which is looked at closely.
#[test]
fn every_model_gets_its_papers() {
    let papers = papers();
    assert_eq!(papers.len(), 2 * PAPERS);
    let (displays, printers): (Vec<&Profile>, Vec<&Profile>) =
        Profile::ALL.iter().partition(|model| model.picture == Picture::None);
    assert_eq!((displays.len(), printers.len()), (DISPLAYS, Profile::ALL.len() - DISPLAYS));
    every(&displays, &papers).iter().for_each(is_as_a_display_can);
    on_every_core(&papers, |(tongue, sample)| {
        let of = |model: &Profile| {
            let job = escpos::render_for(&sample.document, model);
            job.unwrap_or_else(|fault| panic_at(&(model, *tongue, sample), &fault.to_string()))
        };
        let known: Vec<(&Profile, Vec<u8>)> =
            distinct().into_iter().map(|model| (model, of(model))).collect();
        for model in &printers {
            let first = known.iter().find(|(known, _)| ability(known) == ability(model));
            assert!(first.is_some_and(|(_, bytes)| *bytes == of(model)), "{} on {}", sample.name, model.name);
        }
    });
}

#[test]
fn what_each_kind_of_model_prints_is_what_it_can_and_scans_as_what_was_printed() {
    let (papers, models) = (papers(), distinct());
    for way in [Picture::Raster, Picture::Columns24, Picture::Columns8] {
        assert!(models.iter().any(|model| model.picture == way), "{way:?}");
    }
    assert!(models.iter().any(|model| model.qr) && models.iter().any(|model| !model.qr));
    assert!(models.iter().any(|model| papers.iter().any(|(_, sample)| has_bars(model, sample))));
    let work = every(&models, &papers);
    let folder = tempfile::tempdir().unwrap();
    let missed: Vec<String> = on_every_core(&work, |work| {
        let (model, tongue, sample) = work;
        let paper = printed(work).unwrap_or_else(|fault| panic_at(work, &fault.to_string()));
        is_as_the_model_can(work, &paper);
        let png = paper.png(2);
        let mut read = zbar(&png);
        if sample.code == Some(MATRIX) {
            let file = folder.path().join(format!("{}-{tongue:?}.png", model.name));
            std::fs::write(&file, &png).unwrap();
            // It reads the bars as well; those are asked of the other one.
            let matrices = zxing(&[file]).remove(0).into_iter().filter(|(aim, _)| *aim == DATA_MATRIX);
            read.extend(matrices);
        }
        read.iter().for_each(|code| says_what_was_printed(code, sample.code, &name(work)));
        missing(work, &read)
    })
    .into_iter()
    .flatten()
    .collect();
    assert!(missed.is_empty(), "{missed:#?}");
}

/// What of a paper's codes no reader found, or found where none is.
fn missing(work: &Work<'_>, read: &[Found]) -> Option<String> {
    let (model, _, sample) = work;
    let printed: Vec<&str> = match sample.code {
        Some(MATRIX) => has_bars(model, sample).then_some(BARS).into_iter().chain([DATA_MATRIX]).collect(),
        Some(_) => vec![QR],
        None => vec![],
    };
    let kinds: Vec<&str> = read.iter().map(|(aim, _)| *aim).collect();
    (kinds != printed).then(|| format!("{}: {read:?} of {printed:?}", name(work)))
}
