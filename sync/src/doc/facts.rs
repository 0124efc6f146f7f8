//! From a fact of the outbox to its document and its field: what both carriers do. No outbox here.

use model::fact::Fact;
use model::quota::{HubGeneration, StoreEpoch};

use super::{DocError, DocKey, Document};

impl DocKey {
    /// The document that a fact belongs to, in the current (E, G).
    pub const fn of_fact(fact: &Fact, epoch: StoreEpoch, generation: HubGeneration) -> Self {
        match fact {
            Fact::Order { hour, .. }
            | Fact::Moment { hour, .. }
            | Fact::Picks { hour, .. }
            | Fact::Rider { hour, .. }
            | Fact::Taken { hour, .. }
            | Fact::Refused { hour, .. }
            | Fact::Ask { hour, .. }
            | Fact::Answer { hour, .. }
            | Fact::Terms { hour, .. }
            | Fact::HourClosed { hour } => DocKey::Orders { hour: *hour },
            Fact::Stock(tick) => DocKey::Stock { epoch, hour: tick.hour },
            Fact::Alarms { hour, .. } => DocKey::Alarms { epoch, hour: *hour },
            Fact::Catalogue(part) => DocKey::Catalogue { generation: part.generation, edition: part.edition },
            Fact::Granted { .. }
            | Fact::Returned { .. }
            | Fact::Wanted { .. }
            | Fact::Word { .. }
            | Fact::Closing { .. } => DocKey::Quota { epoch, generation },
        }
    }
}

impl Document {
    /// Stages one fact. `Ok(false)`: the document says so already (a carrier repeats after a crash).
    ///
    /// # Errors
    /// As the method for its kind, for example [`Document::put_order`].
    pub fn put_fact(&mut self, fact: &Fact) -> Result<bool, DocError> {
        match fact {
            Fact::Order { order, head, .. } => self.put_order(order, head),
            Fact::Moment { order, moment, at, .. } => self.put_moment(order, *moment, *at),
            Fact::Picks { order, picks, .. } => self.put_picks(order, picks),
            Fact::Rider { order, rider, .. } => self.put_rider(order, rider),
            Fact::Taken { order, rider, .. } => self.put_taken(order, rider),
            Fact::Refused { order, refused, .. } => self.put_refused(order, refused),
            Fact::Ask { order, ask, .. } => self.put_ask(order, ask),
            Fact::Answer { order, answer, .. } => self.put_answer(order, answer),
            Fact::HourClosed { .. } => self.put_mark(),
            Fact::Stock(tick) => self.put_stock(tick),
            Fact::Alarms { told, .. } => self.put_alarms(told),
            Fact::Catalogue(part) => self.put_catalogue(part),
            Fact::Granted { sku, total } => self.set_granted(sku, *total),
            Fact::Returned { sku, total } => self.set_returned(sku, *total),
            Fact::Terms { order, epoch, generation, .. } => self.put_terms(order, *epoch, *generation),
            Fact::Wanted { sku, total } => self.set_wanted(sku, *total),
            Fact::Word { epoch } => self.set_word(*epoch),
            Fact::Closing { generation } => self.set_closing(*generation),
        }
    }
}
