//! The queries over the mail of all studios: what is due, what has expired, and whose link a token is.

use serde::Deserialize;

use super::{
    link::Purpose,
    outbox::{MailId, MailStatus, Unsent, open},
    quota::HOUR,
};
use crate::store::{
    db::{Db, Engine, On, Tx},
    error::StoreError,
    id::StudioId,
    instant::Instant,
    record::Record,
    token::Token,
};

#[derive(Deserialize)]
struct DueMail {
    studio_id: StudioId,
    id: MailId,
}

impl Record for DueMail {}

/// Takes the mail that is due for longest, with a new token if its link works once. It is due again at `again_at`, in case
/// this instance stops before the mail is sent. A mail that is due later than any may be is due now: the clock was set back.
pub async fn take(
    tx: &mut Tx,
    now: Instant,
    again_at: Instant,
    beyond: Instant,
) -> Result<Option<(Unsent, Option<Token>)>, StoreError> {
    let skip = match tx.on().engine() {
        Engine::Sqlite => "",
        Engine::Postgres => "for update skip locked",
    };
    let text = format!(
        "select {{row}} from (select * from outbox where status = $1 and (due_at <= $2 or due_at > $3) and expires_at > $2 \
        order by due_at limit 1 {skip}) as due"
    );
    let due = tx.on().query(text).bind(MailStatus::Waiting).bind(now).bind(beyond).optional::<DueMail>().await?;
    let Some(DueMail { studio_id, id }) = due else { return Ok(None) };
    let text = "update outbox set tries = tries + 1, due_at = $3 where studio_id = $1 and id = $2";
    tx.on().query(text).bind(studio_id).bind(id).bind(again_at).execute().await?;
    open(tx.on().of(studio_id), id).await
}

/// How many mails of a status there are.
#[derive(Deserialize)]
pub struct MailCount {
    /// Whether they are to be sent.
    pub status: MailStatus,
    /// Their number.
    pub mails: i64,
}

impl Record for MailCount {}

/// Counts the mails that are not sent.
pub async fn count(db: &Db) -> Result<Vec<MailCount>, StoreError> {
    db.read().query("select status, count(*) as mails from outbox group by status").all().await
}

/// Has all mail that waits be due at this time at the latest: the clock was set.
pub async fn bring_forward(db: &Db, due_at: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    let text = "update outbox set due_at = $2 where status = $1 and due_at > $2";
    tx.on().query(text).bind(MailStatus::Waiting).bind(due_at).execute().await?;
    tx.commit().await
}

/// Removes the mails and links that have expired, and the counts of mails whose hour is over.
pub async fn remove_expired(db: &Db, now: Instant) -> Result<(), StoreError> {
    let mut tx = db.begin().await?;
    for table in ["outbox", "mail_links"] {
        let text = format!("delete from {table} where expires_at <= $1");
        tx.on().query(text).bind(now).execute().await?;
    }
    // An invitation counts in two rows, and may hold one of them while it waits for the other: it is not met half-way.
    let free = match tx.on().engine() {
        Engine::Sqlite => "",
        Engine::Postgres => {
            " and (studio_id, whom) in (select studio_id, whom from mail_counts where since <= $1 for update skip locked)"
        }
    };
    let text = format!("delete from mail_counts where since <= $1{free}");
    tx.on().query(text).bind(now.minus(HOUR)).execute().await?;
    tx.commit().await
}

/// Whom a link that is still good belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Holder {
    /// The studio.
    pub studio_id: StudioId,
    /// The membership, if it was sent to a member.
    pub membership_id: Option<String>,
    /// Who of the staff, if it was sent to one of them.
    pub staff_id: Option<String>,
    /// What it opens.
    pub purpose: Purpose,
    /// The address that it confirms, if it does.
    pub address: Option<String>,
}

impl Record for Holder {}

/// Finds whom a link's token was made for, and for what, while it is good.
pub async fn holder(on: On<'_>, token: &str, now: Instant) -> Result<Option<Holder>, StoreError> {
    let text = "select {row} from mail_links where token_hash = $1 and expires_at > $2";
    on.query(text).bind(Token::hash_of(token)).bind(now).optional().await
}
