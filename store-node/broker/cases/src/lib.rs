//! The packet cases of the Mosquitto project as a judge of brokers (issue B, point 7): reads the JSON files, speaks the
//! bytes to a broker over plain TCP and says per case whether the answer was the very bytes, the same verdict, the same verdict for another reason, or wrong.
//! Takes any file or folder of cases, counts none beforehand. `known` says what a broker is known to read otherwise, by
//! what a case sends and wants, never by its name. Knows nothing of Larder; the program stands in package `tests`.

mod case;
pub mod known;
mod packet;
mod speak;
mod token;

pub use case::{Case, CaseError, Entry, Step, Unreadable, read};
pub use known::Deviation;
pub use speak::{Failure, Kind, Outcome, Run, play, play_all};
pub use token::{TokenError, encode};

/// How the cases went.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases whose every byte was as wanted.
    pub exact: usize,
    /// Cases with the same verdict, by other words: how, per case.
    pub same_verdict: Vec<(String, String)>,
    /// Cases that were refused as wanted, with another reason: how, per case. The verdict is the wanted one; told apart.
    pub other_reason: Vec<(String, String)>,
    /// Cases that went otherwise, or could not be read.
    pub failed: Vec<Failed>,
}

/// A case that did not go as wanted.
#[derive(Debug)]
pub struct Failed {
    /// Its file, group and name.
    pub case: String,
    /// What was wanted, and what came.
    pub why: String,
    /// Why this broker does so, where that is known.
    pub known: Option<&'static str>,
}

impl Report {
    /// Cases that ended as wanted, in other words at most: a reason that was not given or another one, other limits told.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.exact + self.same_verdict.len() + self.other_reason.len()
    }

    /// Failures that nobody has explained. The gate: there must be none.
    pub fn unexplained(&self) -> impl Iterator<Item = &Failed> {
        self.failed.iter().filter(|one| one.known.is_none())
    }

    /// Takes in how one case went, at a broker that is known for these deviations.
    pub fn add(&mut self, case: &Case, outcome: Outcome, deviations: &[Deviation]) {
        match outcome {
            Outcome::Exact => self.exact += 1,
            Outcome::SameVerdict(how) => self.same_verdict.push((case.title(), how)),
            Outcome::OtherReason(how) => self.other_reason.push((case.title(), how)),
            Outcome::Failed(Failure { kind, why }) => {
                let known = deviations.iter().find(|one| one.explains(case, kind)).map(|one| one.reason);
                self.failed.push(Failed { case: case.title(), why, known });
            }
        }
    }

    /// Takes in what could not be read.
    pub fn add_unreadable(&mut self, one: &Unreadable) {
        let why = format!("cannot be read: {}", one.why);
        self.failed.push(Failed { case: one.title.clone(), why, known: None });
    }
}
