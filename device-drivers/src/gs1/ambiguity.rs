//! Codes that can be read in two ways because separators got lost on their way (a keyboard wedge drops GS).
//! Says so; never picks one (DEVICES, Scanning rules).

pub use model::mqtt::Separators;

use super::ai::Ai;
use super::dictionary::{self, Ends};
use super::fault::{Gs1Error, Gs1Fault};
use super::lint::Linter;
use super::message::{Element, GS, Message};
use super::parse;
use super::reading::Reading;
use super::rules::Rule;

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
    let hidden = (last.entry().min().max(1)..value.len()).find_map(|at| {
        let (kept, tail) = value.split_at_checked(at)?;
        let whole = parse::checked(ai, last.entry(), kept, reading).is_ok_and(|used| used == kept.len());
        let (swallowed, others) = second(tail, separators, reading).filter(|_| whole)?;
        let before = message.elements().split_last().map_or(&[][..], |(_, before)| before);
        let all = [before, &[Element::new(ai, last.entry(), kept)], others.elements()].concat();
        could_be_meant(&Message::from_elements(all), separators).then_some((at, swallowed))
    });
    match hidden {
        None => Ok(()),
        Some((at, swallowed)) => {
            let start = data.len() - value.len() + at;
            Err(Gs1Error::new(start, value.len() - at, Gs1Fault::Ambiguous { ai, swallowed }))
        }
    }
}

/// The message that `tail` is, if it can be read to its end, and the identifier that it begins with.
fn second(tail: &[u8], separators: Separators, reading: &Reading<'_>) -> Option<(Ai, Message)> {
    let (ai, entry) = dictionary::at_start(tail, reading.unknown_ais)?;
    let proves_itself =
        entry.ends == Ends::Predefined && (ai.length() == 4 || entry.parts.iter().any(is_sure));
    if !proves_itself && separators != Separators::Lost {
        return None;
    }
    Some((ai, parse::element_string(tail, GS, reading).ok()?))
}

/// Whether somebody would write that: nobody says a thing twice in one code. A scanner that loses separators is not
/// given that benefit as long as both times the same is said.
fn could_be_meant(message: &Message, separators: Separators) -> bool {
    match separators {
        Separators::Lost => Rule::Repeated.check(message).is_ok(),
        Separators::Trusted | Separators::Unknown => {
            let mut ais: Vec<Ai> = message.elements().iter().map(Element::ai).collect();
            ais.sort_unstable();
            ais.is_sorted_by(|a, b| a < b)
        }
    }
}

/// A part that few strings of signs pass by chance.
fn is_sure(part: &dictionary::Part) -> bool {
    part.linters.iter().any(|linter| matches!(linter, Linter::Csum | Linter::Yymmd0 | Linter::Yymmdd))
}
