//! Devices and their prints (UX 31), and what the adapters send to devices.

use super::board::needs_person;
use crate::db::devices::DeviceRowDb;
use crate::db::prints::{self, PrintJob, PrintState};
use crate::db::{Connection, DbResult, devices, doors, people};
use crate::reader::Reader;
use crate::views::handheld;
use model::api::store::{DeviceRow, PrintRow};
use model::mqtt::{DeviceClass, DeviceState, HandheldView, Health};
use model::{DeviceId, Timestamp};
use std::collections::BTreeSet;

/// Print jobs sent at once.
const JOBS_MAX: u32 = 200;

impl Reader {
    /// Every device with its health and the prints that need a person, by class and name.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn devices(&mut self, now: Timestamp) -> DbResult<Vec<DeviceRow>> {
        self.snapshot(|conn, _| {
            devices::every(conn)?.into_iter().map(|device| row(conn, device, now)).collect()
        })
    }

    /// What handhelds show: of these, or of all enrolled ones.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn handheld_views(
        &mut self,
        of: Option<&BTreeSet<DeviceId>>,
        now: Timestamp,
    ) -> DbResult<Vec<(DeviceId, HandheldView)>> {
        self.snapshot(|conn, _| {
            let enrolled = people::handhelds(conn)?.into_iter().map(|(device, _)| device);
            let wanted = enrolled.filter(|device| of.is_none_or(|of| of.contains(device)));
            wanted.map(|device| handheld::view(conn, &device, now).map(|view| (device, view))).collect()
        })
    }

    /// The handheld of the person whose badge was scanned last at a fixed scanner.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn handheld_behind(&mut self, scanner: &DeviceId, now: Timestamp) -> DbResult<Option<DeviceId>> {
        self.snapshot(|conn, _| {
            let Some(person) = people::badge_at(conn, scanner)? else { return Ok(None) };
            Ok(people::sessions_of(conn, &person.person, now)?
                .into_iter()
                .next()
                .map(|session| session.device))
        })
    }

    /// The buzzers of zones and whether each must sound (REQ-95).
    ///
    /// # Errors
    /// A fault of the database.
    pub fn buzzers(&mut self) -> DbResult<Vec<(DeviceId, bool)>> {
        self.snapshot(|conn, _| doors::buzzers(conn))
    }

    /// Print jobs that no agent has confirmed, oldest first. An agent prints a job once, however often it is sent.
    ///
    /// # Errors
    /// A fault of the database.
    pub fn prints_to_send(&mut self) -> DbResult<Vec<PrintJob>> {
        self.snapshot(|conn, _| {
            let mut jobs = prints::unanswered(conn, JOBS_MAX)?;
            jobs.extend(prints::to_send(conn, JOBS_MAX)?);
            Ok(jobs)
        })
    }
}

fn row(conn: &Connection, device: DeviceRowDb, now: Timestamp) -> DbResult<DeviceRow> {
    let (state, heard) = devices::state(conn, &device.device)?.unwrap_or_else(|| never_heard(device.class));
    let jobs = prints::open_of(conn, &device.device)?;
    let waiting = jobs.iter().filter(|job| job.state == PrintState::Queued).count();
    let person = match device.class {
        DeviceClass::Handheld => people::session_at(conn, &device.device, now)?.map(|session| session.name),
        DeviceClass::Scanner => people::badge_at(conn, &device.device)?.map(|person| person.name),
        DeviceClass::Printer
        | DeviceClass::Sensor
        | DeviceClass::Scale
        | DeviceClass::Door
        | DeviceClass::Output => None,
    };
    Ok(DeviceRow {
        device: device.device,
        class: device.class,
        model: device.model,
        health: state.health,
        detail: state.detail,
        hint: state.hint,
        heard,
        battery_pct: state.battery_pct,
        queued: state.queued.max(u32::try_from(waiting).unwrap_or(u32::MAX)),
        person,
        prints: jobs.into_iter().filter(|job| needs_person(job.state)).map(print).collect(),
    })
}

fn never_heard(class: DeviceClass) -> (DeviceState, Timestamp) {
    let hint = match class {
        DeviceClass::Handheld => {
            "Make a code for it on this page and open that with it, or take it out of store.toml."
        }
        DeviceClass::Scanner
        | DeviceClass::Printer
        | DeviceClass::Sensor
        | DeviceClass::Scale
        | DeviceClass::Door
        | DeviceClass::Output => "Plug it in, or take it out of store.toml.",
    };
    let state = DeviceState {
        session: 0,
        at: Timestamp::default(),
        health: Health::Lost,
        detail: "never heard".to_owned(),
        hint: hint.to_owned(),
        battery_pct: None,
        queued: 0,
    };
    (state, Timestamp::default())
}

fn print(job: PrintJob) -> PrintRow {
    PrintRow { job: job.job, what: job.what, state: job.state.word().to_owned(), since: job.changed_at }
}
