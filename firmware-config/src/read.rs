//! Reads TOML into a serde type and goes on after a fault, so that every bad line is named at once.
//! Serde stops at its first error; here the bad part is noted, cut out of the tree, and reading starts again.
//! Knows nothing about stores or devices.

use std::borrow::Cow;
use std::ops::Range;

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Error, ValueDeserializer};

use crate::fault::{Fault, Place};

/// More faults than this in one file are not worth listing one by one.
const MOST_FAULTS: usize = 200;

/// What could be read: the value as far as it is sound, the tree it came from (for places), the faults.
pub(crate) struct Reading<'t, T> {
    /// The value without its bad parts; `None` when not even an empty one is possible.
    pub value: Option<T>,
    /// The tree the value was read from.
    pub tree: Tree<'t>,
    /// Syntax and shape faults, in file order.
    pub faults: Vec<Fault>,
    /// Keys and list names something was cut from: checks across the file leave these alone.
    pub cut: Vec<String>,
}

/// The parsed file with the place of each key and value.
pub(crate) struct Tree<'t> {
    text: &'t str,
    root: Spanned<DeValue<'t>>,
}

/// One step down the tree.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step<'s> {
    /// The value of a key.
    Key(&'s str),
    /// The n-th element of a list, from 0.
    Item(usize),
}

impl Tree<'_> {
    /// The place of the value at `path`, or of the deepest part of the path that exists.
    pub(crate) fn place(&self, path: &[Step<'_>]) -> Place {
        let mut here = &self.root;
        for step in path {
            let next = match (step, here.get_ref()) {
                (Step::Key(key), DeValue::Table(table)) => table.get(*key),
                (Step::Item(index), DeValue::Array(list)) => list.get(*index),
                (Step::Key(_) | Step::Item(_), _) => None,
            };
            match next {
                Some(found) => here = found,
                None => break,
            }
        }
        Place::of(self.text, here.span().start)
    }
}

/// A value that stands in for a missing key of a section, so that the section's other keys are still checked:
/// section, key, value as in TOML. The values have to be sound.
pub(crate) type Stand<'f> = (&'f str, &'f str, &'f str);

/// Reads `text` as `T`, collecting syntax faults, unknown keys, wrong types and missing keys.
pub(crate) fn read<'t, T: DeserializeOwned>(text: &'t str, stands: &[Stand<'t>]) -> Reading<'t, T> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut faults: Vec<Fault> = errors.iter().map(|e| fault(text, e, 0)).collect();
    let span = table.span();
    let mut root = Spanned::new(span, DeValue::Table(table.into_inner()));
    let mut cut: Vec<Cut> = Vec::new();
    let value = loop {
        match T::deserialize(ValueDeserializer::from(root.clone())) {
            Ok(value) => break Some(value),
            Err(error) => {
                let span = error.span().unwrap_or(0..0);
                if !follows_from_cut(&error, &span, &cut) {
                    faults.push(fault(text, &error, span.start));
                }
                if faults.len() < MOST_FAULTS
                    && (mend(&mut root, &span, error.message())
                        || stand_in(&mut root, &span, error.message(), stands))
                {
                    continue;
                }
                let Some(done) = cut_out(&mut root, &span, is_missing(&error), "") else { break None };
                cut.push(done);
                if cut.len() >= MOST_FAULTS {
                    break None;
                }
            }
        }
    };
    let cut = cut.into_iter().map(|c| c.key).collect();
    Reading { value, tree: Tree { text, root }, faults, cut }
}

