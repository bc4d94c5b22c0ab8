//! Making and changing content: the draft and the rules of Management's calls, with an audit row for each change. Who saves a
//! form of an earlier version is told what changed meanwhile, and keeps what they typed.

use axum::{
    body::Body,
    extract::{Path, State},
    http::Response,
};
use serde_json::json;

use super::{
    find,
    form::{self, FormOf},
    path_of, piece_page,
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    dashboard::{
        form::Sent,
        page::lead_to,
        row_form::{RowForm, outdated},
        texts::TEXTS,
    },
    operation::{
        app::App,
        write::{Change, New},
    },
    resources::{
        content::{Content, ContentId},
        rules,
    },
    store::{
        audit::{Action, Subject},
        id::Named,
        row::{self, Row},
        turns::WriteTx,
    },
    wire::{
        form::Fields,
        problem::{Code, Problem},
    },
};

/// The form of a new piece.
pub(in crate::dashboard) async fn new(State(app): State<App>, caller: StaffCaller) -> Result<Response<Body>, Problem> {
    form::page(&app, &caller, FormOf::New, form::of_new(&caller)?).await
}

/// Makes it, as a draft.
pub(in crate::dashboard) async fn create(
    State(app): State<App>,
    caller: StaffCaller,
    Sent(typed): Sent,
) -> Result<Response<Body>, Problem> {
    let form = form::of_new(&caller)?.filled_in(tidy(typed));
    match insert(&app, &caller, form.changes()).await {
        Ok(piece) => Ok(lead_to(&path_of(piece.id))),
        Err(problem) => form::page(&app, &caller, FormOf::New, form.refused(&problem)?).await,
    }
}

/// The form of a piece.
pub(in crate::dashboard) async fn edit(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let piece = find(&app, &caller, &id).await?;
    form::page(&app, &caller, FormOf::Row(piece.id, piece.version), form::of(&piece, &caller)?).await
}

/// Changes it.
pub(in crate::dashboard) async fn change(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(typed): Sent,
) -> Result<Response<Body>, Problem> {
    let mut piece = find(&app, &caller, &id).await?;
    let shown = RowForm::shown_version(&typed);
    let mut form = form::of(&piece, &caller)?.filled_in(tidy(typed.clone()));
    if shown == Some(piece.version) {
        let change = Change::from_form(form.changes());
        let problem = match update(&app, &caller, piece.id, piece.version, &change).await {
            Ok(piece) => return Ok(lead_to(&path_of(piece.id))),
            Err(problem) => problem,
        };
        if problem.code() != Code::VersionMismatch {
            form = form.refused(&problem)?;
            return form::page(&app, &caller, FormOf::Row(piece.id, piece.version), form).await;
        }
        piece = find(&app, &caller, &id).await?;
        form = form::of(&piece, &caller)?.filled_in(tidy(typed));
    }
    form::page(&app, &caller, FormOf::Row(piece.id, piece.version), form.outdated()).await
}

/// Publishes it, takes it off the websites, or puts it into the archive.
pub(in crate::dashboard) async fn set_status(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
    Sent(form): Sent,
) -> Result<Response<Body>, Problem> {
    let piece = find(&app, &caller, &id).await?;
    let change = Change::of(json!({"status": form.text("status")}));
    let version = RowForm::shown_version(&form).unwrap_or_default();
    match update(&app, &caller, piece.id, version, &change).await {
        Ok(piece) => Ok(lead_to(&path_of(piece.id))),
        Err(problem) if problem.code() == Code::VersionMismatch => {
            let piece = find(&app, &caller, &id).await?;
            piece_page(&app, &caller, &piece, Some(TEXTS.look_again)).await
        }
        Err(problem) => Err(problem),
    }
}

/// Who chooses another access leaves the plans behind, as a change by Management does.
fn tidy(mut typed: Fields) -> Fields {
    if typed.text("access").is_some_and(|access| access != "plans") {
        typed.set("plan_ids", "");
    }
    typed
}

async fn insert(app: &App, caller: &StaffCaller, new: Fields) -> Result<Row<Content>, Problem> {
    let new = New::<Content>::from_form(new)?;
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let draft = new.draft(tx.now);
    let piece = rules::create_row(&mut tx, draft).await?;
    tx.note(Action::by(&caller.actor(), "content.create", Subject::of(piece.id)).made(&piece.fields)).await?;
    tx.commit().await?;
    Ok(piece)
}

async fn update(
    app: &App,
    caller: &StaffCaller,
    id: ContentId,
    version: i64,
    change: &Change<Content>,
) -> Result<Row<Content>, Problem> {
    let mut tx = app.db.begin_studio(&app.clock, caller.studio(), 1).await?;
    let current = row::lock(tx.on(), id).await?.ok_or_else(|| Problem::not_found(Content::NOUN))?;
    if current.version != version {
        return Err(outdated());
    }
    let piece = rules::change_row(&mut tx, &current, change).await?;
    let changed = Action::by(&caller.actor(), "content.change", Subject::of(id));
    tx.note(changed.changed(&current.fields, &piece.fields)).await?;
    tx.commit().await?;
    Ok(piece)
}
