//! The printed paper beside the bags and print jobs of the databases: what it says is a bag that is there, what is said to be
//! printed lies in a tray, and nothing lies there once more than it was asked for.

use super::books::Books;
use crate::paper::Read;
use anyhow::Result;
use model::code::OwnCode;
use model::mqtt::Label;
use model::{BagId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// What both sides say of each code.
#[derive(Debug, Default)]
pub struct Wanted {
    /// Codes of all bags.
    pub bags: BTreeSet<String>,
    /// Jobs of this run that the printer said it has done, by code.
    pub done: BTreeMap<String, usize>,
    /// All jobs, repeats that somebody asked for among them, by code.
    pub jobs: BTreeMap<String, usize>,
}

/// What the paper came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Papers {
    /// Drawn and decoded.
    pub looked_at: usize,
    /// Of them, with the code of a bag that is there.
    pub right: usize,
    /// Said to be printed, and not in any tray.
    pub missing: usize,
    /// In a tray once more than it was asked for.
    pub doubled: usize,
}

impl Wanted {
    /// Reads the bags and jobs of all stores; what is older than `begun` came out in an earlier run.
    pub fn read(books: &Books, begun: Timestamp) -> Result<Self> {
        let mut all = Self::default();
        for store in books.stores.values() {
            let mut rows = store.prepare("SELECT bag FROM bag ORDER BY bag")?;
            for bag in rows.query_map([], |row| row.get::<_, String>(0))? {
                all.bags.insert(OwnCode::Bag(BagId::new(bag?)?).text());
            }
            // What a person settled may have come out at any time.
            let sql = "SELECT label, state = 'done' AND resolved_by IS NULL AND created_at >= ?1 FROM print_job \
                       ORDER BY job";
            let mut rows = store.prepare(sql)?;
            let rows =
                rows.query_map([begun.ms()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
            for row in rows {
                let (label, done) = row?;
                if let Label::Bag { code, .. } | Label::Delivery { code, .. } = serde_json::from_str(&label)?
                {
                    *all.done.entry(code.clone()).or_default() += usize::from(done);
                    *all.jobs.entry(code).or_default() += 1;
                }
            }
        }
        Ok(all)
    }

    /// Holds the paper of all printers against it. Which printer a label came from does not count: one that is away is
    /// stood in for.
    pub fn judge(&self, trays: &[Read]) -> Papers {
        let looked_at = trays.iter().map(|tray| tray.0.len()).sum();
        let mut found: BTreeMap<&String, usize> = BTreeMap::new();
        for code in trays.iter().flat_map(|tray| tray.0.iter().flatten()).filter(|c| self.bags.contains(*c)) {
            *found.entry(code).or_default() += 1;
        }
        let lies = |code: &String| found.get(code).copied().unwrap_or(0);
        let asked = |code: &String| self.jobs.get(code).copied().unwrap_or(0);
        Papers {
            looked_at,
            right: found.values().sum(),
            missing: self.done.iter().map(|(code, done)| done.saturating_sub(lies(code))).sum(),
            doubled: found.iter().map(|(code, lies)| lies.saturating_sub(asked(code))).sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Papers, Wanted};
    use crate::paper::Read;

    /// Two bags: the first with its slip, the second printed again because somebody asked.
    fn wanted() -> Wanted {
        let counted = || [("LB:A".to_owned(), 2), ("LB:B".to_owned(), 2)].into();
        Wanted { bags: ["LB:A".to_owned(), "LB:B".to_owned()].into(), done: counted(), jobs: counted() }
    }

    fn judged(labels: &[&str], slips: &[&str]) -> Papers {
        let tray = |codes: &[&str]| Read(codes.iter().map(|code| Some((*code).to_owned())).collect());
        wanted().judge(&[tray(labels), tray(slips)])
    }

    #[test]
    fn paper_that_is_missing_foreign_or_double_is_told_apart() {
        let good = Papers { looked_at: 4, right: 4, missing: 0, doubled: 0 };
        assert_eq!(judged(&["LB:A", "LB:B", "LB:B"], &["LB:A"]), good);
        assert_eq!(
            judged(&["LB:A", "LB:B"], &["LB:A"]),
            Papers { looked_at: 3, right: 3, missing: 1, doubled: 0 }
        );
        let foreign = judged(&["LB:A", "LB:B", "LB:C"], &["LB:A"]);
        assert_eq!(foreign, Papers { looked_at: 4, right: 3, missing: 1, doubled: 0 });
        let double = judged(&["LB:A", "LB:A", "LB:B", "LB:B"], &["LB:A"]);
        assert_eq!(double, Papers { looked_at: 5, right: 5, missing: 0, doubled: 1 });
        let unread = wanted().judge(&[Read(vec![None])]);
        assert_eq!(unread, Papers { looked_at: 1, right: 0, missing: 4, doubled: 0 });
    }
}
