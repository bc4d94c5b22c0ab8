//! Signing in and out as a member. It is guarded like that of staff, by the same code: attempts are throttled before a hash is
//! computed, few hashes run at once, and an unknown address and a wrong password look the same and take the same.

use std::time::Duration;

use super::{
    lock_current,
    queries::{self, MemberPassword},
    unscoped,
};
use crate::{
    access::{
        member_sessions::{
            self,
            stored::{LiveMemberSession, MemberSession},
            visitor::SignedInMember,
        },
        network::Network,
        sessions::{stored::SessionRow, throttle::Attempt},
    },
    operation::app::App,
    resources::members::MembershipId,
    signin::{
        password::Password,
        sign_in::{NotSignedIn, known, write_slot},
    },
    store::{
        error::StoreError,
        fair::{Requester, Slot},
        id::{Id, StudioId},
        studio::StudioTx,
        token::Token,
        turns::WriteTx,
    },
    wire::problem::Problem,
};

/// Signs in to every membership of an address that this password opens: the token for the cookie. The sessions that the browser
/// had before end.
///
/// # Errors
/// When there is no such membership, after too many attempts, or the database fails.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: Password,
    network: Network,
    before: Option<&SignedInMember>,
) -> Result<Token, NotSignedIn> {
    let (throttle, attempt) = (&app.access.member_sessions.throttle, Attempt::sign_in(email, network));
    let found = known(app, throttle, attempt, password, find(app, email, network)).await?;
    begin(app, &found, network, before).await
}

async fn find(app: &App, email: &str, network: Network) -> Result<Vec<MemberPassword>, StoreError> {
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    unscoped::passwords_by_email(app.db.read(), email).await
}

/// Begins a session for each membership whose password was right a moment ago. Those whose password was changed, or which ended
/// since then, are left out.
async fn begin(
    app: &App,
    found: &[MemberPassword],
    network: Network,
    before: Option<&SignedInMember>,
) -> Result<Token, NotSignedIn> {
    let first = found.first().ok_or(NotSignedIn::Wrong)?;
    let _slot = write_slot(app, first.studio_id, network).await?;
    let count = u32::try_from(found.len()).unwrap_or(u32::MAX);
    let mut tx = app.db.begin_studio(&app.clock, first.studio_id, count).await?;
    let (token, now) = (Token::mint(), tx.now);
    let mut begun = 0;
    // Locked in the order of their ids, as they were found, so that two never wait for each other.
    for (account, number) in found.iter().zip(0..) {
        tx.studio = account.studio_id;
        if !is_still_right(&mut tx, account).await? {
            continue;
        }
        begin_session(&mut tx, &token, account.membership_id, network).await?;
        queries::note_sign_in(tx.on(), account.membership_id, now.clock, now.of_row(number).stamp()).await?;
        begun += 1;
    }
    if begun == 0 {
        return Err(NotSignedIn::Wrong);
    }
    end_before(&mut tx, before).await?;
    tx.commit().await?;
    tracing::info!(memberships = begun, "a member signed in");
    Ok(token)
}

/// Whether a membership is current and still has the password that was right a moment ago. Its row is locked.
async fn is_still_right(tx: &mut StudioTx, account: &MemberPassword) -> Result<bool, Problem> {
    if lock_current(tx, account.membership_id).await?.is_none() {
        return Ok(false);
    }
    let held = queries::password_of(tx.on(), account.membership_id).await?;
    Ok(held.is_some_and(|held| held.password_hash == account.password_hash))
}

