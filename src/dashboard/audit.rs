//! The audit log: who did what to keys, people and settings, from where, what changed, and why. Newest first, with filters and
//! a download.

use std::collections::BTreeMap;

use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{Response, StatusCode},
};
use serde_json::Value;

use super::{
    activity::{KeyNames, day},
    frame::Frame,
    log_page::{BATCH, FilterChoice, PAGE_AND_ONE, Typed, cut, download},
    page::with_status,
    texts::TEXTS,
};
use crate::{
    access::{caller::Caller, sessions::caller::StaffCaller, stored::KeyId},
    operation::app::App,
    signin::staff,
    store::{
        audit::{self, AuditFilter, COMMAND_LINE, Choice, Entry},
        filter::LogOrder,
        id::StudioId,
    },
    wire::problem::Problem,
};

const PATH: &str = "/studio/audit";
const FILTERS: [&str; 5] = ["by", "action", "subject", "since", "until"];

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    frame: Frame,
    rows: Vec<EntryView>,
    actors: Vec<FilterChoice>,
    actions: Vec<FilterChoice>,
    subject: String,
    since: String,
    until: String,
    is_filtered: bool,
    faults: Vec<String>,
    latest: String,
    download: String,
    older: Option<String>,
    is_first: bool,
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
    changes: Vec<Change>,
    reason: String,
}

/// A field that changed.
struct Change {
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
    let mut typed = Typed::of(&app, &caller, query).await?;
    let filter = filter_of(&mut typed);
    let before = typed.before();
    let studio = caller.studio();
    let names = Names::of(&app, studio).await?;
    let rows = if typed.faults.is_empty() {
        audit::list(app.db.read(), studio, &filter, LogOrder::Newest(before), PAGE_AND_ONE).await?
    } else {
        Vec::new()
    };
    let (shown, has_more) = cut(rows);
    let older = shown.last().filter(|_| has_more).map(|row| row.id.to_string());
    let choices = async |of| audit::choices(app.db.read(), studio, of).await;
    let (by, action) = (filter.by.as_deref(), filter.action.as_deref());
    let actors = choices(Choice::Actor).await?;
    let actions = choices(Choice::Action).await?;
    let page = AuditPage {
        frame: Frame::of(&app, &caller).await?,
        rows: shown.iter().map(|row| EntryView::of(row, &names, &typed)).collect(),
        actors: actors.iter().map(|actor| FilterChoice::of(actor, names.of_id(actor), by)).collect(),
        actions: actions.iter().map(|name| FilterChoice::of(name, name, action)).collect(),
        subject: typed.text("subject").unwrap_or_default(),
        since: typed.text("since").unwrap_or_default(),
        until: typed.text("until").unwrap_or_default(),
        is_filtered: FILTERS.iter().any(|name| typed.text(name).is_some()),
        latest: typed.link(PATH, &FILTERS, None),
        download: typed.link(&format!("{PATH}/download"), &FILTERS, None),
        older: older.map(|last| typed.link(PATH, &FILTERS, Some(last))),
        is_first: before.is_none(),
        faults: typed.faults,
    };
    let status = if page.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    with_status(status, &page)
}

/// All rows of these filters as JSON Lines, oldest first.
pub(super) async fn save(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let mut typed = Typed::of(&app, &caller, query).await?;
    let filter = filter_of(&mut typed);
    typed.check()?;
    let name = format!("audit-{}", day(app.clock.now()));
    Ok(download(&name, move |behind| {
        let (app, caller, filter) = (app.clone(), caller.clone(), filter.clone());
        async move {
            let _slot = app.admission.read(caller.requester(), 1).await?;
            let order = LogOrder::Oldest(behind);
            let rows = audit::list(app.db.read(), caller.studio(), &filter, order, BATCH).await?;
            let last = rows.last().map(|row| row.id);
            Ok((rows, last))
        }
    }))
}

fn filter_of(typed: &mut Typed) -> AuditFilter {
    AuditFilter {
        by: typed.text("by"),
        action: typed.text("action"),
        subject: typed.text("subject"),
        since: typed.time("since", TEXTS.since),
        until: typed.time("until", TEXTS.until),
    }
}

/// What people call keys and staff.
struct Names {
    keys: KeyNames,
    staff: BTreeMap<String, String>,
}

impl Names {
    async fn of(app: &App, studio: StudioId) -> Result<Self, Problem> {
        let staff = staff::list(app.db.read(), studio).await?;
        let staff = staff.into_iter().map(|member| (member.id.to_string(), member.email.to_string())).collect();
        Ok(Self { keys: KeyNames::of(app, studio).await?, staff })
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
    fn of(row: &Entry, names: &Names, typed: &Typed) -> Self {
        let id = row.subject.id.clone();
        Self {
            at: typed.local(row.at),
            instant: row.at.to_string(),
            by: names.of_id(&row.by),
            from: row.from.map(|network| network.to_string()).unwrap_or_default(),
            action: row.action.clone(),
            subject: names.of_id(&id),
            subject_kind: row.subject.kind.clone(),
            link: id.parse::<KeyId>().ok().map(|id| format!("/studio/api-keys/{id}")),
            subject_id: id,
            changes: changes(row.before.as_ref(), row.after.as_ref(), typed),
            reason: row.reason.clone().unwrap_or_default(),
        }
    }
}

/// The fields that changed, as they were and as they became.
fn changes(before: Option<&Value>, after: Option<&Value>, typed: &Typed) -> Vec<Change> {
    let fields = |of: Option<&Value>| of.and_then(Value::as_object).cloned().unwrap_or_default();
    let (before, after) = (fields(before), fields(after));
    let mut names: Vec<_> = before.keys().chain(after.keys()).cloned().collect();
    names.sort();
    names.dedup();
    let change = |field: String| {
        let (before, after) = (before.get(&field), after.get(&field));
        let shown = |value: Option<&Value>| value.and_then(|value| shown(value, typed));
        let (before, after) = (shown(before), shown(after));
        Change { field, before, after }
    };
    names.into_iter().map(change).filter(|change| change.before.is_some() || change.after.is_some()).collect()
}

/// A value as people read it; nothing where it is empty.
fn shown(value: &Value, typed: &Typed) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.parse().map_or_else(|_| text.clone(), |at| typed.local(at))),
        Value::Array(items) if items.is_empty() => None,
        Value::Array(items) => Some(items.iter().filter_map(|item| shown(item, typed)).collect::<Vec<_>>().join(", ")),
        other => Some(other.to_string()),
    }
}
