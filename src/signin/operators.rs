//! The people who run a studio: they sign in to the dashboard. The first owner is made with the studio.

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

/// The id of an operator.
pub type OperatorId = Id<Operator>;

/// What an operator may do in the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Everything.
    Owner,
}

/// A row of the table `operators`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Operator {
    /// The id.
    pub id: OperatorId,
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

impl Named for Operator {
    const PREFIX: &'static str = "usr";
    const NOUN: &'static str = "operator";
}

impl Record for Operator {}

/// Makes an operator of a studio.
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
) -> Result<Operator, StoreError> {
    let email_key = Some(mailbox::key(email.as_str()));
    let id = OperatorId::new(now);
    let operator = Operator { id, studio_id: studio, email, email_key, role, password_hash, created_at: now };
    record::insert(tx.on(), "operators", studio, &operator).await?;
    Ok(operator)
}

/// The owners of a studio, oldest first.
///
/// # Errors
/// When the database fails.
pub async fn owners(on: On<'_>, studio: StudioId) -> Result<Vec<Operator>, StoreError> {
    let text =
        "select {rows} from (select * from operators where studio_id = $1 and role = 'owner' order by id) as page";
    on.query(text).bind(studio).all().await
}

/// Gives an operator of a studio another password.
///
/// # Errors
/// When the database fails.
pub async fn change_password(
    tx: &mut Tx,
    studio: StudioId,
    operator: Operator,
    password_hash: PasswordHash,
) -> Result<(), StoreError> {
    record::update(tx.on(), "operators", studio, &Operator { password_hash, ..operator }).await
}
