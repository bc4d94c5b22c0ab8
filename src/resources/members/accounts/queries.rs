//! The queries of one studio's passwords.

use serde::{Deserialize, Serialize};

use crate::{
    resources::members::MembershipId,
    signin::{password::PasswordHash, sign_in::Account},
    store::{error::StoreError, id::StudioId, instant::Instant, record::Record, studio::StudioOn},
    wire::language::Language,
};

/// A row of the table `member_passwords`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct MemberPassword {
    /// Whose studio it is.
    pub studio_id: StudioId,
    /// Whose it is.
    pub membership_id: MembershipId,
    /// What is kept of it.
    pub password_hash: PasswordHash,
    /// When it was set.
    pub set_at: Instant,
}

impl Record for MemberPassword {}

impl Account for MemberPassword {
    fn password_hash(&self) -> &PasswordHash {
        &self.password_hash
    }
}

/// Sets a membership's password, in place of the one that it had.
pub async fn set_password(
    mut on: StudioOn<'_>,
    membership_id: MembershipId,
    password_hash: PasswordHash,
    now: Instant,
) -> Result<(), StoreError> {
    forget_password(on.again(), membership_id).await?;
    let password = MemberPassword { studio_id: on.studio(), membership_id, password_hash, set_at: now };
    on.insert("member_passwords", &password).await
}

/// Forgets a membership's password.
pub async fn forget_password(on: StudioOn<'_>, id: MembershipId) -> Result<(), StoreError> {
    let text = "delete from member_passwords where studio_id = $1 and membership_id = $2";
    on.query(text).bind(id).execute().await.map(drop)
}

/// A membership's password.
pub async fn password_of(on: StudioOn<'_>, id: MembershipId) -> Result<Option<MemberPassword>, StoreError> {
    let text = "select {row} from member_passwords where studio_id = $1 and membership_id = $2";
    on.query(text).bind(id).optional().await
}

/// Notes that a member signed in, and in which language. That is listed as a change of the row, and is no edit of it.
pub async fn note_sign_in(on: StudioOn<'_>, id: MembershipId, now: Instant, stamp: Instant) -> Result<(), StoreError> {
    let text = "update members set last_signed_in_at = $3, language = $5, updated_at = case when updated_at > $4 then updated_at else $4 end \
        where studio_id = $1 and id = $2";
    let statement = on.query(text).bind(id).bind(now).bind(stamp).bind(Language::current());
    statement.execute().await.map(drop)
}

/// Notes in which language a member reads, where that is known.
pub async fn note_language(on: StudioOn<'_>, id: MembershipId, language: Option<Language>) -> Result<(), StoreError> {
    let text = "update members set language = $3 where studio_id = $1 and id = $2";
    on.query(text).bind(id).bind(language).execute().await.map(drop)
}
