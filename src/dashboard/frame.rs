//! The frame of every page of somebody who is signed in: the studio, who they are, where they may go.

use super::texts::{TEXTS, Texts};
use crate::{
    access::sessions::{caller::StaffCaller, stored::Role},
    operation::app::App,
    signin::unscoped::{StudioOfStaff, studios_of},
    store::error::StoreError,
};

/// The frame of a page.
pub(super) struct Frame {
    pub t: &'static Texts,
    pub studio: String,
    pub email: String,
    pub role: &'static str,
    /// The studios that they may switch to.
    pub others: Vec<StudioOfStaff>,
    /// Whether they may do what takes a developer.
    pub is_developer: bool,
    /// Whether they may do what takes an owner.
    pub is_owner: bool,
}

impl Frame {
    pub(super) async fn of(app: &App, caller: &StaffCaller) -> Result<Self, StoreError> {
        let session = caller.session();
        let others =
            if session.others.is_empty() { Vec::new() } else { studios_of(app.db.read(), &session.others).await? };
        Ok(Self {
            t: &TEXTS,
            studio: session.studio_name.clone(),
            email: session.email.clone(),
            role: TEXTS.role(session.role),
            others,
            is_developer: caller.may(Role::Developer),
            is_owner: caller.may(Role::Owner),
        })
    }
}
