//! The activity: the calls that came with the studio's keys, newest first, with filters, a live tail and a download, and each
//! call with an explanation.

mod explanation;
mod view;

pub(super) use self::explanation::explain;

use std::time::Duration;

use askama::Template;
use axum::{
    body::Body,
    extract::{RawQuery, State},
    http::{HeaderMap, Response},
};

use self::view::CallView;
use super::{
    frame::Frame,
    key_names::KeyNames,
    log_page::{FilterChoice, LogPage, LogQuery, LogRows, PagedLog},
    page::{put_headers_of, with_status},
    texts::TEXTS,
    time::local_to_the_second,
};
use crate::{
    access::{
        activity::{self, CallFilter, CallId, CallRow, RecordedCall, UNKNOWN_OPERATION},
        caller::Caller,
        history,
        sessions::caller::StaffCaller,
    },
    operation::app::App,
    store::{error::StoreError, filter::LogOrder, instant::Instant, studio::StudioOn},
    wire::problem::{Code, Problem},
};

/// The activity, as a log that has pages.
pub(super) enum ActivityLog {}

impl PagedLog for ActivityLog {
    type Row = RecordedCall;
    type Names = CallRow;
    type Filter = CallFilter;
    const NAME: &'static str = "activity";
    const PATH: &'static str = "/studio/activity";
    const FILTERS: &'static [&'static str] = &["key", "outcome", "operation", "since", "until"];

    fn id(row: &RecordedCall) -> CallId {
        row.id
    }

    fn filter(query: &mut LogQuery<Self>) -> CallFilter {
        let outcome = query.read("outcome", TEXTS.outcome, |text| match text {
            "admitted" => Some((Some(false), None)),
            "refused" => Some((Some(true), None)),
            code => Code::named(code).map(|code| (None, Some(code.name().to_owned()))),
        });
        let (refused, code) = outcome.unwrap_or_default();
        CallFilter {
            key: query.read("key", TEXTS.key, |text| text.parse().ok()),
            operation: query.text("operation"),
            refused,
            code,
            since: query.time("since", TEXTS.since),
            until: query.time("until", TEXTS.until),
        }
    }

    async fn list(
        on: StudioOn<'_>,
        filter: &CallFilter,
        order: LogOrder<CallRow>,
        limit: i64,
    ) -> Result<Vec<RecordedCall>, StoreError> {
        activity::list(on, filter, order, limit).await
    }
}

/// Calls are written within a second: of those that are older, the tail misses none.
const TAIL_DELAY: Duration = Duration::from_secs(2);
/// How often a browser asks for new calls.
const RETRY_MILLIS: u32 = 2_000;
/// New calls are counted up to here; a plus behind the number says that there may be more.
const MAX_NEW_CALLS: i64 = 1_000;

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Frame,
    log: LogPage,
    calls: Vec<CallView>,
    keys: Vec<FilterChoice>,
    outcomes: Vec<FilterChoice>,
    codes: Vec<FilterChoice>,
    operations: Vec<FilterChoice>,
    /// Where the tail is read; `None` on pages of older calls.
    live: Option<String>,
    now: String,
    dropped: Option<String>,
}

/// The list.
pub(super) async fn list(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
) -> Result<Response<Body>, Problem> {
    let LogRows { query, filter, rows: calls, page: log } = LogRows::<ActivityLog>::read(&app, &caller, query).await?;
    let (studio, now, zone) = (caller.studio(), app.clock.now(), &caller.session().time_zone);
    let names = KeyNames::read(&app, studio).await?;
    let dropped = activity::dropped_since(app.db.of(studio), now.minus(activity::KEPT)).await?;
    let is_live = log.is_first && filter.until.is_none() && log.faults.is_empty();
    let outcome = query.text("outcome");
    let page = ActivityPage {
        frame: Frame::of(&app, &caller).await?,
        calls: calls.iter().map(|call| CallView::of(call, &names, zone)).collect(),
        keys: names.choices(query.text("key").as_deref()),
        outcomes: outcomes(outcome.as_deref()),
        codes: Code::ALL.iter().map(|code| FilterChoice::of(code.name(), code.name(), outcome.as_deref())).collect(),
        operations: operations(&app, &caller, query.text("operation").as_deref()).await?,
        live: is_live.then(|| live_link(&query, calls.first(), now)),
        now: local_to_the_second(now, zone),
        dropped: (dropped > 0).then(|| TEXTS.activity_dropped.replace("{calls}", &dropped.to_string())),
        log,
    };
    with_status(page.log.status(), &page)
}

