//! Revoking a key: the page that says who would be stopped, and the deed.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

use super::{
    Frame, KeyAndReplacements,
    change::{failed, sentence},
    taken_over::{TakenOver, calls_of},
    traffic::Traffic,
    view::{KeyView, Views},
};
use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        coverage::Rotation,
        keys::{self, KeyError},
        sessions::caller::StaffCaller,
    },
    dashboard::{
        form::Sent,
        page::{lead_to, page, with_status},
        texts::TEXTS,
    },
    operation::app::App,
    wire::problem::Problem,
};

#[derive(Template)]
#[template(path = "revocation.html")]
struct RevocationPage<'p> {
    frame: Frame,
    row: KeyView,
    is_in_use: bool,
    /// Who calls with it.
    calls: Vec<String>,
    reason: &'p str,
    fault: Option<String>,
}

/// The page that asks.
pub(in crate::dashboard) async fn revocation(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::with_last_uses(&app, &caller, &id).await?;
    if found.key.revoked_at.is_some() {
        return Ok(lead_to(&format!("/studio/api-keys/{}", found.key.id)));
    }
    page(&asking(&app, &caller, &found, "", None).await?)
}

/// Revokes it.
pub(in crate::dashboard) async fn revoke(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let found = KeyAndReplacements::with_last_uses(&app, &caller, &id).await?;
    let (key, now) = (&found.key, app.clock.now());
    let reason = form.text("reason").unwrap_or_default().trim();
    let fault = match keys::check_reason(reason) {
        Err(KeyError::Invalid(fault)) => Some(sentence(fault)),
        Err(other) => return Err(failed(other)),
        Ok(()) if key.was_used_recently(now) && form.text("confirmed") != Some("true") => {
            Some(TEXTS.say_revoke.to_owned())
        }
        Ok(()) => None,
    };
    if fault.is_some() {
        let page = asking(&app, &caller, &found, reason, fault).await?;
        return with_status(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let (keyring, studio) = (&*app.access.keyring, caller.studio());
    app.access.change_limits.take(studio, StudioChange::KeyRevoked, app.clock.uptime())?;
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    keys::revoke(keyring, studio, key.id, reason, caller.actor(), now).await.map_err(failed)?;
    Ok(lead_to(&format!("/studio/api-keys/{}", key.id)))
}

async fn asking<'p>(
    app: &App,
    caller: &StaffCaller,
    KeyAndReplacements { key, replacements }: &KeyAndReplacements,
    reason: &'p str,
    fault: Option<String>,
) -> Result<RevocationPage<'p>, Problem> {
    let views = Views::of(app, caller, replacements).await?;
    let [traffic] = Traffic::of(app, caller, [key]).await?;
    let mut calls = vec![traffic.sentence()];
    calls.extend(match views.replacement_of(key) {
        Some(new) => {
            let TakenOver { summary, calls: next, .. } = TakenOver::of(app, caller, Rotation { old: key, new }).await?;
            [summary, next]
        }
        None => [TEXTS.taken_over_by_nothing.to_owned(), calls_of(app, caller, key.id).await?],
    });
    let (frame, row) = (Frame::of(app, caller).await?, views.of_key(key));
    Ok(RevocationPage { frame, row, is_in_use: key.was_used_recently(app.clock.now()), calls, reason, fault })
}
