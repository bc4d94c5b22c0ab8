//! The queries of members.

use std::collections::HashSet;

use jiff::civil;
use serde::Deserialize;
use serde_json::json;
use utoipa::IntoParams;

use super::model::{Membership, MembershipId, MembershipStatus, key_of};
use crate::{
    mail::outbox::{self, Recipient},
    resources::plans::PlanId,
    store::{
        db::Engine,
        error::StoreError,
        instant::Instant,
        record::Record,
        row::{self, Listed, Row, Slice},
        studio::{StudioOn, StudioTx},
        turns::TimetableTx,
    },
    wire::{civil::Date, fields::Tag, search::Search, text, text::Email},
};

/// The filters of the list.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MemberFilter {
    /// Only members of this status.
    #[param(inline)]
    pub status: Option<MembershipStatus>,
    /// Only members who have this plan.
    #[param(inline)]
    pub plan_id: Option<PlanId>,
    /// Only the member with this e-mail address. Case does not matter; the domain may be in Unicode or ASCII (IDNA).
    #[param(inline)]
    #[serde(default, deserialize_with = "text::asked")]
    pub email: Option<Email>,
    /// Only members with this tag.
    #[param(inline)]
    #[serde(default, deserialize_with = "text::asked")]
    pub tag: Option<Tag>,
    /// Only members who gave, or did not give, marketing consent.
    pub marketing_consent: Option<bool>,
    /// Only members whose `starts_on` is this day or a later one.
    #[param(inline)]
    pub starts_from: Option<Date>,
    /// Only members whose `starts_on` is this day or an earlier one.
    #[param(inline)]
    pub starts_to: Option<Date>,
    /// Only members whose `ends_on` is this day or a later one.
    #[param(inline)]
    pub ends_from: Option<Date>,
    /// Only members whose `ends_on` is this day or an earlier one.
    #[param(inline)]
    pub ends_to: Option<Date>,
    /// Only members whose `cancel_on` is this day or a later one.
    #[param(inline)]
    pub cancels_from: Option<Date>,
    /// Only members whose `cancel_on` is this day or an earlier one.
    #[param(inline)]
    pub cancels_to: Option<Date>,
    /// Matches when every word occurs in the first name, the last name or the e-mail address, without regard to case and
    /// accents. At most 8 words of at most 64 characters.
    #[param(inline)]
    pub q: Option<Search>,
}

/// A page of a studio's members.
pub async fn list(
    on: StudioOn<'_>,
    slice: Slice<Membership>,
    filter: &MemberFilter,
) -> Result<Listed<Membership>, StoreError> {
    row::list(on, slice, |query| {
        query
            .filter_literal("status", filter.status)
            .filter_custom_plan("plan_id =", filter.plan_id)
            .filter("email_key =", filter.email.as_ref().map(key_of))
            .filter_custom_plan("marketing_consent =", filter.marketing_consent)
            .filter_custom_plan("starts_on >=", from(filter.starts_from, filter.starts_to))
            .filter_custom_plan("starts_on <=", to(filter.starts_from, filter.starts_to))
            .filter_custom_plan("ends_on >=", from(filter.ends_from, filter.ends_to))
            .filter_custom_plan("ends_on <=", to(filter.ends_from, filter.ends_to))
            .filter_custom_plan("cancel_on >=", from(filter.cancels_from, filter.cancels_to))
            .filter_custom_plan("cancel_on <=", to(filter.cancels_from, filter.cancels_to))
            .filter_contains("tags", filter.tag.as_ref().map(|tag| &tag.0))
    })
    .await
}

/// The first day of a span. One with an end alone has a beginning, too: SQLite looks for few rows between two bounds, and
/// would rather read all of a studio's than sort those beyond one.
fn from(from: Option<Date>, to: Option<Date>) -> Option<Date> {
    from.or(to.and(Some(Date::FIRST)))
}

/// The last day of a span.
fn to(from: Option<Date>, to: Option<Date>) -> Option<Date> {
    to.or(from.and(Some(Date::LAST)))
}

