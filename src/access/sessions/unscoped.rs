//! The queries over sessions, which are found by their cookie before anybody knows the studio.

use serde::{Deserialize, Serialize};

use super::stored::{IDLE_END, LiveSession, Session, SessionId, StaffId};
use crate::store::{
    db::{Db, On},
    engine::Engine,
    error::StoreError,
    id::StudioId,
    instant::Instant,
    record::Record,
    run::insert_unscoped,
};

/// Sessions of one account; beyond it the oldest are ended.
const MOST_OF_ACCOUNT: i64 = 20;

/// Who a session is in another studio: a row of the table `session_others`.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct SessionOther {
    session_id: SessionId,
    staff_id: StaffId,
}

impl Record for SessionOther {}

/// Begins a session. `others` is who it is in other studios.
pub async fn begin(mut on: On<'_>, session: &Session, others: &[StaffId]) -> Result<(), StoreError> {
    on.again().of(session.studio_id).insert("sessions", session).await?;
    let others: Vec<_> = others.iter().map(|other| SessionOther { session_id: session.id, staff_id: *other }).collect();
    insert_unscoped(on.again(), "session_others", &others, "").await?;
    // The new one stays also where the clock was set back, so that its id is the least.
    let oldest = "delete from sessions where staff_id = $1 and id <> $2 and id not in \
        (select id from sessions where staff_id = $1 and id <> $2 order by id desc limit $3)";
    on.query(oldest).bind(session.staff_id).bind(session.id).bind(MOST_OF_ACCOUNT - 1).execute().await.map(drop)
}

/// The session with this hash, and who it is.
pub async fn load(on: On<'_>, token_hash: &str) -> Result<Option<LiveSession>, StoreError> {
    let others = match on.engine() {
        Engine::Sqlite => "json_group_array(o.staff_id)",
        Engine::Postgres => "coalesce(jsonb_agg(o.staff_id), '[]')",
    };
    let text = format!(
        "select {{row}} from (select s.token_hash, s.id, s.studio_id, u.name as studio_name, u.time_zone, s.staff_id, t.email, \
        t.role, (select {others} from session_others as o where o.session_id = s.id) as others, s.seen_at, s.authenticated_at, \
        s.expires_at, f.email_key is not null as has_second_factor, u.second_factor_required_since, t.language from sessions as s \
        join staff as t on t.id = s.staff_id and t.studio_id = s.studio_id join studios as u on u.id = s.studio_id \
        left join second_factors as f on f.email_key = t.email_key where s.token_hash = $1) as session"
    );
    on.query(text).bind(token_hash.to_owned()).optional().await
}

/// Notes that a session is used.
pub async fn note_use(db: &Db, token_hash: &str, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let text = "update sessions set seen_at = $2 where token_hash = $1 and seen_at < $2";
    tx.on().query(text).bind(token_hash.to_owned()).bind(now).execute().await?;
    tx.commit().await
}

/// Notes that the password was typed.
pub async fn note_password(on: On<'_>, token_hash: &str, now: Instant) -> Result<(), StoreError> {
    let text = "update sessions set authenticated_at = $2, seen_at = $2 where token_hash = $1";
    on.query(text).bind(token_hash.to_owned()).bind(now).execute().await.map(drop)
}

/// Has a session work for another studio of the same person, as one of its `others`.
pub async fn switch(mut on: On<'_>, session: &LiveSession, studio: StudioId, staff: StaffId) -> Result<(), StoreError> {
    let text = "update sessions set studio_id = $2, staff_id = $3 where id = $1";
    on.again().query(text).bind(session.id).bind(studio).bind(staff).execute().await?;
    let text = "update session_others set staff_id = $3 where session_id = $1 and staff_id = $2";
    on.query(text).bind(session.id).bind(staff).bind(session.staff_id).execute().await.map(drop)
}

/// Ends a session.
pub async fn end(on: On<'_>, token_hash: &str) -> Result<(), StoreError> {
    on.query("delete from sessions where token_hash = $1").bind(token_hash.to_owned()).execute().await.map(drop)
}

/// What makes a session that of `$1`: also where it works for another studio now.
const IS_THEIRS: &str = "(staff_id = $1 or id in (select session_id from session_others where staff_id = $1))";

/// Every session that somebody has, the one that was used last first.
pub async fn list_of(on: On<'_>, staff: StaffId) -> Result<Vec<Session>, StoreError> {
    let text = format!("select * from sessions where {IS_THEIRS} order by seen_at desc, id desc");
    on.query(text).bind(staff).all().await
}

/// Ends a session of somebody; whether they have it.
pub async fn end_one_of(on: On<'_>, staff: StaffId, id: SessionId) -> Result<bool, StoreError> {
    let text = format!("delete from sessions where {IS_THEIRS} and id = $2");
    Ok(on.query(text).bind(staff).bind(id).execute().await? > 0)
}

/// Ends every session that somebody has.
pub async fn end_all_of(on: On<'_>, staff: StaffId) -> Result<(), StoreError> {
    on.query(format!("delete from sessions where {IS_THEIRS}")).bind(staff).execute().await.map(drop)
}

/// The same, but for one.
pub async fn end_all_but(on: On<'_>, staff: StaffId, token_hash: &str) -> Result<(), StoreError> {
    let text = format!("delete from sessions where {IS_THEIRS} and token_hash <> $2");
    on.query(text).bind(staff).bind(token_hash.to_owned()).execute().await.map(drop)
}

/// Removes sessions that have ended by themselves.
pub async fn sweep(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let text = "delete from sessions where expires_at <= $1 or seen_at <= $2";
    tx.on().query(text).bind(now).bind(now.minus(IDLE_END)).execute().await?;
    tx.commit().await
}
