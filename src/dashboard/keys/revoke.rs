//! Revoking a key: the page that says who would be stopped, and the deed.

use std::time::Duration;

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

use super::{
    Frame, by, failed, find,
    view::{KeyView, Views},
};
use crate::{
    access::{caller::Caller, keys, sessions::caller::StaffCaller, stored::StoredKey},
    dashboard::{
        form::Sent,
        page::{lead_to, page, with_status},
        texts::TEXTS,
    },
    operation::app::App,
    wire::problem::Problem,
};

/// A key that was used so lately is revoked only when that is said.
const LATELY: Duration = Duration::from_hours(1);

#[derive(Template)]
#[template(path = "revocation.html")]
struct RevocationPage<'p> {
    frame: Frame,
    row: KeyView,
    is_in_use: bool,
    reason: &'p str,
    fault: Option<String>,
}

/// The page that asks.
pub(in crate::dashboard) async fn revocation(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let key = find(app.db.read(), caller.studio(), &id).await?;
    if key.revoked_at.is_some() {
        return Ok(lead_to(&format!("/studio/api-keys/{}", key.id)));
    }
    page(&asking(&app, &caller, &key, "", None).await?)
}

/// Revokes it.
pub(in crate::dashboard) async fn revoke(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let key = find(app.db.read(), caller.studio(), &id).await?;
    let reason = form.text("reason").unwrap_or_default().trim();
    let refused = match keys::check_reason(reason) {
        Err(fault) => Some(fault.to_string()),
        Ok(()) if is_in_use(&app, &key) && form.text("confirmed") != Some("true") => {
            Some(TEXTS.say_all_the_same.to_owned())
        }
        Ok(()) => None,
    };
    if let Some(fault) = refused {
        let page = asking(&app, &caller, &key, reason, Some(fault)).await?;
        return with_status(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    let reason = (!reason.is_empty()).then(|| reason.to_owned());
    keys::revoke(keyring, studio, key.id, reason, &by(&caller), now).await.map_err(failed)?;
    Ok(lead_to(&format!("/studio/api-keys/{}", key.id)))
}

async fn asking<'p>(
    app: &App,
    caller: &StaffCaller,
    key: &StoredKey,
    reason: &'p str,
    fault: Option<String>,
) -> Result<RevocationPage<'p>, Problem> {
    let views = Views::of(app, caller, std::slice::from_ref(key)).await?;
    let frame = Frame::of(app, caller).await?;
    Ok(RevocationPage { frame, row: views.of_key(key), is_in_use: is_in_use(app, key), reason, fault })
}

fn is_in_use(app: &App, key: &StoredKey) -> bool {
    key.revoked_at.is_none() && key.last_used_at.is_some_and(|at| at >= app.clock.now().minus(LATELY))
}