/// Signs in to one studio in the sign-in widget, with a password that is typed there: the token for its frame. The session that the
/// frame had before ends.
///
/// # Errors
/// As [`sign_in`]; an address that is a member elsewhere alone looks like an unknown one.
pub async fn sign_in_framed(
    app: &App,
    studio: StudioId,
    email: &str,
    password: Password,
    network: Network,
    before: Option<&LiveMemberSession>,
) -> Result<Token, NotSignedIn> {
    let (throttle, attempt) = (&app.access.member_sessions.throttle, Attempt::sign_in(email, network));
    let of_studio = async {
        let found = find(app, email, network).await?;
        Ok(found.into_iter().filter(|account| account.studio_id == studio).collect())
    };
    let found = known(app, throttle, attempt, password, of_studio).await?;
    let account = found.first().ok_or(NotSignedIn::Wrong)?;
    let _slot = write_slot(app, studio, network).await?;
    let mut tx = app.db.begin_studio(&app.clock, studio, 1).await?;
    if !is_still_right(&mut tx, account).await? {
        return Err(NotSignedIn::Wrong);
    }
    if let Some(before) = before {
        member_sessions::queries::end_in_frame(tx.on(), before).await?;
    }
    let now = tx.now;
    let token = begin_session_in_frame(&mut tx, account.membership_id, network, None).await?;
    queries::note_sign_in(tx.on(), account.membership_id, now.clock, now.of_row(0).stamp()).await?;
    tx.commit().await?;
    tracing::info!(studio = %studio, "a member signed in in the widget");
    Ok(token)
}

/// Signs out of the sign-in widget, and of the window that opened its session.
///
/// # Errors
/// When the database fails.
pub async fn sign_out_framed(app: &App, session: &LiveMemberSession, network: Network) -> Result<(), StoreError> {
    let _slot = write_slot(app, session.studio_id, network).await?;
    let mut tx = app.db.begin().await?;
    member_sessions::queries::end_in_frame(tx.on().of(session.studio_id), session).await?;
    tx.commit().await
}

pub(super) async fn begin_session_in_frame(
    tx: &mut StudioTx,
    id: MembershipId,
    network: Network,
    opened_by: Option<Id<SessionRow>>,
) -> Result<Token, StoreError> {
    let token = Token::mint();
    let session = MemberSession::begun_in_frame(&token, id.same(), network, tx.now.clock, opened_by);
    member_sessions::queries::begin(tx.on(), &session).await?;
    Ok(token)
}

pub(super) async fn begin_session(
    tx: &mut StudioTx,
    token: &Token,
    id: MembershipId,
    network: Network,
) -> Result<(), StoreError> {
    let session = MemberSession::begun(token, id.same(), network, tx.now.clock);
    member_sessions::queries::begin(tx.on(), &session).await
}

/// Ends the sessions that a browser had before it signed in anew.
pub(super) async fn end_before(tx: &mut StudioTx, before: Option<&SignedInMember>) -> Result<(), StoreError> {
    let Some(before) = before else { return Ok(()) };
    member_sessions::unscoped::end(tx.tx.on(), before.token_hash()).await
}

/// Ends the sessions of this browser.
pub async fn sign_out(app: &App, member: &SignedInMember, network: Network) -> Result<(), StoreError> {
    let _slot = slot_to_sign_out(app, member, network).await?;
    let mut tx = app.db.begin().await?;
    member_sessions::unscoped::end(tx.on(), member.token_hash()).await?;
    tx.commit().await
}

/// Ends the sessions of every browser, of each membership that this one is signed in to.
pub async fn sign_out_everywhere(app: &App, member: &SignedInMember, network: Network) -> Result<(), StoreError> {
    let _slot = slot_to_sign_out(app, member, network).await?;
    let mut tx = app.db.begin().await?;
    // Rows are locked in the order of their index, as the note of their use does.
    let mut sessions: Vec<_> = member.sessions().iter().collect();
    sessions.sort_by_key(|session| session.studio_id);
    for session in sessions {
        member_sessions::queries::end_all_of(tx.on().of(session.studio_id), session.membership_id).await?;
    }
    tx.commit().await
}

/// A slot to write, in the share of the first studio that the browser is signed in to.
async fn slot_to_sign_out(app: &App, member: &SignedInMember, network: Network) -> Result<Slot, StoreError> {
    let studio = member.sessions().first().map(|session| session.studio_id);
    app.admission.write(Requester { studio, network: network.address() }, Duration::ZERO).await
}
