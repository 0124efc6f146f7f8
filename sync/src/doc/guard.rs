//! Where a library's panic becomes a named record instead of a dead process. Automerge checks a change's checksum, not
//! all of its sense: 8 % of randomly damaged changes with a right checksum make 0.12 panic (`tests.rs` holds this).
//! Needs `panic = "unwind"`, which every profile of the workspace keeps.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::DocError;

/// Runs `work`; a panic inside becomes [`DocError::Poisoned`]. What `work` had half changed is the caller's to restore.
pub(super) fn guarded<T>(what: &str, work: impl FnOnce() -> Result<T, DocError>) -> Result<T, DocError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(DocError::poisoned(format!("{what} that automerge cannot take"))))
}
