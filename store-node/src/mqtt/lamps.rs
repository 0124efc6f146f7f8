//! Pick-to-light (REQ-43): the lamp at the bin to which a picker walks next is on, and off after the pick. Which bin that is
//! stands in the pickers' views; which lamp hangs there is `store.toml`'s. Never decides who picks what.

use model::mqtt::{Drive, HandheldView, PickTask};
use model::{BinId, DeviceId};
use std::collections::{BTreeMap, BTreeSet};

/// A lamp whose node has died goes out by itself after this; it is told again long before.
const SHINES_MS: u32 = 20_000;

/// The lamps and what they were told.
#[derive(Debug, Default)]
pub struct Lamps {
    at: BTreeMap<BinId, DeviceId>,
    lit: BTreeSet<DeviceId>,
}

impl Lamps {
    /// Lamps by the bins at which they hang; all are dark.
    pub fn new(at: BTreeMap<BinId, DeviceId>) -> Self {
        Self { at, lit: BTreeSet::new() }
    }

    /// Whether there is any lamp at all.
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// What to tell which lamp, by every picker's view: those that must shine are told each time, because a word can be
    /// lost and a lamp goes out by itself; those that shone are told once.
    pub fn turn<'a>(&mut self, views: impl Iterator<Item = &'a HandheldView>) -> Vec<(DeviceId, Drive)> {
        let bins = views.filter_map(|view| next_bin(view.task.as_ref()?));
        let wanted: BTreeSet<DeviceId> = bins.filter_map(|bin| self.at.get(bin)).cloned().collect();
        let dark = self.lit.difference(&wanted).map(|lamp| (lamp.clone(), Drive::Off));
        let told = dark
            .chain(wanted.iter().map(|lamp| (lamp.clone(), Drive::On { for_ms: Some(SHINES_MS) })))
            .collect();
        self.lit = wanted;
        told
    }
}

/// The bin of the first line that is not done; nowhere while the customer is asked about a substitute for it.
fn next_bin(task: &PickTask) -> Option<&BinId> {
    let asked = task.substitute.as_ref().map(|offer| offer.line);
    let open = |line: &&model::mqtt::PickLine| {
        u64::from(line.picked.get()) + u64::from(line.short.get()) < u64::from(line.qty.get())
    };
    task.lines.iter().find(|line| open(line) && asked != Some(line.line)).map(|line| &line.bin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;
    use crate::testbed::Bed;
    use model::Role;

    fn lamp(id: &str) -> DeviceId {
        DeviceId::new(id).unwrap()
    }

    /// Everybody's view, when a picker has an order for milk and salt in hand.
    fn views(bed: &mut Bed) -> Vec<HandheldView> {
        let views = bed.reader().handheld_views(None, bed.now).unwrap();
        views.into_iter().map(|(_, view)| view).collect()
    }

    #[test]
    fn a_lamp_is_told_again_while_it_shines_and_once_that_it_is_dark() {
        let mut bed = Bed::new();
        let expiry = bed.day(150);
        let lots = [bed.receive("ATTA", 2, Some(expiry)), bed.receive("SALT", 2, None)];
        let order = bed.counter(&[("ATTA", 1), ("SALT", 1)]).unwrap();
        let login = crate::command::Login {
            device: lamp("hh-1"),
            person: model::PersonId::new("asha").unwrap(),
            pin_right: true,
            token_sha: None,
        };
        let enrol = Command::EnrolHandheld { device: lamp("hh-1"), token_hash: "h".into() };
        bed.by("meena", Role::Manager, enrol).unwrap();
        bed.by("asha", Role::Picker, Command::Login(login)).unwrap();
        assert!(Lamps::default().is_empty());
        bed.by("asha", Role::Picker, Command::Ready).unwrap();
        let seen = views(&mut bed);
        let task = seen[0].task.as_ref().unwrap();
        let bins: Vec<BinId> = task.lines.iter().map(|line| line.bin.clone()).collect();
        let mut lamps = Lamps::new(bins.iter().cloned().zip([lamp("one"), lamp("two")]).collect());
        let on = Drive::On { for_ms: Some(SHINES_MS) };
        assert_eq!(lamps.turn(seen.iter()), [(lamp("one"), on)]);
        assert_eq!(lamps.turn(seen.iter()), [(lamp("one"), on)], "a word may be lost");
        for (line, want) in
            [(0, vec![(lamp("one"), Drive::Off), (lamp("two"), on)]), (1, vec![(lamp("two"), Drive::Off)])]
        {
            let sku = task.lines[line].sku.as_str();
            let lot = if sku == "ATTA" { &lots[0] } else { &lots[1] };
            let text = model::code::OwnCode::Lot(lot.clone()).text();
            bed.pass(1_000);
            bed.by("asha", Role::Picker, Command::Scan { order, text, line: 0 }).unwrap();
            assert_eq!(lamps.turn(views(&mut bed).iter()), want);
        }
        assert_eq!(lamps.turn(views(&mut bed).iter()), [], "dark is told once");
    }
}
