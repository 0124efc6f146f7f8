//! The usual dark store: one rectangular block of parallel aisles with a cross aisle at either end. Writes a
//! [`LayoutSpec`]; everything after that is the same as for any other floor.

use super::corridor::index32;
use super::{BinSpec, EdgeSpec, LayoutError, LayoutSpec, NodeId, Point, Zone};
use model::{BinId, ZoneId};
use serde::{Deserialize, Serialize};

/// An end of the picking aisles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// Where y is 0.
    Front,
    /// Beyond the last bay.
    Back,
}

/// A rectangular block. A bay has shelves on both sides, `levels` bins each.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Block {
    /// The zones there are.
    pub zones: Vec<Zone>,
    /// The zone of every aisle, left to right.
    pub aisles: Vec<ZoneId>,
    /// Bays of an aisle, front to back.
    pub bays: u32,
    /// Shelf levels of a bay's side; 0 = a floor without bins.
    pub levels: u32,
    /// From one aisle's middle to the next, centimetres.
    pub aisle_gap_cm: u32,
    /// From one bay to the next, centimetres.
    pub bay_gap_cm: u32,
    /// From a cross aisle to the first or last bay, centimetres.
    pub end_gap_cm: u32,
    /// The aisle (from 0) whose end is the packing place.
    pub packing_aisle: u32,
    /// Which of its ends.
    pub packing_end: End,
}

impl Block {
    /// The node in front of a bay, both counted from 0.
    pub const fn bay(&self, aisle: u32, bay: u32) -> NodeId {
        NodeId(aisle * (self.bays + 2) + 1 + bay)
    }
    /// The node where an aisle meets a cross aisle.
    pub const fn end(&self, aisle: u32, end: End) -> NodeId {
        match end {
            End::Front => NodeId(aisle * (self.bays + 2)),
            End::Back => NodeId(aisle * (self.bays + 2) + self.bays + 1),
        }
    }
    /// A bin's code: `A-03-07L2` is zone A, aisle 3, bay 7, left, level 2, all counted from 1.
    pub fn bin(&self, aisle: u32, bay: u32, side: char, level: u32) -> Result<BinId, LayoutError> {
        let zone = self.aisles.get(aisle as usize).map_or("", |zone| zone.as_str());
        BinId::new(format!("{zone}-{:02}-{:02}{side}{level}", aisle + 1, bay + 1))
            .map_err(|error| LayoutError::Block(format!("bin name of aisle {}: {error}", aisle + 1)))
    }

    /// Writes the floor down.
    pub fn spec(&self) -> Result<LayoutSpec, LayoutError> {
        let aisles = index32(self.aisles.len());
        if aisles == 0 || self.bays == 0 {
            return Err(LayoutError::Block("it needs at least one aisle and one bay".to_owned()));
        }
        if self.packing_aisle >= aisles {
            return Err(LayoutError::Block(format!(
                "packing is at aisle {} of {aisles}",
                self.packing_aisle
            )));
        }
        if u64::from(aisles) * (u64::from(self.bays) + 2) > 1_000_000 {
            return Err(LayoutError::Block("more than a million places".to_owned()));
        }
        let packing = self.end(self.packing_aisle, self.packing_end);
        let mut spec = LayoutSpec {
            nodes: Vec::new(),
            edges: Vec::new(),
            zones: self.zones.clone(),
            bins: Vec::new(),
            packing,
            dispatch: packing,
        };
        for (aisle, zone) in (0_u32..).zip(&self.aisles) {
            self.write_aisle(aisle, zone, &mut spec)?;
        }
        Ok(spec)
    }

    fn write_aisle(&self, aisle: u32, zone: &ZoneId, spec: &mut LayoutSpec) -> Result<(), LayoutError> {
        let x_cm = signed(u64::from(aisle) * u64::from(self.aisle_gap_cm))?;
        let mut y = 0_u64;
        for step in 0..self.bays + 2 {
            let here = NodeId(self.end(aisle, End::Front).0 + step);
            if step > 0 {
                let outer = step == 1 || step == self.bays + 1;
                let length = if outer { self.end_gap_cm } else { self.bay_gap_cm };
                y += u64::from(length);
                let before = NodeId(here.0 - 1);
                spec.edges.push(EdgeSpec { a: before, b: here, length_cm: i64::from(length) });
            }
            spec.nodes.push(Point { x_cm, y_cm: signed(y)? });
        }
        if aisle > 0 {
            for end in [End::Front, End::Back] {
                let (a, b) = (self.end(aisle - 1, end), self.end(aisle, end));
                spec.edges.push(EdgeSpec { a, b, length_cm: i64::from(self.aisle_gap_cm) });
            }
        }
        for bay in 0..self.bays {
            for side in ['L', 'R'] {
                for level in 1..=self.levels {
                    let (id, node) = (self.bin(aisle, bay, side, level)?, self.bay(aisle, bay));
                    spec.bins.push(BinSpec { id, zone: zone.clone(), node });
                }
            }
        }
        Ok(())
    }
}

fn signed(cm: u64) -> Result<i32, LayoutError> {
    i32::try_from(cm).map_err(|_| LayoutError::TooLong)
}
