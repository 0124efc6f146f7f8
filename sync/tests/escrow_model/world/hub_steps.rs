//! What the hub and its customers do in an ordinary hour.

use super::{State, hub_quota};
use crate::rules::{Bounds, Rule};

impl State {
    fn is_current(&self, (epoch, generation): (u8, u8)) -> bool {
        (epoch, generation) == (self.hub_epoch, self.hub_generation)
    }

    /// Hears a grant, old or new.
    pub(super) fn hub_hears(&self, at: (u8, u8), total: u8, out: Option<Rule>) -> Option<State> {
        if !self.is_current(at) && out != Some(Rule::CurrentRightsOnly) {
            return None;
        }
        let mut next = *self;
        let rights = &mut next.hub.rights[usize::from(at.0)][usize::from(at.1)];
        let mut quota = hub_quota(*rights);
        quota.learn_granted(total.into()).then_some(())?;
        rights.granted = total;
        Some(next)
    }

    /// Sells one unit: the order exists from now on, whatever is restored.
    pub(super) fn sells(&self, bounds: &Bounds, at: (u8, u8), out: Option<Rule>) -> Option<State> {
        if !self.is_current(at) && out != Some(Rule::CurrentRightsOnly) {
            return None;
        }
        let order = self.sold.iter().take(bounds.orders.into()).position(Option::is_none)?;
        let mut next = *self;
        let rights = &mut next.hub.rights[usize::from(at.0)][usize::from(at.1)];
        let mut quota = hub_quota(*rights);
        quota.hold(1).ok()?;
        quota.sell(1).ok()?;
        rights.sold += 1;
        next.sold[order] = Some(at);
        next.hub.knows[order] = true;
        Some(next)
    }

    /// Gives one right back for good.
    pub(super) fn gives_back(&self, bounds: &Bounds) -> Option<State> {
        let (e, g) = (usize::from(self.hub_epoch), usize::from(self.hub_generation));
        let mut next = *self;
        let rights = &mut next.hub.rights[e][g];
        let mut quota = hub_quota(*rights);
        (rights.returned < bounds.returns).then_some(())?;
        quota.give_back(1).ok()?;
        rights.returned += 1;
        next.returned[e][g] = next.returned[e][g].max(rights.returned);
        Some(next)
    }

    /// The customer changes her mind; at the hub that is a wish, no more.
    pub(super) fn customer_cancels(&self, order: usize, bounds: &Bounds, out: Option<Rule>) -> Option<State> {
        let asked = self.cancel_asked.iter().filter(|asked| **asked).count();
        let (e, g) =
            self.sold[order].filter(|_| !self.cancel_asked[order] && asked < bounds.cancels.into())?;
        let mut next = *self;
        next.cancel_asked[order] = true;
        let rights = &mut next.hub.rights[usize::from(e)][usize::from(g)];
        if out == Some(Rule::SoldNeverFalls) {
            rights.sold = rights.sold.saturating_sub(1);
        }
        Some(next)
    }
}
