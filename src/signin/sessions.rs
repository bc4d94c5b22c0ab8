//! Ending sessions, and having one work for another studio. Called by the pages of who is signed in.

use super::unscoped;
use crate::{
    access::sessions::{
        self,
        caller::StaffCaller,
        stored::{SessionId, StaffId},
    },
    operation::app::App,
    store::error::StoreError,
};

/// Ends the session of who is signed in.
pub async fn sign_out(app: &App, caller: &StaffCaller) -> Result<(), StoreError> {
    let mut tx = app.db.begin().await?;
    sessions::unscoped::end(tx.on(), &caller.session().token_hash).await?;
    tx.commit().await
}

/// Ends a session of who is signed in, wherever it is; whether it is one of theirs.
pub async fn end_session(app: &App, caller: &StaffCaller, id: SessionId) -> Result<bool, StoreError> {
    let mut tx = app.db.begin().await?;
    let mut was_theirs = false;
    for account in caller.session().accounts() {
        was_theirs |= sessions::unscoped::end_one_of(tx.on(), account, id).await?;
    }
    tx.commit().await?;
    Ok(was_theirs)
}

/// Ends every session of who is signed in.
pub async fn sign_out_everywhere(app: &App, caller: &StaffCaller) -> Result<(), StoreError> {
    let mut tx = app.db.begin().await?;
    for account in caller.session().accounts() {
        sessions::unscoped::end_all_of(tx.on(), account).await?;
    }
    tx.commit().await
}

/// Has the session of who is signed in work for another studio that their address and password opened, as this member of its
/// staff. Returns whether it did.
pub async fn switch(app: &App, caller: &StaffCaller, to: StaffId) -> Result<bool, StoreError> {
    let session = caller.session();
    if !session.others.contains(&to) {
        return Ok(false);
    }
    let Some(member) = unscoped::find(app.db.read(), to).await? else { return Ok(false) };
    let mut tx = app.db.begin().await?;
    sessions::unscoped::switch(tx.on(), session, member.studio_id, to).await?;
    tx.commit().await?;
    Ok(true)
}
