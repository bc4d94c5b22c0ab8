//! The queries over the sessions of one studio's members.

use serde::Deserialize;

use super::stored::{IDLE_END, LiveMemberSession, LiveTokenSession, MemberId, MemberSession, WindowRequest};
use crate::{
    access::sessions::stored::SessionRow,
    store::{error::StoreError, id::Id, instant::Instant, record::Record, studio::StudioOn},
};

/// Sign-ins in windows that wait in one studio: each is gone after ten minutes, and one network asks for far fewer.
const MOST_WINDOW_REQUESTS: i64 = 5_000;
/// Sessions of one membership in windows, which are browsers; beyond it those that were used least lately are ended.
const MOST_WINDOWS: i64 = 20;
/// The same in frames, counted apart: a browser that keeps no cookie in a frame makes one for each tab and each time a page is
/// loaded, and who has many tabs open is not to lose the browser, or a tab that is in use, by that.
const MOST_FRAMES: i64 = 200;

#[derive(Deserialize)]
struct EndedSession {
    id: Id<SessionRow>,
}

impl Record for EndedSession {}

/// Begins a session.
pub async fn begin(mut on: StudioOn<'_>, session: &MemberSession) -> Result<(), StoreError> {
    on.again().insert("member_sessions", session).await?;
    let (which, most) =
        if session.opened_by.is_none() { ("is null", MOST_WINDOWS) } else { ("is not null", MOST_FRAMES) };
    // The new one stays in any case.
    let of_kind =
        format!("member_sessions where studio_id = $1 and membership_id = $2 and id <> $3 and opened_by {which}");
    let text = format!(
        "select id from {of_kind} and id not in (select id from {of_kind} order by seen_at desc, id desc limit $4)"
    );
    let statement = on.again().query(text).bind(session.membership_id).bind(session.id).bind(most - 1);
    let ended: Vec<_> = statement.all::<EndedSession>().await?.into_iter().map(|ended| ended.id).collect();
    if ended.is_empty() {
        return Ok(());
    }
    // With a window end the frames that it opened.
    for column in ["opened_by", "id"] {
        let statement = on.again().query("delete from member_sessions where studio_id = $1").one_of(column, &ended);
        statement.execute().await?;
    }
    Ok(())
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

/// Notes a sign-in that the widget has asked for in a window of its own, unless as many as may wait in a studio do. Whether it did.
pub async fn note_window_request(
    mut on: StudioOn<'_>,
    request: &WindowRequest,
    now: Instant,
) -> Result<bool, StoreError> {
    let text = "delete from window_requests where studio_id = $1 and expires_at <= $2";
    on.again().query(text).bind(now).execute().await?;
    let text = "select count(*) from (select 1 from window_requests where studio_id = $1 limit $2) as waiting";
    let waiting = on.again().query(text).bind(MOST_WINDOW_REQUESTS).scalar::<i64>().await?;
    if waiting >= Some(MOST_WINDOW_REQUESTS) {
        return Ok(false);
    }
    on.insert("window_requests", request).await?;
    Ok(true)
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
