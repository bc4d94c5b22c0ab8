//! The page of a key that belongs to another studio than the one that the session shows: a link in a mail leads there. Who works for
//! that studio as well is offered to switch; to anybody else there is no such key.

use askama::Template;
use axum::{
    body::Body,
    http::{Response, StatusCode},
};

use super::Frame;
use crate::{
    access::{
        keys::{self, KeyError},
        sessions::caller::StaffCaller,
        stored::KeyId,
    },
    dashboard::{page::with_status, texts::TEXTS},
    operation::app::App,
    signin::unscoped::{StudioOfStaff, studios_of},
    wire::problem::Problem,
};

#[derive(Template)]
#[template(path = "key_elsewhere.html")]
struct ElsewherePage {
    frame: Frame,
    about: String,
    there: StudioOfStaff,
    id: KeyId,
}

/// The page that offers to switch, if one of the other studios of who is signed in has the key.
pub(super) async fn elsewhere(app: &App, caller: &StaffCaller, id: &str) -> Result<Option<Response<Body>>, Problem> {
    let (Ok(id), others) = (id.parse::<KeyId>(), &caller.session().others) else { return Ok(None) };
    if others.is_empty() {
        return Ok(None);
    }
    for there in studios_of(app.db.read(), others).await? {
        match keys::find(app.db.of(there.studio_id), id).await {
            Ok(_) => {
                let about = TEXTS.key_elsewhere.replace("{there}", &there.name);
                let about = about.replace("{here}", &caller.session().studio_name);
                let page = ElsewherePage { frame: Frame::of(app, caller).await?, about, there, id };
                return with_status(StatusCode::NOT_FOUND, &page).map(Some);
            }
            Err(KeyError::Store(error)) => return Err(error.into()),
            Err(_) => {}
        }
    }
    Ok(None)
}
