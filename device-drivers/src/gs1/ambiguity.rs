//! Codes that can be read in two ways because separators got lost on their way (a keyboard wedge drops GS).
//! Says so; never picks one (DEVICES, Scanning rules).

use super::ai::Ai;
use super::dictionary::{self, Ends};
use super::fault::{Gs1Error, Gs1Fault};
use super::lint::Linter;
use super::message::{GS, Message};
use super::parse;
use super::reading::Reading;

/// What is known of a scanner's separators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Separators {
    /// It sends them: what it sends is what stands there.
    Trusted,
    /// Nobody knows: data that hold a second element which proves itself (a date, a check digit, a measure) are ambiguous.
    #[default]
    Unknown,
    /// It loses them: data that could hold any second element are ambiguous.
    Lost,
}

/// Asks whether a message, read from `data` without its AIM identifier, can be read in another way.
///
/// # Errors
/// [`Gs1Fault::Ambiguous`] at the place where the other element would begin.
pub fn check(
    data: &[u8],
    message: &Message,
    separators: Separators,
    reading: &Reading<'_>,
) -> Result<(), Gs1Error> {
    // One separator that came through shows that they do; one in front is only FNC1.
    let came_through = data.iter().skip(1).any(|byte| *byte == GS);
    if separators == Separators::Trusted || came_through {
        return Ok(());
    }
    let Some(last) = message.elements().last().filter(|last| last.entry().ends == Ends::Separator) else {
        return Ok(());
    };
    let (ai, value) = (last.ai(), last.value().as_bytes());
    let read: Vec<Ai> = message.elements().iter().map(super::message::Element::ai).collect();
    let hidden = (last.entry().min().max(1)..value.len()).find_map(|at| {
        let (kept, tail) = value.split_at_checked(at)?;
        let whole = parse::checked(ai, last.entry(), kept, reading).is_ok_and(|used| used == kept.len());
        let swallowed = second(tail, &read, separators, reading).filter(|_| whole)?;
        Some((at, swallowed))
    });
    match hidden {
        None => Ok(()),
        Some((at, swallowed)) => {
            let start = data.len() - value.len() + at;
            Err(Gs1Error::new(start, value.len() - at, Gs1Fault::Ambiguous { ai, swallowed }))
        }
    }
}

/// The identifier that `tail` begins with, if `tail` can be read to its end and says nothing that was said before.
fn second(tail: &[u8], read: &[Ai], separators: Separators, reading: &Reading<'_>) -> Option<Ai> {
    let (ai, entry) = dictionary::at_start(tail, reading.unknown_ais)?;
    if read.contains(&ai) {
        return None;
    }
    let proves_itself =
        entry.ends == Ends::Predefined && (ai.length() == 4 || entry.parts.iter().any(is_sure));
    if !proves_itself && separators != Separators::Lost {
        return None;
    }
    let others = parse::element_string(tail, GS, reading).ok()?;
    let new = others.elements().iter().all(|element| !read.contains(&element.ai()));
    new.then_some(ai)
}

/// A part that few strings of signs pass by chance.
fn is_sure(part: &dictionary::Part) -> bool {
    part.linters.iter().any(|linter| matches!(linter, Linter::Csum | Linter::Yymmd0 | Linter::Yymmdd))
}
