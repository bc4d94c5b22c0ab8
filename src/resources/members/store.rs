//! The queries that only members need.

use jiff::civil::Date;
use std::collections::HashSet;

use serde::Deserialize;
use serde_json::json;

use super::model::{Membership, MembershipId, key_of};
use crate::{
    store::{
        db::{Engine, On, Tx},
        error::StoreError,
        id::StudioId,
        record::Record,
        row::{self, Row},
    },
    wire::text::Email,
};

/// The membership with this e-mail address in whatever case, kept from changing until the transaction ends.
pub async fn lock_by_email(on: On<'_>, studio: StudioId, key: &str) -> Result<Option<Row<Membership>>, StoreError> {
    let text = "select {row} from members where studio_id = $1 and email_key = $2 {lock}";
    on.query(text).bind(studio).bind(key.to_owned()).optional().await
}

/// The membership with this e-mail address in whatever case.
pub async fn find_by_email(on: On<'_>, studio: StudioId, email: &Email) -> Result<Option<Row<Membership>>, StoreError> {
    let text = "select {row} from members where studio_id = $1 and email_key = $2";
    on.query(text).bind(studio).bind(key_of(email)).optional().await
}

/// Writes a new membership.
///
/// # Errors
/// When the address or the external id is taken, or the database fails.
pub async fn insert(tx: &mut Tx, studio: StudioId, member: &Row<Membership>) -> Result<(), StoreError> {
    row::insert(tx.on(), studio, member).await?;
    note_key(tx.on(), studio, member).await
}

/// Writes new memberships, in two statements.
pub async fn insert_all(tx: &mut Tx, studio: StudioId, members: &[Row<Membership>]) -> Result<(), StoreError> {
    row::insert_all(tx.on(), studio, members).await?;
    let keys: Vec<_> = members.iter().map(|row| json!({"id": row.id, "key": key_of(&row.fields.email)})).collect();
    let (given, key, id) = match tx.on().engine() {
        Engine::Sqlite => ("json_each($2) as given", "given.value ->> 'key'", "given.value ->> 'id'"),
        Engine::Postgres => {
            ("jsonb_to_recordset(cast($2 as jsonb)) as given(id text, key text)", "given.key", "given.id")
        }
    };
    let text = format!("update members set email_key = {key} from {given} where studio_id = $1 and members.id = {id}");
    tx.on().query(text).bind(studio).bind(json!(keys).to_string()).execute().await.map(drop)
}

/// Notes that a person has withdrawn the consent to hear of offers: no file gives it again.
pub async fn note_withdrawal(on: On<'_>, studio: StudioId, id: MembershipId) -> Result<(), StoreError> {
    let text = "update members set consent_withdrawn = true where studio_id = $1 and id = $2";
    on.query(text).bind(studio).bind(id).execute().await.map(drop)
}

/// Those of these members who have withdrawn that consent here.
pub async fn withdrawn(
    on: On<'_>,
    studio: StudioId,
    ids: &[MembershipId],
) -> Result<HashSet<MembershipId>, StoreError> {
    let asked = on.engine().one_of("id", 2);
    let text = format!(
        "select {{rows}} from (select id from members where studio_id = $1 and {asked} and consent_withdrawn) \
        as found"
    );
    let found = on.query(text).bind(studio).bind(json!(ids).to_string()).all::<Withdrawn>().await?;
    Ok(found.into_iter().map(|found| found.id).collect())
}

#[derive(Deserialize)]
struct Withdrawn {
    id: MembershipId,
}

impl Record for Withdrawn {}

/// Forgets what lines of imports said of a member.
pub async fn forget_lines(on: On<'_>, studio: StudioId, id: MembershipId) -> Result<(), StoreError> {
    let text = "delete from imported_lines where studio_id = $1 and resource = 'members' and id = $2";
    on.query(text).bind(studio).bind(id).execute().await.map(drop)
}

/// The condition that a studio has members whose last day lies before a date: one range of an index for each status.
pub fn some_over(studio: &str, date: &str) -> String {
    let ranges = [
        ("active", "cancel_on"),
        ("paused", "cancel_on"),
        ("invited", "cancel_on"),
        ("invited", "ends_on"),
        ("active", "ends_on"),
        ("paused", "ends_on"),
    ];
    let exists = |(status, column)| {
        format!(
            "exists (select 1 from members where studio_id = {studio} and status = '{status}' and {column} < {date})"
        )
    };
    ranges.map(exists).join(" or ")
}

/// Whether the last day of one of a studio's members lies before this date.
pub async fn is_due(on: On<'_>, studio: StudioId, before: Date) -> Result<bool, StoreError> {
    let text = format!("select count(*) from studios where id = $1 and ({})", some_over("studios.id", "$2"));
    let found = on.query(text).bind(studio).bind(before.to_string()).scalar::<i64>().await?;
    Ok(found.unwrap_or_default() > 0)
}

/// Writes a membership's next version.
pub async fn update(tx: &mut Tx, studio: StudioId, member: &Row<Membership>) -> Result<(), StoreError> {
    row::update(tx.on(), studio, member).await?;
    note_key(tx.on(), studio, member).await
}

/// Keeps the column that is unique beside the address as it is written.
async fn note_key(on: On<'_>, studio: StudioId, member: &Row<Membership>) -> Result<(), StoreError> {
    let text = "update members set email_key = $3 where studio_id = $1 and id = $2";
    on.query(text).bind(studio).bind(member.id).bind(key_of(&member.fields.email)).execute().await.map(drop)
}

/// Whether another membership has this e-mail address.
pub async fn is_taken(on: On<'_>, studio: StudioId, id: MembershipId, key: &str) -> Result<bool, StoreError> {
    row::is_taken(on, studio, id, "email_key", key).await
}
