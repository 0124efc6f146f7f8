//! Shape of an alarms document, one per store epoch and hour: one value that names all alarms which stand (JSON, so that
//! `sync inspect` and people can read it), because they are few, change together and mean nothing one by one: what is not
//! named is over.

use automerge::ScalarValue;
use model::alarms::AlarmsTold;
use model::order::Owner;

use super::document::{Document, MapAt};
use super::stock::HEADER;
use super::{DocError, DocId};

/// The root map of the first change.
pub(super) const ROOTS: [&str; 1] = [HEADER];
const STANDING: &str = "s";

/// Whether this is the field that the document has.
pub(super) fn is_standing(name: &str) -> bool {
    name == STANDING
}

impl Document {
    /// Stages a look. `Ok(false)`: this one or a later one stands.
    ///
    /// # Errors
    /// [`DocError::NotMine`] at the hub; [`DocError::WrongKind`]; [`DocError::Poisoned`] for what stands there.
    pub fn put_alarms(&mut self, told: &AlarmsTold) -> Result<bool, DocError> {
        self.wants_alarms()?;
        if self.side() != Owner::Store {
            return Err(DocError::NotMine { field: "alarms".into() });
        }
        if self.alarms()?.is_some_and(|stands| stands.look >= told.look) {
            return Ok(false);
        }
        let text = serde_json::to_string(told).map_err(|e| DocError::poisoned(format!("alarms: {e}")))?;
        let at = MapAt { root: HEADER, inner: None };
        self.staged.insert((at, STANDING.to_owned()), ScalarValue::Str(text.into()));
        Ok(true)
    }

    /// What stands, by the last look; `None` before the first.
    ///
    /// # Errors
    /// [`DocError::WrongKind`]; [`DocError::Poisoned`] for what no store's code says.
    pub fn alarms(&self) -> Result<Option<AlarmsTold>, DocError> {
        self.wants_alarms()?;
        let root = self.root(HEADER)?;
        let mut newest: Option<AlarmsTold> = None;
        for value in self.scalars(&root, STANDING, Owner::Store)? {
            let ScalarValue::Str(text) = &value else {
                return Err(DocError::poisoned("what alarms stand is no text"));
            };
            let told: AlarmsTold =
                serde_json::from_str(text).map_err(|e| DocError::poisoned(format!("alarms: {e}")))?;
            told.check().map_err(DocError::poisoned)?;
            if newest.as_ref().is_none_or(|known| known.look < told.look) {
                newest = Some(told);
            }
        }
        Ok(newest)
    }

    fn wants_alarms(&self) -> Result<(), DocError> {
        match self.id() {
            DocId::Alarms { .. } => Ok(()),
            DocId::Orders { .. } | DocId::Quota { .. } | DocId::Stock { .. } | DocId::Catalogue { .. } => {
                Err(DocError::WrongKind { wanted: "alarms" })
            }
        }
    }
}
