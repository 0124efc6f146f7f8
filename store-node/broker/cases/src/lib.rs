//! The packet cases of the Mosquitto project as a judge of brokers (issue B, point 7): reads the JSON files, speaks the
//! bytes to a broker over plain TCP and says per case whether the answer was the very bytes, the same verdict, or wrong.
//! Knows nothing of Larder and nothing of a particular broker. Never excuses a case by its name.

mod case;
mod speak;
mod token;

pub use case::{Case, CaseError, Step, read_folder};
pub use speak::{Outcome, Run, play, play_all};
pub use token::{TokenError, encode};

/// How a folder of cases went.
#[derive(Debug, Default)]
pub struct Report {
    /// Cases whose every byte was as wanted.
    pub exact: usize,
    /// Cases with the same verdict, by other words: how, per case.
    pub same_verdict: Vec<(String, String)>,
    /// Cases that went otherwise: why, per case.
    pub failed: Vec<(String, String)>,
}

impl Report {
    /// Cases in all.
    #[must_use]
    pub fn total(&self) -> usize {
        self.by_verdict() + self.failed.len()
    }

    /// Cases that ended as wanted, in whatever words.
    #[must_use]
    pub fn by_verdict(&self) -> usize {
        self.exact + self.same_verdict.len()
    }

    /// Takes one case in.
    pub fn add(&mut self, case: &Case, outcome: Outcome) {
        let name = format!("{}: {}: {}", case.file, case.group, case.name);
        match outcome {
            Outcome::Exact => self.exact += 1,
            Outcome::SameVerdict(how) => self.same_verdict.push((name, how)),
            Outcome::Failed(why) => self.failed.push((name, why)),
        }
    }
}
