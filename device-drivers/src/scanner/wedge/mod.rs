//! A scanner that types: the kernel's key events to codes (REQ-41). Frames on Enter or Tab; a half code is dropped and said
//! so, never taken, and nothing is timed by when we were woken: the kernel stamps each key. Opens nothing.

pub mod keys;

use std::time::Duration;

use super::framing::{Framer, Framing, Line};
use crate::gs1::GS;
use keys::{Held, Key};

/// Bytes of the kernel's `struct input_event` on a 64-bit machine.
pub const EVENT_BYTES: usize = 24;
/// Event type: end of a group, or lost events.
const SYN: u16 = 0;
/// Event type: a key.
const KEY: u16 = 1;
/// With [`SYN`]: the kernel's buffer was full, and events are gone.
const DROPPED: u16 = 3;

/// One event of an input device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InputEvent {
    /// The kernel's time, since whatever its clock counts from.
    pub at: Duration,
    /// Type.
    pub kind: u16,
    /// Which key.
    pub code: u16,
    /// 0 = up, 1 = down, 2 = held down long.
    pub value: i32,
}

impl InputEvent {
    /// A key goes down or up.
    #[must_use]
    pub const fn key(at: Duration, code: u16, down: bool) -> Self {
        Self { at, kind: KEY, code, value: down as i32 }
    }

    /// The kernel has lost events.
    #[must_use]
    pub const fn dropped(at: Duration) -> Self {
        Self { at, kind: SYN, code: DROPPED, value: 0 }
    }

    /// From the kernel's bytes.
    #[must_use]
    pub fn read(bytes: &[u8; EVENT_BYTES]) -> Self {
        let [s0, s1, s2, s3, s4, s5, s6, s7, u0, u1, u2, u3, u4, u5, u6, u7, k0, k1, c0, c1, v0, v1, v2, v3] =
            *bytes;
        let seconds = i64::from_ne_bytes([s0, s1, s2, s3, s4, s5, s6, s7]);
        let micros = i64::from_ne_bytes([u0, u1, u2, u3, u4, u5, u6, u7]);
        let since = |number: i64| u64::try_from(number).unwrap_or_default();
        Self {
            at: Duration::from_secs(since(seconds))
                .saturating_add(Duration::from_micros(since(micros) % 1_000_000)),
            kind: u16::from_ne_bytes([k0, k1]),
            code: u16::from_ne_bytes([c0, c1]),
            value: i32::from_ne_bytes([v0, v1, v2, v3]),
        }
    }

    /// As the kernel gives it.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let seconds = i64::try_from(self.at.as_secs()).unwrap_or(i64::MAX);
        let mut bytes = seconds.to_ne_bytes().to_vec();
        bytes.extend(i64::from(self.at.subsec_micros()).to_ne_bytes());
        bytes.extend(self.kind.to_ne_bytes());
        bytes.extend(self.code.to_ne_bytes());
        bytes.extend(self.value.to_ne_bytes());
        bytes
    }
}

/// What the keys have typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typed {
    /// A whole code, or a line that is none.
    Line(Line),
    /// A code of which a part is lost; its rest is dropped too.
    Torn,
}

/// Collects key events into codes.
#[derive(Debug)]
pub struct Wedge {
    framer: Framer,
    gap: Duration,
    held: Vec<Held>,
    caps: bool,
    /// What Alt and the number pad have typed so far.
    by_number: Option<u16>,
    last: Option<Duration>,
    /// Something is lost: all is dropped up to the end of the code.
    torn: bool,
}

impl Wedge {
    /// For codes with this prefix (empty = none); a pause longer than `gap` amid a code means that keys are lost.
    #[must_use]
    pub fn new(prefix: Vec<u8>, gap: Duration) -> Self {
        let framer = Framer::new(Framing { prefix, ..Framing::default() });
        Self { framer, gap, held: Vec::new(), caps: false, by_number: None, last: None, torn: false }
    }

    /// Whether a code was begun.
    #[must_use]
    pub fn is_amid(&self) -> bool {
        self.framer.pending() > 0
    }

    /// Takes one event.
    pub fn event(&mut self, event: InputEvent) -> Vec<Typed> {
        match (event.kind, event.code, event.value) {
            (SYN, DROPPED, _) => {
                // Which keys are held is lost as well.
                self.held.clear();
                self.by_number = None;
                self.tear().into_iter().collect()
            }
            (KEY, code, 1) => {
                let mut typed: Vec<Typed> = self.paused(event.at).into_iter().collect();
                typed.extend(self.down(keys::key(code)));
                typed
            }
            (KEY, code, 0) => self.up(keys::key(code)),
            // A scanner holds no key long enough for the kernel to repeat it.
            _ => vec![],
        }
    }

