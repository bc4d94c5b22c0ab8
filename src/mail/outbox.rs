//! The outbox: what is to be sent, to whom, and how that went so far. A row is there until its mail is sent, until it
//! is superseded, or until its link expires; then it is gone, with everything that it says of a person.

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use super::link::{self, Purpose, Token};
use crate::{
    store::{
        bind::bind_as_word,
        db::{Db, On, Tx},
        error::StoreError,
        id::{Id, Named, StudioId},
        instant::Instant,
        record::Record,
    },
    wire::text::TimeZone,
};

/// How long the link of a mail is good.
const GOOD_FOR: Duration = Duration::from_hours(7 * 24);

/// A mail, as an id names it.
#[derive(Clone, Copy, Debug)]
pub enum Mail {}

impl Named for Mail {
    const PREFIX: &'static str = "eml";
    const NOUN: &'static str = "e-mail";
}

/// The id of a mail.
pub type MailId = Id<Mail>;

/// Whether a mail is still to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailStatus {
    /// It is.
    Waiting,
    /// It was refused for good, or too often.
    Dead,
}

bind_as_word!(MailStatus);

/// A mail that was not sent, with all that its words are made of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Unsent {
    /// Its id.
    pub id: MailId,
    /// Whose it is.
    pub studio_id: StudioId,
    /// What it is about.
    pub kind: Purpose,
    /// The address that it goes to.
    #[serde(rename(serialize = "to"))]
    pub email: String,
    /// The membership that it is about.
    pub membership_id: String,
    /// Whether it is still to be sent.
    pub status: MailStatus,
    /// How often that was tried.
    pub tries: i64,
    /// When it was written.
    pub created_at: Instant,
    /// When it is tried next.
    pub due_at: Instant,
    /// Until when its link is good.
    pub expires_at: Instant,
    /// Why the last try failed.
    pub last_error: Option<String>,
    /// The page that its link leads to.
    #[serde(skip_serializing)]
    pub page: String,
    /// What to call the reader.
    #[serde(skip_serializing)]
    pub first_name: Option<String>,
    /// Who writes.
    #[serde(skip_serializing)]
    pub studio_name: String,
    /// The zone of the studio's local times.
    #[serde(skip_serializing)]
    pub time_zone: TimeZone,
    /// Where an answer goes.
    #[serde(skip_serializing)]
    pub reply_to: Option<String>,
}

impl Record for Unsent {}

/// What an [`Unsent`] is read from.
pub(super) const UNSENT: &str = "select o.id, o.studio_id, o.kind, m.email, o.membership_id, o.status, o.tries, o.created_at, \
    o.due_at, o.expires_at, o.last_error, o.page, m.first_name, s.name as studio_name, s.time_zone, s.contact ->> 'email' as reply_to \
    from outbox o join members m on m.studio_id = o.studio_id and m.id = o.membership_id join studios s on s.id = o.studio_id";

/// Wakes whoever sends mail. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Bell(Arc<Notify>);

impl Bell {
    /// Says that there is something to send.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    /// Waits until it rings; it may have rung before.
    pub async fn rings(&self) {
        self.0.notified().await;
    }
}

/// Writes a mail to a member, with a link to this page, in place of whatever was to be sent to them before.
pub async fn put<T: Named>(
    tx: &mut Tx,
    studio: StudioId,
    (kind, membership): (Purpose, Id<T>),
    page: &str,
    now: Instant,
) -> Result<(), StoreError> {
    withdraw(tx, studio, membership).await?;
    let text = "insert into outbox (studio_id, id, created_at, kind, membership_id, page, expires_at, status, tries, due_at) \
        values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $3)";
    let statement = tx.on().query(text).bind(studio).bind(MailId::new(now)).bind(now).bind(kind).bind(membership);
    statement.bind(page.to_owned()).bind(now.plus(GOOD_FOR)).bind(MailStatus::Waiting).execute().await.map(drop)
}

