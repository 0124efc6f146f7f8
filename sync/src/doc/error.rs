//! What can be wrong with a document or a change. Every variant leaves the document as it was, but `Broken`.

/// Why a document refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DocError {
    /// A text that names no document.
    #[error("not a document id: {text}")]
    BadId {
        /// The text, cut at 80 characters.
        text: String,
    },
    /// Bytes or a value that cannot be true: quarantine the record and go on with the rest.
    #[error("poisoned: {what}")]
    Poisoned {
        /// What is wrong with which part.
        what: String,
    },
    /// The change was made by somebody who may not write here.
    #[error("change by a stranger: actor {actor}")]
    Stranger {
        /// Actor id in hex.
        actor: String,
    },
    /// The change bears the name of a life of this side that has forgotten nothing, and it is not here.
    #[error("change by a stranger: actor {actor} is a life of this side that has written no such change")]
    NotForgotten {
        /// Actor id in hex.
        actor: String,
    },
    /// The sender used an actor and number twice for different changes: it was restored without a new boot number.
    #[error("actor {actor} used number {seq} twice: the sender must take a new boot number")]
    DuplicateSeq {
        /// Actor id in hex.
        actor: String,
        /// The number.
        seq: u64,
    },
    /// Too many changes wait for ones that never came: ask for the whole document.
    #[error("{waiting} changes wait for missing ones: ask for the whole document")]
    TooManyPending {
        /// How many wait.
        waiting: usize,
    },
    /// A moment, picks or a rider for an order that is not in this document.
    #[error("order {order} is not in this document")]
    UnknownOrder {
        /// The order.
        order: String,
    },
    /// The same order id with another content: both are to be kept and shown to a person.
    #[error("order {order} is already here with another content")]
    OtherContent {
        /// The order.
        order: String,
    },
    /// This side has said its last word there, or the hour is closed for ever: the fact belongs into a later document.
    #[error("document {doc} is closed: the fact belongs into a later one")]
    HourClosed {
        /// Its name.
        doc: String,
    },
    /// This side may not write that field.
    #[error("this side may not write {field}")]
    NotMine {
        /// The field.
        field: String,
    },
    /// The operation belongs to another kind of document.
    #[error("this is no {wanted} document")]
    WrongKind {
        /// `orders`, `quota`, `stock`, `catalogue`, `alarms`, `late`.
        wanted: &'static str,
    },
    /// The library failed inside; the document in memory must be thrown away and loaded again.
    #[error("the document is broken in memory, load it again: {what}")]
    Broken {
        /// What the library said.
        what: String,
    },
}

impl DocError {
    pub(crate) fn poisoned(what: impl Into<String>) -> Self {
        DocError::Poisoned { what: what.into() }
    }
}
