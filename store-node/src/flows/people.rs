//! Who works where: PIN sessions, badges at fixed scanners, handhelds' tokens (REQ-3; ARCHITECTURE, decision 7).

use super::{Flow, Stop, ready, short_enough};
use crate::answer::Answer;
use crate::command::Login;
use crate::db::{devices, people};
use crate::refusal::Refusal;
use model::mqtt::DeviceClass;
use model::{DeviceId, PersonId, Role, Timestamp};

/// A PIN login. Ends the session that was at this handheld, and the person's sessions at other handhelds: a pick goes on
/// where the person is (REQ-97).
///
/// # Errors
/// [`Refusal::WrongPin`] counts; after too many [`Refusal::PinLocked`].
pub fn login(flow: &mut Flow<'_>, login: &Login) -> Result<Answer, Stop> {
    let policy = &flow.setup.policy;
    let found = people::find(flow.tx, &login.person)?;
    let person = found.ok_or_else(|| Refusal::unknown("person", &login.person))?;
    if flow.now < person.locked_until {
        return Err(Refusal::PinLocked { until: person.locked_until }.into());
    }
    if !login.pin_right {
        let fails = person.pin_fails.saturating_add(1);
        if fails >= policy.pin_tries {
            let until = flow.now.plus_ms(policy.pin_lock_ms);
            people::set_fails(flow.tx, &login.person, 0, until)?;
            return Err(Stop::RefusedAndKept(Refusal::PinLocked { until }));
        }
        people::set_fails(flow.tx, &login.person, fails, Timestamp::default())?;
        return Err(Stop::RefusedAndKept(Refusal::WrongPin { tries_left: policy.pin_tries - fails }));
    }
    people::set_fails(flow.tx, &login.person, 0, Timestamp::default())?;
    let until = flow.now.plus_ms(policy.session_ms);
    if login.token_sha.is_none() {
        leave(flow, &login.device, &login.person)?;
        flow.effects.handhelds.insert(login.device.clone());
        ready::carry_on(flow, &login.person, &login.device)?;
    }
    let who = (&login.device, &login.person);
    people::begin_session(flow.tx, &flow.id, who, login.token_sha.as_ref(), (flow.now, until))?;
    flow.effects.devices = true;
    Ok(Answer::LoggedIn { person: login.person.clone(), name: person.name, role: person.role, until })
}

fn leave(flow: &mut Flow<'_>, device: &DeviceId, person: &PersonId) -> Result<(), Stop> {
    let mut over = people::sessions_of(flow.tx, person, flow.now)?;
    over.extend(people::session_at(flow.tx, device, flow.now)?);
    for session in over {
        people::end_session(flow.tx, &session.id, flow.now)?;
        flow.effects.handhelds.insert(session.device);
    }
    Ok(())
}

/// The session at this device ends.
///
/// # Errors
/// [`Refusal::NotLoggedIn`].
pub fn logout(flow: &mut Flow<'_>, device: &DeviceId) -> Result<Answer, Stop> {
    let session = people::session_at(flow.tx, device, flow.now)?.ok_or(Refusal::NotLoggedIn)?;
    people::end_session(flow.tx, &session.id, flow.now)?;
    flow.effects.handhelds.insert(device.clone());
    flow.effects.devices = true;
    Ok(Answer::Done)
}

/// A badge was scanned: the scanner belongs to that person until the next badge.
///
/// # Errors
/// [`Refusal::Unknown`] for a scanner or person that is not here.
pub fn badge(flow: &mut Flow<'_>, scanner: &DeviceId, person: &PersonId) -> Result<Answer, Stop> {
    let device = devices::find(flow.tx, scanner)?.filter(|d| d.class == DeviceClass::Scanner);
    device.ok_or_else(|| Refusal::unknown("scanner", scanner))?;
    people::find(flow.tx, person)?.ok_or_else(|| Refusal::unknown("person", person))?;
    people::put_badge(flow.tx, scanner, person, flow.now)?;
    flow.effects.devices = true;
    Ok(Answer::Done)
}

/// A handheld gets its token, a new one if it had one before.
///
/// # Errors
/// [`Refusal::BadInput`] for the name of a device that is no handheld.
pub fn enrol(flow: &mut Flow<'_>, device: &DeviceId, token_hash: &str) -> Result<Answer, Stop> {
    flow.only(&[Role::Manager])?;
    short_enough("token_hash", token_hash, 200)?;
    match devices::find(flow.tx, device)? {
        Some(known) if known.class != DeviceClass::Handheld => {
            let detail = format!("{device} is a {} of this store", known.class.word());
            return Err(Refusal::bad("device", detail).into());
        }
        Some(_) => {}
        None => devices::put(flow.tx, device, DeviceClass::Handheld, None, false)?,
    }
    people::put_handheld(flow.tx, device, token_hash, &flow.actor.person, flow.now)?;
    flow.effects.devices = true;
    Ok(Answer::Done)
}
