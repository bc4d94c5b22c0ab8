//! The form of a piece of content.

use std::collections::BTreeSet;

use askama::Template;
use axum::{body::Body, http::Response};
use serde_json::Value;

use super::CONTENT;
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller},
    dashboard::{
        frame::Frame,
        log_page::FilterChoice,
        page::with_status,
        row_form::{Control, FormSection, RowForm},
        texts::TEXTS,
    },
    operation::app::App,
    resources::{
        content::{Content, ContentAccess, ContentId, ContentKind},
        instructors::{Instructor, InstructorStatus},
        plans::{Plan, PlanStatus},
        programs::{Program, ProgramStatus},
    },
    store::{
        id::Id,
        row::{self, Resource, Row, Slice},
    },
    wire::problem::Problem,
};

/// Rows that a field offers to choose from.
const MOST_CHOICES: i64 = 300;
/// Rows that may be chosen in a field.
const MOST_CHOSEN: usize = 100;
const KINDS: [ContentKind; 4] = [ContentKind::Video, ContentKind::Audio, ContentKind::Article, ContentKind::Playlist];
const ACCESSES: [ContentAccess; 3] = [ContentAccess::Public, ContentAccess::Members, ContentAccess::Plans];
/// The fields that are instants.
const INSTANTS: &[&str] = &["published_at"];

#[derive(Template)]
#[template(path = "content_form.html")]
struct ContentFormPage {
    frame: Frame,
    title: String,
    /// Where the form is sent, and where who gives up goes.
    action: String,
    version: Option<i64>,
    note: Option<&'static str>,
    faults: Vec<String>,
    sections: Vec<FormSection>,
}

/// Which form it is.
pub(super) enum FormOf {
    /// That of a new piece.
    New,
    /// That of a piece in this version.
    Row(ContentId, i64),
}

/// The form of a new piece.
pub(super) fn of_new(caller: &StaffCaller) -> Result<RowForm, Problem> {
    RowForm::of(&Value::Null, &caller.session().time_zone, INSTANTS)
}

/// The form of a piece.
pub(super) fn of(piece: &Row<Content>, caller: &StaffCaller) -> Result<RowForm, Problem> {
    RowForm::of(&piece.fields, &caller.session().time_zone, INSTANTS)
}

/// The page of a form.
pub(super) async fn page(
    app: &App,
    caller: &StaffCaller,
    of: FormOf,
    form: RowForm,
) -> Result<Response<Body>, Problem> {
    let sections = sections(app, caller, &form).await?;
    let (action, version, title) = match of {
        FormOf::New => (CONTENT.to_owned(), None, TEXTS.new_content.to_owned()),
        FormOf::Row(id, version) => {
            let title = TEXTS.edit_title.replace("{title}", &form.value("title"));
            (super::path_of(id), Some(version), title)
        }
    };
    let faults = form.other_faults(&sections);
    let frame = Frame::of(app, caller).await?;
    let page = ContentFormPage { frame, title, action, version, note: form.note(), faults, sections };
    with_status(form.status(), &page)
}

async fn sections(app: &App, caller: &StaffCaller, form: &RowForm) -> Result<Vec<FormSection>, Problem> {
    let t = &TEXTS;
    let kind = form.value("kind");
    let kinds = KINDS.map(|it| FilterChoice::of(it.to_string(), t.content_kind(it), Some(&kind)));
    let access = form.value("access");
    let accesses = ACCESSES.map(|it| FilterChoice::of(it.to_string(), t.content_access(it), Some(&access)));
    let of_instructor = |it: &Instructor| (it.display_name.clone(), it.status == InstructorStatus::Active);
    let of_program = |it: &Program| (it.name.clone(), it.status != ProgramStatus::Archived);
    let of_plan = |it: &Plan| (it.name.clone(), it.status == PlanStatus::Active);
    let instructors = or_none(choices(app, caller, &form.value("instructor_id"), of_instructor).await?);
    let programs = or_none(choices(app, caller, &form.value("program_id"), of_program).await?);
    let plans = choices(app, caller, &form.value("plan_ids"), of_plan).await?;
    Ok(vec![
        FormSection {
            legend: "",
            fields: vec![
                form.field("title", t.content_title, "", Control::Required),
                form.field("kind", t.kind, "", Control::Choice(kinds.into())),
                form.field("description", t.description, t.content_description_hint, Control::Lines(6)),
                form.field("instructor_id", t.instructor, "", Control::Choice(instructors)),
                form.field("program_id", t.program, "", Control::Choice(programs)),
                form.field("tags", t.tags, t.tags_hint, Control::Lines(2)),
            ],
        },
        FormSection {
            legend: t.media,
            fields: vec![
                form.field("media_url", t.media_url, t.media_url_hint, Control::Input("url")),
                form.field("thumbnail_url", t.thumbnail_url, "", Control::Input("url")),
                form.field("duration_seconds", t.duration_seconds, "", Control::Input("number")),
            ],
        },
        FormSection {
            legend: t.who_may_use_it,
            fields: vec![
                form.field("access", t.access, t.access_hint, Control::Choice(accesses.into())),
                form.field("plan_ids", t.plans, t.plans_hint, Control::Checks(plans)),
                form.field("published_at", t.published_at, t.published_at_hint, Control::Input("datetime-local")),
            ],
        },
    ])
}

/// The rows that a field offers: those that are in use, and those that are chosen. `shown` says what one is called, and
/// whether it is in use.
async fn choices<T: Resource>(
    app: &App,
    caller: &StaffCaller,
    chosen: &str,
    shown: impl Fn(&T) -> (String, bool),
) -> Result<Vec<FilterChoice>, Problem> {
    let on = || app.db.of(caller.studio());
    let mut rows = row::list(on(), Slice::<T>::first(MOST_CHOICES), |query| query).await?.rows;
    // Read once: a form may repeat an id as often as it has room for.
    let chosen: BTreeSet<Id<T>> = chosen.lines().filter_map(|id| id.parse().ok()).take(MOST_CHOSEN).collect();
    let listed: BTreeSet<_> = rows.iter().map(|row| row.id).collect();
    let missing: Vec<_> = chosen.difference(&listed).copied().collect();
    rows.extend(row::find_all(on(), &missing).await?);
    let choices = rows.iter().filter_map(|row| {
        let (label, is_in_use) = shown(&row.fields);
        let is_chosen = chosen.contains(&row.id);
        (is_in_use || is_chosen).then(|| FilterChoice { value: row.id.to_string(), label, is_chosen })
    });
    let mut choices: Vec<_> = choices.collect();
    choices.sort_by_cached_key(|choice| choice.label.to_lowercase());
    Ok(choices)
}

/// These choices, or none of them.
fn or_none(choices: Vec<FilterChoice>) -> Vec<FilterChoice> {
    let is_chosen = choices.iter().all(|choice| !choice.is_chosen);
    let none = FilterChoice { value: String::new(), label: TEXTS.none.to_owned(), is_chosen };
    [vec![none], choices].concat()
}
