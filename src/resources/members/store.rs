//! The queries that only members need.

use super::model::{Membership, MembershipId, key_of};
use crate::{
    store::{
        db::{On, Tx},
        error::StoreError,
        id::StudioId,
        row::{self, Row},
    },
    wire::text::Email,
};

/// The membership with this e-mail address in whatever case, kept from changing until the transaction ends.
pub async fn lock_by_email(on: On<'_>, studio: StudioId, key: &str) -> Result<Option<Row<Membership>>, StoreError> {
    let text = "select {row} from members where studio_id = $1 and email_key = $2 {lock}";
    on.query(text).bind(studio).bind(key.to_owned()).optional().await
}

/// The membership with this e-mail address in whatever case.
///
/// # Errors
/// When the database fails.
pub async fn find_by_email(on: On<'_>, studio: StudioId, email: &Email) -> Result<Option<Row<Membership>>, StoreError> {
    let text = "select {row} from members where studio_id = $1 and email_key = $2";
    on.query(text).bind(studio).bind(key_of(email)).optional().await
}

/// Writes a new membership.
///
/// # Errors
/// When the address or the external id is taken, or the database fails.
pub async fn insert(tx: &mut Tx, studio: StudioId, member: &Row<Membership>) -> Result<(), StoreError> {
    row::insert(tx.on(), studio, member).await?;
    note_key(tx.on(), studio, member).await
}

/// Writes a membership's next version.
pub async fn update(tx: &mut Tx, studio: StudioId, member: &Row<Membership>) -> Result<(), StoreError> {
    row::update(tx.on(), studio, member).await?;
    note_key(tx.on(), studio, member).await
}

/// Keeps the column that is unique beside the address as it is written.
async fn note_key(on: On<'_>, studio: StudioId, member: &Row<Membership>) -> Result<(), StoreError> {
    let text = "update members set email_key = $3 where studio_id = $1 and id = $2";
    on.query(text).bind(studio).bind(member.id).bind(key_of(&member.fields.email)).execute().await.map(drop)
}

/// Whether another membership has this e-mail address.
pub async fn is_taken(on: On<'_>, studio: StudioId, id: MembershipId, key: &str) -> Result<bool, StoreError> {
    row::is_taken(on, studio, id, "email_key", key).await
}
