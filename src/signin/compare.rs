//! Whose password it is. Called by all that ask for one.
//!
//! Promises that guessing is slow: attempts are throttled before any hash is computed, and few hashes run at once. Promises
//! that an unknown address and a wrong password look the same, and take the same: as many hashes are compared for an address
//! without an account as for one with up to three of them. Where an address has more, each of those costs a hash more; they
//! fit into the least time of a refusal, unless the machine is short of processors.

use std::time::Duration;

use tokio::time::{Instant as Moment, sleep_until};

use super::{
    password::{Password, PasswordHash},
    refusal::NotSignedIn,
    staff::StaffMember,
};
use crate::{
    access::sessions::throttle::{Attempt, PasswordThrottle},
    operation::app::App,
    store::error::StoreError,
};

/// A refusal takes so long at the least.
const REFUSED_AFTER: Duration = Duration::from_millis(400);
/// Hashes that a refusal compares at the least.
const LEAST_COMPARED: usize = 3;

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
/// When no account has this password, after too many attempts, or when the database fails.
pub async fn known<A: Account>(
    app: &App,
    throttle: &PasswordThrottle,
    attempt: Attempt,
    password: Password,
    find: impl Future<Output = Result<Vec<A>, StoreError>>,
) -> Result<Vec<A>, NotSignedIn> {
    let right = compared(app, throttle, attempt, password, find).await?;
    throttle.succeeded(attempt, app.clock.uptime()).await;
    Ok(right)
}

/// The same, but the attempt counts until the caller says that it has succeeded: where a code follows, only that one ends it.
pub(super) async fn compared<A: Account>(
    app: &App,
    throttle: &PasswordThrottle,
    attempt: Attempt,
    password: Password,
    find: impl Future<Output = Result<Vec<A>, StoreError>>,
) -> Result<Vec<A>, NotSignedIn> {
    let begun = Moment::now();
    let slot = throttle.attempt_slot()?;
    throttle.begin(attempt, app.clock.uptime()).await?;
    let is_right = |hash: PasswordHash| {
        let password = password.clone();
        async move { hash.is_of(password).await }
    };
    let right = matching(find.await?, is_right).await?;
    drop(slot);
    if right.is_empty() { Err(wrong_since(begun).await) } else { Ok(right) }
}

/// Refuses an attempt that began at this moment, whatever of it was wrong.
pub(super) async fn wrong_since(begun: Moment) -> NotSignedIn {
    sleep_until(begun + REFUSED_AFTER).await;
    NotSignedIn::Wrong
}

/// The accounts whose password it is. A refusal compares at least [`LEAST_COMPARED`] hashes, however many accounts were found.
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

#[cfg(test)]
mod tests {
    use std::future::ready;

    use super::*;
    use crate::{
        access::sessions::stored::{Role, StaffId},
        store::{id::StudioId, instant::Instant},
    };

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
            language: None,
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
