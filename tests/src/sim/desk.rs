//! Commands reach their machines and answers their people: with loss, repetition, slow disks, and processes that die
//! before the commit or between commit and answer.

use super::diary::{Entry, Reply, Request};
use super::event::{Event, Node};
use super::folk;
use super::world::{FEW_GOODS, World};
use crate::checks::{self, Check, Checked, broken, machine};
use central_hub::command as hub;
use central_hub::engine::No;
use model::{Actor, CommandId};
use rand::Rng;
use std::collections::BTreeSet;
use store_node::command as store;
use store_node::refusal::Refusal;

/// Somebody without an answer asks again after this, milliseconds.
const AGAIN_MS: i64 = 3_000;

impl World {
    /// A person asks something of a store.
    pub(super) fn ask_store(
        &mut self,
        who: usize,
        at: usize,
        actor: Actor,
        command: store::Command,
    ) -> CommandId {
        let id = self.id();
        self.ask(who, Request::Store(at, store::Envelope { id, actor, command }))
    }

    /// A person asks something of the hub.
    pub(super) fn ask_hub(&mut self, who: usize, actor: Actor, command: hub::Command) -> CommandId {
        let id = self.id();
        self.ask(who, Request::Hub(hub::Envelope { id, actor, command }))
    }

    fn ask(&mut self, who: usize, request: Request) -> CommandId {
        let id = request.id();
        self.moved();
        self.diary.asked(who, request);
        let way = self.rng.random_range(5..80);
        self.queue.after(way, Event::Arrives(id));
        if self.chance(self.plan.luck.twice) {
            let later = self.rng.random_range(1..900);
            self.queue.after(way + later, Event::Arrives(id));
        }
        self.queue.after(AGAIN_MS, Event::Again(id));
        id
    }

    /// No answer yet: the same command with the same id.
    pub(super) fn again(&mut self, id: CommandId) -> Checked {
        if self.diary.get(&id).is_some_and(|entry| entry.reply.is_none()) {
            self.tally.repeats += 1;
            self.queue.after(10, Event::Arrives(id));
            self.queue.after(AGAIN_MS, Event::Again(id));
        }
        Ok(())
    }

    /// A command reaches its machine.
    pub(super) fn arrives(&mut self, id: CommandId) -> Checked {
        let Some(request) = self.diary.get(&id).map(|entry| entry.request.clone()) else { return Ok(()) };
        let node = match &request {
            Request::Store(at, _) => Node::Store(*at),
            Request::Hub(_) => Node::Hub,
        };
        if !self.is_up(node) {
            return Ok(());
        }
        if self.chance(self.plan.luck.crash_before) {
            return self.dies(node);
        }
        let reply = match request {
            Request::Store(at, envelope) => self.at_store(at, envelope)?,
            Request::Hub(envelope) => self.at_hub(envelope)?,
        };
        if self.chance(self.plan.luck.crash_after) {
            return self.dies(node);
        }
        if let Some(reply) = reply
            && !self.chance(self.plan.luck.answer_lost)
        {
            let slow = match node {
                Node::Hub => self.hub.body.slow_ms,
                Node::Store(at) => self.stores[at].body.slow_ms,
            };
            let way = self.rng.random_range(5..80) + slow;
            self.queue.after(way, Event::Told(id, Box::new(reply)));
        }
        self.carry(node)
    }

    fn at_store(&mut self, at: usize, envelope: store::Envelope) -> Checked<Option<Reply>> {
        let now = self.queue.now();
        let local = self.stores[at].now(now);
        let Some(engine) = &mut self.stores[at].engine else { return Ok(None) };
        let applied = engine.apply(local, vec![envelope]).map_err(machine)?;
        self.stores[at].audit(now)?;
        match applied.replies.into_iter().next() {
            Some(Err(Refusal::Unavailable { detail })) => Err(broken(Check::Machine, detail)),
            Some(reply) => Ok(Some(Reply::Store(reply))),
            None => Err(broken(Check::Lost, "a command without a reply")),
        }
    }

