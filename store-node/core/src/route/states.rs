//! What a sweep over the aisle graph must remember about the places its line cuts: which are joined by the walk so far,
//! and which have been left by an odd number of ways. Pure algebra, without lengths; transitions are worked out once.

use std::collections::BTreeMap;

/// The most places a sweep line may cut at a time: four cross aisles, one junction being met and one stop between.
/// With more, the states run into the hundred thousands and a proof would take longer than a picker waits.
pub(super) const SLOTS: usize = 6;
/// No such transition.
pub(super) const NEVER: u16 = u16::MAX;
const UNKNOWN: u16 = u16::MAX - 1;
/// States beyond this are refused; the sweep then gives up.
const STATES_MAX: usize = 60_000;

const LABEL: u64 = 0b1111;
const ODD: u64 = 0b1_0000;
const SLOT_BITS: usize = 5;
const SLOTS_MASK: u64 = (1 << (SLOT_BITS * SLOTS)) - 1;
const START: u64 = 1 << 60;
const END: u64 = 1 << 61;
const DONE: u64 = 1 << 62;

/// One elementary move of the sweep. Slots are places on the line; a free slot is an untouched place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Op {
    /// The walk goes once between two places.
    Once(u8, u8),
    /// The walk goes there and back.
    Twice(u8, u8),
    /// The walk starts here.
    Start(u8),
    /// The walk ends here.
    End(u8),
    /// The line leaves a stop, which the walk must have touched.
    LeaveStop(u8),
    /// The line leaves a mere junction.
    Leave(u8),
    /// The line moves from a stop to the next place of its corridor, which the walk enters once.
    OnOnce(u8),
    /// The same, entering there and back.
    OnTwice(u8),
}

/// How many different moves there are.
const OPS: usize = 2 * SLOTS * SLOTS + 6 * SLOTS;

impl Op {
    fn index(self) -> usize {
        let pair = |a: u8, b: u8| a as usize * SLOTS + b as usize;
        let single = |kind: usize, slot: u8| 2 * SLOTS * SLOTS + kind * SLOTS + slot as usize;
        match self {
            Op::Once(a, b) => pair(a, b),
            Op::Twice(a, b) => SLOTS * SLOTS + pair(a, b),
            Op::Start(slot) => single(0, slot),
            Op::End(slot) => single(1, slot),
            Op::LeaveStop(slot) => single(2, slot),
            Op::Leave(slot) => single(3, slot),
            Op::OnOnce(slot) => single(4, slot),
            Op::OnTwice(slot) => single(5, slot),
        }
    }
}

/// All states met so far, by number, and the transitions between them.
#[derive(Debug)]
pub(super) struct States {
    codes: Vec<u64>,
    numbers: BTreeMap<u64, u16>,
    next: Vec<Vec<u16>>,
}

impl Default for States {
    fn default() -> Self {
        let mut states = Self { codes: Vec::new(), numbers: BTreeMap::new(), next: vec![Vec::new(); OPS] };
        states.number(0);
        states.number(DONE | START | END);
        states
    }
}

impl States {
    /// Nothing walked yet.
    pub const EMPTY: u16 = 0;
    /// The whole walk lies behind the line.
    pub const WALKED: u16 = 1;

    /// How many states are known.
    pub fn count(&self) -> usize {
        self.codes.len()
    }
    /// Whether the walk's end has been placed.
    pub fn ended(&self, state: u16) -> bool {
        self.codes[state as usize] & END != 0
    }
    /// The state after a move, or [`NEVER`].
    pub fn step(&mut self, state: u16, op: Op) -> u16 {
        let known = self.next[op.index()].get(state as usize).copied().unwrap_or(UNKNOWN);
        if known != UNKNOWN {
            return known;
        }
        let after = apply(self.codes[state as usize], op).map_or(NEVER, |code| self.number(code));
        let row = &mut self.next[op.index()];
        if row.len() <= state as usize {
            row.resize(state as usize + 1, UNKNOWN);
        }
        row[state as usize] = after;
        after
    }

    /// Whether states had to be refused, so that answers may no longer be proven.
    pub fn is_full(&self) -> bool {
        self.codes.len() >= STATES_MAX
    }

    fn number(&mut self, code: u64) -> u16 {
        if let Some(number) = self.numbers.get(&code) {
            return *number;
        }
        if self.is_full() {
            return NEVER;
        }
        let number = u16::try_from(self.codes.len()).unwrap_or(NEVER);
        self.codes.push(code);
        self.numbers.insert(code, number);
        number
    }
}

