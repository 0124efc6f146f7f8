//! A store's floor as pickers walk it (REQ-2): aisle graph, zones, bins, and the shortest way between any two places.
//!
//! Any connected graph will do; [`block`] writes the usual rectangle. Chains of bays are folded into corridors between
//! junctions when the layout is built, so that all-pairs distances cost memory for junctions only. Never here: stock,
//! temperatures, or the order in which stops are visited (that is [`crate::route`]).

pub mod block;
mod corridor;
mod paths;
mod sweep;

pub(crate) use corridor::Corridor;

use corridor::Folded;
use model::{BinId, ZoneId};
use paths::Paths;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// All aisles of a store together are at most this long: 1,000 km, far inside what the distance sums can hold.
pub const TOTAL_CM_MAX: i64 = 100_000_000;
/// At most this many junctions, which bounds the distance table at 32 MB; a store has a few dozen.
pub const JUNCTIONS_MAX: usize = 2_000;

/// A place on the aisle graph: an index into [`LayoutSpec::nodes`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NodeId(pub u32);

impl NodeId {
    /// As an index.
    pub(crate) const fn at(self) -> usize {
        self.0 as usize
    }
}

/// Where a node lies on the floor, in centimetres from the store's corner; only drawing and sweeping order use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Point {
    /// Along the cross aisle, centimetres.
    pub x_cm: i32,
    /// Along the picking aisles, centimetres.
    pub y_cm: i32,
}

/// A stretch of aisle one can walk both ways.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EdgeSpec {
    /// One end.
    pub a: NodeId,
    /// The other end.
    pub b: NodeId,
    /// Walked length in centimetres, 0 or more; need not be the straight line.
    pub length_cm: i64,
}

/// What a zone is for (REQ-2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ZoneKind {
    /// The fastest SKUs, nearest to packing.
    A,
    /// The next fastest.
    B,
    /// The rest.
    C,
    /// A temperature band: dairy, frozen, fresh.
    Cold,
    /// Packing stations.
    Packing,
    /// Where riders collect.
    Dispatch,
}

/// A zone by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zone {
    /// Its code: `A`, `cold-1`.
    pub id: ZoneId,
    /// What it is for.
    pub kind: ZoneKind,
}

/// A shelf place and the node a picker stands at to reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BinSpec {
    /// Its code, as on the shelf label.
    pub id: BinId,
    /// Its zone.
    pub zone: ZoneId,
    /// Where the picker stands.
    pub node: NodeId,
}

/// A floor as written down; [`Layout::new`] checks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayoutSpec {
    /// Places; a [`NodeId`] is an index here.
    pub nodes: Vec<Point>,
    /// Aisles between places.
    pub edges: Vec<EdgeSpec>,
    /// Zones.
    pub zones: Vec<Zone>,
    /// Shelf places.
    pub bins: Vec<BinSpec>,
    /// Where a pick ends.
    pub packing: NodeId,
    /// Where riders collect.
    pub dispatch: NodeId,
}

/// Why a floor cannot be used, or a question about it not be answered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LayoutError {
    /// No node at all.
    #[error("the layout has no nodes")]
    Empty,
    /// An edge, bin or station names a node that is not there.
    #[error("{what} names node {node}, but the layout has nodes 0 to {last}")]
    UnknownNode {
        /// Who names it: `edge 3`, `bin A-01`, `packing`.
        what: String,
        /// The node.
        node: u32,
        /// The highest node there is.
        last: u32,
    },
    /// A length below zero.
    #[error("edge {edge} has a negative length: {length_cm} cm")]
    NegativeLength {
        /// Its index.
        edge: usize,
        /// What was written, centimetres.
        length_cm: i64,
    },
    /// An edge from a node to itself.
    #[error("edge {edge} leads from node {node} back to itself")]
    Loop {
        /// Its index.
        edge: usize,
        /// The node.
        node: u32,
    },
    /// The aisles sum up to more than [`TOTAL_CM_MAX`].
    #[error("all aisles together are longer than {TOTAL_CM_MAX} cm")]
    TooLong,
    /// More than [`JUNCTIONS_MAX`] junctions.
    #[error("the layout has {0} junctions, at most {JUNCTIONS_MAX} are possible")]
    TooManyJunctions(usize),
    /// A node that cannot be reached from node 0.
    #[error("node {node} cannot be reached from node 0")]
    Disconnected {
        /// The lowest such node.
        node: u32,
    },
    /// Two bins of one code.
    #[error("bin {0} stands in the layout twice")]
    DuplicateBin(BinId),
    /// Two zones of one code.
    #[error("zone {0} stands in the layout twice")]
    DuplicateZone(ZoneId),
    /// A bin in a zone that is not there.
    #[error("bin {bin} is in zone {zone}, which the layout does not have")]
    UnknownZone {
        /// The bin.
        bin: BinId,
        /// Its zone.
        zone: ZoneId,
    },
    /// A question about a bin that is not there.
    #[error("the layout has no bin {0}")]
    UnknownBin(BinId),
    /// A block without aisles, bays or levels, or with a name that makes no bin code.
    #[error("not a block: {0}")]
    Block(String),
}

/// A bin of a checked layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bin {
    /// Its zone.
    pub zone: ZoneId,
    /// What the zone is for.
    pub kind: ZoneKind,
    /// Where the picker stands.
    pub node: NodeId,
}

/// A checked floor with its shortest ways. Cheap to ask, immutable.
#[derive(Debug, Clone)]
pub struct Layout {
    nodes: Vec<Point>,
    bins: BTreeMap<BinId, Bin>,
    packing: NodeId,
    dispatch: NodeId,
    pub(crate) folded: Folded,
    pub(crate) paths: Paths,
    /// Junctions in the order a sweep over the floor meets them.
    pub(crate) sweep: Vec<u32>,
}