/// The membership with this e-mail address in whatever case, kept from changing until the transaction ends.
pub async fn lock_by_email(on: StudioOn<'_>, key: &str) -> Result<Option<Row<Membership>>, StoreError> {
    let text = "select {row} from members where studio_id = $1 and email_key = $2 {lock}";
    on.query(text).bind(key.to_owned()).optional().await
}

/// The membership with this e-mail address in whatever case.
pub async fn find_by_email(on: StudioOn<'_>, email: &Email) -> Result<Option<Row<Membership>>, StoreError> {
    let text = "select {row} from members where studio_id = $1 and email_key = $2";
    on.query(text).bind(key_of(email)).optional().await
}

/// Takes back the mail that was to be sent to a member, and its links.
pub async fn withdraw_mail(tx: &mut StudioTx, id: MembershipId) -> Result<(), StoreError> {
    outbox::withdraw(tx.on(), &Recipient::member(id)).await.map(drop)
}

/// Writes a new membership.
///
/// # Errors
/// When the address or the external id is taken, or the database fails.
pub async fn insert(tx: &mut StudioTx, member: &Row<Membership>) -> Result<(), StoreError> {
    row::insert(tx.on(), member).await?;
    note_key(tx.on(), member).await
}

/// Writes new memberships, in two statements.
pub async fn insert_all(tx: &mut StudioTx, members: &[Row<Membership>]) -> Result<(), StoreError> {
    row::insert_all(tx.on(), members).await?;
    let keys: Vec<_> = members.iter().map(|row| json!({"id": row.id, "key": key_of(&row.fields.email)})).collect();
    let (given, key, id) = match tx.on().engine() {
        Engine::Sqlite => ("json_each($2) as given", "given.value ->> 'key'", "given.value ->> 'id'"),
        Engine::Postgres => {
            ("jsonb_to_recordset(cast($2 as jsonb)) as given(id text, key text)", "given.key", "given.id")
        }
    };
    let text = format!("update members set email_key = {key} from {given} where studio_id = $1 and members.id = {id}");
    tx.query(text).bind(json!(keys).to_string()).execute().await.map(drop)
}

/// Notes that a person has withdrawn the consent to hear of offers: no file gives it again.
pub async fn note_withdrawal(on: StudioOn<'_>, id: MembershipId) -> Result<(), StoreError> {
    let text = "update members set consent_withdrawn = true where studio_id = $1 and id = $2";
    on.query(text).bind(id).execute().await.map(drop)
}

/// Those of these members who have withdrawn that consent here.
pub async fn withdrawn(on: StudioOn<'_>, ids: &[MembershipId]) -> Result<HashSet<MembershipId>, StoreError> {
    let text = "select id from members where studio_id = $1 and consent_withdrawn";
    let found = on.query(text).one_of("id", ids).all::<Withdrawn>().await?;
    Ok(found.into_iter().map(|found| found.id).collect())
}

#[derive(Deserialize)]
struct Withdrawn {
    id: MembershipId,
}

impl Record for Withdrawn {}

