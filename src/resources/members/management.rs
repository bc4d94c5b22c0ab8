//! What a studio's servers may do with members.

use axum::extract::State;
use jiff::civil;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    cancel::{self, Cancellation},
    invite::{self, Sending},
    model::{Membership, MembershipId, MembershipStatus, key_of},
    period, rules,
};
use crate::{
    operation::{
        app::App,
        list::ListQuery,
        path::PathIds,
        write::{Begun, Change, Changed, CreatedOrChanged, NewOrChange, Stop, Told, Write},
    },
    resources::{plans::PlanId, studios},
    store::{
        moment::Moment,
        row::{self, Row},
    },
    wire::{
        civil::Date,
        fields::Tag,
        page::Page,
        problem::Problem,
        search::Search,
        text::{self, Email},
    },
};

/// The filters of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub struct MemberFilter {
    /// Only members of this status.
    #[param(inline)]
    status: Option<MembershipStatus>,
    /// Only members who have this plan.
    #[param(inline)]
    plan_id: Option<PlanId>,
    /// Only the member with this e-mail address. Case does not matter; the domain may be in Unicode or ASCII (IDNA).
    #[param(inline)]
    #[serde(default, deserialize_with = "text::asked")]
    email: Option<Email>,
    /// Only members with this tag.
    #[param(inline)]
    #[serde(default, deserialize_with = "text::asked")]
    tag: Option<Tag>,
    /// Only members who gave, or did not give, marketing consent.
    marketing_consent: Option<bool>,
    /// Only members whose `starts_on` is this day or a later one.
    #[param(inline)]
    starts_from: Option<Date>,
    /// Only members whose `starts_on` is this day or an earlier one.
    #[param(inline)]
    starts_to: Option<Date>,
    /// Only members whose `ends_on` is this day or a later one.
    #[param(inline)]
    ends_from: Option<Date>,
    /// Only members whose `ends_on` is this day or an earlier one.
    #[param(inline)]
    ends_to: Option<Date>,
    /// Only members whose `cancel_on` is this day or a later one.
    #[param(inline)]
    cancels_from: Option<Date>,
    /// Only members whose `cancel_on` is this day or an earlier one.
    #[param(inline)]
    cancels_to: Option<Date>,
    /// Matches when every word occurs in the first name, the last name or the e-mail address, without regard to case and
    /// accents. At most 8 words of at most 64 characters.
    #[param(inline)]
    q: Option<Search>,
}

/// Lists members, oldest first.
pub async fn list(
    State(app): State<App>,
    list: ListQuery<Membership, MemberFilter>,
) -> Result<Page<Row<Membership>>, Problem> {
    let filter = &list.filter;
    let rows = row::list(app.db.read(), list.studio, list.searched(filter.q.as_ref()), |query| {
        query
            .filter_word("status", filter.status)
            .filter("plan_id =", filter.plan_id)
            .filter_evenly("email_key =", filter.email.as_ref().map(key_of))
            .filter("marketing_consent =", filter.marketing_consent)
            .filter("starts_on >=", from(filter.starts_from, filter.starts_to))
            .filter("starts_on <=", to(filter.starts_from, filter.starts_to))
            .filter("ends_on >=", from(filter.ends_from, filter.ends_to))
            .filter("ends_on <=", to(filter.ends_from, filter.ends_to))
            .filter("cancel_on >=", from(filter.cancels_from, filter.cancels_to))
            .filter("cancel_on <=", to(filter.cancels_from, filter.cancels_to))
            .filter_holding("tags", filter.tag.as_ref().map(|tag| &tag.0))
    });
    Ok(list.page(rows.await?))
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

/// Invites somebody: makes the membership, and sends a link.
pub async fn invite(
    State(app): State<App>,
    write: Write<NewOrChange<Membership>>,
) -> Result<CreatedOrChanged<Membership>, Stop> {
    let (mut write, sent) = write.begin_in_turn().await?;
    let today = today_of(&mut write).await?;
    let sending = sending(&app, write.now);
    let (member, is_new) = invite::invite(&mut write.tx, write.studio, sent, today, &sending).await?;
    let done = write.created_or_changed(&member, is_new).await?;
    app.bell.ring();
    Ok(done)
}

/// Changes a membership.
pub async fn change(
    State(app): State<App>,
    PathIds(id): PathIds<MembershipId>,
    write: Write<Change<Membership>>,
) -> Result<Changed<Membership>, Stop> {
    let (mut write, change) = write.begin_in_turn().await?;
    let today = today_of(&mut write).await?;
    let current = write.current(id).await?;
    let sending = sending(&app, write.now);
    let member = rules::change(&mut write.tx, write.studio, &current, &change, today, &sending).await?;
    let done = write.changed(&member).await?;
    app.bell.ring();
    Ok(done)
}

/// Cancels a membership, now or at the end of the period.
pub async fn cancel(
    PathIds(id): PathIds<MembershipId>,
    write: Write<Told<Cancellation>>,
) -> Result<Changed<Membership>, Stop> {
    let (mut write, told) = write.begin().await?;
    let current = write.current(id).await?;
    let member = cancel::cancel(&mut write.tx, write.studio, current, told.validated()?, write.now).await?;
    write.changed(&member).await
}

fn sending(app: &App, now: Moment) -> Sending {
    Sending { now, page: app.invitation_page(), pace: app.pace }
}

/// The date by the studio's clocks.
async fn today_of(write: &mut Begun) -> Result<civil::Date, Problem> {
    let studio = studios::find(write.tx.on(), write.studio).await?.ok_or_else(|| Problem::not_found("studio"))?;
    Ok(period::today(&studio.fields, write.now.clock)?)
}