/// Where a page reads how many calls came after those that it shows, of which this is the newest.
fn live_link(query: &LogQuery<ActivityLog>, newest: Option<&RecordedCall>, now: Instant) -> String {
    let after = tail_start(now);
    let after = newest.map_or(after, |call| after.max(call.id));
    query.link(&format!("{}/live", ActivityLog::PATH), Some(("after", after.to_string())))
}

/// How many calls came since the last time, as an event. The answer ends at once, and the browser asks again: so the session
/// is checked each time, and shutdown waits for no open stream.
pub(super) async fn live(
    State(app): State<App>,
    caller: StaffCaller,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    let mut query = LogQuery::of(&caller, query)?;
    let filter = ActivityLog::filter(&mut query);
    let after = query.read("after", TEXTS.older, |text| text.parse().ok());
    query.check()?;
    new_calls(&app, &caller, &[filter], after, &headers).await
}

/// Where a tail begins that misses no call: those that are younger may not be written yet.
fn tail_start(now: Instant) -> CallId {
    CallId::first_of(now.minus(TAIL_DELAY))
}

/// Where the tail of a page begins that shows the sums of these calls: behind the newest one that was written.
pub(super) async fn tail_after(app: &App, caller: &StaffCaller, filters: &[CallFilter]) -> Result<CallId, StoreError> {
    let mut after = tail_start(app.clock.now());
    for filter in filters {
        let newest = activity::list(app.db.of(caller.studio()), filter, LogOrder::Newest(None), 1).await?;
        after = newest.first().map_or(after, |call| after.max(call.id));
    }
    Ok(after)
}

/// How many calls of these filters came after a call, or after the last event that the browser has had.
pub(super) async fn new_calls(
    app: &App,
    caller: &StaffCaller,
    filters: &[CallFilter],
    after: Option<CallId>,
    headers: &HeaderMap,
) -> Result<Response<Body>, Problem> {
    let last = tail_start(app.clock.now());
    let resumed = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let after = resumed.or(after).unwrap_or(last);
    let (mut calls, mut more) = (0, "");
    for filter in filters {
        let came = activity::count_between(app.db.of(caller.studio()), filter, after, last, MAX_NEW_CALLS).await?;
        calls += came;
        more = if came < MAX_NEW_CALLS { more } else { "+" };
    }
    // Never earlier than before: the clock may have been set back.
    let last = last.max(after);
    let mut response = Response::new(format!("retry: {RETRY_MILLIS}\nid: {last}\ndata: {calls}{more}\n\n").into());
    put_headers_of(response.headers_mut(), "text/event-stream");
    Ok(response)
}

fn outcomes(chosen: Option<&str>) -> Vec<FilterChoice> {
    vec![FilterChoice::of("admitted", TEXTS.admitted, chosen), FilterChoice::of("refused", TEXTS.refused, chosen)]
}

/// The operations that the studio's keys were used for.
async fn operations(app: &App, caller: &StaffCaller, chosen: Option<&str>) -> Result<Vec<FilterChoice>, Problem> {
    let mut used = history::operations(app.db.of(caller.studio()), app.clock.now().minus(activity::KEPT)).await?;
    // What is filtered by stays a choice.
    if let Some(chosen) = chosen.filter(|chosen| !used.iter().any(|used| used == chosen)) {
        used.push(chosen.to_owned());
    }
    let label =
        |operation: &str| if operation == UNKNOWN_OPERATION { TEXTS.no_operation } else { operation }.to_owned();
    Ok(used.into_iter().map(|operation| FilterChoice::of(operation.clone(), label(&operation), chosen)).collect())
}
