//! A studio's staff: the people who run it, and sign in to the dashboard. The first owner is made with the studio.

use serde::{Deserialize, Serialize};

use super::password::PasswordHash;
use crate::{
    store::{
        db::{On, Tx},
        error::StoreError,
        id::{Id, Named, StudioId},
        instant::Instant,
        mailbox,
        record::{self, Record},
    },
    wire::text::Email,
};

/// The id of a staff member.
pub type StaffId = Id<StaffMember>;

/// What a staff member may do in the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
}

/// A row of the table `staff`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StaffMember {
    /// The id.
    pub id: StaffId,
    /// Whose studio they run.
    pub studio_id: StudioId,
    /// What they sign in with, in lower case.
    pub email: Email,
    /// What all spellings of that address have in common: no two operators of a studio have the same. None where an older
    /// gateway let two in.
    pub email_key: Option<String>,
    /// What they may do.
    pub role: Role,
    /// What is kept of their password.
    pub password_hash: PasswordHash,
    /// When they were made.
    pub created_at: Instant,
}

impl Named for StaffMember {
    const PREFIX: &'static str = "usr";
    const NOUN: &'static str = "staff member";
}

impl Record for StaffMember {}

/// Makes a staff member of a studio.
///
/// # Errors
/// [`StoreError::Taken`] when the studio has one with this e-mail address, in whichever form.
pub async fn create(
    tx: &mut Tx,
    studio: StudioId,
    email: Email,
    role: Role,
    password_hash: PasswordHash,
    now: Instant,
) -> Result<StaffMember, StoreError> {
    let email_key = Some(mailbox::key(email.as_str()));
    let id = StaffId::new(now);
    let person = StaffMember { id, studio_id: studio, email, email_key, role, password_hash, created_at: now };
    record::insert(tx.on(), "staff", studio, &person).await?;
    Ok(person)
}

/// The owners of a studio, oldest first.
pub async fn owners(on: On<'_>, studio: StudioId) -> Result<Vec<StaffMember>, StoreError> {
    let text = "select {rows} from (select * from staff where studio_id = $1 and role = 'owner' order by id) as page";
    on.query(text).bind(studio).all().await
}

/// Gives a staff member another password.
pub async fn change_password(
    tx: &mut Tx,
    studio: StudioId,
    person: StaffMember,
    password_hash: PasswordHash,
) -> Result<(), StoreError> {
    record::update(tx.on(), "staff", studio, &StaffMember { password_hash, ..person }).await
}
