//! Who hears what: filters as a tree of topic levels.

use crate::wire::Qos;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One client's subscription to one filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sub {
    pub client: Arc<str>,
    /// The group that shares the messages, and the filter it shares.
    pub share: Option<Arc<str>>,
    pub qos: Qos,
    pub no_local: bool,
    pub as_published: bool,
    pub id: Option<u32>,
}

/// The filters below one level.
#[derive(Debug, Default)]
pub(crate) struct Tree {
    below: BTreeMap<Box<str>, Tree>,
    subs: Vec<Sub>,
}

impl Tree {
    /// Adds a subscription or replaces the client's earlier one; `true` = there was one.
    pub(crate) fn add(&mut self, filter: &str, sub: Sub) -> bool {
        let mut here = self;
        for level in filter.split('/') {
            if !here.below.contains_key(level) {
                here.below.insert(level.into(), Self::default());
            }
            let Some(next) = here.below.get_mut(level) else { return false };
            here = next;
        }
        let old = here.subs.iter_mut().find(|old| old.client == sub.client && old.share == sub.share);
        if let Some(old) = old {
            *old = sub;
            return true;
        }
        here.subs.push(sub);
        false
    }

    /// Takes a subscription away; `true` = there was one.
    pub(crate) fn remove(&mut self, filter: &str, client: &str, share: Option<&str>) -> bool {
        let (level, rest) = match filter.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (filter, None),
        };
        let Some(next) = self.below.get_mut(level) else { return false };
        let found = match rest {
            Some(rest) => next.remove(rest, client, share),
            None => {
                let before = next.subs.len();
                next.subs.retain(|sub| &*sub.client != client || sub.share.as_deref() != share);
                next.subs.len() < before
            }
        };
        if next.subs.is_empty() && next.below.is_empty() {
            self.below.remove(level);
        }
        found
    }

    /// Every subscription that hears a topic.
    pub(crate) fn hears(&self, topic: &str) -> Vec<Sub> {
        let mut found = Vec::new();
        self.walk(Some(topic), !topic.starts_with('$'), &mut found);
        found
    }

    /// `rest` = what is left of the topic; `wild` = wildcards count at this level.
    fn walk(&self, rest: Option<&str>, wild: bool, found: &mut Vec<Sub>) {
        // A filter that ends in /# hears its own parent as well.
        if wild && let Some(all) = self.below.get("#") {
            found.extend_from_slice(&all.subs);
        }
        let Some(topic) = rest else {
            return found.extend_from_slice(&self.subs);
        };
        let (level, rest) = match topic.split_once('/') {
            Some((level, rest)) => (level, Some(rest)),
            None => (topic, None),
        };
        if let Some(next) = self.below.get(level) {
            next.walk(rest, true, found);
        }
        if wild && let Some(next) = self.below.get("+") {
            next.walk(rest, true, found);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::topic::matches;

    fn sub(client: &str) -> Sub {
        Sub {
            client: client.into(),
            share: None,
            qos: Qos::One,
            no_local: false,
            as_published: false,
            id: None,
        }
    }

    /// The tree and the plain comparison must agree on every pair.
    #[test]
    fn the_tree_hears_what_the_filters_match() {
        let filters = ["#", "+", "a/b", "a/+", "a/#", "+/b", "/+", "+/+/c", "$SYS/#", "a", "a/b/#"];
        let topics = ["a", "a/b", "a/b/c", "/b", "$SYS/x", "b", "a/", "/"];
        let mut tree = Tree::default();
        for filter in filters {
            assert!(!tree.add(filter, sub(filter)));
        }
        for topic in topics {
            let mut heard: Vec<String> =
                tree.hears(topic).into_iter().map(|sub| sub.client.to_string()).collect();
            heard.sort();
            let mut wanted: Vec<String> =
                filters.iter().filter(|filter| matches(filter, topic)).map(|f| (*f).to_owned()).collect();
            wanted.sort();
            assert_eq!(heard, wanted, "{topic}");
        }
        assert!(tree.add("a/b", sub("a/b")));
        for filter in filters {
            assert!(tree.remove(filter, filter, None));
        }
        assert!(tree.below.is_empty() && !tree.remove("a", "a", None));
    }
}
