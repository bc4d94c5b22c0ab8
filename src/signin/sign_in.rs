//! Signing in to the dashboard: from an e-mail address and a password to a session. Called by the pages that ask for a
//! password.
//!
//! Promises that guessing is slow: attempts are throttled before any hash is computed, and few hashes run at once. Promises
//! that an unknown address and a wrong password look the same, and take the same: as many hashes are compared for an address
//! without an account as for one with up to three of them. Where an address has more, each of those costs a hash more; they
//! fit into the least time of a refusal, unless the machine is short of processors.

use std::{collections::HashSet, time::Duration};

use tokio::time::{Instant as Moment, sleep_until};

use super::{
    password::{Password, PasswordHash},
    staff::{self, StaffMember},
    unscoped,
};
use crate::{
    access::{
        caller::Caller,
        network::Network,
        sessions::{
            self,
            caller::StaffCaller,
            stored::{Session, SessionRow, StaffId, begun},
            throttle::{Attempt, PasswordThrottle},
        },
    },
    operation::app::App,
    store::{
        error::StoreError,
        fair::{Requester, Slot},
        id::{Id, StudioId},
        token::Token,
    },
    wire::problem::Problem,
};

/// A refusal takes so long at the least.
const REFUSED_AFTER: Duration = Duration::from_millis(400);
/// Hashes that a refusal compares at the least.
const LEAST_COMPARED: usize = 3;

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

impl From<Problem> for NotSignedIn {
    fn from(problem: Problem) -> Self {
        Self::Failed(problem)
    }
}

