//! Every key of `store.toml`: what it means, its unit, its default, its limits, and the requirement behind it. `explain`
//! shows it and the JSON Schema takes limits and units from it; a test compares it with the types and with the checks.

mod table;

use std::fmt::Write as _;

pub use table::KEYS;

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Key {
    /// Where it stands: `zones[].band.min_centi_c` is a key of each zone's band.
    pub path: &'static str,
    /// What kind of value it takes, with an example.
    pub kind: &'static str,
    /// Unit of a number; empty where there is none.
    pub unit: &'static str,
    /// Whether it may be left out, and what holds then.
    pub default: Default,
    /// Least and greatest number that is taken.
    pub limits: Option<(i64, i64)>,
    /// The requirement behind it; empty where there is none.
    pub req: &'static str,
    /// What it means and what hangs on it.
    pub means: &'static str,
}

/// What holds where a key is left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Default {
    /// It may not be left out.
    Needed,
    /// Nothing is set.
    Nothing,
    /// This value, as one would write it or say it.
    Is(&'static str),
}

/// The keys a question means: one of exactly that path, else every key under that section, else every key of that name.
/// Indices may be given or left out: `zones[2].id`, `zones.id` and `zones[].id` are the same question.
#[must_use]
pub fn find(question: &str) -> Vec<&'static Key> {
    let wanted = plain(question);
    let choose = |fits: &dyn Fn(&str) -> bool| -> Vec<&'static Key> {
        KEYS.iter().filter(|key| fits(&plain(key.path))).collect()
    };
    let exact = choose(&|path| path == wanted);
    if !exact.is_empty() {
        return exact;
    }
    let section =
        choose(&|path| path.strip_prefix(wanted.as_str()).is_some_and(|tail| tail.starts_with('.')));
    if !section.is_empty() {
        return section;
    }
    choose(&|path| path.ends_with(&format!(".{wanted}")))
}

/// The path nearest to a question that found nothing.
#[must_use]
pub fn nearest(question: &str) -> Option<&'static str> {
    let wanted = plain(question);
    let last = |path: &'static str| path.rsplit('.').next().unwrap_or(path);
    let by_path = crate::words::closest(&wanted, KEYS.iter().map(|key| key.path));
    by_path.or_else(|| {
        let name = crate::words::closest(&wanted, KEYS.iter().map(|key| last(key.path)))?;
        KEYS.iter().map(|key| key.path).find(|path| last(path) == name)
    })
}

/// Without brackets and what stands in them.
fn plain(path: &str) -> String {
    let mut inside = false;
    let kept = path.trim().chars().filter(|sign| {
        match sign {
            '[' => inside = true,
            ']' => {
                inside = false;
                return false;
            }
            _ => {}
        }
        !inside
    });
    kept.collect()
}

impl Key {
    /// The key explained in full.
    #[must_use]
    pub fn explain(&self) -> String {
        let mut text = format!("{}\n  {}\n", self.path, self.means);
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                let _ = writeln!(text, "  {name:<8} {value}");
            }
        };
        line("kind", self.kind);
        line("unit", self.unit);
        line("default", &self.default_in_words());
        if let Some((least, most)) = self.limits {
            line("limits", &format!("{least} to {most}"));
        }
        line("behind", self.req);
        text
    }

    /// The key on one line, for a list.
    #[must_use]
    pub fn summary(&self) -> String {
        let first = self.means.split_once(". ").map_or(self.means, |(first, _)| first);
        format!("{:<38} {}", self.path, first.trim_end_matches('.'))
    }

    fn default_in_words(&self) -> String {
        match self.default {
            Default::Needed => "none: the key is needed".to_owned(),
            Default::Nothing => "not set".to_owned(),
            Default::Is(value) => value.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_may_be_a_path_a_section_or_a_name() {
        let paths = |question: &str| -> Vec<&str> { find(question).iter().map(|key| key.path).collect() };
        assert_eq!(paths("zones[3].band.min_centi_c"), ["zones[].band.min_centi_c"]);
        assert_eq!(paths("hub"), ["hub.url", "hub.token", "hub.tls.ca", "hub.tls.cert", "hub.tls.key"]);
        assert_eq!(paths("baud"), ["devices[].settings.baud"]);
        assert!(paths("colour").is_empty());
        assert_eq!(nearest("store.time_zoen"), Some("store.time_zone"));
        assert_eq!(nearest("buad"), Some("devices[].settings.baud"));
    }

    #[test]
    fn the_table_and_the_types_name_the_same_keys() {
        let mut told: Vec<String> = KEYS.iter().map(|key| key.path.to_owned()).collect();
        told.sort();
        assert_eq!(told, crate::schema::paths());
    }

    #[test]
    fn every_key_is_told_in_full() {
        for key in KEYS {
            assert!(key.means.ends_with('.') && !key.kind.is_empty(), "{}", key.path);
            assert!(key.limits.is_none_or(|(least, most)| least < most), "{}", key.path);
        }
    }
}
