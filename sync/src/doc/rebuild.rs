//! A closed hour as a document again, in memory: so that whoever reads documents need not know that it is a blob now, and a
//! late fact finds the order's head. It takes no change, and none of it is ever sent or kept.

use model::order::{Channel, Moment, Owner};

use super::document::Document;
use super::{ClosedHour, DocActor, DocError, DocId, OrderView};

impl Document {
    /// The document that a blob was made of, as far as its orders go (what came late for other hours stays in the blob).
    ///
    /// # Errors
    /// As [`ClosedHour::read`]; [`DocError::WrongKind`] for a name that is no hour of orders.
    pub fn of_closed(id: DocId, actor: &DocActor, bytes: &[u8]) -> Result<Self, DocError> {
        let DocId::Orders { hour, .. } = id else { return Err(DocError::WrongKind { wanted: "orders" }) };
        let closed = ClosedHour::read(hour, bytes)?;
        let other = match actor.side {
            Owner::Hub => Owner::Store,
            Owner::Store => Owner::Hub,
        };
        let mut mine = Document::new(id.clone(), actor)?;
        let mut theirs = Document::new(id, &DocActor { side: other, store: actor.store.clone(), boot: 0 })?;
        let orders: Vec<&OrderView> = closed.orders.iter().filter(|view| view.late.is_none()).collect();
        // Heads first: what the other side adds to an order needs its map.
        for heads in [true, false] {
            for document in [&mut mine, &mut theirs] {
                for view in &orders {
                    document.say(view, heads)?;
                }
                document.put_mark_if(!heads)?;
            }
            let said = [mine.commit()?, theirs.commit()?];
            if let [_, Some(change)] = &said {
                mine.apply_change(change)?;
            }
            if let [Some(change), _] = &said {
                theirs.apply_change(change)?;
            }
        }
        mine.set_closed();
        Ok(mine)
    }

    fn put_mark_if(&mut self, wanted: bool) -> Result<(), DocError> {
        if wanted {
            self.put_mark()?;
        }
        Ok(())
    }

    /// Stages this side's part of an order: its head, or all else.
    fn say(&mut self, view: &OrderView, heads: bool) -> Result<(), DocError> {
        let maker = match view.head.channel {
            Channel::Online => Owner::Hub,
            Channel::Counter => Owner::Store,
        };
        if heads {
            if maker == self.side() {
                self.put_order(&view.order, &view.head)?;
            }
            return Ok(());
        }
        for moment in Moment::ALL {
            if let Some(at) =
                view.moments.get(moment).filter(|_| view.head.channel.owner_of(moment) == self.side())
            {
                self.put_moment(&view.order, moment, at)?;
            }
        }
        match self.side() {
            Owner::Store => {
                if let Some(picks) = &view.picks {
                    self.put_picks(&view.order, picks)?;
                }
                for ask in &view.asks {
                    self.put_ask(&view.order, ask)?;
                }
            }
            Owner::Hub => {
                if let Some(rider) = &view.rider {
                    self.put_rider(&view.order, rider)?;
                }
                for answer in &view.answers {
                    self.put_answer(&view.order, answer)?;
                }
            }
        }
        Ok(())
    }
}
