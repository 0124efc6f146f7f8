//! A picker with a handheld: logs in, then does what [`crate::people::picker`] decides from the handheld's view.

use super::Heard;
use crate::checks::{Checked, machine};
use crate::people::picker as brain;
use crate::sim::city;
use crate::sim::world::World;
use anyhow::Result;
use model::mqtt::{Action, HandheldView};
use model::{Actor, CommandId, DeviceId, PersonId, Role};
use rand::Rng;
use store_node::command::{Command, Login};

/// See the file.
#[derive(Debug)]
pub struct Picker {
    at: usize,
    person: PersonId,
    device: DeviceId,
    asked: Option<CommandId>,
    planned: Option<Action>,
    has_task: bool,
}

impl Picker {
    /// Picker `n` of store `at`.
    ///
    /// # Errors
    /// Never for numbers that fit a code.
    pub fn new(at: usize, n: usize) -> Result<Self> {
        let (person, device) = city::picker(at, n)?;
        Ok(Self { at, person, device, asked: None, planned: None, has_task: false })
    }

    /// In the middle of something.
    pub const fn is_busy(&self) -> bool {
        self.asked.is_some() || self.has_task
    }

    /// See [`super::act`].
    ///
    /// # Errors
    /// What the checks found.
    pub fn act(&mut self, world: &mut World, who: usize, heard: Heard) -> Checked<Option<i64>> {
        match heard {
            Some((id, _)) if self.asked == Some(id) => {
                self.asked = None;
                Ok(Some(200))
            }
            Some(_) => Ok(None),
            None if self.asked.is_some() => Ok(None),
            None => self.wake(world, who),
        }
    }

    fn wake(&mut self, world: &mut World, who: usize) -> Checked<Option<i64>> {
        if let Some(action) = self.planned.take() {
            return self.send(world, who, action);
        }
        let Some(view) = self.look(world)? else { return Ok(Some(1_000)) };
        self.has_task = view.task.is_some() || view.waiting > 0;
        if view.person.is_none() {
            let (person, pin) = (self.person.clone(), "right".to_owned());
            return self.send(world, who, Action::Login { person, pin });
        }
        // Tea, or a talk: orders wait meanwhile.
        if !world.resting && world.rng.random_range(0..60) == 0 {
            return Ok(Some(world.rng.random_range(120_000..420_000)));
        }
        let mut habits = world.plan.habits;
        if world.resting {
            habits.not_found = 0;
        }
        let step = brain::next(&view, habits, "9529999999995", &mut world.rng);
        self.planned = step.action;
        let pause = if self.planned.is_some() { step.takes_ms } else { 3_000 * world.plan.slowness };
        Ok(Some(pause * world.rng.random_range(60..140) / 100))
    }

    fn look(&self, world: &mut World) -> Checked<Option<HandheldView>> {
        let site = &mut world.stores[self.at];
        let now = site.body.drift.sees(world.queue.now());
        let device = &self.device;
        site.reading(|conn| store_node::views::handheld::view(conn, device, now).map_err(machine))
    }

    fn send(&mut self, world: &mut World, who: usize, action: Action) -> Checked<Option<i64>> {
        let device = self.device.clone();
        let command = match action {
            Action::Login { person, pin } => {
                Command::Login(Login { device, person, pin_right: pin == "right", token_sha: None })
            }
            Action::Logout => Command::Logout { device },
            Action::Ready => Command::Ready,
            Action::Scan { order, text, line } => Command::Scan { order, text, line },
            Action::NotFound { order, line } => Command::NotFound { order, line },
            Action::Undo { order } => Command::Undo { order },
            Action::Pack { order } => Command::Pack { order },
        };
        let actor = Actor { person: self.person.clone(), device: self.device.clone(), role: Role::Picker };
        self.asked = Some(world.ask_store(who, self.at, actor, command));
        Ok(None)
    }
}
