//! The members, read only: a list with the search of Management's, and a page for each. Everybody of the staff may look
//! somebody up, since that is what a studio's front desk does. The pages leave out what that does not take: the day of birth,
//! notes and metadata are for keys that may read members.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

use super::{
    frame::Frame,
    list_page::{ListLinks, PageQuery},
    log_page::FilterChoice,
    page::{page, with_status},
    texts::TEXTS,
    time::{date, local_time},
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    resources::{
        bookings::roster::{self, MemberHistoryEntry},
        members::{self, MemberFilter, Membership, MembershipId, MembershipStatus},
        plans::{Plan, PlanId},
        schedule::OccurrenceId,
    },
    store::row::{self, Listed, Row},
    wire::{civil::Date, problem::Problem, text::Email},
};

const STATUSES: [MembershipStatus; 5] = [
    MembershipStatus::Active,
    MembershipStatus::Invited,
    MembershipStatus::Paused,
    MembershipStatus::Cancelled,
    MembershipStatus::Expired,
];

/// Bookings that the page of a member shows.
const MOST_BOOKINGS: usize = 50;

#[derive(Template)]
#[template(path = "members.html")]
struct MembersPage<'q> {
    frame: Frame,
    members: Vec<MemberView>,
    q: &'q str,
    statuses: Vec<FilterChoice>,
    links: ListLinks,
}

#[derive(Template)]
#[template(path = "member.html")]
struct MemberPage {
    frame: Frame,
    member: MemberView,
    fields: Vec<(&'static str, String)>,
    /// Their last bookings.
    bookings: Vec<BookedClassView>,
    has_more_bookings: bool,
}

/// A booking of a member.
struct BookedClassView {
    occurrence: OccurrenceId,
    class: String,
    at: String,
    status: &'static str,
}

/// A member, as the list shows them.
struct MemberView {
    id: MembershipId,
    name: String,
    email: String,
    plan: String,
    status: &'static str,
    tone: &'static str,
    since: String,
    until: String,
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    caller: StaffCaller,
    query: PageQuery<Membership, MemberFilter>,
) -> Result<Response<Body>, Problem> {
    let on = || app.db.of(caller.studio());
    let listed = match &query.list {
        Ok(list) => members::list(on(), list.searched(list.filter.q.as_ref()), &list.filter).await?,
        Err(_) => Listed { rows: Vec::new(), more: false },
    };
    let mut plans: Vec<_> = listed.rows.iter().filter_map(|row| row.fields.plan_id).collect();
    plans.sort();
    plans.dedup();
    let plans = row::find_all(on(), &plans).await?;
    let statuses = STATUSES
        .map(|status| FilterChoice::of(status.to_string(), TEXTS.membership(status), Some(query.text("status"))));
    let page = MembersPage {
        frame: Frame::of(&app, &caller).await?,
        members: listed.rows.iter().map(|member| MemberView::of(member, &plans)).collect(),
        q: query.text("q"),
        statuses: statuses.into(),
        links: query.page(&listed),
    };
    with_status(page.links.status(), &page)
}

/// A member.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let no_such = || Problem::not_found("member");
    let id = id.parse::<MembershipId>().map_err(|_| no_such())?;
    let member = row::find(app.db.of(caller.studio()), id).await?.ok_or_else(no_such)?;
    let plan: Vec<PlanId> = member.fields.plan_id.into_iter().collect();
    let plans = row::find_all(app.db.of(caller.studio()), &plan).await?;
    let view = MemberView::of(&member, &plans);
    let fields = fields(&member, &view, &caller);
    let mut bookings = roster::history(app.db.of(caller.studio()), id, MOST_BOOKINGS + 1).await?;
    let has_more_bookings = bookings.len() > MOST_BOOKINGS;
    bookings.truncate(MOST_BOOKINGS);
    let bookings = bookings.into_iter().map(|entry| BookedClassView::of(entry, &caller)).collect();
    page(&MemberPage { frame: Frame::of(&app, &caller).await?, member: view, fields, bookings, has_more_bookings })
}

/// The fields that have a value, by their names.
fn fields(member: &Row<Membership>, view: &MemberView, caller: &StaffCaller) -> Vec<(&'static str, String)> {
    let (t, it, zone) = (&TEXTS, &member.fields, &caller.session().time_zone);
    let at = |at| local_time(at, zone);
    let tags: Vec<_> = it.tags.iter().map(|tag| tag.0.as_str()).collect();
    let all = [
        (t.email, view.email.clone()),
        (t.phone, it.phone.as_ref().map(ToString::to_string).unwrap_or_default()),
        (t.plan, view.plan.clone()),
        (t.member_since, view.since.clone()),
        (t.membership_ends, day(it.ends_on)),
        (t.cancelled_on, day(it.cancel_on)),
        (t.cancel_reason, it.cancel_reason.clone().unwrap_or_default()),
        (t.tags, tags.join(", ")),
        (t.marketing_consent, if it.marketing_consent { t.yes } else { t.no }.to_owned()),
        (t.last_sign_in, it.last_signed_in_at.map_or_else(|| t.never_used.to_owned(), at)),
        (t.external_id, it.external_id.as_ref().map(|id| id.0.clone()).unwrap_or_default()),
        (t.id, member.id.to_string()),
        (t.created, at(member.created_at)),
        (t.changed, at(member.updated_at)),
    ];
    all.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// A member's name and address, as pages show them: the address is the name of who has none.
pub(super) fn name_of(first: Option<&str>, last: Option<&str>, email: &Email) -> (String, String) {
    let names: Vec<_> = [first, last].into_iter().flatten().collect();
    match (members::is_erased(email), names.as_slice()) {
        (true, _) => (TEXTS.erased_member.to_owned(), String::new()),
        (false, []) => (email.to_string(), email.to_string()),
        (false, names) => (names.join(" "), email.to_string()),
    }
}

impl BookedClassView {
    fn of(entry: MemberHistoryEntry, caller: &StaffCaller) -> Self {
        Self {
            occurrence: entry.occurrence_id,
            class: entry.class_name,
            at: local_time(entry.starts_at, &caller.session().time_zone),
            status: TEXTS.booking_status(entry.status),
        }
    }
}

impl MemberView {
    fn of(member: &Row<Membership>, plans: &[Row<Plan>]) -> Self {
        let it = &member.fields;
        let plan = it.plan_id.and_then(|id| plans.iter().find(|plan| plan.id == id));
        let (name, email) = name_of(it.first_name.as_deref(), it.last_name.as_deref(), &it.email);
        Self {
            id: member.id,
            name,
            email,
            plan: plan.map(|plan| plan.fields.name.clone()).unwrap_or_default(),
            status: TEXTS.membership(it.status),
            tone: match it.status {
                MembershipStatus::Active => "good",
                MembershipStatus::Invited | MembershipStatus::Paused => "warn",
                MembershipStatus::Cancelled | MembershipStatus::Expired => "",
            },
            since: day(it.starts_on),
            until: day(it.cancel_on.or(it.ends_on)),
        }
    }
}

fn day(day: Option<Date>) -> String {
    day.map(|day| date(day.civil(), TEXTS.date)).unwrap_or_default()
}
