//! Content: what members watch, hear and read. Everybody of the staff sees it; developers and owners make, change and publish
//! it, by the rules that Management's calls go through.

mod form;
mod write;

use askama::Template;
use axum::{
    body::Body,
    extract::{Path, State},
    http::{Response, StatusCode},
};

pub(super) use self::write::{change, create, edit, new, set_status};
use super::{
    frame::Frame,
    list_page::{ListLinks, PageQuery},
    log_page::FilterChoice,
    page::with_status,
    texts::TEXTS,
    time::{local_day, local_time},
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    operation::app::App,
    resources::{
        content::{self, Content, ContentFilter, ContentId, ContentStatus},
        instructors::Instructor,
        plans::Plan,
        programs::Program,
    },
    store::{
        id::{Id, Named},
        instant::Instant,
        row::{self, Listed, Resource, Row},
    },
    wire::{problem::Problem, text::WebAddress},
};

const CONTENT: &str = "/studio/content";
const STATUSES: [ContentStatus; 3] = [ContentStatus::Draft, ContentStatus::Published, ContentStatus::Archived];

#[derive(Template)]
#[template(path = "content.html")]
struct ContentPage<'q> {
    frame: Frame,
    content: Vec<ContentView>,
    q: &'q str,
    statuses: Vec<FilterChoice>,
    links: ListLinks,
}

#[derive(Template)]
#[template(path = "content_piece.html")]
struct PiecePage {
    frame: Frame,
    piece: ContentView,
    fields: Vec<(&'static str, String)>,
    description: String,
    version: i64,
    note: Option<&'static str>,
}

/// A piece of content, as the list shows it.
struct ContentView {
    id: ContentId,
    title: String,
    kind: &'static str,
    access: &'static str,
    status: &'static str,
    tone: &'static str,
    published: String,
    changed: String,
    is_published: bool,
    is_archived: bool,
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    caller: StaffCaller,
    query: PageQuery<Content, ContentFilter>,
) -> Result<Response<Body>, Problem> {
    let listed = match &query.list {
        Ok(list) => {
            content::list(app.db.of(caller.studio()), list.searched(list.filter.q.as_ref()), &list.filter).await?
        }
        Err(_) => Listed { rows: Vec::new(), more: false },
    };
    let now = app.clock.now();
    let choice = |status: ContentStatus| {
        FilterChoice::of(status.to_string(), TEXTS.content_status(status), Some(query.text("status")))
    };
    let page = ContentPage {
        frame: Frame::of(&app, &caller).await?,
        content: listed.rows.iter().map(|piece| ContentView::of(piece, &caller, now)).collect(),
        q: query.text("q"),
        statuses: STATUSES.map(choice).into(),
        links: query.page(&listed),
    };
    with_status(page.links.status(), &page)
}

/// A piece of content.
pub(super) async fn show(
    State(app): State<App>,
    caller: StaffCaller,
    Path(id): Path<String>,
) -> Result<Response<Body>, Problem> {
    let piece = find(&app, &caller, &id).await?;
    piece_page(&app, &caller, &piece, None).await
}

async fn piece_page(
    app: &App,
    caller: &StaffCaller,
    piece: &Row<Content>,
    note: Option<&'static str>,
) -> Result<Response<Body>, Problem> {
    let status = if note.is_some() { StatusCode::PRECONDITION_FAILED } else { StatusCode::OK };
    let page = PiecePage {
        frame: Frame::of(app, caller).await?,
        fields: fields(app, caller, piece).await?,
        piece: ContentView::of(piece, caller, app.clock.now()),
        description: piece.fields.description.clone().unwrap_or_default(),
        version: piece.version,
        note,
    };
    with_status(status, &page)
}

/// The fields that have a value, by their names.
async fn fields(app: &App, caller: &StaffCaller, piece: &Row<Content>) -> Result<Vec<(&'static str, String)>, Problem> {
    let (t, it) = (&TEXTS, &piece.fields);
    let at = |at: Instant| local_time(at, &caller.session().time_zone);
    let plans = names_of(app, caller, &it.plan_ids, |plan: &Plan| plan.name.clone()).await?;
    let address = |address: &Option<WebAddress>| address.as_ref().map(ToString::to_string).unwrap_or_default();
    let instructor: Vec<_> = it.instructor_id.into_iter().collect();
    let program: Vec<_> = it.program_id.into_iter().collect();
    let access = [t.content_access(it.access).to_owned(), plans.join(", ")];
    let tags: Vec<_> = it.tags.iter().map(|tag| tag.0.as_str()).collect();
    let all = [
        (t.kind, t.content_kind(it.kind).to_owned()),
        (t.access, access.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(": ")),
        (t.published_at, it.published_at.map(at).unwrap_or_default()),
        (t.instructor, names_of(app, caller, &instructor, |it: &Instructor| it.display_name.clone()).await?.join(", ")),
        (t.program, names_of(app, caller, &program, |program: &Program| program.name.clone()).await?.join(", ")),
        (t.duration_seconds, it.duration_seconds.map(|seconds| seconds.to_string()).unwrap_or_default()),
        (t.tags, tags.join(", ")),
        (t.media_url, address(&it.media_url)),
        (t.thumbnail_url, address(&it.thumbnail_url)),
        (t.external_id, it.external_id.as_ref().map(|id| id.0.clone()).unwrap_or_default()),
        (t.id, piece.id.to_string()),
        (t.changed, at(piece.updated_at)),
    ];
    Ok(all.into_iter().filter(|(_, text)| !text.is_empty()).collect())
}

/// What these rows are called.
async fn names_of<T: Resource>(
    app: &App,
    caller: &StaffCaller,
    ids: &[Id<T>],
    name: impl Fn(&T) -> String,
) -> Result<Vec<String>, Problem> {
    let found = row::find_all(app.db.of(caller.studio()), ids).await?;
    Ok(found.iter().map(|row| name(&row.fields)).collect())
}

async fn find(app: &App, caller: &StaffCaller, id: &str) -> Result<Row<Content>, Problem> {
    let no_such = || Problem::not_found(Content::NOUN);
    let id = id.parse::<ContentId>().map_err(|_| no_such())?;
    row::find(app.db.of(caller.studio()), id).await?.ok_or_else(no_such)
}

fn path_of(id: ContentId) -> String {
    format!("{CONTENT}/{id}")
}

impl ContentView {
    fn of(piece: &Row<Content>, caller: &StaffCaller, now: Instant) -> Self {
        let (t, it) = (&TEXTS, &piece.fields);
        let day = |at: Instant| local_day(at, &caller.session().time_zone);
        let is_to_come = it.published_at.is_some_and(|at| at > now);
        let (status, tone) = match it.status {
            ContentStatus::Published if is_to_come => (t.content_scheduled, "warn"),
            ContentStatus::Published => (t.content_status(it.status), "good"),
            ContentStatus::Draft => (t.content_status(it.status), "warn"),
            ContentStatus::Archived => (t.content_status(it.status), ""),
        };
        Self {
            id: piece.id,
            title: it.title.clone(),
            kind: t.content_kind(it.kind),
            access: t.content_access(it.access),
            status,
            tone,
            published: it.published_at.map(day).unwrap_or_default(),
            changed: day(piece.updated_at),
            is_published: it.status == ContentStatus::Published,
            is_archived: it.status == ContentStatus::Archived,
        }
    }
}
