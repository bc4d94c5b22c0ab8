//! The queries over the members of all studios: who signs in is found by an address, before anybody knows the studios.

use serde::Deserialize;

use super::queries::MemberPassword;
use crate::{
    resources::members::MembershipId,
    store::{db::On, error::StoreError, id::StudioId, mailbox, record::Record},
};

/// Memberships that one address signs in to at the most.
const MOST_STUDIOS: i64 = 8;

/// The passwords of the current memberships with an e-mail address, in whichever form, the oldest first.
pub async fn passwords_by_email(on: On<'_>, email: &str) -> Result<Vec<MemberPassword>, StoreError> {
    let text = format!(
        "select p.studio_id, p.membership_id, p.password_hash, p.set_at from members as m join member_passwords as p \
        on p.studio_id = m.studio_id and p.membership_id = m.id \
        where m.email_key = $1 and m.status in ('active', 'paused') order by m.id limit {MOST_STUDIOS}"
    );
    on.query(text).bind(mailbox::key(email)).all().await
}

/// A membership, and whose it is.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct MembershipOfStudio {
    /// Whose studio it is.
    pub studio_id: StudioId,
    /// The membership.
    pub membership_id: MembershipId,
}

impl Record for MembershipOfStudio {}

/// The current memberships with an e-mail address, with a password or without, the oldest first.
pub async fn by_email(on: On<'_>, email: &str) -> Result<Vec<MembershipOfStudio>, StoreError> {
    let text = format!(
        "select studio_id, id as membership_id from members where email_key = $1 and status in ('active', 'paused') \
        order by id limit {MOST_STUDIOS}"
    );
    on.query(text).bind(mailbox::key(email)).all().await
}