/// Takes back whatever was to be sent to a member, and ends the links that were.
pub async fn withdraw<T: Named>(tx: &mut Tx, studio: StudioId, membership: Id<T>) -> Result<(), StoreError> {
    // The mails first: whoever is about to send one has made its link when this goes on.
    let text = "delete from outbox where studio_id = $1 and membership_id = $2";
    tx.on().query(text).bind(studio).bind(membership).execute().await?;
    link::void(tx.on(), studio, &membership.to_string()).await
}

/// The mails of a studio, oldest first.
pub async fn list(on: On<'_>, studio: StudioId) -> Result<Vec<Unsent>, StoreError> {
    let text = format!("select {{rows}} from ({UNSENT} where o.studio_id = $1 order by o.id) as page");
    on.query(text).bind(studio).all().await
}

/// One mail, and a fresh token for its link.
pub async fn open(tx: &mut Tx, studio: StudioId, id: MailId) -> Result<Option<(Unsent, Token)>, StoreError> {
    // Locked, so that nobody withdraws it between the look and the link.
    let text = "select id from outbox where studio_id = $1 and id = $2 {lock}";
    tx.on().query(text).bind(studio).bind(id).execute().await?;
    let text = format!("select {{row}} from ({UNSENT} where o.studio_id = $1 and o.id = $2) as mail");
    let Some(mail) = tx.on().query(text).bind(studio).bind(id).optional::<Unsent>().await? else { return Ok(None) };
    let token = Token::mint();
    link::keep(tx, studio, &mail.membership_id, &token, (mail.kind, mail.expires_at)).await?;
    Ok(Some((mail, token)))
}

/// Removes a mail that was sent, unless another try has begun meanwhile.
pub async fn sent(db: &Db, studio: StudioId, mail: &Unsent) -> Result<(), StoreError> {
    let text = "delete from outbox where studio_id = $1 and id = $2 and tries = $3";
    let mut tx = db.begin().await?;
    tx.on().query(text).bind(studio).bind(mail.id).bind(mail.tries).execute().await?;
    tx.commit().await
}

/// Makes dead mails due again, all of a studio's or this one, with as many tries as a new one has; which they are.
pub async fn revive(
    tx: &mut Tx,
    studio: StudioId,
    id: Option<MailId>,
    now: Instant,
) -> Result<Vec<MailId>, StoreError> {
    let text = "select {rows} from (select id from outbox where studio_id = $1 and status = $2 and expires_at > $3";
    let statement = tx.on().query(text).bind(studio).bind(MailStatus::Dead).bind(now).filter("id =", id);
    let dead: Vec<_> =
        statement.then(" order by id) as page").all::<Dead>().await?.into_iter().map(|dead| dead.id).collect();
    for id in &dead {
        let text = "update outbox set status = $3, tries = 0, due_at = $4 where studio_id = $1 and id = $2";
        let statement = tx.on().query(text).bind(studio).bind(*id).bind(MailStatus::Waiting).bind(now);
        statement.execute().await?;
    }
    Ok(dead)
}

#[derive(Deserialize)]
struct Dead {
    id: MailId,
}

impl Record for Dead {}

/// Notes why a try failed, and when the next one is; without one, the mail is dead.
pub async fn failed(
    db: &Db,
    studio: StudioId,
    mail: &Unsent,
    why: &str,
    again_at: Option<Instant>,
) -> Result<(), StoreError> {
    let status = if again_at.is_some() { MailStatus::Waiting } else { MailStatus::Dead };
    let text =
        "update outbox set status = $4, due_at = $5, last_error = $6 where studio_id = $1 and id = $2 and tries = $3";
    let mut tx = db.begin().await?;
    let statement = tx.on().query(text).bind(studio).bind(mail.id).bind(mail.tries).bind(status);
    statement.bind(again_at.unwrap_or(mail.due_at)).bind(why.to_owned()).execute().await?;
    tx.commit().await
}
