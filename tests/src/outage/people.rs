//! The store's day without a line: goods come in, the counter sells, one picker serves, sensors speak.

use super::World;
use crate::sim::city;
use anyhow::{Result, bail, ensure};
use model::api::store::{CounterLine, CounterOrderRequest, HandoverRequest};
use model::mqtt::Quality;
use model::{Actor, DeviceId, OrderState, PersonId, Qty, Role};
use store_node::answer::Answer;
use store_node::command::{Command, Envelope, Login, OpeningLine, ReadingIn, ReadingMore};
use store_node::db::{ReadDb, bags, orders, pick_assign, picks};

impl World {
    fn asks(
        &mut self,
        who: &Actor,
        command: Command,
    ) -> Result<Result<Answer, store_node::refusal::Refusal>> {
        let envelope = Envelope { id: self.id(), actor: who.clone(), command };
        let mut replies = self.store.apply(self.now, vec![envelope])?.replies;
        ensure!(replies.len() == 1, "one command, {} replies", replies.len());
        Ok(replies.remove(0))
    }

    fn does(&mut self, who: &Actor, command: Command) -> Result<Answer> {
        self.asks(who, command)?.map_err(|no| anyhow::anyhow!("refused: {no:?}"))
    }

    /// Enough of everything for the day, and for what the hub may sell meanwhile without being able to.
    pub(super) fn goods_come(&mut self, orders: i64) -> Result<()> {
        let qty = Qty::new(orders * 4 / city::GOODS as i64 + 60)?;
        let line = |product: model::catalogue::Product| OpeningLine { sku: product.sku, qty, expiry: None };
        let lines = city::goods()?.into_iter().map(line).collect();
        self.own(vec![Command::OpenStock { lines }])
    }

    /// Somebody buys two things at the counter.
    pub(super) fn buys(&mut self) -> Result<()> {
        let goods = city::goods()?;
        let at = usize::try_from(self.orders)?;
        let line = |n: usize| -> Result<CounterLine> {
            Ok(CounterLine { sku: goods[n % goods.len()].sku.clone(), qty: Qty::new(1)? })
        };
        let lines = vec![line(at)?, line(at * 7 + 11)?];
        let lines = if lines[0].sku == lines[1].sku { vec![lines[0].clone()] } else { lines };
        let request = CounterOrderRequest { lines, first_name: "Anu".to_owned() };
        let Answer::CounterOrder(answer) = self.does(&manager()?, Command::CounterOrder(request))? else {
            bail!("another answer to a counter order")
        };
        self.orders += 1;
        self.taken.insert(self.orders, answer.order);
        Ok(())
    }

    /// The picker takes every order from the shelf into the customer's hand.
    pub(super) fn serves_all(&mut self) -> Result<()> {
        let (person, device) = city::picker(0, 0)?;
        let who = Actor { person: person.clone(), device: device.clone(), role: Role::Picker };
        let login = Login { device, person: person.clone(), pin_right: true, token_sha: None };
        self.does(&who, Command::Login(login))?;
        let mut db = ReadDb::open(&self.dir.path().join("store.db"))?;
        loop {
            self.does(&who, Command::Ready)?;
            let Some((order, _)) = db.snapshot(|conn| pick_assign::of_person(conn, &person))? else {
                return Ok(());
            };
            let held = db.snapshot(|conn| picks::held(conn, order))?;
            for line in held.iter().filter(|held| !held.open().is_zero()) {
                for _ in 0..line.open().get() {
                    let scan = Command::Scan { order, text: format!("LL:{}", line.lot), line: line.line };
                    self.does(&who, scan)?;
                }
            }
            self.does(&who, Command::Pack { order })?;
            let (bags, state) = db.snapshot(|conn| {
                let bags = bags::of(conn, order)?.into_iter().map(|bag| bag.bag).collect();
                Ok::<_, store_node::db::DbError>((bags, orders::moments(conn, &order)?.state()))
            })?;
            ensure!(state == OrderState::Packed, "order {order} is {state} after packing");
            let given = HandoverRequest { order, rider: String::new(), bags };
            self.does(&manager()?, Command::Handover(given))?;
        }
    }

    /// Every sensor says once that all is well.
    pub(super) fn sensors_speak(&mut self) -> Result<()> {
        let reading = |(sensor, _, middle): (DeviceId, _, i32)| {
            Command::Reading(ReadingIn {
                sensor,
                at: self.now,
                milli_c: Some(middle),
                quality: Quality::Good,
                more: ReadingMore::default(),
            })
        };
        let readings = city::sensors()?.into_iter().map(reading).collect();
        self.own(readings)
    }
}

fn manager() -> Result<Actor> {
    Ok(Actor { person: PersonId::new("m1")?, device: DeviceId::new("console")?, role: Role::Manager })
}
