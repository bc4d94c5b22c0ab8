//! Replacing a key in four steps: make the replacement, deploy it, see that nothing calls with the old key any more, revoke
//! that. The page can be left and come back to; the old key goes on until somebody revokes it.

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

use super::{
    Frame, by, failed, find, made, open_form, seal,
    view::{KeyView, Views},
};
use crate::{
    access::{
        caller::Caller,
        keys::{self, KeyError, Replacement},
        sessions::caller::StaffCaller,
    },
    dashboard::{
        form::Sent,
        page::{page, with_status},
    },
    operation::app::App,
    store::error::StoreError,
    wire::problem::Problem,
};

#[derive(Template)]
#[template(path = "rotation.html")]
struct RotationPage {
    frame: Frame,
    row: KeyView,
    replacement: Option<KeyView>,
    form: String,
    studio: String,
    fault: Option<String>,
}

/// The page.
pub(in crate::dashboard) async fn rotation(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    page(&steps(&app, &caller, &id, None).await?)
}

/// Makes the replacement, and shows it. While one is there, no other is made.
pub(in crate::dashboard) async fn rotate(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(sent): Sent,
) -> Result<Response<Body>, Problem> {
    let new_id = open_form(&app, &caller, &sent)?;
    let before = steps(&app, &caller, &id, None).await?;
    if before.replacement.is_some() {
        return with_status(StatusCode::CONFLICT, &before);
    }
    let (keyring, studio, now) = (&*app.access.keyring, caller.studio(), app.clock.now());
    match keys::rotate_as(keyring, studio, before.row.id, new_id, Replacement::default(), &by(&caller), now).await {
        Ok(created) => made(&app, &caller, &created).await,
        Err(KeyError::Store(StoreError::Taken)) => {
            with_status(StatusCode::CONFLICT, &steps(&app, &caller, &id, None).await?)
        }
        Err(KeyError::Store(error)) => Err(failed(KeyError::Store(error))),
        Err(refused) => {
            let page = steps(&app, &caller, &id, Some(refused.to_string())).await?;
            with_status(StatusCode::CONFLICT, &page)
        }
    }
}

async fn steps(app: &App, caller: &StaffCaller, id: &str, fault: Option<String>) -> Result<RotationPage, Problem> {
    let key = find(app.db.read(), caller.studio(), id).await?;
    let keys = keys::list(app.db.read(), caller.studio()).await?;
    let views = Views::of(app, caller, &keys).await?;
    Ok(RotationPage {
        frame: Frame::of(app, caller).await?,
        replacement: views.replacement_of(&key).map(|new| views.of_key(new)),
        row: views.of_key(&key),
        form: seal(app, caller),
        studio: caller.studio().to_string(),
        fault,
    })
}
