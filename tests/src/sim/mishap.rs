//! Misfortunes of machines, and what time brings: cuts, deaths, clock steps, slow disks, warm cold rooms; grants, looks,
//! readings, holds, riders, the payment gateway. In the quiet end all misfortunes stop.

use super::event::{Event, Mishap, Node, Timer};
use super::net::Weather;
use super::world::World;
use super::{amnesia, city};
use crate::checks::{Checked, machine};
use central_hub::command::{Command as Hub, Outcome};
use central_hub::db::payments::StepKind;
use model::mqtt::Quality;
use model::order::Owner;
use model::time::{DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use store_node::command::{Command as Store, ReadingIn, ReadingMore};

/// Between two looks at hours and batches: the machines' own timers need not be slowed for these.
const ARCHIVE_MS: i64 = MINUTE_MS;
/// Longer than an hour and the time that both sides leave it alone after its end.
const NIGHT_MS: i64 = 3 * HOUR_MS;

impl World {
    /// Draws the next misfortune, or ends one.
    pub(super) fn mishap(&mut self, mishap: Mishap) -> Checked {
        match mishap {
            Mishap::Next if self.resting => Ok(()),
            Mishap::Next => {
                let wait =
                    self.rng.random_range(self.plan.misfortune_ms / 2..self.plan.misfortune_ms * 3 / 2);
                self.queue.after(wait, Event::Mishap(Mishap::Next));
                self.misfortune()
            }
            Mishap::Mended(at) => {
                self.lines[at].cut = false;
                Ok(())
            }
            Mishap::Set(node, step) => {
                self.body(node).drift.step(step);
                self.wake_peers();
                Ok(())
            }
            Mishap::Fast(node) => {
                self.body(node).slow_ms = 0;
                Ok(())
            }
            Mishap::Cold(at) => {
                self.warm.remove(&at);
                Ok(())
            }
        }
    }

    fn misfortune(&mut self) -> Checked {
        let at = self.rng.random_range(0..self.stores.len());
        let node = if self.rng.random_range(0..3) == 0 { Node::Hub } else { Node::Store(at) };
        match self.rng.random_range(0..10) {
            0..=3 => self.cut(at),
            4 | 5 => self.dies(node),
            6 => {
                let step = match (node, self.rng.random_range(0..2)) {
                    // A dead battery, a wrong hand, a wrong time service: a store alone must live with it.
                    (Node::Store(_), 0) => {
                        self.tally.leaps += 1;
                        match self.rng.random_range(0..3) {
                            0 => -self.queue.now().ms(),
                            1 => -3 * DAY_MS,
                            _ => 30 * DAY_MS,
                        }
                    }
                    (Node::Store(_) | Node::Hub, _) => self.rng.random_range(-180..=180) * SECOND_MS,
                };
                self.tally.steps += 1;
                self.body(node).drift.step(step);
                if step.abs() >= DAY_MS {
                    let span = self.rng.random_range(MINUTE_MS..30 * MINUTE_MS);
                    self.queue.after(span, Event::Mishap(Mishap::Set(node, -step)));
                }
                self.wake_peers();
                Ok(())
            }
            7 => {
                self.tally.slow_disks += 1;
                self.body(node).slow_ms = self.rng.random_range(300..6_000);
                let span = self.rng.random_range(MINUTE_MS..5 * MINUTE_MS);
                self.queue.after(span, Event::Mishap(Mishap::Fast(node)));
                Ok(())
            }
            8 => {
                if self.warm.insert(at) {
                    self.tally.breaches += 1;
                    let span = self.rng.random_range(2 * MINUTE_MS..12 * MINUTE_MS);
                    self.queue.after(span, Event::Mishap(Mishap::Cold(at)));
                }
                Ok(())
            }
            _ => {
                // The line changes its quality without a cut.
                let foul = self.rng.random_range(0..2) == 0;
                self.lines[at].weather = if foul { Weather::FOUL } else { Weather::FAIR };
                Ok(())
            }
        }
    }

    fn cut(&mut self, at: usize) -> Checked {
        if self.lines[at].cut {
            return Ok(());
        }
        self.tally.cuts += 1;
        self.lines[at].cut = true;
        let minutes = match self.rng.random_range(0..4) {
            0 => 1..4,
            1 | 2 => 4..15,
            _ => 15..45,
        };
        let span = self.rng.random_range(minutes.start * MINUTE_MS..minutes.end * MINUTE_MS);
        self.queue.after(span, Event::Mishap(Mishap::Mended(at)));
        // Some cuts are noticed at once by the socket, others by silence alone.
        if self.rng.random_range(0..2) == 0 {
            return self.drop_line(at);
        }
        Ok(())
    }

    fn body(&mut self, node: Node) -> &mut super::site::Body {
        match node {
            Node::Hub => &mut self.hub.body,
            Node::Store(at) => &mut self.stores[at].body,
        }
    }

    fn wake_peers(&mut self) {
        let now = self.queue.now().ms();
        for at in 0..self.stores.len() {
            for end in [Owner::Store, Owner::Hub] {
                self.peer_ticks.insert((at, end), now);
                self.queue.after(0, Event::PeerTick(at, end));
            }
        }
    }

    /// A process dies and comes up again a little later; whoever was connected to it is not.
    pub(super) fn dies(&mut self, node: Node) -> Checked {
        if self.resting || !self.is_up(node) {
            return Ok(());
        }
        self.tally.restarts += 1;
        match node {
            Node::Hub => {
                self.hub.kill()?;
                for at in 0..self.stores.len() {
                    self.drop_line(at)?;
                }
            }
            Node::Store(at) => {
                self.stores[at].kill()?;
                self.drop_line(at)?;
            }
        }
        let down = self.rng.random_range(100..8_000);
        self.queue.after(down, Event::Up(node));
        Ok(())
    }

    /// A machine comes up and carries what it had not carried.
    pub(super) fn up(&mut self, node: Node) -> Checked {
        let now = self.queue.now();
        self.forget(node)?;
        match node {
            Node::Hub => self.hub.start(now, self.options.mutation)?,
            Node::Store(at) => {
                self.stores[at].start(now, self.options.mutation)?;
                self.stores[at].audit(now)?;
            }
        }
        self.carry(node)?;
        self.look_at_diary()
    }

    /// Now and then a machine's file has lost a change meanwhile.
    fn forget(&mut self, node: Node) -> Checked {
        // Dice of its own: seeds that failed before there was this keep their course up to the first loss.
        let mut dice = SmallRng::seed_from_u64(self.options.seed ^ self.queue.now().ms().unsigned_abs());
        if self.resting || dice.random_range(0..1_000) >= self.plan.luck.forgets {
            return Ok(());
        }
        let gone = match node {
            Node::Hub => amnesia::forget(&self.hub.path(), Owner::Store, &mut dice)?,
            Node::Store(at) => amnesia::forget(&self.stores[at].path(), Owner::Hub, &mut dice)?,
        };
        self.tally.forgotten += u32::from(gone);
        Ok(())
    }

    /// A quiet night: all clocks go on together, past the hours of the day's orders.
    pub(super) fn night(&mut self) {
        self.moved();
        self.hub.body.drift.step(NIGHT_MS);
        self.stores.iter_mut().for_each(|store| store.body.drift.step(NIGHT_MS));
        self.wake_peers();
    }

    /// Trade is over: no misfortune any more, everything heals.
    pub(super) fn rest(&mut self) -> Checked {
        self.resting = true;
        self.moved();
        self.warm.clear();
        self.hub.body.slow_ms = 0;
        for at in 0..self.stores.len() {
            self.lines[at].cut = false;
            self.lines[at].weather = Weather::FAIR;
            self.stores[at].body.slow_ms = 0;
        }
        Ok(())
    }

    /// What time brings.
    pub(super) fn due(&mut self, timer: Timer) -> Checked {
        let again = match timer {
            Timer::Grant(_) => 10 * SECOND_MS,
            Timer::Look(_) => 5 * SECOND_MS,
            Timer::Sensors(_) => 45 * SECOND_MS,
            Timer::Hub => 3 * SECOND_MS,
            Timer::Gateway => 9 * SECOND_MS,
            Timer::Archive(_) => ARCHIVE_MS / self.plan.slowness,
        };
        self.queue.after(again * self.plan.slowness, Event::Due(timer));
        match timer {
            Timer::Grant(at) => self.own_store(at, vec![Store::GrantTick]),
            Timer::Look(at) => {
                let site = &self.stores[at];
                let day = site.setup.calendar.date(site.now(self.queue.now()));
                let watch = site.clock_watch();
                self.own_store(
                    at,
                    vec![
                        Store::WatchTick,
                        Store::SubstituteTick,
                        Store::AlarmsTick,
                        watch,
                        Store::StartDay { day },
                    ],
                )
            }
            Timer::Sensors(at) => self.sensors(at),
            Timer::Hub => {
                self.own_hub(vec![Hub::ExpireHolds, Hub::AssignRiders])?;
                self.signs_of_life()
            }
            Timer::Gateway => self.gateway(),
            Timer::Archive(node) => self.archive(node),
        }
    }

    fn sensors(&mut self, at: usize) -> Checked {
        let mut readings = Vec::new();
        for (sensor, _, middle) in city::sensors().map_err(machine)? {
            let warm = if self.warm.contains(&at) { 14_000 } else { 0 };
            let milli_c = Some(middle + warm + self.rng.random_range(-400..400));
            let seen = self.stores[at].now(self.queue.now());
            readings.push(Store::Reading(ReadingIn {
                sensor,
                at: seen,
                milli_c,
                quality: Quality::Good,
                more: ReadingMore::default(),
            }));
        }
        self.own_store(at, readings)
    }

    /// The payment gateway: answers every step that is due, sometimes with no, sometimes unclearly, sometimes twice.
    fn gateway(&mut self) -> Checked {
        let local = self.hub.now(self.queue.now());
        let Some(hub) = &self.hub.engine else { return Ok(()) };
        let due = hub.data().due_steps(local, 20).map_err(machine)?;
        for step in due {
            let outcome = match (step.kind, self.rng.random_range(0..20)) {
                (StepKind::Authorise | StepKind::Debit, 0 | 1) => Outcome::Declined,
                (_, 2..=4) if !self.resting => Outcome::Unclear,
                (_, _) => Outcome::Agreed,
            };
            self.own_hub(vec![Hub::PaymentResult { key: step.key.clone(), outcome }])?;
            if self.chance(self.plan.luck.twice) {
                self.own_hub(vec![Hub::PaymentResult { key: step.key, outcome }])?;
            }
            self.moved();
        }
        Ok(())
    }
}
