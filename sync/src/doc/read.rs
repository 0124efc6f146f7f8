//! Reading a document's maps: only what one of this store's two sides wrote, and from whom. Shapes stand elsewhere.

use automerge::{ObjId, ObjType, ROOT, ReadDoc, ScalarValue, Value};
use model::order::Owner;

use super::DocError;
use super::actor::Author;
use super::document::{Document, MapAt, broken};

impl Document {
    pub(super) fn root(&self, name: &str) -> Result<ObjId, DocError> {
        // The first change's map is the only one that counts, whoever may have written over its key.
        let all = self.am.get_all(ROOT, name).map_err(broken)?;
        let genesis = Author::Genesis.id(self.store);
        all.into_iter()
            .find_map(|(_, obj)| match &obj {
                ObjId::Id(_, actor, _) if *actor == genesis => Some(obj),
                ObjId::Id(..) | ObjId::Root => None,
            })
            .ok_or_else(|| DocError::poisoned(format!("root map {name} was overwritten")))
    }

    /// The map at a place, whoever made it; `root` is the one that the place names.
    pub(super) fn map_in(&self, root: &ObjId, at: &MapAt) -> Result<Option<ObjId>, DocError> {
        match &at.inner {
            None => Ok(Some(root.clone())),
            Some(key) => Ok(self
                .written(root, key)?
                .into_iter()
                .rev()
                .find_map(|(value, obj, _)| matches!(value, Value::Object(ObjType::Map)).then_some(obj))),
        }
    }

    /// The map at a place, if its maker is `maker`.
    pub(super) fn map_made_by(&self, at: &MapAt, maker: Owner) -> Result<Option<ObjId>, DocError> {
        let root = self.root(at.root)?;
        match &at.inner {
            None => Ok(Some(root)),
            Some(key) => Ok(self.written(&root, key)?.into_iter().rev().find_map(|(value, obj, side)| {
                (matches!(value, Value::Object(ObjType::Map)) && side == maker).then_some(obj)
            })),
        }
    }

    /// Every map at a place that lives of `maker` have made.
    pub(super) fn maps_made_by(&self, at: &MapAt, maker: Owner) -> Result<Vec<ObjId>, DocError> {
        let root = self.root(at.root)?;
        let Some(key) = &at.inner else { return Ok(vec![root]) };
        let all = self.written(&root, key)?.into_iter();
        let mine =
            all.filter(|(value, _, side)| matches!(value, Value::Object(ObjType::Map)) && *side == maker);
        Ok(mine.map(|(_, obj, _)| obj).collect())
    }

    /// The inner keys of a root map.
    pub(super) fn keys(&self, root: &'static str) -> Result<Vec<String>, DocError> {
        Ok(self.am.keys(self.root(root)?).collect())
    }

    /// The keys of an inner map.
    pub(super) fn fields(&self, obj: &ObjId) -> Vec<String> {
        self.am.keys(obj).collect()
    }

    /// All standing scalars of a field that `writer` wrote: more than one only after a restart that forgot.
    pub(super) fn scalars(
        &self,
        obj: &ObjId,
        field: &str,
        writer: Owner,
    ) -> Result<Vec<ScalarValue>, DocError> {
        let all = self.written(obj, field)?;
        let mine = all.into_iter().filter(|(_, _, side)| *side == writer);
        mine.map(|(value, _, _)| {
            value.into_scalar().map_err(|_| DocError::poisoned(format!("field {field} is not a plain value")))
        })
        .collect()
    }

    fn written(&self, obj: &ObjId, key: &str) -> Result<Vec<(Value<'_>, ObjId, Owner)>, DocError> {
        let all = self.am.get_all(obj, key).map_err(broken)?;
        Ok(all
            .into_iter()
            .filter_map(|(value, op)| match &op {
                ObjId::Id(_, actor, _) => {
                    let side = Author::of(actor, self.store).and_then(Author::side);
                    side.map(|side| (value, op.clone(), side))
                }
                ObjId::Root => None,
            })
            .collect())
    }
}
