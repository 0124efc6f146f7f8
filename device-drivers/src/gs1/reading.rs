//! What a reader lets pass, and whom it asks about company prefixes. Never the reading itself.

use super::lint::{AnyPrefix, CompanyPrefixes};

/// Whether something beyond the plain standard is let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Allow {
    /// Refused.
    #[default]
    No,
    /// Let through.
    Yes,
}

/// How strictly GS1 data are read.
#[derive(Clone, Copy)]
pub struct Reading<'a> {
    /// Identifiers that the dictionary does not know, where it is clear how long they are.
    pub unknown_ais: Allow,
    /// Digital Links: a GTIN of 8, 12 or 13 digits behind (01), as old links have it.
    pub short_gtins_in_links: Allow,
    /// Digital Links: words for identifiers (`gtin`, `lot`), as old links have them.
    pub words_in_links: Allow,
    /// Digital Links: attributes that the dictionary does not know.
    pub unknown_link_attributes: Allow,
    /// Who knows company prefixes.
    pub prefixes: &'a dyn CompanyPrefixes,
}

impl Reading<'_> {
    /// The standard to the letter, without a company-prefix look-up.
    pub const STRICT: Reading<'static> = Reading {
        unknown_ais: Allow::No,
        short_gtins_in_links: Allow::No,
        words_in_links: Allow::No,
        unknown_link_attributes: Allow::No,
        prefixes: &AnyPrefix,
    };

    /// What a shop meets: links of older packs are read too.
    pub const SHOP: Reading<'static> =
        Reading { short_gtins_in_links: Allow::Yes, words_in_links: Allow::Yes, ..Reading::STRICT };
}

impl Default for Reading<'_> {
    fn default() -> Self {
        Reading::STRICT
    }
}
