//! The audit log: who did what to keys, people and settings, from where, what changed, and why. Newest first, with filters and
//! a download.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::Response,
};
use serde_json::Value;

use super::{
    frame::Frame,
    key_names::KeyNames,
    log_page::{FilterChoice, LogPage, LogQuery, LogRows, PagedLog},
    page::with_status,
    texts::TEXTS,
    time::local_to_the_second,
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller, stored::KeyId},
    operation::app::App,
    signin::staff,
    store::{
        audit::{self, AuditFilter, AuditRow, COMMAND_LINE, Choice, Entry},
        error::StoreError,
        filter::LogOrder,
        id::{Id, StudioId},
        studio::StudioOn,
    },
    wire::{problem::Problem, text::TimeZone},
};

/// Characters of a value that a row shows.
const MOST_CHARACTERS: usize = 300;

/// The audit log, as a log that has pages.
pub(super) enum AuditLog {}

impl PagedLog for AuditLog {
    type Row = Entry;
    type Names = AuditRow;
    type Filter = AuditFilter;
    const NAME: &'static str = "audit";
    const PATH: &'static str = "/studio/audit";
    const FILTERS: &'static [&'static str] = &["by", "action", "subject", "since", "until"];

    fn id(row: &Entry) -> Id<AuditRow> {
        row.id
    }

    fn filter(query: &mut LogQuery<Self>) -> AuditFilter {
        AuditFilter {
            by: query.text("by"),
            action: query.text("action"),
            subject: query.text("subject"),
            since: query.time("since", TEXTS.since),
            until: query.time("until", TEXTS.until),
        }
    }

    async fn list(
        on: StudioOn<'_>,
        filter: &AuditFilter,
        order: LogOrder<AuditRow>,
        limit: i64,
    ) -> Result<Vec<Entry>, StoreError> {
        audit::list(on, filter, order, limit).await
    }
}

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    log: LogPage,
    rows: Vec<EntryView>,
    actors: Vec<FilterChoice>,
    actions: Vec<FilterChoice>,
    subject: String,
}

/// A row of the list.
struct EntryView {
    at: String,
    instant: String,
    by: String,
    from: String,
    action: String,
    /// The row that was changed, as people call it.
    subject: String,
    subject_kind: String,
    subject_id: String,
    /// Where that row has a page.
    link: Option<String>,
    changes: Vec<ChangedField>,
    reason: String,
}

/// A field that changed.
struct ChangedField {
    field: String,
    before: Option<String>,
    after: Option<String>,
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let LogRows { query, filter, rows, page: log } = LogRows::<AuditLog>::read(&app, &caller, query).await?;
    let (studio, zone) = (caller.studio(), &caller.session().time_zone);
    let names = ActorNames::read(&app, studio).await?;
    let actors = audit::choices(app.db.of(studio), Choice::Actor).await?;
    let actions = audit::choices(app.db.of(studio), Choice::Action).await?;
    let (by, action) = (filter.by.as_deref(), filter.action.as_deref());
    let page = AuditPage {
        frame: Frame::of(&app, &caller).await?,
        rows: rows.iter().map(|row| EntryView::of(row, &names, zone)).collect(),
        actors: actors.iter().map(|actor| FilterChoice::of(actor, names.of_id(actor), by)).collect(),
        actions: actions.iter().map(|name| FilterChoice::of(name, name, action)).collect(),
        subject: query.text("subject").unwrap_or_default(),
        log,
    };
    with_status(page.log.status(), &page)
}

/// What people call keys and staff.
struct ActorNames {
    keys: KeyNames,
    staff: BTreeMap<String, String>,
}

impl ActorNames {
    async fn read(app: &App, studio: StudioId) -> Result<Self, Problem> {
        let staff = staff::list(app.db.of(studio)).await?;
        let staff = staff.into_iter().map(|member| (member.id.to_string(), member.email.to_string())).collect();
        Ok(Self { keys: KeyNames::read(app, studio).await?, staff })
    }

    /// The name of a key or somebody of the staff; any other id stays what it is.
    fn of_id(&self, id: &str) -> String {
        if id == COMMAND_LINE {
            return TEXTS.command_line.to_owned();
        }
        let of_key = || id.parse::<KeyId>().ok().map(|id| self.keys.name(id));
        self.staff.get(id).cloned().or_else(of_key).unwrap_or_else(|| id.to_owned())
    }
}

impl EntryView {
    fn of(row: &Entry, names: &ActorNames, zone: &TimeZone) -> Self {
        let id = row.subject.id.clone();
        Self {
            at: local_to_the_second(row.at, zone),
            instant: row.at.to_string(),
            by: names.of_id(&row.by),
            from: row.from.map(|network| network.to_string()).unwrap_or_default(),
            action: row.action.clone(),
            subject: names.of_id(&id),
            subject_kind: row.subject.kind.clone(),
            link: link_to(&id),
            subject_id: id,
            changes: changes(row.before.as_ref(), row.after.as_ref(), zone),
            reason: row.reason.clone().unwrap_or_default(),
        }
    }
}

/// The page of a row, where it has one.
fn link_to(id: &str) -> Option<String> {
    let pages = [("key", "api-keys"), ("cnt", "content"), ("mbr", "members"), ("usr", "people")];
    let prefix = id.split('_').next().unwrap_or_default();
    pages.iter().find(|(of, _)| *of == prefix).map(|(_, page)| format!("/studio/{page}/{id}"))
}

/// The fields that changed, as they were and as they became.
fn changes(before: Option<&Value>, after: Option<&Value>, zone: &TimeZone) -> Vec<ChangedField> {
    let fields = |of: Option<&Value>| of.and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
    names.sort();
    names.dedup();
    let change = |field: String| {
        let (before, after) = (before.get(&field), after.get(&field));
        let shown = |value: Option<&Value>| value.and_then(|value| shown(value, zone));
        let (before, after) = (shown(before), shown(after));
        ChangedField { field, before, after }
    };
    names.into_iter().map(change).filter(|change| change.before.is_some() || change.after.is_some()).collect()
}

/// A value as people read it; nothing where it is empty.
fn shown(value: &Value, zone: &TimeZone) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.parse().map_or_else(|_| beginning(text), |at| local_to_the_second(at, zone))),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.iter().filter_map(|item| shown(item, zone)).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}

/// A text, or the beginning of one that is too long for a table. The download has all of it.
fn beginning(text: &str) -> String {
    match text.char_indices().nth(MOST_CHARACTERS) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
