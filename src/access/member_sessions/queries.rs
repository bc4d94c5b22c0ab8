//! The queries over the sessions of one studio's members.

use super::stored::{MemberId, MemberSession};
use crate::store::{error::StoreError, studio::StudioOn};

/// Sessions of one membership; beyond it the oldest are ended.
const MOST_OF_MEMBER: i64 = 20;

/// Begins a session.
pub async fn begin(mut on: StudioOn<'_>, session: &MemberSession) -> Result<(), StoreError> {
    on.again().insert("member_sessions", session).await?;
    // The new one stays also where the clock was set back, so that its id is the least.
    let oldest = "delete from member_sessions where studio_id = $1 and membership_id = $2 and id <> $3 and id not in \
        (select id from member_sessions where studio_id = $1 and membership_id = $2 and id <> $3 order by id desc limit $4)";
    let statement = on.query(oldest).bind(session.membership_id).bind(session.id);
    statement.bind(MOST_OF_MEMBER - 1).execute().await.map(drop)
}

/// Ends every session of a membership.
pub async fn end_all_of(on: StudioOn<'_>, member: MemberId) -> Result<(), StoreError> {
    let text = "delete from member_sessions where studio_id = $1 and membership_id = $2";
    on.query(text).bind(member).execute().await.map(drop)
}
