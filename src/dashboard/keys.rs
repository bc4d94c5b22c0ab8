//! The pages of keys: the list, a key, a new one, its replacement, its revocation. They call what the command line calls.

mod create;
mod revoke;
mod rotate;
mod view;

pub(super) use self::{
    create::{create, new},
    revoke::{revocation, revoke},
    rotate::{rotate, rotation},
};

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};

use self::view::{KeyView, Views};
use super::{
    frame::Frame,
    page::{FIRST_PAGE, lead_to, page},
    texts::TEXTS,
};
use crate::{
    access::{
        caller::Caller,
        keys::{self, Created, KeyError},
        sessions::caller::StaffCaller,
        stored::{KeyId, StoredKey},
    },
    operation::app::App,
    store::{db::On, error::StoreError, id::StudioId},
    wire::problem::{Code, Problem},
};

#[derive(Template)]
#[template(path = "keys.html")]
struct ListPage {
    frame: Frame,
    living: Vec<KeyView>,
    ended: Vec<KeyView>,
}

#[derive(Template)]
#[template(path = "key.html")]
struct KeyPage {
    frame: Frame,
    row: KeyView,
    fields: Vec<(&'static str, String)>,
    replaced_by: Option<KeyId>,
    replaces: Option<KeyId>,
}

#[derive(Template)]
#[template(path = "key_made.html")]
struct MadePage<'p> {
    frame: Frame,
    id: KeyId,
    name: &'p str,
    key: &'p str,
    note: &'static str,
}

/// Leads to the page that the dashboard opens with.
pub(super) async fn home(_: StaffCaller) -> Response<Body> {
    lead_to(FIRST_PAGE)
}

/// The list.
pub(super) async fn list(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    let keys = keys::list(app.db.read(), caller.studio()).await?;
    let views = Views::of(&app, &caller, &keys).await?;
    let (ended, living) = keys.iter().map(|key| views.of_key(key)).partition(|view: &KeyView| view.has_ended);
    page(&ListPage { frame: Frame::of(&app, &caller).await?, living, ended })
}

/// A key.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let key = find(app.db.read(), caller.studio(), &id).await?;
    let keys = keys::list(app.db.read(), caller.studio()).await?;
    let views = Views::of(&app, &caller, &keys).await?;
    let replaced_by = views.replacement_of(&key).map(|new| new.id);
    let (row, fields, replaces) = (views.of_key(&key), views.fields(&key), key.replaces);
    page(&KeyPage { frame: Frame::of(&app, &caller).await?, row, fields, replaced_by, replaces })
}

/// The page that shows a key that was just made: the answer to its form, and nowhere else.
async fn made(app: &App, caller: &StaffCaller, created: &Created) -> Result<Response<Body>, Problem> {
    let (stored, key) = (&created.stored, created.minted.reveal());
    let note = if stored.publishable.is_some() { TEXTS.shown_again } else { TEXTS.shown_once };
    let frame = Frame::of(app, caller).await?;
    page(&MadePage { frame, id: stored.id, name: &stored.name, key, note })
}

async fn find(on: On<'_>, studio: StudioId, id: &str) -> Result<StoredKey, Problem> {
    let no_such = || Problem::new(Code::NotFound, "This studio has no such key.");
    let id: KeyId = id.parse().map_err(|_| no_such())?;
    keys::find(on, studio, id).await.map_err(|error| match error {
        KeyError::NoSuchKey(_) => no_such(),
        other => failed(other),
    })
}

/// What a refusal of the rules is, where no form is shown again with it.
fn failed(error: KeyError) -> Problem {
    match error {
        KeyError::Store(StoreError::Taken) => Problem::new(Code::Conflict, TEXTS.sent_before),
        KeyError::Store(error) => error.into(),
        refused => Problem::new(Code::Conflict, refused.to_string()),
    }
}

/// Who did it, as the rows of keys keep it: the id, and the address for people.
fn by(caller: &StaffCaller) -> String {
    format!("{} ({})", caller.session().staff_id, caller.session().email)
}

/// A form makes one key: it brings the id that the key gets, which nobody else can make up, so that sent twice it makes none.
fn seal(app: &App, caller: &StaffCaller) -> String {
    app.cursor_seal.seal(&form_of(caller), &KeyId::new(app.clock.now()).to_string())
}

fn open_form(app: &App, caller: &StaffCaller, form: &crate::wire::form::Fields) -> Result<KeyId, Problem> {
    let refused = || Problem::new(Code::Conflict, TEXTS.another_studio);
    if form.text("studio") != Some(&caller.studio().to_string()) {
        return Err(refused());
    }
    let id = app.cursor_seal.open(&form_of(caller), form.text("form").unwrap_or_default()).ok_or_else(refused)?;
    id.parse().map_err(|_| refused())
}

fn form_of(caller: &StaffCaller) -> String {
    format!("form of a key by {}", caller.session().staff_id)
}
