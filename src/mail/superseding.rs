//! Mails about rows that change again and again, such as bookings: at most one about each waits to be sent, and what is newer
//! takes its place. Many are written at once, in as many statements as one. Called by what changes those rows.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use super::kind::{MailId, MailKind, MailStatus};
use crate::store::{
    error::StoreError,
    id::{Id, Named},
    instant::Instant,
    record::Record,
    studio::StudioOn,
};

/// What is to be said to a member about a row.
#[derive(Clone, Debug)]
pub struct NewsOfRow {
    /// What it says.
    pub kind: MailKind,
    /// To whom it goes.
    pub membership_id: String,
    /// The id of the row.
    pub subject_id: String,
    /// When the class was to begin before it was moved.
    pub moved_from: Option<Instant>,
}

/// A mail about a row that was not sent yet.
#[derive(Clone, Copy, Debug)]
pub struct UnsentAbout {
    /// What it says of the row.
    pub kind: MailKind,
    /// When the class was to begin before it was moved.
    pub moved_from: Option<Instant>,
}

#[derive(Deserialize)]
struct FoundAbout {
    subject_id: String,
    kind: MailKind,
    moved_from: Option<Instant>,
}

impl Record for FoundAbout {}

/// The row of the outbox.
#[derive(Serialize, Deserialize)]
struct MailRow {
    id: MailId,
    created_at: Instant,
    kind: MailKind,
    membership_id: String,
    subject_id: String,
    page: String,
    expires_at: Instant,
    status: MailStatus,
    tries: i64,
    due_at: Instant,
    moved_from: Option<Instant>,
}

impl Record for MailRow {}

/// Takes back what was to be said about these rows; what that was, by the id of the row.
pub async fn take_back<T: Named>(
    mut on: StudioOn<'_>,
    rows: &[Id<T>],
) -> Result<HashMap<String, UnsentAbout>, StoreError> {
    let text = "select subject_id, kind, moved_from from outbox where studio_id = $1";
    let found = on.again().query(text).one_of("subject_id", rows).then(" order by id").all::<FoundAbout>().await?;
    if !found.is_empty() {
        let text = "delete from outbox where studio_id = $1";
        on.query(text).one_of("subject_id", rows).execute().await?;
    }
    let about = |FoundAbout { subject_id, kind, moved_from }| (subject_id, UnsentAbout { kind, moved_from });
    Ok(found.into_iter().map(about).collect())
}

/// Writes mails about rows, of which nothing else waits to be said.
pub async fn put_all(on: StudioOn<'_>, news: Vec<NewsOfRow>, now: Instant) -> Result<(), StoreError> {
    if news.is_empty() {
        return Ok(());
    }
    let row = |NewsOfRow { kind, membership_id, subject_id, moved_from }| MailRow {
        id: MailId::new(now),
        created_at: now,
        kind,
        membership_id,
        subject_id,
        page: String::new(),
        expires_at: now.plus(kind.good_for()),
        status: MailStatus::Waiting,
        tries: 0,
        due_at: now,
        moved_from,
    };
    on.insert_all("outbox", &news.into_iter().map(row).collect::<Vec<_>>()).await
}
