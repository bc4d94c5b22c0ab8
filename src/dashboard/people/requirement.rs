//! Whether the studio requires a second factor of everybody: the owner's page, for who typed their password a moment ago.

use askama::Template;
use axum::{body::Body, extract::State, http::Response};

use super::change::{fault_of, status};
use crate::{
    access::{caller::Caller, change_limits::StudioChange, sessions::caller::StaffCaller},
    dashboard::{
        form::Sent,
        frame::Frame,
        page::{lead_to, with_status},
        texts::TEXTS,
    },
    operation::app::App,
    signin::{
        second_factor::required,
        staff::{self, StaffState},
    },
    wire::problem::Problem,
};

#[derive(Template)]
#[template(path = "requirement.html")]
struct RequirementPage {
    frame: Frame,
    is_required: bool,
    /// Who has no second factor, where it matters.
    without: String,
    fault: Option<String>,
}

/// The page that shows and changes it.
pub(in crate::dashboard) async fn requirement(
    State(app): State<App>,
    caller: StaffCaller,
) -> Result<Response<Body>, Problem> {
    requirement_page(&app, &caller, None).await
}

/// Changes it.
pub(in crate::dashboard) async fn change_requirement(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let is_required = match form.text("required") {
        Some("yes") => true,
        Some("no") => false,
        Some(_) | None => return requirement_page(&app, &caller, Some(TEXTS.choose_requirement.to_owned())).await,
    };
    app.access.change_limits.take(caller.studio(), StudioChange::Person, app.clock.uptime())?;
    match required::require(&app, &caller, is_required).await {
        Ok(()) => Ok(lead_to("/studio/people")),
        Err(refused) => requirement_page(&app, &caller, Some(fault_of(refused)?)).await,
    }
}

async fn requirement_page(app: &App, caller: &StaffCaller, fault: Option<String>) -> Result<Response<Body>, Problem> {
    let on = || app.db.of(caller.studio());
    let with_factor = staff::with_second_factor(on()).await?;
    let mut people = staff::list(on()).await?;
    people.retain(|member| member.state() == StaffState::Active && !with_factor.contains(&member.id));
    let without: Vec<_> = people.iter().map(|member| member.email.as_str()).collect();
    let is_required = caller.session().second_factor_required_since.is_some();
    let (frame, without) = (Frame::of(app, caller).await?, without.join(", "));
    with_status(status(fault.as_ref()), &RequirementPage { frame, is_required, without, fault })
}
