//! The queries over the staff of all studios: who signs in is found by an address, before anybody knows the studio.

use serde::Deserialize;

use super::staff::{IS_ACTIVE, StaffMember};
use crate::{
    access::sessions::stored::StaffId,
    store::{db::On, error::StoreError, id::StudioId, mailbox, record::Record},
};

/// Studios that one address signs in to at the most.
const MOST_STUDIOS: i64 = 8;

/// Those who can sign in with an e-mail address, in whichever form: one for each studio, the oldest first.
pub async fn by_email(on: On<'_>, email: &str) -> Result<Vec<StaffMember>, StoreError> {
    by_key(on, &mailbox::key(email)).await
}

/// The same, by what all spellings of an address have in common.
pub async fn by_key(on: On<'_>, email_key: &str) -> Result<Vec<StaffMember>, StoreError> {
    let text = format!("select * from staff where email_key = $1 and {IS_ACTIVE} order by id limit {MOST_STUDIOS}");
    on.query(text).bind(email_key.to_owned()).all().await
}

/// Somebody of the staff who can sign in, by their id.
pub async fn find(on: On<'_>, id: StaffId) -> Result<Option<StaffMember>, StoreError> {
    on.query(format!("select {{row}} from staff where id = $1 and {IS_ACTIVE}")).bind(id).optional().await
}

/// The studios that these members of staff belong to, by name.
pub async fn studios_of(on: On<'_>, staff: &[StaffId]) -> Result<Vec<StudioOfStaff>, StoreError> {
    let text = "select t.id as staff_id, s.id as studio_id, s.name from staff as t join studios as s on s.id = t.studio_id where true";
    on.query(text).one_of("t.id", staff).then(" order by s.name, s.id").all().await
}

/// A studio that somebody may switch to.
#[derive(Clone, Debug, Deserialize)]
pub struct StudioOfStaff {
    /// Who they are there.
    pub staff_id: StaffId,
    /// The studio.
    pub studio_id: StudioId,
    /// Its name.
    pub name: String,
}

impl Record for StudioOfStaff {}
