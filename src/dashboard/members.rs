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
    time::local_time,
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    resources::{
        members::{self, MemberFilter, Membership, MembershipId, MembershipStatus},
        plans::{Plan, PlanId},
    },
    store::row::{self, Listed, Row},
    wire::{civil::Date, problem::Problem},
};

const STATUSES: [MembershipStatus; 5] = [
    MembershipStatus::Active,
    MembershipStatus::Invited,
    MembershipStatus::Paused,
    MembershipStatus::Cancelled,
    MembershipStatus::Expired,
];

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
    page(&MemberPage { frame: Frame::of(&app, &caller).await?, member: view, fields })
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

impl MemberView {
    fn of(member: &Row<Membership>, plans: &[Row<Plan>]) -> Self {
        let it = &member.fields;
        let plan = it.plan_id.and_then(|id| plans.iter().find(|plan| plan.id == id));
        let names: Vec<_> = [&it.first_name, &it.last_name].into_iter().flatten().map(String::as_str).collect();
        let (name, email) = match (it.is_erased(), names.as_slice()) {
            (true, _) => (TEXTS.erased_member.to_owned(), String::new()),
            (false, []) => (it.email.to_string(), it.email.to_string()),
            (false, names) => (names.join(" "), it.email.to_string()),
        };
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
    day.map(|day| day.civil().strftime(TEXTS.date).to_string()).unwrap_or_default()
}