fn shift(slot: u8) -> usize {
    slot as usize * SLOT_BITS
}
fn label(code: u64, slot: u8) -> u64 {
    code >> shift(slot) & LABEL
}
fn odd(code: u64, slot: u8) -> bool {
    code >> shift(slot) & ODD != 0
}
fn flip(code: u64, slot: u8) -> u64 {
    code ^ ODD << shift(slot)
}
fn slots() -> impl Iterator<Item = u8> {
    0..SLOTS as u8
}

/// A component is named by its lowest slot, counted from 1; 0 is an untouched place.
fn touch(code: u64, slot: u8) -> u64 {
    if label(code, slot) == 0 { code | (u64::from(slot) + 1) << shift(slot) } else { code }
}

fn rename(code: u64, from: u64, to: u64) -> u64 {
    slots().filter(|s| label(code, *s) == from).fold(code, |c, s| c & !(LABEL << shift(s)) | to << shift(s))
}

fn join(code: u64, a: u8, b: u8) -> u64 {
    let code = touch(touch(code, a), b);
    let (one, other) = (label(code, a), label(code, b));
    if one == other { code } else { rename(code, one.max(other), one.min(other)) }
}

fn apply(code: u64, op: Op) -> Option<u64> {
    if let Op::Leave(slot) = op {
        return leave(code, slot, false);
    }
    if code & DONE != 0 {
        return None;
    }
    match op {
        Op::Once(a, b) => Some(flip(flip(join(code, a, b), a), b)),
        Op::Twice(a, b) => Some(join(code, a, b)),
        Op::Start(slot) if code & START == 0 => Some(flip(touch(code, slot), slot) | START),
        Op::End(slot) if code & END == 0 => Some(flip(touch(code, slot), slot) | END),
        Op::Start(_) | Op::End(_) => None,
        Op::LeaveStop(slot) => leave(code, slot, true),
        Op::Leave(slot) => leave(code, slot, false),
        // The old place must end even, so the new one inherits exactly what the old one had.
        Op::OnOnce(slot) => odd(code, slot).then_some(code),
        Op::OnTwice(slot) => (!odd(code, slot)).then(|| touch(code, slot)),
    }
}

/// A place behind the line must be even (the walk's two ends count as a way) and its component must reach the line,
/// unless it is the whole walk.
fn leave(code: u64, slot: u8, stop: bool) -> Option<u64> {
    let name = label(code, slot);
    if name == 0 {
        return (!stop).then_some(code);
    }
    if odd(code, slot) {
        return None;
    }
    let rest = code & !(LABEL << shift(slot));
    match slots().find(|s| label(rest, *s) == name) {
        Some(heir) => Some(rename(rest, name, u64::from(heir) + 1)),
        None if rest & SLOTS_MASK != 0 => None,
        None => (rest & START != 0 && rest & END != 0).then_some(DONE | START | END),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(ops: &[Op]) -> u16 {
        let mut states = States::default();
        ops.iter()
            .fold(States::EMPTY, |state, op| if state == NEVER { NEVER } else { states.step(state, *op) })
    }

    #[test]
    fn a_walk_along_one_edge_is_whole() {
        let walk = [Op::Start(0), Op::Once(0, 1), Op::End(1), Op::LeaveStop(0), Op::LeaveStop(1)];
        assert_eq!(run(&walk), States::WALKED);
    }

    #[test]
    fn an_odd_place_a_missed_stop_and_a_torn_walk_are_refused() {
        assert_eq!(run(&[Op::Once(0, 1), Op::LeaveStop(0)]), NEVER);
        assert_eq!(run(&[Op::LeaveStop(0)]), NEVER);
        let torn = [Op::Twice(0, 1), Op::Start(2), Op::End(2), Op::LeaveStop(2)];
        assert_eq!(run(&torn), NEVER);
    }

    #[test]
    fn nothing_is_walked_after_the_end() {
        let whole = [Op::Start(0), Op::End(0), Op::LeaveStop(0)];
        assert_eq!(run(&whole), States::WALKED);
        assert_eq!(run(&[&whole[..], &[Op::Leave(1)]].concat()), States::WALKED);
        assert_eq!(run(&[&whole[..], &[Op::Twice(0, 1)]].concat()), NEVER);
    }
}
