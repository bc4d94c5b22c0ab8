//! The queries over the sessions of members, and over sign-ins in windows, that are found before anybody knows the studios.

use super::stored::{IDLE_END, LiveMemberSession, WindowRequest};
use crate::store::{
    db::{Db, On},
    error::StoreError,
    instant::Instant,
};

/// The sessions with this hash, of memberships that are not over, by the studio's name.
pub async fn load(on: On<'_>, token_hash: &str) -> Result<Vec<LiveMemberSession>, StoreError> {
    let text = "select s.id, s.studio_id, u.name as studio_name, s.membership_id, m.email, s.seen_at, s.expires_at, s.opened_by \
        from member_sessions as s join members as m on m.studio_id = s.studio_id and m.id = s.membership_id \
        join studios as u on u.id = s.studio_id where s.token_hash = $1 and m.status in ('active', 'paused') \
        order by u.name, s.id";
    on.query(text).bind(token_hash.to_owned()).all().await
}

/// Notes that a browser's sessions are used.
pub async fn note_use(db: &Db, token_hash: &str, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let text = "update member_sessions set seen_at = $2 where token_hash = $1 and seen_at < $2";
    tx.on().query(text).bind(token_hash.to_owned()).bind(now).execute().await?;
    tx.commit().await
}

/// Ends the sessions of a browser, and those of the sign-in widget that they opened.
pub async fn end(mut on: On<'_>, token_hash: &str) -> Result<(), StoreError> {
    let opened =
        "delete from member_sessions where opened_by in (select id from member_sessions where token_hash = $1)";
    on.again().query(opened).bind(token_hash.to_owned()).execute().await?;
    let text = "delete from member_sessions where token_hash = $1";
    on.query(text).bind(token_hash.to_owned()).execute().await.map(drop)
}

/// Removes sessions that have ended by themselves, and sign-ins in windows that are too late.
pub async fn sweep(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let text = "delete from member_sessions where expires_at <= $1 or seen_at <= $2";
    tx.on().query(text).bind(now).bind(now.minus(IDLE_END)).execute().await?;
    tx.on().query("delete from window_requests where expires_at <= $1").bind(now).execute().await?;
    tx.commit().await
}

/// A sign-in in a window of its own that is not too late, by what the window knows it by.
pub async fn find_window_request(on: On<'_>, id: &str, now: Instant) -> Result<Option<WindowRequest>, StoreError> {
    let text = "select {row} from window_requests where id = $1 and expires_at > $2";
    on.query(text).bind(id.to_owned()).bind(now).optional().await
}
