//! Giving a key another name.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

use super::{
    Frame, KeyAndReplacements,
    change::{failed, sentence},
};
use crate::{
    access::{
        caller::Caller,
        change_limits::StudioChange,
        keys::{self, KeyError},
        sessions::caller::StaffCaller,
        stored::StoredKey,
    },
    dashboard::{
        form::Sent,
        page::{lead_to, page, with_status},
        row_form::{Control, FormField, FormSection},
        texts::TEXTS,
    },
    operation::app::App,
    wire::problem::Problem,
};

#[derive(Template)]
#[template(path = "renaming.html")]
struct RenamingPage<'p> {
    frame: Frame,
    key: &'p StoredKey,
    sections: [FormSection; 1],
}

/// The form.
pub(in crate::dashboard) async fn renaming(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let key = KeyAndReplacements::by_id(&app, &caller, &id).await?.key;
    if key.ended_at(app.clock.now()).is_some() {
        return Ok(lead_to(&format!("/studio/api-keys/{}", key.id)));
    }
    page(&form(&app, &caller, &key, key.name.clone(), None).await?)
}

/// Renames the key.
pub(in crate::dashboard) async fn rename(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let key = KeyAndReplacements::by_id(&app, &caller, &id).await?.key;
    let name = sent.text("name").unwrap_or_default().trim().to_owned();
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    app.access.change_limits.take(studio, StudioChange::Key, app.clock.uptime())?;
    match keys::rename(keyring, studio, key.id, name.clone(), caller.actor(), now).await {
        Ok(_) => Ok(lead_to(&format!("/studio/api-keys/{}", key.id))),
        Err(KeyError::Invalid(fault)) => {
            let page = form(&app, &caller, &key, name, Some(sentence(fault))).await?;
            with_status(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(refused) => Err(failed(refused)),
    }
}

async fn form<'p>(
    app: &App,
    caller: &StaffCaller,
    key: &'p StoredKey,
    value: String,
    fault: Option<String>,
) -> Result<RenamingPage<'p>, Problem> {
    let (name, label, hint) = ("name".to_owned(), TEXTS.name.to_owned(), TEXTS.rename_hint);
    let field = FormField { name, label, hint, control: Control::Required, value, fault, saved: None };
    let sections = [FormSection { legend: "", fields: vec![field] }];
    Ok(RenamingPage { frame: Frame::of(app, caller).await?, key, sections })
}
