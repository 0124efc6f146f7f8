//! Where a demo keeps everything: the person's folder, or one of its own. Its own goes only after a run in which nothing was
//! wrong; else it is the evidence, and its path is printed. Holds no file of anybody.

use super::options::Options;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};

/// The demo's folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    whose: Whose,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Named by `--data`: never removed.
    Persons,
    /// Made by the demo.
    Ours,
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Nothing was wrong.
    Clean,
    /// Something was: the report says what, or there is none.
    Unclean,
}

impl Folder {
    /// The folder of `--data`, or a new one. It is not removed by itself: who panics or is killed leaves it behind, too.
    pub fn open(options: &Options) -> Result<Self> {
        let (path, whose) = match &options.data {
            Some(path) => (path.clone(), Whose::Persons),
            None => (tempfile::Builder::new().prefix("larder-demo-").tempdir()?.keep(), Whose::Ours),
        };
        let cannot = || format!("cannot use the folder {}", path.display());
        std::fs::create_dir_all(&path).with_context(cannot)?;
        let path = path.canonicalize().with_context(cannot)?;
        Ok(Self { path, whose })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Goes, or stays and is told.
    #[expect(clippy::print_stderr, reason = "the person at the terminal is told where the evidence lies")]
    pub fn leave(self, end: End) {
        match (self.whose, end) {
            (Whose::Ours, End::Clean) => {
                let _ = std::fs::remove_dir_all(&self.path);
            }
            (Whose::Persons, End::Clean) => {}
            (Whose::Ours | Whose::Persons, End::Unclean) => {
                eprintln!("Databases, logs and labels of this run are kept in {}", self.path.display());
            }
        }
    }
}

/// A test's folder. It goes with the test, unless the test fails: then its path is said.
#[derive(Debug)]
pub struct Evidence(PathBuf);

impl Evidence {
    /// A new one.
    pub fn new() -> Result<Self> {
        Ok(Self(tempfile::Builder::new().prefix("larder-test-").tempdir()?.keep()))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Evidence {
    #[expect(clippy::print_stderr, reason = "who reads the failed test is told where the evidence lies")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("The evidence is kept in {}", self.0.display());
        } else {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Folder};
    use crate::demo::options::Options;
    use clap::Parser;
    use std::path::PathBuf;

    fn left(words: &[&str], end: End) -> (PathBuf, bool) {
        let folder = Folder::open(&Options::try_parse_from([&["demo"], words].concat()).unwrap()).unwrap();
        let path = folder.path().to_owned();
        std::fs::write(path.join("node.log"), "why").unwrap();
        folder.leave(end);
        let there = path.join("node.log").exists();
        (path, there)
    }

    #[test]
    fn evidence_stays_and_a_clean_run_leaves_nothing() {
        assert!(!left(&[], End::Clean).1);
        let (path, there) = left(&[], End::Unclean);
        assert!(there);
        std::fs::remove_dir_all(path).unwrap();
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("mine");
        for end in [End::Clean, End::Unclean] {
            assert!(left(&["--data", data.to_str().unwrap()], end).1, "a person's folder is never removed");
        }
    }
}