    fn at_hub(&mut self, envelope: hub::Envelope) -> Checked<Option<Reply>> {
        let local = self.hub.now(self.queue.now());
        let Some(engine) = &mut self.hub.engine else { return Ok(None) };
        let word = format!("{:?}", envelope.command);
        let applied = engine.apply(local, vec![envelope]).map_err(machine)?;
        if self.goods.len() <= FEW_GOODS {
            checks::hub_rights(engine.data(), &self.goods, self.stores.len())?;
        }
        match applied.answers.into_iter().next() {
            Some(Ok(answer)) => Ok(Some(Reply::Hub(Ok(answer)))),
            Some(Err(No::Refused(refusal))) => Ok(Some(Reply::Hub(Err(refusal)))),
            Some(Err(No::Fault(fault))) => Err(broken(Check::Machine, format!("{word}: {fault}"))),
            None => Err(broken(Check::Lost, "a command without an answer")),
        }
    }

    /// Commands of the store's own clock, in one commit.
    pub(super) fn own_store(&mut self, at: usize, commands: Vec<store::Command>) -> Checked {
        let now = self.queue.now();
        let local = self.stores[at].now(now);
        let actor = store::system("timer").map_err(machine)?;
        let envelopes = commands.into_iter().map(|command| (self.id(), command));
        let envelopes: Vec<_> =
            envelopes.map(|(id, command)| store::Envelope { id, actor: actor.clone(), command }).collect();
        let Some(engine) = &mut self.stores[at].engine else { return Ok(()) };
        engine.apply(local, envelopes).map_err(machine)?;
        self.stores[at].audit(now)?;
        self.carry(Node::Store(at))
    }

    /// Commands of the hub's own clock, or of a machine beside it, in one commit.
    pub(super) fn own_hub(&mut self, commands: Vec<hub::Command>) -> Checked {
        let local = self.hub.now(self.queue.now());
        let actor = store::system("hub").map_err(machine)?;
        let envelopes = commands.into_iter().map(|command| (self.id(), command));
        let envelopes: Vec<_> =
            envelopes.map(|(id, command)| hub::Envelope { id, actor: actor.clone(), command }).collect();
        let Some(engine) = &mut self.hub.engine else { return Ok(()) };
        for answer in engine.apply(local, envelopes).map_err(machine)?.answers {
            if let Err(No::Fault(fault)) = answer {
                return Err(machine(fault));
            }
        }
        self.carry(Node::Hub)
    }

    /// An answer reaches its person.
    pub(super) fn hears(&mut self, id: CommandId, reply: &Reply) -> Checked {
        let first = self.diary.told(&id, reply)?;
        self.is_remembered(&id)?;
        if !first {
            return Ok(());
        }
        self.moved();
        let Some(who) = self.diary.get(&id).map(|entry| entry.who) else { return Ok(()) };
        folk::act(self, who, Some((id, reply.clone())))
    }

    /// What was acknowledged is in the database, with this answer.
    fn is_remembered(&mut self, id: &CommandId) -> Checked {
        let Some(entry) = self.diary.get(id) else { return Ok(()) };
        let Some(reply) = entry.reply.clone() else { return Ok(()) };
        match entry.request.clone() {
            Request::Store(at, envelope) if envelope.command.is_kept() => {
                let found = self.stores[at]
                    .reading(|conn| store_node::db::commands::find(conn, id).map_err(machine))?;
                match found {
                    Some(Some(stored)) if Reply::Store(stored.reply.clone()) == reply => Ok(()),
                    Some(Some(stored)) => {
                        let detail =
                            format!("{:?}: told {reply:?}, kept {:?}", envelope.command, stored.reply);
                        Err(broken(Check::Doubled, detail))
                    }
                    Some(None) => {
                        Err(broken(Check::Lost, format!("store {at} has forgotten {:?}", envelope.command)))
                    }
                    None => Ok(()),
                }
            }
            Request::Hub(envelope) if envelope.command.keeps_answer() => {
                let Some(hub) = &self.hub.engine else { return Ok(()) };
                match hub.data().answer_of(id).map_err(machine)? {
                    Some(stored) => {
                        let kept = serde_json::from_str(&stored.answer).map_err(machine)?;
                        if Reply::Hub(kept) == reply {
                            return Ok(());
                        }
                        let detail =
                            format!("{:?}: told {reply:?}, kept {}", envelope.command, stored.answer);
                        Err(broken(Check::Doubled, detail))
                    }
                    None => Err(broken(Check::Lost, format!("the hub has forgotten {:?}", envelope.command))),
                }
            }
            Request::Store(_, _) | Request::Hub(_) => Ok(()),
        }
    }