/// A slip that is clear enough is put right in the tree (never in the file), so that what it hides is checked as well:
/// a misspelled key gets its name, a misspelled word its spelling. False where there is nothing to put right.
fn mend(node: &mut Spanned<DeValue<'_>>, span: &Range<usize>, message: &str) -> bool {
    let Some(word) = crate::words::meant(message) else { return false };
    let whole = node.span() == *span;
    match node.get_mut() {
        DeValue::Table(table) => {
            let found = table.iter().find(|(key, _)| key.span() == *span).map(|(key, _)| key.clone());
            if let Some(key) = found {
                if table.contains_key(word) {
                    return false;
                }
                let Some(value) = table.remove(key.get_ref().as_ref()) else { return false };
                table.insert(Spanned::new(key.span(), Cow::Owned(word.to_owned())), value);
                return true;
            }
            table.iter_mut().any(|(_, value)| mend(value, span, message))
        }
        DeValue::Array(list) => list.iter_mut().any(|value| mend(value, span, message)),
        DeValue::String(text) if whole => {
            *text = Cow::Owned(word.to_owned());
            true
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => false,
    }
}

/// Gives a section the value that stands in for the key it lacks. False where none is known.
fn stand_in<'t>(
    root: &mut Spanned<DeValue<'t>>,
    span: &Range<usize>,
    message: &str,
    stands: &[Stand<'t>],
) -> bool {
    let Some(lacking) = message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next())
    else {
        return false;
    };
    let DeValue::Table(table) = root.get_mut() else { return false };
    for (section, key, value) in stands.iter().filter(|(_, key, _)| *key == lacking) {
        let Some(place) = table.get_mut(*section).filter(|place| place.span() == *span) else { continue };
        let (DeValue::Table(inside), Ok(value)) = (place.get_mut(), DeValue::parse(value)) else { continue };
        inside.insert(
            Spanned::new(span.clone(), Cow::Borrowed(*key)),
            Spanned::new(span.clone(), value.into_inner()),
        );
        return true;
    }
    false
}

/// A key that was cut out, with the table it stood in.
struct Cut {
    key: String,
    table: Range<usize>,
}

fn is_missing(error: &Error) -> bool {
    error.message().starts_with("missing field")
}

/// A key cut because of its own fault makes its table incomplete: that is no second fault.
fn follows_from_cut(error: &Error, span: &Range<usize>, cut: &[Cut]) -> bool {
    is_missing(error)
        && cut.iter().any(|c| c.table == *span && error.message().contains(&format!("`{}`", c.key)))
}

/// Cuts the smallest key or element that contains `span`. A missing key condemns the table it is missing from.
fn cut_out(node: &mut Spanned<DeValue<'_>>, span: &Range<usize>, missing: bool, name: &str) -> Option<Cut> {
    let own = node.span();
    match node.get_mut() {
        DeValue::Table(table) => {
            let mut doomed = None;
            for (key, value) in table.iter_mut() {
                if covers(&key.span(), span) && !missing {
                    doomed = Some(key.get_ref().to_string());
                    break;
                }
                if let Some(done) = cut_inside(value, span, missing, key.get_ref()) {
                    match done {
                        Inside::Done(done) => return Some(done),
                        Inside::Whole => {
                            doomed = Some(key.get_ref().to_string());
                            break;
                        }
                    }
                }
            }
            let key = doomed?;
            table.remove(key.as_str());
            Some(Cut { key, table: own })
        }
        DeValue::Array(list) => {
            let mut doomed = None;
            for (index, item) in list.iter_mut().enumerate() {
                if let Some(done) = cut_inside(item, span, missing, name) {
                    match done {
                        Inside::Done(done) => return Some(done),
                        Inside::Whole => {
                            doomed = Some(index);
                            break;
                        }
                    }
                }
            }
            let doomed = doomed?;
            let kept = std::mem::replace(list, DeArray::new())
                .into_iter()
                .enumerate()
                .filter(|(index, _)| *index != doomed);
            *list = kept.map(|(_, item)| item).collect();
            Some(Cut { key: name.to_owned(), table: own })
        }
        DeValue::String(_)
        | DeValue::Integer(_)
        | DeValue::Float(_)
        | DeValue::Boolean(_)
        | DeValue::Datetime(_) => None,
    }
}

enum Inside {
    Done(Cut),
    Whole,
}

fn cut_inside(
    value: &mut Spanned<DeValue<'_>>,
    span: &Range<usize>,
    missing: bool,
    name: &str,
) -> Option<Inside> {
    // The span of a [header] table is its header only, and a list of tables has that of its first:
    // so look inside before asking whether the value itself is meant.
    if let Some(done) = cut_out(value, span, missing, name) {
        return Some(Inside::Done(done));
    }
    let meant = if missing { value.span() == *span } else { covers(&value.span(), span) };
    meant.then_some(Inside::Whole)
}

