//! A studio's staff: the people who run it, and sign in to the dashboard. The first owner is made with the studio.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::{password::PasswordHash, second_factor};
pub use crate::access::sessions::stored::{Role, StaffId};
use crate::{
    access::{network::Network, sessions::unscoped::end_all_of},
    store::{
        audit::Actor,
        error::StoreError,
        id::StudioId,
        instant::Instant,
        mailbox,
        record::Record,
        studio::{StudioOn, StudioTx},
    },
    wire::{language::Language, text::Email},
};

/// A row of the table `staff`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StaffMember {
    /// The id.
    pub id: StaffId,
    /// Whose studio they run.
    pub studio_id: StudioId,
    /// What they sign in with, in lower case.
    pub email: Email,
    /// What all spellings of that address have in common: no two of a studio's staff have the same. None where an older
    /// gateway let two in.
    pub email_key: Option<String>,
    /// What they may do.
    pub role: Role,
    /// What is kept of their password.
    pub password_hash: PasswordHash,
    /// When they were made.
    pub created_at: Instant,
    /// When they became one: at once, or when they accepted their invitation.
    pub joined_at: Option<Instant>,
    /// When their account was ended.
    pub ended_at: Option<Instant>,
    /// When they signed in last.
    pub signed_in_at: Option<Instant>,
    /// The language that they chose.
    pub language: Option<Language>,
}

impl Record for StaffMember {}

/// Whether somebody of the staff can sign in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StaffState {
    /// They have not accepted their invitation yet.
    Invited,
    /// They can.
    Active,
    /// Their account was ended.
    Ended,
}

/// What makes a row of the staff somebody who can sign in.
pub(super) const IS_ACTIVE: &str = "joined_at is not null and ended_at is null";

impl StaffMember {
    /// Whether they can sign in.
    pub fn state(&self) -> StaffState {
        match (self.ended_at, self.joined_at) {
            (Some(_), _) => StaffState::Ended,
            (None, Some(_)) => StaffState::Active,
            (None, None) => StaffState::Invited,
        }
    }

    /// Them, as who changes something from this network.
    pub(super) fn actor(&self, network: Network) -> Actor {
        Actor { id: self.id.to_string(), label: None, from: Some(network.masked()) }
    }
}

/// Makes a staff member of a studio.
///
/// # Errors
/// [`StoreError::Taken`] when the studio has one with this e-mail address, in whichever form.
pub async fn create(
    on: StudioOn<'_>,
    email: Email,
    role: Role,
    password_hash: PasswordHash,
    now: Instant,
) -> Result<StaffMember, StoreError> {
    let email_key = Some(mailbox::key(email.as_str()));
    let id = StaffId::new(now);
    let person = StaffMember {
        id,
        studio_id: on.studio(),
        email,
        email_key,
        role,
        password_hash,
        created_at: now,
        joined_at: Some(now),
        ended_at: None,
        signed_in_at: None,
        language: None,
    };
    on.insert("staff", &person).await?;
    Ok(person)
}

/// The owners of a studio who can sign in, oldest first.
pub async fn owners(on: StudioOn<'_>) -> Result<Vec<StaffMember>, StoreError> {
    let text = format!("select * from staff where studio_id = $1 and role = 'owner' and {IS_ACTIVE} order by id");
    on.query(text).all().await
}

/// The owners of a studio who can sign in, oldest first, kept from changing until the transaction ends. Whoever locks several
/// locks them in this order.
pub async fn lock_owners(on: StudioOn<'_>) -> Result<Vec<StaffMember>, StoreError> {
    // A sign-in finds its account by the key of the address.
    let text = format!(
        "select * from staff where studio_id = $1 and role = 'owner' and {IS_ACTIVE} and email_key is not null \
        order by id {{lock}}"
    );
    on.query(text).all().await
}

/// All of a studio's staff, the oldest first.
pub async fn list(on: StudioOn<'_>) -> Result<Vec<StaffMember>, StoreError> {
    on.query("select * from staff where studio_id = $1 order by id").all().await
}

/// Somebody of a studio's staff.
pub async fn find(on: StudioOn<'_>, id: StaffId) -> Result<Option<StaffMember>, StoreError> {
    on.query("select {row} from staff where studio_id = $1 and id = $2").bind(id).optional().await
}

/// Somebody of a studio's staff, kept from changing until the transaction ends.
pub async fn lock(on: StudioOn<'_>, id: StaffId) -> Result<Option<StaffMember>, StoreError> {
    let text = "select {row} from staff where studio_id = $1 and id = $2 {lock}";
    on.query(text).bind(id).optional().await
}

/// Locks accounts of one person, of any studio, in the order of their ids, so that two transactions never wait for each other.
/// Returns those that are still there, in the order in which they came.
pub(super) async fn lock_all<'m>(
    tx: &mut StudioTx,
    accounts: impl IntoIterator<Item = &'m StaffMember>,
) -> Result<Vec<StaffMember>, StoreError> {
    let wanted: Vec<_> = accounts.into_iter().map(|account| (account.id, account.studio_id)).collect();
    let mut by_id = wanted.clone();
    by_id.sort_unstable();
    let mut locked = Vec::new();
    for (id, studio) in by_id {
        locked.extend(lock(tx.tx.on().of(studio), id).await?);
    }
    locked.sort_by_key(|account| wanted.iter().position(|(id, _)| *id == account.id));
    Ok(locked)
}

/// Gives a staff member another password, and ends their sessions, and what would become one.
pub async fn change_password(
    tx: &mut StudioTx,
    person: StaffMember,
    password_hash: PasswordHash,
) -> Result<(), StoreError> {
    let (id, email_key) = (person.id, mailbox::key(person.email.as_str()));
    // The row first: a sign-in that has locked it is waited for, and its session is ended with the others.
    tx.on().update("staff", &StaffMember { password_hash, ..person }).await?;
    second_factor::unscoped::end_all_pending(tx.tx.on(), &email_key).await?;
    end_all_of(tx.tx.on(), id).await
}

/// Who of a studio's staff has a second factor.
pub async fn with_second_factor(on: StudioOn<'_>) -> Result<HashSet<StaffId>, StoreError> {
    #[derive(Deserialize)]
    struct Found {
        id: StaffId,
    }
    impl Record for Found {}
    let text =
        "select s.id from staff as s join second_factors as f on f.email_key = s.email_key where s.studio_id = $1";
    Ok(on.query(text).all::<Found>().await?.into_iter().map(|found| found.id).collect())
}

/// Notes that somebody of the staff signed in.
pub(super) async fn note_sign_in(on: StudioOn<'_>, id: StaffId, now: Instant) -> Result<(), StoreError> {
    let text = "update staff set signed_in_at = $3 where studio_id = $1 and id = $2";
    on.query(text).bind(id).bind(now).execute().await.map(drop)
}
