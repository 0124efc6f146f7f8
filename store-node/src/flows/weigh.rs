//! A packed bag on the scale (REQ-32): it must weigh what its goods weigh.

use super::{Flow, Stop, moments};
use crate::answer::Answer;
use crate::db::{bags, devices};
use crate::refusal::Refusal;
use model::mqtt::DeviceClass;
use model::time::SECOND_MS;
use model::{BagId, DeviceId, Grams, Role, Timestamp};
use std::fmt::Display;
use store_core::pick::pace;

/// A weight is the bag's when the bag's label is scanned within this time.
const FRESH_MS: i64 = 30 * SECOND_MS;

/// Holds a stable weight against what the bag should weigh.
///
/// # Errors
/// [`Refusal::WeightMismatch`] with the difference; the bag stays unweighed.
pub fn weigh(flow: &mut Flow<'_>, bag: &BagId, grams: Grams) -> Result<Answer, Stop> {
    weighed_on(flow, bag, grams, true)
}

/// The same, on a scale that may price goods or may not; the order's history says which.
fn weighed_on(flow: &mut Flow<'_>, bag: &BagId, grams: Grams, verified: bool) -> Result<Answer, Stop> {
    flow.only(&[Role::Picker, Role::Receiver, Role::Manager])?;
    let found = bags::find(flow.tx, bag)?.ok_or_else(|| Refusal::unknown("bag", bag))?;
    if found.handed_over_at.is_some() {
        return Err(Refusal::AlreadyDone { what: "bag_gone".to_owned() }.into());
    }
    if let Some(off_g) = pace::weight_off(found.weight, grams) {
        let mismatch = Refusal::WeightMismatch {
            bag: bag.to_string(),
            expected_g: found.weight.0,
            weighed_g: grams.0,
            off_g,
        };
        moments::tell(
            flow,
            &found.order,
            "weight_mismatch",
            &[("bag", bag), ("grams", &format!("{off_g:+}"))],
        )?;
        return Err(Stop::RefusedAndKept(mismatch));
    }
    bags::set_weighed(flow.tx, bag, grams)?;
    let mut named: Vec<(&str, &dyn Display)> = vec![("bag", bag), ("grams", &grams.0)];
    if !verified {
        named.push(("stamp", &"expired"));
    }
    moments::tell(flow, &found.order, "weighed", &named)?;
    Ok(Answer::Done)
}

/// A bag's label was scanned at a packing station: the newest stable weight is its.
///
/// # Errors
/// [`Refusal::NoWeight`] when no scale had a stable weight within the last 30 s.
pub fn scanned(flow: &mut Flow<'_>, scanner: &DeviceId, bag: &BagId) -> Result<Answer, Stop> {
    let (at, grams, scale) = newest(flow, scanner)?.ok_or(Refusal::NoWeight)?;
    weighed_on(flow, bag, grams, may_price(flow, &scale, at))
}

/// The newest stable weight of the scales near a device, not older than 30 s.
///
/// # Errors
/// A fault of the database.
pub fn newest(flow: &Flow<'_>, device: &DeviceId) -> Result<Option<(Timestamp, Grams, DeviceId)>, Stop> {
    let mut newest = None;
    for scale in scales_near(flow, device)? {
        let weight = devices::last_weight(flow.tx, &scale)?;
        let fresh = weight.filter(|(at, _)| flow.now.since_ms(*at) <= FRESH_MS);
        newest = newest.max(fresh.map(|(at, grams)| (at, grams, scale)));
    }
    Ok(newest)
}

/// Whether a scale may price goods today: its verification stamp, where the store knows one, has not run out (REQ-44).
/// Its weights still check bags.
#[must_use]
pub fn may_price(flow: &Flow<'_>, scale: &DeviceId, at: Timestamp) -> bool {
    let until = flow.setup.trade.stamps.get(scale);
    until.is_none_or(|until| flow.setup.calendar.date(at) <= *until)
}

/// The scales that stand where a scanner stands; a device without a zone may stand anywhere.
///
/// # Errors
/// A fault of the database.
pub fn scales_near(flow: &Flow<'_>, scanner: &DeviceId) -> Result<Vec<DeviceId>, Stop> {
    let zone = devices::find(flow.tx, scanner)?.and_then(|device| device.zone);
    let scales = devices::of_class(flow.tx, DeviceClass::Scale)?;
    let near =
        scales.into_iter().filter(|scale| zone.is_none() || scale.zone.is_none() || scale.zone == zone);
    Ok(near.map(|scale| scale.device).collect())
}