/// Forgets what lines of imports said of a member.
pub async fn forget_lines(on: StudioOn<'_>, id: MembershipId) -> Result<(), StoreError> {
    let text = "delete from imported_lines where studio_id = $1 and resource = 'members' and id = $2";
    on.query(text).bind(id).execute().await.map(drop)
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
pub async fn is_due(on: StudioOn<'_>, before: civil::Date) -> Result<bool, StoreError> {
    let text = format!("select count(*) from studios where id = $1 and ({})", some_over("studios.id", "$2"));
    let found = on.query(text).bind(before.to_string()).scalar::<i64>().await?;
    Ok(found.unwrap_or_default() > 0)
}

/// Writes a membership's next version.
pub async fn update(tx: &mut StudioTx, member: &Row<Membership>) -> Result<(), StoreError> {
    row::update(tx.on(), member).await?;
    note_key(tx.on(), member).await
}

/// Keeps the column that is unique beside the address as it is written.
async fn note_key(on: StudioOn<'_>, member: &Row<Membership>) -> Result<(), StoreError> {
    let text = "update members set email_key = $3 where studio_id = $1 and id = $2";
    on.query(text).bind(member.id).bind(key_of(&member.fields.email)).execute().await.map(drop)
}

/// Whether another membership has this e-mail address.
pub async fn is_taken(on: StudioOn<'_>, id: MembershipId, key: &str) -> Result<bool, StoreError> {
    row::is_taken(on, id, "email_key", key).await
}

/// A membership whose last day has passed, as it was before.
#[derive(Deserialize)]
pub struct DueMembership {
    /// Which.
    pub id: MembershipId,
    /// What it was.
    pub status: MembershipStatus,
    /// When it was cancelled.
    pub cancelled_at: Option<Instant>,
}

impl Record for DueMembership {}

/// Ends some memberships whose last day, in this column, has passed. Returns them as they were before.
pub async fn end_due(
    tx: &mut TimetableTx,
    (status, column): (&'static str, &'static str),
    today: civil::Date,
    limit: u64,
) -> Result<Vec<DueMembership>, StoreError> {
    let now = tx.now;
    let due = format!(
        "select id, status, cancelled_at from members where studio_id = $1 and status in ('invited', 'active', 'paused') \
        and {column} < $2 order by id limit {limit} {{lock}}"
    );
    let due: Vec<DueMembership> = tx.query(due).bind(today.to_string()).all().await?;
    let ids: Vec<_> = due.iter().map(|member| member.id).collect();
    let text = format!(
        "update members set status = '{status}', version = version + 1, \
        cancelled_at = case when '{status}' = 'cancelled' then $2 else cancelled_at end, \
        updated_at = case when updated_at > $3 then updated_at else $3 end where studio_id = $1"
    );
    if !ids.is_empty() {
        tx.query(text).bind(now.clock).bind(now.stamp()).one_of("id", &ids).execute().await?;
    }
    Ok(due)
}

/// Nobody is invited to a membership that is over, signed in to it, or reads its calendar.
pub async fn end_links_and_sessions(tx: &mut TimetableTx) -> Result<(), StoreError> {
    // That a booking is cancelled is told to former members as well.
    let of_bookings = "and outbox.kind not in ('booking_cancelled', 'waiting_ended')";
    for (table, kinds) in [("outbox", of_bookings), ("mail_links", ""), ("member_sessions", ""), ("calendar_feeds", "")]
    {
        let text = format!(
            "delete from {table} where studio_id = $1 {kinds} and exists (select 1 from members where members.studio_id = $1 \
            and members.id = {table}.membership_id and members.status in ('cancelled', 'expired'))"
        );
        tx.query(text).execute().await?;
    }
    Ok(())
}

/// Notes the hash of an address whose person was erased.
pub async fn note_erased(on: StudioOn<'_>, digest: String, now: Instant) -> Result<(), StoreError> {
    let text = "insert into erased_people (studio_id, digest, erased_at) values ($1, $2, $3) on conflict do nothing";
    on.query(text).bind(digest).bind(now).execute().await.map(drop)
}

/// Forgets such a hash; whether there was one.
pub async fn forget_erased(on: StudioOn<'_>, digest: String) -> Result<bool, StoreError> {
    let text = "delete from erased_people where studio_id = $1 and digest = $2";
    Ok(on.query(text).bind(digest).execute().await? > 0)
}

/// Those of these hashes that are of erased people.
pub async fn erased_among(on: StudioOn<'_>, digests: &[String]) -> Result<HashSet<String>, StoreError> {
    let text = "select digest from erased_people where studio_id = $1";
    let found = on.query(text).one_of("digest", digests).all::<Erased>().await?;
    Ok(found.into_iter().map(|found| found.digest).collect())
}

#[derive(Deserialize)]
struct Erased {
    digest: String,
}

impl Record for Erased {}
