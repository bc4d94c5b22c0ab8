//! To whom mail goes and links belong: a member or somebody of the staff.

use crate::store::id::{Id, Named};

/// To whom a mail goes. Their address is read when it is sent, so that it follows a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// A membership, by its id.
    Member(String),
    /// Somebody of the staff, by their id.
    Staff(String),
}

impl Recipient {
    /// A member.
    pub fn member<T: Named>(id: Id<T>) -> Self {
        Self::Member(id.to_string())
    }

    /// Somebody of the staff.
    pub fn staff<T: Named>(id: Id<T>) -> Self {
        Self::Staff(id.to_string())
    }

    /// The columns `membership_id` and `staff_id`.
    pub(super) fn columns(&self) -> (Option<String>, Option<String>) {
        match self {
            Self::Member(id) => (Some(id.clone()), None),
            Self::Staff(id) => (None, Some(id.clone())),
        }
    }

    /// The column that names it, and its id.
    pub(super) fn column(&self) -> (&'static str, String) {
        match self {
            Self::Member(id) => ("membership_id", id.clone()),
            Self::Staff(id) => ("staff_id", id.clone()),
        }
    }
}
