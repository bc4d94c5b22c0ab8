//! Signing in to the dashboard: from an e-mail address and a password to a session. Called by the pages that ask for a
//! password.
//!
//! Promises that an unknown address and a wrong password look and take the same, and that guessing is slow: attempts are
//! throttled before any hash is computed, few hashes run at once, and a refusal is never given before its time.

use std::time::Duration;

use tokio::time::{Instant as Moment, sleep_until};

use super::{
    password::{Password, PasswordHash},
    staff::{self, StaffMember},
    unscoped,
};
use crate::{
    access::{
        network::Network,
        sessions::{
            self,
            caller::StaffCaller,
            stored::{SessionToken, StaffId, begun},
        },
    },
    operation::app::App,
    store::{error::StoreError, fair::Requester, id::StudioId},
    wire::problem::Problem,
};

/// A refusal takes so long at the least, however many hashes there were to compare.
const REFUSED_AFTER: Duration = Duration::from_millis(400);

/// Why nobody was signed in.
#[derive(Debug)]
pub enum NotSignedIn {
    /// No such account, or not its password.
    Wrong,
    /// Too many attempts: the seconds to wait.
    Throttled(u32),
    /// The gateway could not tell.
    Failed(Problem),
}

impl From<StoreError> for NotSignedIn {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Begins a session for the person with this address and password. One who has them in several studios begins in the oldest, and
/// may switch to the others.
///
/// # Errors
/// When there is no such account, this is not its password, there were too many attempts, or the database fails.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: Password,
    network: Network,
) -> Result<SessionToken, NotSignedIn> {
    let found = known(app, network, email, password, |email| async move { find(app, email, network).await }).await?;
    let Some((first, others)) = found.split_first() else { return Err(NotSignedIn::Wrong) };
    let (token, now) = (SessionToken::mint(), app.clock.now());
    let others: Vec<StaffId> = others.iter().map(|member| member.id).collect();
    let _slot = write_slot(app, first.studio_id, network).await?;
    let mut tx = app.db.begin().await?;
    sessions::unscoped::begin(tx.on(), &begun(&token, first.studio_id, first.id, others, now)).await?;
    tx.commit().await?;
    tracing::info!(staff = %first.id, studio = %first.studio_id, "somebody of the staff signed in");
    Ok(token)
}

/// Notes that who is signed in has typed their password again.
///
/// # Errors
/// As [`sign_in`].
pub async fn confirm(app: &App, caller: &StaffCaller, password: Password) -> Result<(), NotSignedIn> {
    let (session, network) = (caller.session(), caller.network());
    let own = |_| async move {
        let member = staff::find(app.db.read(), session.studio_id, session.staff_id).await?;
        Ok(member.into_iter().collect())
    };
    known(app, network, &session.email, password, own).await?;
    let _slot = write_slot(app, session.studio_id, network).await?;
    let mut tx = app.db.begin().await?;
    sessions::unscoped::note_password(tx.on(), &session.token_hash, app.clock.now()).await?;
    tx.commit().await?;
    Ok(())
}

/// Ends the session of who is signed in.
pub async fn sign_out(app: &App, caller: &StaffCaller) -> Result<(), StoreError> {
    let mut tx = app.db.begin().await?;
    sessions::unscoped::end(tx.on(), &caller.session().token_hash).await?;
    tx.commit().await
}

/// Has the session of who is signed in work for another studio that their address and password opened, as this member of its
/// staff. Whether it did is told.
pub async fn switch(app: &App, caller: &StaffCaller, to: StaffId) -> Result<bool, StoreError> {
    let session = caller.session();
    let mut others = session.others.clone();
    others.retain(|other| *other != to);
    if others.len() == session.others.len() {
        return Ok(false);
    }
    let Some(member) = unscoped::find(app.db.read(), to).await? else { return Ok(false) };
    others.push(session.staff_id);
    let mut tx = app.db.begin().await?;
    sessions::unscoped::switch(tx.on(), session, member.studio_id, to, &others).await?;
    tx.commit().await?;
    Ok(true)
}

/// The members of staff among those that `find` finds whose password this is; at least one.
async fn known<F: Future<Output = Result<Vec<StaffMember>, StoreError>>>(
    app: &App,
    network: Network,
    email: &str,
    password: Password,
    find: impl FnOnce(String) -> F,
) -> Result<Vec<StaffMember>, NotSignedIn> {
    let (begun, throttle) = (Moment::now(), &app.access.sessions.throttle);
    throttle.attempt(email, network, app.clock.uptime()).map_err(|exhausted| NotSignedIn::Throttled(exhausted.wait))?;
    let right = matching(find(email.to_owned()).await?, password).await?;
    if right.is_empty() {
        sleep_until(begun + REFUSED_AFTER).await;
        return Err(NotSignedIn::Wrong);
    }
    throttle.succeeded(email, network);
    Ok(right)
}

/// Those whose password this is. Where there is nobody, as much is computed.
async fn matching(found: Vec<StaffMember>, password: Password) -> Result<Vec<StaffMember>, StoreError> {
    if found.is_empty() {
        PasswordHash::nobodys().is_of(password).await?;
        return Ok(Vec::new());
    }
    let mut right = Vec::new();
    for member in found {
        if member.password_hash.is_of(password.clone()).await? {
            right.push(member);
        }
    }
    Ok(right)
}

async fn find(app: &App, email: String, network: Network) -> Result<Vec<StaffMember>, StoreError> {
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    unscoped::by_email(app.db.read(), &email).await
}

async fn write_slot(app: &App, studio: StudioId, network: Network) -> Result<crate::store::fair::Slot, StoreError> {
    app.admission.write(Requester { studio: Some(studio), network: network.address() }, Duration::ZERO).await
}