impl From<StoreError> for NotSignedIn {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// Begins a session for the person with this address and password, in place of the one that they had before. One who has
/// them in several studios begins in the oldest, and may switch to the others.
///
/// # Errors
/// When there is no such account, this is not its password, there were too many attempts, or the database fails.
pub async fn sign_in(
    app: &App,
    email: &str,
    password: Password,
    network: Network,
    before: Option<&StaffCaller>,
) -> Result<Token, NotSignedIn> {
    let attempt = Attempt::sign_in(email, network);
    let found = known(app, &app.access.sessions.throttle, attempt, password, find(app, email, network)).await?;
    begin(app, &found, network, before).await
}

/// Begins a session for members of staff whose password was right a moment ago. Those whose password was changed since then
/// are left out, so that the old one begins nothing once the new one is stored.
///
/// # Errors
/// When nobody is left, or the database fails.
pub async fn begin(
    app: &App,
    found: &[StaffMember],
    network: Network,
    before: Option<&StaffCaller>,
) -> Result<Token, NotSignedIn> {
    let first = found.first().ok_or(NotSignedIn::Wrong)?;
    let _slot = write_slot(app, first.studio_id, network).await?;
    let mut tx = app.db.begin().await?;
    // Locked in the order of their ids, as everywhere, so that two never wait for each other.
    let mut by_id: Vec<_> = found.iter().collect();
    by_id.sort_by_key(|member| member.id);
    let mut unchanged = HashSet::new();
    for member in by_id {
        let now = staff::lock(tx.on().of(member.studio_id), member.id).await?;
        unchanged.extend(now.filter(|now| now.password_hash == member.password_hash).map(|now| now.id));
    }
    let still: Vec<_> = found.iter().filter(|member| unchanged.contains(&member.id)).collect();
    let (first, others) = still.split_first().ok_or(NotSignedIn::Wrong)?;
    let (token, others) = (Token::mint(), others.iter().map(|member| member.id).collect());
    if let Some(before) = before {
        sessions::unscoped::end(tx.on(), &before.session().token_hash).await?;
    }
    let now = app.clock.now();
    let session = Session { network: Some(network.masked()), ..begun(&token, first.studio_id, first.id, others, now) };
    sessions::unscoped::begin(&mut tx, &session).await?;
    staff::note_sign_in(tx.on().of(first.studio_id), first.id, now).await?;
    tx.commit().await?;
    tracing::info!(staff = %first.id, studio = %first.studio_id, "somebody of the staff signed in");
    Ok(token)
}

/// Notes that who is signed in has typed their password again.
///
/// # Errors
/// As [`sign_in`].
pub async fn confirm(app: &App, caller: &StaffCaller, password: Password) -> Result<(), NotSignedIn> {
    let session = caller.session();
    let own = async {
        let _slot = app.admission.read(caller.requester(), 1).await?;
        let member = staff::find(app.db.of(session.studio_id), session.staff_id).await?;
        Ok(member.into_iter().collect())
    };
    let attempt = Attempt::confirm(&session.token_hash);
    known(app, &app.access.sessions.throttle, attempt, password, own).await?;
    let _slot = write_slot(app, session.studio_id, caller.network()).await?;
    let mut tx = app.db.begin().await?;
    // A session that was ended meanwhile, as by another password, is there no more, and stays so.
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

/// Ends a session of who is signed in, wherever it is; whether it is one of theirs.
pub async fn end_session(app: &App, caller: &StaffCaller, id: Id<SessionRow>) -> Result<bool, StoreError> {
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

/// An account that is opened by a password: of staff, or of a member.
pub trait Account {
    /// What is kept of its password.
    fn password_hash(&self) -> &PasswordHash;
}

impl Account for StaffMember {
    fn password_hash(&self) -> &PasswordHash {
        &self.password_hash
    }
}

/// The accounts among those found whose password this is; at least one.
///
/// # Errors
/// When there is none, after too many attempts, or when they cannot be found.
pub async fn known<A: Account>(
    app: &App,
    throttle: &PasswordThrottle,
    attempt: Attempt,
    password: Password,
    find: impl Future<Output = Result<Vec<A>, StoreError>>,
) -> Result<Vec<A>, NotSignedIn> {
    let begun = Moment::now();
    throttle.begin(attempt, app.clock.uptime()).map_err(|exhausted| NotSignedIn::Throttled(exhausted.wait))?;
    let is_right = |hash: PasswordHash| {
        let password = password.clone();
        async move { hash.is_of(password).await }
    };
    let right = matching(find.await?, is_right).await?;
    if right.is_empty() {
        sleep_until(begun + REFUSED_AFTER).await;
        return Err(NotSignedIn::Wrong);
    }
    throttle.succeeded(attempt, app.clock.uptime());
    Ok(right)
}

/// Those whose password it is. A refusal compares [`LEAST_COMPARED`] hashes at the least, whoever was found.
async fn matching<A: Account, F: Future<Output = Result<bool, StoreError>>>(
    found: Vec<A>,
    mut is_right: impl FnMut(PasswordHash) -> F,
) -> Result<Vec<A>, StoreError> {
    let missing = LEAST_COMPARED.saturating_sub(found.len());
    let mut right = Vec::new();
    for account in found {
        if is_right(account.password_hash().clone()).await? {
            right.push(account);
        }
    }
    if right.is_empty() {
        for _ in 0..missing {
            is_right(PasswordHash::nobodys()).await?;
        }
    }
    Ok(right)
}

pub(super) async fn find(app: &App, email: &str, network: Network) -> Result<Vec<StaffMember>, StoreError> {
    let _slot = app.admission.read(Requester { studio: None, network: network.address() }, 1).await?;
    unscoped::by_email(app.db.read(), email).await
}

/// A slot to write to the database, for somebody from this network.
pub async fn write_slot(app: &App, studio: StudioId, network: Network) -> Result<Slot, StoreError> {
    app.admission.write(Requester { studio: Some(studio), network: network.address() }, Duration::ZERO).await
}

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::{access::sessions::stored::Role, store::instant::Instant};

    fn accounts(count: usize) -> Vec<StaffMember> {
        let member = |_| StaffMember {
            id: StaffId::new(Instant::from_micros(0)),
            studio_id: StudioId::new(Instant::from_micros(0)),
            email: "anna@casa.example".parse().unwrap(),
            email_key: None,
            role: Role::Owner,
            password_hash: PasswordHash::nobodys(),
            created_at: Instant::from_micros(0),
            joined_at: Some(Instant::from_micros(0)),
            ended_at: None,
            signed_in_at: None,
        };
        (0..count).map(member).collect()
    }

    #[tokio::test]
    async fn a_refusal_compares_as_many_hashes_for_an_unknown_address_as_for_a_wrong_password() {
        let mut compared = Vec::new();
        for count in 0..=4 {
            let mut hashes = 0;
            let wrong = |_| {
                hashes += 1;
                ready(Ok(false))
            };
            assert!(matching(accounts(count), wrong).await.unwrap().is_empty());
            compared.push(hashes);
        }
        assert_eq!(compared, [3, 3, 3, 3, 4], "by the number of accounts with the address");
    }

    #[tokio::test]
    async fn a_right_password_opens_the_accounts_that_have_it_and_no_other() {
        let mut compared = 0;
        let second = |_| {
            compared += 1;
            ready(Ok(compared == 2))
        };
        let found = accounts(3);
        let right = matching(found.clone(), second).await.unwrap();
        assert_eq!(right.iter().map(|member| member.id).collect::<Vec<_>>(), [found[1].id]);
    }
}