    /// Everything that was acknowledged is still there, and what came in came in once.
    ///
    /// # Errors
    /// The first command that was lost or done twice.
    pub(super) fn look_at_diary(&mut self) -> Checked {
        let all = (0..self.stores.len()).map(Node::Store).chain([Node::Hub]).collect();
        self.look_at_diary_of(&all)
    }

    /// The same of some machines.
    ///
    /// # Errors
    /// As [`World::look_at_diary`].
    pub(super) fn look_at_diary_of(&mut self, machines: &BTreeSet<Node>) -> Checked {
        let of = |entry: &Entry| match &entry.request {
            Request::Store(at, _) => machines.contains(&Node::Store(*at)),
            Request::Hub(_) => machines.contains(&Node::Hub),
        };
        let ids: Vec<CommandId> =
            self.diary.all().filter(|(_, e)| e.reply.is_some() && of(e)).map(|(id, _)| *id).collect();
        for id in ids {
            self.is_remembered(&id)?;
        }
        self.what_came_in()?;
        self.orders_told_of()
    }

    fn what_came_in(&self) -> Checked {
        for site in &self.stores {
            let (mut least, mut most) =
                (std::collections::BTreeMap::new(), std::collections::BTreeMap::new());
            for (_, entry) in self.diary.all() {
                let Request::Store(at, envelope) = &entry.request else { continue };
                if *at != site.at {
                    continue;
                }
                let lines: Vec<(String, i64)> = if let store::Command::Receive(request) = &envelope.command {
                    vec![(request.sku.to_string(), request.qty.into())]
                } else if let store::Command::OpenStock { lines } = &envelope.command {
                    lines.iter().map(|line| (line.sku.to_string(), line.qty.into())).collect()
                } else {
                    continue;
                };
                for (sku, qty) in lines {
                    *most.entry(sku.clone()).or_insert(0_i64) += qty;
                    if matches!(entry.reply, Some(Reply::Store(Ok(_)))) {
                        *least.entry(sku).or_insert(0_i64) += qty;
                    }
                }
            }
            for (sku, has) in site.books.received() {
                let of = |sums: &std::collections::BTreeMap<String, i64>| sums.get(sku).copied().unwrap_or(0);
                if *has < of(&least) || *has > of(&most) {
                    let detail = format!(
                        "store {} {sku}: {has} received; people brought {} at least and {} at most",
                        site.at,
                        of(&least),
                        of(&most)
                    );
                    return Err(broken(Check::Conserved, detail));
                }
            }
        }
        Ok(())
    }

    /// Every order a customer was told of is at the hub; every counter order at its store, each under one command alone.
    fn orders_told_of(&mut self) -> Checked {
        if let Some(hub) = &self.hub.engine {
            for order in self.told.keys() {
                if hub.data().order(order).map_err(machine)?.is_none() {
                    return Err(broken(
                        Check::Lost,
                        format!("a customer was told of order {order}; the hub has none"),
                    ));
                }
            }
        }
        for at in 0..self.stores.len() {
            let (mut sure, mut asked) = (std::collections::BTreeSet::new(), 0);
            for (_, entry) in self.diary.all() {
                let Request::Store(of, envelope) = &entry.request else { continue };
                if *of != at || !matches!(envelope.command, store::Command::CounterOrder(_)) {
                    continue;
                }
                match &entry.reply {
                    Some(Reply::Store(Ok(store_node::answer::Answer::CounterOrder(answer)))) => {
                        asked += 1;
                        sure.insert(answer.order);
                    }
                    None => asked += 1,
                    Some(_) => {}
                }
            }
            let has = self.stores[at].reading(counter_orders)?;
            let Some(has) = has else { continue };
            if let Some(lost) = sure.iter().find(|order| !has.contains(order)) {
                return Err(broken(Check::Lost, format!("store {at} has forgotten counter order {lost}")));
            }
            if has.len() > asked {
                let detail = format!("store {at} has {} counter orders, people placed {asked}", has.len());
                return Err(broken(Check::Doubled, detail));
            }
        }
        Ok(())
    }
}

fn counter_orders(conn: &store_node::db::Connection) -> Checked<Vec<model::OrderId>> {
    use store_node::db::orders;
    let mut rows = orders::open(conn).map_err(machine)?;
    rows.extend(orders::ended_since(conn, model::Timestamp::default(), 1_000_000).map_err(machine)?);
    let counter = rows.into_iter().filter(|row| row.channel == model::order::Channel::Counter);
    Ok(counter.map(|row| row.order).collect())
}
