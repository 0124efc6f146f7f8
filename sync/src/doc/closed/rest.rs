//! Maps of a closed hour that hold more than an order of this version says, or something else: kept field by field with
//! who wrote it, so that nothing is lost by closing.

use automerge::{ObjId, ReadDoc, ScalarValue, Value};
use model::order::Owner;
use serde::{Deserialize, Serialize};

use crate::doc::DocError;
use crate::doc::actor::Author;
use crate::doc::document::{Document, broken};
use crate::doc::orders::OrderPlace;

/// One such map.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Rest {
    root: String,
    key: String,
    fields: Vec<(String, Option<Owner>, Kept)>,
}

/// A value as it stood.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Kept {
    Int(i64),
    Uint(u64),
    Text(String),
    Bytes(Vec<u8>),
    Bool(bool),
    Null,
    /// Anything else, as automerge shows it to a person.
    Shown(String),
}

impl Rest {
    pub(super) fn of(document: &Document, place: &OrderPlace) -> Result<Self, DocError> {
        let mut fields = Vec::new();
        for key in document.fields(&place.obj) {
            for (value, op) in document.am.get_all(&place.obj, key.as_str()).map_err(broken)? {
                let by = match &op {
                    ObjId::Id(_, actor, _) => Author::of(actor, document.store).and_then(Author::side),
                    ObjId::Root => None,
                };
                fields.push((key.clone(), by, keep(&value)));
            }
        }
        fields.sort();
        Ok(Self { root: place.root.to_owned(), key: place.key.clone(), fields })
    }

    pub(super) fn name(&self) -> String {
        format!("{}/{}", self.root, self.key)
    }
}

fn keep(value: &Value<'_>) -> Kept {
    match value {
        Value::Scalar(scalar) => match scalar.as_ref() {
            ScalarValue::Int(n) => Kept::Int(*n),
            ScalarValue::Uint(n) => Kept::Uint(*n),
            ScalarValue::Str(text) => Kept::Text(text.to_string()),
            ScalarValue::Bytes(bytes) => Kept::Bytes(bytes.clone()),
            ScalarValue::Boolean(b) => Kept::Bool(*b),
            ScalarValue::Null => Kept::Null,
            other @ (ScalarValue::F64(_)
            | ScalarValue::Counter(_)
            | ScalarValue::Timestamp(_)
            | ScalarValue::Unknown { .. }) => Kept::Shown(format!("{other:?}")),
        },
        Value::Object(kind) => Kept::Shown(format!("{kind:?}")),
    }
}
