//! The outbox: what is to be sent, to whom, and how that went so far. A row is there until its mail is sent, until it
//! is superseded, or until its link expires; then it is gone, with everything that it says of a person.

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::Notify;

use super::{booked, link, unsent::UNSENT};
pub use super::{
    kind::{MailId, MailKind, MailStatus},
    recipient::Recipient,
    unsent::Unsent,
};
use crate::store::{
    db::Db, error::StoreError, id::StudioId, instant::Instant, record::Record, studio::StudioOn, token::Token,
};

/// A mail that is to be written.
#[derive(Clone, Debug)]
pub struct NewMail<'m> {
    /// What it is about.
    pub kind: MailKind,
    /// To whom it goes.
    pub to: Recipient,
    /// The id of the row that it is about.
    pub subject_id: String,
    /// The page that its link leads to; empty for none.
    pub page: &'m str,
}

/// Notifies the task that sends mail. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct OutboxSignal(Arc<Notify>);

impl OutboxSignal {
    /// Says that there is something to send.
    pub fn notify(&self) {
        self.0.notify_one();
    }

    /// Waits until there is something to send; it may have been said before.
    pub async fn notified(&self) {
        self.0.notified().await;
    }
}

/// Writes a mail, in place of one of this kind about the same row that was to be sent to the same person, whose link ends.
pub async fn put(on: StudioOn<'_>, mail: NewMail<'_>, now: Instant) -> Result<(), StoreError> {
    put_to(on, mail, None, now).await
}

/// The same, to another address than its reader has: to the new one that they want, or to the one that they had.
pub async fn put_to(
    mut on: StudioOn<'_>,
    mail: NewMail<'_>,
    address: Option<&str>,
    now: Instant,
) -> Result<(), StoreError> {
    let NewMail { kind, to, subject_id, page } = mail;
    let (column, id) = to.column();
    let text = format!("delete from outbox where studio_id = $1 and {column} = $2 and kind = $3 and subject_id = $4");
    on.again().query(text).bind(id).bind(kind).bind(subject_id.clone()).execute().await?;
    if let Some(purpose) = kind.opens() {
        link::void(on.again(), &to, Some(purpose)).await?;
    }
    let (membership, staff) = to.columns();
    let text = "insert into outbox (studio_id, id, created_at, kind, membership_id, staff_id, subject_id, page, expires_at, status, \
        tries, due_at, address) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $3, $11)";
    let statement = on.query(text).bind(MailId::new(now)).bind(now).bind(kind).bind(membership);
    let statement = statement.bind(staff).bind(subject_id).bind(page.to_owned()).bind(now.plus(kind.good_for()));
    statement.bind(MailStatus::Waiting).bind(address.map(str::to_owned)).execute().await.map(drop)
}

/// Whether a mail of this kind was written to somebody since a time: it waits, or its link is still good.
pub async fn was_put_since(
    mut on: StudioOn<'_>,
    kind: MailKind,
    to: &Recipient,
    since: Instant,
) -> Result<bool, StoreError> {
    let (column, id) = to.column();
    let text = format!(
        "select count(*) from outbox where studio_id = $1 and {column} = $2 and kind = $3 and created_at >= $4"
    );
    let waiting = on.again().query(text).bind(id).bind(kind).bind(since).scalar::<i64>().await?;
    if waiting > Some(0) {
        return Ok(true);
    }
    let Some(purpose) = kind.opens() else { return Ok(false) };
    link::is_good_until(on, to, purpose, since.plus(kind.good_for())).await
}

/// Takes back whatever was to be sent to somebody, and ends the links that were; how many there were.
pub async fn withdraw(mut on: StudioOn<'_>, to: &Recipient) -> Result<u64, StoreError> {
    // The mails first: a sender that has one under way has made its link by the time this continues.
    let (column, id) = to.column();
    let text = format!("delete from outbox where studio_id = $1 and {column} = $2");
    on.again().query(text).bind(id).execute().await?;
    link::void(on, to, None).await
}

/// The same for mails of one kind.
pub async fn withdraw_kind(mut on: StudioOn<'_>, to: &Recipient, kind: MailKind) -> Result<u64, StoreError> {
    let (column, id) = to.column();
    let text = format!("delete from outbox where studio_id = $1 and {column} = $2 and kind = $3");
    on.again().query(text).bind(id).bind(kind).execute().await?;
    match kind.opens() {
        Some(purpose) => link::void(on, to, Some(purpose)).await,
        None => Ok(0),
    }
}

/// The mails of a studio, oldest first.
pub async fn list(on: StudioOn<'_>) -> Result<Vec<Unsent>, StoreError> {
    let text = format!("{UNSENT} where o.studio_id = $1 order by o.id");
    on.query(text).all().await
}

/// One mail, and a fresh token for its link, where it has one that works once.
pub async fn open(mut on: StudioOn<'_>, id: MailId) -> Result<Option<(Unsent, Option<Token>)>, StoreError> {
    // Locked, so that nobody withdraws it between the look and the link.
    let text = "select id from outbox where studio_id = $1 and id = $2 {lock}";
    on.again().query(text).bind(id).execute().await?;
    let text = format!("select {{row}} from ({UNSENT} where o.studio_id = $1 and o.id = $2) as mail");
    let Some(mut mail) = on.again().query(text).bind(id).optional::<Unsent>().await? else { return Ok(None) };
    if mail.kind.is_about_a_booking() {
        mail.booking = booked::find(on.again(), &mail.subject_id).await?;
    }
    let Some(purpose) = mail.kind.opens() else { return Ok(Some((mail, None))) };
    let token = Token::mint();
    let confirmed = (mail.kind == MailKind::EmailChange).then_some(mail.email.as_str());
    link::keep(on, &mail.recipient()?, &token, (purpose, mail.expires_at), confirmed).await?;
    Ok(Some((mail, Some(token))))
}

/// Removes a mail that was sent, unless another try has begun meanwhile.
pub async fn sent(db: &Db, studio: StudioId, mail: &Unsent) -> Result<(), StoreError> {
    let text = "delete from outbox where studio_id = $1 and id = $2 and tries = $3";
    let mut tx = db.begin().await?;
    tx.on().query(text).bind(studio).bind(mail.id).bind(mail.tries).execute().await?;
    tx.commit().await
}

/// Makes dead mails due again, all of a studio's or this one, with as many tries as a new one has; which they are.
pub async fn revive(mut on: StudioOn<'_>, id: Option<MailId>, now: Instant) -> Result<Vec<MailId>, StoreError> {
    let text = "select id from outbox where studio_id = $1 and status = $2 and expires_at > $3";
    let statement = on.again().query(text).bind(MailStatus::Dead).bind(now).filter("id =", id);
    let dead: Vec<_> = statement.then(" order by id").all::<Dead>().await?.into_iter().map(|dead| dead.id).collect();
    for id in &dead {
        let text = "update outbox set status = $3, tries = 0, due_at = $4 where studio_id = $1 and id = $2";
        let statement = on.again().query(text).bind(*id).bind(MailStatus::Waiting).bind(now);
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
