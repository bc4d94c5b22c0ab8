//! The queries over sessions, which are found by their cookie before anybody knows the studio.

use super::stored::{IDLE_END, LiveSession, Session, SessionRow, StaffId};
use crate::store::{
    db::{Db, On, Tx},
    error::StoreError,
    id::{Id, StudioId},
    instant::Instant,
};

/// Sessions of one account; beyond it the oldest are ended.
const MOST_OF_ACCOUNT: i64 = 20;

/// Begins a session.
pub async fn begin(tx: &mut Tx, session: &Session) -> Result<(), StoreError> {
    tx.on().of(session.studio_id).insert("sessions", session).await?;
    // The new one stays also where the clock was set back, so that its id is the least.
    let oldest = "delete from sessions where staff_id = $1 and id <> $2 and id not in \
        (select id from sessions where staff_id = $1 and id <> $2 order by id desc limit $3)";
    tx.on().query(oldest).bind(session.staff_id).bind(session.id).bind(MOST_OF_ACCOUNT - 1).execute().await.map(drop)
}

/// The session with this hash, and who it is.
pub async fn load(on: On<'_>, token_hash: &str) -> Result<Option<LiveSession>, StoreError> {
    let text = "select {row} from (select s.token_hash, s.studio_id, u.name as studio_name, u.time_zone, s.staff_id, t.email, t.role, s.others, \
        s.seen_at, s.authenticated_at, s.expires_at from sessions as s join staff as t on t.id = s.staff_id \
        and t.studio_id = s.studio_id join studios as u on u.id = s.studio_id where s.token_hash = $1) as session";
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

/// Has a session work for another studio of the same person.
pub async fn switch(
    on: On<'_>,
    session: &LiveSession,
    studio: StudioId,
    staff: StaffId,
    others: &[StaffId],
) -> Result<(), StoreError> {
    let others = serde_json::to_string(others).map_err(|error| StoreError::Broken(error.to_string()))?;
    let json = match on.engine() {
        crate::store::db::Engine::Sqlite => "$4",
        crate::store::db::Engine::Postgres => "cast($4 as jsonb)",
    };
    let text = format!("update sessions set studio_id = $2, staff_id = $3, others = {json} where token_hash = $1");
    let statement = on.query(text).bind(session.token_hash.clone()).bind(studio).bind(staff).bind(others);
    statement.execute().await.map(drop)
}

/// Ends a session.
pub async fn end(on: On<'_>, token_hash: &str) -> Result<(), StoreError> {
    on.query("delete from sessions where token_hash = $1").bind(token_hash.to_owned()).execute().await.map(drop)
}

/// What makes a session somebody's, where `$1` is their id and `$2` is what [`among_others`] says: also where it works for another
/// studio now.
const IS_THEIRS: &str = "(staff_id = $1 or cast(others as text) like $2)";

fn among_others(staff: StaffId) -> String {
    format!("%\"{staff}\"%")
}

/// Every session that somebody has, the one that was used last first.
pub async fn list_of(on: On<'_>, staff: StaffId) -> Result<Vec<Session>, StoreError> {
    let text = format!("select * from sessions where {IS_THEIRS} order by seen_at desc, id desc");
    on.query(text).bind(staff).bind(among_others(staff)).all().await
}

/// Ends a session of somebody; whether they have it.
pub async fn end_one_of(on: On<'_>, staff: StaffId, id: Id<SessionRow>) -> Result<bool, StoreError> {
    let text = format!("delete from sessions where {IS_THEIRS} and id = $3");
    Ok(on.query(text).bind(staff).bind(among_others(staff)).bind(id).execute().await? > 0)
}

/// Ends every session that somebody has.
pub async fn end_all_of(on: On<'_>, staff: StaffId) -> Result<(), StoreError> {
    let text = format!("delete from sessions where {IS_THEIRS}");
    on.query(text).bind(staff).bind(among_others(staff)).execute().await.map(drop)
}

/// Removes sessions that have ended by themselves.
pub async fn sweep(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let text = "delete from sessions where expires_at <= $1 or seen_at <= $2";
    tx.on().query(text).bind(now).bind(now.minus(IDLE_END)).execute().await?;
    tx.commit().await
}