fn covers(outer: &Range<usize>, inner: &Range<usize>) -> bool {
    outer.start <= inner.start && inner.end <= outer.end && !inner.is_empty()
}

fn fault(text: &str, error: &Error, fallback: usize) -> Fault {
    let offset = error.span().map_or(fallback, |span| span.start);
    let message = error.message().to_owned();
    let hint = if let Some(word) = crate::words::meant(&message) {
        return Fault {
            place: Place::of(text, offset),
            what: message.replace('\n', ", "),
            hint: format!("did you mean {word:?}?"),
        };
    } else if message.starts_with("unknown field") {
        "remove it, or correct its spelling"
    } else if message.starts_with("missing field") {
        "add the key to this table"
    } else if message.starts_with("invalid type") || message.starts_with("invalid value") {
        "give a value of the kind named"
    } else if message.starts_with("unknown variant") {
        "use one of the words listed"
    } else {
        ""
    };
    Fault { place: Place::of(text, offset), what: message.replace('\n', ", "), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        #[serde(default)]
        head: Option<Head>,
        #[serde(default)]
        item: Vec<Item>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Head {
        name: String,
        size: u8,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Item {
        id: String,
        weight: u32,
    }

    #[test]
    fn every_bad_line_is_named_and_the_good_ones_are_read() {
        let text = "[head]\nname = 5\nsize = 300\ncolour = 1\n\n[[item]]\nid = \"a\"\n\n[[item]]\nid = \"b\"\nweight = 7\n\n[[item]]\nid = true\nweight = \"x\"\nwings = 2\n";
        let reading: Reading<'_, File> = read(text, &[]);
        let lines: Vec<usize> = reading.faults.iter().map(|f| f.place.line).collect();
        for line in [2, 3, 4, 6, 14, 15, 16] {
            assert!(lines.contains(&line), "line {line} not in {:#?}", reading.faults);
        }
        assert_eq!(lines.len(), 7, "{:#?}", reading.faults);
        let value = reading.value.unwrap();
        assert_eq!(value.item.len(), 1);
        assert_eq!((value.item[0].id.as_str(), value.item[0].weight), ("b", 7));
        assert!(value.head.is_none());
        assert_eq!(reading.tree.place(&[Step::Key("item"), Step::Item(0), Step::Key("weight")]).line, 11);
    }

    #[test]
    fn several_syntax_faults_come_at_once() {
        let reading: Reading<'_, File> = read("[head]\nname = \nsize = 1 2\n", &[]);
        let lines: Vec<usize> = reading.faults.iter().map(|f| f.place.line).collect();
        assert!(lines.contains(&2) && lines.contains(&3), "{:?}", reading.faults);
    }

    #[test]
    fn a_slip_and_a_missing_key_hide_nothing_beside_them() {
        let text = "[head]\nnmae = 5\n\n[[item]]\nid = \"a\"\nweigth = \"x\"\n";
        let reading: Reading<'_, File> = read(text, &[("head", "size", "7"), ("head", "name", "'x'")]);
        let told: Vec<(usize, &str)> = reading
            .faults
            .iter()
            .map(|f| (f.place.line, f.what.split(&['`', ':'][..]).next().unwrap()))
            .collect();
        let want = [
            (2, "unknown field "),
            (2, "invalid type"),
            (1, "missing field "),
            (6, "unknown field "),
            (6, "invalid type"),
        ];
        for fault in want {
            assert!(told.contains(&fault), "{fault:?} in {told:?}");
        }
        assert_eq!(told.len(), want.len(), "{told:?}");
    }

    #[test]
    fn a_sound_file_has_no_fault() {
        let text = "[head]\nname = \"x\"\nsize = 1\n";
        let reading: Reading<'_, File> = read(text, &[]);
        assert!(reading.faults.is_empty());
        let head = reading.value.unwrap().head.unwrap();
        assert_eq!((head.name.as_str(), head.size), ("x", 1));
    }
}
