//! Which identifiers go together: required, excluded and repeated ones, over the whole message (REQ-41).
//! GS1 wants these asked of everything that is on one item, so reading one code does not ask them.

use super::ai::Ai;
use super::fault::{Gs1Error, Gs1Fault};
use super::message::{Element, Message};

/// One rule over a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// No identifier that another one excludes.
    Exclusive,
    /// Every identifier has what it needs beside it.
    Required,
    /// Repeated identifiers say the same.
    Repeated,
    /// A digital signature covers keys with a serial number only.
    SignedKey,
}

impl Rule {
    /// All rules, in the order in which they are asked.
    pub const ALL: [Rule; 4] = [Rule::Exclusive, Rule::Required, Rule::Repeated, Rule::SignedKey];

    /// Asks one rule.
    ///
    /// # Errors
    /// The first element that breaks it; the place is its number in the message, counted from 0.
    pub fn check(self, message: &Message) -> Result<(), Gs1Error> {
        for (place, element) in message.elements().iter().enumerate() {
            let fault = match self {
                Rule::Exclusive => exclusive(message, element),
                Rule::Required => required(message, element),
                Rule::Repeated => repeated(message, element),
                Rule::SignedKey => signed_key(message, element),
            };
            if let Some(fault) = fault {
                return Err(Gs1Error::new(place, 1, fault));
            }
        }
        Ok(())
    }
}

/// Asks all rules.
///
/// # Errors
/// The first rule that is broken.
pub fn check(message: &Message) -> Result<(), Gs1Error> {
    Rule::ALL.into_iter().try_for_each(|rule| rule.check(message))
}

/// The first identifier of the message that is `pattern` (`n` = any digit) and not `other`.
#[must_use]
pub fn find(message: &Message, pattern: &str, other: Option<Ai>) -> Option<Ai> {
    let mut ais = message.elements().iter().map(Element::ai);
    ais.find(|ai| ai.matches(pattern) && Some(*ai) != other)
}

fn exclusive(message: &Message, element: &Element) -> Option<Gs1Fault> {
    let ai = element.ai();
    let other = element.entry().excludes.iter().find_map(|pattern| find(message, pattern, Some(ai)))?;
    Some(Gs1Fault::Exclusive { ai, other })
}

fn required(message: &Message, element: &Element) -> Option<Gs1Fault> {
    let ai = element.ai();
    let met = |group: &&[&str]| group.iter().all(|pattern| find(message, pattern, Some(ai)).is_some());
    let unmet = element.entry().requires.iter().find(|groups| !groups.iter().any(met))?;
    let wanted = unmet.iter().map(|group| group.join("+")).collect::<Vec<_>>().join(", ");
    Some(Gs1Fault::Requires { ai, wanted })
}

fn repeated(message: &Message, element: &Element) -> Option<Gs1Fault> {
    let first = message.value(element.ai())?;
    (first != element.value()).then(|| Gs1Fault::Differs { ai: element.ai() })
}

/// GDTI, GCN and GRAI: keys whose serial number may be missing.
const WITH_SERIAL: [&str; 3] = ["253", "255", "8003"];

fn signed_key(message: &Message, element: &Element) -> Option<Gs1Fault> {
    find(message, "8030", None)?;
    let bare = WITH_SERIAL.contains(&element.ai().as_str()) && element.value().len() == element.entry().min();
    bare.then(|| Gs1Fault::NoSerial { ai: element.ai() })
}