    /// No key has come for longer than the gap: the rest of the code never comes.
    pub fn quiet(&mut self) -> Option<Typed> {
        if self.is_amid() { self.tear() } else { None }
    }

    /// Drops what was begun and all that follows up to its end. A half code must not be taken for a whole one, and
    /// neither must its other half.
    fn tear(&mut self) -> Option<Typed> {
        let first = !self.torn;
        self.framer.reset();
        self.torn = true;
        first.then_some(Typed::Torn)
    }

    fn paused(&mut self, at: Duration) -> Option<Typed> {
        let before = self.last.replace(at);
        let long = before.is_some_and(|before| at.saturating_sub(before) > self.gap);
        if long && self.is_amid() { self.tear() } else { None }
    }

    fn down(&mut self, key: Key) -> Vec<Typed> {
        let holds = |held| self.held.contains(&held);
        let (shift, control, alt) = (holds(Held::Shift), holds(Held::Control), holds(Held::Alt));
        match key {
            Key::Held(held) => {
                self.held.push(held);
                self.by_number = (held == Held::Alt).then_some(0);
                vec![]
            }
            Key::End => self.end(),
            Key::Caps => {
                self.caps = !self.caps;
                vec![]
            }
            Key::Pad(digit) if alt => {
                let number = self.by_number.unwrap_or(0).saturating_mul(10);
                self.by_number = Some(number.saturating_add(u16::from(digit - b'0')));
                vec![]
            }
            Key::Pad(digit) => self.sign(digit),
            Key::Separator => self.sign(GS),
            // Ctrl and a letter, or one of @ [ \ ] ^ _ : the control character of that place.
            Key::Sign(plain, _) if control => self.sign(plain.to_ascii_uppercase() & 0x1F),
            Key::Sign(plain, shifted) => {
                let turned = self.caps && plain.is_ascii_lowercase();
                self.sign(if shift == turned { plain } else { shifted })
            }
            Key::Other => self.tear().into_iter().collect(),
        }
    }

    fn up(&mut self, key: Key) -> Vec<Typed> {
        let Key::Held(held) = key else { return vec![] };
        self.held.retain(|other| *other != held);
        if held != Held::Alt {
            return vec![];
        }
        match self.by_number.take() {
            None | Some(0) => vec![],
            Some(number) => match u8::try_from(number) {
                Ok(sign) if sign.is_ascii() => self.sign(sign),
                // Beyond ASCII the number hangs on the machine's code page.
                Ok(_) | Err(_) => self.tear().into_iter().collect(),
            },
        }
    }

    fn sign(&mut self, sign: u8) -> Vec<Typed> {
        if self.torn {
            return vec![];
        }
        if matches!(sign, b'\r' | b'\n' | b'\t') {
            return self.end();
        }
        self.framer.push(&[sign]).into_iter().map(Typed::Line).collect()
    }

    fn end(&mut self) -> Vec<Typed> {
        if std::mem::take(&mut self.torn) {
            return vec![];
        }
        self.framer.push(b"\r").into_iter().map(Typed::Line).collect()
    }
}

/// The key events of a scanner that types `text` and Enter, one key every `step`. Control characters are typed with Ctrl;
/// what no key types is left out.
#[must_use]
pub fn typed(text: &str, start: Duration, step: Duration) -> Vec<InputEvent> {
    let mut at = start;
    let mut events = Vec::new();
    let mut press = |codes: &[u16]| {
        for (code, down) in
            codes.iter().map(|code| (code, true)).chain(codes.iter().rev().map(|c| (c, false)))
        {
            events.push(InputEvent::key(at, *code, down));
        }
        at += step;
    };
    for byte in text.bytes() {
        let control = byte < b' ';
        let plain = if control { (byte | 0x40).to_ascii_lowercase() } else { byte };
        match (control, keys::code_of(plain)) {
            (true, Some((code, false))) => press(&[keys::LEFT_CONTROL, code]),
            (false, Some((code, true))) => press(&[keys::LEFT_SHIFT, code]),
            (false, Some((code, false))) => press(&[code]),
            (true, Some((_, true))) | (_, None) => {}
        }
    }
    press(&[keys::ENTER]);
    events
}

#[cfg(test)]
mod tests;
