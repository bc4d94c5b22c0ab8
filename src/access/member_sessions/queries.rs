//! The queries over the sessions of one studio's members.

use super::stored::{IDLE_END, LiveMemberSession, LiveTokenSession, MemberId, MemberSession, WindowRequest};
use crate::{
    access::sessions::stored::SessionRow,
    store::{error::StoreError, id::Id, instant::Instant, studio::StudioOn},
};

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

/// The same, but for that of one browser, by what is stored of its token.
pub async fn end_all_but(on: StudioOn<'_>, member: MemberId, token_hash: &str) -> Result<(), StoreError> {
    let text = "delete from member_sessions where studio_id = $1 and membership_id = $2 and token_hash <> $3";
    on.query(text).bind(member).bind(token_hash.to_owned()).execute().await.map(drop)
}

/// A session with this id, while it lasts and its membership does.
pub async fn find_live(
    on: StudioOn<'_>,
    id: Id<SessionRow>,
    now: Instant,
) -> Result<Option<LiveTokenSession>, StoreError> {
    let text = "select {row} from (select s.id, s.membership_id from member_sessions as s \
        join members as m on m.studio_id = s.studio_id and m.id = s.membership_id where s.studio_id = $1 and s.id = $2 \
        and s.expires_at > $3 and s.seen_at > $4 and m.status in ('active', 'paused')) as session";
    on.query(text).bind(id).bind(now).bind(now.minus(IDLE_END)).optional().await
}

/// Ends a session of the sign-in widget, the one in a window that opened it, and all others that this one opened.
pub async fn end_in_frame(on: StudioOn<'_>, session: &LiveMemberSession) -> Result<(), StoreError> {
    let opener = session.opened_by.unwrap_or(session.id);
    let text = "delete from member_sessions where studio_id = $1 and membership_id = $2 and (id in ($3, $4) or opened_by = $4)";
    on.query(text).bind(session.membership_id).bind(session.id).bind(opener).execute().await.map(drop)
}

/// Notes a sign-in that the widget has asked for in a window of its own.
pub async fn note_window_request(on: StudioOn<'_>, request: &WindowRequest) -> Result<(), StoreError> {
    on.insert("window_requests", request).await
}

/// Answers such a sign-in with a session, unless it has been answered or used. Whether it was there.
pub async fn answer_window_request(on: StudioOn<'_>, id: &str, session: Id<SessionRow>) -> Result<bool, StoreError> {
    let text = "update window_requests set session_id = $3 where studio_id = $1 and id = $2 and session_id is null";
    Ok(on.query(text).bind(id.to_owned()).bind(session).execute().await? == 1)
}

/// Uses such a sign-in up. Whether it was there.
pub async fn use_window_request(on: StudioOn<'_>, id: &str) -> Result<bool, StoreError> {
    let text = "delete from window_requests where studio_id = $1 and id = $2 and session_id is not null";
    Ok(on.query(text).bind(id.to_owned()).execute().await? == 1)
}
