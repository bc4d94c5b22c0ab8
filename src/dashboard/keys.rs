//! The pages of keys: the list, a key, a new one, its replacement, its name, its revocation. They call what the command line calls.

mod called;
mod change;
mod create;
mod day_chart;
mod elsewhere;
mod exposed;
mod findings;
mod form;
mod job;
mod narrow;
mod pattern;
mod rename;
mod revoke;
mod rotate;
mod rotation_end;
mod summary;
mod taken_over;
mod traffic;
mod view;

pub(super) use self::{
    create::{create, fill_in, new, summary},
    findings::{put_aside, take_back},
    narrow::{narrow, narrowing},
    rename::{rename, renaming},
    revoke::{revocation, revoke},
    rotate::{live, rotate, rotation},
    rotation_end::choose_end,
};

use askama::Template;
use axum::{
    Extension,
    body::Body,
    extract::{Path, State},
    http::Response,
};

use self::{
    elsewhere::elsewhere,
    exposed::ExposedAt,
    traffic::Traffic,
    view::{AsideView, KeyView, Views},
};
use super::{
    api_tables::ApiTables,
    frame::Frame,
    page::{FIRST_PAGE, lead_to, page},
    texts::TEXTS,
};
use crate::{
    access::{
        caller::Caller,
        keys::{self, Created, KeyError},
        scope::Scope,
        sessions::caller::StaffCaller,
        stored::{KeyId, StoredKey, replacements_of},
    },
    operation::app::App,
    wire::problem::{Code, Problem},
};

/// Keys that were revoked or have expired, as many as the list shows.
const MOST_ENDED: usize = 100;

#[derive(Template)]
#[template(path = "keys.html")]
struct ListPage {
    frame: Frame,
    working: Vec<KeyView>,
    ended: Vec<KeyView>,
    /// Whether there are more of those.
    has_more_ended: bool,
}

#[derive(Template)]
#[template(path = "key.html")]
struct KeyPage {
    frame: Frame,
    row: KeyView,
    fields: Vec<(&'static str, String)>,
    replaced_by: Option<KeyId>,
    replaces: Option<KeyId>,
    /// Who still calls with a key that has ended.
    still_calling: Option<String>,
    unused: Option<UnusedFinding>,
    put_aside: Vec<AsideView>,
    fault: Option<String>,
    exposures: Vec<ExposedAt>,
}

/// Scopes that nothing uses.
struct UnusedFinding {
    text: String,
    scopes: Vec<&'static str>,
}

#[derive(Template)]
#[template(path = "key_made.html")]
struct MadePage<'p> {
    frame: Frame,
    id: KeyId,
    name: &'p str,
    key: &'p str,
    note: &'static str,
    /// Whether it is never shown again.
    is_shown_once: bool,
}

/// Leads to the page that the dashboard opens with.
pub(super) async fn home(_: StaffCaller) -> Response<Body> {
    lead_to(FIRST_PAGE)
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
) -> Result<Response<Body>, Problem> {
    let (studio, now) = (caller.studio(), app.clock.now());
    let working = keys::list_working(app.db.of(studio), now).await?;
    let limit = i64::try_from(MOST_ENDED + 1).unwrap_or(i64::MAX);
    let mut ended = keys::list_ended(app.db.of(studio), now, limit).await?;
    let has_more_ended = ended.len() > MOST_ENDED;
    ended.truncate(MOST_ENDED);
    let views = Views::of(&app, &caller, &working).await?.with_findings(&app, &caller, &tables).await?;
    let view = |keys: &[StoredKey]| keys.iter().map(|key| views.of_key(key)).collect();
    let frame = Frame::of(&app, &caller).await?;
    page(&ListPage { frame, working: view(&working), ended: view(&ended), has_more_ended })
}

/// A key.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    Extension(tables): Extension<ApiTables>,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let found = match KeyAndReplacements::by_id(&app, &caller, &id).await {
        Err(problem) if problem.code() == Code::NotFound => {
            return elsewhere(&app, &caller, &id).await?.ok_or(problem);
        }
        found => found?,
    };
    page(&key_page(&app, &caller, &tables, found, None).await?)
}

async fn key_page(
    app: &App,
    caller: &StaffCaller,
    tables: &ApiTables,
    KeyAndReplacements { key, replacements }: KeyAndReplacements,
    fault: Option<String>,
) -> Result<KeyPage, Problem> {
    let views = Views::of(app, caller, &replacements).await?.with_findings(app, caller, tables).await?;
    let [traffic] = Traffic::of(app, caller, [&key]).await?;
    let unused = views.unused_of(&key).map(|unused| UnusedFinding {
        text: view::unused_scopes(unused),
        scopes: unused.iter().map(Scope::name).collect(),
    });
    Ok(KeyPage {
        frame: Frame::of(app, caller).await?,
        row: views.of_key(&key),
        fields: views.fields(&key),
        replaced_by: views.replacement_of(&key).map(|new| new.id),
        replaces: key.replaces,
        still_calling: traffic.after_its_end(),
        unused,
        put_aside: views.put_aside_of(&key),
        exposures: ExposedAt::all(app, caller, &key).await?,
        fault,
    })
}

/// The page that shows a key that was just made: the answer to its form, and nowhere else.
async fn made(app: &App, caller: &StaffCaller, created: &Created) -> Result<Response<Body>, Problem> {
    let (stored, key) = (&created.stored, created.minted.reveal());
    let is_shown_once = stored.publishable.is_none();
    let note = if is_shown_once { TEXTS.shown_once } else { TEXTS.shown_again };
    let frame = Frame::of(app, caller).await?;
    page(&MadePage { frame, id: stored.id, name: &stored.name, key, note, is_shown_once })
}

/// A key of the studio, and every key that was made to replace it.
struct KeyAndReplacements {
    key: StoredKey,
    replacements: Vec<StoredKey>,
}

impl KeyAndReplacements {
    async fn by_id(app: &App, caller: &StaffCaller, id: &str) -> Result<Self, Problem> {
        let no_such = || Problem::new(Code::NotFound, TEXTS.no_such_key);
        let (studio, id) = (caller.studio(), id.parse::<KeyId>().map_err(|_| no_such())?);
        let key = keys::find(app.db.of(studio), id).await.map_err(|error| match error {
            KeyError::NoSuchKey(_) => no_such(),
            other => change::failed(other),
        })?;
        Ok(Self { key, replacements: replacements_of(app.db.of(studio), id).await? })
    }

    /// The same, with the uses that this server has counted and not written yet.
    async fn with_last_uses(app: &App, caller: &StaffCaller, id: &str) -> Result<Self, Problem> {
        if let Err(error) = app.access.usage.write(&app.db).await {
            error.log("the last uses of keys are not written yet");
        }
        Self::by_id(app, caller, id).await
    }
}