impl Layout {
    /// Checks a floor and works out its shortest ways.
    pub fn new(spec: &LayoutSpec) -> Result<Self, LayoutError> {
        check_graph(spec)?;
        let bins = check_bins(spec)?;
        let folded = Folded::new(spec.nodes.len(), &spec.edges);
        if folded.junctions.len() > JUNCTIONS_MAX {
            return Err(LayoutError::TooManyJunctions(folded.junctions.len()));
        }
        let paths = Paths::new(&folded);
        if let Some(node) = folded.first_unreachable(&paths) {
            return Err(LayoutError::Disconnected { node });
        }
        let sweep = sweep::order(&spec.nodes, &folded, &paths);
        Ok(Self {
            nodes: spec.nodes.clone(),
            bins,
            packing: spec.packing,
            dispatch: spec.dispatch,
            folded,
            paths,
            sweep,
        })
    }

    /// Where a pick ends.
    pub const fn packing(&self) -> NodeId {
        self.packing
    }
    /// Where riders collect.
    pub const fn dispatch(&self) -> NodeId {
        self.dispatch
    }
    /// A node's place on the floor.
    pub fn point(&self, node: NodeId) -> Result<Point, LayoutError> {
        self.known("the question", node).map(|()| self.nodes[node.at()])
    }
    /// The bin of that code, or [`LayoutError::UnknownBin`].
    pub fn bin(&self, id: &BinId) -> Result<&Bin, LayoutError> {
        self.bins.get(id).ok_or_else(|| LayoutError::UnknownBin(id.clone()))
    }
    /// All bins in the order of their codes.
    pub fn bins(&self) -> impl Iterator<Item = (&BinId, &Bin)> {
        self.bins.iter()
    }
    /// Shortest walk in centimetres.
    pub fn distance(&self, from: NodeId, to: NodeId) -> Result<u32, LayoutError> {
        self.known("the question", from)?;
        self.known("the question", to)?;
        Ok(self.cm(from, to))
    }
    /// The nodes of a shortest walk, both ends in.
    pub fn path(&self, from: NodeId, to: NodeId) -> Result<Vec<NodeId>, LayoutError> {
        self.known("the question", from)?;
        self.known("the question", to)?;
        Ok(self.paths.walk(&self.folded, from, to))
    }
    /// Of several bins that could serve a line, the nearest first, with the walk from `from` in centimetres; equal
    /// walks by code (REQ-30: alternatives are listed).
    pub fn nearest_first(&self, from: NodeId, bins: &[BinId]) -> Result<Vec<(BinId, u32)>, LayoutError> {
        self.known("the question", from)?;
        let mut ranked = Vec::with_capacity(bins.len());
        for id in bins {
            ranked.push((id.clone(), self.cm(from, self.bin(id)?.node)));
        }
        ranked.sort_by(|a, b| a.1.cmp(&b.1).then_with(|| a.0.cmp(&b.0)));
        Ok(ranked)
    }

    /// Whether the layout has that node.
    pub(crate) fn known(&self, what: &str, node: NodeId) -> Result<(), LayoutError> {
        known(self.nodes.len(), what, node)
    }
    /// [`Self::distance`] of two nodes that were checked before.
    pub(crate) fn cm(&self, from: NodeId, to: NodeId) -> u32 {
        self.paths.between(&self.folded, from, to)
    }
}

fn known(nodes: usize, what: &str, node: NodeId) -> Result<(), LayoutError> {
    if node.at() < nodes {
        return Ok(());
    }
    let last = u32::try_from(nodes.saturating_sub(1)).unwrap_or(u32::MAX);
    Err(LayoutError::UnknownNode { what: what.to_owned(), node: node.0, last })
}

fn check_graph(spec: &LayoutSpec) -> Result<(), LayoutError> {
    let count = spec.nodes.len();
    if count == 0 {
        return Err(LayoutError::Empty);
    }
    let mut total: i64 = 0;
    for (edge, EdgeSpec { a, b, length_cm }) in spec.edges.iter().copied().enumerate() {
        let what = format!("edge {edge}");
        known(count, &what, a)?;
        known(count, &what, b)?;
        if length_cm < 0 {
            return Err(LayoutError::NegativeLength { edge, length_cm });
        }
        if a == b {
            return Err(LayoutError::Loop { edge, node: a.0 });
        }
        total = total.saturating_add(length_cm);
        if total > TOTAL_CM_MAX {
            return Err(LayoutError::TooLong);
        }
    }
    known(count, "packing", spec.packing)?;
    known(count, "dispatch", spec.dispatch)
}

fn check_bins(spec: &LayoutSpec) -> Result<BTreeMap<BinId, Bin>, LayoutError> {
    let mut seen = BTreeSet::new();
    let mut kinds = BTreeMap::new();
    for zone in &spec.zones {
        if !seen.insert(&zone.id) {
            return Err(LayoutError::DuplicateZone(zone.id.clone()));
        }
        kinds.insert(&zone.id, zone.kind);
    }
    let mut bins = BTreeMap::new();
    for BinSpec { id, zone, node } in &spec.bins {
        known(spec.nodes.len(), &format!("bin {id}"), *node)?;
        let Some(kind) = kinds.get(zone).copied() else {
            return Err(LayoutError::UnknownZone { bin: id.clone(), zone: zone.clone() });
        };
        if bins.insert(id.clone(), Bin { zone: zone.clone(), kind, node: *node }).is_some() {
            return Err(LayoutError::DuplicateBin(id.clone()));
        }
    }
    Ok(bins)
}

#[cfg(test)]
pub(crate) mod tests;
