//! A GS1 message: application identifiers with their data, read and found good. Writes it down again in every form.
//! Never where it came from.

use super::ai::Ai;
use super::dictionary::{Ends, Entry};

/// The separator of an element string as scanners send it (FNC1 is sent as the group separator).
pub const GS: u8 = 0x1d;

/// FNC1 in the notation of GS1's own tools.
pub const CARET: u8 = b'^';

/// How many identifiers a message may have.
pub(super) const MOST: usize = 64;

/// One application identifier and its data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    ai: Ai,
    entry: &'static Entry,
    value: String,
}

impl Element {
    /// Data that have been checked: they are ASCII.
    pub(super) fn new(ai: Ai, entry: &'static Entry, value: &[u8]) -> Self {
        Self { ai, entry, value: value.iter().map(|byte| char::from(*byte)).collect() }
    }

    /// The identifier.
    #[must_use]
    pub fn ai(&self) -> Ai {
        self.ai
    }

    /// What the dictionary says of it.
    #[must_use]
    pub fn entry(&self) -> &'static Entry {
        self.entry
    }

    /// The data, checked.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }
}

/// Elements in the order in which they stood. Each is good by itself; `rules` tells whether they go together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Message {
    elements: Vec<Element>,
}

impl Message {
    pub(super) fn from_elements(elements: Vec<Element>) -> Self {
        Self { elements }
    }

    /// Its elements.
    #[must_use]
    pub fn elements(&self) -> &[Element] {
        &self.elements
    }

    /// The data of the first element with this identifier.
    #[must_use]
    pub fn value(&self, ai: Ai) -> Option<&str> {
        self.elements.iter().find(|element| element.ai == ai).map(Element::value)
    }

    /// The element string: a separator behind every element of variable length but the last, none in front.
    #[must_use]
    pub fn to_element_string(&self, separator: u8) -> String {
        let mut out = String::new();
        let mut open = false;
        for element in &self.elements {
            if open {
                out.push(char::from(separator));
            }
            out.push_str(element.ai.as_str());
            out.push_str(&element.value);
            open = element.entry.ends == Ends::Separator;
        }
        out
    }

    /// The notation of GS1's tools: `^` in front and for every separator.
    #[must_use]
    pub fn to_caret(&self) -> String {
        format!("^{}", self.to_element_string(CARET))
    }

    /// For people: `(01)09521321109995(10)A-1`; an opening bracket in data is written `\(`.
    #[must_use]
    pub fn to_bracketed(&self) -> String {
        let mut out = String::new();
        for element in &self.elements {
            out.push('(');
            out.push_str(element.ai.as_str());
            out.push(')');
            out.push_str(&element.value.replace('(', "\\("));
        }
        out
    }

    /// What is printed below a code: `(01) 09521321109995`, one line each.
    #[must_use]
    pub fn to_text_lines(&self) -> Vec<String> {
        self.elements.iter().map(|element| format!("({}) {}", element.ai, element.value)).collect()
    }
}
