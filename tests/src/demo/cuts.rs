//! When which store was really cut off, as it happened: from the cut of the wire until the store says that it is online
//! again. The report sorts orders by it.

use super::stage::StoreStage;
use model::Timestamp;
use model::api::store::Link;
use std::collections::BTreeMap;

/// The cuts of one run.
#[derive(Debug, Clone, Default)]
pub struct Cuts(BTreeMap<&'static str, Vec<Span>>);

#[derive(Debug, Clone, Copy)]
struct Span {
    from: Timestamp,
    mended: Option<Timestamp>,
    online: Option<Timestamp>,
}

impl Cuts {
    /// The wire was cut, if it was not already.
    pub fn cut(&mut self, store: &'static str, at: Timestamp) {
        let spans = self.0.entry(store).or_default();
        if spans.last().is_none_or(|span| span.mended.is_some()) {
            spans.push(Span { from: at, mended: None, online: None });
        }
    }

    /// The wire is whole; asks the store whether its uplink is up again, until it is.
    pub async fn mended(&mut self, store: &StoreStage, at: Timestamp) {
        let Some(span) = self.0.get_mut(store.plan.id).and_then(|spans| spans.last_mut()) else { return };
        span.mended = span.mended.or(Some(at));
        if span.online.is_none() {
            let link = store.console.get::<Link>("/api/v1/link").await;
            span.online = link.ok().filter(|link| link.online).map(|link| link.since.max(span.from));
        }
    }

    /// Stores whose wire is cut.
    pub fn now_cut(&self) -> Vec<&'static str> {
        let cut = |spans: &Vec<Span>| spans.last().is_some_and(|span| span.mended.is_none());
        self.0.iter().filter(|(_, spans)| cut(spans)).map(|(store, _)| *store).collect()
    }

    /// Whether the store was cut off at that time.
    pub fn off(&self, store: &str, at: Timestamp) -> bool {
        let spans = self.0.get(store).into_iter().flatten();
        spans.into_iter().any(|span| at >= span.from && span.online.is_none_or(|online| at < online))
    }

    /// Seconds that wires were cut, of all stores; one that was not mended counts until `end`.
    pub fn seconds(&self, end: Timestamp) -> f64 {
        let spans = self.0.values().flatten();
        let ms: i64 = spans.map(|span| span.mended.unwrap_or(end).since_ms(span.from)).sum();
        ms as f64 / 1000.0
    }
}

#[cfg(test)]
mod tests {
    use super::{Cuts, Span};
    use model::Timestamp;

    #[test]
    fn a_store_is_off_until_it_says_that_it_is_online() {
        let at = Timestamp::from_ms;
        let mut cuts = Cuts::default();
        cuts.cut("s1", at(1_000));
        cuts.cut("s1", at(2_000));
        assert_eq!(cuts.now_cut(), ["s1"]);
        assert!(cuts.off("s1", at(9_000)) && !cuts.off("s1", at(999)) && !cuts.off("s2", at(9_000)));
        let span = Span { from: at(1_000), mended: Some(at(5_000)), online: Some(at(6_000)) };
        cuts.0.insert("s1", vec![span]);
        assert!(cuts.off("s1", at(5_500)) && !cuts.off("s1", at(6_000)));
        assert!(cuts.now_cut().is_empty());
        assert!((cuts.seconds(at(9_000)) - 4.0).abs() < 1e-9);
    }
}
