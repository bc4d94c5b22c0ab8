//! The page where a member makes and revokes the link to their calendar. A link is shown in the answer to the form that makes it, and
//! nowhere else.

use askama::Template;
use axum::{
    body::Body,
    extract::{Query, State},
    http::Response,
};

use super::{
    change::{AskedMembership, done, own},
    texts::{MEMBER_TEXTS, MemberTexts},
};
use crate::{
    access::{
        member_sessions::{pages::CALENDAR, stored::LiveMemberSession, visitor::SignedInMember},
        network::Network,
    },
    dashboard::{form::Sent, page::page},
    mail::wording::local,
    operation::app::App,
    resources::{
        members::calendar::{self, CalendarLink, CalendarOwner},
        studios,
    },
    store::fair::Requester,
    wire::{language::Language, problem::Problem, translated::fill},
};

#[derive(Template)]
#[template(path = "member_calendar.html")]
struct CalendarPage {
    m: &'static MemberTexts,
    path: &'static str,
    about: String,
    membership: String,
    /// Since when there is a link, in words.
    since: Option<String>,
}

/// The link, which is shown this once.
#[derive(Template)]
#[template(path = "member_calendar_link.html")]
struct CalendarLinkPage {
    m: &'static MemberTexts,
    path: &'static str,
    membership: String,
    link: CalendarLink,
}

/// The page.
pub(super) async fn show(
    State(app): State<App>,
    member: SignedInMember,
    network: axum::Extension<Network>,
    Query(asked): Query<AskedMembership>,
) -> Result<Response<Body>, Problem> {
    let account = own(&member, asked.id(), network.0)?;
    let LiveMemberSession { studio_id, membership_id, studio_name, .. } = account.session();
    let requester = Requester { studio: Some(*studio_id), network: network.0.address() };
    let _slot = app.admission.read(requester, 1).await?;
    let found = calendar::find(app.db.of(*studio_id), membership_id.same()).await?;
    let since = match found.zip(studios::find(app.db.of(*studio_id)).await?) {
        Some((feed, studio)) => {
            let at =
                local(feed.created_at, &studio.fields.time_zone, Language::current()).map_err(Problem::internal)?;
            Some(fill(MEMBER_TEXTS.calendar_since, &[("at", &at)]))
        }
        None => None,
    };
    let about = fill(MEMBER_TEXTS.calendar_about, &[("studio", studio_name)]);
    page(&CalendarPage { m: &MEMBER_TEXTS, path: CALENDAR, about, membership: membership_id.to_string(), since })
}

/// Makes a link, or revokes it.
pub(super) async fn change(
    State(app): State<App>,
    member: SignedInMember,
    network: axum::Extension<Network>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let account = own(&member, form.text("membership"), network.0)?;
    let LiveMemberSession { studio_id, membership_id, .. } = account.session();
    let owner = CalendarOwner { studio: *studio_id, membership: membership_id.same(), network: network.0 };
    match form.text("do") {
        Some("make") => {
            let link = calendar::make(&app, owner).await?;
            let membership = membership_id.to_string();
            page(&CalendarLinkPage { m: &MEMBER_TEXTS, path: CALENDAR, membership, link })
        }
        Some("revoke") => {
            calendar::revoke(&app, owner).await?;
            done(MEMBER_TEXTS.link_revoked_title, MEMBER_TEXTS.link_revoked)
        }
        _ => Err(Problem::malformed("This form makes a link or revokes it.")),
    }
}
