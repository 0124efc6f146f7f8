//! A fixed scanner read something: a badge takes the scanner, a rider's badge and bags make a handover, a bag from the
//! scale is weighed, a weighed bag of a counter order goes to its customer, and everything else is a pick of the order that the scanner's person has in hand.

use super::{Flow, Stop, handover, papers, people, ready, scan, weigh};
use crate::answer::Answer;
use crate::db::people as staff;
use crate::db::pick_assign;
use crate::refusal::Refusal;
use device_drivers::scanner::{Code, Scan};
use model::{Actor, DeviceId, Role};

/// The line that no screen shows: any open line fits.
const NO_LINE: u8 = u8::MAX;

/// See the file.
///
/// # Errors
/// [`Refusal::NotLoggedIn`] at a scanner that nobody took, else what is wrong with the scan.
pub fn scanned(flow: &mut Flow<'_>, scanner: &DeviceId, code: &Code) -> Result<Answer, Stop> {
    flow.only(&[Role::System])?;
    let read = scan::read(code)?;
    if let Scan::Badge(person) = &read {
        return people::badge(flow, scanner, person);
    }
    let held_by = staff::badge_at(flow.tx, scanner)?.ok_or(Refusal::NotLoggedIn)?;
    let actor = Actor { person: held_by.person, device: scanner.clone(), role: held_by.role };
    let mut flow = flow.acting_as(&actor);
    match read {
        Scan::Rider(code) => handover::rider_came(&mut flow, scanner, &code),
        Scan::Bag(bag) => match handover::bag_scanned(&mut flow, scanner, &bag)? {
            Some(answer) => Ok(answer),
            None => match weigh::scanned(&mut flow, scanner, &bag) {
                Err(Stop::Refused(Refusal::NoWeight)) => handover::to_customer(&mut flow, scanner, &bag),
                done => done,
            },
        },
        Scan::Order(order) => papers::scanned_back(&mut flow, &order),
        Scan::Badge(_) | Scan::Ean(_) | Scan::Gs1(_) | Scan::Lot(_) | Scan::Shelf(_) | Scan::Other(_) => {
            pick(&mut flow, code)
        }
    }
}

/// A pick of whatever order the person has in hand. The person hears the answer at the handheld ([`crate::mqtt`]): a fixed
/// scanner has no screen.
fn pick(flow: &mut Flow<'_>, code: &Code) -> Result<Answer, Stop> {
    let person = flow.actor.person.clone();
    let Some((order, _)) = pick_assign::of_person(flow.tx, &person)? else {
        return Err(Refusal::NotYourOrder { person: None }.into());
    };
    flow.only(&[Role::Picker, Role::Manager])?;
    let row = ready::in_hand(flow, &order)?;
    scan::piece(flow, &row, code, NO_LINE)
}
