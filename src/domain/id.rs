//! Typed identifiers.

use std::marker::PhantomData;

use uuid::Uuid;

/// The identity of a record of kind `T`: a time-ordered UUID (version 7), the same over all versions of the record.
///
/// Identifiers come from the caller, never from here: see `service::Context`.
pub struct Id<T> {
    uuid: Uuid,
    kind: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    pub const fn new(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    pub const fn uuid(self) -> Uuid {
        self.uuid
    }
}

// By hand, because a derive would ask the same of `T`.
impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<T> Eq for Id<T> {}
impl<T> std::hash::Hash for Id<T> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}
impl<T> std::fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.uuid.fmt(f)
    }
}
impl<T> std::fmt::Display for Id<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.uuid.fmt(f)
    }
}

/// A record as the register holds it: its identity, the integer that maps and feature services use, and which version.
#[derive(Debug, Clone, PartialEq)]
pub struct Held<T> {
    pub id: Id<T>,
    pub feature_id: i64,
    pub version: i32,
    pub record: T,
}
